/** Selection in plain JavaScript: what the twins of partition, argpartition, quantile and median share. */
import type { TypedArray } from '../base/dtypes.js'

export type Numbers = Exclude<TypedArray, BigInt64Array | BigUint64Array>

/** A copy as doubles with the NaNs left out; what remains is the first `count` of it. */
export function numbersOf(x: Numbers): { keys: Float64Array; count: number } {
  const keys = new Float64Array(x)
  let count = 0
  for (let i = 0; i < keys.length; i++) {
    const value = keys[i]!
    keys[count] = value
    if (!Number.isNaN(value)) count++
  }
  return { keys, count }
}

/**
 * Puts the keys of the given ranks in their sorted places: lesser ones before, greater ones after.
 * Ranks ascend; `from` and `to` bound those that are looked at, `left` and `right` the keys.
 */
export function arrange(
  keys: Float64Array,
  left: number,
  right: number,
  ranks: ArrayLike<number>,
  from: number,
  to: number,
): void {
  while (from < to && left < right) {
    const middle = (from + to) >> 1
    const rank = ranks[middle]!
    place(keys, left, right, rank, 60)
    let below = middle
    while (below > from && ranks[below - 1] === rank) below--
    if (below > from) arrange(keys, left, rank - 1, ranks, from, below)
    from = middle + 1
    left = rank + 1
    while (from < to && ranks[from] === rank) from++
  }
}

/** Floyd and Rivest's SELECT (CACM 18, 1975); after `budget` rounds the rest is sorted. */
function place(keys: Float64Array, left: number, right: number, rank: number, budget: number): void {
  while (right > left) {
    if (budget-- === 0) {
      keys.subarray(left, right + 1).sort()
      return
    }
    if (right - left > 600) {
      const n = right - left + 1
      const i = rank - left + 1
      const z = Math.log(n)
      const s = 0.5 * Math.exp((2 * z) / 3)
      const aside = 0.5 * Math.sqrt((z * s * (n - s)) / n) * Math.sign(i - n / 2)
      const low = Math.max(left, Math.floor(rank - (i * s) / n + aside))
      const high = Math.min(right, Math.floor(rank + ((n - i) * s) / n + aside))
      place(keys, low, high, rank, budget)
    } else {
      medianToRank(keys, left, right, rank)
    }
    const pivot = keys[rank]!
    let i = left
    let j = right
    while (i <= j) {
      while (keys[i]! < pivot) i++
      while (keys[j]! > pivot) j--
      if (i <= j) {
        const key = keys[i]!
        keys[i++] = keys[j]!
        keys[j--] = key
      }
    }
    // [left, j] <= pivot <= [i, right], and what lies between equals it.
    if (j < rank) left = i
    if (rank < i) right = j
  }
}

/** The median of the first, the wanted and the last place goes to the wanted one. */
function medianToRank(keys: Float64Array, left: number, right: number, rank: number): void {
  const a = keys[left]!
  const b = keys[rank]!
  const c = keys[right]!
  if (a < b === b < c) return
  const other = b < a === a < c ? left : right
  keys[rank] = keys[other]!
  keys[other] = b
}

/** Zeros in the order −0, +0: what the zero of a rank really is. A selection by `<` does not tell them apart. */
export function zeroOf(x: Numbers): (rank: number) => number {
  let minus = 0
  for (let i = 0; i < x.length; i++) {
    const value = x[i]!
    if (value < 0 || (value === 0 && 1 / value < 0)) minus++
  }
  return (rank) => (rank < minus ? -0 : 0)
}

/** The elements of ascending ranks in the order −0 before +0, NaN last. */
export function valuesOf(x: Numbers, ranks: ArrayLike<number>): { values: Float64Array; count: number } {
  const { keys, count } = numbersOf(x)
  let inside = ranks.length
  while (inside > 0 && ranks[inside - 1]! >= count) inside--
  arrange(keys, 0, count - 1, ranks, 0, inside)
  return { values: pick(x, keys, ranks, count), count }
}

export function pick(x: Numbers, keys: Float64Array, ranks: ArrayLike<number>, count: number): Float64Array {
  const values = new Float64Array(ranks.length)
  let zero: ((rank: number) => number) | undefined
  for (let i = 0; i < values.length; i++) {
    const rank = ranks[i]!
    let value = rank < count ? keys[rank]! : Number.NaN
    if (value === 0) {
      zero ??= zeroOf(x)
      value = zero(rank)
    }
    values[i] = value
  }
  return values
}
