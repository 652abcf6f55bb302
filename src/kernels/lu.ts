import type { Float, Fresh } from '../base/dtypes.js'
import type { AsyncOptions, SyncOptions } from '../core/define.js'
import { type Matrix, type MatrixLike, matrix } from '../core/matrix.js'
import { arbitrary, defineSquare } from './solve.define.js'
import { luError } from './solve.error.js'

export interface LuResult<T> {
  /** Lower triangular, with ones on the diagonal; no element is above 1. */
  l: Matrix<T>
  /** Upper triangular. */
  u: Matrix<T>
  /** Row p[i] of the matrix is row i of l · u: NumPy's `a[p] == l @ u`. */
  p: Int32Array<ArrayBuffer>
}

export interface Lu {
  /**
   * The factors of a square matrix with its rows in another order: a[p] = l · u, by partial pivoting, as SciPy's
   * `lu(a, p_indices=True)` but that there l · u has the rows of a where p says.
   *
   * Computed in the type of the elements; |a[p] - l · u| <= 3 · n · eps · (|l| · |u|), element by element. The number
   * of threads changes no bit. CPUs and JavaScript (in f64, rounded at the end) round differently, and may choose
   * other pivots where two are about as large. A singular matrix has factors: a zero on the diagonal of u. NaN and
   * infinity spread.
   *
   * @param a - matrix of n × n: Float64Array or Float32Array
   * @returns `l` and `u`, matrices of the type of `a`, and `p`
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE)
   * @example
   * const { l, u, p } = await lu(matrix(x, 500, 500))
   *
   * Source: S. Toledo, "Locality of reference in LU decomposition with partial pivoting", SIAM J. Matrix Anal. Appl. 18
   * (1997), for the recursion by halves of the columns.
   */
  <T extends Float>(a: MatrixLike<T>, options?: AsyncOptions): Promise<LuResult<Fresh<T>>>
  /** On native threads; blocks the caller until the result is there. See `lu`. */
  sync<T extends Float>(a: MatrixLike<T>, options?: SyncOptions): LuResult<Fresh<T>>
  /** Blocks this thread: the same in plain JavaScript. See `lu`. */
  js<T extends Float>(a: MatrixLike<T>): LuResult<Fresh<T>>
}

export const lu: Lu = /* @__PURE__ */ defineSquare<Lu>({
  name: 'lu',
  summary: 'The lower and upper triangular factors of a square matrix',
  native: 'solve',
  agreement: { bound: 'a[p] = l · u within 3 · n · eps · (|l| · |u|)' },
  error: ([a], result) => luError(a as MatrixLike<Float>, result as LuResult<Float>),
  form: 'lu',
  factors: 1 / 3,
  results: 2,
  finish: ({ arrays }, n) => ({
    l: matrix(arrays[0]!, n, n),
    u: matrix(arrays[1]!, n, n),
    p: arrays[2] as Int32Array,
  }),
  sample: arbitrary,
})
