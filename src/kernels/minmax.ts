import type { Real } from '../base/dtypes.js'
import type { Accumulator, StateOptions } from '../core/accumulator.js'
import type { AsyncOptions, SyncOptions } from '../core/define.js'
import type { MatrixLike } from '../core/matrix.js'
import { type Chunks, defineReduction, type NaNOption, type StreamOptions } from '../core/reduction.js'
import { extremes, workOfExtremes } from './minmax.twin.js'

export interface Extremes {
  readonly min: number
  readonly max: number
}

export interface MinMax {
  /**
   * The least and the greatest element, in one pass.
   *
   * Exact, as `min` and `max`: both are NaN if an element is NaN. The same bits on every CPU, for any number of threads,
   * and as `minmax.js`.
   *
   * @param x - TypedArray of at least one element, or a matrix without gaps
   * @param options - `nan: 'omit'` leaves NaN out (NaN if nothing else is there)
   * @returns `min` and `max`
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE); RangeError (ERR_OFFLOOP_SHAPE) if there are no elements
   * @example
   * const { min, max } = await minmax(samples)
   */
  (x: Real | MatrixLike<Real>, options?: AsyncOptions & NaNOption): Promise<Extremes>
  /** The least and the greatest element, on native threads; blocks the caller until they are there. See `minmax`. */
  sync(x: Real | MatrixLike<Real>, options?: SyncOptions & NaNOption): Extremes
  /** Blocks this thread: the least and the greatest element in plain JavaScript. See `minmax`. */
  js(x: Real | MatrixLike<Real>, options?: NaNOption): Extremes
  /** The extremes of elements that come in chunks. See `Accumulator`. */
  state(options?: NaNOption & StateOptions): Accumulator<Extremes, [Real]>
  /** The extremes of more than memory holds, chunk by chunk. */
  stream(chunks: Chunks<Real>, options?: NaNOption & StreamOptions): Promise<Extremes>
}

export const minmax: MinMax = /* @__PURE__ */ defineReduction<MinMax>({
  name: 'minmax',
  summary: 'The least and the greatest element, in one pass',
  dtypes: ['f64', 'f32', 'i8', 'u8', 'i16', 'u16', 'i32', 'u32'],
  slots: 2,
  reducer: () => extremes,
  value: (state): Extremes => ({ min: extremes.finish(state, 0), max: extremes.finish(state, 1) }),
  work: workOfExtremes,
  empty: 'at least one element',
})
