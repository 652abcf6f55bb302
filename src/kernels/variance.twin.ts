/** variance (and std) in plain JavaScript: the reference of native/kernels/variance.cpp, bit for bit. */
import type { Dtype, Real } from '../base/dtypes.js'
import type { Reducer } from '../core/reduction.js'
import { foldLanes } from './sum.twin.js'

const LEVELS = 5
const sums = new Float64Array(16)
export const first: Float64Array = new Float64Array(8)
export const second: Float64Array = new Float64Array(8)

/** Σ x of a unit, in 16 lanes. */
export function sumOf(x: Real, begin: number, end: number): number {
  const whole = end - ((end - begin) % 16)
  let a0 = 0,
    a1 = 0,
    a2 = 0,
    a3 = 0,
    a4 = 0,
    a5 = 0,
    a6 = 0,
    a7 = 0
  let b0 = 0,
    b1 = 0,
    b2 = 0,
    b3 = 0,
    b4 = 0,
    b5 = 0,
    b6 = 0,
    b7 = 0
  for (let i = begin; i < whole; i += 16) {
    a0 += x[i]!
    a1 += x[i + 1]!
    a2 += x[i + 2]!
    a3 += x[i + 3]!
    a4 += x[i + 4]!
    a5 += x[i + 5]!
    a6 += x[i + 6]!
    a7 += x[i + 7]!
    b0 += x[i + 8]!
    b1 += x[i + 9]!
    b2 += x[i + 10]!
    b3 += x[i + 11]!
    b4 += x[i + 12]!
    b5 += x[i + 13]!
    b6 += x[i + 14]!
    b7 += x[i + 15]!
  }
  sums[0] = a0
  sums[1] = a1
  sums[2] = a2
  sums[3] = a3
  sums[4] = a4
  sums[5] = a5
  sums[6] = a6
  sums[7] = a7
  sums[8] = b0
  sums[9] = b1
  sums[10] = b2
  sums[11] = b3
  sums[12] = b4
  sums[13] = b5
  sums[14] = b6
  sums[15] = b7
  for (let i = whole; i < end; i++) sums[i - whole]! += x[i]!
  return foldLanes(sums)
}

/** Σ (x − mean) and Σ (x − mean)² of a unit, in 8 lanes each: `first` and `second`. */
export function centre(x: Real, begin: number, end: number, mean: number): void {
  const whole = end - ((end - begin) % 8)
  let s0 = 0,
    s1 = 0,
    s2 = 0,
    s3 = 0,
    s4 = 0,
    s5 = 0,
    s6 = 0,
    s7 = 0
  let q0 = 0,
    q1 = 0,
    q2 = 0,
    q3 = 0,
    q4 = 0,
    q5 = 0,
    q6 = 0,
    q7 = 0
  for (let i = begin; i < whole; i += 8) {
    const d0 = x[i]! - mean
    s0 += d0
    q0 += d0 * d0
    const d1 = x[i + 1]! - mean
    s1 += d1
    q1 += d1 * d1
    const d2 = x[i + 2]! - mean
    s2 += d2
    q2 += d2 * d2
    const d3 = x[i + 3]! - mean
    s3 += d3
    q3 += d3 * d3
    const d4 = x[i + 4]! - mean
    s4 += d4
    q4 += d4 * d4
    const d5 = x[i + 5]! - mean
    s5 += d5
    q5 += d5 * d5
    const d6 = x[i + 6]! - mean
    s6 += d6
    q6 += d6 * d6
    const d7 = x[i + 7]! - mean
    s7 += d7
    q7 += d7 * d7
  }
  first[0] = s0
  first[1] = s1
  first[2] = s2
  first[3] = s3
  first[4] = s4
  first[5] = s5
  first[6] = s6
  first[7] = s7
  second[0] = q0
  second[1] = q1
  second[2] = q2
  second[3] = q3
  second[4] = q4
  second[5] = q5
  second[6] = q6
  second[7] = q7
  for (let i = whole; i < end; i++) {
    const d = x[i]! - mean
    first[i - whole]! += d
    second[i - whole]! += d * d
  }
}

export type Spread = number[]

/** The number of elements of a unit, the sum of squares about their mean, and the mean in two parts. */
export function measure(x: Real, begin: number, end: number): Spread {
  const count = end - begin
  if (count === 0) return [0, 0, 0, 0]
  const mean = sumOf(x, begin, end) / count
  if (mean - mean !== 0) return [count, mean - mean, mean, 0] // not finite: then neither is the spread
  centre(x, begin, end, mean)
  const rest = foldLanes(first)
  const shift = rest / count
  return [count, foldLanes(second) - rest * shift, mean, shift]
}

/** A number in two parts, the second what rounding took from the first, plus `value`. */
export function addTo(parts: number[], at: number, value: number): void {
  const high = parts[at]!
  const low = parts[at + 1]! + value
  const sum = high + low
  const back = sum - high
  parts[at] = sum
  parts[at + 1] = sum - sum === 0 ? high - (sum - back) + (low - back) : 0
}

export function joinSpreads(left: Spread, right: Spread): Spread {
  if (right[0] === 0) return left
  if (left[0] === 0) return right
  const count = left[0]! + right[0]!
  const apart = right[2] === left[2] ? 0 : right[2]! - left[2]! // also of two infinities
  const delta = apart + (right[3]! - left[3]!)
  const share = right[0]! / count
  left[1] = left[1]! + right[1]! + delta * delta * (left[0]! * share)
  addTo(left, 2, delta * share)
  left[0] = count
  return left
}

const counter: Spread[] = []
let units = 0

const variance: Reducer = {
  begin() {
    units = 0
  },
  unit(x, begin, end) {
    let state = measure(x, begin, end)
    let level = 0
    for (; (units >> level) & 1; level++) state = joinSpreads(counter[level]!, state)
    counter[level] = state
    units++
  },
  end() {
    let state: Spread = [0, 0, 0, 0]
    for (let level = 0; level < LEVELS; level++) {
      if ((units >> level) & 1) state = joinSpreads(counter[level]!, state)
    }
    return state
  },
  join: joinSpreads,
  finish: (state, ddof) => state[1]! / Math.max(state[0]! - ddof, 0),
}
const root: Reducer = { ...variance, finish: (state, ddof) => Math.sqrt(variance.finish(state, ddof)) }

export const reducerOf = (form: number): Reducer => (form === 0 ? variance : root)

/** Nanoseconds of a call on one thread, measured; what is not f64 is converted first. */
export function workOfVariance(elements: number, bytes: number, dtype: Dtype): number {
  const each = dtype === 'f64' ? 0.35 : bytes === elements ? 0.75 : 0.55
  return 600 + Math.max(elements * each, bytes * (bytes < 12e6 ? 0.04 : 0.078))
}
