import type { Float } from '../base/dtypes.js'
import { wrongShape } from '../base/errors.js'
import { readInteger, readMatrix } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, type SyncOptions } from '../core/define.js'
import { type Matrix, type MatrixLike, matrix } from '../core/matrix.js'
import { productWork } from '../core/product.js'
import type { MatrixArgument, MatrixValue } from '../engine/values.js'
import { eighWork, refuse } from './eigh.js'
import { eigen } from './eigh.twin.js'

type F64 = Float64Array<ArrayBuffer>

export interface PcaOptions {
  /** How many components: at most, and without it, as many as the smaller of rows and columns. */
  components?: number | undefined
}

export interface PcaResult {
  /** A component in each row, of falling variance; orthonormal. */
  readonly components: Matrix<F64>
  /** Of each variable. */
  readonly mean: F64
  /** Along each component, as an unbiased estimate. */
  readonly explainedVariance: F64
  /** The same as a share of the whole variance: NaN where all observations are the same. */
  readonly explainedVarianceRatio: F64
  /** The observations, less the mean, in coordinates along the components: a row for each. */
  readonly projected: Matrix<F64>
}

export interface Pca {
  /**
   * Principal components: the orthogonal directions along which observations vary most, as scikit-learn's `PCA`.
   *
   * Rows of `x` are observations, columns variables. Computed in f64 whatever the elements, from the covariances of the
   * variables or, where these are more, the products of the observations, by `eigh`: a variance is exact to about
   * (variables + observations) · eps of the whole variance, so that what is below 1e-14 of it is rounding errors. Of a
   * component, the element that is largest without its sign is positive. As `eigh`, JavaScript's components may differ
   * where variances lie near each other; the number of threads changes no bit.
   *
   * @param x - matrix: Float64Array or Float32Array, of at least two rows and one column
   * @param options - `components`
   * @returns `{ components, mean, explainedVariance, explainedVarianceRatio, projected }`
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE), Error
   *   (ERR_OFFLOOP_NO_CONVERGENCE) for NaN or infinity among the elements
   * @example
   * const { projected } = await pca(matrix(pixels, 60_000, 784), { components: 2 })
   *
   * Source: Pearson, Philosophical Magazine 2, 1901; through `cov` and `eigh`.
   */
  (x: MatrixLike<Float>, options?: AsyncOptions & PcaOptions): Promise<PcaResult>
  /** On native threads; blocks the caller until the result is there. See `pca`. */
  sync(x: MatrixLike<Float>, options?: SyncOptions & PcaOptions): PcaResult
  /** Blocks this thread: the same in plain JavaScript. See `pca`. */
  js(x: MatrixLike<Float>, options?: PcaOptions): PcaResult
}

const LOST = 1e-6

function dot(a: Float64Array, i: number, b: Float64Array, j: number, length: number): number {
  let sum = 0
  for (let k = 0; k < length; k++) sum += a[i + k]! * b[j + k]!
  return sum
}

/** Row i of length p becomes orthogonal to those before it and 1 long, or gives way to one that can. */
function orthogonal(rows: Float64Array, i: number, p: number, least: number): void {
  const at = i * p
  let tried = 0
  for (let pass = 0; pass < 3; ) {
    const length = Math.sqrt(dot(rows, at, rows, at, p))
    if (!(length > (pass === 0 && tried === 0 ? least : LOST)) && tried < p) {
      rows.fill(0, at, at + p)
      rows[at + ((i + tried++) % p)] = 1
      pass = 0
      continue
    }
    for (let k = at; k < at + p; k++) rows[k]! /= length
    if (++pass === 3) break
    for (let r = 0; r < i; r++) {
      const by = dot(rows, r * p, rows, at, p)
      for (let k = 0; k < p; k++) rows[at + k]! -= by * rows[r * p + k]!
    }
  }
}

function centred(x: MatrixArgument<Float>, mean: Float64Array): Float64Array {
  const { rows: n, cols: p } = x
  const data = new Float64Array(n * p)
  for (let i = 0, to = 0; i < n; i++) {
    for (let j = 0, at = x.offset + i * x.rowStride; j < p; j++, at += x.colStride) {
      data[to++] = x.data[at]!
      mean[j]! += x.data[at]!
    }
  }
  for (let j = 0; j < p; j++) mean[j]! /= n
  for (let i = 0, to = 0; i < n; i++) for (let j = 0; j < p; j++) data[to++]! -= mean[j]!
  return data
}

function twin(
  x: MatrixArgument<Float>,
  count: number,
  mean: Float64Array,
  variances: Float64Array,
  components: Float64Array,
  projected: Float64Array,
  { f64 }: { f64: Float64Array },
): void {
  const { rows: n, cols: p } = x
  const data = centred(x, mean)
  const order = Math.min(n, p)
  const products = new Float64Array(order * order)
  if (p <= n) {
    for (let row = 0; row < n * p; row += p) {
      for (let i = 0; i < p; i++) {
        const by = data[row + i]!
        for (let j = i; j < p; j++) products[i * p + j]! += by * data[row + j]!
      }
    }
  } else {
    for (let i = 0; i < n; i++) for (let j = i; j < n; j++) products[i * n + j] = dot(data, i * p, data, j * p, p)
  }
  let total = 0
  for (let i = 0; i < order * order; i++) products[i]! /= n - 1
  for (let i = 0; i < order; i++) total += products[i * order + i]!
  const found = eigen(products, order, true)
  f64[0] = found.outcome
  f64[1] = total
  if (found.outcome !== 0) return
  const least = Math.sqrt(Math.max(0, found.values[order - 1]!) * (n - 1)) * LOST * 1e-2
  for (let i = 0; i < count; i++) {
    variances[i] = Math.max(0, found.values[order - 1 - i]!)
    const vector = found.rows!.subarray(found.order[order - 1 - i]! * order)
    if (p <= n) components.set(vector.subarray(0, p), i * p)
    else {
      for (let r = 0; r < n; r++) for (let j = 0; j < p; j++) components[i * p + j]! += vector[r]! * data[r * p + j]!
      orthogonal(components, i, p, least)
    }
    let largest = 0
    for (let j = i * p; j < (i + 1) * p; j++) {
      if (Math.abs(components[j]!) > Math.abs(largest)) largest = components[j]!
    }
    for (let j = i * p; largest < 0 && j < (i + 1) * p; j++) components[j] = -components[j]!
  }
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < count; c++) projected[i * count + c] = dot(data, i * p, components, c * p, p)
  }
}

/** How far a result is from being one. */
function error(args: readonly unknown[], result: unknown): number {
  const [{ data, shape, strides, offset = 0 }] = args as [MatrixLike<Float>]
  const [n, p] = shape as [number, number]
  const [rowStride, colStride] = (strides ?? [p, 1]) as [number, number]
  const found = result as PcaResult
  const x = { data, offset, rows: n, cols: p, rowStride, colStride }
  const mean = new Float64Array(p)
  const centre = centred(x, mean)
  let size = 5e-324
  for (const value of data) size = Math.max(size, Math.abs(value))
  const { explainedVariance: variances, explainedVarianceRatio: ratios } = found
  const count = variances.length
  const [components, projected] = [found.components.data, found.projected.data]
  const total = dot(centre, 0, centre, 0, n * p) / (n - 1)
  const eps = (n + p + 8) * 2 ** -52
  // The mean's own rounding errors, squared, are variance too.
  const whole = total + size * size * eps
  let worst = 0
  const judge = (off: number, allowed: number) => {
    if (!(off <= worst * allowed) && !Number.isNaN(worst)) worst = off / allowed
  }
  for (let j = 0; j < p; j++) judge(Math.abs(found.mean[j]! - mean[j]!), eps * size)
  const reach = Math.sqrt(whole * (n - 1)) + Math.sqrt(n) * size
  const product = new Float64Array(p)
  for (let c = 0; c < count; c++) {
    if (c > 0 && !(variances[c]! <= variances[c - 1]!)) return Number.NaN
    if (total > size * size * eps) judge(Math.abs(ratios[c]! - variances[c]! / total), 2 * eps)
    for (let r = 0; r <= c; r++) {
      judge(Math.abs(dot(components, c * p, components, r * p, p) - (r === c ? 1 : 0)), 2 * eps)
    }
    product.fill(0)
    for (let i = 0; i < n; i++) {
      const score = projected[i * count + c]!
      judge(Math.abs(score - dot(centre, i * p, components, c * p, p)), 2 * eps * reach)
      for (let j = 0; j < p; j++) product[j]! += (score / (n - 1)) * centre[i * p + j]!
    }
    for (let j = 0; j < p; j++) {
      judge(Math.abs(product[j]! - variances[c]! * components[c * p + j]!), 4 * eps * whole)
    }
    if (Number.isNaN(worst)) return worst
  }
  // Those of the largest variances, and not some others.
  const [own, expected] = [new Float64Array(p), new Float64Array(count)]
  twin(x, count, own, expected, new Float64Array(count * p), new Float64Array(n * count), { f64: new Float64Array(2) })
  for (let c = 0; c < count; c++) judge(Math.abs(variances[c]! - expected[c]!), 4 * eps * whole)
  return worst
}

export const pca: Pca = /* @__PURE__ */ defineKernel<Pca>({
  name: 'pca',
  summary: 'Principal components: the directions along which observations vary most',
  native: 'eigh',
  agreement: { bound: 'variances: 4 · (variables + observations) · eps of the whole' },
  error,
  arity: 1,
  options: ['components'],
  instances: { pca: 'matrix integer out:f64 out:f64 out:f64 out:f64 result:f64' },
  check([value], options) {
    const x: MatrixValue = readMatrix('x', value, ['f64', 'f32'])
    const { rows: n, cols: p } = x
    if (n < 2 || p < 1) throw wrongShape('x', 'at least two rows and one column', `${n} × ${p}`)
    const most = Math.min(n, p)
    const count = options.components === undefined ? most : readInteger('components', options.components, 1, most)
    const out = (length: number) => ({ kind: 'out', dtype: 'f64', length, array: undefined }) as const
    return {
      instance: 'pca',
      values: [
        x,
        { kind: 'integer', value: count },
        out(p),
        out(count),
        out(count * p),
        out(n * count),
        { kind: 'result' },
      ],
      work:
        4000 +
        6 * n * p +
        (p > n ? count * count * p : 0) +
        0.6 * productWork('f64', most, most, Math.max(n, p)) +
        eighWork(most, count) +
        productWork('f64', n, count, p),
      finish({ arrays, f64 }) {
        refuse(f64[0]!)
        const total = f64[1]!
        const [mean, variances, components, projected] = arrays as [F64, F64, F64, F64]
        return {
          components: matrix(components, count, p),
          mean,
          explainedVariance: variances,
          explainedVarianceRatio: variances.map((variance) => variance / total),
          projected: matrix(projected, n, count),
        }
      },
    }
  },
  twin,
  samples(_, size, random) {
    const p = 1 + (size % 24)
    const n = Math.min(4000, Math.max(2, Math.round(size / p)))
    const wide = size % 5 === 4 && n * p < 4000
    const [rows, cols] = wide ? [Math.max(2, p), n] : [n, p]
    const x = size % 2 === 0 ? new Float64Array(rows * cols) : new Float32Array(rows * cols)
    for (let i = 0; i < rows; i++) {
      const common = random()
      for (let j = 0; j < cols; j++) x[i * cols + j] = common * Math.cos(j) + (random() - 0.5) * (1 + (j % 7))
    }
    return size % 3 === 0 ? [matrix(x, rows, cols)] : [matrix(x, rows, cols), { components: Math.min(3, rows, cols) }]
  },
  traffic({ values }) {
    const { rows, cols } = values[0] as MatrixValue
    const order = Math.min(rows, cols)
    return { bytes: 16 * rows * cols, flops: order * rows * cols + 9 * order ** 3 }
  },
})
