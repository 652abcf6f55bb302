/** moments in plain JavaScript: the reference of native/kernels/moments.cpp, bit for bit. */
import type { Real } from '../base/dtypes.js'
import type { Reducer } from '../core/reduction.js'
import { foldLanes } from './sum.twin.js'
import { addTo, centre, first, second, sumOf } from './variance.twin.js'

const LEVELS = 5
// Places in a state.
const COUNT = 0
const MEAN = 1 // in two parts
const REST = 2
const SECOND = 3
const THIRD = 4
const FOURTH = 5
const LEAST = 6
const MOST = 7

const third = new Float64Array(8)
const fourth = new Float64Array(8)

/** Σ (x − mean)³ and Σ (x − mean)⁴ of a unit, in 8 lanes each. */
function centreHigher(x: Real, begin: number, end: number, mean: number): void {
  const whole = end - ((end - begin) % 8)
  let t0 = 0,
    t1 = 0,
    t2 = 0,
    t3 = 0,
    t4 = 0,
    t5 = 0,
    t6 = 0,
    t7 = 0
  let f0 = 0,
    f1 = 0,
    f2 = 0,
    f3 = 0,
    f4 = 0,
    f5 = 0,
    f6 = 0,
    f7 = 0
  for (let i = begin; i < whole; i += 8) {
    const d0 = x[i]! - mean
    const q0 = d0 * d0
    t0 += q0 * d0
    f0 += q0 * q0
    const d1 = x[i + 1]! - mean
    const q1 = d1 * d1
    t1 += q1 * d1
    f1 += q1 * q1
    const d2 = x[i + 2]! - mean
    const q2 = d2 * d2
    t2 += q2 * d2
    f2 += q2 * q2
    const d3 = x[i + 3]! - mean
    const q3 = d3 * d3
    t3 += q3 * d3
    f3 += q3 * q3
    const d4 = x[i + 4]! - mean
    const q4 = d4 * d4
    t4 += q4 * d4
    f4 += q4 * q4
    const d5 = x[i + 5]! - mean
    const q5 = d5 * d5
    t5 += q5 * d5
    f5 += q5 * q5
    const d6 = x[i + 6]! - mean
    const q6 = d6 * d6
    t6 += q6 * d6
    f6 += q6 * q6
    const d7 = x[i + 7]! - mean
    const q7 = d7 * d7
    t7 += q7 * d7
    f7 += q7 * q7
  }
  third[0] = t0
  third[1] = t1
  third[2] = t2
  third[3] = t3
  third[4] = t4
  third[5] = t5
  third[6] = t6
  third[7] = t7
  fourth[0] = f0
  fourth[1] = f1
  fourth[2] = f2
  fourth[3] = f3
  fourth[4] = f4
  fourth[5] = f5
  fourth[6] = f6
  fourth[7] = f7
  for (let i = whole; i < end; i++) {
    const d = x[i]! - mean
    const square = d * d
    third[i - whole]! += square * d
    fourth[i - whole]! += square * square
  }
}

const nothing = (): number[] => [0, 0, 0, 0, 0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]

function measure(x: Real, begin: number, end: number): number[] {
  const count = end - begin
  if (count === 0) return nothing()
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (let i = begin; i < end; i++) {
    const value = x[i]!
    if (value < low) low = value
    if (value > high) high = value
  }
  const mean = sumOf(x, begin, end) / count
  if (mean - mean !== 0) {
    // Not finite: then neither are the powers.
    for (let i = begin; i < end; i++) if (Number.isNaN(x[i])) low = high = Number.NaN
    return [count, mean, 0, mean - mean, mean - mean, mean - mean, low, high]
  }
  centre(x, begin, end, mean)
  centreHigher(x, begin, end, mean)
  // About the mean plus `shift`: what rounding left of it.
  const [s1, s2, s3, s4] = [foldLanes(first), foldLanes(second), foldLanes(third), foldLanes(fourth)]
  const shift = s1 / count
  return [
    count,
    mean,
    shift,
    s2 - s1 * shift,
    s3 - shift * (3 * s2 - 2 * (s1 * shift)),
    s4 - shift * (4 * s3 - shift * (6 * s2 - 3 * (s1 * shift))),
    low,
    high,
  ]
}

function join(left: number[], right: number[]): number[] {
  if (right[COUNT] === 0) return left
  if (left[COUNT] === 0) return right
  const a = left[COUNT]!
  const b = right[COUNT]!
  const count = a + b
  const apart = right[MEAN] === left[MEAN] ? 0 : right[MEAN]! - left[MEAN]! // also of two infinities
  const delta = apart + (right[REST]! - left[REST]!)
  const p = a / count
  const q = b / count
  const square = delta * delta
  const [l2, l3, r2, r3] = [left[SECOND]!, left[THIRD]!, right[SECOND]!, right[THIRD]!]
  left[FOURTH] =
    left[FOURTH]! +
    right[FOURTH]! +
    square * square * (a * q) * (p * p - p * q + q * q) +
    6 * square * (p * p * r2 + q * q * l2) +
    4 * delta * (p * r3 - q * l3)
  left[THIRD] = l3 + r3 + square * delta * (a * q) * (p - q) + 3 * delta * (p * r2 - q * l2)
  left[SECOND] = l2 + r2 + square * (a * q)
  addTo(left, MEAN, delta * q)
  left[COUNT] = count
  if (right[LEAST]! < left[LEAST]! || Number.isNaN(right[LEAST])) left[LEAST] = right[LEAST]!
  if (right[MOST]! > left[MOST]! || Number.isNaN(right[MOST])) left[MOST] = right[MOST]!
  return left
}

const counter: number[][] = []
let units = 0

export const moments: Reducer = {
  begin() {
    units = 0
  },
  unit(x, begin, end) {
    let state = measure(x, begin, end)
    let level = 0
    for (; (units >> level) & 1; level++) state = join(counter[level]!, state)
    counter[level] = state
    units++
  },
  end() {
    let state = nothing()
    for (let level = 0; level < LEVELS; level++) {
      if ((units >> level) & 1) state = join(counter[level]!, state)
    }
    return state
  },
  join,
  finish: () => 0, // several values: moments.ts makes them
}
