import type { Float, Fresh } from '../base/dtypes.js'
import type { AsyncOptions, SyncOptions } from '../core/define.js'
import { type Matrix, type MatrixLike, matrix } from '../core/matrix.js'
import { defineSquare, dominant, refuseSingular } from './solve.define.js'
import { inverseError } from './solve.error.js'

export interface Inv {
  /**
   * The inverse of a square matrix, as NumPy's `linalg.inv`. For a · x = b, `solve` is quicker and more accurate.
   *
   * By the factors of `lu`, computed in the type of the elements: |a · x - 1| <= 3 · n · eps · |a| · |x| in the largest
   * norm. The number of threads changes no bit; CPUs and JavaScript (in f64, rounded at the end) round differently. A
   * matrix that is singular but for rounding gives large numbers, not an error. NaN and infinity spread.
   *
   * @param a - matrix of n × n: Float64Array or Float32Array
   * @returns a matrix of n × n, of the type of `a`
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_SINGULAR)
   * @example
   * const precision = await inv(await cov(matrix(samples, 100_000, 20), { rowvar: false }))
   *
   * Source: as `lu`; J. Du Croz & N. Higham, "Stability of methods for matrix inversion", IMA J. Numer. Anal. 12 (1992).
   */
  <T extends Float>(a: MatrixLike<T>, options?: AsyncOptions): Promise<Matrix<Fresh<T>>>
  /** On native threads; blocks the caller until the result is there. See `inv`. */
  sync<T extends Float>(a: MatrixLike<T>, options?: SyncOptions): Matrix<Fresh<T>>
  /** Blocks this thread: the same in plain JavaScript. See `inv`. */
  js<T extends Float>(a: MatrixLike<T>): Matrix<Fresh<T>>
}

export const inv: Inv = /* @__PURE__ */ defineSquare<Inv>({
  name: 'inv',
  summary: 'The inverse of a square matrix',
  native: 'solve',
  agreement: { bound: '|a · x - 1| <= 3 · n · eps · |a| · |x|' },
  error: ([a], result) => inverseError(a as MatrixLike<Float>, result as Matrix<Float>),
  form: 'inverse',
  factors: 1,
  results: 1,
  finish(outputs, n) {
    refuseSingular(outputs, n)
    return matrix(outputs.arrays[0]!, n, n)
  },
  sample: dominant,
})
