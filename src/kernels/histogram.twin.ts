/** histogram and histogram2d in plain JavaScript: the twin of native/kernels/histogram.cpp. */
import type { Real } from '../base/dtypes.js'
import { Bins, tally, toDensity } from './bins.twin.js'

/** How edges come about: native/kernels/histogram.cpp has the same. */
export const MODE = { given: 0, range: 1, rangeSingle: 2, extent: 3, extentSingle: 4 } as const
/** Why there is no histogram. */
export const FAILURE = { none: 0, notFinite: 1, tooManyBins: 2 } as const

const same = (value: number): number => value

/** count + 1 edges from the first and the last, by the steps of NumPy's linspace. */
function makeEdges(mode: number, edges: Float64Array): void {
  const rounded = mode === MODE.extentSingle ? Math.fround : same
  const count = edges.length - 1
  const lo = edges[0]!
  const hi = edges[count]!
  const delta = rounded(hi - lo)
  const parts = rounded(count)
  const step = rounded(delta / parts)
  for (let k = 0; k <= count; k++) {
    const at = rounded(k)
    const along = step === 0 ? rounded(rounded(at / parts) * delta) : rounded(at * step)
    const edge = k === count ? hi : rounded(along + lo)
    edges[k] = mode === MODE.rangeSingle ? Math.fround(edge) : edge
  }
}

/** Least and greatest element into the ends of `edges`; false if one of all is not finite. */
function fromExtent(x: Real, mode: number, edges: Float64Array): boolean {
  let lo = x.length === 0 ? 0 : Number.POSITIVE_INFINITY
  let hi = x.length === 0 ? 1 : Number.NEGATIVE_INFINITY
  for (let i = 0; i < x.length; i++) {
    const v = x[i]!
    if (!(v - v === 0)) return false
    if (v < lo) lo = v
    if (v > hi) hi = v
  }
  if (lo === hi) {
    lo -= 0.5
    hi += 0.5
  }
  const rounded = mode === MODE.extentSingle ? Math.fround : same
  edges[0] = rounded(lo) + 0
  edges[edges.length - 1] = rounded(hi) + 0
  return true
}

function ready(x: Real, mode: number, edges: Float64Array): Bins | number {
  if (mode === MODE.extent || mode === MODE.extentSingle) {
    if (!fromExtent(x, mode, edges)) return FAILURE.notFinite
  }
  if (mode !== MODE.given) makeEdges(mode, edges)
  const bins = new Bins(edges)
  return bins.rising || mode === MODE.given ? bins : FAILURE.tooManyBins
}

/** The common case, without a call for each element. */
function countIn(bins: Bins, x: Real, counts: Float64Array): void {
  counts.fill(0)
  for (let i = 0; i < x.length; i++) {
    const k = bins.of(x[i]!)
    if (k < bins.count) counts[k]!++
  }
}

export function histogramTwin(
  x: Real,
  y: Real | undefined,
  weights: Real | undefined,
  xMode: number,
  yMode: number,
  density: boolean,
  xEdges: Float64Array,
  yEdges: Float64Array | undefined,
  counts: Float64Array,
  result: { f64: Float64Array },
): void {
  result.f64[0] = FAILURE.none
  result.f64[1] = 0
  const rows = ready(x, xMode, xEdges)
  if (typeof rows === 'number') {
    result.f64[0] = rows
    return
  }
  if (y === undefined || yEdges === undefined) {
    if (weights === undefined) countIn(rows, x, counts)
    else tally(x.length, counts, weights, (i) => rows.of(x[i]!))
  } else {
    const columns = ready(y, yMode, yEdges)
    if (typeof columns === 'number') {
      result.f64[0] = columns
      result.f64[1] = 1
      return
    }
    tally(x.length, counts, weights, (i) => {
      const row = rows.of(x[i]!)
      const column = columns.of(y[i]!)
      return row < rows.count && column < columns.count ? row * columns.count + column : counts.length
    })
  }
  if (density) toDensity(counts, xEdges, yEdges)
}
