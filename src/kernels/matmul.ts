import type { Dtype, Float, Fresh, Same, TypedArray } from '../base/dtypes.js'
import { coded, wrongShape } from '../base/errors.js'
import { type Options, readFinite, readMatrix, readOut } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, type SyncOptions } from '../core/define.js'
import { type Matrix, type MatrixLike, matrix } from '../core/matrix.js'
import {
  isStack,
  layoutOf,
  PRODUCT_BOUND,
  PRODUCTS,
  productsTwin,
  productTwin,
  productWork,
  readStack,
  STACKED_PRODUCTS,
  type Stack,
} from '../core/product.js'
import { randomArray } from '../core/samples.js'
import type { Call, MatrixValue, Outputs, Value } from '../engine/values.js'

type Bytes = Int8Array | Uint8Array
type I32 = Int32Array<ArrayBuffer>

export interface MatmulOptions {
  /** What the product is multiplied by: a finite number, 1 unless given. */
  alpha?: number | undefined
  out?: undefined
  beta?: undefined
}

export interface MatmulInto<O> {
  alpha?: number | undefined
  /** Where the result goes, row by row: as many elements as it has. */
  out: O
  /** What the old contents of `out` are multiplied by before they are added; 0 (the default): they are not read. */
  beta?: number | undefined
}

export interface Matmul {
  /**
   * The product of two matrices: alpha · A · B, or with `out` and `beta`, alpha · A · B + beta · C.
   *
   * Each element is a sum in the order of the common dimension: fused multiply-adds in the type of the elements, from
   * zero for every 256 (f64) or 512 (f32) terms, whose sums are then added. So the number of threads changes no bit;
   * CPUs without fused multiply-adds, and JavaScript, differ within 3 · k · eps · (|A| · |B|), for k terms. Products of
   * bytes are exact: 32-bit integers, modulo 2^32 (which k <= 33,025 never reaches).
   *
   * Many products at once, as in NumPy: an operand of three dimensions, `{ data, shape: [count, m, k], strides? }`, is
   * that many matrices, and the other one as many, or one matrix that takes part in every product. The result has the
   * shape [count, m, n], and each product the bits that it has alone.
   *
   * A transposed operand is a matrix with other strides: `{ data, shape: [n, m], strides: [1, n] }` for the m × n
   * one in `data`. No operand is written, and any may be a strided view.
   *
   * @param a - matrix of m × k, or count of them: Float64Array, Float32Array, Int8Array or Uint8Array
   * @param b - matrix of k × n, of the same element type
   * @param options - `alpha`; `out` and `beta` (floats only)
   * @returns a matrix of m × n, or count of them: of the type of `a`, or 32-bit integers for bytes; over `out` where it was given
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
   * @example
   * const c = await matmul(matrix(x, 1000, 384), matrix(w, 384, 64))
   *
   * Source: F. Van Zee & R. van de Geijn, "BLIS", ACM Trans. Math. Softw. 41 (2015), for the order of the loops.
   */
  <T extends Float>(
    a: MatrixLike<T>,
    b: MatrixLike<T>,
    options?: AsyncOptions & MatmulOptions,
  ): Promise<Matrix<Fresh<T>>>
  <T extends Float, O extends Same<T>>(
    a: MatrixLike<T>,
    b: MatrixLike<T>,
    options: AsyncOptions & MatmulInto<O>,
  ): Promise<Matrix<O>>
  /** Of bytes: exactly, in 32-bit integers. See `matmul`. */
  <T extends Bytes>(
    a: MatrixLike<T>,
    b: MatrixLike<T>,
    options?: AsyncOptions & { out?: undefined },
  ): Promise<Matrix<I32>>
  <T extends Bytes, O extends Int32Array>(
    a: MatrixLike<T>,
    b: MatrixLike<T>,
    options: AsyncOptions & { out: O },
  ): Promise<Matrix<O>>
  /** On native threads; blocks the caller until the result is there. See `matmul`. */
  sync<T extends Float>(a: MatrixLike<T>, b: MatrixLike<T>, options?: SyncOptions & MatmulOptions): Matrix<Fresh<T>>
  sync<T extends Float, O extends Same<T>>(
    a: MatrixLike<T>,
    b: MatrixLike<T>,
    options: SyncOptions & MatmulInto<O>,
  ): Matrix<O>
  sync<T extends Bytes>(a: MatrixLike<T>, b: MatrixLike<T>, options?: SyncOptions & { out?: undefined }): Matrix<I32>
  sync<T extends Bytes, O extends Int32Array>(
    a: MatrixLike<T>,
    b: MatrixLike<T>,
    options: SyncOptions & { out: O },
  ): Matrix<O>
  /** Blocks this thread: the same in plain JavaScript. See `matmul`. */
  js<T extends Float>(a: MatrixLike<T>, b: MatrixLike<T>, options?: MatmulOptions): Matrix<Fresh<T>>
  js<T extends Float, O extends Same<T>>(a: MatrixLike<T>, b: MatrixLike<T>, options: MatmulInto<O>): Matrix<O>
  js<T extends Bytes>(a: MatrixLike<T>, b: MatrixLike<T>, options?: { out?: undefined }): Matrix<I32>
  js<T extends Bytes, O extends Int32Array>(a: MatrixLike<T>, b: MatrixLike<T>, options: { out: O }): Matrix<O>
}

const DTYPES = ['f64', 'f32', 'i8', 'u8'] as const
const BYTES = 'matrix:$ matrix:$ out:i32'
const STACKED_BYTES = 'in:$ in:$ in:f64 out:i32'
const ABSENT = { kind: 'absent' } as const
const ONE = { kind: 'number', value: 1 } as const
const ZERO = { kind: 'number', value: 0 } as const

const number = (name: string, value: unknown, otherwise: typeof ONE | typeof ZERO) =>
  value === undefined ? otherwise : ({ kind: 'number', value: readFinite(name, value) } as const)

/** All parameters but the operands; `old` is how a kernel takes what `out` holds. */
function values(
  dtype: Dtype,
  operands: readonly Value[],
  inputs: readonly TypedArray[],
  length: number,
  options: Options,
  old: (out: TypedArray) => Value,
): Value[] {
  if (dtype === 'i8' || dtype === 'u8') {
    for (const name of ['alpha', 'beta']) {
      if (options[name] !== undefined) {
        throw coded(TypeError, 'ERR_OFFLOOP_OPTION', `Expected \`${name}\` for floats alone but received it for bytes`)
      }
    }
    const out = readOut('out', options.out, 'i32', length, inputs, false)
    return [...operands, { kind: 'out', dtype: 'i32', length, array: out }]
  }
  const alpha = number('alpha', options.alpha, ONE)
  const beta = number('beta', options.beta, ZERO)
  const out = readOut('out', options.out, dtype, length, inputs, false)
  if (beta.value !== 0 && out === undefined) {
    throw coded(TypeError, 'ERR_OFFLOOP_ARG_TYPE', 'Expected `out` beside `beta` but received undefined')
  }
  return [...operands, alpha, beta, beta.value === 0 ? ABSENT : old(out!), { kind: 'out', dtype, length, array: out }]
}

function one(dtype: Dtype, a: MatrixValue, b: MatrixValue, options: Options, finish: Call['finish']): Call {
  const { rows } = a
  const { cols } = b
  return {
    instance: dtype,
    values: values(dtype, [a, b], [a.array, b.array], rows * cols, options, (array) => {
      return { kind: 'matrix', array, rows, cols, rowStride: cols, colStride: 1, offset: 0 }
    }),
    work: productWork(dtype, rows, cols, a.cols),
    finish,
  }
}

function many(first: unknown, second: unknown, options: Options): Call {
  const a = readStack('a', first, DTYPES)
  const b = readStack('b', second, [a.dtype])
  if (a.cols !== b.rows) throw wrongShape('b', `${a.cols} rows, as \`a\` has columns,`, `${b.rows}`)
  const { dtype } = a
  const count = a.count === 1 ? b.count : a.count
  if (b.count !== 1 && b.count !== count) throw wrongShape('b', `${count} matrices, as \`a\` has, or one`, `${b.count}`)
  const [m, n] = [a.rows, b.cols]
  const finish = ({ arrays }: Outputs) => {
    return { data: arrays[0]!, shape: [count, m, n], strides: [m * n, n, 1], offset: 0 }
  }
  if (b.count === 1 && (count === 1 || a.stride === m * a.rowStride)) {
    // Their rows are those of one matrix: one product with the same bits.
    const of = ({ array, cols, offset, rowStride, colStride }: Stack, rows: number): MatrixValue => {
      return { kind: 'matrix', array, rows, cols, offset, rowStride, colStride }
    }
    return one(dtype, of(a, count * m), of(b, b.rows), options, finish)
  }
  const operands: Value[] = [a.array, b.array, layoutOf(count, a, b)].map((array) => ({ kind: 'in', array }))
  return {
    instance: `batch-${dtype}`,
    values: values(dtype, operands, [a.array, b.array], count * m * n, options, (array) => ({ kind: 'in', array })),
    work: count * productWork(dtype, m, n, a.cols) - Math.max(0, count - 1) * 2900,
    finish,
  }
}

export const matmul: Matmul = /* @__PURE__ */ defineKernel<Matmul>({
  name: 'matmul',
  summary: 'The product of two matrices, or of many pairs of them',
  agreement: PRODUCT_BOUND,
  arity: 2,
  options: ['alpha', 'beta', 'out'],
  instances: {
    ...PRODUCTS,
    i8: BYTES.replaceAll('$', 'i8'),
    u8: BYTES.replaceAll('$', 'u8'),
    ...STACKED_PRODUCTS,
    'batch-i8': STACKED_BYTES.replaceAll('$', 'i8'),
    'batch-u8': STACKED_BYTES.replaceAll('$', 'u8'),
  },
  check([first, second], options) {
    if (isStack(first) || isStack(second)) return many(first, second, options)
    const a = readMatrix('a', first, DTYPES)
    const b = readMatrix('b', second, [a.dtype])
    if (a.cols !== b.rows) throw wrongShape('b', `${a.cols} rows, as \`a\` has columns,`, `${b.rows}`)
    return one(a.dtype, a, b, options, ({ arrays }) => matrix(arrays[0]!, a.rows, b.cols))
  },
  twin(a, b, ...rest) {
    if (ArrayBuffer.isView(a)) {
      if (rest.length === 2) productsTwin(a as never, b, rest[0], 1, 0, undefined, rest[1])
      else productsTwin(a as never, b, rest[0], rest[1], rest[2], rest[3], rest[4])
    } else if (rest.length === 1) productTwin(a, b, 1, 0, undefined, rest[0])
    else productTwin(a, b, rest[0], rest[1], rest[2], rest[3])
  },
  samples(dtype, size, random) {
    if (dtype.startsWith('batch-')) {
      const kind = dtype.slice(6) as Dtype
      const [m, k, n] = [1 + (size % 23), 1 + ((size * 3) % 31), 1 + ((size * 7) % 29)]
      const count = Math.min(2000, Math.ceil(size / (m * k)))
      const stack = (rows: number, cols: number) => {
        return { data: randomArray(kind, count * rows * cols, random), shape: [count, rows, cols] }
      }
      return [stack(m, k), stack(k, n)]
    }
    const [k, n] = size < 60_000 ? [1 + (size % 97), 1 + ((size * 7) % 61)] : [64, 64]
    const m = Math.round(size / k)
    const kind = dtype as Dtype
    return [matrix(randomArray(kind, m * k, random), m, k), matrix(randomArray(kind, k * n, random), k, n)]
  },
  traffic({ instance, values }) {
    if (instance.startsWith('batch-')) {
      const [count, m, n, k] = (values[2] as { array: Float64Array }).array as unknown as number[]
      const [a, b] = values as unknown as [{ array: TypedArray }, { array: TypedArray }]
      const bytes = a.array.byteLength + b.array.byteLength
      const each = Math.max(a.array.BYTES_PER_ELEMENT, 4)
      return { bytes: bytes + count! * m! * n! * each, flops: 2 * count! * m! * n! * k! }
    }
    const [a, b] = values as unknown as [MatrixValue, MatrixValue]
    const [m, n, k] = [a.rows, b.cols, a.cols]
    const bytes = a.array.BYTES_PER_ELEMENT
    return { bytes: (m * k + k * n) * bytes + m * n * Math.max(bytes, 4), flops: 2 * m * n * k }
  },
})
