import { bytesOf, type Dtype, type TypedArray } from '../base/dtypes.js'
import { readMatrix, readOut } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, instancesOf, type SyncOptions } from '../core/define.js'
import { type Matrix, type MatrixLike, matrix } from '../core/matrix.js'
import { randomArray } from '../core/samples.js'
import type { MatrixArgument, MatrixValue } from '../engine/values.js'

type Elements = Exclude<TypedArray, Uint8ClampedArray>
type None = { out?: undefined }
/** A new array of the same kind. */
type Copy<T extends Elements> = ReturnType<T['slice']>

export interface Transpose {
  /**
   * The transpose of a matrix in memory of its own, row by row. Exact: elements are moved, whatever bits they have.
   *
   * Most functions need none: `{ data, shape: [cols, rows], strides: [1, cols] }` is the transpose without a copy.
   *
   * @param x - matrix of any element type but clamped bytes
   * @param options - `out`: where the result goes, apart from `x`
   * @returns a matrix of cols × rows
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
   * @example
   * const columns = await transpose(matrix(rows, 10_000, 384))
   *
   * Source: squares that fit the first cache, M. Lam, E. Rothberg & M. Wolf, ASPLOS IV (1991).
   */
  <T extends Elements>(x: MatrixLike<T>, options?: AsyncOptions & None): Promise<Matrix<Copy<T>>>
  <T extends Elements>(x: MatrixLike<T>, options: AsyncOptions & { out: T }): Promise<Matrix<T>>
  /** On native threads; blocks the caller until the result is there. See `transpose`. */
  sync<T extends Elements>(x: MatrixLike<T>, options?: SyncOptions & None): Matrix<Copy<T>>
  sync<T extends Elements>(x: MatrixLike<T>, options: SyncOptions & { out: T }): Matrix<T>
  /** Blocks this thread: the same in plain JavaScript. See `transpose`. */
  js<T extends Elements>(x: MatrixLike<T>, options?: None): Matrix<Copy<T>>
  js<T extends Elements>(x: MatrixLike<T>, options: { out: T }): Matrix<T>
}

const DTYPES = ['f64', 'f32', 'i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'i64', 'u64'] as const
const SQUARE = 16

function transposeTwin(x: MatrixArgument<Float64Array>, out: Float64Array): void {
  const { data, rows, cols, rowStride, colStride } = x
  for (let j0 = 0; j0 < cols; j0 += SQUARE) {
    const j1 = Math.min(cols, j0 + SQUARE)
    for (let i0 = 0; i0 < rows; i0 += SQUARE) {
      const i1 = Math.min(rows, i0 + SQUARE)
      for (let j = j0; j < j1; j++) {
        let from = x.offset + i0 * rowStride + j * colStride
        for (let i = i0; i < i1; i++, from += rowStride) out[j * rows + i] = data[from]!
      }
    }
  }
}

export const transpose: Transpose = /* @__PURE__ */ defineKernel<Transpose>({
  name: 'transpose',
  summary: 'The transpose of a matrix',
  agreement: 'exact',
  arity: 1,
  options: ['out'],
  instances: instancesOf(DTYPES, 'matrix:$ out:$'),
  check([value], options) {
    const x = readMatrix('x', value, DTYPES)
    const { dtype, rows, cols } = x
    const out = readOut('out', options.out, dtype, rows * cols, [x.array], false)
    return {
      instance: dtype,
      values: [x, { kind: 'out', dtype, length: rows * cols, array: out }],
      work: 1500 + rows * cols * (0.7 + 0.25 * bytesOf(dtype)),
      tiny: rows * cols <= 64,
      finish: ({ arrays }) => matrix(arrays[0]!, cols, rows),
    }
  },
  twin: transposeTwin,
  samples(dtype, size, random) {
    const cols = size < 60_000 ? 1 + (size % 97) : 300
    const rows = Math.round(size / cols)
    return [matrix(randomArray(dtype as Dtype, rows * cols, random), rows, cols)]
  },
  traffic({ values }) {
    const { rows, cols, array } = values[0] as MatrixValue
    return { bytes: 2 * rows * cols * array.BYTES_PER_ELEMENT }
  },
})
