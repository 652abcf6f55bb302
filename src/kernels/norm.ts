import { wrongType, wrongValue } from '../base/errors.js'
import type { Options } from '../core/arguments.js'
import { defineReduction, type NaNOption, type Reduction } from '../core/reduction.js'
import { reducerOf } from './norm.twin.js'

export interface NormOptions extends NaNOption {
  /** 2 (the default): √Σ x². 1: Σ |x|. Infinity: max |x|. */
  ord?: 1 | 2 | typeof Number.POSITIVE_INFINITY | undefined
}

/** 0 for infinity, which is no whole number. */
function readOrder({ ord }: Options): number {
  if (ord === undefined) return 2
  if (typeof ord !== 'number') throw wrongType('ord', '1, 2 or Infinity', ord)
  if (ord !== 1 && ord !== 2 && ord !== Number.POSITIVE_INFINITY) throw wrongValue('ord', '1, 2 or Infinity', ord)
  return ord === 1 || ord === 2 ? ord : 0
}

/**
 * Norm of a vector, of all elements of a matrix, or of each of its rows or columns.
 *
 * Added pairwise in f64, as `sum` is. The Euclidean norm neither overflows nor underflows where it is a double itself:
 * 1024 elements at a time whose squares leave [2⁻⁹⁰⁰, 2⁹⁸⁰] are scaled before they are squared. The same bits on every
 * CPU, for any number of threads, and as `norm.js`; a column or row has the bits that it would have as an array.
 *
 * @param x - TypedArray of numbers, or a matrix (whose elements count as one vector: Frobenius for `ord` 2); the norm
 *   of no elements is 0
 * @param options - `ord`; `axis`: 0 for the norm of each column, 1 of each row; `out` for these; `nan: 'omit'` leaves
 *   NaN out
 * @returns a number; a Float64Array along an axis
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE)
 * @example
 * const lengths = await norm(matrix(vectors, 1000, 384), { axis: 1 })
 *
 * Source: J. Blue, A portable Fortran program to find the Euclidean norm of a vector, ACM TOMS 4 (1978).
 */
export const norm: Reduction<NormOptions> = /* @__PURE__ */ defineReduction<Reduction<NormOptions>>({
  name: 'norm',
  summary: 'Vector norm of order 1, 2 or infinity, without overflow',
  dtypes: ['f64', 'f32', 'i8', 'u8', 'i16', 'u16', 'i32', 'u32'],
  slots: 3,
  options: ['ord'],
  form: readOrder,
  reducer: reducerOf,
  work(elements, bytes, dtype) {
    const each = dtype === 'f64' ? 0.22 : bytes === elements ? 0.6 : 0.4 // what is not f64 is converted first
    return 600 + Math.max(elements * each, bytes * (bytes < 12e6 ? 0.04 : 0.075))
  },
})
