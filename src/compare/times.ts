/** A face's times, from what was measured. */
import type { Series } from './measure.js'
import { median, quantile } from './statistics.js'
import type { FaceTimes } from './types.js'

/** `first` is what the speed-ups are over; `idleMs` is where loop delays count from. */
export function timesOf({ face, turns, runs, loop }: Series, first: Series, idleMs: number): FaceTimes {
  const ratios = turns.map((ms, round) => first.turns[round]! / ms)
  const { p99Ms, maxMs } = loop.read()
  return {
    face: face.label,
    medianMs: median(turns),
    q1Ms: quantile(turns, 0.25),
    q3Ms: quantile(turns, 0.75),
    runs,
    speedup: median(ratios),
    speedupQ1: quantile(ratios, 0.25),
    speedupQ3: quantile(ratios, 0.75),
    loopP99Ms: Math.max(0, p99Ms - idleMs),
    loopMaxMs: Math.max(0, maxMs - idleMs),
  }
}
