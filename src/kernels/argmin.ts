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
import { firstOf, formOf, refuseNone } from './argmin.twin.js'
import { workOfExtremes } from './minmax.twin.js'

type Long = BigInt64Array | BigUint64Array

export interface ArgMin extends Reduction {
  /**
   * The index of the least element, or those along an axis of a matrix.
   *
   * The first of equal ones (−0 and +0 are equal); the first NaN, if there is one. In a matrix without `axis` it counts
   * row by row. The same on every CPU, for any number of threads, and as `argmin.js`.
   *
   * @param x - TypedArray of at least one element, or a matrix
   * @param options - `axis`: 0 for the row of the least in each column, 1 for the column of it in each row (not of BigInt
   *   matrices); `out` for these; `nan: 'omit'` leaves NaN out
   * @returns a number; a Float64Array along an axis
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE); RangeError (ERR_OFFLOOP_SHAPE if there are no elements,
   * ERR_OFFLOOP_ARG_VALUE if all of them are left out)
   * @example
   * const place = await argmin(distances)
   */
  (x: Real | Long | MatrixLike<Real>, options?: AsyncOptions & NaNOption & Whole): Promise<number>
  /** The index in each column (axis 0) or row (axis 1) of a matrix. */
  (x: MatrixLike<Real>, options: AsyncOptions & NaNOption & Along): Promise<Float64Array<ArrayBuffer>>
  <T extends Float64Array>(x: MatrixLike<Real>, options: AsyncOptions & NaNOption & AlongInto<T>): Promise<T>
  /** On native threads; blocks the caller until it is there. See `argmin`. */
  sync(x: Real | Long | MatrixLike<Real>, options?: SyncOptions & NaNOption & Whole): number
  /** The index of the least in each column (axis 0) or row (axis 1) of a matrix, blocking. */
  sync(x: MatrixLike<Real>, options: SyncOptions & NaNOption & Along): Float64Array<ArrayBuffer>
  sync<T extends Float64Array>(x: MatrixLike<Real>, options: SyncOptions & NaNOption & AlongInto<T>): T
  /** Blocks this thread: the index of the least element in plain JavaScript. See `argmin`. */
  js(x: Real | Long | MatrixLike<Real>, options?: NaNOption & Whole): number
  /** Blocks this thread: the index in each column (axis 0) or row (axis 1) in plain JavaScript. */
  js(x: MatrixLike<Real>, options: NaNOption & Along): Float64Array<ArrayBuffer>
  js<T extends Float64Array>(x: MatrixLike<Real>, options: NaNOption & AlongInto<T>): T
  /** The index, from the first element of the state on, in elements that come in chunks. See `Accumulator`. */
  state(options?: NaNOption & StateOptions): Accumulator<number, [Real | Long]>
  /** The index in more than memory holds, chunk by chunk. */
  stream(chunks: Chunks<Real | Long>, options?: NaNOption & StreamOptions): Promise<number>
}

export const argmin: ArgMin = /* @__PURE__ */ defineReduction<ArgMin>({
  name: 'argmin',
  summary: 'The index of the least element; of the first NaN, if there is one',
  dtypes: ['f64', 'f32', 'i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'i64', 'u64'],
  slots: 4,
  options: ['nan'],
  noNaN: true,
  form: formOf(false),
  reducer: firstOf,
  verify: refuseNone,
  work: workOfExtremes,
  empty: 'at least one element',
})
