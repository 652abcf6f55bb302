/** The twin of native/kernels/convolve2d.cpp: the same sums of exact products, in the same order. */
import { byteOf, isBytes, rowReader } from '../core/image.js'

type Pixels = Uint8Array | Float32Array

/** sums[i] += Σ weights[at + k] · row[from + i + k · step], k by k. */
function addRow(
  sums: Float64Array,
  count: number,
  row: Float64Array,
  from: number,
  step: number,
  weights: Float64Array,
  at: number,
  taps: number,
): void {
  let k = 0
  for (; k + 4 <= taps; k += 4) {
    const [a, b, c, d] = [weights[at + k]!, weights[at + k + 1]!, weights[at + k + 2]!, weights[at + k + 3]!]
    const first = from + k * step
    const [second, third, fourth] = [first + step, first + 2 * step, first + 3 * step]
    for (let i = 0; i < count; i++) {
      sums[i] = sums[i]! + a * row[first + i]! + b * row[second + i]! + c * row[third + i]! + d * row[fourth + i]!
    }
  }
  for (; k < taps; k++) {
    const weight = weights[at + k]!
    const first = from + k * step
    for (let i = 0; i < count; i++) sums[i]! += weight * row[first + i]!
  }
}

export function convolve2dTwin(
  x: Pixels,
  height: number,
  width: number,
  channels: number,
  border: number,
  value: number,
  weights: Float64Array,
  rows: number,
  cols: number,
  apart: boolean,
  out: Pixels,
): void {
  if (x.length === 0) return
  const count = width * channels
  const beside = (cols - 1) / 2
  const above = (rows - 1) / 2
  const bytes = isBytes(out)
  const pitch = count + 2 * beside * channels
  const read = rowReader(x, { height, width, channels, border, value }, beside)
  // The last `rows` rows, in turn; of two passes, after the one along rows.
  const ring = Array.from({ length: rows }, () => new Float64Array(pitch))
  const wide = new Float64Array(pitch)
  const sums = new Float64Array(count)
  const load = (y: number) => {
    const row = ring[(y + above) % rows]!
    if (!apart) return read(y, row)
    read(y, wide)
    sums.fill(0)
    addRow(sums, count, wide, 0, channels, weights, rows, cols)
    for (let i = 0; i < count; i++) row[i] = Math.fround(sums[i]!)
  }
  for (let y = -above; y < above; y++) load(y)
  for (let y = 0; y < height; y++) {
    load(y + above)
    sums.fill(0)
    for (let k = 0; k < rows; k++) {
      const row = ring[(y + k) % rows]!
      if (apart) addRow(sums, count, row, 0, 0, weights, k, 1)
      else addRow(sums, count, row, 0, channels, weights, k * cols, cols)
    }
    const to = y * count
    if (bytes) for (let i = 0; i < count; i++) out[to + i] = byteOf(sums[i]!)
    else for (let i = 0; i < count; i++) out[to + i] = sums[i]!
  }
}
