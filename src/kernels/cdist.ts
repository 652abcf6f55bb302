import type { Float } from '../base/dtypes.js'
import { wrongShape } from '../base/errors.js'
import { readChoice, readMatrix, readOut } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, type SyncOptions } from '../core/define.js'
import { type Matrix, type MatrixLike, matrix } from '../core/matrix.js'
import { FORMS, PAIRS, pairsOf, pairsTwin } from '../core/pairs.js'
import { productWork } from '../core/product.js'
import { uniformArray } from '../core/samples.js'
import type { MatrixValue } from '../engine/values.js'

export type Distance = 'euclidean' | 'sqeuclidean' | 'cityblock' | 'cosine'

export interface CdistOptions {
  /** The distance; 'euclidean' unless given. */
  metric?: Distance | undefined
  out?: undefined
}

export interface CdistInto<O> {
  metric?: Distance | undefined
  /** Where the distances go, row by row. */
  out: O
}

type Distances = Promise<Matrix<Float64Array<ArrayBuffer>>>

export interface Cdist {
  /**
   * The distance of every row of a to every row of b, as SciPy's `cdist`.
   *
   * Computed in f64 whatever the elements: euclidean and sqeuclidean from a matrix product, |x|² + |y|² − 2 x · y, and
   * directly where the rows are so near that this loses bits, so that a row is at distance 0 from itself and the
   * relative error of the square stays below 300 · (d + 8) · eps for d columns. cosine: 1 − x · y / (|x| |y|), NaN with
   * a zero row. cityblock: Σ |x − y|. The number of threads changes no bit; JavaScript differs within the bound.
   *
   * @param a - matrix of m × d: Float64Array or Float32Array
   * @param b - matrix of n × d
   * @param options - `metric`, `out`
   * @returns a Float64Array matrix of m × n
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
   * @example
   * const d = await cdist(matrix(points, 5000, 3), matrix(centres, 16, 3), { metric: 'sqeuclidean' })
   *
   * Source: the products as `matmul`.
   */
  (a: MatrixLike<Float>, b: MatrixLike<Float>, options?: AsyncOptions & CdistOptions): Distances
  <O extends Float64Array>(
    a: MatrixLike<Float>,
    b: MatrixLike<Float>,
    options: AsyncOptions & CdistInto<O>,
  ): Promise<Matrix<O>>
  /** On native threads; blocks the caller until the distances are there. See `cdist`. */
  sync(a: MatrixLike<Float>, b: MatrixLike<Float>, options?: SyncOptions & CdistOptions): Awaited<Distances>
  sync<O extends Float64Array>(
    a: MatrixLike<Float>,
    b: MatrixLike<Float>,
    options: SyncOptions & CdistInto<O>,
  ): Matrix<O>
  /** Blocks this thread: the same in plain JavaScript. See `cdist`. */
  js(a: MatrixLike<Float>, b: MatrixLike<Float>, options?: CdistOptions): Awaited<Distances>
  js<O extends Float64Array>(a: MatrixLike<Float>, b: MatrixLike<Float>, options: CdistInto<O>): Matrix<O>
}

const DTYPES = ['f64', 'f32'] as const
const METRICS: readonly Distance[] = ['euclidean', 'sqeuclidean', 'cityblock', 'cosine']

export const cdist: Cdist = /* @__PURE__ */ defineKernel<Cdist>({
  name: 'cdist',
  summary: 'The distance of every row of a matrix to every row of another',
  agreement: { bound: '300 · (d + 8) · eps of the squared distance; 2 · (d + 8) · eps for cosine', norm: 4000 },
  arity: 2,
  options: ['metric', 'out'],
  instances: { f64: PAIRS },
  check([first, second], options) {
    const a = readMatrix('a', first, DTYPES)
    const b = readMatrix('b', second, DTYPES)
    if (a.cols !== b.cols) throw wrongShape('b', `${a.cols} columns, as \`a\` has,`, `${b.cols}`)
    if (a.cols === 0) throw wrongShape('a', 'at least one column', '0')
    const form = options.metric === undefined ? FORMS.euclidean : readChoice('metric', options.metric, METRICS)
    const out = readOut('out', options.out, 'f64', a.rows * b.rows, [a.array, b.array], false)
    const direct = form === FORMS.cityblock ? 0.2 * a.rows * b.rows * a.cols : 0
    return {
      instance: 'f64',
      values: pairsOf(a, b, form, 1, out),
      work: direct + productWork('f64', a.rows, b.rows, a.cols) * (direct > 0 ? 0.1 : 1) + 4 * a.rows * b.rows,
      finish: ({ arrays }) => matrix(arrays[0]!, a.rows, b.rows),
    }
  },
  twin: pairsTwin,
  samples(_, size, random) {
    const [cols, rows] = size < 60_000 ? [1 + (size % 37), 1 + ((size * 7) % 61)] : [32, 64]
    const count = Math.round(size / cols)
    const metric = METRICS[size % 3 === 0 ? (size >> 2) % 4 : 0]
    return [
      matrix(uniformArray('f64', count * cols, random, -1, 1), count, cols),
      matrix(uniformArray(size % 2 === 0 ? 'f64' : 'f32', rows * cols, random, -1, 1), rows, cols),
      { metric },
    ]
  },
  traffic({ values }) {
    const [a, b] = values as unknown as [MatrixValue, MatrixValue]
    return { bytes: (a.rows + b.rows) * a.cols * 8 + a.rows * b.rows * 8, flops: 2 * a.rows * b.rows * a.cols }
  },
})
