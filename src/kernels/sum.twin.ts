/**
 * sum (and mean) in plain JavaScript: the reference of native/kernels/sum.cpp, bit for bit. The order of additions is
 * told in native/kernels/lanes-inl.h.
 */
import type { Real } from '../base/dtypes.js'
import type { LongReducer, Reducer } from '../core/reduction.js'

// native/kernels/lanes-inl.h has the same three.
const LANES = 16
const RUN = 256
const LEVELS = 7

const counter = new Float64Array(LANES * LEVELS)
const first = counter.subarray(0, LANES)
const lanes = new Float64Array(LANES)

let runs = 0

/** Begins a block. */
export function beginRuns(): void {
  runs = 0
}

/** Adds x[begin .. end) of a block: runs of 256 elements in 16 lanes, joined lane by lane like a binary counter. */
export function addRuns(x: Real, begin: number, end: number): void {
  for (let at = begin; at < end; at += RUN) {
    const stop = Math.min(at + RUN, end)
    const whole = stop - ((stop - at) % LANES)
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
    for (let i = at; i < whole; i += LANES) {
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
    lanes[0] = a0
    lanes[1] = a1
    lanes[2] = a2
    lanes[3] = a3
    lanes[4] = a4
    lanes[5] = a5
    lanes[6] = a6
    lanes[7] = a7
    lanes[8] = b0
    lanes[9] = b1
    lanes[10] = b2
    lanes[11] = b3
    lanes[12] = b4
    lanes[13] = b5
    lanes[14] = b6
    lanes[15] = b7
    for (let i = whole; i < stop; i++) lanes[i - whole]! += x[i]!
    pushRun(lanes)
  }
}

/** Takes the lanes of the next run, and changes them. */
export function pushRun(lanes: Float64Array): void {
  let level = 0
  for (; (runs >> level) & 1; level++) {
    for (let l = 0; l < LANES; l++) lanes[l] = counter[level * LANES + l]! + lanes[l]!
  }
  counter.set(lanes, level * LANES)
  runs++
}

/** The sum of the block. */
export function endRuns(): number {
  if (runs === 0) return 0
  if (runs === 1) {
    lanes.set(first)
    return foldLanes(lanes)
  }
  let any = false
  for (let level = 0; level < LEVELS; level++) {
    if (!((runs >> level) & 1)) continue
    for (let l = 0; l < LANES; l++) {
      lanes[l] = any ? counter[level * LANES + l]! + lanes[l]! : counter[level * LANES + l]!
    }
    any = true
  }
  return foldLanes(lanes)
}

/** Of 16 lanes or 8: l + (l + 8), then 4, 2, 1. */
export function foldLanes(lanes: Float64Array): number {
  if (lanes.length === 16) {
    for (let l = 0; l < 8; l++) lanes[l] = lanes[l]! + lanes[l + 8]!
  }
  const a = lanes[0]! + lanes[4]!
  const b = lanes[1]! + lanes[5]!
  const c = lanes[2]! + lanes[6]!
  const d = lanes[3]! + lanes[7]!
  return a + c + (b + d)
}

let count = 0

/** State: the sum and the number of elements. Its parameter: 0 for the sum, 1 for the mean. */
const floats: Reducer = {
  begin() {
    runs = 0
    count = 0
  },
  unit(x, begin, end) {
    count += end - begin
    addRuns(x, begin, end)
  },
  end: () => [endRuns(), count],
  join(left, right) {
    left[0]! += right[0]!
    left[1]! += right[1]!
    return left
  },
  finish: (state, parameter) => (parameter === 0 ? state[0]! : state[0]! / state[1]!),
}

const SPLIT = 2 ** 32
let total = 0

/** State: the sum in two halves, high · 2³² + low, and the number of elements. A block sums below 2⁴⁶, exactly. */
const integers: Reducer = {
  begin() {
    total = 0
    count = 0
  },
  unit(x, begin, end) {
    let sum = 0
    for (let i = begin; i < end; i++) sum += x[i]!
    total += sum
    count += end - begin
  },
  end() {
    const high = Math.floor(total / SPLIT)
    return [high, total - high * SPLIT, count]
  },
  join(left, right) {
    const low = left[1]! + right[1]!
    const carry = low >= SPLIT ? 1 : 0
    left[0]! += right[0]! + carry
    left[1] = low - carry * SPLIT
    left[2]! += right[2]!
    return left
  },
  finish(state, parameter) {
    const sum = state[0]! * SPLIT + state[1]! // rounded once, to nearest even
    return parameter === 0 ? sum : sum / state[2]!
  },
}

export const reducerOf = (dtype: string): Reducer => (dtype === 'f64' || dtype === 'f32' ? floats : integers)

export const longs: LongReducer = {
  twin(x, result) {
    let total = 0n
    for (let i = 0; i < x.length; i++) total += x[i]!
    result.i64[0] = total >> 32n
    result.i64[1] = total & 0xffffffffn
  },
  read: ({ i64 }) => (i64[0]! << 32n) + i64[1]!,
  join: (left, right) => left + right,
}

/** Nanoseconds of a call on one thread, measured: per byte from L2, L3 and memory, and per element at least. */
export function workOfSum(elements: number, bytes: number): number {
  const perByte = bytes < 2e6 ? 0.02 : bytes < 12e6 ? 0.038 : 0.075
  return 700 + Math.max(bytes * perByte, elements * 0.05)
}
