import type { Float } from '../base/dtypes.js'
import { wrongShape } from '../base/errors.js'
import { readInteger } from '../core/arguments.js'
import { defineCovariance } from '../core/covariance.js'
import type { AsyncOptions, SyncOptions } from '../core/define.js'
import type { Matrix, MatrixLike } from '../core/matrix.js'
import { FORMS } from '../core/pairs.js'

export interface CovOptions {
  /** true (the default, as NumPy): each row is a variable, each column an observation. false: the other way round. */
  rowvar?: boolean | undefined
  /** What is subtracted from the number of observations: 1 (the default) for an unbiased estimate, 0 for a mean. */
  ddof?: number | undefined
}

type None = { out?: undefined }
type F64 = Float64Array<ArrayBuffer>

export interface Cov {
  /**
   * The covariances of variables with each other, as NumPy's `cov`: Σ (x − mean x)(y − mean y) / (n − ddof).
   *
   * Computed in f64 whatever the elements, from deviations from the mean and their products as `matmul` gives them, of
   * which half is computed: symmetric to the bit. The number of threads changes no bit; JavaScript differs within
   * 3 · (n + 8) · eps of the product of two standard deviations for n observations. NaN spreads to its row and column.
   *
   * @param x - matrix: Float64Array or Float32Array, of at least one observation
   * @param options - `rowvar`, `ddof`; `out`: where the result goes, row by row
   * @returns a Float64Array matrix of variables × variables
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
   * @example
   * const c = await cov(matrix(samples, 100_000, 20), { rowvar: false })
   *
   * Source: the products as `matmul`.
   */
  (x: MatrixLike<Float>, options?: AsyncOptions & CovOptions & None): Promise<Matrix<F64>>
  <O extends Float64Array>(x: MatrixLike<Float>, options: AsyncOptions & CovOptions & { out: O }): Promise<Matrix<O>>
  /** On native threads; blocks the caller until the result is there. See `cov`. */
  sync(x: MatrixLike<Float>, options?: SyncOptions & CovOptions & None): Matrix<F64>
  sync<O extends Float64Array>(x: MatrixLike<Float>, options: SyncOptions & CovOptions & { out: O }): Matrix<O>
  /** Blocks this thread: the same in plain JavaScript. See `cov`. */
  js(x: MatrixLike<Float>, options?: CovOptions & None): Matrix<F64>
  js<O extends Float64Array>(x: MatrixLike<Float>, options: CovOptions & { out: O }): Matrix<O>
}

export const cov: Cov = /* @__PURE__ */ defineCovariance<Cov>({
  name: 'cov',
  summary: 'The covariances of the rows or columns of a matrix',
  native: 'cdist',
  form: FORMS.covariance,
  options: ['ddof'],
  divisor(n, { ddof }) {
    const divisor = n - (ddof === undefined ? 1 : readInteger('ddof', ddof, 0, 2 ** 31))
    if (divisor <= 0) throw wrongShape('x', 'more observations than `ddof`', `${n}`)
    return divisor
  },
})
