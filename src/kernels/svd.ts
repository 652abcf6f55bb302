import type { Dtype, Float, Fresh, TypedArray } from '../base/dtypes.js'
import { coded } from '../base/errors.js'
import { readBoolean, readMatrix } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, instancesOf, type SyncOptions } from '../core/define.js'
import { type Matrix, type MatrixLike, matrix } from '../core/matrix.js'
import { randomArray } from '../core/samples.js'
import type { MatrixArgument, MatrixValue, Value } from '../engine/values.js'
import { svdError, svdTwin } from './svd.twin.js'

export interface SvdOptions {
  /** true (the default): singular vectors too. */
  vectors?: true | undefined
}

export interface SvdValuesOptions {
  /** Singular values alone, in about half the time. */
  vectors: false
}

export interface SvdResult<T> {
  /** m × k, its columns the left singular vectors, for k = min(m, n). */
  u: Matrix<T>
  /** The k singular values, from the largest on; none is negative. */
  s: T
  /** k × n, its rows the right singular vectors. */
  vt: Matrix<T>
}

export interface SvdValues<T> {
  /** The singular values, from the largest on; none is negative. */
  s: T
}

export interface Svd {
  /**
   * The singular value decomposition A = U · diag(s) · Vᵀ, thin: NumPy's `linalg.svd(a, full_matrices=False)`.
   *
   * Computed in the type of the elements. A − U · diag(s) · Vᵀ, Uᵀ·U − 1 and Vᵀ·V − 1 stay within 8 · (m + n) · eps in
   * the root of their sum of squares, the first times that of A; so small singular values are right as a share of the
   * largest one, not of themselves. The number of threads changes no bit. JavaScript, and another set of instructions,
   * may give vectors of other signs, and where singular values meet another basis of the same space. A wide matrix is
   * taken as its transpose, one of m >= 1.6 n made triangular first.
   *
   * @param a - matrix of m × n: Float64Array or Float32Array
   * @param options - `vectors`
   * @returns `{ u, s, vt }`, or with `vectors: false` `{ s }`, of the type of `a`
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE), Error (ERR_OFFLOOP_NO_CONVERGENCE) if an
   * element is NaN or infinite
   * @example
   * const { u, s, vt } = await svd(matrix(samples, 10_000, 100))
   *
   * Source: M. Gu & S. Eisenstat, "A Divide-and-Conquer Algorithm for the Bidiagonal SVD", SIAM J. Matrix Anal. Appl. 16
   * (1995); G. Howell et al., "Cache efficient bidiagonalization", ACM Trans. Math. Softw. 34 (2008); in JavaScript
   * G. Golub & C. Reinsch, Numer. Math. 14 (1970).
   */
  <T extends Float>(a: MatrixLike<T>, options?: AsyncOptions & SvdOptions): Promise<SvdResult<Fresh<T>>>
  <T extends Float>(a: MatrixLike<T>, options: AsyncOptions & SvdValuesOptions): Promise<SvdValues<Fresh<T>>>
  /** On native threads; blocks the caller until the result is there. See `svd`. */
  sync<T extends Float>(a: MatrixLike<T>, options?: SyncOptions & SvdOptions): SvdResult<Fresh<T>>
  sync<T extends Float>(a: MatrixLike<T>, options: SyncOptions & SvdValuesOptions): SvdValues<Fresh<T>>
  /** Blocks this thread: the same in plain JavaScript. See `svd`. */
  js<T extends Float>(a: MatrixLike<T>, options?: SvdOptions): SvdResult<Fresh<T>>
  js<T extends Float>(a: MatrixLike<T>, options: SvdValuesOptions): SvdValues<Fresh<T>>
}

const DTYPES = ['f64', 'f32'] as const
const PATTERN = 'matrix:$ boolean out:$ out:$ out:$ result:f64'
const RESULT = { kind: 'result' } as const

const argumentOf = ({ array, ...rest }: MatrixValue): MatrixArgument<Float> => ({ ...rest, data: array as Float })

export const svd: Svd = /* @__PURE__ */ defineKernel<Svd>({
  name: 'svd',
  summary: 'The singular value decomposition of a matrix',
  agreement: { bound: '8 · (m + n) · eps, of A and of orthogonality' },
  error(args, result) {
    const a = readMatrix('a', args[0], DTYPES)
    const { u, s, vt } = result as Partial<SvdResult<Float>> & SvdValues<Float>
    const given = argumentOf(a)
    if (u !== undefined && vt !== undefined) {
      return svdError(given, argumentOf(readMatrix('u', u, DTYPES)), s, argumentOf(readMatrix('vt', vt, DTYPES)))
    }
    // Values alone: against those of JavaScript.
    const own = new Float64Array(s.length)
    svdTwin(given, false, own, own, own, { f64: new Float64Array(1) })
    const allowed = 8 * (a.rows + a.cols) * (s instanceof Float32Array ? 2 ** -23 : 2 ** -52)
    const least = s instanceof Float32Array ? 2 ** -149 : 2 ** -1074
    return own.reduce((most, value, p) => {
      const share = Math.abs(s[p]! - value) / (allowed * own[0]! + 8 * least)
      return share <= most ? most : share
    }, 0)
  },
  arity: 1,
  options: ['vectors'],
  instances: instancesOf(DTYPES, PATTERN),
  check([value], options) {
    const a = readMatrix('a', value, DTYPES)
    const vectors = readBoolean('vectors', options.vectors, true)
    const { dtype, rows, cols } = a
    const least = Math.min(rows, cols)
    const most = Math.max(rows, cols)
    const out = (length: number): Value => ({ kind: 'out', dtype, length, array: undefined })
    return {
      instance: dtype,
      values: [
        a,
        { kind: 'boolean', value: vectors ? 1 : 0 },
        out(vectors ? rows * least : 0),
        out(least),
        out(vectors ? least * cols : 0),
        RESULT,
      ],
      work: workOf(dtype, most, least, vectors),
      finish({ arrays, f64 }) {
        const reason = f64[0]!
        if (reason !== 0) {
          throw coded(
            Error,
            'ERR_OFFLOOP_NO_CONVERGENCE',
            reason === 1
              ? 'Expected finite elements in `a` but received NaN or an infinity'
              : 'Expected singular values to converge but they did not',
          )
        }
        const [u, s, vt] = arrays as readonly [TypedArray, TypedArray, TypedArray]
        return vectors ? { u: matrix(u, rows, least), s, vt: matrix(vt, least, cols) } : { s }
      },
    }
  },
  twin: svdTwin,
  samples(dtype, size, random) {
    const large = size >= 4000
    const n = large ? (size % 5 === 0 ? 80 : 24 + (size % 29)) : 1 + (size % 19)
    const m = large ? n + (size % 67) : Math.floor(size / n)
    const [rows, cols] = size % 3 === 0 ? [n, m] : [m, n]
    const a = matrix(randomArray(dtype as Dtype, rows * cols, random), rows, cols)
    return size % 4 === 1 ? [a, { vectors: false }] : [a]
  },
  traffic({ values }) {
    const { array, rows, cols } = values[0] as MatrixValue
    const [m, n] = [Math.max(rows, cols), Math.min(rows, cols)]
    return { bytes: (2 * m * n + n * n) * array.BYTES_PER_ELEMENT, flops: 4 * m * n * n + 8 * n ** 3 }
  },
})

/** Nanoseconds on one thread, measured. */
function workOf(dtype: Dtype, m: number, n: number, vectors: boolean): number {
  const each = dtype === 'f64' ? 1 : 0.5
  const fixed = 2000 + 1500 * n + (vectors ? 40 : 20) * n * n
  const copied = m * n * (vectors ? (m > 4000 ? 35 : 12) : 10)
  return fixed + each * (copied + n * n * (0.2 * m + (vectors ? 0.18 * n : 0)))
}
