/**
 * Bins in plain JavaScript: the twin of native/kernels/bins-inl.h. Which bin an element is in follows from the
 * edges alone (edges[k] <= x < edges[k + 1]), so the two sides need not find it in the same way; sums of weights
 * are added slice by slice as there.
 */
import type { Real } from '../base/dtypes.js'
import { reduceBlocks } from '../core/blocks.js'

// native/kernels/bins-inl.h has the same.
const MAX_SLICES = 64
const CHUNK = 512

/** How many of the sorted edges are <= v (`below`: < v); all of them for NaN. */
export function position(edges: Float64Array, v: number, below: boolean): number {
  let from = 0
  let to = edges.length
  while (from < to) {
    const middle = (from + to) >>> 1
    const edge = edges[middle]!
    if (below ? v <= edge : v < edge) to = middle
    else from = middle + 1
  }
  return from
}

/** Elements into bins: sorted edges, one more than bins, the last bin closed on both sides. */
export class Bins {
  readonly count: number
  readonly rising: boolean
  private readonly lo: number
  private readonly hi: number
  private readonly scale: number
  /** Whether (x - lo) * scale is never a whole bin off. */
  private readonly even: boolean

  constructor(readonly edges: Float64Array) {
    const count = edges.length - 1
    const lo = edges[0]!
    const hi = edges[count]!
    const scale = count / (hi - lo)
    let off = 0
    let rising = true
    for (let k = 0; k <= count; k++) {
      const size = Math.abs((edges[k]! - lo) * scale - k)
      if (!(size <= off)) off = size < 1 ? size : 1
      if (k < count && !(edges[k]! < edges[k + 1]!)) rising = false
    }
    this.count = count
    this.lo = lo
    this.hi = hi
    this.scale = scale
    this.rising = rising
    this.even = rising && off < 0.25 && scale <= 1e300
  }

  /** The bin of v; `count` if it lies in none. */
  of(v: number): number {
    const { count, edges } = this
    if (!(v >= this.lo && v <= this.hi)) return count
    if (!this.even) {
      const k = position(edges, v, false) - 1
      return k < count ? k : count - 1
    }
    let k = ((v - this.lo) * this.scale) | 0
    if (k >= count) k = count - 1
    if (v < edges[k]!) return k - 1
    if (k + 1 < count && v >= edges[k + 1]!) return k + 1
    return k
  }
}

/** counts[k] = how many of n elements `place` puts into bin k, or the sum of their weights. */
export function tally(n: number, counts: Float64Array, weights: Real | undefined, place: (i: number) => number): void {
  const bins = counts.length
  counts.fill(0)
  if (weights === undefined) {
    for (let i = 0; i < n; i++) {
      const k = place(i)
      if (k < bins) counts[k]!++
    }
    return
  }
  const slices = Math.max(1, Math.min(MAX_SLICES, Math.floor(n / (bins > 4096 ? 8 * bins : 32768))))
  const per = Math.ceil(Math.ceil(n / slices) / CHUNK) * CHUNK
  const table = slices === 1 ? counts : new Float64Array(bins)
  for (let s = 0; s < slices; s++) {
    if (s > 0) table.fill(0)
    const end = Math.min((s + 1) * per, n)
    for (let i = s * per; i < end; i++) {
      const k = place(i)
      if (k < bins) table[k]! += weights[i]!
    }
    if (slices > 1) for (let k = 0; k < bins; k++) counts[k]! += table[k]!
  }
}

/** counts / width (/ height) / their sum. */
export function toDensity(counts: Float64Array, x: Float64Array, y: Float64Array | undefined): void {
  const columns = y === undefined ? 1 : y.length - 1
  const leaf = (begin: number, end: number) => {
    let part = 0
    for (let k = begin; k < end; k++) part += counts[k]!
    return part
  }
  const sum = reduceBlocks(counts.length, 4096, leaf, (a, b) => a + b) ?? 0
  for (let k = 0; k < counts.length; k++) {
    const i = Math.floor(k / columns)
    const j = k - i * columns
    let value = counts[k]! / (x[i + 1]! - x[i]!)
    if (y !== undefined) value /= y[j + 1]! - y[j]!
    counts[k] = value / sum
  }
}
