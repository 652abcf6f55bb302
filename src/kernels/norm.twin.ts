/** norm in plain JavaScript: the reference of native/kernels/norm.cpp, bit for bit. */
import type { Real } from '../base/dtypes.js'
import type { Reducer } from '../core/reduction.js'
import { beginRuns, endRuns, pushRun } from './sum.twin.js'

const LANES = 16
const RUN = 256
const LEAST = 2 ** -900
const MOST = 2 ** 980
const UP = 2 ** 600
const DOWN = 2 ** -600
const lanes = new Float64Array(LANES)

function addSquares(x: Real, begin: number, end: number, scale: number): number {
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
        const v0 = x[i]! * scale
        s0 += v0 * v0
        const v1 = x[i + 1]! * scale
        s1 += v1 * v1
        const v2 = x[i + 2]! * scale
        s2 += v2 * v2
        const v3 = x[i + 3]! * scale
        s3 += v3 * v3
        const v4 = x[i + 4]! * scale
        s4 += v4 * v4
        const v5 = x[i + 5]! * scale
        s5 += v5 * v5
        const v6 = x[i + 6]! * scale
        s6 += v6 * v6
        const v7 = x[i + 7]! * scale
        s7 += v7 * v7
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
    for (let i = whole; i < stop; i++) {
      const s = x[i]! * scale
      lanes[i - whole]! += s * s
    }
    pushRun(lanes)
  }
  return endRuns()
}

function addMagnitudes(x: Real, begin: number, end: number): void {
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
        s0 += Math.abs(x[i]!)
        s1 += Math.abs(x[i + 1]!)
        s2 += Math.abs(x[i + 2]!)
        s3 += Math.abs(x[i + 3]!)
        s4 += Math.abs(x[i + 4]!)
        s5 += Math.abs(x[i + 5]!)
        s6 += Math.abs(x[i + 6]!)
        s7 += Math.abs(x[i + 7]!)
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
    for (let i = whole; i < stop; i++) lanes[i - whole]! += Math.abs(x[i]!)
    pushRun(lanes)
  }
}

let large = 0
let plain = 0
let small = 0

/** State: the sums of squares of large units, times 2⁻¹²⁰⁰, of others, and of small ones, times 2¹²⁰⁰. */
const euclidean: Reducer = {
  begin() {
    large = plain = small = 0
  },
  unit(x, begin, end) {
    const sum = addSquares(x, begin, end, 1)
    if (sum > MOST) large += addSquares(x, begin, end, DOWN)
    else if (sum < LEAST) small += addSquares(x, begin, end, UP)
    else plain += sum // also NaN
  },
  end: () => [large, plain, small],
  join(left, right) {
    for (let i = 0; i < 3; i++) left[i]! += right[i]!
    return left
  },
  finish(state) {
    const [large, plain, small] = [state[0]!, state[1]!, state[2]!]
    if (Number.isNaN(plain)) return plain
    if (large > 0) return Math.sqrt(large + plain * DOWN * DOWN) * UP
    if (plain > 0) return Math.sqrt(plain + small * DOWN * DOWN)
    return Math.sqrt(small) * DOWN
  },
}

const manhattan: Reducer = {
  begin: beginRuns,
  unit: addMagnitudes,
  end: () => [endRuns()],
  join(left, right) {
    left[0]! += right[0]!
    return left
  },
  finish: (state) => state[0]!,
}

let most = 0
const greatest: Reducer = {
  begin() {
    most = 0
  },
  unit(x, begin, end) {
    let found = most
    for (let i = begin; i < end; i++) {
      const magnitude = Math.abs(x[i]!)
      if (!(magnitude <= found)) {
        if (Number.isNaN(found)) break
        found = magnitude
      }
    }
    most = found
  },
  end: () => [most],
  join(left, right) {
    if (right[0]! > left[0]! || Number.isNaN(right[0])) left[0] = right[0]!
    return left
  },
  finish: (state) => state[0]!,
}

/** By order, 0 for infinity. */
export const reducerOf = (form: number): Reducer => (form === 1 ? manhattan : form === 0 ? greatest : euclidean)
