import type { Real } from '../base/dtypes.js'
import type { Accumulator, StateOptions } from '../core/accumulator.js'
import type { AsyncOptions, SyncOptions } from '../core/define.js'
import type { MatrixLike } from '../core/matrix.js'
import { type Chunks, defineReduction, type StreamOptions } from '../core/reduction.js'
import { moments as reducer } from './moments.twin.js'
import { readDdof, type VarianceOptions } from './variance.js'

/** What moments gives. Of no elements: count 0, all else NaN. */
export interface Moments {
  readonly count: number
  readonly mean: number
  /** Σ (x − mean)² / (n − ddof). */
  readonly variance: number
  /** m₃ / m₂^(3/2), mₖ being the mean of (x − mean)ᵏ; NaN for equal elements. */
  readonly skewness: number
  /** m₄ / m₂² − 3: 0 for a normal distribution; NaN for equal elements. */
  readonly kurtosis: number
  readonly min: number
  readonly max: number
}

export interface MomentsKernel {
  /**
   * Count, mean, variance, skewness, excess kurtosis, least and greatest, in one pass over memory.
   *
   * Powers are taken about the mean of every 1024 elements, in f64, and joined pairwise: no cancellation, however far
   * the elements are from 0. Skewness and kurtosis are the biased ones, as SciPy's `skew` and `kurtosis` give them.
   * NaN makes all but the count NaN, unless it is left out; an infinity all but count, mean, min and max. −0 counts as
   * 0. The same bits on every CPU, for any number of threads, and as `moments.js`.
   *
   * @param x - TypedArray of numbers, or a row-major matrix, whose elements count as one array
   * @param options - `ddof`, for the variance; `nan: 'omit'` leaves NaN out, of the count too
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE)
   * @example
   * const { mean, variance, skewness } = await moments(returns, { ddof: 1 })
   *
   * Source: P. Pébay, Formulas for robust, one-pass parallel computation of covariances and arbitrary-order statistical
   * moments, Sandia SAND2008-6212 (2008).
   */
  (x: Real | MatrixLike<Real>, options?: AsyncOptions & VarianceOptions): Promise<Moments>
  /** On native threads; blocks the caller until they are there. See `moments`. */
  sync(x: Real | MatrixLike<Real>, options?: SyncOptions & VarianceOptions): Moments
  /** Blocks this thread: the same in plain JavaScript, with the same bits. See `moments`. */
  js(x: Real | MatrixLike<Real>, options?: VarianceOptions): Moments
  /** The moments of elements that come in chunks, with the bits of one call over all of them. See `Accumulator`. */
  state(options?: VarianceOptions & StateOptions): Accumulator<Moments, [Real]>
  /** The moments of more than memory holds, chunk by chunk, with the bits of one call over all of them. */
  stream(chunks: Chunks<Real>, options?: VarianceOptions & StreamOptions): Promise<Moments>
}

function value(state: ArrayLike<number>, ddof: number): Moments {
  const count = state[0]!
  const none = count === 0
  const second = state[3]! / count
  return {
    count,
    mean: none ? Number.NaN : state[1]! + state[2]!,
    variance: state[3]! / Math.max(count - ddof, 0),
    skewness: state[4]! / count / (second * Math.sqrt(second)),
    kurtosis: state[5]! / count / (second * second) - 3,
    min: none ? Number.NaN : state[6]! + 0, // -0 becomes 0
    max: none ? Number.NaN : state[7]! + 0,
  }
}

export const moments: MomentsKernel = /* @__PURE__ */ defineReduction<MomentsKernel>({
  name: 'moments',
  summary: 'Count, mean, variance, skewness, kurtosis, min and max in one pass',
  dtypes: ['f64', 'f32', 'i8', 'u8', 'i16', 'u16', 'i32', 'u32'],
  slots: 8,
  options: ['ddof'],
  parameter: readDdof,
  reducer: () => reducer,
  value,
  work(elements, bytes, dtype) {
    const each = dtype === 'f64' ? 0.55 : bytes === elements ? 0.95 : 0.75 // what is not f64 is converted first
    return 800 + Math.max(elements * each, bytes * (bytes < 12e6 ? 0.06 : 0.085))
  },
})
