import type { Float } from '../base/dtypes.js'
import { wrongShape } from '../base/errors.js'
import { readBoolean, readInteger, readMatrix, readOut } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, type SyncOptions } from '../core/define.js'
import { type Matrix, type MatrixLike, matrix } from '../core/matrix.js'
import { FORMS, PAIRS, pairsOf, pairsTwin } from '../core/pairs.js'
import { productWork } from '../core/product.js'
import { uniformArray } from '../core/samples.js'
import type { MatrixValue } from '../engine/values.js'

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

const DTYPES = ['f64', 'f32'] as const

export const cov: Cov = /* @__PURE__ */ defineKernel<Cov>({
  name: 'cov',
  summary: 'The covariances of the rows or columns of a matrix',
  native: 'cdist',
  agreement: { bound: '3 · (n + 8) · eps of the product of two standard deviations', norm: 4000 },
  arity: 1,
  options: ['rowvar', 'ddof', 'out'],
  instances: { f64: PAIRS },
  check([value], options) {
    const given = readMatrix('x', value, DTYPES)
    const x: MatrixValue = readBoolean('rowvar', options.rowvar, true)
      ? given
      : { ...given, rows: given.cols, cols: given.rows, rowStride: given.colStride, colStride: given.rowStride }
    if (x.cols === 0) throw wrongShape('x', 'at least one observation', 'none')
    const divisor = x.cols - (options.ddof === undefined ? 1 : readInteger('ddof', options.ddof, 0, 2 ** 31))
    if (divisor <= 0) throw wrongShape('x', 'more observations than `ddof`', `${x.cols}`)
    const out = readOut('out', options.out, 'f64', x.rows * x.rows, [x.array], false)
    return {
      instance: 'f64',
      values: pairsOf(x, x, FORMS.covariance, divisor, out),
      work: 2000 + productWork('f64', x.rows, x.rows, x.cols) * 0.6 + 2.5 * x.rows * x.cols,
      finish: ({ arrays }) => matrix(arrays[0]!, x.rows, x.rows),
    }
  },
  twin: pairsTwin,
  samples(_, size, random) {
    const variables = size < 60_000 ? 1 + (size % 41) : 48
    const observations = Math.max(16, Math.round(size / variables))
    const x = uniformArray(size % 2 === 0 ? 'f64' : 'f32', variables * observations, random, -1, 1)
    return size % 3 === 0
      ? [matrix(x, variables, observations)]
      : [matrix(x, observations, variables), { rowvar: false }]
  },
  traffic({ values }) {
    const { rows, cols } = values[0] as MatrixValue
    return { bytes: rows * (cols + rows) * 8, flops: rows * (rows + 1) * cols }
  },
})
