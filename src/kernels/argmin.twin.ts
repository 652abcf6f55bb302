/** argmin and argmax in plain JavaScript: the twin of native/kernels/argmin.cpp. */
import type { Dtype, Real } from '../base/dtypes.js'
import { coded } from '../base/errors.js'
import type { Options } from '../core/arguments.js'
import { readChoice } from '../core/arguments.js'
import type { Reducer } from '../core/reduction.js'

const MAX = 1
const OMIT = 2
const NANS = ['propagate', 'omit'] as const

/** Which of the four: native/kernels/argmin.cpp has the same. */
export const formOf =
  (max: boolean): ((options: Options) => number) =>
  (options) =>
    (max ? MAX : 0) + (options.nan !== undefined && readChoice('nan', options.nan, NANS) === 1 ? OMIT : 0)

let best = 0
let index = -1
let count = 0
let bestLong = 0n

/** The first of x[begin .. end) that is better than `best`, or NaN; with that, everything is as it will stay. */
function takeLeast(x: Real, begin: number, end: number, omit: boolean): void {
  const before = count - begin
  let [value, at] = [best, index]
  for (let i = begin; i < end; i++) {
    const v = x[i]!
    if (v >= value && at >= 0) continue
    if (Number.isNaN(v)) {
      if (omit) continue
      best = v
      index = before + i
      return
    }
    if (at < 0 || v < value) {
      value = v
      at = before + i
    }
  }
  best = value
  index = at
}

function takeGreatest(x: Real, begin: number, end: number, omit: boolean): void {
  const before = count - begin
  let [value, at] = [best, index]
  for (let i = begin; i < end; i++) {
    const v = x[i]!
    if (v <= value && at >= 0) continue
    if (Number.isNaN(v)) {
      if (omit) continue
      best = v
      index = before + i
      return
    }
    if (at < 0 || v > value) {
      value = v
      at = before + i
    }
  }
  best = value
  index = at
}

function takeLongs(x: BigInt64Array, begin: number, end: number, max: boolean): void {
  for (let i = begin; i < end; i++) {
    const v = x[i]!
    if (index < 0 || (max ? v > bestLong : v < bestLong)) {
      bestLong = v
      index = count + i - begin
    }
  }
}

// Places of a state: native/kernels/argmin.cpp has the same.
const [INDEX, COUNT, VALUE, LOW] = [0, 1, 2, 3] as const

function make(form: number, long: boolean): Reducer {
  const max = (form & MAX) !== 0
  const omit = (form & OMIT) !== 0
  const take = max ? takeGreatest : takeLeast
  const better = (a: number, b: number) => (max ? a > b : a < b)
  return {
    begin() {
      best = max ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
      index = -1
      count = 0
    },
    unit(x, begin, end) {
      if (long) takeLongs(x as unknown as BigInt64Array, begin, end, max)
      else if (!Number.isNaN(best)) take(x, begin, end, omit)
      count += end - begin
    },
    end: () =>
      long ? [index, count, Number(bestLong >> 32n), Number(bestLong & 0xffffffffn)] : [index, count, best, 0],
    join(left, right) {
      const [a, b] = [left[VALUE]!, right[VALUE]!]
      const wins = better(b, a) || (a === b && better(right[LOW]!, left[LOW]!)) || Number.isNaN(b)
      if (right[INDEX]! >= 0 && (left[INDEX]! < 0 || (wins && !Number.isNaN(a)))) {
        left[INDEX] = left[COUNT]! + right[INDEX]!
        left[VALUE] = b
        left[LOW] = right[LOW]!
      }
      left[COUNT]! += right[COUNT]!
      return left
    },
    finish: (state) => state[INDEX]!,
  }
}

const made = new Map<number, Reducer>()

export function firstOf(form: number, dtype: Dtype): Reducer {
  const long = dtype === 'i64' || dtype === 'u64'
  const key = form * 2 + (long ? 1 : 0)
  let reducer = made.get(key)
  if (reducer === undefined) {
    reducer = make(form, long)
    made.set(key, reducer)
  }
  return reducer
}

/** Refuses the place of nothing: NaN was left out, and nothing else was there. */
export function refuseNone(place: number): void {
  if (place >= 0) return
  throw coded(
    RangeError,
    'ERR_OFFLOOP_ARG_VALUE',
    'Expected an element that is not NaN (along the axis: in each row or column) for `x` but received only NaN',
  )
}
