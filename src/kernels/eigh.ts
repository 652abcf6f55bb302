import type { Float } from '../base/dtypes.js'
import { coded, wrongShape } from '../base/errors.js'
import { readBoolean, readMatrix } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, instancesOf, type SyncOptions } from '../core/define.js'
import { type Matrix, type MatrixLike, matrix } from '../core/matrix.js'
import { uniformArray } from '../core/samples.js'
import type { MatrixArgument, MatrixValue } from '../engine/values.js'
import { type Eigen, eigen, NOT_FINITE } from './eigh.twin.js'

type Fresh<T> = T extends Float32Array ? Float32Array<ArrayBuffer> : Float64Array<ArrayBuffer>

/** Eigenvalues by rising size. */
export interface EighValues<T> {
  readonly values: Fresh<T>
}
/** Eigenvalues by rising size, and their vectors: orthonormal columns, in the same order. */
export interface EighResult<T> extends EighValues<T> {
  readonly vectors: Matrix<Fresh<T>>
}
type All = { vectors?: true | undefined }
type ValuesOnly = { vectors?: boolean | undefined }

export interface Eigh {
  /**
   * The eigenvalues and eigenvectors of a symmetric matrix, as NumPy's `linalg.eigh`: A · V = V · diag(values).
   *
   * Only the lower triangle is read. In the type of the elements (the tridiagonal matrix between: in f64), backward
   * stable: A · V − V · diag(values) and Vᵀ · V − I lie within 2 · (n + 8) · eps of zero, the former times the size of A
   * (Frobenius), entry by entry. Values that lie near each other share a space of vectors, of which any basis may come
   * out, and each vector has either sign: JavaScript's may differ, the number of threads changes no bit.
   *
   * @param a - matrix: Float64Array or Float32Array, as many rows as columns
   * @param options - `vectors`: false for the values alone, in a third of the time
   * @returns `{ values, vectors }`, or `{ values }` alone, in arrays of the type of `a`
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE), Error (ERR_OFFLOOP_NO_CONVERGENCE) for NaN
   *   or infinity among the elements
   * @example
   * const { values, vectors } = await eigh(matrix.from([[2, 1], [1, 2]])) // values: 1, 3
   *
   * Source: blocked Householder reduction (Dongarra, Sorensen & Hammarling, 1989), divide and conquer (Cuppen, 1981; Gu &
   * Eisenstat, SIAM J. Matrix Anal. Appl. 16, 1995; roots as Li, LAPACK Working Note 89), QL for small ones and values.
   */
  <T extends Float>(a: MatrixLike<T>, options?: AsyncOptions & All): Promise<EighResult<T>>
  <T extends Float>(a: MatrixLike<T>, options: AsyncOptions & ValuesOnly): Promise<EighValues<T>>
  /** On native threads; blocks the caller until the result is there. See `eigh`. */
  sync<T extends Float>(a: MatrixLike<T>, options?: SyncOptions & All): EighResult<T>
  sync<T extends Float>(a: MatrixLike<T>, options: SyncOptions & ValuesOnly): EighValues<T>
  /** Blocks this thread: the same in plain JavaScript. See `eigh`. */
  js<T extends Float>(a: MatrixLike<T>, options?: All): EighResult<T>
  js<T extends Float>(a: MatrixLike<T>, options: ValuesOnly): EighValues<T>
}

const DTYPES = ['f64', 'f32'] as const
const EPS = { f64: 2 ** -52, f32: 2 ** -23 } as const

/** The matrix whose triangle right of the diagonal mirrors the given lower one. */
function upper(a: MatrixArgument<Float>): Float64Array {
  const n = a.rows
  const copy = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = i, at = a.offset + i * (a.rowStride + a.colStride); j < n; j++, at += a.rowStride) {
      copy[i * n + j] = a.data[at]!
    }
  }
  return copy
}

function twin(
  a: MatrixArgument<Float>,
  vectors: boolean,
  values: Float,
  out: Float,
  result: { f64: Float64Array },
): void {
  const n = a.rows
  const found: Eigen = eigen(upper(a), n, vectors)
  result.f64[0] = found.outcome
  values.set(found.values)
  if (!vectors || found.outcome !== 0) return
  for (let j = 0; j < n; j++) {
    for (let i = 0, from = found.order[j]! * n; i < n; i++) out[i * n + j] = found.rows![from + i]!
  }
}

/** How far a result is from being one. */
function error(args: readonly unknown[], result: unknown): number {
  const [{ data, shape, strides, offset = 0 }] = args as [MatrixLike<Float>]
  const n = shape[0]!
  const [rowStride, colStride] = (strides ?? [n, 1]) as [number, number]
  const { values, vectors } = result as { values: Float; vectors?: Matrix<Float> }
  const a = upper({ data, offset, rows: n, cols: n, rowStride, colStride })
  const unit = a.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0) || 1
  let square = 0
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) {
      a[j * n + i] = a[i * n + j]!
      square += (a[i * n + j]! / unit) ** 2 * (i === j ? 1 : 2)
    }
  }
  const [type, normal] = data instanceof Float32Array ? (['f32', 2 ** -126] as const) : (['f64', 2 ** -1022] as const)
  const allowed = 2 * (n + 8) * EPS[type]
  // Values below the normal numbers are not relatively precise.
  const norm = unit * Math.max(1, Math.sqrt(square)) + normal
  let worst = 0
  const count = (off: number, size: number) => {
    if (!(off <= worst * allowed * size) && !Number.isNaN(worst)) worst = off / (allowed * size)
  }
  for (let i = 1; i < n; i++) if (!(values[i]! >= values[i - 1]!)) return Number.NaN
  if (vectors === undefined) {
    const expected = eigen(a, n, false).values
    for (let i = 0; i < n; i++) count(Math.abs(values[i]! - expected[i]!), norm)
    return worst
  }
  const v = new Float64Array(n * n)
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) v[j * n + i] = vectors.data[i * n + j]!
  const dot = (x: Float64Array, i: number, y: Float64Array, j: number) => {
    let sum = 0
    for (let k = 0; k < n; k++) sum += x[i * n + k]! * y[j * n + k]!
    return sum
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      count(Math.abs(dot(a, i, v, j) - values[j]! * v[j * n + i]!), norm)
      if (j <= i) count(Math.abs(dot(v, i, v, j) - (i === j ? 1 : 0)), 1)
      if (Number.isNaN(worst)) return worst
    }
  }
  return worst
}

export const eigh: Eigh = /* @__PURE__ */ defineKernel<Eigh>({
  name: 'eigh',
  summary: 'The eigenvalues and eigenvectors of a symmetric matrix',
  agreement: { bound: 'A · V − V · diag(values), Vᵀ · V − I: 2 · (n + 8) · eps' },
  error,
  arity: 1,
  options: ['vectors'],
  instances: /* @__PURE__ */ instancesOf(DTYPES, 'matrix:$ boolean out:$ out:$ result:f64'),
  check([value], options) {
    const a = readMatrix('a', value, DTYPES)
    const n = a.rows
    if (a.cols !== n) throw wrongShape('a', 'as many columns as rows', `${n} × ${a.cols}`)
    const vectors = readBoolean('vectors', options.vectors, true)
    const instance = a.dtype as 'f64' | 'f32'
    return {
      instance,
      values: [
        a,
        { kind: 'boolean', value: vectors ? 1 : 0 },
        { kind: 'out', dtype: instance, length: n, array: undefined },
        { kind: 'out', dtype: instance, length: vectors ? n * n : 0, array: undefined },
        { kind: 'result' },
      ],
      work: eighWork(n, vectors ? n : 0),
      finish({ arrays, f64 }) {
        refuse(f64[0]!)
        const values = arrays[0]!
        return vectors ? { values, vectors: matrix(arrays[1]!, n, n) } : { values }
      },
    }
  },
  twin,
  samples(dtype, size, random) {
    const n = Math.min(Math.floor(Math.sqrt(size)), 100)
    const data = uniformArray(dtype === 'f32' ? 'f32' : 'f64', n * n, random, -1, 1)
    return size % 4 === 1 ? [matrix(data, n, n), { vectors: false }] : [matrix(data, n, n)]
  },
  traffic({ values }) {
    const n = (values[0] as MatrixValue).rows
    return { bytes: 16 * n * n, flops: 9 * n ** 3 }
  },
})

/** Nanoseconds on one thread, `count` of n vectors wanted; measured. */
export function eighWork(n: number, count: number): number {
  const values = 2000 + n * (300 + n * (30 + n * 0.09))
  return count > 0 ? values + n * (300 + n * (n * 0.04 + count * 0.07)) : values
}

/** What an eigensolver that found nothing throws. */
export function refuse(outcome: number): void {
  if (outcome === 0) return
  throw coded(
    Error,
    'ERR_OFFLOOP_NO_CONVERGENCE',
    outcome === NOT_FINITE
      ? 'Expected finite elements but received NaN or infinity among them, which have no eigenvalues'
      : 'Expected the eigenvalues within 64 steps each but they did not come out',
  )
}
