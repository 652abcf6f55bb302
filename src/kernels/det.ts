import type { Float } from '../base/dtypes.js'
import type { AsyncOptions, SyncOptions } from '../core/define.js'
import type { MatrixLike } from '../core/matrix.js'
import { defineSquare, dominant } from './solve.define.js'
import { determinantError } from './solve.error.js'
import { scaled } from './solve.twin.js'

export interface Det {
  /**
   * The determinant of a square matrix, as NumPy's `linalg.det`; 1 for one without rows.
   *
   * The product of the pivots of `lu`, in f64 whatever the elements and with an exponent of its own: infinity or 0 comes
   * out only where the product itself is beyond the range. It is the determinant of a matrix whose elements differ by
   * 3 · n · eps · (|l| · |u|). The number of threads changes no bit; CPUs and JavaScript (in f64) round differently. NaN
   * and infinity spread.
   *
   * @param a - matrix of n × n: Float64Array or Float32Array
   * @returns a number
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE)
   * @example
   * const volume = Math.abs(await det(matrix.from([[1, 2], [3, 4]])))
   *
   * Source: as `lu`.
   */
  (a: MatrixLike<Float>, options?: AsyncOptions): Promise<number>
  /** On native threads; blocks the caller until the result is there. See `det`. */
  sync(a: MatrixLike<Float>, options?: SyncOptions): number
  /** Blocks this thread: the same in plain JavaScript. See `det`. */
  js(a: MatrixLike<Float>): number
}

export const det: Det = /* @__PURE__ */ defineSquare<Det>({
  name: 'det',
  summary: 'The determinant of a square matrix',
  native: 'solve',
  agreement: { bound: '3 · n² · eps of the product of the lengths of the rows' },
  error: ([a], result) => determinantError(a as MatrixLike<Float>, result as number, det.js(a as MatrixLike<Float>)),
  form: 'determinant',
  factors: 1 / 3,
  results: 0,
  finish: ({ f64 }) => scaled(f64[1]!, f64[2]!),
  sample: dominant,
})
