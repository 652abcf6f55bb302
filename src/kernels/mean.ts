import { defineReduction, type Reduction } from '../core/reduction.js'
import { reducerOf, workOfSum } from './sum.twin.js'

/**
 * Arithmetic mean of all elements, or along an axis of a matrix: the sum, as `sum` has it, divided by the number of
 * elements.
 *
 * The error is that of the sum, and two roundings of integers' means. The same bits on every CPU, for any number of
 * threads, and as `mean.js`; a column or row has the bits that it would have as an array. A sum that overflows gives
 * an infinite mean.
 *
 * @param x - TypedArray of numbers, or a matrix; the mean of no elements is NaN
 * @param options - `axis`: 0 for the mean of each column, 1 of each row; `out` for these; `nan: 'omit'` leaves NaN out
 * @returns a number; a Float64Array along an axis
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE)
 * @example
 * const average = await mean(temperatures, { nan: 'omit' })
 * const centre = await mean(matrix(points, 1000, 3), { axis: 0 })
 *
 * Source: as `sum`.
 */
export const mean: Reduction = /* @__PURE__ */ defineReduction<Reduction>({
  name: 'mean',
  native: 'sum',
  summary: 'Arithmetic mean',
  dtypes: ['f64', 'f32', 'i8', 'u8', 'i16', 'u16', 'i32', 'u32'],
  slots: 3,
  parameter: () => 1,
  reducer: (_, dtype) => reducerOf(dtype),
  work: workOfSum,
})
