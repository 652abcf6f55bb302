/** How wrong factors, solutions, inverses and determinants are, as a share of what is promised. */
import type { Matrix, MatrixLike } from '../core/matrix.js'
import { dense, factorLu, solveDense } from './solve.twin.js'

type Floats = Float64Array | Float32Array
type Given = MatrixLike<Floats>

/** The steps of n terms that are allowed for one. */
const SLACK = 3

function limits(data: Floats): { eps: number; tiny: number } {
  return data instanceof Float64Array ? { eps: 2 ** -52, tiny: 2 ** -1074 } : { eps: 2 ** -23, tiny: 2 ** -149 }
}

function copyOf({ data, shape, strides, stride, offset = 0 }: Given): Float64Array {
  const [rows, cols] = shape as [number, number]
  const [rowStride, colStride] = (strides ?? stride ?? [cols, 1]) as [number, number]
  return dense({ data, rows, cols, rowStride, colStride, offset })
}

/** The largest sum of the sizes of a row's elements. */
function normOf(a: Floats, rows: number, cols: number): number {
  let most = 0
  for (let i = 0; i < rows; i++) {
    let sum = 0
    for (let j = 0; j < cols; j++) sum += Math.abs(a[i * cols + j]!)
    if (!(sum <= most)) most = sum
  }
  return most
}

/** |value| of what is allowed, 0 where there is neither; what is worse than all before, or NaN. */
function worse(worst: number, value: number, allowed: number): number {
  const share = value === 0 ? 0 : Math.abs(value) / allowed
  return share <= worst ? worst : share
}

/** Element by element: |X·Y - A| against 3 · n · eps · |X|·|Y|, where X is lower triangular and Y upper. */
function productError(a: Float64Array, x: Floats, y: Floats, n: number, whole: boolean): number {
  const { eps, tiny } = limits(x)
  let largest = 1
  for (let i = 0; i < n * n; i++) largest = Math.max(largest, Math.abs(y[i]!))
  let worst = 0
  const [row, sizes] = [new Float64Array(n), new Float64Array(n)]
  for (let i = 0; i < n; i++) {
    row.fill(0)
    sizes.fill(0)
    for (let k = 0; k <= i; k++) {
      const by = x[i * n + k]!
      for (let j = k; j < n; j++) {
        const term = by * y[k * n + j]!
        row[j] = row[j]! + term
        sizes[j] = sizes[j]! + Math.abs(term)
      }
    }
    for (let j = whole ? 0 : i; j < n; j++) {
      worst = worse(worst, row[j]! - a[i * n + j]!, SLACK * n * (eps * sizes[j]! + tiny * largest))
    }
  }
  return worst
}

export function luError(given: Given, { l, u, p }: { l: Matrix<Floats>; u: Matrix<Floats>; p: Int32Array }): number {
  const n = given.shape[0]!
  const a = copyOf(given)
  const moved = new Float64Array(n * n)
  const seen = new Set<number>()
  for (let i = 0; i < n; i++) {
    const row = p[i]!
    if (!(row >= 0 && row < n) || seen.has(row)) return Number.NaN
    seen.add(row)
    moved.set(a.subarray(row * n, row * n + n), i * n)
    for (let j = 0; j < n; j++) {
      const [below, above] = [l.data[i * n + j]!, u.data[i * n + j]!]
      if (j < i ? above !== 0 || Math.abs(below) > 1 + 1e-6 : below !== (i === j ? 1 : 0)) return Number.NaN
    }
  }
  return productError(moved, l.data, u.data, n, true)
}

export function choleskyError(given: Given, { data }: Matrix<Floats>): number {
  const n = given.shape[0]!
  const turned = new Float64Array(n * n)
  const symmetric = copyOf(given)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (j > i && data[i * n + j] !== 0) return Number.NaN
      turned[j * n + i] = data[i * n + j]!
      if (j > i) symmetric[i * n + j] = symmetric[j * n + i]!
    }
  }
  return productError(symmetric, data, turned as Floats, n, false)
}

/** Whether a solution, or a division by a pivot on the way to it, leaves the range of the type. */
function overflows(a: Float64Array, b: Float64Array, n: number, single: boolean): boolean {
  const factors = a.slice()
  factorLu(factors, n, new Int32Array(n))
  for (let i = 0; i < n; i++) if (Math.abs(factors[i * n + i]!) < (single ? 1e-25 : 1e-290)) return true
  // In doubles, and with room for the powers of two that the right side is made smaller by.
  const smaller = 2 ** -600
  const largest = ((single ? 2 ** 120 : 2 ** 1016) * smaller) / Math.max(1, normOf(a, n, n))
  return solveDense(
    a,
    b.map((value) => value * smaller),
    n,
  ).some((value) => !(Math.abs(value) < largest))
}

/** |A·X - B| by norms, column by column: against 3 · n · eps · (|A|·|x| + |b|). */
function residualError(a: Float64Array, x: Floats, b: Float64Array, n: number, m: number): number {
  const { eps, tiny } = limits(x)
  const norm = normOf(a, n, n)
  const rest = new Float64Array(n * m)
  for (let i = 0; i < n * m; i++) rest[i] = -b[i]!
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const by = a[i * n + k]!
      for (let j = 0, [to, from] = [i * m, k * m]; j < m; j++, to++, from++) rest[to] = rest[to]! + by * x[from]!
    }
  }
  let worst = 0
  for (let j = 0; j < m; j++) {
    let [far, size, given] = [0, 0, 0]
    for (let at = j; at < n * m; at += m) {
      const value = Math.abs(rest[at]!)
      if (!(value <= far)) far = value
      size = Math.max(size, Math.abs(x[at]!))
      given = Math.max(given, Math.abs(b[at]!))
    }
    worst = worse(worst, far, SLACK * n * (eps * (norm * size + given) + tiny * (norm + size)))
  }
  return worst
}

/** A matrix whose upper triangle is what its lower one is. */
function mirrored(a: Float64Array, n: number): Float64Array {
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a[j * n + i] = a[i * n + j]!
  return a
}

export function solveError(
  given: Given,
  right: Given | Floats,
  result: Matrix<Floats> | Floats,
  lower: boolean,
): number {
  const n = given.shape[0]!
  const a = lower ? mirrored(copyOf(given), n) : copyOf(given)
  const b = ArrayBuffer.isView(right) ? Float64Array.from(right) : copyOf(right)
  const x = ArrayBuffer.isView(result) ? result : result.data
  if (x.length !== b.length) return Number.NaN
  const error = residualError(a, x, b, n, n === 0 ? 0 : b.length / n)
  return Number.isNaN(error) && overflows(a, b, n, x instanceof Float32Array) ? 0 : error
}

export function inverseError(given: Given, { data }: Matrix<Floats>): number {
  const n = given.shape[0]!
  const a = copyOf(given)
  const one = new Float64Array(n * n)
  for (let i = 0; i < n; i++) one[i * n + i] = 1
  const error = residualError(a, data, one, n, n)
  return Number.isNaN(error) && overflows(a, one, n, data instanceof Float32Array) ? 0 : error
}

/**
 * Between two determinants of the same matrix, each of which is that of one with rows that differ by 3 · n · eps of
 * their length: by the theorem of Hadamard at most n times that of the product of the lengths.
 */
export function determinantError(given: Given, result: number, reference: number): number {
  const n = given.shape[0]!
  const a = copyOf(given)
  const { eps, tiny } = limits(given.data)
  let product = 1
  for (let i = 0; i < n; i++) {
    let sum = 0
    for (let j = 0; j < n; j++) sum += a[i * n + j]! ** 2
    product *= Math.sqrt(sum)
  }
  if (Object.is(result, reference)) return 0
  return worse(0, result - reference, SLACK * n * (n + 1) * eps * product + 2 * tiny)
}
