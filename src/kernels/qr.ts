import type { Dtype, Float, Fresh } from '../base/dtypes.js'
import { readChoice, readMatrix } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, instancesOf, type SyncOptions } from '../core/define.js'
import { factorQr, formQ, largestOf, near1, rowsOf, tame } from '../core/householder.js'
import { type Matrix, type MatrixLike, matrix } from '../core/matrix.js'
import { randomArray } from '../core/samples.js'
import type { MatrixArgument, MatrixValue } from '../engine/values.js'

export interface QrOptions {
  /**
   * `'reduced'` (the default, as NumPy): Q of m × k and R of k × n, k being the smaller side; `'complete'`: Q of m × m
   * and R of m × n.
   */
  mode?: 'reduced' | 'complete' | undefined
}
type OnlyR = { mode: 'r' }

export interface Factors<T> {
  /** Orthonormal columns. */
  q: Matrix<T>
  /** Upper triangular: zeros below the diagonal. */
  r: Matrix<T>
}

export interface Qr {
  /**
   * The QR factorisation of a matrix of any shape: A = Q · R, where the columns of Q are orthonormal and R is upper
   * triangular. With `mode: 'r'`, R alone.
   *
   * By Householder reflections, in the type of the elements; as in NumPy the diagonal of R has the signs these give,
   * not only positive ones. The number of threads changes no bit. ‖A − Q · R‖ is within 4 · (m + n) · eps · ‖A‖, and
   * ‖Qᵀ · Q − I‖ within 4 · (m + n) · eps, in Frobenius' norm, whatever the rank of A; where that is full, JavaScript's
   * factors differ by rounding alone. NaN and infinity lead to such.
   *
   * @param a - matrix of m × n: Float64Array or Float32Array
   * @param options - `mode`: 'reduced', 'complete' or 'r'
   * @returns `{ q, r }`, or with `mode: 'r'` the matrix R
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE)
   * @example
   * const { q, r } = await qr(matrix(x, 20_000, 100))
   *
   * Source: R. Schreiber & C. Van Loan, "A storage-efficient WY representation for products of Householder
   * transformations", SIAM J. Sci. Stat. Comput. 10 (1989).
   */
  <T extends Float>(a: MatrixLike<T>, options?: AsyncOptions & QrOptions): Promise<Factors<Fresh<T>>>
  <T extends Float>(a: MatrixLike<T>, options: AsyncOptions & OnlyR): Promise<Matrix<Fresh<T>>>
  /** On native threads; blocks the caller until the result is there. See `qr`. */
  sync<T extends Float>(a: MatrixLike<T>, options?: SyncOptions & QrOptions): Factors<Fresh<T>>
  sync<T extends Float>(a: MatrixLike<T>, options: SyncOptions & OnlyR): Matrix<Fresh<T>>
  /** Blocks this thread: the same in plain JavaScript. See `qr`. */
  js<T extends Float>(a: MatrixLike<T>, options?: QrOptions): Factors<Fresh<T>>
  js<T extends Float>(a: MatrixLike<T>, options: OnlyR): Matrix<Fresh<T>>
}

const DTYPES = ['f64', 'f32'] as const
/** The instances of the binary, which `lstsq` shares. */
export const QR_INSTANCES: Record<string, string> = instancesOf(
  DTYPES,
  'matrix:$ integer matrix:$? number out:$ out:$ result:f64',
)
const MODES = ['reduced', 'complete', 'r']

function qrTwin(
  a: MatrixArgument<Float64Array | Float32Array>,
  columns: number,
  _: undefined,
  __: number,
  q: Float64Array,
  r: Float64Array,
): void {
  const [m, n] = [a.rows, a.cols]
  const work = rowsOf(a)
  const scale = tame(work)
  const tau = factorQr(work, m, n)
  const height = n === 0 ? 0 : r.length / n
  for (let i = 0; i < height; i++) {
    for (let j = i; j < n; j++) r[i * n + j] = work[i * n + j]! / scale
  }
  if (columns > 0) q.set(formQ(work, m, n, tau, columns))
}

/** The largest of ‖A − Q · R‖ / ‖A‖ and ‖Qᵀ · Q − I‖ as shares of their bounds; without Q, of ‖RᵀR − AᵀA‖. */
function qrError(args: readonly unknown[], result: unknown): number {
  const read = readMatrix('a', args[0], DTYPES)
  const a = rowsOf({ ...read, data: read.array } as unknown as MatrixArgument<Float64Array>)
  const [m, n] = [read.rows, read.cols]
  const factors = result as { q?: MatrixLike<Float>; r: MatrixLike<Float> }
  const only = factors.q === undefined
  const r = only ? (result as MatrixLike<Float>) : factors.r
  const height = r.shape[0]!
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < i && j < n; j++) if (r.data[i * n + j] !== 0) return Number.NaN
  }
  const unit = near1(largestOf(a) || 1)
  // Subnormal numbers are not relatively precise.
  let norm = Math.max(2 ** -500, (read.dtype === 'f64' ? 2 ** -1022 : 2 ** -126) * unit) ** 2
  for (let i = 0; i < a.length; i++) norm += (a[i]! * unit) ** 2
  const bound = 4 * (m + n) * (read.dtype === 'f64' ? 2 ** -52 : 2 ** -23)
  const sums = new Float64Array(Math.max(m, n))
  let apart = 0
  if (only) {
    for (let j = 0; j < n; j++) {
      sums.fill(0)
      for (let i = 0; i < m; i++) {
        const x = a[i * n + j]! * unit
        for (let k = 0; k <= j; k++) sums[k]! += x * a[i * n + k]! * unit
      }
      for (let i = 0; i < Math.min(height, j + 1); i++) {
        const x = r.data[i * n + j]! * unit
        for (let k = 0; k <= j; k++) sums[k]! -= x * r.data[i * n + k]! * unit
      }
      for (let k = 0; k <= j; k++) apart += sums[k]! ** 2
    }
    return Math.sqrt(apart) / (norm * bound)
  }
  const q = factors.q!
  const columns = q.shape[1]!
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) sums[j] = a[i * n + j]! * unit
    for (let k = 0; k < columns; k++) {
      const x = q.data[i * columns + k]! * unit
      for (let j = k; j < n; j++) sums[j]! -= x * r.data[k * n + j]!
    }
    for (let j = 0; j < n; j++) apart += sums[j]! ** 2
  }
  let skew = 0
  for (let j = 0; j < columns; j++) {
    sums.fill(0)
    for (let i = 0; i < m; i++) {
      const x = q.data[i * columns + j]!
      for (let k = 0; k <= j; k++) sums[k]! += x * q.data[i * columns + k]!
    }
    sums[j]! -= 1
    for (let k = 0; k <= j; k++) skew += sums[k]! ** 2 * (k < j ? 2 : 1)
  }
  return Math.max(Math.sqrt(apart / norm), Math.sqrt(skew)) / bound
}

export const qr: Qr = /* @__PURE__ */ defineKernel<Qr>({
  name: 'qr',
  summary: 'The QR factorisation of a matrix',
  agreement: { bound: '‖A − Q · R‖ and ‖Qᵀ · Q − I‖ within 4 · (m + n) · eps' },
  error: qrError,
  arity: 1,
  options: ['mode'],
  instances: QR_INSTANCES,
  check([value], options) {
    const a = readMatrix('a', value, DTYPES)
    const { dtype, rows: m, cols: n } = a
    const mode = options.mode === undefined ? 0 : readChoice('mode', options.mode, MODES)
    const count = Math.min(m, n)
    const height = mode === 1 ? m : count
    const columns = mode === 2 ? 0 : height
    const flops = 2 * count * (m * n + (columns > 0 ? m * columns : 0)) - count * count * (m + n)
    return {
      instance: dtype,
      values: [
        a,
        { kind: 'integer', value: columns },
        { kind: 'absent' },
        { kind: 'number', value: 0 },
        { kind: 'out', dtype, length: m * columns, array: undefined },
        { kind: 'out', dtype, length: height * n, array: undefined },
        { kind: 'result' },
      ],
      work: workOf(dtype, m, n, count, flops),
      finish: ({ arrays }) => {
        const r = matrix(arrays[1]!, height, n)
        return mode === 2 ? r : { q: matrix(arrays[0]!, m, columns), r }
      },
    }
  },
  twin: qrTwin,
  samples(dtype, size, random) {
    const cols = size < 60_000 ? 1 + (size % 67) : 100
    const rows = Math.min(Math.round(size / cols), 300)
    const a = randomArray(dtype as Dtype, rows * cols, random)
    if (size >= 60_000) return [matrix(a, rows, cols)]
    if (size % 5 === 3) return [matrix(a, cols, rows)]
    const mode = size % 5 === 2 && rows < 100 ? 'complete' : size % 5 === 4 ? 'r' : 'reduced'
    return [matrix(a, rows, cols), { mode }]
  },
  traffic({ values }) {
    const [{ rows: m, cols: n, array }, columns] = values as unknown as [MatrixValue, { value: number }]
    const count = Math.min(m, n)
    const flops = 2 * count * (m * n + m * columns.value) - count * count * (m + n)
    return { bytes: (2 * m * n + m * columns.value) * array.BYTES_PER_ELEMENT, flops }
  },
})

/**
 * Nanoseconds on one thread, measured. Up to eight columns each lie by themselves; else rows that go in and out of
 * columns cost more than their arithmetic.
 */
function workOf(dtype: Dtype, m: number, n: number, count: number, flops: number): number {
  const [row, column, each, alone, together] = dtype === 'f64' ? [4, 8, 0.05, 1.5, 1.2] : [2, 6, 0.03, 0.9, 0.4]
  if (n <= 8 && n <= m) return 2500 + m * n * (alone + together * n)
  return 2000 + count * 100 + m * (25 + row * n + column * count) + flops * each
}
