/** A trace, written to its file a part at a time: as one text, a long one would exceed what a string can be. */
import { closeSync, openSync, writeSync } from 'node:fs'
import type { Trace } from './events.js'

const PART = 5000

/** Throws what the system says if the file cannot be written. */
export function writeTrace(file: string, { traceEvents, ...rest }: Trace): void {
  const out = openSync(file, 'w')
  try {
    // The events last, each on a line of its own: the rest is found at a glance, and the file can be searched.
    writeAll(out, `${JSON.stringify(rest).slice(0, -1)},"traceEvents":[\n`)
    for (let at = 0; at < traceEvents.length; at += PART) {
      const part = traceEvents.slice(at, at + PART).map((event) => JSON.stringify(event))
      writeAll(out, `${at === 0 ? '' : ',\n'}${part.join(',\n')}`)
    }
    writeAll(out, '\n]}\n')
  } finally {
    closeSync(out)
  }
}

/** A write may take a part only. */
function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
}
