/** Chooses how a checked call runs: inline or on the pool, and with how many threads. */
import type { Plan } from '../engine/values.js'

/** Below this an asynchronous hop (20 to 100 µs) costs more than the work: it runs on the loop at once. */
export const INLINE_NS = 20_000
/** Below this a blocking caller gains nothing from waking other threads. */
export const SERIAL_NS = 60_000
// The third line is each kernel's own, `tiny` of its calls: a twin is set up in 100 ns, a native call in 400.

export function planAsync(work: number, threads: number, rank: number, report: boolean): Plan {
  return { threads, work, inline: work < INLINE_NS, timeout: 0, rank, report }
}

export function planSync(work: number, threads: number, timeout: number, rank: number, report: boolean): Plan {
  return { threads, work, inline: work < SERIAL_NS || threads === 1, timeout, rank, report }
}
