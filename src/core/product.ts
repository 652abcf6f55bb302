/** Matrix products in plain JavaScript: the twin of native/kernels/gemm-inl.h, pass for pass. */
import type { Dtype, TypedArray } from '../base/dtypes.js'
import { wrongShape, wrongType } from '../base/errors.js'
import type { Agreement, MatrixArgument, MatrixValue, Value } from '../engine/values.js'
import { readInteger, readMatrix } from './arguments.js'

type Numbers = Exclude<TypedArray, BigInt64Array | BigUint64Array>
type Operand = MatrixArgument<Numbers>

const FLOATS = 'matrix:$ matrix:$ number number matrix:$? out:$'
/** The instances of the binary's `matmul` for floats. */
export const PRODUCTS: Readonly<Record<'f64' | 'f32', string>> = {
  f64: FLOATS.replaceAll('$', 'f64'),
  f32: FLOATS.replaceAll('$', 'f32'),
}
const STACKS = 'in:$ in:$ in:f64 number number in:$? out:$'
/** Those for many products at once. */
export const STACKED_PRODUCTS: Readonly<Record<'batch-f64' | 'batch-f32', string>> = {
  'batch-f64': STACKS.replaceAll('$', 'f64'),
  'batch-f32': STACKS.replaceAll('$', 'f32'),
}
export const PRODUCT_BOUND: Agreement = { bound: '3 · k · eps · (|A| · |B|)', norm: 4000 }

const ABSENT = { kind: 'absent' } as const
const ONE = { kind: 'number', value: 1 } as const
const ZERO = { kind: 'number', value: 0 } as const

/** The parameters of a · b. */
export function productOf(dtype: Dtype, a: MatrixValue, b: MatrixValue, out: TypedArray | undefined): Value[] {
  return [a, b, ONE, ZERO, ABSENT, { kind: 'out', dtype, length: a.rows * b.cols, array: out }]
}

/** Nanoseconds of a product on one thread, measured. */
export function productWork(dtype: Dtype, m: number, n: number, k: number): number {
  const each = dtype === 'f64' ? 0.06 : dtype === 'f32' ? 0.03 : 0.02
  return 3000 + m * n * (k * each + 1) + (m + n) * k * 0.5
}

/** Terms of a sum that are added up from zero before they meet the result, at most; native code takes more. */
const DEPTHS = { f64: 256, f32: 512, i32: 1024 }
/** Columns of B that are copied at once, and stay in the cache while all rows of A meet them. */
const COLUMNS = 64

function depthOf(k: number, most: number): number {
  const passes = Math.ceil(k / most)
  return passes <= 1 ? k : Math.ceil(Math.ceil(k / passes) / 8) * 8
}

/** Two rows of A and four columns of B, all of `depth` elements side by side: their eight sums to `to`. */
function sums(a: Float64Array, i: number, b: Float64Array, j: number, depth: number, to: Float64Array): void {
  let [s0, s1, s2, s3, t0, t1, t2, t3] = [0, 0, 0, 0, 0, 0, 0, 0]
  const [i1, j1, j2, j3] = [depth, depth, 2 * depth, 3 * depth]
  for (const end = i + depth; i < end; i++, j++) {
    const p = a[i]!
    const q = a[i + i1]!
    const w = b[j]!
    const x = b[j + j1]!
    const y = b[j + j2]!
    const z = b[j + j3]!
    s0 += p * w
    s1 += p * x
    s2 += p * y
    s3 += p * z
    t0 += q * w
    t1 += q * x
    t2 += q * y
    t3 += q * z
  }
  to[0] = s0
  to[1] = s1
  to[2] = s2
  to[3] = s3
  to[4] = t0
  to[5] = t1
  to[6] = t2
  to[7] = t3
}

/** The same in 32-bit floats. The product of two is exact in 64 bits, so that this is a fused step but for one rounding. */
function singleSums(a: Float64Array, i: number, b: Float64Array, j: number, depth: number, to: Float64Array): void {
  const { fround } = Math
  let [s0, s1, s2, s3, t0, t1, t2, t3] = [0, 0, 0, 0, 0, 0, 0, 0]
  const [i1, j1, j2, j3] = [depth, depth, 2 * depth, 3 * depth]
  for (const end = i + depth; i < end; i++, j++) {
    const p = a[i]!
    const q = a[i + i1]!
    const w = b[j]!
    const x = b[j + j1]!
    const y = b[j + j2]!
    const z = b[j + j3]!
    s0 = fround(s0 + p * w)
    s1 = fround(s1 + p * x)
    s2 = fround(s2 + p * y)
    s3 = fround(s3 + p * z)
    t0 = fround(t0 + q * w)
    t1 = fround(t1 + q * x)
    t2 = fround(t2 + q * y)
    t3 = fround(t3 + q * z)
  }
  to[0] = s0
  to[1] = s1
  to[2] = s2
  to[3] = s3
  to[4] = t0
  to[5] = t1
  to[6] = t2
  to[7] = t3
}

/** What a product needs beside its operands: rows of A, columns of B, eight sums. */
interface Room {
  readonly left: Float64Array
  readonly right: Float64Array
  readonly eight: Float64Array
}

type Sums = Float64Array | Float32Array | Int32Array

function depthFor(k: number, out: Sums): number {
  return depthOf(k, DEPTHS[out instanceof Float32Array ? 'f32' : out instanceof Int32Array ? 'i32' : 'f64'])
}

function roomFor(m: number, n: number, depth: number): Room {
  const columns = Math.min(COLUMNS, n + 3)
  return {
    left: new Float64Array((m + 1) * depth),
    right: new Float64Array(columns * depth),
    eight: new Float64Array(8),
  }
}

/**
 * out = alpha · A · B + beta · C, rounded to the type of `out`, whose rows lie one after the other; without `c`, beta is
 * taken for 0. `c` may be the array of `out`.
 */
export function productTwin(
  a: Operand,
  b: Operand,
  alpha: number,
  beta: number,
  c: Operand | undefined,
  out: Sums,
): void {
  const depth = depthFor(a.cols, out)
  productAt(a, b, alpha, beta, c, out, 0, depth, roomFor(a.rows, b.cols, depth))
}

/** The same with the result from `out[base]` on. */
function productAt(
  a: Operand,
  b: Operand,
  alpha: number,
  beta: number,
  c: Operand | undefined,
  out: Sums,
  base: number,
  depth: number,
  { left, right, eight }: Room,
): void {
  const [m, n, k] = [a.rows, b.cols, a.cols]
  const single = out instanceof Float32Array
  const add = single ? singleSums : sums
  const scale = single ? Math.fround(alpha) : alpha
  const keep = single ? Math.fround(beta) : beta
  for (let from = 0; from < k || from === 0; from += depth) {
    const length = Math.min(depth, k - from)
    for (let i = 0; i < m; i++) {
      for (let p = 0, at = a.offset + i * a.rowStride + from * a.colStride; p < length; p++, at += a.colStride) {
        left[i * length + p] = a.data[at]!
      }
    }
    for (let first = 0; first < n; first += COLUMNS) {
      const columns = Math.min(COLUMNS, n - first)
      for (let p = 0; p < length; p++) {
        for (let j = 0, at = b.offset + (from + p) * b.rowStride + first * b.colStride; j < columns; j++) {
          right[j * length + p] = b.data[at]!
          at += b.colStride
        }
      }
      for (let i = 0; i < m; i += 2) {
        for (let j = 0; j < columns; j += 4) {
          add(left, i * length, right, j * length, length, eight)
          for (let e = 0; e < 8; e++) {
            const row = i + (e >> 2)
            const column = j + (e & 3)
            if (row >= m || column >= columns) continue
            const at = base + row * n + first + column
            const product = single ? Math.fround(scale * eight[e]!) : scale * eight[e]!
            if (from > 0) out[at] = product + out[at]!
            else if (c === undefined || keep === 0) out[at] = product
            else {
              const old = keep * c.data[c.offset + row * c.rowStride + (first + column) * c.colStride]!
              out[at] = product + (single ? Math.fround(old) : old)
            }
          }
        }
      }
    }
    if (depth === 0) break
  }
}

// ---- Many products ----

/** Matrices of one shape, one stride apart: 0 where one takes part in every product. */
export interface Stack {
  readonly dtype: Dtype
  readonly array: TypedArray
  readonly count: number
  readonly rows: number
  readonly cols: number
  readonly offset: number
  readonly stride: number
  readonly rowStride: number
  readonly colStride: number
}

/** Matrices as `{ data, shape: [count, rows, cols], strides?, offset? }`, or one of them. */
export function readStack(name: string, value: unknown, dtypes: readonly Dtype[]): Stack {
  if (!isStack(value)) {
    const one = readMatrix(name, value, dtypes)
    return { ...one, count: 1, stride: 0 }
  }
  const { shape, strides = value.stride } = value
  for (const [part, list] of [
    ['shape', shape],
    ['strides', strides],
  ] as const) {
    if (list === undefined) continue
    if (typeof list !== 'object' || list === null || list.length !== 3) {
      throw wrongType(`${name}.${part}`, 'three whole numbers', list)
    }
  }
  const least = -Number.MAX_SAFE_INTEGER
  const at = (part: string, list: ArrayLike<unknown>, i: number, from: number) =>
    readInteger(`${name}.${part}[${i}]`, list[i], from, Number.MAX_SAFE_INTEGER)
  const count = at('shape', shape, 0, 0)
  const [rows, cols] = [at('shape', shape, 1, 0), at('shape', shape, 2, 0)]
  const one = readMatrix(
    name,
    {
      data: value.data,
      shape: count === 0 ? [0, 0] : [rows, cols],
      strides: strides === undefined ? undefined : [at('strides', strides, 1, least), at('strides', strides, 2, least)],
      offset: value.offset,
    },
    dtypes,
  )
  const stride = strides === undefined ? rows * cols : at('strides', strides, 0, least)
  // The first lies within the array: so does the last, then all between them do.
  if (count > 1 && one.rows * one.cols > 0) {
    const last = one.offset + (count - 1) * stride
    const spans = [(one.rows - 1) * one.rowStride, (one.cols - 1) * one.colStride]
    const low = last + Math.min(0, spans[0]!) + Math.min(0, spans[1]!)
    const high = last + Math.max(0, spans[0]!) + Math.max(0, spans[1]!)
    if (low < 0 || high >= one.array.length) {
      const reach = `a reach from ${low} to ${high} in its last matrix`
      throw wrongShape(name, `shape, strides and offset within its ${one.array.length} elements`, reach)
    }
  }
  return { ...one, rows, cols, count, stride: count > 1 ? stride : 0 }
}

interface StackLike {
  readonly data: unknown
  readonly shape: ArrayLike<unknown>
  readonly strides?: ArrayLike<unknown> | undefined
  readonly stride?: ArrayLike<unknown> | undefined
  readonly offset?: unknown
}

/** Whether an operand says that it has three dimensions. */
export function isStack(value: unknown): value is StackLike {
  if (typeof value !== 'object' || value === null) return false
  const { shape } = value as { shape?: unknown }
  return typeof shape === 'object' && shape !== null && (shape as ArrayLike<unknown>).length === 3
}

/** What the binary's `matmul` takes for a layout: the number of products, their shape, and where operands lie. */
export function layoutOf(count: number, a: Stack, b: Stack): Float64Array<ArrayBuffer> {
  const of = ({ offset, stride, rowStride, colStride }: Stack) => [offset, stride, rowStride, colStride]
  return Float64Array.of(count, a.rows, b.cols, a.cols, ...of(a), ...of(b))
}

/** Product i from out[i · m · n] on; `old` is undefined, or the array of `out`. */
export function productsTwin(
  aData: Numbers,
  bData: Numbers,
  layout: Float64Array,
  alpha: number,
  beta: number,
  old: Numbers | undefined,
  out: Sums,
): void {
  const [count, m, n, k, ...where] = layout as unknown as [number, number, number, number, ...number[]]
  const [a, b] = [operand(aData, m, k, where), operand(bData, k, n, where.slice(4))]
  const c = old === undefined ? undefined : { ...operand(old, m, n, [0, m * n, n, 1]) }
  const depth = depthFor(k, out)
  const room = roomFor(m, n, depth)
  for (let i = 0; i < count; i++) {
    productAt(a, b, alpha, beta, c, out, i * m * n, depth, room)
    for (const each of [a, b, c]) if (each !== undefined) each.offset += each.stride
  }
}

function operand(data: Numbers, rows: number, cols: number, where: readonly number[]) {
  const [offset, stride, rowStride, colStride] = where as [number, number, number, number]
  return { data, rows, cols, offset, stride, rowStride, colStride }
}
