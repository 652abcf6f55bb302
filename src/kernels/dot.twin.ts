/** dot in plain JavaScript: the reference of native/kernels/dot.cpp, bit for bit. */
import type { Real } from '../base/dtypes.js'
import { reduceBlocks } from '../core/blocks.js'
import { beginRuns, endRuns, pushRun } from './sum.twin.js'

const LANES = 16
const RUN = 256
const BLOCK = 16384
const lanes = new Float64Array(LANES)

/** Two passes over eight lanes each are a fifth faster than one over 16, which do not fit in the registers. */
function dotBlock(a: Real, b: Real, begin: number, end: number): number {
  beginRuns()
  for (let at = begin; at < end; at += RUN) {
    const stop = Math.min(at + RUN, end)
    const whole = stop - ((stop - at) % LANES)
    for (let half = 0; half < LANES; half += 8) {
      let s0 = 0,
        s1 = 0,
        s2 = 0,
        s3 = 0,
        s4 = 0,
        s5 = 0,
        s6 = 0,
        s7 = 0
      for (let i = at + half; i < whole; i += LANES) {
        s0 += a[i]! * b[i]!
        s1 += a[i + 1]! * b[i + 1]!
        s2 += a[i + 2]! * b[i + 2]!
        s3 += a[i + 3]! * b[i + 3]!
        s4 += a[i + 4]! * b[i + 4]!
        s5 += a[i + 5]! * b[i + 5]!
        s6 += a[i + 6]! * b[i + 6]!
        s7 += a[i + 7]! * b[i + 7]!
      }
      lanes[half + 0] = s0
      lanes[half + 1] = s1
      lanes[half + 2] = s2
      lanes[half + 3] = s3
      lanes[half + 4] = s4
      lanes[half + 5] = s5
      lanes[half + 6] = s6
      lanes[half + 7] = s7
    }
    for (let i = whole; i < stop; i++) lanes[i - whole]! += a[i]! * b[i]!
    pushRun(lanes)
  }
  return endRuns()
}

export function dotTwin(a: Real, b: Real, result: { f64: Float64Array }): void {
  const leaf = (begin: number, end: number) => dotBlock(a, b, begin, end)
  result.f64[0] = reduceBlocks(a.length, BLOCK, leaf, (left, right) => left + right) ?? 0
}
