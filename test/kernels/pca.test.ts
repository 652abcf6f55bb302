/** Principal components against NumPy's SVD, more variables than observations, threads, few dimensions, errors. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { cov, eigh, type MatrixLike, matrix, type PcaResult, pca } from '../../dist/index.js'
import { bits, definitionOf, random } from '../support.js'

interface Expected extends Record<Exclude<keyof PcaResult, never>, number[]> {
  readonly rows: number
  readonly cols: number
}
const oracle = JSON.parse(readFileSync(new URL('./pca.oracle.json', import.meta.url), 'utf8')) as Expected[]
const { error } = definitionOf(pca)!
const faces = [pca, pca.sync, pca.js] as unknown as (typeof pca.sync)[]
const next = random(2)
const noise = (n: number, p: number) =>
  matrix(
    Float64Array.from({ length: n * p }, () => next() * 2 - 1),
    n,
    p,
  )
/** Of so many dimensions, not of p. */
const flat = (n: number, p: number, dimensions: number) => {
  const [left, right] = [noise(n, dimensions).data, noise(dimensions, p).data]
  const data = new Float64Array(n * p)
  for (let i = 0; i < n; i++)
    for (let j = 0; j < p; j++)
      for (let k = 0; k < dimensions; k++) data[i * p + j]! += left[i * dimensions + k]! * right[k * p + j]!
  return matrix(data, n, p)
}

describe('pca', () => {
  it.each(oracle.map((one) => [`${one.rows} × ${one.cols}`, one] as const))(
    "gives what NumPy's SVD gives: %s",
    async (_, { rows, cols, ...expected }) => {
      const data = Float64Array.from({ length: rows * cols }, (_, at) => {
        const [i, j] = [Math.floor(at / cols), at % cols]
        return ((i * 7919 + j * 104729 + i * j * 31) % 201) - 100 + ((i * (j + 1)) % 50)
      })
      // Where there are no more observations than that, the last variance is 0, and its component anything.
      const few = Math.min(rows - 1, cols)
      for (const face of faces) {
        for (const array of [data, Float32Array.from(data)]) {
          for (const components of [few, 2, 1]) {
            const found = await face(matrix(array as Float64Array, rows, cols), { components })
            const check = (name: string, values: Float64Array, wanted: number[]) => {
              const size = Math.max(...wanted.map(Math.abs))
              const far = Math.max(...wanted.map((value, i) => Math.abs(value - values[i]!)))
              expect(values.length, name).toBe(wanted.length)
              expect(far / size, name).toBeLessThan(1e-11)
            }
            check('mean', found.mean, expected.mean)
            check('variance', found.explainedVariance, expected.explainedVariance.slice(0, components))
            check('ratio', found.explainedVarianceRatio, expected.explainedVarianceRatio.slice(0, components))
            check('components', found.components.data, expected.components.slice(0, components * cols))
            const stride = expected.projected.length / rows
            const scores = expected.projected.filter((_, i) => i % stride < components)
            check('projected', found.projected.data, scores)
          }
        }
      }
    },
  )

  it('is right where data has few dimensions, is constant, far from zero, or of more columns than rows', async () => {
    for (const [n, p] of [
      [2, 1],
      [2, 40],
      [30, 7],
      [20, 20],
      [19, 60],
      [60, 61],
    ] as const) {
      for (const x of [noise(n, p), flat(n, p, 1), flat(n, p, 2), matrix(new Float64Array(n * p).fill(3), n, p)]) {
        const far = matrix(
          x.data.map((value) => value * 1e-3 + 1e6),
          n,
          p,
        )
        for (const face of faces) {
          for (const one of [x, far]) expect(error!([one], await face(one)), `${n} × ${p}`).toBeLessThanOrEqual(1)
        }
      }
    }
    expect((await pca(matrix(new Float64Array(8), 4, 2))).explainedVarianceRatio).toEqual(
      Float64Array.of(Number.NaN, Number.NaN),
    )
  })

  it('has an error that wrong results do not pass', () => {
    const x = noise(50, 9)
    const good = pca.sync(x)
    const off = (change: Partial<Record<keyof PcaResult, unknown>>) => error!([x], { ...good, ...change })
    const bent = (data: Float64Array) => data.map((value, i) => (i === 11 ? value + 1e-11 : value))
    expect(off({})).toBeLessThanOrEqual(1)
    expect(off({ mean: good.mean.map((value) => value + 1e-11) })).toBeGreaterThan(1)
    expect(off({ explainedVariance: good.explainedVariance.map((value) => value * (1 + 1e-10)) })).toBeGreaterThan(1)
    expect(off({ explainedVarianceRatio: good.explainedVariance })).toBeGreaterThan(1)
    expect(off({ components: { ...good.components, data: bent(good.components.data) } })).toBeGreaterThan(1)
    expect(off({ projected: { ...good.projected, data: bent(good.projected.data) } })).toBeGreaterThan(1)
    expect(off({ mean: good.mean.map(() => Number.NaN) })).toBeNaN()
    // The last component alone, as if it were the first one.
    const last = {
      ...good,
      components: matrix(good.components.data.slice(72), 1, 9),
      explainedVariance: good.explainedVariance.slice(8),
      explainedVarianceRatio: good.explainedVarianceRatio.slice(8),
      projected: matrix(
        good.projected.data.filter((_, i) => i % 9 === 8),
        50,
        1,
      ),
    }
    expect(error!([x], last)).toBeGreaterThan(1)
  })

  it('gives the same bits on any number of threads, in several chunks, and through any strides', async () => {
    for (const [n, p] of [
      [5000, 130],
      [100, 4500],
    ] as const) {
      const x = noise(n, p)
      const one = pca.sync(x, { components: 3, threads: 1 })
      expect(error!([x], one)).toBeLessThanOrEqual(1)
      expect(bits(await pca(x, { components: 3, threads: 7 }))).toBe(bits(one))
      const turned = new Float64Array(n * p)
      for (let i = 0; i < n; i++) for (let j = 0; j < p; j++) turned[j * n + i] = x.data[i * p + j]!
      const view: MatrixLike<Float64Array> = { data: turned, shape: [n, p], strides: [1, n] }
      expect(bits(await pca(view, { components: 3 }))).toBe(bits(one))
    }
  })

  it('is cov and eigh', () => {
    const x = noise(200, 12)
    const { values } = eigh.sync(cov.sync(x, { rowvar: false }))
    const { explainedVariance } = pca.sync(x)
    for (const [i, value] of explainedVariance.entries()) expect(value).toBeCloseTo(values[11 - i]!, 13)
  })

  it('refuses what has no components', async () => {
    for (const face of faces) {
      const call = async (data: number[], rows: number, cols: number, components?: number) =>
        face(matrix(Float64Array.from(data), rows, cols), { components })
      await expect(call([1, 2, 3], 1, 3)).rejects.toMatchObject({ code: 'ERR_OFFLOOP_SHAPE' })
      await expect(call([], 3, 0)).rejects.toMatchObject({ code: 'ERR_OFFLOOP_SHAPE' })
      await expect(call([1, 2, 3, 4, 5, 6], 3, 2, 3)).rejects.toMatchObject({ code: 'ERR_OFFLOOP_ARG_VALUE' })
      await expect(call([1, 2, 3, 4, 5, 6], 3, 2, 0)).rejects.toMatchObject({ code: 'ERR_OFFLOOP_ARG_VALUE' })
      for (const bad of [Number.NaN, Infinity]) {
        await expect(call([1, 2, bad, 4], 2, 2)).rejects.toMatchObject({ code: 'ERR_OFFLOOP_NO_CONVERGENCE' })
      }
    }
  })
})
