/** What is built around lines: Bluestein's convolutions and real lines, as native/kernels/fft-around-inl.h. */
import { load, root, rootI, rootR, type Source, smooth, store, type Target } from './fft.line.js'
import { BLUESTEIN, LANES, SMOOTH } from './fft.plan.js'

/** A complex line whose parts lie in two arrays, in place. The inverse: with the parts exchanged. */
function transform(plan: Float64Array, at: number, re: Float64Array, im: Float64Array, chirp?: Float64Array): void {
  if (plan[at + 1] === BLUESTEIN) bluestein(plan, at, re, im, chirp!)
  else smooth(plan, at, re, im)
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

export function complexLine(
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

export function realLine(plan: Float64Array, source: Source, target: Target, chirp: Float64Array | undefined): void {
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

export function hermitianLine(
  plan: Float64Array,
  source: Source,
  target: Target,
  chirp: Float64Array | undefined,
): void {
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
export function fill(plan: Float64Array, at: number, chirp: Float64Array): void {
  if (plan[at + 1] === BLUESTEIN) spectrum(plan, at, chirp)
  else if (plan[at + 1] !== SMOOTH) fill(plan, plan[at + 3]!, chirp)
}
