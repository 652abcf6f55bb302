/** Transforms in plain JavaScript: native/kernels/fft.cpp step by step, a column at a time. */
import type { Float } from '../base/dtypes.js'
import type { MatrixArgument } from '../engine/values.js'
import { BLUESTEIN, LANES, SMOOTH } from './fft.plan.js'

export const COMPLEX = 0
export const REAL_LINE = 1
export const HERMITIAN = 2
export const TWO = 3
export const CONVOLVE = 4

export const INVERSE = 1
export const DOWN = 2
export const KNOWN = 4
export const BACK = 8
export const PLAIN = 16

const TURNS = 32
const HALF = Math.SQRT1_2

type Pass = (
  ar: Float64Array,
  ai: Float64Array,
  br: Float64Array,
  bi: Float64Array,
  m: number,
  s: number,
  table: Float64Array,
  at: number,
) => void

const pass2: Pass = (ar, ai, br, bi, m, s, table, at) => {
  for (let p = 0; p < m; p++) {
    const w = at + 2 * p * s
    const wr = table[w]!
    const wi = table[w + 1]!
    for (let q = 0; q < s; q++) {
      const i0 = p * s + q
      const i1 = i0 + m * s
      const o0 = 2 * p * s + q
      const o1 = o0 + s
      const x0r = ar[i0]!
      const x0i = ai[i0]!
      const x1r = ar[i1]!
      const x1i = ai[i1]!
      br[o0] = x0r + x1r
      bi[o0] = x0i + x1i
      const yr = x0r - x1r
      const yi = x0i - x1i
      br[o1] = p > 0 ? yr * wr - yi * wi : yr
      bi[o1] = p > 0 ? yr * wi + yi * wr : yi
    }
  }
}

const pass4: Pass = (ar, ai, br, bi, m, s, table, at) => {
  const step = m * s
  for (let p = 0; p < m; p++) {
    const w = at + 2 * p * s
    const w1r = table[w]!
    const w1i = table[w + 1]!
    const w2r = table[at + 4 * p * s]!
    const w2i = table[at + 4 * p * s + 1]!
    const w3r = table[at + 6 * p * s]!
    const w3i = table[at + 6 * p * s + 1]!
    for (let q = 0; q < s; q++) {
      const i = p * s + q
      const o = 4 * p * s + q
      const ar0 = ar[i]!
      const ai0 = ai[i]!
      const ar1 = ar[i + step]!
      const ai1 = ai[i + step]!
      const ar2 = ar[i + 2 * step]!
      const ai2 = ai[i + 2 * step]!
      const ar3 = ar[i + 3 * step]!
      const ai3 = ai[i + 3 * step]!
      const s02r = ar0 + ar2
      const s02i = ai0 + ai2
      const d02r = ar0 - ar2
      const d02i = ai0 - ai2
      const s13r = ar1 + ar3
      const s13i = ai1 + ai3
      const d13r = ar1 - ar3
      const d13i = ai1 - ai3
      const y1r = d02r + d13i
      const y1i = d02i - d13r
      const y2r = s02r - s13r
      const y2i = s02i - s13i
      const y3r = d02r - d13i
      const y3i = d02i + d13r
      br[o] = s02r + s13r
      bi[o] = s02i + s13i
      if (p > 0) {
        br[o + s] = y1r * w1r - y1i * w1i
        bi[o + s] = y1r * w1i + y1i * w1r
        br[o + 2 * s] = y2r * w2r - y2i * w2i
        bi[o + 2 * s] = y2r * w2i + y2i * w2r
        br[o + 3 * s] = y3r * w3r - y3i * w3i
        bi[o + 3 * s] = y3r * w3i + y3i * w3r
      } else {
        br[o + s] = y1r
        bi[o + s] = y1i
        br[o + 2 * s] = y2r
        bi[o + 2 * s] = y2i
        br[o + 3 * s] = y3r
        bi[o + 3 * s] = y3i
      }
    }
  }
}

const pass8: Pass = (ar, ai, br, bi, m, s, table, at) => {
  const step = m * s
  for (let p = 0; p < m; p++) {
    const u = 2 * p * s
    const w1r = table[at + u]!
    const w1i = table[at + u + 1]!
    const w2r = table[at + 2 * u]!
    const w2i = table[at + 2 * u + 1]!
    const w3r = table[at + 3 * u]!
    const w3i = table[at + 3 * u + 1]!
    const w4r = table[at + 4 * u]!
    const w4i = table[at + 4 * u + 1]!
    const w5r = table[at + 5 * u]!
    const w5i = table[at + 5 * u + 1]!
    const w6r = table[at + 6 * u]!
    const w6i = table[at + 6 * u + 1]!
    const w7r = table[at + 7 * u]!
    const w7i = table[at + 7 * u + 1]!
    for (let q = 0; q < s; q++) {
      const i = p * s + q
      const o = 8 * p * s + q
      const x0r = ar[i]!
      const x0i = ai[i]!
      const x1r = ar[i + step]!
      const x1i = ai[i + step]!
      const x2r = ar[i + 2 * step]!
      const x2i = ai[i + 2 * step]!
      const x3r = ar[i + 3 * step]!
      const x3i = ai[i + 3 * step]!
      const x4r = ar[i + 4 * step]!
      const x4i = ai[i + 4 * step]!
      const x5r = ar[i + 5 * step]!
      const x5i = ai[i + 5 * step]!
      const x6r = ar[i + 6 * step]!
      const x6i = ai[i + 6 * step]!
      const x7r = ar[i + 7 * step]!
      const x7i = ai[i + 7 * step]!
      // The even ones,
      let sr = x0r + x4r
      let si = x0i + x4i
      let dr = x0r - x4r
      let di = x0i - x4i
      let tr = x2r + x6r
      let ti = x2i + x6i
      let fr = x2r - x6r
      let fi = x2i - x6i
      const e0r = sr + tr
      const e0i = si + ti
      const e2r = sr - tr
      const e2i = si - ti
      const e1r = dr + fi
      const e1i = di - fr
      const e3r = dr - fi
      const e3i = di + fr
      // the odd ones,
      sr = x1r + x5r
      si = x1i + x5i
      dr = x1r - x5r
      di = x1i - x5i
      tr = x3r + x7r
      ti = x3i + x7i
      fr = x3r - x7r
      fi = x3i - x7i
      const o0r = sr + tr
      const o0i = si + ti
      const o2r = sr - tr
      const o2i = si - ti
      const g1r = dr + fi
      const g1i = di - fr
      const g3r = dr - fi
      const g3i = di + fr
      const o1r = (g1r + g1i) * HALF
      const o1i = (g1i - g1r) * HALF
      const o3r = (g3i - g3r) * HALF
      const o3i = (g3r + g3i) * HALF
      // and both.
      const y1r = e1r + o1r
      const y1i = e1i + o1i
      const y5r = e1r - o1r
      const y5i = e1i - o1i
      const y2r = e2r + o2i
      const y2i = e2i - o2r
      const y6r = e2r - o2i
      const y6i = e2i + o2r
      const y3r = e3r + o3r
      const y3i = e3i - o3i
      const y7r = e3r - o3r
      const y7i = e3i + o3i
      const y4r = e0r - o0r
      const y4i = e0i - o0i
      br[o] = e0r + o0r
      bi[o] = e0i + o0i
      if (p > 0) {
        br[o + s] = y1r * w1r - y1i * w1i
        bi[o + s] = y1r * w1i + y1i * w1r
        br[o + 2 * s] = y2r * w2r - y2i * w2i
        bi[o + 2 * s] = y2r * w2i + y2i * w2r
        br[o + 3 * s] = y3r * w3r - y3i * w3i
        bi[o + 3 * s] = y3r * w3i + y3i * w3r
        br[o + 4 * s] = y4r * w4r - y4i * w4i
        bi[o + 4 * s] = y4r * w4i + y4i * w4r
        br[o + 5 * s] = y5r * w5r - y5i * w5i
        bi[o + 5 * s] = y5r * w5i + y5i * w5r
        br[o + 6 * s] = y6r * w6r - y6i * w6i
        bi[o + 6 * s] = y6r * w6i + y6i * w6r
        br[o + 7 * s] = y7r * w7r - y7i * w7i
        bi[o + 7 * s] = y7r * w7i + y7i * w7r
      } else {
        br[o + s] = y1r
        bi[o + s] = y1i
        br[o + 2 * s] = y2r
        bi[o + 2 * s] = y2i
        br[o + 3 * s] = y3r
        bi[o + 3 * s] = y3i
        br[o + 4 * s] = y4r
        bi[o + 4 * s] = y4i
        br[o + 5 * s] = y5r
        bi[o + 5 * s] = y5i
        br[o + 6 * s] = y6r
        bi[o + 6 * s] = y6i
        br[o + 7 * s] = y7r
        bi[o + 7 * s] = y7i
      }
    }
  }
}

const sums = /* @__PURE__ */ new Float64Array(64)

/** An odd prime: the sums and differences of x[k] and x[prime - k] serve two results each. */
function passPrime(
  prime: number,
  ar: Float64Array,
  ai: Float64Array,
  br: Float64Array,
  bi: Float64Array,
  m: number,
  s: number,
  table: Float64Array,
  at: number,
): void {
  const step = m * s
  const halves = (prime - 1) / 2
  for (let p = 0; p < m; p++) {
    for (let q = 0; q < s; q++) {
      const i = p * s + q
      const o = prime * p * s + q
      const xr = ar[i]!
      const xi = ai[i]!
      let allR = xr
      let allI = xi
      for (let k = 0; k < halves; k++) {
        const up = i + (k + 1) * step
        const down = i + (prime - 1 - k) * step
        const ur = ar[up]!
        const ui = ai[up]!
        const dr = ar[down]!
        const di = ai[down]!
        sums[4 * k] = ur + dr
        sums[4 * k + 1] = ui + di
        sums[4 * k + 2] = ur - dr
        sums[4 * k + 3] = ui - di
        allR += sums[4 * k]!
        allI += sums[4 * k + 1]!
      }
      br[o] = allR
      bi[o] = allI
      for (let j = 1; j <= halves; j++) {
        let cr = xr
        let ci = xi
        let sr = 0
        let si = 0
        let turn = 0
        for (let k = 0; k < halves; k++) {
          turn = turn + j < prime ? turn + j : turn + j - prime
          const cos = table[at + 2 * step * turn]!
          const sin = table[at + 2 * step * turn + 1]!
          cr += sums[4 * k]! * cos
          ci += sums[4 * k + 1]! * cos
          sr += sums[4 * k + 2]! * sin
          si += sums[4 * k + 3]! * sin
        }
        const y1r = cr - si
        const y1i = ci + sr
        const y2r = cr + si
        const y2i = ci - sr
        const o1 = o + j * s
        const o2 = o + (prime - j) * s
        if (p > 0) {
          const w1 = at + 2 * p * j * s
          const w2 = at + 2 * p * (prime - j) * s
          br[o1] = y1r * table[w1]! - y1i * table[w1 + 1]!
          bi[o1] = y1r * table[w1 + 1]! + y1i * table[w1]!
          br[o2] = y2r * table[w2]! - y2i * table[w2 + 1]!
          bi[o2] = y2r * table[w2 + 1]! + y2i * table[w2]!
        } else {
          br[o1] = y1r
          bi[o1] = y1i
          br[o2] = y2r
          bi[o2] = y2i
        }
      }
    }
  }
}

function nextRadix(length: number): number {
  if (length % 2 === 0) {
    const twos = 31 - Math.clz32(length & -length)
    return twos === 1 ? 2 : twos % 3 === 0 ? 8 : 4
  }
  let prime = 3
  while (length % prime !== 0) prime += 2
  return prime
}

const fewR = /* @__PURE__ */ new Float64Array(TURNS)
const fewI = /* @__PURE__ */ new Float64Array(TURNS)

/** Buffers of a column: transforms go from one to the other and back. */
let ar = /* @__PURE__ */ new Float64Array(64)
let ai = /* @__PURE__ */ new Float64Array(64)
let br = /* @__PURE__ */ new Float64Array(64)
let bi = /* @__PURE__ */ new Float64Array(64)

function reserve(n: number): void {
  if (ar.length >= n) return
  ar = new Float64Array(n)
  ai = new Float64Array(n)
  br = new Float64Array(n)
  bi = new Float64Array(n)
}

/** Transforms the n elements in ar and ai, where the result is afterwards. */
function column(n: number, table: Float64Array, at: number): void {
  let length = n
  let s = 1
  while (length > 1) {
    const radix = nextRadix(length)
    const m = (length / radix) | 0
    if (radix === 8) pass8(ar, ai, br, bi, m, s, table, at)
    else if (radix === 4) pass4(ar, ai, br, bi, m, s, table, at)
    else if (radix === 2) pass2(ar, ai, br, bi, m, s, table, at)
    else passPrime(radix, ar, ai, br, bi, m, s, table, at)
    const r = ar
    const i = ai
    ar = br
    ai = bi
    br = r
    bi = i
    length = m
    s *= radix
  }
}

/** A root of the plan at `at`: see fft.plan.ts. */
let rootR = 0
let rootI = 0
function root(plan: Float64Array, table: number, bits: number, most: number, t: number): void {
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
interface Source extends Ends {
  /** Numbers that there are; then zeros. */
  readonly avail: number
}
interface Target extends Ends {
  readonly only: number
  readonly scale: number
}

/** All of a line, in its two parts. */
function load(n: number, { x, from, each, im, avail }: Source, re: Float64Array, imag: Float64Array): void {
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

function store(n: number, re: Float64Array, imag: Float64Array, target: Target): void {
  const { x, from, each, im, only, scale } = target
  const end = Math.min(n, only)
  for (let e = 0, at = from; e < end; e++, at += each) {
    x[at] = re[e]! * scale
    if (im !== 0) x[at + im] = imag[e]! * scale
  }
}

/** A complex line whose parts lie in two arrays, in place. The inverse: with the parts exchanged. */
function transform(plan: Float64Array, at: number, re: Float64Array, im: Float64Array, chirp?: Float64Array): void {
  if (plan[at + 1] === BLUESTEIN) bluestein(plan, at, re, im, chirp!)
  else smooth(plan, at, re, im)
}

function smooth(plan: Float64Array, at: number, re: Float64Array, im: Float64Array): void {
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

/** Numbers of a spectrum: rows of the second transforms, eight abreast. */
function spectrumSize(plan: Float64Array, inner: number): number {
  const n1 = plan[inner + 2]! | 0
  return 2 * LANES * Math.ceil(n1 / LANES) * ((plan[inner]! | 0) / n1)
}

/** The other side of a Bluestein convolution, transformed; then the chirp itself. */
function spectrum(plan: Float64Array, at: number, chirp: Float64Array): void {
  const n = plan[at]! | 0
  const inner = plan[at + 3]! | 0
  const m = plan[inner]! | 0
  const table = plan[at + 7]! | 0
  const bits = plan[at + 8]! | 0
  const re = new Float64Array(m)
  const im = new Float64Array(m)
  const from = plan[at + 9]! | 0
  const turns = from + spectrumSize(plan, inner)
  let index = 0
  for (let k = 0; k < n; k++) {
    root(plan, table, bits, 2 * n, index)
    chirp[turns + 2 * k] = rootR
    chirp[turns + 2 * k + 1] = rootI
    re[k] = rootR
    im[k] = -rootI
    if (k > 0) {
      re[m - k] = rootR
      im[m - k] = -rootI
    }
    index = (index + 2 * k + 1) % (2 * n)
  }
  smooth(plan, inner, re, im)
  const scale = 1 / m
  const n1 = plan[inner + 2]! | 0
  const n2 = (m / n1) | 0
  for (let k = 0; k < n1; k++) {
    let to = from + (k >> 3) * n2 * 2 * LANES + (k & 7)
    for (let i = k; i < m; i += n1, to += 2 * LANES) {
      chirp[to] = re[i]! * scale
      chirp[to + LANES] = im[i]! * scale
    }
  }
}

function bluestein(plan: Float64Array, at: number, re: Float64Array, im: Float64Array, chirp: Float64Array): void {
  const n = plan[at]! | 0
  const inner = plan[at + 3]! | 0
  const m = plan[inner]! | 0
  const n1 = plan[inner + 2]! | 0
  const n2 = (m / n1) | 0
  const from = plan[at + 9]! | 0
  const turns = from + spectrumSize(plan, inner)
  const wr = new Float64Array(m)
  const wi = new Float64Array(m)
  product(n, re, im, chirp, turns, wr, wi)
  smooth(plan, inner, wr, wi)
  for (let first = 0; first < n1; first += LANES) {
    let by = from + first * n2 * 2
    const end = Math.min(first + LANES, n1)
    for (let row = 0; row < m; row += n1, by += 2 * LANES) {
      for (let k = first; k < end; k++) {
        const r = wr[row + k]!
        const i = wi[row + k]!
        const br = chirp[by + k - first]!
        const bi = chirp[by + k - first + LANES]!
        wr[row + k] = r * br - i * bi
        wi[row + k] = r * bi + i * br
      }
    }
  }
  smooth(plan, plan[at + 2]! | 0, wi, wr)
  product(n, wr, wi, chirp, turns, re, im)
}

/** n complex numbers times those of `by` from `at` on. */
function product(
  n: number,
  re: Float64Array,
  im: Float64Array,
  by: Float64Array,
  at: number,
  toR: Float64Array,
  toI: Float64Array,
): void {
  for (let k = 0; k < n; k++) {
    const r = re[k]!
    const i = im[k]!
    const br = by[at + 2 * k]!
    const bi = by[at + 2 * k + 1]!
    toR[k] = r * br - i * bi
    toI[k] = r * bi + i * br
  }
}

function complexLine(
  plan: Float64Array,
  at: number,
  inverse: boolean,
  source: Source,
  target: Target,
  chirp: Float64Array | undefined,
): void {
  const n = plan[at]! | 0
  const re = new Float64Array(n)
  const im = new Float64Array(n)
  load(n, source, re, im)
  if (inverse) transform(plan, at, im, re, chirp)
  else transform(plan, at, re, im, chirp)
  store(n, re, im, target)
}

function realLine(plan: Float64Array, source: Source, target: Target, chirp: Float64Array | undefined): void {
  const n = plan[0]! | 0
  const inner = plan[3]! | 0
  if (n % 2 !== 0) {
    complexLine(plan, inner, false, source, target, chirp)
    target.x[target.from + target.im] = 0 // which Bluestein leaves at a rounding error
    return
  }
  const h = n / 2
  const re = new Float64Array(h)
  const im = new Float64Array(h)
  load(h, { ...source, im: source.each, each: 2 * source.each }, re, im)
  transform(plan, inner, re, im, chirp)
  const { x, from, each, im: apart, scale } = target
  const last = from + h * each
  x[last] = (re[0]! - im[0]!) * scale
  x[last + apart] = 0 * scale
  x[from] = (re[0]! + im[0]!) * scale
  x[from + apart] = 0 * scale
  for (let k = 1; k <= h - k; k++) {
    const ar = re[k]!
    const ai = im[k]!
    const br = re[h - k]!
    const bi = im[h - k]!
    const er = (ar + br) * 0.5
    const ei = (ai - bi) * 0.5
    const dr = (ai + bi) * 0.5
    const di = (br - ar) * 0.5
    root(plan, plan[7]! | 0, plan[8]! | 0, n, k)
    const tr = rootR * dr - rootI * di
    const ti = rootR * di + rootI * dr
    const high = from + (h - k) * each
    const low = from + k * each
    x[high] = (er - tr) * scale
    x[high + apart] = (ti - ei) * scale
    x[low] = (er + tr) * scale
    x[low + apart] = (ei + ti) * scale
  }
}

function hermitianLine(plan: Float64Array, source: Source, target: Target, chirp: Float64Array | undefined): void {
  const n = plan[0]! | 0
  const inner = plan[3]! | 0
  const h = Math.floor(n / 2)
  const xr = new Float64Array(h + 1)
  const xi = new Float64Array(h + 1)
  load(h + 1, source, xr, xi)
  if (n % 2 !== 0) {
    const re = new Float64Array(n)
    const im = new Float64Array(n)
    re[0] = xr[0]!
    for (let k = 1; k <= h; k++) {
      re[k] = xr[k]!
      im[k] = xi[k]!
      re[n - k] = xr[k]!
      im[n - k] = -xi[k]!
    }
    transform(plan, inner, im, re, chirp)
    store(n, re, im, target)
    return
  }
  const re = new Float64Array(h)
  const im = new Float64Array(h)
  re[0] = xr[0]! + xr[h]!
  im[0] = xr[0]! - xr[h]!
  for (let k = 1; k <= h - k; k++) {
    const er = xr[k]! + xr[h - k]!
    const ei = xi[k]! - xi[h - k]!
    const dr = xr[k]! - xr[h - k]!
    const di = xi[k]! + xi[h - k]!
    root(plan, plan[7]! | 0, plan[8]! | 0, n, k)
    const tr = dr * rootR + di * rootI
    const ti = di * rootR - dr * rootI
    re[h - k] = er + ti
    im[h - k] = tr - ei
    re[k] = er - ti
    im[k] = ei + tr
  }
  transform(plan, inner, im, re, chirp)
  store(h, re, im, { ...target, im: target.each, each: 2 * target.each, only: h })
}

/** The chirps of a plan and of what is within it. */
function fill(plan: Float64Array, at: number, chirp: Float64Array): void {
  if (plan[at + 1] === BLUESTEIN) spectrum(plan, at, chirp)
  else if (plan[at + 1] !== SMOOTH) fill(plan, plan[at + 3]!, chirp)
}

/** Elements from `start` on of the whole convolution of x with the shorter h. */
function convolve(
  x: MatrixArgument<Float64Array>,
  h: Float64Array,
  plan: Float64Array,
  flags: number,
  start: number,
  out: Float64Array,
): void {
  const size = x.cols
  const series = new Float64Array(size)
  for (let i = 0; i < size; i++) series[i] = x.data[x.offset + i * x.colStride]!
  const taps = Float64Array.from(h)
  if ((flags & BACK) !== 0) taps.reverse()
  if ((flags & PLAIN) !== 0) {
    for (let i = 0; i < out.length; i++) {
      const at = start + i
      const high = Math.min(at, taps.length - 1)
      let sum = 0
      for (let k = Math.max(0, at - size + 1); k <= high; k++) sum += taps[k]! * series[at - k]!
      out[i] = sum
    }
    return
  }
  const n = plan[0]! | 0
  const step = n - (taps.length - 1)
  const bins = n / 2 + 1
  const spectrum = new Float64Array(2 * bins)
  const z = new Float64Array(2 * bins)
  const y = new Float64Array(n)
  const pairs = { from: 0, each: 2, im: 1, only: bins, scale: 1 }
  const real = { x: y, from: 0, each: 1, im: 0, avail: n }
  y.set(taps)
  realLine(plan, real, { x: spectrum, ...pairs }, undefined)
  for (let at = 0; at < out.length; at += step) {
    const first = start + at - (taps.length - 1)
    for (let i = 0; i < n; i++) y[i] = first + i >= 0 && first + i < size ? series[first + i]! : 0
    realLine(plan, real, { x: z, ...pairs }, undefined)
    for (let k = 0; k < 2 * bins; k += 2) {
      const ar = z[k]!
      const ai = z[k + 1]!
      const br = spectrum[k]!
      const bi = spectrum[k + 1]!
      z[k] = ar * br - ai * bi
      z[k + 1] = ar * bi + ai * br
    }
    const back = { x: y, from: 0, each: 1, im: 0, only: n, scale: 1 / n }
    hermitianLine(plan, { x: z, from: 0, each: 2, im: 1, avail: 2 * bins }, back, undefined)
    const end = Math.min(step, out.length - at)
    for (let i = 0; i < end; i++) out[at + i] = y[taps.length - 1 + i]!
  }
}

export function fftTwin(
  x: MatrixArgument<Float64Array>,
  shorter: Float64Array | undefined,
  plan: Float64Array,
  chirp: Float64Array | undefined,
  _kept: unknown,
  op: number,
  second: number,
  flags: number,
  scale: number,
  out: Float64Array,
): void {
  if (op === CONVOLVE) {
    convolve(x, shorter!, plan, flags, second, out)
    return
  }
  const inverse = (flags & INVERSE) !== 0
  const down = (flags & DOWN) !== 0
  const n = plan[0]! | 0
  if (chirp !== undefined && (flags & KNOWN) === 0) {
    fill(plan, 0, chirp)
    if (op === TWO && second !== 0) fill(plan, second, chirp)
  }
  const from = op === REAL_LINE ? 1 : 2
  const to = op === HERMITIAN ? 1 : 2
  const length = op === REAL_LINE ? Math.floor(n / 2) + 1 : n
  const count = down ? x.cols / from : x.rows
  const lane = down ? (from === 2 ? 2 : x.colStride) : x.rowStride
  const source = {
    x: x.data,
    from: x.offset,
    each: down ? x.rowStride : from === 2 ? 2 : x.colStride,
    im: from - 1,
    avail: down ? from * x.rows : x.cols,
  }
  const target = {
    x: out,
    from: 0,
    each: down ? count * to : to,
    im: to - 1,
    only: length,
    scale: op === TWO ? 1 : scale,
  }
  for (let i = 0; i < count; i++) {
    const one = { ...source, from: source.from + i * lane }
    const other = { ...target, from: down ? i * to : i * length * to }
    if (op === REAL_LINE) realLine(plan, one, other, chirp)
    else if (op === HERMITIAN) hermitianLine(plan, one, other, chirp)
    else complexLine(plan, 0, inverse, one, other, chirp)
  }
  if (op !== TWO) return
  for (let i = 0; i < n; i++) {
    const ends = { x: out, from: 2 * i, each: 2 * n, im: 1 }
    complexLine(plan, second, inverse, { ...ends, avail: 2 * count }, { ...ends, only: count, scale }, chirp)
  }
}
