/** Eigenvalues and eigenvectors of symmetric matrices in plain JavaScript. */

/** What stops an eigensolver; 0 for a result. */
export const NOT_FINITE = 1
export const NO_END = 2

const EPS = 2 ** -53
const TINY = 1e-140
const MOST_SWEEPS = 64

/** The power of two that brings `x` into [1, 2), as an exponent; 0 for 0. */
function exponentOf(x: number): number {
  if (x === 0) return 0
  const guess = Math.floor(Math.log2(x))
  return -guess
}

/** x · 2ᵏ in two steps, neither of which can overflow where the result does not. */
const scaled = (x: number, k: number): number => x * 2 ** Math.trunc(k / 2) * 2 ** (k - Math.trunc(k / 2))

/**
 * Householder's reflections: the matrix, of which the triangle right of the diagonal is read, becomes tridiagonal. Row j
 * of `a` is then the j-th reflection's vector, from j + 1 on.
 */
function tridiagonal(a: Float64Array, n: number, d: Float64Array, e: Float64Array, tau: Float64Array): void {
  const w = new Float64Array(n)
  for (let j = 0; j < n; j++) {
    const row = j * n
    d[j] = a[row + j]!
    if (j + 1 === n) break
    const alpha = a[row + j + 1]!
    let rest = 0
    for (let c = row + j + 2; c < row + n; c++) rest += a[c]! * a[c]!
    e[j] = alpha
    if (!(rest > TINY * TINY)) continue
    const norm = Math.sqrt(alpha * alpha + rest)
    const beta = alpha < 0 ? norm : -norm
    const by = 1 / (alpha - beta)
    const t = (beta - alpha) / beta
    e[j] = beta
    tau[j] = t
    a[row + j + 1] = 1
    for (let c = row + j + 2; c < row + n; c++) a[c]! *= by
    w.fill(0)
    for (let i = j + 1; i < n; i++) {
      const v = a[row + i]!
      let sum = a[i * n + i]! * v
      for (let c = i + 1, at = i * n + c; c < n; c++, at++) {
        sum += a[at]! * a[row + c]!
        w[c]! += a[at]! * v
      }
      w[i]! += sum
    }
    let both = 0
    for (let i = j + 1; i < n; i++) both += w[i]! * a[row + i]!
    for (let i = j + 1; i < n; i++) w[i] = t * (w[i]! - (t / 2) * both * a[row + i]!)
    for (let i = j + 1; i < n; i++) {
      const v = a[row + i]!
      const u = w[i]!
      for (let c = i, at = i * n + c; c < n; c++, at++) a[at]! -= v * w[c]! + u * a[row + c]!
    }
  }
}

/** Rows: the columns of the product of the reflections. */
function product(a: Float64Array, n: number, tau: Float64Array): Float64Array {
  const rows = new Float64Array(n * n)
  for (let i = 0; i < n; i++) rows[i * n + i] = 1
  for (let j = n - 3; j >= 0; j--) {
    const t = tau[j]!
    if (t === 0) continue
    const vector = a.subarray(j * n, j * n + n)
    for (let r = j + 1; r < n; r++) {
      const row = rows.subarray(r * n, r * n + n)
      let sum = 0
      for (let c = j + 1; c < n; c++) sum += row[c]! * vector[c]!
      sum *= t
      for (let c = j + 1; c < n; c++) row[c]! -= sum * vector[c]!
    }
  }
  return rows
}

/** Implicit QL steps (Dubrulle, Martin & Wilkinson, Numer. Math. 12, 1968). False if a value does not come out. */
function ql(d: Float64Array, e: Float64Array, n: number, rows: Float64Array | undefined): boolean {
  let noise = 0
  for (let i = 0; i < n; i++) noise = Math.max(noise, EPS * (Math.abs(d[i]!) + Math.abs(e[i]!)))
  noise += TINY
  for (let at = 0, sweeps = 0; at < n; ) {
    let m = at
    while (m + 1 < n && Math.abs(e[m]!) > noise) m++
    if (m === at) {
      at++
      sweeps = 0
      continue
    }
    if (++sweeps > MOST_SWEEPS) return false
    const half = (d[at + 1]! - d[at]!) / (2 * e[at]!)
    const root = Math.sqrt(half * half + 1)
    let g = d[m]! - d[at]! + e[at]! / (half < 0 ? half - root : half + root)
    let [s, c, p] = [1, 1, 0]
    let broken = false
    for (let i = m - 1; i >= at; i--) {
      const f = s * e[i]!
      const b = c * e[i]!
      const square = f * f + g * g
      const r = square > TINY * TINY ? Math.sqrt(square) : Math.hypot(f, g)
      e[i + 1] = r
      if (r === 0) {
        d[i + 1]! -= p
        broken = true
        break
      }
      s = f / r
      c = g / r
      g = d[i + 1]! - p
      const t = (d[i]! - g) * s + 2 * c * b
      p = s * t
      d[i + 1] = g + p
      g = c * t - b
      if (rows === undefined) continue
      for (let k = i * n, next = k + n, end = next; k < end; k++, next++) {
        const x = rows[next]!
        const y = rows[k]!
        rows[next] = c * x + s * y
        rows[k] = c * y - s * x
      }
    }
    if (!broken) {
      d[at]! -= p
      e[at] = g
    }
    e[m] = 0
  }
  return true
}

export interface Eigen {
  /** 0, NOT_FINITE or NO_END; without a result then. */
  readonly outcome: number
  /** By rising size. */
  readonly values: Float64Array
  /** The vector of the i-th value is row `order[i]`. */
  readonly rows: Float64Array | undefined
  readonly order: Uint32Array
}

/** Of n × n elements whose triangle right of the diagonal is read; they are overwritten. */
export function eigen(a: Float64Array, n: number, vectors: boolean): Eigen {
  let largest = 0
  let nothing = 0
  for (let i = 0; i < n; i++) {
    for (let c = i * n + i; c < i * n + n; c++) {
      largest = Math.max(largest, Math.abs(a[c]!))
      nothing += a[c]! * 0
    }
  }
  const values = new Float64Array(n)
  const order = new Uint32Array(n)
  if (nothing !== 0) return { outcome: NOT_FINITE, values, rows: undefined, order }
  const k = exponentOf(largest)
  if (k !== 0) for (let i = 0; i < n * n; i++) a[i] = scaled(a[i]!, k)
  const d = new Float64Array(n)
  const e = new Float64Array(n + 1)
  const tau = new Float64Array(n)
  tridiagonal(a, n, d, e, tau)
  const rows = vectors ? product(a, n, tau) : undefined
  if (!ql(d, e, n, rows)) return { outcome: NO_END, values, rows, order }
  for (let i = 0; i < n; i++) order[i] = i
  order.sort((x, y) => d[x]! - d[y]! || x - y)
  for (let i = 0; i < n; i++) values[i] = scaled(d[order[i]!]!, -k)
  return { outcome: 0, values, rows, order }
}
