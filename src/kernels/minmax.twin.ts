/** min, max and minmax in plain JavaScript: the twin of native/kernels/minmax.cpp. */
import type { Reducer } from '../core/reduction.js'

let lo = 0
let hi = 0

/** State: the least, the greatest; both NaN if one element is. */
export const extremes: Reducer = {
  begin() {
    lo = Number.POSITIVE_INFINITY
    hi = Number.NEGATIVE_INFINITY
  },
  // Math.min and Math.max: NaN wins, and -0 is less than +0. Two at a time, which do not wait for each other.
  unit(x, begin, end) {
    let a = lo
    let b = lo
    let c = hi
    let d = hi
    let i = begin
    for (; i + 2 <= end; i += 2) {
      const p = x[i]!
      const q = x[i + 1]!
      a = Math.min(a, p)
      c = Math.max(c, p)
      b = Math.min(b, q)
      d = Math.max(d, q)
    }
    if (i < end) {
      a = Math.min(a, x[i]!)
      c = Math.max(c, x[i]!)
    }
    lo = Math.min(a, b)
    hi = Math.max(c, d)
  },
  end: () => [lo, hi],
  join: (left, right) => [Math.min(left[0]!, right[0]!), Math.max(left[1]!, right[1]!)],
  finish: (state, parameter) => (state[0]! <= state[1]! ? state[parameter]! : Number.NaN),
}

const LONG_LOW = 0
const LONG_HIGH = 1
const IS_UNSIGNED = 2

export function extremesOfLongs(x: BigInt64Array | BigUint64Array, { i64 }: { i64: BigInt64Array }): void {
  let [low, high] = [x[0]!, x[0]!]
  for (let i = 1; i < x.length; i++) {
    const v = x[i]!
    if (v < low) low = v
    if (v > high) high = v
  }
  i64[LONG_LOW] = low
  i64[LONG_HIGH] = high
  i64[IS_UNSIGNED] = x instanceof BigUint64Array ? 1n : 0n
}

/** The least (0) or the greatest (1) from a state of 64-bit integers. */
export function readLong(i64: BigInt64Array, which: number): bigint {
  return i64[IS_UNSIGNED] === 0n ? i64[which]! : BigInt.asUintN(64, i64[which]!)
}

/** Nanoseconds on one thread. */
export function workOfExtremes(elements: number, bytes: number): number {
  const perByte = bytes < 2e6 ? 0.03 : bytes < 12e6 ? 0.045 : 0.075
  return 400 + Math.max(elements * (bytes < 8 * elements ? 0.45 : 0.2), bytes * perByte)
}
