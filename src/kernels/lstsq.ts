import type { Dtype, Float, Fresh } from '../base/dtypes.js'
import { wrongShape, wrongValue } from '../base/errors.js'
import { readArray, readFinite, readMatrix } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, type SyncOptions } from '../core/define.js'
import { largestOf, rowsOf } from '../core/householder.js'
import { type Matrix, type MatrixLike, matrix } from '../core/matrix.js'
import { randomArray } from '../core/samples.js'
import type { MatrixArgument, MatrixValue } from '../engine/values.js'
import { lstsqTwin } from './lstsq.twin.js'
import { QR_INSTANCES } from './qr.js'

export interface LstsqOptions {
  /**
   * Singular values of less than this share of the largest count as zero, as far as they can be estimated. Default, as
   * NumPy's: eps · max(m, n).
   */
  rcond?: number | undefined
}

export interface Solution<X, T> {
  /** For each column of b, the x of minimal norm among those that minimise ‖A · x − b‖. */
  x: X
  /** ‖A · x − b‖² for each column of b; empty if A has not full rank, or no more rows than columns. */
  residuals: T
  rank: number
}
type Vector<T extends Float> = Solution<Fresh<T>, Fresh<T>>
type Several<T extends Float> = Solution<Matrix<Fresh<T>>, Fresh<T>>

export interface Lstsq {
  /**
   * Least squares: the x that minimises ‖A · x − b‖, and of several the one of minimal norm, as NumPy's `lstsq`.
   *
   * Through a complete orthogonal decomposition, in the type of the elements: QR, with pivoting where the condition
   * calls for it. The number of threads changes no bit. Backward stable: Aᵀ · (A · x − b) is within 30 · (m + n) · eps ·
   * ‖A‖ · (‖A‖ · ‖x‖ + ‖b‖), in Frobenius' norm, plus what `rcond` leaves out and what is lost
   * below the normal numbers; JavaScript's x is another of these.
   * Where a singular value is near the limit of `rcond`, `rank` may differ from NumPy's, which knows the singular
   * values, and from JavaScript's. NaN in b leads to NaN.
   *
   * @param a - matrix of m × n: Float64Array or Float32Array
   * @param b - m elements of the same type, or a matrix of m rows with a problem in each column
   * @param options - `rcond`
   * @returns `{ x, residuals, rank }`; x is an array, or a matrix as b is
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_ARG_VALUE: also if there is NaN
   * or infinity in a)
   * @example
   * const { x } = await lstsq(matrix(features, 2000, 500), target)
   *
   * Source: G. Golub & C. Van Loan, Matrix Computations, 4th ed. (2013), 5.5; the condition by C. Bischof, SIAM J. Matrix
   * Anal. Appl. 11 (1990).
   */
  <T extends Float>(a: MatrixLike<T>, b: T, options?: AsyncOptions & LstsqOptions): Promise<Vector<T>>
  <T extends Float>(a: MatrixLike<T>, b: MatrixLike<T>, options?: AsyncOptions & LstsqOptions): Promise<Several<T>>
  /** On native threads; blocks the caller until the result is there. See `lstsq`. */
  sync<T extends Float>(a: MatrixLike<T>, b: T, options?: SyncOptions & LstsqOptions): Vector<T>
  sync<T extends Float>(a: MatrixLike<T>, b: MatrixLike<T>, options?: SyncOptions & LstsqOptions): Several<T>
  /** Blocks this thread: the same in plain JavaScript. See `lstsq`. */
  js<T extends Float>(a: MatrixLike<T>, b: T, options?: LstsqOptions): Vector<T>
  js<T extends Float>(a: MatrixLike<T>, b: MatrixLike<T>, options?: LstsqOptions): Several<T>
}

const DTYPES = ['f64', 'f32'] as const
const EPS = { f64: 2 ** -52, f32: 2 ** -23 }
/** What each element of x, or of b on the way there, may lose where it is subnormal. */
const LEAST = { f64: 2 ** -1074, f32: 2 ** -149 }
const LARGEST = { f64: Number.MAX_VALUE, f32: 2 ** 127 }

function readRight(b: unknown, dtype: Dtype, rows: number): MatrixValue {
  let right: MatrixValue
  if (ArrayBuffer.isView(b)) {
    readArray('b', b, [dtype])
    const array = b as Float64Array
    right = { kind: 'matrix', array, rows: array.length, cols: 1, rowStride: 1, colStride: 1, offset: 0 }
  } else right = readMatrix('b', b, [dtype])
  if (right.rows !== rows) throw wrongShape('b', `${rows} rows, as \`a\` has,`, `${right.rows}`)
  return right
}

const copyOf = (value: MatrixValue): Float64Array =>
  rowsOf({ ...value, data: value.array } as unknown as MatrixArgument<Float64Array>)

/** ‖Aᵀ · (A · x − b)‖ as a share of its bound. */
function lstsqError(args: readonly unknown[], result: unknown): number {
  const read = readMatrix('a', args[0], DTYPES)
  const right = readRight(args[1], read.dtype, read.rows)
  const found = result as Solution<Float | MatrixLike<Float>, Float>
  const x = (ArrayBuffer.isView(found.x) ? found.x : found.x.data) as Float64Array
  const [a, b] = [copyOf(read), copyOf(right)]
  const [m, n, sides] = [read.rows, read.cols, right.cols]
  const unit = 1 / Math.max(largestOf(a), 2 ** -1022)
  const eps = EPS[read.dtype as 'f64']
  const rcond = (args[2] as LstsqOptions | undefined)?.rcond ?? eps * Math.max(m, n)
  const size = Math.sqrt(a.reduce((sum, v) => sum + (v * unit) ** 2, 0))
  let worst = 0
  for (let k = 0; k < sides; k++) {
    const gradient = new Float64Array(n)
    let [solution, given, length] = [0, 0, 0]
    for (let j = 0; j < n; j++) solution += (x[j * sides + k]! / unit) ** 2
    for (let i = 0; i < m; i++) {
      let left = -b[i * sides + k]!
      given += left * left
      for (let j = 0; j < n; j++) left += a[i * n + j]! * x[j * sides + k]!
      for (let j = 0; j < n; j++) gradient[j]! += a[i * n + j]! * unit * left
    }
    for (let j = 0; j < n; j++) length += gradient[j]! ** 2
    const bound =
      (30 * (m + n) * eps + 10 * rcond) * size * (size * Math.sqrt(solution) + Math.sqrt(given)) +
      30 * (m + n) * size * LEAST[read.dtype as 'f64'] * (size / unit + 1)
    const share = length === 0 ? 0 : Math.sqrt(length) / bound
    // An x beyond the type's largest number there may be where b is that large beside A's singular values.
    const beyond = Math.sqrt(given) * unit > rcond * size * LARGEST[read.dtype as 'f64']
    if (!(share >= 0) && !beyond) return Number.NaN
    if (share > worst) worst = share
  }
  return worst
}

export const lstsq: Lstsq = /* @__PURE__ */ defineKernel<Lstsq>({
  name: 'lstsq',
  summary: 'Least squares, and of several solutions the smallest',
  native: 'qr',
  agreement: { bound: '‖Aᵀ · (A · x − b)‖ within 30 · (m + n) · eps · ‖A‖ · (‖A‖ · ‖x‖ + ‖b‖)' },
  error: lstsqError,
  arity: 2,
  options: ['rcond'],
  instances: QR_INSTANCES,
  check([first, second], options) {
    const a = readMatrix('a', first, DTYPES)
    const { dtype, rows: m, cols: n } = a
    const b = readRight(second, dtype, m)
    const rcond =
      options.rcond === undefined ? EPS[dtype as 'f64'] * Math.max(m, n) : readFinite('rcond', options.rcond, 0)
    const sides = b.cols
    return {
      instance: dtype,
      values: [
        a,
        { kind: 'integer', value: 0 },
        b,
        { kind: 'number', value: rcond },
        { kind: 'out', dtype, length: n * sides, array: undefined },
        { kind: 'out', dtype, length: sides, array: undefined },
        { kind: 'result' },
      ],
      work: workOf(dtype, m, n, sides),
      finish: ({ arrays, f64 }) => {
        const rank = f64[0]!
        if (rank < 0) throw wrongValue('a', 'finite numbers', first)
        const x = arrays[0]!
        const residuals = rank === n && m > n ? arrays[1]! : arrays[1]!.slice(0, 0)
        return { x: ArrayBuffer.isView(second) ? x : matrix(x, n, sides), residuals, rank }
      },
    }
  },
  twin: lstsqTwin,
  samples(dtype, size, random) {
    const cols = size < 60_000 ? 1 + (size % 47) : 90
    const rows = Math.min(Math.round(size / cols), 300)
    const [m, n] = size % 5 === 3 ? [cols, rows] : [rows, cols]
    const a = matrix(randomArray(dtype as Dtype, m * n, random), m, n)
    if (size % 3 === 0) return [a, matrix(randomArray(dtype as Dtype, m * 3, random), m, 3)]
    return [a, randomArray(dtype as Dtype, m, random)]
  },
  traffic({ values }) {
    const [{ rows: m, cols: n, array }, , { cols: sides }] = values as unknown as [MatrixValue, unknown, MatrixValue]
    const [count, most] = [Math.min(m, n), Math.max(m, n)]
    const flops = 2 * count * count * (most - count / 3) + 4 * count * most * sides
    return { bytes: (m * n + (m + n) * sides) * array.BYTES_PER_ELEMENT, flops }
  },
})

/** Nanoseconds on one thread, measured. Up to eight columns, with those of b, each lie by themselves. */
function workOf(dtype: Dtype, m: number, n: number, sides: number): number {
  const [count, most] = [Math.min(m, n), Math.max(m, n)]
  const few = m < n ? count : count + sides
  const [row, each, alone, together] = dtype === 'f64' ? [10, 0.05, 1.6, 0.4] : [7, 0.03, 0.5, 0.2]
  if (few <= 8 && sides <= 8) return 2800 + most * few * (alone + together * few) * 0.7
  const flops = 2 * count * count * (most - count / 3) + 4 * count * most * Math.max(sides, 8)
  return 3000 + count * 300 + most * 50 + m * n * row + flops * each
}
