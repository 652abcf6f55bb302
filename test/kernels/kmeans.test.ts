/** kmeans: against SciPy's iterations and NumPy's seeds, what every result must be, empty clusters, ties, errors. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { kmeans, type Matrix, type MatrixLike, matrix, random } from '../../dist/index.js'
import { bits, seeded } from '../support.js'

type Floats = Float64Array | Float32Array
interface Lloyd {
  readonly rows: number
  readonly cols: number
  readonly clusters: number
  readonly iterations: number
  readonly centres: number[]
  readonly counts: number[]
  readonly inertia: number
}
interface Seeds {
  readonly rows: number
  readonly cols: number
  readonly clusters: number
  readonly key: string
  readonly chosen: number[]
}
const oracle = JSON.parse(readFileSync(new URL('./kmeans.oracle.json', import.meta.url), 'utf8')) as {
  lloyd: Lloyd[]
  seeds: Seeds[]
  iris: { data: number[]; inertia: number }
}

/** The generator of kmeans.oracle.py. */
function numbers(rows: number, cols: number): Matrix<Float64Array<ArrayBuffer>> {
  let state = rows
  const data = Float64Array.from({ length: rows * cols }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return ((state >>> 16) % 1024) - 512
  })
  return matrix(data, rows, cols)
}

const first = (x: Matrix<Float64Array<ArrayBuffer>>, rows: number) => matrix(x.data, rows, x.shape[1]!)
const square = (x: Floats, i: number, c: Floats, j: number, d: number) => {
  let sum = 0
  for (let q = 0; q < d; q++) sum += (x[i * d + q]! - c[j * d + q]!) ** 2
  return sum
}

/** Labels are those of the nearest centres, the first of equal ones; the inertia is theirs. */
function checkNearest(x: MatrixLike<Floats>, result: ReturnType<typeof kmeans.sync<Floats>>): void {
  const [n, d] = x.shape as [number, number]
  const { labels, clusterCenters, inertia } = result
  let sum = 0
  for (let i = 0; i < n; i++) {
    let [least, found] = [Number.POSITIVE_INFINITY, -1]
    for (let c = 0; c < clusterCenters.shape[0]!; c++) {
      const apart = square(x.data, i, clusterCenters.data, c, d)
      if (apart < least) [least, found] = [apart, c]
    }
    if (labels[i] !== found) expect(`point ${i}: ${labels[i]}`).toBe(`point ${i}: ${found}`)
    sum += least
  }
  expect(Math.abs(inertia - sum)).toBeLessThanOrEqual(n * 2 ** -52 * sum)
}

describe('kmeans', () => {
  it.each(oracle.lloyd)('gives SciPy’s centres: $rows × $cols, $clusters clusters', async (one) => {
    const x = numbers(one.rows, one.cols)
    const options = { init: first(x, one.clusters), maxIterations: one.iterations, tolerance: 0 }
    for (const face of [kmeans, kmeans.sync, kmeans.js]) {
      const { clusterCenters, labels, inertia, iterations, converged, key } = await face(x, options)
      expect(clusterCenters.shape).toEqual([one.clusters, one.cols])
      clusterCenters.data.forEach((value, e) => {
        expect(Math.abs(value - one.centres[e]!)).toBeLessThan(1e-11)
      })
      const counts = new Array(one.clusters).fill(0)
      for (const label of labels) counts[label]++
      expect(counts).toEqual(one.counts)
      expect(Math.abs(inertia / one.inertia - 1)).toBeLessThan(1e-12)
      expect([iterations, converged, key]).toEqual([one.iterations, false, undefined])
    }
  })

  it.each(oracle.seeds)('begins where NumPy’s k-means++ does: $rows × $cols, $clusters of key $key', async (one) => {
    const x = numbers(one.rows, one.cols)
    const key = BigInt(one.key)
    const init = matrix.from(one.chosen.map((i) => x.data.subarray(i * one.cols, (i + 1) * one.cols)))
    const { key: none, ...expected } = kmeans.js(x, { init, maxIterations: 1 })
    const { key: own, ...found } = await kmeans(x, { clusters: one.clusters, key, maxIterations: 1 })
    expect([none, own]).toEqual([undefined, key])
    expect(bits(found)).toBe(bits(expected))
  })

  it('finds the known clusters of the irises', async () => {
    expect(oracle.iris.inertia).toBeCloseTo(78.94084142614601, 10)
    const { inertia, converged, clusterCenters } = await kmeans(matrix(Float64Array.from(oracle.iris.data), 150, 4), {
      clusters: 3,
      key: 1,
      nInit: 10,
      tolerance: 0,
    })
    expect(converged).toBe(true)
    expect(inertia).toBeCloseTo(78.94084142614601, 10)
    expect(clusterCenters.shape).toEqual([3, 4])
  })

  it.each([Float64Array, Float32Array])('leaves every point at its nearest centre: %o', async (Kind) => {
    const next = seeded(3)
    for (const [n, d, k, shift] of [
      [300, 1, 7, 0],
      [1500, 3, 20, 0],
      [600, 70, 9, 0],
      // Far from the origin, the scores lose what tells centres apart, and the distances decide.
      [900, 8, 12, 1e6],
      [150, 200, 33, 0],
    ] as const) {
      const x = matrix(new Kind(n * d).map(() => shift + next() ** 3) as Float64Array, n, d)
      for (const options of [{ maxIterations: 3 }, { tolerance: 0, maxIterations: 100 }]) {
        const result = await kmeans(x, { clusters: k, key: n, ...options })
        expect(result.clusterCenters.data).toBeInstanceOf(Kind)
        checkNearest(x, result)
        // At a fixed point, the centres are the means of their points.
        if (!result.converged || options.tolerance === undefined) continue
        const [sums, counts] = [new Float64Array(k * d), new Float64Array(k)]
        result.labels.forEach((label, i) => {
          counts[label]!++
          for (let j = 0; j < d; j++) sums[label * d + j]! += x.data[i * d + j]!
        })
        const allowed = (Kind === Float64Array ? 1e-13 : 1e-7) * (1 + shift)
        const off = sums.findIndex((sum, e) => {
          return !(Math.abs(sum / counts[Math.floor(e / d)]! - result.clusterCenters.data[e]!) <= allowed)
        })
        expect(off).toBe(-1)
      }
    }
  })

  it('decides ties for the first centre', async () => {
    // Points of a grid halfway between centres, and centres that are the same.
    const x = matrix(Float64Array.of(0, 0, 1, 0, 2, 0, 1, 1), 4, 2)
    const init = matrix(Float64Array.of(2, 0, 0, 0, 0, 0), 3, 2)
    for (const face of [kmeans, kmeans.sync, kmeans.js]) {
      const { labels, clusterCenters } = await face(x, { init, maxIterations: 1, tolerance: 0 })
      // First: [1, 0, 0, 0], cluster 2 empty; (1, 1) is farthest from its centre, and leaves cluster 0.
      expect([...clusterCenters.data]).toEqual([1.5, 0, 0, 0, 1, 1])
      expect([...labels]).toEqual([1, 0, 0, 2])
    }
  })

  it('moves empty clusters to the farthest points, each to another', async () => {
    const x = matrix(Float64Array.of(0, 1, 2, 50, 100, 100), 6, 1)
    const init = matrix(Float64Array.of(1, -1e3, 1e3, -1e4), 4, 1)
    for (const face of [kmeans, kmeans.sync, kmeans.js]) {
      const { clusterCenters, labels, inertia } = await face(x, { init, tolerance: 0 })
      // Both 100s go first, then 50; two centres at 100, of which the second is empty again and takes 0.
      expect([...clusterCenters.data]).toEqual([1.5, 100, 0, 50])
      expect([...labels]).toEqual([2, 0, 0, 3, 1, 1])
      expect(inertia).toBe(0.5)
    }
  })

  it('leaves clusters without points where all points lie on centres', async () => {
    const x = matrix(new Float32Array(50).fill(3), 25, 2)
    for (const face of [kmeans, kmeans.sync, kmeans.js]) {
      const result = await face(x, { clusters: 4, key: 9 })
      expect([...result.clusterCenters.data]).toEqual(new Array(8).fill(3))
      expect(result).toMatchObject({ inertia: 0, converged: true, key: 9 })
      expect(result.labels.every((label) => label === 0)).toBe(true)
    }
  })

  it('takes views of any strides, with the same bits', async () => {
    const data = random.normal.js(60 * 7, { key: 2 })
    const options = { clusters: 5, key: 3 }
    const expected = bits(await kmeans(matrix(data, 60, 7), options))
    const columns = new Float64Array(data.length + 1)
    const wide = new Float64Array(60 * 9)
    for (let i = 0; i < 60; i++) {
      for (let j = 0; j < 7; j++) columns[1 + j * 60 + i] = wide[i * 9 + j] = data[i * 7 + j]!
    }
    for (const view of [
      { data: columns, shape: [60, 7], strides: [1, 60], offset: 1 },
      { data: wide, shape: [60, 7], strides: [9, 1] },
    ]) {
      expect(bits(await kmeans(view, options))).toBe(expected)
      expect(bits(kmeans.js(view, options))).toBe(expected)
    }
  })

  it('keeps the best of several seedings, names them by its key, and draws one', async () => {
    const x = numbers(400, 2)
    const inertias = [1, 2, 4, 8].map((nInit) => kmeans.sync(x, { clusters: 12, key: 5, nInit }).inertia)
    expect(inertias).toEqual([...inertias].sort((a, b) => b - a))
    expect(inertias[3]).toBeLessThan(inertias[0]!)
    const drawn = await kmeans(x, { clusters: 3 })
    expect(bits(await kmeans(x, { clusters: 3, key: drawn.key }))).toBe(bits(drawn))
    expect((await kmeans(x, { clusters: 3 })).key).not.toBe(drawn.key)
  })

  it('counts squares that vanish, and refuses those that do not add up', async () => {
    const tiny = matrix(Float64Array.of(1e-200, 2e-200, 5e-324, 0), 4, 1)
    expect(bits(await kmeans(tiny, { clusters: 2, key: 1 }))).toBe(bits(kmeans.js(tiny, { clusters: 2, key: 1 })))
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 1e200]) {
      const x = numbers(30, 2)
      const init = first(numbers(8, 2), 4)
      x.data[17] = bad
      for (const options of [{ clusters: 3, key: 1 }, { init }, { clusters: 2, nInit: 3, key: 4, tolerance: 0 }]) {
        await expect(kmeans(x, options)).rejects.toMatchObject({ code: 'ERR_OFFLOOP_NO_CONVERGENCE' })
        expect(() => kmeans.sync(x, options)).toThrow(/^Expected finite numbers/)
        expect(() => kmeans.js(x, options)).toThrow(/^Expected finite numbers/)
      }
      init.data[3] = bad
      await expect(kmeans(numbers(30, 2), { init })).rejects.toMatchObject({ code: 'ERR_OFFLOOP_NO_CONVERGENCE' })
      expect(() => kmeans.js(numbers(30, 2), { init })).toThrow(/^Expected finite numbers/)
    }
  })

  it('names what does not fit', () => {
    const x = numbers(10, 3)
    const wrong = (options: object, message: string) => {
      expect(() => kmeans.sync(x, options as { clusters: number })).toThrow(message)
    }
    wrong({}, 'Expected a whole number from 1 to 10 for `clusters` but received undefined')
    wrong({ clusters: 11 }, 'Expected a whole number from 1 to 10 for `clusters` but received 11')
    wrong({ clusters: 2, nInit: 0 }, '`nInit`')
    wrong({ clusters: 2, key: -1 }, '`key`')
    wrong({ clusters: 2, tolerance: -1 }, 'Expected a finite number of at least 0 for `tolerance` but received -1')
    wrong({ clusters: 2, maxIterations: 0 }, '`maxIterations`')
    wrong({ init: numbers(2, 4) }, 'Expected 1 to 10 rows and 3 columns for `init` but received 2 × 4')
    wrong({ init: numbers(11, 3) }, '`init`')
    wrong({ init: numbers(2, 3), clusters: 3 }, 'Expected a whole number from 2 to 2 for `clusters` but received 3')
    wrong({ init: matrix(new Float32Array(6), 2, 3) }, '`init.data`')
    expect(() => kmeans.sync(matrix(new Float64Array(0), 0, 3), { clusters: 1 })).toThrow('at least one row')
    expect(() => kmeans.sync(matrix(new Float64Array(0), 3, 0), { clusters: 1 })).toThrow('at least one row')
  })
})
