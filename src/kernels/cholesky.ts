import type { Dtype, Float, Fresh } from '../base/dtypes.js'
import type { AsyncOptions, SyncOptions } from '../core/define.js'
import { type Matrix, type MatrixLike, matrix } from '../core/matrix.js'
import { uniformArray } from '../core/samples.js'
import { defineSquare, refuseIndefinite } from './solve.define.js'
import { choleskyError } from './solve.error.js'

export interface Cholesky {
  /**
   * The lower triangular factor of a symmetric positive definite matrix: a = l · lᵀ, as NumPy's `linalg.cholesky`.
   *
   * The lower triangle of `a` is read, whatever is above it. Computed in the type of the elements;
   * |a - l · lᵀ| <= 3 · n · eps · (|l| · |lᵀ|), element by element. The number of threads changes no bit; CPUs and
   * JavaScript (in f64, rounded at the end) round differently. A matrix whose least eigenvalue is within rounding of 0
   * may have a factor on one of them and be refused on another. One with NaN is refused.
   *
   * @param a - matrix of n × n: Float64Array or Float32Array
   * @returns a matrix of n × n, of the type of `a`, with zeros above its diagonal
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_NOT_POSITIVE_DEFINITE)
   * @example
   * const l = await cholesky(await cov(matrix(samples, 100_000, 20), { rowvar: false }))
   *
   * Source: N. Higham, "Accuracy and Stability of Numerical Algorithms" (2002), chapter 10, by halves.
   */
  <T extends Float>(a: MatrixLike<T>, options?: AsyncOptions): Promise<Matrix<Fresh<T>>>
  /** On native threads; blocks the caller until the result is there. See `cholesky`. */
  sync<T extends Float>(a: MatrixLike<T>, options?: SyncOptions): Matrix<Fresh<T>>
  /** Blocks this thread: the same in plain JavaScript. See `cholesky`. */
  js<T extends Float>(a: MatrixLike<T>): Matrix<Fresh<T>>
}

export const cholesky: Cholesky = /* @__PURE__ */ defineSquare<Cholesky>({
  name: 'cholesky',
  summary: 'The lower triangular factor of a symmetric positive definite matrix',
  native: 'solve',
  agreement: { bound: 'a = l · lᵀ within 3 · n · eps · (|l| · |lᵀ|)' },
  error: ([a], result) => choleskyError(a as MatrixLike<Float>, result as Matrix<Float>),
  form: 'cholesky',
  factors: 1 / 6,
  results: 1,
  finish(outputs, n) {
    refuseIndefinite(outputs)
    return matrix(outputs.arrays[0]!, n, n)
  },
  sample(dtype, n, random) {
    // A correlation that fades with distance, and noise above the diagonal, which is not to be read.
    const a = uniformArray(dtype as Dtype, n * n, random, -1, 1)
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) a[i * n + j] = 0.7 ** (i - j) * (1 + 0.2 * (i === j ? 1 : 0))
    return matrix(a, n, n)
  },
})
