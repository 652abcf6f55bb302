/**
 * Plans of transforms: how a length is cut, and the roots of unity that it needs, in one array that both engines read.
 *
 * At an offset: [n, kind, n1 or way back or -, inner, roots1, roots2, step, table, bits, spectrum], where each name but the first
 * three is an offset, 0 if there is none.
 */
import type { InValue } from '../engine/values.js'
import { cosPart, sinPart } from './sin.twin.js'

export const SMOOTH = 0
export const BLUESTEIN = 1
export const REAL = 2

/** Prime factors above this make a length a convolution of another. */
export const MAX_PRIME = 31
/** Columns side by side in a table of turns. */
export const LANES = 8
/** Up to this length the roots between the two halves of a line lie in a table in the order of their use. */
const MAX_STEP = 4096
const HEAD = 10

export interface Plan {
  readonly table: Float64Array
  /** The same as a value of a call. */
  readonly given: InValue
  /** Where the plan of a second axis begins. */
  readonly second: number
  /** Numbers of the spectra of Bluestein convolutions, which the first call fills. */
  readonly spectrum: number
  /** Numbers of scratch that native code wants to find in memory already; 0 where its stack will do. */
  readonly scratch: number
  /** Nanoseconds of one line of the first axis, and of the second. */
  readonly work: readonly [number, number]
  /** The filled spectra. */
  filled: Float64Array | undefined
}

/** The largest prime factor, or 0 beyond `MAX_PRIME`. */
function isSmooth(n: number): boolean {
  let rest = n
  for (let prime = 2; prime <= MAX_PRIME; prime++) while (rest % prime === 0) rest /= prime
  return rest === 1
}

/**
 * The factor of n whose columns are transformed first: near its root, and both sides near a multiple of four.
 * n itself if it is not cut.
 */
function cut(n: number): number {
  if (n < 16) return n
  const round = (x: number) => Math.ceil(x / 4) * 4
  let best = n
  let least = Infinity
  for (let a = Math.floor(Math.sqrt(n)); a > 1; a--) {
    if (n % a !== 0) continue
    const b = n / a
    const cost = (a * round(b) + b * round(a)) * (1 + 0.05 * Math.log2(b / a))
    if (cost < least) {
      least = cost
      best = a
    }
  }
  return best
}

/** The least of some handy lengths from `least` on. */
export function handy(least: number): number {
  let best = Infinity
  for (const odd of [1, 3, 5, 9, 15, 25, 27, 45]) {
    let length = odd * 4
    while (length < least) length *= 2
    if (length < best) best = length
  }
  return best
}

const SPLIT = 134217729
const HALF_PI = 1.5707963267948966
const HALF_PI_LOW = 6.123233995736766e-17

/** What rounding took from a * b. */
function lost(a: number, b: number, product: number): number {
  const ta = SPLIT * a
  const tb = SPLIT * b
  const ah = ta - (ta - a)
  const bh = tb - (tb - b)
  const al = a - ah
  const bl = b - bh
  return al * bl - (product - ah * bh - al * bh - ah * bl)
}

/** exp(-2 pi i k / n) to `re[at]` and `im[at + apart]`, 0 <= k < n: angles within an eighth of a turn, in two parts. */
function root(k: number, n: number, to: Float64Array, at: number, apart: number): void {
  const quarter = Math.floor((4 * k) / n + 0.5)
  const r = 4 * k - quarter * n
  const product = HALF_PI * r
  const high = product / n
  const back = high * n
  const low = (product - back - lost(high, n, back) + lost(HALF_PI, r, product) + HALF_PI_LOW * r) / n
  const angle = high + low
  const tail = high - angle + low
  const c = cosPart(angle, tail)
  const s = sinPart(angle, tail)
  to[at] = quarter === 0 || quarter === 4 ? c : quarter === 1 ? -s : quarter === 2 ? -c : s
  to[at + apart] = quarter === 0 || quarter === 4 ? -s : quarter === 1 ? -c : quarter === 2 ? s : c
  // No -0, which a product could turn into another sign.
  to[at]! += 0
  to[at + apart]! += 0
}

/** All n roots, interleaved. */
function roots(n: number): Float64Array {
  const table = new Float64Array(2 * n)
  const turns = n % 4 === 0 ? 4 : n % 2 === 0 ? 2 : 1
  const part = n / turns
  for (let k = 0; k < part; k++) {
    root(k, n, table, 2 * k, 1)
    const re = table[2 * k]!
    const im = table[2 * k + 1]!
    for (let turn = 1; turn < turns; turn++) {
      const at = 2 * (k + turn * part)
      const half = turns === 2 || turn === 2
      table[at] = (half ? -re : turn === 1 ? im : -im) + 0
      table[at + 1] = (half ? -im : turn === 1 ? -re : re) + 0
    }
  }
  return table
}

/** Roots of n of indices below `used`: of `size` small ones, then of every `size`-th, real parts first. */
function tables(n: number, used: number, size: number): Float64Array {
  const high = Math.floor((used - 1) / size) + 1
  const table = new Float64Array(2 * (size + high))
  for (let l = 0; l < size; l++) if (l < n) root(l, n, table, l, size)
  for (let h = 0; h < high; h++) if (h * size < n) root(h * size, n, table, 2 * size + h, high)
  return table
}

class Builder {
  private readonly parts: Float64Array[] = []
  private size = 0
  spectrum = 0

  add(part: Float64Array): number {
    const at = this.size
    this.parts.push(part)
    this.size += part.length
    return at
  }

  /** A table of roots of n, so that all below `used` fit; at most `most` small ones. */
  private addRoots(head: Float64Array, n: number, used: number, whole: boolean): void {
    const bits = Math.ceil(Math.log2(Math.max(2, whole ? used : Math.sqrt(used))))
    head[7] = this.add(tables(n, n, 2 ** bits))
    head[8] = bits
  }

  complex(n: number): number {
    const head = new Float64Array(HEAD)
    const at = this.add(head)
    head[0] = n
    if (!isSmooth(n)) {
      const m = handy(2 * n - 1)
      head[1] = BLUESTEIN
      const double = new Float64Array(HEAD)
      this.addRoots(double, 2 * n, 2 * n, false)
      head[7] = double[7]!
      head[8] = double[8]!
      head[9] = this.spectrum
      const n1 = cut(m)
      const n2 = m / n1
      this.spectrum += 2 * (Math.ceil(n1 / LANES) * LANES * n2 + n)
      const inner = new Float64Array(HEAD)
      head[3] = this.smooth(inner, m, n1)
      head[2] = head[3]
      if (n1 !== n2) {
        // The way back: the same roots in the other order.
        const back = Float64Array.from(inner)
        head[2] = this.add(back)
        back[2] = n2
        back[4] = inner[5]!
        back[5] = inner[4]!
        if (inner[6] !== 0) back[6] = this.add(steps(m, n2, n1))
      }
      return at
    }
    return this.smooth(head, n, cut(n), at)
  }

  private smooth(head: Float64Array, n: number, n1: number, at: number = this.add(head)): number {
    const n2 = n / n1
    head[0] = n
    head[2] = n1
    const one = roots(n1)
    head[4] = this.add(one)
    head[5] = n2 === n1 ? head[4] : this.add(roots(n2))
    if (n2 === 1) return at
    if (n <= MAX_STEP) head[6] = this.add(steps(n, n1, n2))
    else this.addRoots(head, n, n, false)
    return at
  }

  real(n: number): number {
    const head = new Float64Array(HEAD)
    const at = this.add(head)
    head[0] = n
    head[1] = REAL
    if (n % 2 === 0) this.addRoots(head, n, n / 4 + 1, n <= 16384)
    head[3] = this.complex(n % 2 === 0 ? n / 2 : n)
    return at
  }

  finish(): Float64Array {
    const table = new Float64Array(this.size)
    let at = 0
    for (const part of this.parts) {
      table.set(part, at)
      at += part.length
    }
    return table
  }
}

/** For every eight columns, for every element of them: what they are turned by. */
function steps(n: number, n1: number, n2: number): Float64Array {
  const all = roots(n)
  const groups = Math.ceil(n2 / LANES)
  const table = new Float64Array(groups * n1 * 2 * LANES)
  for (let c = 0; c < n2; c++) {
    let at = Math.floor(c / LANES) * n1 * 2 * LANES + (c % LANES)
    for (let k = 0; k < n1; k++, at += 2 * LANES) {
      table[at] = all[2 * k * c]!
      table[at + LANES] = all[2 * k * c + 1]!
    }
  }
  return table
}

/** What fft.cpp wants on up to four threads with eight lanes: transposed rows, buffers, and what lies around a line. */
function scratchOf(n: number, real: boolean): number {
  const length = real && n % 2 === 0 ? n / 2 : n
  const core = isSmooth(length) ? length : handy(2 * length - 1)
  if (core <= MAX_STEP) return 0
  const n1 = cut(core)
  const round = (x: number) => Math.ceil(x / LANES) * LANES
  const buffers = 2 * LANES * (2 * round(Math.max(n1, core / n1)) + Math.max(n1, core / n1) / 32 + 34)
  return (
    Math.ceil(
      2 * round(n1) * round(core / n1) +
        4 * buffers +
        (core === length ? 0 : 2 * round(n1) * round(core / n1)) +
        (real ? 2 * n : 0),
    ) + 64
  )
}

/** Nanoseconds of a complex line on one thread. */
function workOf(n: number): number {
  if (!isSmooth(n)) return 2.1 * workOf(handy(2 * n - 1)) + 2 * n
  let odd = n
  let each = n > 200_000 ? 8 : n > 30_000 ? 4 : n > MAX_STEP ? 1.2 : 0.9
  for (; odd % 2 === 0; odd /= 2) each += 0.28
  if (odd > 1) each += 1.5
  for (let prime = 3; odd > 1; prime += 2) {
    for (; odd % prime === 0; odd /= prime) each += 0.4 + prime * 0.35
  }
  return 30 + n * each
}

// The last ones used: a plan is some kilobytes, but the spectra may be megabytes.
const MAX_PLANS = 24
const MAX_BYTES = 2 ** 26
const cache = new Map<number | string, Plan>()
let bytes = 0
let latest: number | string = -1
let newest: Plan | undefined

const sizeOf = (plan: Plan) => plan.table.byteLength + 8 * plan.spectrum

/** The plan of a length, or of `second` lines after `n`; `real`: of a real line of n. */
export function planOf(n: number, real: boolean, second: number): Plan {
  const key = second === 0 ? (real ? n + 0.5 : n) : `${n},${second}`
  if (key === latest) return newest!
  const known = cache.get(key)
  if (known !== undefined) {
    cache.delete(key)
    cache.set(key, known)
    latest = key
    newest = known
    return known
  }
  const builder = new Builder()
  if (real) builder.real(n)
  else builder.complex(n)
  const at = second === 0 || second === n ? 0 : builder.complex(second)
  const half = real && n % 2 === 0 ? workOf(n / 2) + n * 1.5 : workOf(n)
  const table = builder.finish()
  const plan: Plan = {
    table,
    given: { kind: 'in', array: table },
    second: at,
    spectrum: builder.spectrum,
    scratch: Math.max(scratchOf(n, real), second === 0 ? 0 : scratchOf(second, false)),
    work: [half, second === 0 ? 0 : workOf(second)],
    filled: undefined,
  }
  if (sizeOf(plan) <= MAX_BYTES) {
    cache.set(key, plan)
    bytes += sizeOf(plan)
    for (const [old, other] of cache) {
      if (cache.size <= MAX_PLANS && bytes <= MAX_BYTES) break
      cache.delete(old)
      bytes -= sizeOf(other)
    }
    latest = key
    newest = plan
  }
  return plan
}

/** For what needs none. */
const NONE = /* @__PURE__ */ new Float64Array(0)
export const NO_PLAN: Plan = /* @__PURE__ */ Object.freeze({
  table: NONE,
  given: { kind: 'in' as const, array: NONE },
  second: 0,
  spectrum: 0,
  scratch: 0,
  work: [0, 0] as const,
  filled: undefined,
})
