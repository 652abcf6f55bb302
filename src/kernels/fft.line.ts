/** One line in plain JavaScript: native/kernels/fft-line-inl.h. */
import type { Float } from '../base/dtypes.js'
import { ai, ar, column, reserve } from './fft.passes.js'
import { LANES } from './fft.plan.js'

const TURNS = 32

const fewR = /* @__PURE__ */ new Float64Array(TURNS)
const fewI = /* @__PURE__ */ new Float64Array(TURNS)

/** A root of the plan at `at`: see fft.plan.ts. */
export let rootR = 0
export let rootI = 0
export function root(plan: Float64Array, table: number, bits: number, most: number, t: number): void {
  const size = 1 << bits
  const high = ((most - 1) >> bits) + 1
  const h = t >> bits
  const l = table + (t & (size - 1))
  const lr = plan[l]!
  const li = plan[l + size]!
  const hr = plan[table + 2 * size + h]!
  const hi = plan[table + 2 * size + high + h]!
  rootR = lr * hr - li * hi
  rootI = lr * hi + li * hr
}

/** Elements as a transform reads and writes them: parts `im` apart (0: no imaginary ones), `each` between them. */
interface Ends {
  readonly x: Float
  readonly from: number
  readonly each: number
  readonly im: number
}
export interface Source extends Ends {
  /** Numbers that there are; then zeros. */
  readonly avail: number
}
export interface Target extends Ends {
  readonly only: number
  readonly scale: number
}

/** All of a line, in its two parts. */
export function load(n: number, { x, from, each, im, avail }: Source, re: Float64Array, imag: Float64Array): void {
  const parts = im === 0 ? 1 : 2
  const whole = Math.min(n, Math.floor(avail / parts))
  for (let e = 0, at = from; e < whole; e++, at += each) {
    re[e] = x[at]!
    imag[e] = im === 0 ? 0 : x[at + im]!
  }
  for (let e = whole; e < n; e++) {
    re[e] = e * parts < avail ? x[from + e * each]! : 0
    imag[e] = 0
  }
}

export function store(n: number, re: Float64Array, imag: Float64Array, target: Target): void {
  const { x, from, each, im, only, scale } = target
  const end = Math.min(n, only)
  for (let e = 0, at = from; e < end; e++, at += each) {
    x[at] = re[e]! * scale
    if (im !== 0) x[at + im] = imag[e]! * scale
  }
}

/** A complex line of a length without large prime factors, in place. */
export function smooth(plan: Float64Array, at: number, re: Float64Array, im: Float64Array): void {
  const n = plan[at]! | 0
  const n1 = plan[at + 2]! | 0
  const n2 = (n / n1) | 0 // whole numbers from here on: indices that are doubles cost a conversion each
  const roots1 = plan[at + 4]! | 0
  const roots2 = plan[at + 5]! | 0
  reserve(Math.max(n1, n2))
  if (n2 === 1) {
    for (let i = 0; i < n; i++) {
      ar[i] = re[i]!
      ai[i] = im[i]!
    }
    column(n, plan, roots1)
    for (let i = 0; i < n; i++) {
      re[i] = ar[i]!
      im[i] = ai[i]!
    }
    return
  }
  const step = plan[at + 6]! | 0
  const table = plan[at + 7]! | 0
  const bits = plan[at + 8]! | 0
  // Some neighbours at once, so that a line of memory is not fetched for each.
  const wide = n > 16384 ? 8 : 1
  const blockR = wide > 1 ? new Float64Array(wide * n1) : ar
  const blockI = wide > 1 ? new Float64Array(wide * n1) : ai
  for (let first = 0; first < n2; first += wide) {
    const end = Math.min(first + wide, n2)
    if (wide > 1) {
      for (let k = 0; k < n1; k++) {
        for (let c = first; c < end; c++) {
          blockR[(c - first) * n1 + k] = re[k * n2 + c]!
          blockI[(c - first) * n1 + k] = im[k * n2 + c]!
        }
      }
    }
    for (let c = first; c < end; c++) {
      const own = (c - first) * n1
      for (let k = 0; k < n1; k++) {
        ar[k] = wide > 1 ? blockR[own + k]! : re[k * n2 + c]!
        ai[k] = wide > 1 ? blockI[own + k]! : im[k * n2 + c]!
      }
      column(n1, plan, roots1)
      if (step !== 0) {
        let w = step + (c >> 3) * n1 * 2 * LANES + (c & 7)
        for (let k = 0; k < n1; k++, w += 2 * LANES) {
          const r = ar[k]!
          const i = ai[k]!
          const wr = plan[w]!
          const wi = plan[w + LANES]!
          re[k * n2 + c] = r * wr - i * wi
          im[k * n2 + c] = r * wi + i * wr
        }
        continue
      }
      for (let k = 0; k < TURNS; k++) {
        const t = k * c
        root(plan, table, bits, n, t < n ? t : 0)
        fewR[k] = rootR
        fewI[k] = rootI
      }
      for (let k = 0; k < n1; k += TURNS) {
        root(plan, table, bits, n, k * c)
        const mr = rootR
        const mi = rootI
        for (let j = 0; j < TURNS && k + j < n1; j++) {
          const wr = fewR[j]! * mr - fewI[j]! * mi
          const wi = fewR[j]! * mi + fewI[j]! * mr
          const r = ar[k + j]!
          const i = ai[k + j]!
          blockR[own + k + j] = r * wr - i * wi
          blockI[own + k + j] = r * wi + i * wr
        }
      }
      if (wide === 1) {
        for (let k = 0; k < n1; k++) {
          re[k * n2 + c] = blockR[k]!
          im[k * n2 + c] = blockI[k]!
        }
      }
    }
    if (wide > 1) {
      for (let k = 0; k < n1; k++) {
        for (let c = first; c < end; c++) {
          re[k * n2 + c] = blockR[(c - first) * n1 + k]!
          im[k * n2 + c] = blockI[(c - first) * n1 + k]!
        }
      }
    }
  }
  // What was row k1 of the line is every n1-th element of its transform.
  for (let k = 0; k < n1; k++) {
    for (let c = 0; c < n2; c++) {
      ar[c] = re[k * n2 + c]!
      ai[c] = im[k * n2 + c]!
    }
    column(n2, plan, roots2)
    re.set(ar.length === n2 ? ar : ar.subarray(0, n2), k * n2)
    im.set(ai.length === n2 ? ai : ai.subarray(0, n2), k * n2)
  }
  transpose(re, n1, n2)
  transpose(im, n1, n2)
}

/** Rows x cols to cols x rows, by way of a copy. */
function transpose(x: Float64Array, rows: number, cols: number): void {
  const copy = x.slice(0, rows * cols)
  for (let top = 0; top < rows; top += 8) {
    const bottom = Math.min(top + 8, rows)
    for (let c = 0; c < cols; c++) for (let r = top; r < bottom; r++) x[c * rows + r] = copy[r * cols + c]!
  }
}
