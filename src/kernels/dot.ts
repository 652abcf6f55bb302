import { type Dtype, dtypeOf, type Real, type TypedArray } from '../base/dtypes.js'
import { wrongShape } from '../base/errors.js'
import type { Accumulator, StateOptions } from '../core/accumulator.js'
import { readArray } from '../core/arguments.js'
import { type AsyncOptions, type Definition, instancesOf, type SyncOptions } from '../core/define.js'
import { type Chunks, type StreamOptions, withStreams } from '../core/reduction.js'
import { randomArray } from '../core/samples.js'
import type { Call } from '../engine/values.js'
import { dotTwin } from './dot.twin.js'

export interface Dot {
  /**
   * Dot product: Σ aᵢ·bᵢ.
   *
   * In f64 for all element types: each product is rounded (those of f32 and of up to 26-bit integers are exact), then
   * added pairwise as `sum` adds, with an error of at most (17 + log2(n/16)) · 2⁻⁵³ · Σ|a·b|. Integers therefore give
   * the exact result while products and sums stay below 2⁵³. The same bits on every CPU, for any number of threads, and
   * as `dot.js`.
   *
   * @param a - TypedArray of numbers
   * @param b - of the type and length of `a`
   * @returns a number; 0 of no elements
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE) if the lengths differ
   * @example
   * const weighted = await dot(values, weights)
   *
   * Source: as `sum`.
   */
  <T extends Real>(a: T, b: T, options?: AsyncOptions): Promise<number>
  /** On native threads; blocks the caller until the product is there. See `dot`. */
  sync<T extends Real>(a: T, b: T, options?: SyncOptions): number
  /** Blocks this thread: the same in plain JavaScript, with the same bits. See `dot`. */
  js<T extends Real>(a: T, b: T): number
  /** The dot product of elements that come in chunks, with the bits of one call over all of them: push(a, b). */
  state(options?: StateOptions): Accumulator<number, [Real, Real]>
  /** The dot product of more than memory holds: takes pairs [a, b] of chunks, one after another. */
  stream(chunks: Chunks<readonly [Real, Real]>, options?: StreamOptions): Promise<number>
}

const DTYPES = ['f64', 'f32', 'i8', 'u8', 'i16', 'u16', 'i32', 'u32'] as const
const ACCEPTED: readonly Dtype[] = [...DTYPES, 'u8c']

/** Nanoseconds on one thread, measured; integers are converted first. */
function estimate(dtype: Dtype, elements: number, bytes: number): number {
  const perByte = bytes < 2e6 ? 0.02 : bytes < 12e6 ? 0.04 : 0.075
  return 400 + Math.max(bytes * perByte, elements * (dtype === 'f64' || dtype === 'f32' ? 0.15 : 0.7))
}

const number = ({ f64 }: { f64: Float64Array }): number => f64[0]!

function callOf(a: TypedArray, b: TypedArray): Call {
  const dtype = dtypeOf(a)!
  return {
    instance: dtype === 'u8c' ? 'u8' : dtype,
    values: [{ kind: 'in', array: a }, { kind: 'in', array: b }, { kind: 'result' }],
    work: estimate(dtype, a.length, 2 * a.byteLength),
    finish: number,
  }
}

const definition: Definition = {
  name: 'dot',
  summary: 'Dot product of two arrays',
  agreement: 'exact',
  arity: 2,
  options: [],
  instances: instancesOf(DTYPES, 'in:$ in:$ result:f64'),
  check([a, b]) {
    const dtype = readArray('a', a, ACCEPTED)
    readArray('b', b, [dtype])
    const [first, second] = [a as TypedArray, b as TypedArray]
    if (first.length !== second.length)
      throw wrongShape('b', `${first.length} elements, as in \`a\`,`, `${second.length}`)
    return callOf(first, second)
  },
  twin: dotTwin,
  samples: (dtype, size, random) => [0, 1].map(() => randomArray(dtype as Dtype, size, random)),
  traffic: ({ values }) => {
    const { array } = values[0] as { array: TypedArray }
    return { bytes: 2 * array.byteLength, flops: 2 * array.length }
  },
}

export const dot: Dot = /* @__PURE__ */ withStreams<Dot>(definition, {
  name: 'dot',
  operands: ['a', 'b'],
  dtypes: ACCEPTED,
  options: [],
  settle: () => {},
  call: ([a, b]) => callOf(a!, b!),
  join: (left, right) => (left as number) + (right as number),
  value: (state) => state,
})
