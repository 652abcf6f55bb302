import type { Dtype, Float, Fresh, Same } from '../base/dtypes.js'
import { wrongShape } from '../base/errors.js'
import { readArray, readMatrix, readOut } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, instancesOf, type SyncOptions } from '../core/define.js'
import { type MatrixLike, matrix } from '../core/matrix.js'
import { randomArray } from '../core/samples.js'
import type { InValue, MatrixArgument, MatrixValue } from '../engine/values.js'

type None = { out?: undefined }

export interface Matvec {
  /**
   * A matrix times a vector: for each row, the sum of its products with the elements of x.
   *
   * Summed in the type of the elements, by fused multiply-adds where the CPU has them; the number of threads changes no
   * bit. Within 3 · k · eps · (|A| · |x|) of the real result and of JavaScript's, for k columns. The transpose of a
   * matrix, `{ data, shape: [cols, rows], strides: [1, cols] }`, is as quick.
   *
   * @param a - matrix of m × k: Float64Array or Float32Array
   * @param x - k elements of the same type
   * @param options - `out`: where the result goes, m elements
   * @returns an array of m elements
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
   * @example
   * const scores = await matvec(matrix(vectors, 200_000, 384), query)
   *
   * Source: J. Dongarra et al., "An extended set of Fortran Basic Linear Algebra Subprograms", ACM Trans. Math.
   * Softw. 14 (1988): gemv.
   */
  <T extends Float>(a: MatrixLike<T>, x: T, options?: AsyncOptions & None): Promise<Fresh<T>>
  <T extends Float, O extends Same<T>>(a: MatrixLike<T>, x: T, options: AsyncOptions & { out: O }): Promise<O>
  /** On native threads; blocks the caller until the result is there. See `matvec`. */
  sync<T extends Float>(a: MatrixLike<T>, x: T, options?: SyncOptions & None): Fresh<T>
  sync<T extends Float, O extends Same<T>>(a: MatrixLike<T>, x: T, options: SyncOptions & { out: O }): O
  /** Blocks this thread: the same in plain JavaScript. See `matvec`. */
  js<T extends Float>(a: MatrixLike<T>, x: T, options?: None): Fresh<T>
  js<T extends Float, O extends Same<T>>(a: MatrixLike<T>, x: T, options: { out: O }): O
}

const DTYPES = ['f64', 'f32'] as const

/** In f64, four sums at a time, whatever the elements. */
function matvecTwin(a: MatrixArgument<Float64Array | Float32Array>, x: Float64Array, out: Float64Array): void {
  const { data, cols, colStride } = a
  const whole = cols - (cols % 4)
  for (let i = 0; i < a.rows; i++) {
    let [s0, s1, s2, s3] = [0, 0, 0, 0]
    let at = a.offset + i * a.rowStride
    for (let j = 0; j < whole; j += 4, at += 4 * colStride) {
      s0 += data[at]! * x[j]!
      s1 += data[at + colStride]! * x[j + 1]!
      s2 += data[at + 2 * colStride]! * x[j + 2]!
      s3 += data[at + 3 * colStride]! * x[j + 3]!
    }
    for (let j = whole; j < cols; j++, at += colStride) s0 += data[at]! * x[j]!
    out[i] = s0 + s1 + (s2 + s3)
  }
}

export const matvec: Matvec = /* @__PURE__ */ defineKernel<Matvec>({
  name: 'matvec',
  summary: 'A matrix times a vector',
  agreement: { bound: '3 · k · eps · (|A| · |x|)', norm: 4000 },
  arity: 2,
  options: ['out'],
  instances: instancesOf(DTYPES, 'matrix:$ in:$ out:$'),
  check([first, x], options) {
    const a = readMatrix('a', first, DTYPES)
    const { dtype, rows, cols } = a
    readArray('x', x, [dtype])
    const vector = x as InValue['array']
    if (vector.length !== cols) throw wrongShape('x', `${cols} elements, as \`a\` has columns,`, `${vector.length}`)
    const out = readOut('out', options.out, dtype, rows, [a.array, vector], false)
    const bytes = rows * cols * a.array.BYTES_PER_ELEMENT
    return {
      instance: dtype,
      values: [a, { kind: 'in', array: vector }, { kind: 'out', dtype, length: rows, array: out }],
      work: 2500 + rows * 3 + bytes * (bytes > 4e6 ? 0.06 : 0.03),
      finish: ({ arrays }) => arrays[0]!,
    }
  },
  twin: matvecTwin,
  samples(dtype, size, random) {
    const cols = size < 60_000 ? 1 + (size % 197) : 300
    const rows = Math.round(size / cols)
    const kind = dtype as Dtype
    return [matrix(randomArray(kind, rows * cols, random), rows, cols), randomArray(kind, cols, random)]
  },
  traffic({ values }) {
    const { rows, cols, array } = values[0] as MatrixValue
    return { bytes: (rows * cols + rows + cols) * array.BYTES_PER_ELEMENT, flops: 2 * rows * cols }
  },
})
