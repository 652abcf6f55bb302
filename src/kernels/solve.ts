import type { Dtype, Float, Fresh, Same } from '../base/dtypes.js'
import { wrongShape } from '../base/errors.js'
import { readArray, readChoice, readMatrix } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, type SyncOptions } from '../core/define.js'
import { type Matrix, type MatrixLike, matrix } from '../core/matrix.js'
import { uniformArray } from '../core/samples.js'
import type { MatrixValue } from '../engine/values.js'
import {
  dominant,
  readSquare,
  refuseIndefinite,
  refuseSingular,
  SOLVE,
  sampleOrder,
  solveTraffic,
  solveValues,
  solveWork,
} from './solve.define.js'
import { solveError } from './solve.error.js'
import { FORMS, solveTwin } from './solve.twin.js'

export interface SolveOptions {
  /**
   * What is known of `a`, as SciPy's `assume_a`: 'general' (the default), or 'positive definite': symmetric, of which
   * the lower triangle is read, which takes half the time.
   */
  assumeA?: 'general' | 'positive definite' | undefined
}

export interface Solve {
  /**
   * The solution x of a linear system a · x = b, as NumPy's `linalg.solve`; of one for each column where b is a matrix.
   *
   * By the factors of `lu` or `cholesky`, computed in the type of the elements; |a · x - b| <= 3 · n · eps · (|a| · |x| +
   * |b|) in the largest norm (unless partial pivoting itself fails, which contrived matrices alone bring about). The
   * number of threads changes no bit; CPUs and JavaScript (in f64, rounded at the end) round differently. A matrix that
   * is singular but for rounding gives a large x, not an error. NaN and infinity spread.
   *
   * @param a - matrix of n × n: Float64Array or Float32Array
   * @param b - n numbers, or a matrix of n × m, of the same element type
   * @param options - `assumeA`
   * @returns x, of the shape of b: a TypedArray or a matrix, of the type of `a`
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_SINGULAR,
   * ERR_OFFLOOP_NOT_POSITIVE_DEFINITE)
   * @example
   * const x = await solve(matrix(a, 500, 500), b)
   *
   * Source: as `lu`.
   */
  <T extends Float>(a: MatrixLike<T>, b: Same<T>, options?: AsyncOptions & SolveOptions): Promise<Fresh<T>>
  <T extends Float>(
    a: MatrixLike<T>,
    b: MatrixLike<Same<T>>,
    options?: AsyncOptions & SolveOptions,
  ): Promise<Matrix<Fresh<T>>>
  /** On native threads; blocks the caller until the result is there. See `solve`. */
  sync<T extends Float>(a: MatrixLike<T>, b: Same<T>, options?: SyncOptions & SolveOptions): Fresh<T>
  sync<T extends Float>(
    a: MatrixLike<T>,
    b: MatrixLike<Same<T>>,
    options?: SyncOptions & SolveOptions,
  ): Matrix<Fresh<T>>
  /** Blocks this thread: the same in plain JavaScript. See `solve`. */
  js<T extends Float>(a: MatrixLike<T>, b: Same<T>, options?: SolveOptions): Fresh<T>
  js<T extends Float>(a: MatrixLike<T>, b: MatrixLike<Same<T>>, options?: SolveOptions): Matrix<Fresh<T>>
}

const KINDS = ['general', 'positive definite'] as const

export const solve: Solve = /* @__PURE__ */ defineKernel<Solve>({
  name: 'solve',
  summary: 'The solution of a system of linear equations',
  agreement: { bound: '|a · x - b| <= 3 · n · eps · (|a| · |x| + |b|)' },
  error([a, b, options], result) {
    const { assumeA } = (options ?? {}) as SolveOptions
    return solveError(
      a as MatrixLike<Float>,
      b as MatrixLike<Float> | Float,
      result as Matrix<Float> | Float,
      assumeA === 'positive definite',
    )
  },
  arity: 2,
  options: ['assumeA'],
  instances: SOLVE,
  check([first, second], options) {
    const a = readSquare(first)
    const { dtype, rows: n } = a
    const vector = ArrayBuffer.isView(second)
    if (vector) readArray('b', second, [dtype])
    const b: MatrixValue = vector
      ? {
          kind: 'matrix',
          array: second as Float,
          rows: (second as Float).length,
          cols: 1,
          rowStride: 1,
          colStride: 1,
          offset: 0,
        }
      : readMatrix('b', second, [dtype])
    if (b.rows !== n) throw wrongShape('b', `${n} ${vector ? 'elements' : 'rows'}, as \`a\` has rows,`, `${b.rows}`)
    const positive = options.assumeA !== undefined && readChoice('assumeA', options.assumeA, KINDS) === 1
    const form = positive ? FORMS.solvePositive : FORMS.solve
    return {
      instance: dtype,
      values: solveValues(a, form, b, [n * b.cols]),
      work: solveWork(dtype, n, positive ? 1 / 6 : 1 / 3, b.cols),
      tiny: n < 2,
      finish(outputs) {
        if (positive) refuseIndefinite(outputs)
        else refuseSingular(outputs, n)
        const x = outputs.arrays[0]!
        return vector ? x : matrix(x, n, b.cols)
      },
    }
  },
  twin: solveTwin,
  samples(dtype, size, random) {
    const n = sampleOrder(size)
    const a = dominant(dtype, n, random)
    const columns = size % 3
    const b = uniformArray(dtype as Dtype, n * Math.max(1, columns), random, -1, 1)
    return [a, columns === 0 ? b : matrix(b, n, columns)]
  },
  traffic: (call) => solveTraffic(1 / 3, call),
})
