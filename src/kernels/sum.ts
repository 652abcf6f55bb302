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
import { longs, reducerOf, workOfSum } from './sum.twin.js'

type Long = BigInt64Array | BigUint64Array

export interface Sum extends Reduction {
  /**
   * Sum of all elements, or along an axis of a matrix.
   *
   * Floats are added pairwise, in f64 also for f32, with an error of at most (16 + log2(n/16)) · 2⁻⁵³ · Σ|x|: no worse
   * than NumPy's. Integers are added exactly; the sum of 8- to 32-bit integers is rounded once, to the nearest f64,
   * which matters beyond 2⁵³ only. BigInt arrays give the exact bigint, which may exceed 64 bits.
   * The same bits on every CPU, for any number of threads, and as `sum.js`; a column or row has the bits that it would
   * have as an array.
   *
   * @param x - TypedArray of any length, or a matrix; the sum of no elements is 0
   * @param options - `axis`: 0 for the sum of each column, 1 of each row (not of BigInt matrices); `out` for these;
   *   `nan: 'omit'` leaves NaN out
   * @returns a number; a bigint for BigInt64Array and BigUint64Array; a Float64Array along an axis
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE) if `x` is neither; RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE)
   * @example
   * const total = await sum(new Float64Array([0.1, 0.2, 0.3]))
   *
   * Source: pairwise summation, N. Higham, The accuracy of floating point summation, SIAM J. Sci. Comput. 14 (1993).
   */
  (x: Real | MatrixLike<Real>, options?: AsyncOptions & NaNOption & Whole): Promise<number>
  /** Sum of all elements of a BigInt array: exact, as a bigint. */
  (x: Long, options?: AsyncOptions): Promise<bigint>
  /** The sum of each column (axis 0) or row (axis 1) of a matrix. */
  (x: MatrixLike<Real>, options: AsyncOptions & NaNOption & Along): Promise<Float64Array<ArrayBuffer>>
  <T extends Float64Array>(x: MatrixLike<Real>, options: AsyncOptions & NaNOption & AlongInto<T>): Promise<T>
  /** On native threads; blocks the caller until the sum is there. See `sum`. */
  sync(x: Real | MatrixLike<Real>, options?: SyncOptions & NaNOption & Whole): number
  /** The sum of all elements of a BigInt array, blocking: exact, as a bigint. */
  sync(x: Long, options?: SyncOptions): bigint
  /** The sum of each column (axis 0) or row (axis 1) of a matrix, blocking. */
  sync(x: MatrixLike<Real>, options: SyncOptions & NaNOption & Along): Float64Array<ArrayBuffer>
  sync<T extends Float64Array>(x: MatrixLike<Real>, options: SyncOptions & NaNOption & AlongInto<T>): T
  /** Blocks this thread: the sum in plain JavaScript, with the same bits. See `sum`. */
  js(x: Real | MatrixLike<Real>, options?: NaNOption & Whole): number
  /** Blocks this thread: the exact sum of a BigInt array in plain JavaScript. */
  js(x: Long): bigint
  /** Blocks this thread: the sum of each column (axis 0) or row (axis 1) in plain JavaScript. */
  js(x: MatrixLike<Real>, options: NaNOption & Along): Float64Array<ArrayBuffer>
  js<T extends Float64Array>(x: MatrixLike<Real>, options: NaNOption & AlongInto<T>): T
  /** The sum of elements that come in chunks, with the bits of one call over all of them. See `Accumulator`. */
  state(options?: NaNOption & StateOptions): Accumulator<number, [Real]>
  /** The exact sum of BigInt chunks. */
  state<T extends Long>(options?: StateOptions): Accumulator<bigint, [T]>
  /** The sum of more than memory holds, chunk by chunk, with the bits of one call over all of them. */
  stream(chunks: Chunks<Real>, options?: NaNOption & StreamOptions): Promise<number>
  /** The exact sum of BigInt chunks. */
  stream(chunks: Chunks<Long>, options?: StreamOptions): Promise<bigint>
}

export const sum: Sum = /* @__PURE__ */ defineReduction<Sum>({
  name: 'sum',
  summary: 'Sum of all elements: pairwise for floats, exact for integers',
  dtypes: ['f64', 'f32', 'i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'i64', 'u64'],
  slots: 3,
  reducer: (_, dtype) => reducerOf(dtype),
  long: longs,
  work: workOfSum,
})
