/** The twin of native/kernels/boxFilter.cpp: sums of 1, 2, 4, … neighbours, joined in the same order. */
import { rowReader } from '../core/image.js'

type Pixels = Uint8Array | Float32Array
type Sums = Int32Array | Float64Array

/** to[i] = the sum of `size` elements of a from i on, `step` apart; uses up `a`. */
function windows(a: Sums, n: number, size: number, step: number, to: Sums, at: number): void {
  let left = n + (size - 1) * step
  for (let i = 0; i < n; i++) to[at + i] = a[i]!
  let taken = step
  for (let span = 1; 2 * span <= size; span *= 2) {
    const ahead = span * step
    left -= ahead
    for (let i = 0; i < left; i++) a[i]! += a[i + ahead]!
    if ((size & (2 * span)) === 0) continue
    for (let i = 0; i < n; i++) to[at + i]! += a[i + taken]!
    taken += 2 * span * step
  }
}

export function boxFilterTwin(
  x: Pixels,
  height: number,
  width: number,
  channels: number,
  border: number,
  value: number,
  down: number,
  across: number,
  out: Pixels,
): void {
  if (x.length === 0) return
  const Kind = x instanceof Float32Array ? Float64Array : Int32Array
  const above = (down - 1) / 2
  const beside = (across - 1) / 2
  const count = width * channels
  const read = rowReader(x, { height, width, channels, border, value }, beside)
  const row = new Kind(count + 2 * beside * channels)
  // Some rows at a time, which a cache may hold.
  const rows = Math.min(height, Math.max(16, 2 * down))
  const sums = new Kind((rows + down - 1) * count)
  const results = new Kind(rows * count)
  const by = 1 / (down * across)
  for (let y = 0; y < height; y += rows) {
    const some = Math.min(rows, height - y)
    for (let i = 0; i < some + down - 1; i++) {
      read(y - above + i, row)
      windows(row, count, across, channels, sums, i * count)
    }
    windows(sums, some * count, down, count, results, 0)
    const at = y * count
    if (x instanceof Float32Array) for (let i = 0; i < some * count; i++) out[at + i] = results[i]! * by
    else for (let i = 0; i < some * count; i++) out[at + i] = results[i]! * by + 0.5
  }
}
