/** The expensive requests' work in plain JavaScript, as fast as we could write it: what two of the servers run. */

export const NEIGHBOURS = 5
export const QUANTILES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
export const HISTOGRAM = { bins: 24, low: -60, high: 180 }

/** The nearest NEIGHBOURS of each query, nearest first: rows and squared distances. */
export interface Nearest {
  readonly indices: ArrayLike<number>
  readonly scores: ArrayLike<number>
}

/** `norms`: the sum of squares of each row of `corpus`. Queries and corpus have rows of `dim`. */
export function nearest(queries: Uint8Array, corpus: Float32Array, norms: Float64Array, dim: number): Nearest {
  const rows = norms.length
  const count = queries.length / dim
  const k = NEIGHBOURS
  const indices = new Uint32Array(count * k)
  const scores = new Float64Array(count * k).fill(Number.POSITIVE_INFINITY)
  const four = new Float64Array(4 * dim)
  const dots = new Float64Array(4)
  // |q − c|² = |q|² − 2 q·c + |c|², four queries to a reading of the corpus: 35 ms a query and 60,000 rows, where one
  // at a time takes 107, and 47 where it gives up on a row as soon as that is too far away.
  for (let q0 = 0; q0 < count; q0 += 4) {
    const block = Math.min(4, count - q0)
    four.fill(0).set(queries.subarray(q0 * dim, (q0 + block) * dim))
    const squares = [0, 1, 2, 3].map((q) => four.subarray(q * dim, (q + 1) * dim).reduce((sum, x) => sum + x * x, 0))
    for (let row = 0; row < rows; row++) {
      const from = row * dim
      let a = 0
      let b = 0
      let c = 0
      let d = 0
      for (let i = 0; i < dim; i++) {
        const x = corpus[from + i]!
        a += x * four[i]!
        b += x * four[dim + i]!
        c += x * four[2 * dim + i]!
        d += x * four[3 * dim + i]!
      }
      dots[0] = a
      dots[1] = b
      dots[2] = c
      dots[3] = d
      for (let q = 0; q < block; q++) {
        // To 32 bits, as the search does whose corpus is 32-bit: equal distances must be equal in both.
        const score = Math.fround(squares[q]! - 2 * dots[q]! + norms[row]!)
        const start = (q0 + q) * k
        let at = start + k - 1
        if (score >= scores[at]!) continue
        for (; at > start && scores[at - 1]! > score; at--) {
          scores[at] = scores[at - 1]!
          indices[at] = indices[at - 1]!
        }
        scores[at] = score
        indices[at] = row
      }
    }
  }
  return { indices, scores }
}

export interface Statistics {
  readonly mean: number
  readonly deviation: number
  readonly delays: ArrayLike<number>
  readonly counts: ArrayLike<number>
  readonly miles: ArrayLike<number>
}

export function statistics(delay: Float64Array, distance: Float64Array): Statistics {
  let total = 0
  for (let i = 0; i < delay.length; i++) total += delay[i]!
  const mean = total / delay.length
  let squares = 0
  for (let i = 0; i < delay.length; i++) squares += (delay[i]! - mean) ** 2
  const { bins, low, high } = HISTOGRAM
  const counts = new Float64Array(bins)
  const scale = bins / (high - low)
  for (let i = 0; i < delay.length; i++) {
    const value = delay[i]!
    if (value >= low && value <= high) counts[Math.min(Math.floor((value - low) * scale), bins - 1)]!++
  }
  return {
    ...{ mean, counts },
    deviation: Math.sqrt(squares / delay.length),
    delays: quantiles(delay),
    miles: quantiles(distance),
  }
}

/** By selection, not sorting: 60 ms for three million, where `slice().sort()` takes 250. */
function quantiles(x: Float64Array): Float64Array {
  const places = QUANTILES.map((q) => (x.length - 1) * q)
  const ranks = places.flatMap((place) => [Math.floor(place), Math.min(Math.floor(place) + 1, x.length - 1)])
  const copy = x.slice()
  select(
    copy,
    [...new Set(ranks)].sort((a, b) => a - b),
    0,
    copy.length - 1,
  )
  return Float64Array.from(places, (place) => {
    const low = Math.floor(place)
    const [a, b] = [copy[low]!, copy[Math.min(low + 1, x.length - 1)]!]
    return a + (b - a) * (place - low)
  })
}

/** Quickselect of several ranks: each ends up with the element that sorting puts there. */
function select(x: Float64Array, ranks: readonly number[], first: number, last: number): void {
  if (ranks.length === 0 || first >= last) return
  const [a, b, c] = [x[first]!, x[(first + last) >> 1]!, x[last]!]
  const pivot = Math.max(Math.min(a, b), Math.min(Math.max(a, b), c))
  // Three parts, less, equal and greater: there are few different minutes among millions of flights.
  let less = first
  let at = first
  let greater = last
  while (at <= greater) {
    const value = x[at]!
    if (value < pivot) {
      x[at++] = x[less]!
      x[less++] = value
    } else if (value > pivot) {
      x[at] = x[greater]!
      x[greater--] = value
    } else at++
  }
  const below = ranks.filter((rank) => rank < less)
  const above = ranks.filter((rank) => rank > greater)
  select(x, below, first, less - 1)
  select(x, above, greater + 1, last)
}

/** The shortest ways between all pairs of airports while one is closed. */
export interface Ways {
  /** Pairs without any. */
  readonly none: number
  readonly totalMiles: number
  readonly longestMiles: number
}

/**
 * By Floyd and Warshall. `direct`: airports × airports, Infinity where nothing flies. Uses nothing from outside, so that
 * it can be a task.
 */
export function waysWithout(
  context: { checkpoint(): void },
  direct: Float64Array,
  airports: number,
  closed: number,
): Ways {
  const miles = direct.slice()
  for (let via = 0; via < airports; via++) {
    context.checkpoint()
    if (via === closed) continue
    for (let from = 0; from < airports; from++) {
      const there = miles[from * airports + via]!
      if (there === Number.POSITIVE_INFINITY) continue
      for (let to = 0; to < airports; to++) {
        const length = there + miles[via * airports + to]!
        if (length < miles[from * airports + to]!) miles[from * airports + to] = length
      }
    }
  }
  let none = 0
  let totalMiles = 0
  let longestMiles = 0
  for (let from = 0; from < airports; from++) {
    for (let to = 0; to < airports; to++) {
      if (from === closed || to === closed) continue
      const length = miles[from * airports + to]!
      if (length === Number.POSITIVE_INFINITY) none++
      else {
        totalMiles += length
        longestMiles = Math.max(longestMiles, length)
      }
    }
  }
  return { none, totalMiles, longestMiles }
}
