/** The twin of native/kernels/resize.cpp: the same weights, the same sums of exact products. */
import { byteOf, isBytes } from '../core/image.js'

type Pixels = Uint8Array | Float32Array

export const METHODS = ['nearest', 'bilinear', 'area', 'lanczos3'] as const
const [NEAREST, BILINEAR, AREA, LANCZOS3] = [0, 1, 2, 3]

// biome-ignore format: a table
const TERMS = [Math.PI, -5.16771278004997, 2.5501640398773455, -0.5992645293207921, 0.08214588661112823, -0.0073704309457143504, 0.00046630280576761255, -2.1915353447830217e-05, 7.952054001475513e-07, -2.2948428997269873e-08, 5.392664662608129e-10] as const

function sinPi(t: number): number {
  const k = Math.floor(t + 0.5)
  const r = t - k
  const s = r * r
  let sum: number = TERMS[10]
  for (let i = 9; i >= 0; i--) sum = sum * s + TERMS[i]!
  return k % 2 === 0 ? r * sum : -(r * sum)
}
function lanczos3(x: number): number {
  const t = Math.abs(x)
  if (t >= 3) return 0
  return t === 0 ? 1 : (3 * sinPi(t) * sinPi(t / 3)) / (9.869604401089358 * (t * t))
}

const clamp = (value: number, low: number, high: number) => (value < low ? low : value > high ? high : value)

export function tapsOf(method: number, from: number, to: number): number {
  const scale = from / to
  const taps = method === AREA ? Math.ceil(scale) + 1 : method === LANCZOS3 ? Math.ceil(6 * Math.max(scale, 1)) + 1 : 2
  return Math.min(taps, from)
}

interface Axis {
  readonly taps: number
  readonly starts: Float64Array
  readonly weights: Float64Array
}

function axisOf(method: number, from: number, to: number, grid: number): Axis {
  const scale = from / to
  const taps = tapsOf(method, from, to)
  const starts = new Float64Array(to)
  const weights = new Float64Array(to * taps)
  for (let i = 0; i < to; i++) {
    const at = i * taps
    let start: number
    if (method === BILINEAR) {
      const centre = clamp((i + 0.5) * scale - 0.5, 0, from - 1)
      start = Math.min(Math.floor(centre), from - taps)
      weights[at] = taps === 1 ? 1 : 1 - (centre - start)
      if (taps > 1) weights[at + 1] = centre - start
    } else if (method === AREA) {
      start = Math.min(Math.floor((i * from - ((i * from) % to)) / to), from - taps)
      for (let k = 0; k < taps; k++) {
        const low = Math.max(i * from, (start + k) * to)
        const high = Math.min((i + 1) * from, (start + k + 1) * to)
        weights[at + k] = Math.max(high - low, 0) / from
      }
    } else {
      const stretch = Math.max(scale, 1)
      const centre = (i + 0.5) * scale
      start = clamp(Math.floor(centre - 3 * stretch - 0.5) + 1, 0, from - taps)
      let total = 0
      for (let k = 0; k < taps; k++) total += weights[at + k] = lanczos3((start + k + 0.5 - centre) / stretch)
      for (let k = 0; k < taps; k++) weights[at + k]! /= total
    }
    starts[i] = start
    let sum = 0
    let last = 0
    for (let k = 0; k < taps; k++) {
      sum += weights[at + k]!
      const rounded = Math.floor(sum * grid + 0.5)
      weights[at + k] = (rounded - last) / grid
      last = rounded
    }
  }
  return { taps, starts, weights }
}

const nearest = (i: number, from: number, to: number) => {
  const position = (2 * i + 1) * from
  return (position - (position % (2 * to))) / (2 * to)
}

function pixels(x: Pixels, height: number, width: number, c: number, rows: number, cols: number, out: Pixels): void {
  const columns = Float64Array.from({ length: cols }, (_, i) => nearest(i, width, cols) * c)
  let held = -1
  for (let y = 0; y < rows; y++) {
    const row = nearest(y, height, rows)
    const from = row * width * c
    const to = y * cols * c
    if (row === held) out.copyWithin(to, to - cols * c, to)
    else if (c === 1) for (let i = 0; i < cols; i++) out[to + i] = x[from + columns[i]!]!
    else {
      for (let i = 0; i < cols; i++) {
        for (let k = 0; k < c; k++) out[to + i * c + k] = x[from + columns[i]! + k]!
      }
    }
    held = row
  }
}

/** A row of bytes of two neighbours each, in floats, rounded after every operation. */
function blend(line: Float32Array, axis: Axis, channels: number, at: number, cols: number, out: Pixels): void {
  const { taps, starts, weights } = axis
  const step = taps > 1 ? channels : 0
  for (let i = 0; i < cols; i++) {
    const from = starts[i]! * channels
    const weight = Math.fround(taps > 1 ? weights[2 * i + 1]! : 0)
    for (let c = 0; c < channels; c++) {
      const value = line[from + c]!
      const product = Math.fround(Math.fround(line[from + step + c]! - value) * weight)
      out[at + i * channels + c] = byteOf(Math.fround(value + product))
    }
  }
}

export function resizeTwin(
  x: Pixels,
  height: number,
  width: number,
  channels: number,
  rows: number,
  cols: number,
  method: number,
  out: Pixels,
): void {
  if (out.length === 0) return
  if (method === NEAREST) {
    pixels(x, height, width, channels, rows, cols, out)
    return
  }
  const bytes = isBytes(out)
  const down = axisOf(method, height, rows, bytes ? 2 ** 15 : 2 ** 23)
  const across = axisOf(method, width, cols, 2 ** 23)
  const count = width * channels
  const sums = new Float64Array(count)
  const line = new Float32Array(count)
  const { taps } = across
  for (let y = 0; y < rows; y++) {
    sums.fill(0)
    for (let k = 0; k < down.taps; k++) {
      const weight = down.weights[y * down.taps + k]!
      const from = (down.starts[y]! + k) * count
      for (let i = 0; i < count; i++) sums[i]! += weight * x[from + i]!
    }
    line.set(sums)
    if (bytes && method === BILINEAR) {
      blend(line, across, channels, y * cols * channels, cols, out)
      continue
    }
    for (let i = 0; i < cols; i++) {
      const from = across.starts[i]! * channels
      const to = (y * cols + i) * channels
      for (let c = 0; c < channels; c++) {
        let sum = 0
        for (let k = 0; k < taps; k++) sum += across.weights[i * taps + k]! * line[from + k * channels + c]!
        out[to + c] = bytes ? byteOf(sum) : sum
      }
    }
  }
}
