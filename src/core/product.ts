/** Matrix products in plain JavaScript: the twin of native/kernels/gemm-inl.h, pass for pass. */
import type { Dtype, TypedArray } from '../base/dtypes.js'
import type { Agreement, MatrixArgument, MatrixValue, Value } from '../engine/values.js'

type Numbers = Exclude<TypedArray, BigInt64Array | BigUint64Array>
type Operand = MatrixArgument<Numbers>

const FLOATS = 'matrix:$ matrix:$ number number matrix:$? out:$'
/** The instances of the binary's `matmul` for floats. */
export const PRODUCTS: Readonly<Record<'f64' | 'f32', string>> = {
  f64: FLOATS.replaceAll('$', 'f64'),
  f32: FLOATS.replaceAll('$', 'f32'),
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
  const each = dtype === 'f64' ? 0.06 : dtype === 'f32' ? 0.03 : 0.04
  return 3000 + m * n * (k * each + 1) + (m + n) * k * 0.5
}

/** Terms of a sum that are added up from zero before they meet the result, at most: kDepth of the native side. */
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
  out: Float64Array | Float32Array | Int32Array,
): void {
  const [m, n, k] = [a.rows, b.cols, a.cols]
  const single = out instanceof Float32Array
  const whole = out instanceof Int32Array
  const add = single ? singleSums : sums
  const depth = depthOf(k, DEPTHS[single ? 'f32' : whole ? 'i32' : 'f64'])
  const left = new Float64Array((m + 1) * depth)
  const right = new Float64Array(COLUMNS * depth)
  const eight = new Float64Array(8)
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
            const at = row * n + first + column
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
