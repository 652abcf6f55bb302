import { defineReduction, type Reduction } from '../core/reduction.js'
import { readDdof, type VarianceOptions } from './variance.js'
import { reducerOf, workOfVariance } from './variance.twin.js'

/**
 * Standard deviation of all elements, or along an axis of a matrix: the square root of `variance`, rounded once more.
 *
 * @param x - TypedArray of numbers, or a matrix; of no elements it is NaN
 * @param options - `ddof`: the divisor is n − ddof; `axis`, `out`, `nan` as for `variance`
 * @returns a number; a Float64Array along an axis
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE)
 * @example
 * const s = await std(samples, { ddof: 1 })
 *
 * Source: as `variance`.
 */
export const std: Reduction<VarianceOptions> = /* @__PURE__ */ defineReduction<Reduction<VarianceOptions>>({
  name: 'std',
  native: 'variance',
  summary: 'Standard deviation, without cancellation',
  dtypes: ['f64', 'f32', 'i8', 'u8', 'i16', 'u16', 'i32', 'u32'],
  slots: 4,
  options: ['ddof'],
  form: () => 1,
  parameter: readDdof,
  reducer: reducerOf,
  work: workOfVariance,
})
