/** What the JavaScript engine tells of its work, also before it is loaded. */
import { bytesOf } from './bytes.js'
import type { Call } from './values.js'

export interface JsCounts {
  waiting: number
  running: number
  workers: number
  jobs: number
  settled: number
  cancelled: number
  failed: number
  bytes: number
}

/** `early`: calls that wait for the engine itself. `read`: set by the engine. */
export const counted: { readonly early: Set<Call>; read: (() => JsCounts) | undefined } = {
  early: new Set(),
  read: undefined,
}

export function jsCounts(): JsCounts {
  const counts = counted.read?.() ?? {
    waiting: 0,
    running: 0,
    workers: 0,
    jobs: 0,
    settled: 0,
    cancelled: 0,
    failed: 0,
    bytes: 0,
  }
  for (const { values } of counted.early) {
    counts.waiting++
    counts.jobs++
    counts.bytes += bytesOf(values)
  }
  return counts
}
