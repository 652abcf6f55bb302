/** Singular values and vectors in plain JavaScript: Golub & Reinsch's algorithm, Numer. Math. 14 (1970). */
import type { Float } from '../base/dtypes.js'
import type { MatrixArgument } from '../engine/values.js'

type Operand = MatrixArgument<Float>

/** A column of numbers beside each other: `length` of them from `at`. */
function dot(x: Float64Array, at: number, y: Float64Array, from: number, length: number): number {
  let [even, odd] = [0, 0]
  let i = 0
  for (; i + 1 < length; i += 2) {
    even += x[at + i]! * y[from + i]!
    odd += x[at + i + 1]! * y[from + i + 1]!
  }
  return (i < length ? even + x[at + i]! * y[from + i]! : even) + odd
}

/** x += by · y */
function addTo(x: Float64Array, at: number, by: number, y: Float64Array, from: number, length: number): void {
  for (let i = 0; i < length; i++) x[at + i]! += by * y[from + i]!
}

/** Rows p and q of a matrix, turned: (c·p + s·q, c·q − s·p). */
function turn(rows: Float64Array | undefined, n: number, p: number, q: number, c: number, s: number): void {
  if (rows === undefined) return
  for (let i = p * n, j = q * n, end = i + n; i < end; i++, j++) {
    const x = rows[i]!
    const y = rows[j]!
    rows[i] = c * x + s * y
    rows[j] = c * y - s * x
  }
}

/** Σ x², with what its rounding takes off: missing from all reflections alike, that would add up (Neumaier, 1974). */
function squares(x: Float64Array, at: number, length: number): number {
  let [sum, rest] = [0, 0]
  for (let i = at; i < at + length; i++) {
    const square = x[i]! * x[i]!
    const next = sum + square
    rest += sum >= square ? sum - next + square : square - next + sum
    sum = next
  }
  return sum + rest
}

/** Makes x (`length` numbers from `at`) the vector of the reflection that takes it to (beta, 0, …): [beta, tau]. */
function reflect(x: Float64Array, at: number, length: number): [number, number] {
  const alpha = x[at]!
  const rest = squares(x, at + 1, length - 1)
  x[at] = 1
  if (!(rest > 1e-250)) {
    x.fill(0, at + 1, at + length)
    return [alpha, 0]
  }
  const norm = Math.sqrt(alpha * alpha + rest)
  const beta = alpha > 0 ? -norm : norm
  const inverse = 1 / (alpha - beta)
  for (let i = 1; i < length; i++) x[at + i]! *= inverse
  return [beta, (beta - alpha) / beta]
}

interface Bidiagonal {
  readonly d: Float64Array
  readonly e: Float64Array
  /** Reflections of the rows of A, each of m numbers, and of its columns, of n. */
  readonly left: Float64Array
  readonly right: Float64Array
  readonly tauLeft: Float64Array
  readonly tauRight: Float64Array
}

/** `a` is m × n, m >= n, column by column. */
function bidiagonal(a: Float64Array, m: number, n: number): Bidiagonal {
  const [d, e, tauLeft, tauRight] = [0, 1, 2, 3].map(() => new Float64Array(n)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ]
  const right = new Float64Array(n * n)
  const product = new Float64Array(m)
  for (let k = 0; k < n; k++) {
    const at = k * m + k
    const length = m - k
    const [diagonal, tau] = reflect(a, at, length)
    d[k] = diagonal
    tauLeft[k] = tau
    const row = k * n
    for (let c = k + 1; c < n; c++) {
      const column = c * m + k
      if (tau !== 0) addTo(a, column, -tau * dot(a, column, a, at, length), a, at, length)
      right[row + c] = a[column]!
    }
    a.fill(0, k * m, at)
    if (k + 1 === n) break
    const [beside, by] = reflect(right, row + k + 1, n - k - 1)
    e[k] = beside
    tauRight[k] = by
    if (by === 0) continue
    product.fill(0)
    for (let c = k + 1; c < n; c++) addTo(product, k + 1, right[row + c]!, a, c * m + k + 1, length - 1)
    for (let c = k + 1; c < n; c++) addTo(a, c * m + k + 1, -by * right[row + c]!, product, k + 1, length - 1)
  }
  return { d, e, left: a, right, tauLeft, tauRight }
}

/** The singular values of a bidiagonal matrix in place of `d`, of either sign; false if they are not found. */
function diagonalise(d: Float64Array, e: Float64Array, u?: Float64Array, v?: Float64Array): boolean {
  const n = d.length
  const eps = 2 ** -52
  let norm = 0
  for (let i = 0; i < n; i++) norm = Math.max(norm, Math.abs(d[i]!), Math.abs(e[i]!))
  const least = eps * norm
  let steps = 60 * n + 60
  for (let high = n - 1; high > 0; ) {
    let low = high
    let zero = Math.abs(d[high]!) <= least ? high : -1
    for (; low > 0; low--) {
      const beside = Math.abs(e[low - 1]!)
      if (beside <= eps * (Math.abs(d[low - 1]!) + Math.abs(d[low]!)) || beside <= least * eps) {
        e[low - 1] = 0
        break
      }
      if (zero < 0 && Math.abs(d[low - 1]!) <= least) zero = low - 1
    }
    if (low === high) {
      high--
      continue
    }
    if (steps-- === 0) return false
    if (zero === high) zeroColumn(d, e, low, high, n, v)
    else if (zero >= low) zeroRow(d, e, zero, high, n, u)
    else step(d, e, low, high, n, u, v)
  }
  return true
}

/** d[i] is nothing: what stands beside it goes down its row. */
function zeroRow(d: Float64Array, e: Float64Array, i: number, high: number, n: number, u?: Float64Array): void {
  let f = e[i]!
  d[i] = 0
  e[i] = 0
  for (let j = i + 1; j <= high && f !== 0; j++) {
    const r = Math.sqrt(d[j]! * d[j]! + f * f)
    const [c, s] = r > 0 ? [d[j]! / r, f / r] : [1, 0]
    d[j] = r
    f = -s * e[j]!
    e[j]! *= c
    turn(u, n, j, i, c, s)
  }
}

/** d[high] is nothing: what stands above it goes up its column. */
function zeroColumn(d: Float64Array, e: Float64Array, low: number, high: number, n: number, v?: Float64Array): void {
  let f = e[high - 1]!
  d[high] = 0
  e[high - 1] = 0
  for (let j = high - 1; j >= low && f !== 0; j--) {
    const r = Math.sqrt(d[j]! * d[j]! + f * f)
    const [c, s] = r > 0 ? [d[j]! / r, f / r] : [1, 0]
    d[j] = r
    if (j > low) {
      f = -s * e[j - 1]!
      e[j - 1]! *= c
    }
    turn(v, n, j, high, c, s)
  }
}

/** A step of the implicit QR algorithm, its shift from the last 2 × 2 of BᵀB. */
function step(
  d: Float64Array,
  e: Float64Array,
  low: number,
  high: number,
  n: number,
  u?: Float64Array,
  v?: Float64Array,
): void {
  const above = high - 1 > low ? e[high - 2]! : 0
  const last = d[high]! * d[high]! + e[high - 1]! * e[high - 1]!
  const half = (d[high - 1]! * d[high - 1]! + above * above - last) / 2
  const corner = d[high - 1]! * e[high - 1]!
  const root = Math.sqrt(half * half + corner * corner)
  const under = half + (half < 0 ? -root : root)
  const shift = under === 0 ? last : last - (corner * corner) / under
  let y = d[low]! * d[low]! - shift
  let z = d[low]! * e[low]!
  for (let k = low; k < high; k++) {
    let r = Math.sqrt(y * y + z * z)
    let c = r > 0 ? y / r : 1
    let s = r > 0 ? z / r : 0
    if (k > low) e[k - 1] = r
    y = c * d[k]! + s * e[k]!
    e[k] = c * e[k]! - s * d[k]!
    z = s * d[k + 1]!
    d[k + 1]! *= c
    turn(v, n, k, k + 1, c, s)
    r = Math.sqrt(y * y + z * z)
    c = r > 0 ? y / r : 1
    s = r > 0 ? z / r : 0
    d[k] = r
    y = c * e[k]! + s * d[k + 1]!
    d[k + 1] = c * d[k + 1]! - s * e[k]!
    if (k + 1 < high) {
      z = s * e[k + 1]!
      e[k + 1]! *= c
    }
    turn(u, n, k, k + 1, c, s)
  }
  e[high - 1] = y
}

/** Each row of `rows` (of `length` numbers) less what the reflections take off it, the last of them first. */
function reflectRows(
  rows: Float64Array,
  count: number,
  length: number,
  by: Float64Array,
  taus: Float64Array,
  shift: number,
): void {
  for (let p = 0; p < count; p++) {
    for (let k = taus.length - 1; k >= 0; k--) {
      const from = k + shift
      if (taus[k] === 0 || from >= length) continue
      const along = dot(rows, p * length + from, by, k * length + from, length - from)
      addTo(rows, p * length + from, -taus[k]! * along, by, k * length + from, length - from)
    }
  }
}

const identity = (n: number): Float64Array => {
  const rows = new Float64Array(n * n)
  for (let i = 0; i < n; i++) rows[i * (n + 1)] = 1
  return rows
}

/** The largest magnitude; not finite if an entry is not. */
function largestOf(x: Float64Array): number {
  let largest = 0
  let wrong = 0
  for (const value of x) {
    wrong += value * 0
    const size = value < 0 ? -value : value
    if (size > largest) largest = size
  }
  return largest + wrong
}

/** U and V row by row or column by column as the native kernel leaves them; `failed[0]` says why there are none. */
export function svdTwin(
  given: Operand,
  vectors: boolean,
  u: Float,
  values: Float,
  vt: Float,
  failed: { f64: Float64Array },
): void {
  const wide = given.rows < given.cols
  const [m, n] = wide ? [given.cols, given.rows] : [given.rows, given.cols]
  const [down, across] = wide ? [given.colStride, given.rowStride] : [given.rowStride, given.colStride]
  failed.f64[0] = 0
  if (n === 0) return
  const a = new Float64Array(m * n)
  for (let c = 0; c < n; c++) {
    for (let i = 0, at = given.offset + c * across; i < m; i++, at += down) a[c * m + i] = given.data[at]!
  }
  const largest = largestOf(a)
  if (!Number.isFinite(largest)) {
    failed.f64[0] = 1
    return
  }
  const exponent = largest === 0 ? 0 : Math.floor(Math.log2(largest))
  const [half, other] = [2 ** Math.trunc(exponent / 2), 2 ** (exponent - Math.trunc(exponent / 2))]
  for (let i = 0; i < a.length; i++) a[i] = a[i]! / half / other
  const { d, e, left, right, tauLeft, tauRight } = bidiagonal(a, m, n)
  const ours = vectors ? identity(n) : undefined
  const theirs = vectors ? identity(n) : undefined
  if (!diagonalise(d, e, ours, theirs)) {
    failed.f64[0] = 2
    return
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((p, q) => Math.abs(d[q]!) - Math.abs(d[p]!))
  for (let p = 0; p < n; p++) values[p] = Math.abs(d[order[p]!]!) * half * other
  if (ours === undefined || theirs === undefined) return
  const tall = new Float64Array(n * m)
  const flat = new Float64Array(n * n)
  for (let p = 0; p < n; p++) {
    const from = order[p]! * n
    const sign = d[order[p]!]! < 0 ? -1 : 1
    for (let i = 0; i < n; i++) {
      tall[p * m + i] = ours[from + i]!
      flat[p * n + i] = sign * theirs[from + i]!
    }
  }
  reflectRows(tall, n, m, left, tauLeft, 0)
  reflectRows(flat, n, n, right, tauRight, 1)
  const [columns, rows, height] = wide ? [flat, tall, n] : [tall, flat, m]
  for (let p = 0; p < n; p++) for (let i = 0; i < height; i++) u[i * n + p] = columns[p * height + i]!
  vt.set(rows)
}

/**
 * How wrong a decomposition is, as a share of what is allowed: how far U·S·Vᵀ is from A, and the vectors from
 * orthogonal, both in the root of the sum of squares and as a share of 8 · (m + n) · eps; values that do not
 * fall or are negative are wrong altogether.
 */
export function svdError(a: Operand, u: Operand, values: Float, vt: Operand): number {
  const [m, n, k] = [a.rows, a.cols, values.length]
  const least = values instanceof Float32Array ? 2 ** -149 : 2 ** -1074
  const allowed = 8 * (m + n) * (values instanceof Float32Array ? 2 ** -23 : 2 ** -52)
  for (let p = 0; p < k; p++) if (!(values[p]! >= 0 && (p === 0 || values[p]! <= values[p - 1]!))) return Number.NaN
  let largest = 0
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      largest = Math.max(largest, Math.abs(a.data[a.offset + i * a.rowStride + j * a.colStride]!))
    }
  }
  const unit = largest === 0 ? 1 : largest
  const left = columnsOf(u)
  const right = columnsOf({ ...vt, rows: vt.cols, cols: vt.rows, rowStride: vt.colStride, colStride: vt.rowStride })
  let [off, size] = [0, 0]
  const row = new Float64Array(n)
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      row[j] = a.data[a.offset + i * a.rowStride + j * a.colStride]! / unit
      size += row[j]! * row[j]!
    }
    for (let p = 0; p < k; p++) addTo(row, 0, -left[p * m + i]! * (values[p]! / unit), right, p * n, n)
    off += dot(row, 0, row, 0, n)
  }
  const apart = Math.sqrt(off) / (allowed * Math.sqrt(size) + (least / unit) * (m + n) || 1)
  return worst(apart, Math.sqrt(skew(left, k, m)) / allowed, Math.sqrt(skew(right, k, n)) / allowed)
}

const worst = (...shares: number[]): number => (shares.some(Number.isNaN) ? Number.NaN : Math.max(...shares))

/** The columns of a matrix, one after the other. */
function columnsOf(matrix: Operand): Float64Array {
  const { rows, cols } = matrix
  const columns = new Float64Array(rows * cols)
  for (let p = 0; p < cols; p++) {
    for (let i = 0, at = matrix.offset + p * matrix.colStride; i < rows; i++, at += matrix.rowStride) {
      columns[p * rows + i] = matrix.data[at]!
    }
  }
  return columns
}

/** The sum of the squares by which the products of vectors with each other differ from 0 and 1. */
function skew(rows: Float64Array, count: number, length: number): number {
  let sum = 0
  for (let p = 0; p < count; p++) {
    for (let q = 0; q <= p; q++) {
      const product = dot(rows, p * length, rows, q * length, length) - (p === q ? 1 : 0)
      sum += (p === q ? 1 : 2) * product * product
    }
  }
  return sum
}
