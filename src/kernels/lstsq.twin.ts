/** Least squares in plain JavaScript: what native/kernels/lstsq-inl.h computes, with pivoting from the start, in f64. */
import type { TypedArray } from '../base/dtypes.js'
import { applyQ, factorQr, largestOf, reflectColumn, rowsOf, tame } from '../core/householder.js'
import type { MatrixArgument } from '../engine/values.js'

type Operand = MatrixArgument<Exclude<TypedArray, BigInt64Array | BigUint64Array>>

/** The largest and smallest singular value of a growing triangle, estimated (Bischof, 1990). */
class Condition {
  readonly #large: number[] = []
  readonly #small: number[] = []
  #most = 0
  #least = 0

  /** With column j of `r`, unless the smaller were less than rcond times the larger. */
  add(r: Float64Array, pitch: number, j: number, rcond: number): boolean {
    let [x, y] = [0, 0]
    for (let i = 0; i < j; i++) {
      x += this.#large[i]! * r[i * pitch + j]!
      y += this.#small[i]! * r[i * pitch + j]!
    }
    const d = r[j * pitch + j]!
    let [s, c, s2, c2, top, low] = [0, 1, 0, 1, Math.abs(d), Math.abs(d)]
    if (j > 0) {
      const [most, least] = [this.#most, this.#least]
      let square: number
      ;[square, s, c] = dominant(most * most + x * x, x * d, d * d)
      top = Math.sqrt(square)
      const larger = Math.sqrt(dominant(least * least + y * y, y * d, d * d)[0])
      low = larger > 0 ? (least * low) / larger : 0
      ;[, s2, c2] = dominant(d * d, -y * d, least * least + y * y)
    }
    if (!(low >= rcond * top && low > 0)) return false
    for (let i = 0; i < j; i++) {
      this.#large[i]! *= s
      this.#small[i]! *= s2
    }
    this.#large.push(c)
    this.#small.push(c2)
    this.#most = top
    this.#least = low
    return true
  }
}

/** Of [[a, b], [b, d]]: the larger eigenvalue and its vector. */
function dominant(a: number, b: number, d: number): [number, number, number] {
  const half = (a - d) / 2
  const root = Math.sqrt(half * half + b * b)
  const [s, c] = half >= 0 ? [half + root, b] : [b, root - half]
  const norm = Math.sqrt(s * s + c * c)
  return norm > 0 ? [d + half + root, s / norm, c / norm] : [d + half + root, 1, 0]
}

/** The parameters of the binary's `qr`, which serves both. */
export function lstsqTwin(
  given: Operand,
  _: number,
  right: Operand,
  rcond: number,
  x: Float64Array,
  residuals: Float64Array,
  result: { f64: Float64Array },
): void {
  const [m, n, sides] = [given.rows, given.cols, right.cols]
  const [a, c] = [rowsOf(given), rowsOf(right)]
  const finite = largestOf(a) < Infinity
  result.f64[0] = -1
  if (!finite) return
  const scale = tame(a)
  const count = Math.min(m, n)
  const order = Uint32Array.from({ length: n }, (__, j) => j)
  const [norms, exact, sums] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)]
  const tau = new Float64Array(count)
  const condition = new Condition()
  let stale = true
  let rank = 0
  for (; rank < count; rank++) {
    const j = rank
    if (stale) {
      norms.fill(0)
      for (let i = j; i < m; i++) for (let k = j; k < n; k++) norms[k]! += a[i * n + k]! ** 2
      for (let k = j; k < n; k++) exact[k] = norms[k] = Math.sqrt(norms[k]!)
      stale = false
    }
    let best = j
    for (let k = j + 1; k < n; k++) if (norms[k]! > norms[best]!) best = k
    if (best !== j) {
      for (let i = 0, at = j, to = best; i < m; i++, at += n, to += n) {
        const value = a[at]!
        a[at] = a[to]!
        a[to] = value
      }
      ;[order[j], order[best]] = [order[best]!, order[j]!]
      norms[best] = norms[j]!
      exact[best] = exact[j]!
    }
    tau[j] = reflectColumn(a, m, n, j, sums)
    if (!condition.add(a, n, j, rcond)) break
    for (let k = j + 1; k < n; k++) {
      if (norms[k] === 0) continue
      const left = Math.max(0, 1 - (a[j * n + k]! / norms[k]!) ** 2)
      if (left * (norms[k]! / exact[k]!) ** 2 <= 2 ** -26) stale = true
      norms[k]! *= Math.sqrt(left)
    }
  }
  result.f64[0] = rank
  applyQ(a, m, n, tau.subarray(0, rank), true, c, sides)
  if (rank === n) {
    for (let i = n; i < m; i++) for (let k = 0; k < sides; k++) residuals[k]! += c[i * sides + k]! ** 2
  }
  if (rank === 0) return

  const y = new Float64Array(n * sides)
  y.set(c.subarray(0, rank * sides))
  if (rank === n) substitute(n, sides, (i, j) => a[i * n + j]!, y, n - 1, -1)
  else {
    const turned = new Float64Array(n * rank)
    for (let i = 0; i < rank; i++) for (let j = i; j < n; j++) turned[j * rank + i] = a[i * n + j]!
    const factors = factorQr(turned, n, rank)
    substitute(rank, sides, (i, j) => turned[j * rank + i]!, y, 0, 1)
    applyQ(turned, n, rank, factors, false, y, sides)
  }
  for (let j = 0; j < n; j++) {
    for (let k = 0; k < sides; k++) x[order[j]! * sides + k] = y[j * sides + k]! * scale
  }
}

/** Solves a triangle in place: rows from `first` on, each after those it needs. */
function substitute(
  n: number,
  sides: number,
  at: (i: number, j: number) => number,
  y: Float64Array,
  first: number,
  step: 1 | -1,
): void {
  for (let i = first, done = 0; done < n; i += step, done++) {
    for (let j = first, before = 0; before < done; j += step, before++) {
      const by = at(i, j)
      for (let k = 0; k < sides; k++) y[i * sides + k]! -= by * y[j * sides + k]!
    }
    const by = at(i, i)
    for (let k = 0; k < sides; k++) y[i * sides + k]! /= by
  }
}
