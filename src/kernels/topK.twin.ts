/**
 * topK in plain JavaScript: the reference of the native kernel, bit for bit.
 *
 * The score of a query q and a row c, all in 64-bit floats whatever the element type:
 *
 * - A sum over elements runs in 16 lanes: lane l adds elements l, l + 16, l + 32, … in this
 *   order, starting from +0; then lane l + 8 is added to lane l, l + 4 to l, l + 2, l + 1.
 *   A product is rounded before it is added. (So a vector unit of any width can do the same.)
 * - dot: Σ q·c. sqeuclidean: Σ (q − c)². euclidean: its square root.
 * - cosine: Σ q·c / √(Σ q·q × Σ c·c), clamped to [−1, 1]; 0 if either sum of squares is 0, NaN
 *   if Σ q·c is. √(x × x) is x, so a row with itself has exactly 1. Where the product is
 *   outside [2⁻⁹⁶⁰, 2¹⁰⁰⁰] (never for 32-bit elements) the divisor is Σ q·q if both sums are equal,
 *   else √(Σ q·q) × √(Σ c·c).
 * - It is rounded to the element type, and the rounded score is what counts: better ones
 *   first (large for cosine and dot, small for distances), equal ones (−0 and +0 are equal)
 *   by the lower index, NaN after all others.
 */
export interface MatrixArg {
  readonly data: Float32Array | Float64Array | Uint8Array
  /** Of element (0, 0) in `data`; element (i, j) is at offset + i · rowStride + j · colStride. */
  readonly offset: number
  readonly rows: number
  readonly cols: number
  readonly rowStride: number
  readonly colStride: number
}

const LANES = 16
/** Rows of the corpus that stay in the cache while a block of queries passes over them. */
const CORPUS_BLOCK = 32
const QUERY_BLOCK = 64

/**
 * Writes rows [first, first + count) to `out` as 64-bit floats, each padded with zeros to a
 * whole number of lanes: then there is one inner loop for both element types and all
 * strides, and it has no tail. A zero adds +0 to a lane, which changes nothing.
 */
function unpack(m: MatrixArg, first: number, count: number, width: number, out: Float64Array): void {
  const { data, cols, colStride } = m
  for (let row = 0; row < count; row++) {
    const from = m.offset + (first + row) * m.rowStride
    const to = row * width
    if (colStride === 1) out.set(data.subarray(from, from + cols), to)
    else for (let i = 0; i < cols; i++) out[to + i] = data[from + i * colStride]!
  }
}

/**
 * Σ a·b over `width` elements, by the lane rule: the even lanes and their part of the tree,
 * then the odd ones. Two passes over eight lanes are a fifth faster than one over 16, which
 * do not fit in the registers.
 */
function dot(a: Float64Array, i: number, b: Float64Array, j: number, width: number): number {
  return dotOfEvenLanes(a, i, b, j, width) + dotOfEvenLanes(a, i + 1, b, j + 1, width)
}

function dotOfEvenLanes(a: Float64Array, i: number, b: Float64Array, j: number, width: number): number {
  let s0 = 0
  let s2 = 0
  let s4 = 0
  let s6 = 0
  let s8 = 0
  let s10 = 0
  let s12 = 0
  let s14 = 0
  for (const end = i + width; i < end; i += LANES, j += LANES) {
    s0 += a[i]! * b[j]!
    s2 += a[i + 2]! * b[j + 2]!
    s4 += a[i + 4]! * b[j + 4]!
    s6 += a[i + 6]! * b[j + 6]!
    s8 += a[i + 8]! * b[j + 8]!
    s10 += a[i + 10]! * b[j + 10]!
    s12 += a[i + 12]! * b[j + 12]!
    s14 += a[i + 14]! * b[j + 14]!
  }
  return s0 + s8 + (s4 + s12) + (s2 + s10 + (s6 + s14))
}

/** Σ (a − b)² over `width` elements, in the same way. */
function squaredDistance(a: Float64Array, i: number, b: Float64Array, j: number, width: number): number {
  return squaredDistanceOfEvenLanes(a, i, b, j, width) + squaredDistanceOfEvenLanes(a, i + 1, b, j + 1, width)
}

function squaredDistanceOfEvenLanes(a: Float64Array, i: number, b: Float64Array, j: number, width: number): number {
  let s0 = 0
  let s2 = 0
  let s4 = 0
  let s6 = 0
  let s8 = 0
  let s10 = 0
  let s12 = 0
  let s14 = 0
  for (const end = i + width; i < end; i += LANES, j += LANES) {
    const d0 = a[i]! - b[j]!
    s0 += d0 * d0
    const d2 = a[i + 2]! - b[j + 2]!
    s2 += d2 * d2
    const d4 = a[i + 4]! - b[j + 4]!
    s4 += d4 * d4
    const d6 = a[i + 6]! - b[j + 6]!
    s6 += d6 * d6
    const d8 = a[i + 8]! - b[j + 8]!
    s8 += d8 * d8
    const d10 = a[i + 10]! - b[j + 10]!
    s10 += d10 * d10
    const d12 = a[i + 12]! - b[j + 12]!
    s12 += d12 * d12
    const d14 = a[i + 14]! - b[j + 14]!
    s14 += d14 * d14
  }
  return s0 + s8 + (s4 + s12) + (s2 + s10 + (s6 + s14))
}

function cosine(qc: number, qq: number, cc: number): number {
  if (qq === 0 || cc === 0) return Number.isNaN(qc) ? qc : 0
  const product = qq * cc
  let divisor = qq
  if (product >= 2 ** -960 && product <= 2 ** 1000) divisor = Math.sqrt(product)
  else if (qq !== cc) divisor = Math.sqrt(qq) * Math.sqrt(cc)
  const score = qc / divisor
  return Math.min(1, Math.max(-1, score))
}

/** Whether cost a of row i comes before cost b of row j: the order of the result. */
function better(a: number, i: number, b: number, j: number): boolean {
  if (a < b) return true
  if (a > b) return false
  if (a === b) return i < j
  const aNaN = Number.isNaN(a)
  const bNaN = Number.isNaN(b)
  return aNaN === bNaN ? i < j : bNaN
}

/**
 * One query's list while rows come in: a heap with the worst on top, at [start, start + count)
 * of the two arrays. Puts the pair in place `at` or below.
 */
function sink(
  costs: Float32Array | Float64Array,
  indices: Uint32Array,
  start: number,
  count: number,
  at: number,
  cost: number,
  index: number,
): void {
  for (;;) {
    let down = 2 * at + 1
    if (down >= count) break
    const next = start + down
    if (down + 1 < count && better(costs[next]!, indices[next]!, costs[next + 1]!, indices[next + 1]!)) down++
    if (!better(cost, index, costs[start + down]!, indices[start + down]!)) break
    costs[start + at] = costs[start + down]!
    indices[start + at] = indices[start + down]!
    at = down
  }
  costs[start + at] = cost
  indices[start + at] = index
}

/**
 * The `k` best rows of `corpus` for every row of `queries`, by exhaustive search: exactly, and
 * in the order above. `indices` and `scores` are queries × k, row by row.
 *
 * @param metric 0 cosine, 1 dot, 2 euclidean, 3 sqeuclidean
 */
export function topKTwin(
  queries: MatrixArg,
  corpus: MatrixArg,
  k: number,
  metric: 0 | 1 | 2 | 3,
  indices: Uint32Array,
  scores: Float32Array | Float64Array,
): void {
  const width = Math.ceil(queries.cols / LANES) * LANES
  const single = scores instanceof Float32Array
  const similarity = metric <= 1
  const q = new Float64Array(Math.min(QUERY_BLOCK, queries.rows) * width)
  const c = new Float64Array(Math.min(CORPUS_BLOCK, corpus.rows) * width)
  const qq = new Float64Array(QUERY_BLOCK)
  const cc = new Float64Array(CORPUS_BLOCK)

  for (let q0 = 0; q0 < queries.rows; q0 += QUERY_BLOCK) {
    const qCount = Math.min(QUERY_BLOCK, queries.rows - q0)
    unpack(queries, q0, qCount, width, q)
    for (let i = 0; i < qCount; i++) qq[i] = dot(q, i * width, q, i * width, width)

    for (let c0 = 0; c0 < corpus.rows; c0 += CORPUS_BLOCK) {
      const cCount = Math.min(CORPUS_BLOCK, corpus.rows - c0)
      unpack(corpus, c0, cCount, width, c)
      if (metric === 0) for (let j = 0; j < cCount; j++) cc[j] = dot(c, j * width, c, j * width, width)

      for (let i = 0; i < qCount; i++) {
        const start = (q0 + i) * k
        for (let j = 0; j < cCount; j++) {
          let score = similarity
            ? dot(q, i * width, c, j * width, width)
            : squaredDistance(q, i * width, c, j * width, width)
          if (metric === 0) score = cosine(score, qq[i]!, cc[j]!)
          if (metric === 2) score = Math.sqrt(score)
          if (single) score = Math.fround(score)
          // Smaller is better from here on; negating is exact.
          const cost = similarity ? -score : score
          const index = c0 + j
          if (index < k) {
            // The first k rows fill the list; when all are there they become a heap.
            scores[start + index] = cost
            indices[start + index] = index
            if (index === k - 1)
              for (let at = (k >> 1) - 1; at >= 0; at--)
                sink(scores, indices, start, k, at, scores[start + at]!, indices[start + at]!)
          } else if (better(cost, index, scores[start]!, indices[start]!)) {
            sink(scores, indices, start, k, 0, cost, index)
          }
        }
      }
    }

    // Heaps to sorted lists: the worst goes to the end, again and again.
    for (let i = 0; i < qCount; i++) {
      const start = (q0 + i) * k
      for (let last = k - 1; last > 0; last--) {
        const cost = scores[start + last]!
        const index = indices[start + last]!
        scores[start + last] = scores[start]!
        indices[start + last] = indices[start]!
        sink(scores, indices, start, last, 0, cost, index)
      }
      if (similarity) for (let at = start; at < start + k; at++) scores[at] = -scores[at]!
    }
  }
}
