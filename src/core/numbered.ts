/** Keys and offsets: what names every random number. */
import type { TypedArray } from '../base/dtypes.js'
import { wrongType, wrongValue } from '../base/errors.js'
import { type Options, readInteger } from './arguments.js'

/** Which of all random numbers. */
export interface Numbered {
  /**
   * The stream: a whole number from 0 to 2⁵³ − 1, or a bigint from 0n to 2⁶⁴ − 1n. Without one, it is drawn from the
   * operating system, and `random.sourceOf(result)` tells it.
   */
  key?: number | bigint | undefined
  /** The number of the first element in its stream; `offset` plus the number of elements is below 2⁵³. Default: 0. */
  offset?: number | undefined
}

/** Where a result comes from. */
export interface Source {
  readonly key: number | bigint
  readonly offset: number
}

const WORD = 4294967296
const EXPECTED = 'a whole number from 0 to 2^53 - 1, or a bigint from 0n to 2^64 - 1n'
const DRAWN = 64
let drawn: Uint32Array | undefined
let used = DRAWN

/** A key of 53 bits from the operating system. */
export function drawKey(): number {
  if (used === DRAWN) {
    // getBuiltinModule: node:crypto is loaded by nobody who brings keys of his own.
    drawn = process.getBuiltinModule('node:crypto').getRandomValues(drawn ?? new Uint32Array(2 * DRAWN))
    used = 0
  }
  const at = 2 * used++
  const key = (drawn![at]! >>> 11) * WORD + drawn![at + 1]!
  drawn![at] = drawn![at + 1] = 0
  return key
}

export function readKey(value: unknown): number | bigint {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || value < 0) throw wrongValue('key', EXPECTED, value)
    return value
  }
  if (typeof value !== 'bigint') throw wrongType('key', EXPECTED, value)
  if (value < 0n || value >= 1n << 64n) throw wrongValue('key', EXPECTED, value)
  return value
}

export function lowOf(key: number | bigint): number {
  return typeof key === 'bigint' ? Number(key & 0xffffffffn) : key % WORD
}
export function highOf(key: number | bigint): number {
  return typeof key === 'bigint' ? Number(key >> 32n) : Math.floor(key / WORD)
}

/** The offset of a call that uses `count` numbers. */
export function readOffset({ offset }: Options, count: number): number {
  return offset === undefined ? 0 : readInteger('offset', offset, 0, Number.MAX_SAFE_INTEGER - count)
}

const sources = /* @__PURE__ */ new WeakMap<TypedArray, Source>()

export function remember(result: TypedArray, source: Source): TypedArray {
  sources.set(result, source)
  return result
}
/** Where a result comes from whose key was drawn; undefined for any other array. */
export function sourceOf(result: TypedArray): Source | undefined {
  return sources.get(result)
}
