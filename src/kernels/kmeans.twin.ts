/** kmeans in plain JavaScript, with the bits of native/kernels/kmeans.cpp, whose comments name the sources. */
import { joinBlocks } from '../core/blocks.js'
import type { MatrixArgument, Outputs } from '../engine/values.js'
import { CLUSTERS, philox, words } from './philox.twin.js'

type Operand = MatrixArgument<Float64Array | Float32Array>

const TERMS = 2 ** 20

/** Points of a block. */
export function blockOf(clusters: number, columns: number): number {
  let block = 16384
  while (block > 1024 && block * clusters * columns > TERMS) block /= 2
  while (block < 4 * clusters) block *= 2
  return block
}

/** Candidates for each centre: 2 + ln k. */
export function trialsOf(clusters: number): number {
  let trials = 2
  for (let bound = Math.E; clusters >= bound; bound *= Math.E) trials++
  return clusters === 1 ? 1 : trials
}

function dense(m: Operand): Float64Array {
  const { data, offset, rows, cols, rowStride, colStride } = m
  const copy = new Float64Array(rows * cols)
  for (let i = 0, to = 0; i < rows; i++) {
    for (let j = 0, at = offset + i * rowStride; j < cols; j++, at += colStride) copy[to++] = data[at]!
  }
  return copy
}

class Clustering {
  readonly #x: Float64Array
  readonly #n: number
  readonly #d: number
  readonly #block: number
  readonly #labels: Uint32Array
  readonly #single: boolean
  #k: number
  centres: Float64Array
  readonly #distances: Float64Array
  #states: Float64Array[] = []
  #changes = 0

  constructor(x: Operand, clusters: number, labels: Uint32Array) {
    this.#x = dense(x)
    this.#n = x.rows
    this.#d = x.cols
    this.#k = clusters
    this.#block = blockOf(clusters, x.cols)
    this.#labels = labels
    this.#single = x.data instanceof Float32Array
    this.centres = new Float64Array(clusters * x.cols)
    this.#distances = new Float64Array(x.rows)
  }

  /** The squared distance of point i to the numbers at `at`; or some number from `enough` on, once it is that far. */
  #square(i: number, centres: Float64Array, at: number, enough: number): number {
    const x = this.#x
    let sum = 0
    let from = i * this.#d
    const end = from + this.#d
    for (const most = end - 4; from <= most; from += 4, at += 4) {
      const a = x[from]! - centres[at]!
      const b = x[from + 1]! - centres[at + 1]!
      const c = x[from + 2]! - centres[at + 2]!
      const e = x[from + 3]! - centres[at + 3]!
      sum = sum + a * a + b * b + c * c + e * e
      if (sum > enough) return sum
    }
    for (; from < end; from++, at++) {
      const a = x[from]! - centres[at]!
      sum += a * a
    }
    return sum
  }

  #sound(): boolean {
    const { centres } = this
    let sound = true
    for (let c = 0; c < this.#k; c++) {
      let norm = 0
      for (let at = c * this.#d, end = at + this.#d; at < end; at++) norm += centres[at]! * centres[at]!
      sound &&= Number.isFinite(norm)
    }
    return sound
  }

  #label(): void {
    const { centres } = this
    const labels = this.#labels
    const d = this.#d
    const k = this.#k
    this.#changes = 0
    for (let i = 0; i < this.#n; i++) {
      // The last one first: most others are soon farther.
      const old = labels[i]!
      let least = this.#square(i, centres, old * d, Number.POSITIVE_INFINITY)
      let found = old
      for (let c = 0; c < k; c++) {
        if (c === old) continue
        const apart = this.#square(i, centres, c * d, least)
        if (apart < least || (apart === least && c < found)) {
          least = apart
          found = c
        }
      }
      if (found !== old) {
        this.#changes++
        labels[i] = found
      }
    }
  }

  /** Sums of the points of each cluster, then their numbers. */
  #sumUp(): Float64Array {
    const d = this.#d
    const k = this.#k
    const x = this.#x
    this.#states = []
    for (let begin = 0; begin < this.#n; begin += this.#block) {
      const state = new Float64Array(k * d + k)
      for (let i = begin; i < Math.min(begin + this.#block, this.#n); i++) {
        const label = this.#labels[i]!
        for (let at = label * d, from = i * d, end = from + d; from < end; from++, at++) state[at]! += x[from]!
        state[k * d + label]!++
      }
      this.#states.push(state)
    }
    return joinBlocks(this.#states, (left, right) => {
      for (let e = 0; e < left.length; e++) left[e]! += right[e]!
      return left
    })
  }

  /** Leaves the distances to the own centres; their sum. */
  #measure(): number {
    const sums: number[] = []
    for (let begin = 0; begin < this.#n; begin += this.#block) {
      let sum = 0
      for (let i = begin; i < Math.min(begin + this.#block, this.#n); i++) {
        const apart = this.#square(i, this.centres, this.#labels[i]! * this.#d, Number.POSITIVE_INFINITY)
        this.#distances[i] = apart
        sum += apart
      }
      sums.push(sum)
    }
    return joinBlocks(sums, (a, b) => a + b)
  }

  #relocate(state: Float64Array): void {
    const d = this.#d
    const counts = state.subarray(this.#k * d)
    if (!counts.includes(0)) return
    this.#measure()
    const distances = this.#distances
    for (let c = 0; c < this.#k; c++) {
      if (counts[c] !== 0) continue
      let far = 0
      for (let i = 1; i < this.#n; i++) if (distances[i]! > distances[far]!) far = i
      if (!(distances[far]! > 0)) return
      const own = this.#labels[far]!
      for (let j = 0; j < d; j++) {
        const value = this.#x[far * d + j]!
        state[own * d + j]! -= value
        state[c * d + j] = value
      }
      counts[own]!--
      counts[c] = 1
      distances[far] = -1
    }
  }

  #move(state: Float64Array): number {
    const d = this.#d
    let sum = 0
    for (let c = 0; c < this.#k; c++) {
      const count = state[this.#k * d + c]!
      let apart = 0
      for (let at = c * d, end = at + d; at < end && count > 0; at++) {
        const mean = this.#single ? Math.fround(state[at]! / count) : state[at]! / count
        const step = mean - this.centres[at]!
        apart += step * step
        this.centres[at] = mean
      }
      sum += apart
    }
    return sum
  }

  /** The mean of the columns' variances. */
  spread(): number {
    const clusters = this.#k
    this.#k = 1
    const state = this.#sumUp()
    for (let j = 0; j < this.#d; j++) this.centres[j] = state[j]! / this.#n
    const sum = this.#measure()
    this.#k = clusters
    return sum / (this.#n * this.#d)
  }

  // ---- Seeds ----

  /** False where distances are not finite. */
  seed(key0: number, key1: number, run: number): boolean {
    const n = this.#n
    const d = this.#d
    const x = this.#x
    const distances = this.#distances
    let block = 0
    const draw = () => {
      philox(key0, key1, CLUSTERS, block++, run)
      return ((words[0]! >>> 0) * 2097152 + (words[1]! >>> 11)) * 2 ** -53
    }
    const trials = trialsOf(this.#k)
    const blocks = Math.ceil(n / this.#block)
    let candidates = [Math.floor(draw() * n)]
    for (let c = 0; ; c++) {
      const weights = candidates.map(() => new Float64Array(blocks))
      for (let b = 0; b < blocks; b++) {
        const sums = candidates.map(() => 0)
        for (let i = b * this.#block; i < Math.min((b + 1) * this.#block, n); i++) {
          let near = Number.POSITIVE_INFINITY
          if (c > 0) {
            near = distances[i]!
            const apart = this.#square(i, this.centres, (c - 1) * d, near)
            if (apart < near) near = apart
          }
          distances[i] = near
          for (let t = 0; t < candidates.length; t++) {
            const apart = this.#square(i, x, candidates[t]! * d, near)
            sums[t]! += apart < near ? apart : near
          }
        }
        sums.forEach((sum, t) => {
          weights[t]![b] = sum
        })
      }
      let least = Number.POSITIVE_INFINITY
      let best = 0
      weights.forEach((list, t) => {
        const sum = list.reduce((a, b) => a + b, 0)
        if (sum < least) {
          least = sum
          best = t
        }
      })
      if (!Number.isFinite(least)) return false
      const chosen = candidates[best]!
      for (let j = 0; j < d; j++) this.centres[c * d + j] = x[chosen * d + j]!
      if (c + 1 === this.#k) return true
      candidates = Array.from({ length: trials }, () => {
        const uniform = draw()
        return least > 0 ? this.#pick(uniform * least, weights[best]!, c) : Math.floor(uniform * n)
      })
    }
  }

  #pick(target: number, weights: Float64Array, last: number): number {
    let sum = 0
    let b = 0
    let found = -1
    for (let at = 0; at < weights.length; at++) {
      const weight = weights[at]!
      if (weight > 0) found = at
      if (sum + weight > target) break
      sum += weight
      b = at + 1
    }
    if (found < 0) return 0
    if (b === weights.length) {
      b = found
      sum -= weights[b]!
    }
    let pick = b * this.#block
    for (let i = pick; i < Math.min((b + 1) * this.#block, this.#n); i++) {
      const apart = this.#square(i, this.centres, last * this.#d, this.#distances[i]!)
      const weight = apart < this.#distances[i]! ? apart : this.#distances[i]!
      if (weight > 0) pick = i
      sum += weight
      if (sum > target) break
    }
    return pick
  }

  // ---- A run ----

  run(most: number, tolerance: number): { inertia: number; iterations: number; converged: boolean } {
    const outcome = { inertia: Number.NaN, iterations: 0, converged: false }
    if (!this.#sound()) return outcome
    let settled = false
    while (outcome.iterations < most && !outcome.converged) {
      outcome.iterations++
      this.#label()
      const state = this.#sumUp()
      if (outcome.iterations > 1 && this.#changes === 0) {
        outcome.converged = settled = true
        break
      }
      this.#relocate(state)
      const shift = this.#move(state)
      if (!this.#sound() || !Number.isFinite(shift)) return outcome
      outcome.converged = shift <= tolerance
    }
    if (!settled) this.#label()
    outcome.inertia = this.#measure()
    return outcome
  }
}

export function kmeansTwin(
  x: Operand,
  clusters: number,
  init: Operand | undefined,
  key0: number,
  key1: number,
  runs: number,
  iterations: number,
  tolerance: number,
  out: Float64Array | Float32Array,
  labels: Uint32Array,
  result: Outputs,
): void {
  labels.fill(0)
  const work = new Clustering(x, clusters, labels)
  const within = tolerance > 0 ? tolerance * work.spread() : 0
  let chosen = { inertia: Number.NaN, iterations: 0, converged: false }
  let best: Uint32Array | undefined
  let { centres } = work
  for (let run = 0; run < runs; run++) {
    if (run > 0) labels.fill(0)
    if (init !== undefined) work.centres = dense(init)
    else if (!work.seed(key0, key1, run)) {
      chosen.inertia = Number.NaN
      break
    }
    const outcome = work.run(iterations, within)
    const better = run === 0 || !(outcome.inertia >= chosen.inertia)
    if (better) {
      chosen = outcome
      centres = runs > 1 ? work.centres.slice() : work.centres
      if (run + 1 < runs) best = labels.slice()
    } else if (run + 1 === runs) labels.set(best!)
    if (!Number.isFinite(outcome.inertia)) break
  }
  out.set(centres)
  result.f64[0] = chosen.inertia
  result.f64[1] = chosen.iterations
  result.f64[2] = chosen.converged ? 1 : 0
}
