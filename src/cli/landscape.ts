/** `offloop landscape`. */
import { accessSync, constants, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { measureLandscape } from '../compare/landscape/measure.js'
import { pictureOf } from '../compare/landscape/picture.js'
import { svgOf } from '../compare/landscape/svg.js'
import { tableOf } from '../compare/landscape/table.js'
import { painter } from '../compare/table.js'
import { info } from '../core/info.js'
import { type Flags, firstLine, parse, readSeconds, readSize, UsageError } from './arguments.js'
import { progressBar } from './bar.js'
import { headerOf, print, stopOnInterrupt, wantsColor } from './print.js'

const FLAGS: Flags = {
  size: { type: 'string' },
  seconds: { type: 'string' },
  svg: { type: 'string' },
  quick: { type: 'boolean' },
  json: { type: 'boolean' },
}

const USUAL = { size: 10_000, requests: 32, delayMs: 10, seconds: 10 }
const QUICK = { size: 2000, requests: 8, delayMs: 5, seconds: 1 }

export interface LandscapeRequest {
  readonly size: number
  readonly requests: number
  readonly delayMs: number
  readonly seconds: number
  readonly svg: string | undefined
  readonly json: boolean
}

export function readLandscapeRequest(args: readonly string[]): LandscapeRequest {
  const { words, values } = parse(args, FLAGS)
  if (words.length > 0) throw new UsageError(`Expected no argument for landscape but received '${words[0]}'`)
  const [size, seconds, svg] = [values.size, values.seconds, values.svg] as (string | undefined)[]
  if (svg !== undefined) checkWritable(svg)
  const usual = values.quick ? QUICK : USUAL
  return {
    ...usual,
    ...(size === undefined ? undefined : { size: readSize(size) }),
    ...(seconds === undefined ? undefined : { seconds: readSeconds(seconds) }),
    svg,
    json: values.json === true,
  }
}

/** Before anything is measured. */
function checkWritable(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK)
  } catch (error) {
    throw new UsageError(`Expected a file in a writable folder for --svg but received '${file}': ${firstLine(error)}`)
  }
}

/** Returns the exit code. */
export async function landscapeCommand(args: readonly string[]): Promise<number> {
  const { json, svg, seconds, ...rest } = readLandscapeRequest(args)
  const budgetMs = seconds * 1000
  const bar = progressBar(process.stderr, budgetMs)
  const { signal, done } = stopOnInterrupt()
  if (!json) {
    print(headerOf(info()))
    process.stderr.write(`2 jobs, about ${Math.ceil(seconds)} s\n`)
  }
  try {
    const result = await measureLandscape({ ...rest, budgetMs, signal, onProgress: (job, part) => bar.show(job, part) })
    bar.clear()
    if (json) print(JSON.stringify(result))
    else {
      const paint = painter(wantsColor())
      print(`\n${tableOf(result, paint)}\n\n${pictureOf(result, paint)}\n\n${LEGEND}`)
    }
    if (svg !== undefined) writeFileSync(svg, svgOf(result))
    const agree = [...result.waiting.rows, ...result.computing.rows].every(({ agrees }) => agrees)
    return signal.aborted ? 130 : agree ? 0 : 1
  } finally {
    bar.clear()
    done()
  }
}

const LEGEND = `speed-up: over the first line, measured in turns. loop max: the longest that
this thread's event loop was held up, beyond 99 % of an idle loop's ticks.`
