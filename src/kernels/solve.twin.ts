/** Factors of square matrices in plain JavaScript: the twin of native/kernels/solve.cpp. */
import type { MatrixArgument, Outputs } from '../engine/values.js'

type Floats = Float64Array | Float32Array
type Operand = MatrixArgument<Floats>

export const FORMS = { lu: 0, cholesky: 1, solve: 2, solvePositive: 3, inverse: 4, determinant: 5 } as const

/** A copy, row by row, in 64 bits whatever the elements: what is computed from it is rounded once, at the end. */
export function dense(m: Operand): Float64Array {
  const copy = new Float64Array(m.rows * m.cols)
  for (let i = 0, to = 0; i < m.rows; i++) {
    for (let j = 0, at = m.offset + i * m.rowStride; j < m.cols; j++, at += m.colStride) copy[to++] = m.data[at]!
  }
  return copy
}

/** a[to + j] -= by · b[from + j] for `count` elements. */
function subtract(a: Float64Array, to: number, by: number, b: Float64Array, from: number, count: number): void {
  for (const end = to + count; to < end; to++, from++) a[to] = a[to]! - by * b[from]!
}

function swap(a: Float64Array, x: number, y: number, count: number): void {
  for (const end = x + count; x < end; x++, y++) {
    const value = a[x]!
    a[x] = a[y]!
    a[y] = value
  }
}

/** P·A = L·U in place of A; `rows[i]` becomes the row of A that is row i of P·A. */
export function factorLu(a: Float64Array, n: number, rows: Int32Array): { failed: number; odd: boolean } {
  let failed = -1
  let odd = false
  for (let i = 0; i < n; i++) rows[i] = i
  for (let k = 0; k < n; k++) {
    let pivot = k
    let largest = Math.abs(a[k * n + k]!)
    for (let i = k + 1; i < n; i++) {
      const size = Math.abs(a[i * n + k]!)
      if (!(size > largest)) continue
      largest = size
      pivot = i
    }
    if (pivot !== k) {
      swap(a, k * n, pivot * n, n)
      const row = rows[k]!
      rows[k] = rows[pivot]!
      rows[pivot] = row
      odd = !odd
    }
    const value = a[k * n + k]!
    if (value === 0) {
      if (failed < 0) failed = k
      continue
    }
    for (let i = k + 1; i < n; i++) {
      const by = a[i * n + k]! / value
      a[i * n + k] = by
      subtract(a, i * n + k + 1, by, a, k * n + k + 1, n - k - 1)
    }
  }
  return { failed, odd }
}

/** A = Uᵀ·U in place of the upper triangle of A; the first row without a pivot, or -1. */
function factorCholesky(a: Float64Array, n: number): number {
  for (let i = 0; i < n; i++) {
    const pivot = a[i * n + i]!
    if (!(pivot > 0)) return i
    const root = Math.sqrt(pivot)
    for (let j = i; j < n; j++) a[i * n + j] = a[i * n + j]! / root
    for (let r = i + 1; r < n; r++) subtract(a, r * n + r, a[i * n + r]!, a, i * n + r, n - r)
  }
  return -1
}

/** L·X = B with ones on the diagonal, or with `transposed` Uᵀ·X = B, in place of B, of `m` columns. */
function forward(a: Float64Array, n: number, transposed: boolean, x: Float64Array, m: number): void {
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) subtract(x, i * m, a[transposed ? k * n + i : i * n + k]!, x, k * m, m)
    if (transposed) divide(x, i * m, a[i * n + i]!, m)
  }
}

/** U·X = B in place of B. */
function backward(a: Float64Array, n: number, x: Float64Array, m: number): void {
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) subtract(x, i * m, a[i * n + k]!, x, k * m, m)
    divide(x, i * m, a[i * n + i]!, m)
  }
}

function divide(x: Float64Array, at: number, by: number, count: number): void {
  for (const end = at + count; at < end; at++) x[at] = x[at]! / by
}

const bytes = new DataView(new ArrayBuffer(8))

/** x as a fraction of [1, 2) with a sign, and an exponent; or as it is with 0, for 0, infinity and NaN. */
function split(x: number): [number, number] {
  if (x === 0 || !Number.isFinite(x)) return [x, 0]
  bytes.setFloat64(0, x)
  let power = (bytes.getUint16(0) >> 4) & 0x7ff
  let shift = 1023
  if (power === 0) {
    bytes.setFloat64(0, x * 2 ** 54)
    power = (bytes.getUint16(0) >> 4) & 0x7ff
    shift += 54
  }
  bytes.setUint16(0, (bytes.getUint16(0) & 0x800f) | (1023 << 4))
  return [bytes.getFloat64(0), power - shift]
}

function determine(a: Float64Array, n: number, odd: boolean, f64: Float64Array): void {
  let fraction = odd ? -1 : 1
  let exponent = 0
  for (let i = 0; i < n; i++) {
    const [own, power] = split(a[i * n + i]!)
    const [next, carry] = split(fraction * own)
    fraction = next
    exponent += power + carry
  }
  f64[1] = fraction
  f64[2] = exponent
}

/** fraction · 2^exponent for a fraction of [1, 2), rounded once. */
export function scaled(fraction: number, exponent: number): number {
  if (exponent > 1023) return fraction * Infinity
  if (exponent >= -1074) return fraction * 2 ** exponent
  return exponent === -1075 ? (fraction / 2) * 2 ** -1074 : fraction * 0
}

export function solveTwin(
  given: Operand,
  form: number,
  right: Operand | undefined,
  first: Floats | undefined,
  second: Floats | undefined,
  order: Int32Array | undefined,
  { f64 }: Outputs,
): void {
  const n = given.rows
  const positive = form === FORMS.cholesky || form === FORMS.solvePositive
  // A symmetric matrix is read from its lower triangle, into the upper one.
  const a = dense(positive ? { ...given, rowStride: given.colStride, colStride: given.rowStride } : given)
  const rows = order ?? new Int32Array(n)
  const { failed, odd } = positive ? { failed: factorCholesky(a, n), odd: false } : factorLu(a, n, rows)
  f64[0] = failed + 1
  if (form === FORMS.determinant) determine(a, n, odd, f64)
  if (form === FORMS.lu) giveLu(a, n, first!, second!)
  if (form === FORMS.determinant || form === FORMS.lu || failed >= 0) return
  if (form === FORMS.cholesky) {
    for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) first![i * n + j] = a[j * n + i]!
    return
  }
  if (form === FORMS.inverse) {
    const x = new Float64Array(n * n)
    for (let i = 0; i < n; i++) x[i * n + rows[i]!] = 1
    forward(a, n, false, x, n)
    backward(a, n, x, n)
    first!.set(x)
    return
  }
  const m = right!.cols
  const b = dense(right!)
  const x = positive ? b : new Float64Array(n * m)
  if (!positive) for (let i = 0; i < n; i++) x.set(b.subarray(rows[i]! * m, rows[i]! * m + m), i * m)
  forward(a, n, positive, x, m)
  backward(a, n, x, m)
  first!.set(x)
}

/** X of A·X = B, for an A that is not singular. */
export function solveDense(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const [factors, rows, m] = [a.slice(), new Int32Array(n), b.length / n]
  factorLu(factors, n, rows)
  const x = new Float64Array(n * m)
  for (let i = 0; i < n; i++) x.set(b.subarray(rows[i]! * m, rows[i]! * m + m), i * m)
  forward(factors, n, false, x, m)
  backward(factors, n, x, m)
  return x
}

function giveLu(a: Float64Array, n: number, l: Floats, u: Floats): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) l[i * n + j] = a[i * n + j]!
    l[i * n + i] = 1
    for (let j = i; j < n; j++) u[i * n + j] = a[i * n + j]!
  }
}
