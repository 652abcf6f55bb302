/** Transforms in plain JavaScript: native/kernels/fft.cpp step by step. */
import type { MatrixArgument } from '../engine/values.js'
import { complexLine, fill, hermitianLine, realLine } from './fft.around.js'

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
