/** The arithmetic of the servers' demo: what is asked, how it is counted, and its plain JavaScript beside the kernels. */
import { describe, expect, it } from 'vitest'
import { matrix, moments, quantile, topK } from '../dist/index.js'
import { nearest, QUANTILES, statistics, waysWithout } from './demo/server-plain.js'
import {
  afterHangUp,
  expensiveRequests,
  IMPATIENT,
  MIX,
  PATIENCE_MS,
  percentile,
  randomFrom,
} from './demo/server-plan.js'

describe('the load', () => {
  it('is the same for a seed, another for another, and mixed alike in each ten', () => {
    const first = (seed: number, count: number) => {
      const requests = expensiveRequests(seed)
      return Array.from({ length: count }, () => requests.next().value)
    }
    const load = first(1, 200)
    expect(first(1, 200)).toEqual(load)
    expect(first(2, 200)).not.toEqual(load)
    for (let ten = 0; ten < 200; ten += 10) {
      for (const [kind, count] of Object.entries(MIX)) {
        expect(load.slice(ten, ten + 10).filter((one) => one.kind === kind)).toHaveLength(count)
      }
    }
    expect(load.map(({ id }) => id)).toEqual(load.map((_, i) => i))
    const impatient = load.filter(({ patienceMs }) => patienceMs !== Infinity)
    expect(impatient).toHaveLength(200 / IMPATIENT)
    for (const { patienceMs } of impatient) {
      expect(patienceMs).toBeGreaterThanOrEqual(PATIENCE_MS[0])
      expect(patienceMs).toBeLessThanOrEqual(PATIENCE_MS[1])
    }
  })

  it('is summed up by nearest ranks', () => {
    const values = Array.from({ length: 100 }, (_, i) => 100 - i)
    expect([0, 0.5, 0.99, 1].map((q) => percentile(values, q))).toEqual([1, 50, 99, 100])
    expect(percentile([7], 0.99)).toBe(7)
    expect(percentile([], 0.5)).toBeNaN()
  })

  it('wastes what runs after its client has gone, and nothing else', () => {
    const spell = (id: number, begun: number, ended: number) => ({ id, kind: 'search' as const, begun, ended })
    const spells = [spell(1, 0, 10), spell(2, 0, 10), spell(3, 0, 10), spell(4, 5, 10)]
    const hangUps = new Map([
      [2, 4],
      [3, 11],
      [4, 1],
    ])
    expect(afterHangUp(spells, hangUps)).toEqual([spell(2, 4, 10), spell(4, 5, 10)])
  })
})

describe('the plain JavaScript', () => {
  const random = randomFrom(3)

  it('finds the rows and distances that topK finds, equal ones included', async () => {
    const [rows, dim, count] = [500, 12, 6]
    // Few different values: many equal distances.
    const corpus = Float32Array.from({ length: rows * dim }, () => Math.floor(random() * 3))
    const queries = Uint8Array.from({ length: count * dim }, () => Math.floor(random() * 3))
    const norms = new Float64Array(rows)
    corpus.forEach((x, i) => {
      norms[Math.floor(i / dim)]! += x * x
    })
    const found = nearest(queries, corpus, norms, dim)
    const expected = await topK(matrix(new Float32Array(queries), count, dim), matrix(corpus, rows, dim), {
      k: 5,
      metric: 'sqeuclidean',
    })
    expect(Array.from(found.indices)).toEqual(Array.from(expected.indices.data))
    expect(Array.from(found.scores)).toEqual(Array.from(expected.scores.data))
  })

  it('has the statistics that the kernels have', async () => {
    for (const length of [1, 2, 1000, 20_000]) {
      const delay = Float64Array.from({ length }, () => Math.floor(random() * 200) - 60)
      const distance = Float64Array.from({ length }, () => random() * 3000)
      const found = statistics(delay, distance)
      const delays = await quantile(delay, QUANTILES)
      Array.from(found.delays).forEach((value, i) => {
        expect(value).toBeCloseTo(delays[i]!, 9)
      })
      const miles = await quantile(distance, QUANTILES)
      Array.from(found.miles).forEach((value, i) => {
        expect(value).toBeCloseTo(miles[i]!, 9)
      })
      expect(found.deviation).toBeCloseTo(Math.sqrt((await moments(delay)).variance), 9)
    }
  })

  it('goes round a closed airport, or says that there is no way', () => {
    const far = Number.POSITIVE_INFINITY
    // 0 → 1 → 2, and the long way 0 → 3 → 2.
    const direct = Float64Array.of(0, 1, far, 5, far, 0, 1, far, far, far, 0, far, far, far, 5, 0)
    const context = { checkpoint() {} }
    expect(waysWithout(context, direct, 4, -1)).toEqual({ none: 7, totalMiles: 1 + 2 + 5 + 1 + 5, longestMiles: 5 })
    expect(waysWithout(context, direct, 4, 1)).toEqual({ none: 3, totalMiles: 10 + 5 + 5, longestMiles: 10 })
  })
})
