import type { Dtype, Float, Fresh, Same } from '../base/dtypes.js'
import { readMatrix, readOut } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, type SyncOptions } from '../core/define.js'
import { type Matrix, type MatrixLike, matrix } from '../core/matrix.js'
import { PRODUCT_BOUND, PRODUCTS, productOf, productTwin, productWork } from '../core/product.js'
import { randomArray } from '../core/samples.js'
import type { MatrixValue } from '../engine/values.js'

type None = { out?: undefined }

export interface Gram {
  /**
   * The Gram matrix of the columns of x: xᵀ · x, of which half is computed. For that of the rows, pass the transpose:
   * `{ data, shape: [cols, rows], strides: [1, cols] }`.
   *
   * Each element is within the bound of `matmul`; the result is symmetric to the bit. The number of threads changes none.
   *
   * @param x - matrix of n × m: Float64Array or Float32Array
   * @param options - `out`: where the result goes, m · m elements
   * @returns a matrix of m × m, of the type of `x`
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
   * @example
   * const normal = await gram(matrix(samples, 100_000, 20))
   *
   * Source: as `matmul`.
   */
  <T extends Float>(x: MatrixLike<T>, options?: AsyncOptions & None): Promise<Matrix<Fresh<T>>>
  <T extends Float, O extends Same<T>>(x: MatrixLike<T>, options: AsyncOptions & { out: O }): Promise<Matrix<O>>
  /** On native threads; blocks the caller until the result is there. See `gram`. */
  sync<T extends Float>(x: MatrixLike<T>, options?: SyncOptions & None): Matrix<Fresh<T>>
  sync<T extends Float, O extends Same<T>>(x: MatrixLike<T>, options: SyncOptions & { out: O }): Matrix<O>
  /** Blocks this thread: the same in plain JavaScript. See `gram`. */
  js<T extends Float>(x: MatrixLike<T>, options?: None): Matrix<Fresh<T>>
  js<T extends Float, O extends Same<T>>(x: MatrixLike<T>, options: { out: O }): Matrix<O>
}

const DTYPES = ['f64', 'f32'] as const

export const gram: Gram = /* @__PURE__ */ defineKernel<Gram>({
  name: 'gram',
  summary: 'The products of the columns of a matrix with each other',
  native: 'matmul',
  agreement: PRODUCT_BOUND,
  arity: 1,
  options: ['out'],
  instances: { f64: PRODUCTS.f64, f32: PRODUCTS.f32 },
  check([value], options) {
    const x = readMatrix('x', value, DTYPES)
    const out = readOut('out', options.out, x.dtype, x.cols * x.cols, [x.array], false)
    const turned: MatrixValue = { ...x, rows: x.cols, cols: x.rows, rowStride: x.colStride, colStride: x.rowStride }
    return {
      instance: x.dtype,
      values: productOf(x.dtype, turned, x, out),
      work: 3000 + productWork(x.dtype, x.cols, x.cols, x.rows),
      finish: ({ arrays }) => matrix(arrays[0]!, x.cols, x.cols),
    }
  },
  twin: productTwin,
  samples(dtype, size, random) {
    const cols = size < 60_000 ? 1 + (size % 61) : 64
    const rows = Math.round(size / cols)
    return [matrix(randomArray(dtype as Dtype, rows * cols, random), rows, cols)]
  },
  traffic({ values }) {
    const { rows, cols, array } = values[1] as MatrixValue
    return { bytes: (rows + cols) * cols * array.BYTES_PER_ELEMENT, flops: rows * cols * (cols + 1) }
  },
})
