import type { Float } from '../base/dtypes.js'
import { defineCovariance } from '../core/covariance.js'
import type { AsyncOptions, SyncOptions } from '../core/define.js'
import type { Matrix, MatrixLike } from '../core/matrix.js'
import { FORMS } from '../core/pairs.js'

export interface CorrcoefOptions {
  /** true (the default, as NumPy): each row is a variable, each column an observation. false: the other way round. */
  rowvar?: boolean | undefined
}

type None = { out?: undefined }
type F64 = Float64Array<ArrayBuffer>

export interface Corrcoef {
  /**
   * The Pearson correlation coefficients of variables with each other, as NumPy's `corrcoef`, in [−1, 1]. NaN where a
   * variable does not vary.
   *
   * Computed in f64 whatever the elements, from deviations from the mean and their products as `matmul` gives them, of
   * which half is computed: symmetric to the bit. The number of threads changes no bit; JavaScript differs within
   * 3 · (n + 8) · eps of the product of two standard deviations for n observations. NaN spreads to its row and column.
   *
   * @param x - matrix: Float64Array or Float32Array, of at least one observation
   * @param options - `rowvar`; `out`: where the result goes, row by row
   * @returns a Float64Array matrix of variables × variables
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
   * @example
   * const r = await corrcoef(matrix(samples, 100_000, 20), { rowvar: false })
   *
   * Source: the products as `matmul`.
   */
  (x: MatrixLike<Float>, options?: AsyncOptions & CorrcoefOptions & None): Promise<Matrix<F64>>
  <O extends Float64Array>(
    x: MatrixLike<Float>,
    options: AsyncOptions & CorrcoefOptions & { out: O },
  ): Promise<Matrix<O>>
  /** On native threads; blocks the caller until the result is there. See `corrcoef`. */
  sync(x: MatrixLike<Float>, options?: SyncOptions & CorrcoefOptions & None): Matrix<F64>
  sync<O extends Float64Array>(x: MatrixLike<Float>, options: SyncOptions & CorrcoefOptions & { out: O }): Matrix<O>
  /** Blocks this thread: the same in plain JavaScript. See `corrcoef`. */
  js(x: MatrixLike<Float>, options?: CorrcoefOptions & None): Matrix<F64>
  js<O extends Float64Array>(x: MatrixLike<Float>, options: CorrcoefOptions & { out: O }): Matrix<O>
}

export const corrcoef: Corrcoef = /* @__PURE__ */ defineCovariance<Corrcoef>({
  name: 'corrcoef',
  summary: 'The correlation coefficients of the rows or columns of a matrix',
  native: 'cdist',
  form: FORMS.correlation,
  options: [],
  divisor: (n) => Math.max(1, n - 1),
})
