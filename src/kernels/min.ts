import type { Real } from '../base/dtypes.js'
import type { Accumulator, StateOptions } from '../core/accumulator.js'
import type { AsyncOptions, SyncOptions } from '../core/define.js'
import type { MatrixLike } from '../core/matrix.js'
import {
  type Along,
  type AlongInto,
  type Chunks,
  defineReduction,
  type NaNOption,
  type Reduction,
  type StreamOptions,
  type Whole,
} from '../core/reduction.js'
import { extremes, extremesOfLongs, readLong, workOfExtremes } from './minmax.twin.js'

type Long = BigInt64Array | BigUint64Array

export interface Min extends Reduction {
  /**
   * The least element, or those along an axis of a matrix.
   *
   * Exact, as `Math.min`: NaN if an element is NaN, and −0 is less than +0. The same bits on every CPU, for any number of
   * threads, and as `min.js`.
   *
   * @param x - TypedArray of at least one element, or a matrix
   * @param options - `axis`: 0 for the least of each column, 1 of each row (not of BigInt matrices); `out` for these;
   *   `nan: 'omit'` leaves NaN out (NaN if nothing else is there)
   * @returns a number; a bigint for BigInt64Array and BigUint64Array; a Float64Array along an axis
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE); RangeError (ERR_OFFLOOP_SHAPE) if there are no elements
   * @example
   * const minimum = await min(samples, { nan: 'omit' })
   */
  (x: Real | MatrixLike<Real>, options?: AsyncOptions & NaNOption & Whole): Promise<number>
  /** The least element of a BigInt array, as a bigint. */
  (x: Long, options?: AsyncOptions): Promise<bigint>
  /** The least of each column (axis 0) or row (axis 1) of a matrix. */
  (x: MatrixLike<Real>, options: AsyncOptions & NaNOption & Along): Promise<Float64Array<ArrayBuffer>>
  <T extends Float64Array>(x: MatrixLike<Real>, options: AsyncOptions & NaNOption & AlongInto<T>): Promise<T>
  /** On native threads; blocks the caller until it is there. See `min`. */
  sync(x: Real | MatrixLike<Real>, options?: SyncOptions & NaNOption & Whole): number
  /** The least element of a BigInt array, blocking: a bigint. */
  sync(x: Long, options?: SyncOptions): bigint
  /** The least of each column (axis 0) or row (axis 1) of a matrix, blocking. */
  sync(x: MatrixLike<Real>, options: SyncOptions & NaNOption & Along): Float64Array<ArrayBuffer>
  sync<T extends Float64Array>(x: MatrixLike<Real>, options: SyncOptions & NaNOption & AlongInto<T>): T
  /** Blocks this thread: the least element in plain JavaScript. See `min`. */
  js(x: Real | MatrixLike<Real>, options?: NaNOption & Whole): number
  /** Blocks this thread: the least element of a BigInt array in plain JavaScript. */
  js(x: Long): bigint
  /** Blocks this thread: the least of each column (axis 0) or row (axis 1) in plain JavaScript. */
  js(x: MatrixLike<Real>, options: NaNOption & Along): Float64Array<ArrayBuffer>
  js<T extends Float64Array>(x: MatrixLike<Real>, options: NaNOption & AlongInto<T>): T
  /** The least of elements that come in chunks. See `Accumulator`. */
  state(options?: NaNOption & StateOptions): Accumulator<number, [Real]>
  /** The least of BigInt chunks. */
  state<T extends Long>(options?: StateOptions): Accumulator<bigint, [T]>
  /** The least of more than memory holds, chunk by chunk. */
  stream(chunks: Chunks<Real>, options?: NaNOption & StreamOptions): Promise<number>
  /** The least of BigInt chunks. */
  stream(chunks: Chunks<Long>, options?: StreamOptions): Promise<bigint>
}

export const min: Min = /* @__PURE__ */ defineReduction<Min>({
  name: 'min',
  native: 'minmax',
  summary: 'The least element; NaN if one is NaN',
  dtypes: ['f64', 'f32', 'i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'i64', 'u64'],
  slots: 2,
  parameter: () => 0,
  reducer: () => extremes,
  long: {
    twin: extremesOfLongs,
    read: ({ i64 }) => readLong(i64, 0),
    join: (left, right) => (right < left ? right : left),
  },
  work: workOfExtremes,
  empty: 'at least one element',
})
