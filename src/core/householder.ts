/**
 * Householder reflections in plain JavaScript: the twin of native/kernels/householder-inl.h, one column at a time, in
 * f64 whatever the elements. Matrices are arrays whose rows lie one after the other.
 */
import type { TypedArray } from '../base/dtypes.js'
import type { MatrixArgument } from '../engine/values.js'

type Numbers = Exclude<TypedArray, BigInt64Array | BigUint64Array>

/** A power of two that brings a finite x > 0 near 1. */
export const near1 = (x: number): number => 2 ** Math.max(-1022, Math.min(1022, -Math.floor(Math.log2(x))))

/** The rows of a matrix, or of its transpose, one after the other. */
export function rowsOf({ data, offset, rows, cols, rowStride, colStride }: MatrixArgument<Numbers>): Float64Array {
  const copy = new Float64Array(rows * cols)
  for (let i = 0, to = 0; i < rows; i++) {
    for (let j = 0, at = offset + i * rowStride; j < cols; j++, at += colStride) copy[to++] = data[at]!
  }
  return copy
}

/** The largest magnitude; NaN if there is one. */
export function largestOf(a: Float64Array): number {
  let most = 0
  for (let i = 0; i < a.length; i++) {
    const x = Math.abs(a[i]!)
    if (!(x <= most)) most = x
    if (Number.isNaN(x)) return x
  }
  return most
}

/** Multiplies by the power of two that is returned: 1, unless squares might overflow or vanish. */
export function tame(a: Float64Array): number {
  const most = largestOf(a)
  if (most === 0 || !(most < Infinity) || (most <= 2 ** 400 && most >= 2 ** -400)) return 1
  const scale = near1(most)
  for (let i = 0; i < a.length; i++) a[i]! *= scale
  return scale
}

/**
 * The reflection that makes column `j` of rows of n elements zero below row j: its vector takes the column's place, the
 * columns right of it meet it. Returns tau; `sums` has n elements.
 */
export function reflectColumn(a: Float64Array, m: number, n: number, j: number, sums: Float64Array): number {
  const row = j * n
  let square = 0
  for (let at = row + n + j; at < m * n; at += n) square += a[at]! * a[at]!
  let scale = 1
  if (!(square >= 2 ** -900)) {
    let most = 0
    for (let at = row + n + j; at < m * n; at += n) most = Math.max(most, Math.abs(a[at]!))
    if (most === 0) return 0
    most = Math.max(most, Math.abs(a[row + j]!))
    if (most < Infinity) scale = near1(most)
    square = 0
    for (let at = row + n + j; at < m * n; at += n) {
      const x = a[at]! * scale
      a[at] = x
      square += x * x
    }
  }
  const alpha = a[row + j]! * scale
  const norm = Math.sqrt(alpha * alpha + square)
  const beta = alpha < 0 ? norm : -norm
  const tau = (beta - alpha) / beta
  const by = 1 / (alpha - beta)
  for (let at = row + n + j; at < m * n; at += n) a[at]! *= by
  a[row + j] = beta / scale
  meet(a, m, n, j, tau, a, n, j + 1, n, sums)
  return tau
}

/** Columns [from, to) of c, in rows of `pitch` elements, meet the reflection that `reflectColumn` left in `a`. */
function meet(
  a: Float64Array,
  m: number,
  n: number,
  j: number,
  tau: number,
  c: Float64Array,
  pitch: number,
  from: number,
  to: number,
  sums: Float64Array,
): void {
  if (tau === 0 || from >= to) return
  for (let k = from, at = j * pitch + from; k < to; k++, at++) sums[k] = c[at]!
  for (let i = j + 1; i < m; i++) {
    const v = a[i * n + j]!
    for (let k = from, at = i * pitch + from; k < to; k++, at++) sums[k]! += v * c[at]!
  }
  for (let k = from, at = j * pitch + from; k < to; k++, at++) {
    sums[k]! *= tau
    c[at]! -= sums[k]!
  }
  for (let i = j + 1; i < m; i++) {
    const v = a[i * n + j]!
    for (let k = from, at = i * pitch + from; k < to; k++, at++) c[at]! -= v * sums[k]!
  }
}

/** QR in place: R in the upper triangle, below it the vectors of the reflections, whose factors are returned. */
export function factorQr(a: Float64Array, m: number, n: number): Float64Array {
  const tau = new Float64Array(Math.min(m, n))
  const sums = new Float64Array(n)
  for (let j = 0; j < tau.length; j++) tau[j] = reflectColumn(a, m, n, j, sums)
  return tau
}

/** c = Q · c, or Qᵀ · c, for c of m rows of `cols` elements. */
export function applyQ(
  a: Float64Array,
  m: number,
  n: number,
  tau: Float64Array,
  transposed: boolean,
  c: Float64Array,
  cols: number,
): void {
  const sums = new Float64Array(cols)
  for (let step = 0; step < tau.length; step++) {
    const j = transposed ? step : tau.length - 1 - step
    meet(a, m, n, j, tau[j]!, c, cols, 0, cols, sums)
  }
}

/** The first `cols` columns of Q. */
export function formQ(a: Float64Array, m: number, n: number, tau: Float64Array, cols: number): Float64Array {
  const q = new Float64Array(m * cols)
  for (let i = 0; i < Math.min(m, cols); i++) q[i * cols + i] = 1
  const sums = new Float64Array(cols)
  for (let j = tau.length - 1; j >= 0; j--) meet(a, m, n, j, tau[j]!, q, cols, j, cols, sums)
  return q
}
