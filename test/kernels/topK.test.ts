/** What is special to topK: numbers from NumPy, the exact guarantees, ties, zeros and NaN. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Metric, matrix, topK } from '../../dist/index.js'
import { random } from '../support.js'

const METRICS: Metric[] = ['cosine', 'dot', 'euclidean', 'sqeuclidean']

interface Oracle {
  nearest: Record<Metric, { indices: number[][]; scores: number[][] }>
}
const oracle = JSON.parse(readFileSync(new URL('./oracle.json', import.meta.url), 'utf8')) as Oracle

function lcg(count: number, seed: number): Float64Array {
  let state = seed
  return new Float64Array(count).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return ((state >>> 16) % 201) - 100
  })
}

const gaussian = (n: number, next: () => number): Float64Array =>
  new Float64Array(n).map(() => next() + next() + next() + next() - 2)

const row = (data: Float64Array, i: number, d: number): Float64Array => data.subarray(i * d, (i + 1) * d)

/** The textbook formula, in plain f64, in plain order. */
function plain(metric: Metric, q: Float64Array, c: Float64Array): number {
  let dot = 0
  let square = 0
  let qq = 0
  let cc = 0
  for (let i = 0; i < q.length; i++) {
    dot += q[i]! * c[i]!
    square += (q[i]! - c[i]!) ** 2
    qq += q[i]! ** 2
    cc += c[i]! ** 2
  }
  if (metric === 'dot') return dot
  if (metric === 'sqeuclidean') return square
  return metric === 'euclidean' ? Math.sqrt(square) : dot / Math.sqrt(qq) / Math.sqrt(cc)
}

describe('topK', () => {
  it('finds what NumPy finds, with its scores', async () => {
    const queries = lcg(7 * 33, 1)
    const corpus = lcg(500 * 33, 2)
    corpus.copyWithin(123 * 33, 17 * 33, 18 * 33)
    for (const metric of METRICS) {
      const expected = oracle.nearest[metric]
      for (const kind of ['f64', 'f32'] as const) {
        const as = (x: Float64Array) => (kind === 'f32' ? new Float32Array(x) : x) as Float64Array
        const many = await topK(matrix(as(queries), 7, 33), matrix(as(corpus), 500, 33), { k: 6, metric })
        for (let i = 0; i < 7; i++) {
          const one = await topK(as(row(queries, i, 33)), matrix(as(corpus), 500, 33), { k: 6, metric })
          expect([...one.indices], `${metric} ${kind}`).toEqual(expected.indices[i])
          expect([...many.indices.data.subarray(6 * i, 6 * i + 6)]).toEqual(expected.indices[i])
          expect([...many.scores.data.subarray(6 * i, 6 * i + 6)]).toEqual([...one.scores])
          one.scores.forEach((score, j) => {
            const tolerance = metric === 'dot' || metric === 'sqeuclidean' ? 0 : 1e-15
            const want = expected.scores[i]![j]!
            if (kind === 'f64') expect(Math.abs(score - want)).toBeLessThanOrEqual(tolerance * Math.abs(want))
            else
              expect(Math.abs(score - Math.fround(want))).toBeLessThanOrEqual(
                Math.abs(want) * 2 ** -23 * (tolerance === 0 ? 0 : 1),
              )
          })
        }
      }
    }
  })

  it('returns shapes and order as documented', async () => {
    const data = gaussian(300 * 20, random(1))
    const corpus = matrix(data, 300, 20)
    for (const metric of METRICS) {
      for (const k of [1, 2, 10, 299, 300]) {
        const { indices, scores } = await topK(matrix(gaussian(5 * 20, random(2)), 5, 20), corpus, { k, metric })
        expect(indices.shape).toEqual([5, k])
        expect(scores.strides).toEqual([k, 1])
        expect(indices.data).toBeInstanceOf(Uint32Array)
        for (let i = 0; i < 5; i++) {
          const part = [...scores.data.subarray(i * k, (i + 1) * k)]
          const nearer = metric === 'cosine' || metric === 'dot' ? -1 : 1
          expect(part).toEqual([...part].sort((a, b) => nearer * (a - b)))
          expect(new Set(indices.data.subarray(i * k, (i + 1) * k)).size).toBe(k)
        }
      }
    }
  })

  it('misses nothing: no row left out is nearer than the last one returned', async () => {
    const next = random(3)
    const d = 70
    const data = gaussian(2000 * d, next)
    const queries = gaussian(40 * d, next)
    for (const metric of METRICS) {
      const { indices, scores } = await topK(matrix(queries, 40, d), matrix(data, 2000, d), { k: 5, metric })
      for (let i = 0; i < 40; i++) {
        const q = row(queries, i, d)
        const all = Array.from({ length: 2000 }, (_, j) => plain(metric, q, row(data, j, d)))
        const best = [...all].sort((a, b) => (metric === 'cosine' || metric === 'dot' ? b - a : a - b)).slice(0, 5)
        for (let j = 0; j < 5; j++) {
          expect(scores.data[5 * i + j]).toBeCloseTo(best[j]!, 10)
          expect(all[indices.data[5 * i + j]!]).toBeCloseTo(best[j]!, 10)
        }
      }
    }
  })

  it('gives a row the distance 0 and the cosine 1 to itself, whatever its size', async () => {
    const next = random(4)
    const d = 100
    for (const scale of [1, 1e-15, 1e15, 1e-3]) {
      // Near-duplicates under a large common offset: where |q|² + |c|² − 2q·c would lose every digit.
      const data = new Float32Array(400 * d).map(() => (1000 + next()) * scale)
      const corpus = matrix(data, 400, d)
      for (const metric of METRICS) {
        if (metric === 'dot') continue
        const { indices, scores } = await topK(corpus, corpus, { k: 1, metric })
        const exact = metric === 'cosine' ? 1 : 0
        if (metric !== 'cosine') expect([...indices.data]).toEqual(Array.from({ length: 400 }, (_, i) => i))
        for (const score of scores.data) expect(score).toBe(exact)
      }
    }
  })

  it('keeps cosine within [−1, 1]', async () => {
    const next = random(5)
    const base = gaussian(30, next)
    const data = new Float64Array(200 * 30)
    for (let i = 0; i < 200; i++)
      for (let j = 0; j < 30; j++) data[i * 30 + j] = base[j]! * (next() - 0.5) ** 3 * 10 ** (i % 20)
    for (let i = 0; i < 200; i++) {
      const factor = (next() - 0.5) * 10 ** ((i % 40) - 20)
      for (let j = 0; j < 30; j++) data[i * 30 + j] = base[j]! * factor
    }
    const { scores } = await topK(matrix(data, 200, 30), matrix(data, 200, 30), { k: 200, metric: 'cosine' })
    for (const score of scores.data) expect(Math.abs(score)).toBeLessThanOrEqual(1)
  })

  it('breaks ties by the lower row, however many', async () => {
    const data = new Float32Array(5000 * 16)
    for (let i = 0; i < 5000; i++) for (let j = 0; j < 16; j++) data[i * 16 + j] = (i % 3) + j
    const queries = matrix(data.slice(0, 6 * 16), 6, 16)
    for (const metric of METRICS) {
      const { indices, scores } = await topK(queries, matrix(data, 5000, 16), { k: 50, metric })
      for (let i = 0; i < 6; i++) {
        for (let j = 1; j < 50; j++) {
          const at = i * 50 + j
          if (scores.data[at] === scores.data[at - 1]) expect(indices.data[at]).toBeGreaterThan(indices.data[at - 1]!)
        }
      }
      if (metric !== 'dot') expect([...indices.data.subarray(0, 4)]).toEqual([0, 3, 6, 9])
    }
  })

  it('scores zero vectors 0 in cosine, and ranks NaN last by row', async () => {
    const rows = [
      [0, 0],
      [Number.NaN, 1],
      [1, 1],
      [Number.POSITIVE_INFINITY, 0],
      [-1, -1],
      [1, Number.NaN],
    ]
    const corpus = matrix.from(rows, 'f64')
    const cosine = await topK(new Float64Array([1, 1]), corpus, { k: 6, metric: 'cosine' })
    expect([...cosine.indices]).toEqual([2, 0, 4, 1, 3, 5]) // ∞ / ∞ is NaN
    expect([...cosine.scores]).toEqual([1, 0, -1, Number.NaN, Number.NaN, Number.NaN])
    const square = await topK(new Float64Array([1, 1]), corpus, { k: 6, metric: 'sqeuclidean' })
    expect([...square.indices]).toEqual([2, 0, 4, 3, 1, 5])
    expect([...square.scores]).toEqual([0, 2, 8, Number.POSITIVE_INFINITY, Number.NaN, Number.NaN])
    const zero = await topK(new Float64Array([0, 0]), corpus, { k: 3, metric: 'cosine' })
    expect([...zero.indices].slice(0, 3)).toEqual([0, 2, 4])
    const lost = await topK(matrix.from([[Number.NaN, 0]], 'f64'), corpus, { k: 3, metric: 'dot' })
    expect([...lost.indices.data]).toEqual([0, 1, 2])
    expect([...lost.scores.data]).toEqual([Number.NaN, Number.NaN, Number.NaN])
  })

  it('gives for bytes what the same numbers give as floats, to the bit, for every shape and stride', async () => {
    const next = random(12)
    for (const [n, rows, d, k] of [
      [1, 1, 1, 1],
      [1, 300, 33, 4],
      [3, 50, 16, 50],
      [70, 313, 47, 10],
      [300, 100, 1, 9],
      [2, 130, 2100, 3],
    ] as const) {
      for (const most of [255, 2]) {
        const make = (length: number) => Uint8Array.from({ length }, () => next() * (most + 1))
        const [q, c] = [make(n * d), make(rows * d)]
        if (rows > 2) c.fill(0, 0, 2 * d)
        if (n > 2) q.fill(0, d, 2 * d)
        const turned = (m: Uint8Array, count: number) => {
          const data = new Uint8Array(m.length)
          m.forEach((value, at) => {
            data[(at % d) * count + Math.floor(at / d)] = value
          })
          return { data, shape: [count, d], strides: [1, count] }
        }
        const floats = [matrix(Float32Array.from(q), n, d), matrix(Float32Array.from(c), rows, d)] as const
        for (const metric of METRICS) {
          const expected = await topK(...floats, { k, metric })
          const results = [
            await topK(matrix(q, n, d), matrix(c, rows, d), { k, metric }),
            await topK(matrix(q, n, d), matrix(c, rows, d), { k, metric, threads: 3 }),
            topK.sync(turned(q, n), turned(c, rows), { k, metric }),
            topK.js(matrix(q, n, d), matrix(c, rows, d), { k, metric }),
          ]
          for (const { indices, scores } of results) {
            expect(indices.data).toEqual(expected.indices.data)
            expect(scores.data).toEqual(expected.scores.data)
          }
        }
      }
    }
  })

  it('keeps the largest sums of bytes, and takes no more columns than that', () => {
    const wide = (d: number) => matrix(new Uint8Array(3 * d).fill(255), 3, d)
    const full = wide(33_025)
    full.data[5] = 254
    const { indices, scores } = topK.sync(full, full, { k: 3, metric: 'dot' })
    expect([...indices.data.subarray(3)]).toEqual([1, 2, 0, 1, 2, 0])
    expect(scores.data[3]).toBe(Math.fround(33_025 * 65_025))
    expect(topK.sync(full, full, { k: 1, metric: 'sqeuclidean' }).scores.data[0]).toBe(0)
    expect([...topK.sync(full, full, { k: 3, metric: 'sqeuclidean' }).scores.data.subarray(3, 6)]).toEqual([0, 0, 1])
    for (const face of [topK.sync, topK.js]) {
      expect(() => (face as typeof topK.sync)(wide(33_026), wide(33_026), { k: 1, metric: 'dot' })).toThrow('33025')
    }
  })

  it('sees strided, transposed, reversed and repeated matrices as their dense copies', async () => {
    const data = new Float32Array(gaussian(60 * 40, random(6)))
    const views = [
      { data, shape: [40, 60], strides: [1, 40], offset: 0 },
      { data, shape: [60, 20], strides: [40, 2], offset: 1 },
      { data, shape: [60, 40], strides: [-40, -1], offset: 60 * 40 - 1 },
      { data, shape: [500, 40], strides: [0, 1], offset: 40 },
      { data, shape: [20, 30], strides: [80, 1], offset: 3 },
    ]
    for (const view of views) {
      const [rows, cols] = view.shape as [number, number]
      const dense = new Float32Array(rows * cols)
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < cols; j++)
          dense[i * cols + j] = data[view.offset + i * view.strides[0]! + j * view.strides[1]!]!
      }
      for (const metric of METRICS) {
        const options = { k: 7, metric }
        const expected = await topK(matrix(dense, rows, cols), matrix(dense, rows, cols), options)
        expect(await topK(view, view, options)).toEqual(expected)
        const query = dense.slice(0, cols)
        expect(await topK(query, view, options)).toEqual(await topK(query, matrix(dense, rows, cols), options))
      }
    }
  })
})
