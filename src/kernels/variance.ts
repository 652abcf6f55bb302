import type { Options } from '../core/arguments.js'
import { readFinite } from '../core/arguments.js'
import { defineReduction, type NaNOption, type Reduction } from '../core/reduction.js'
import { reducerOf, workOfVariance } from './variance.twin.js'

export interface VarianceOptions extends NaNOption {
  /** The divisor is n − ddof: 0 (the default) for a whole population, 1 for a sample of one. */
  ddof?: number | undefined
}

export const readDdof = (options: Options): number =>
  options.ddof === undefined ? 0 : readFinite('ddof', options.ddof, 0)

/**
 * Variance of all elements, or along an axis of a matrix: Σ (x − mean)² / (n − ddof).
 *
 * In f64, about the mean of every 1024 elements, whose spreads are then joined pairwise: no cancellation, however far
 * the elements are from 0, and exactly 0 for equal ones. The same bits on every CPU, for any number of threads, and as
 * `variance.js`; a column or row has the bits that it would have as an array. NaN if an element is infinite.
 *
 * @param x - TypedArray of numbers, or a matrix; the variance of no elements is NaN
 * @param options - `ddof`; `axis`: 0 for the variance of each column, 1 of each row; `out` for these; `nan: 'omit'`
 *   leaves NaN out
 * @returns a number; a Float64Array along an axis
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE)
 * @example
 * const v = await variance(samples, { ddof: 1 })
 *
 * Source: T. Chan, G. Golub, R. LeVeque, Updating formulae and a pairwise algorithm for computing sample variances,
 * Stanford STAN-CS-79-773 (1979).
 */
export const variance: Reduction<VarianceOptions> = /* @__PURE__ */ defineReduction<Reduction<VarianceOptions>>({
  name: 'variance',
  summary: 'Variance, without cancellation',
  dtypes: ['f64', 'f32', 'i8', 'u8', 'i16', 'u16', 'i32', 'u32'],
  slots: 4,
  options: ['ddof'],
  parameter: readDdof,
  reducer: reducerOf,
  work: workOfVariance,
})
