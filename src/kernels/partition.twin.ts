/** What partition and argpartition share: their ranks, and where every element goes. */

import { wrongShape, wrongType } from '../base/errors.js'
import { readInteger } from '../core/arguments.js'
import { type Numbers, valuesOf } from './select.twin.js'

/** More would need counts of their own for every block. */
const MAX_RANKS = 256

/** `kth` as ascending ranks, each once; negative ones count from the end. */
export function readRanks(kth: unknown, length: number): Float64Array {
  if (length === 0) throw wrongShape('x', 'at least one element', 'none')
  const read = (name: string, value: unknown) => {
    const rank = readInteger(name, value, -length, length - 1)
    return rank < 0 ? rank + length : rank
  }
  if (typeof kth === 'number') {
    const ranks = new Float64Array(1)
    ranks[0] = read('kth', kth)
    return ranks
  }
  if (!Array.isArray(kth) && !(ArrayBuffer.isView(kth) && 'length' in kth)) {
    throw wrongType('kth', 'a whole number or an array of them', kth)
  }
  const list = kth as ArrayLike<unknown>
  const ranks = new Set<number>()
  for (let i = 0; i < list.length; i++) ranks.add(read(`kth[${i}]`, list[i]))
  if (ranks.size === 0 || ranks.size > MAX_RANKS) {
    throw wrongShape('kth', `from 1 to ${MAX_RANKS} different ranks`, `${ranks.size}`)
  }
  return new Float64Array(ranks).sort()
}

/** Nanoseconds on one thread, measured: finding the elements of the ranks, then two passes. */
export function partitionWork(length: number, bytes: number, ranks: number): number {
  const each = (bytes === 8 ? 3.8 : 2) * (length * bytes < 12e6 ? 1 : 1.4)
  const search = ranks === 1 ? 0 : 6 + 3 * Math.log2(ranks)
  return 5000 + length * (each + search)
}

/** Below, at or above a cut, −0 being below +0 and NaN above all. */
function compare(value: number, cut: number): number {
  if (value < cut) return -1
  if (value > cut) return 1
  if (value === cut) return value === 0 ? Math.sign(1 / value - 1 / cut) || 0 : 0
  const nan = Number(Number.isNaN(value)) - Number(Number.isNaN(cut))
  return nan
}

/** 2c between cut c − 1 and cut c, 2c + 1 at cut c. */
function bucketOf(value: number, cuts: Float64Array): number {
  let from = 0
  for (let left = cuts.length; left > 0; ) {
    const half = (left + 1) >> 1
    if (compare(value, cuts[from + half - 1]!) > 0) from += half
    left -= half
  }
  return 2 * from + (from < cuts.length && compare(value, cuts[from]!) === 0 ? 1 : 0)
}

/** Where every element goes, in order: by bucket, and in its old order there. */
function placesOf(x: Numbers, ranks: Float64Array): Uint32Array | Float64Array {
  const { values } = valuesOf(x, ranks)
  const cuts = values.filter((value, i) => i === 0 || compare(values[i - 1]!, value) < 0)
  const places = x.length <= 2 ** 32 ? new Uint32Array(x.length) : new Float64Array(x.length)
  const cut = cuts[0]!
  if (cuts.length === 1 && cut !== 0 && !Number.isNaN(cut)) {
    let below = 0
    let upto = 0
    for (let i = 0; i < x.length; i++) {
      const value = x[i]!
      if (value < cut) below++
      if (value <= cut) upto++
    }
    let less = 0
    let equal = below
    let greater = upto
    for (let i = 0; i < x.length; i++) {
      const value = x[i]!
      if (value < cut) places[i] = less++
      else if (value === cut) places[i] = equal++
      else places[i] = greater++
    }
    return places
  }
  const next = new Float64Array(2 * cuts.length + 1)
  for (let i = 0; i < x.length; i++) next[bucketOf(x[i]!, cuts)]!++
  let place = 0
  for (let b = 0; b < next.length; b++) {
    const size = next[b]!
    next[b] = place
    place += size
  }
  for (let i = 0; i < x.length; i++) places[i] = next[bucketOf(x[i]!, cuts)]!++
  return places
}

export function partitionTwin(x: Numbers, ranks: Float64Array, out: Numbers): void {
  const from = x.buffer === out.buffer ? x.slice() : x
  const places = placesOf(from, ranks)
  for (let i = 0; i < places.length; i++) out[places[i]!] = from[i]!
}

export function argpartitionTwin(x: Numbers, ranks: Float64Array, out: Uint32Array): void {
  const places = placesOf(x, ranks)
  for (let i = 0; i < places.length; i++) out[places[i]!] = i
}
