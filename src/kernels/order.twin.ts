/** The twins' stable order by value: radix sort of 32-bit key words, least significant digit first. */
import { dtypeOf, type TypedArray } from '../base/dtypes.js'

/** Below this the counters of the radix sort cost more than merging. */
const MERGED = 1500
const DIGITS = [0, 11, 22] as const
const VALUES = 2048

/** Keys that ascend like the values, as unsigned words: the zeros equal, NaNs equal and last. */
export interface Keys {
  readonly high: Uint32Array
  /** Of 64-bit elements only. */
  readonly low: Uint32Array | undefined
  /** There is a −0 among the values. */
  readonly minus: boolean
}

export function keysOf(x: TypedArray, descending: boolean): Keys {
  const { length } = x
  const high = new Uint32Array(length)
  const flip = descending ? 0xffffffff : 0
  const dtype = dtypeOf(x)
  let minus = false
  if (x.BYTES_PER_ELEMENT === 4) {
    const words = new Uint32Array(x.buffer, x.byteOffset, length)
    if (dtype !== 'f32') {
      const mask = (dtype === 'i32' ? 0x80000000 : 0) ^ flip
      for (let i = 0; i < length; i++) high[i] = words[i]! ^ mask
      return { high, low: undefined, minus }
    }
    for (let i = 0; i < length; i++) {
      const word = words[i]!
      const size = word & 0x7fffffff
      if (size > 0x7f800000) high[i] = 0xffffffff
      else if (size === 0) {
        if (word !== 0) minus = true
        high[i] = 0x80000000 ^ flip
      } else high[i] = (word === size ? word | 0x80000000 : ~word) ^ flip
    }
    return { high, low: undefined, minus }
  }
  const low = new Uint32Array(length)
  const words = new Uint32Array(x.buffer, x.byteOffset, 2 * length)
  if (dtype !== 'f64') {
    const mask = (dtype === 'i64' ? 0x80000000 : 0) ^ flip
    for (let i = 0; i < length; i++) {
      low[i] = words[2 * i]! ^ flip
      high[i] = words[2 * i + 1]! ^ mask
    }
    return { high, low, minus }
  }
  for (let i = 0; i < length; i++) {
    const below = words[2 * i]!
    const word = words[2 * i + 1]!
    const size = word & 0x7fffffff
    if (size > 0x7ff00000 || (size === 0x7ff00000 && below !== 0)) {
      high[i] = 0xffffffff
      low[i] = 0xffffffff
    } else if (size === 0 && below === 0) {
      if (word !== 0) minus = true
      high[i] = 0x80000000 ^ flip
      low[i] = flip
    } else if (word >>> 31 === 0) {
      high[i] = (word | 0x80000000) ^ flip
      low[i] = below ^ flip
    } else {
      high[i] = ~word ^ flip
      low[i] = ~below ^ flip
    }
  }
  return { high, low, minus }
}

/** Whether the keys of two positions are equal. */
export function sameKey({ high, low }: Keys, a: number, b: number): boolean {
  return high[a] === high[b] && (low === undefined || low[a] === low[b])
}

/** Positions in the order of their keys, equal ones in their own order, written to `order`. */
export function orderKeys({ high, low }: Keys, order: Uint32Array): void {
  const { length } = order
  for (let i = 0; i < length; i++) order[i] = i
  if (length < MERGED) {
    mergeSort(high, low, order)
    return
  }
  const spare = new Uint32Array(length)
  if (low !== undefined) sortByWord(low.slice(), order, spare)
  const words = new Uint32Array(length)
  for (let i = 0; i < length; i++) words[i] = high[order[i]!]!
  sortByWord(words, order, spare)
}

/** Sorts `order` by words[i], the word of order[i]; both are overwritten. */
function sortByWord(words: Uint32Array, order: Uint32Array, spare: Uint32Array): void {
  const { length } = words
  const counts = new Uint32Array(DIGITS.length * VALUES)
  for (let i = 0; i < length; i++) {
    const word = words[i]!
    counts[word & 2047]!++
    counts[VALUES + ((word >>> 11) & 2047)]!++
    counts[2 * VALUES + (word >>> 22)]!++
  }
  let from = words
  let to: Uint32Array | undefined
  let places = order
  let others = spare
  for (let digit = 0; digit < DIGITS.length; digit++) {
    const shift = DIGITS[digit]!
    const at = counts.subarray(digit * VALUES, (digit + 1) * VALUES)
    if (at[(from[0]! >>> shift) & 2047] === length) continue // all the same
    let sum = 0
    for (let value = 0; value < VALUES; value++) {
      const count = at[value]!
      at[value] = sum
      sum += count
    }
    to ??= new Uint32Array(length)
    for (let i = 0; i < length; i++) {
      const word = from[i]!
      const place = at[(word >>> shift) & 2047]!++
      to[place] = word
      others[place] = places[i]!
    }
    ;[from, to] = [to, from]
    ;[places, others] = [others, places]
  }
  if (places !== order) order.set(places)
}

/** Runs by insertion, then merged bottom up. */
function mergeSort(high: Uint32Array, low: Uint32Array | undefined, order: Uint32Array): void {
  const { length } = order
  const run = 8
  for (let begin = 0; begin < length; begin += run) {
    const end = Math.min(begin + run, length)
    for (let i = begin + 1; i < end; i++) {
      const one = order[i]!
      let j = i
      for (; j > begin && isBefore(high, low, one, order[j - 1]!); j--) order[j] = order[j - 1]!
      order[j] = one
    }
  }
  if (length <= run) return
  let from = order
  let to: Uint32Array = new Uint32Array(length)
  for (let width = run; width < length; width *= 2) {
    for (let begin = 0; begin < length; begin += 2 * width) {
      const middle = Math.min(begin + width, length)
      const end = Math.min(begin + 2 * width, length)
      let a = begin
      let b = middle
      for (let i = begin; i < end; i++) {
        to[i] = a < middle && (b === end || !isBefore(high, low, from[b]!, from[a]!)) ? from[a++]! : from[b++]!
      }
    }
    ;[from, to] = [to, from]
  }
  if (from !== order) order.set(from)
}

function isBefore(high: Uint32Array, low: Uint32Array | undefined, a: number, b: number): boolean {
  const difference = high[a]! - high[b]!
  return difference !== 0 || low === undefined ? difference < 0 : low[a]! < low[b]!
}
