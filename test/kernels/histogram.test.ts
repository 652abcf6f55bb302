/** What is special to histogram and histogram2d: NumPy's edges and counts, elements on edges, weights, errors. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { histogram, histogram2d } from '../../dist/index.js'
import { bits, random, seeded } from '../support.js'

type Dtype = keyof typeof KINDS
interface Case {
  name: string
  dtype: Dtype
  bins: number | number[]
  lo: number
  scale: number
  range: [number, number] | null
  n: number
  weighted: boolean
  adversarial: boolean
  density: boolean
  x: number[] | null
  counts: number[]
  edges: number[]
}
interface Plane {
  name: string
  dtype: Dtype
  bins: [number, number]
  range: [[number, number], [number, number]] | null
  xEdges: number[]
  yEdges: number[]
  counts: number[]
  weighted: number[]
  density: number[]
}
const oracle = JSON.parse(readFileSync(new URL('./histogram.oracle.json', import.meta.url), 'utf8')) as {
  cases: Case[]
  planes: Plane[]
}
const KINDS = {
  f64: Float64Array,
  f32: Float32Array,
  i32: Int32Array,
  u32: Uint32Array,
  i16: Int16Array,
  u16: Uint16Array,
  i8: Int8Array,
  u8: Uint8Array,
  u8c: Uint8ClampedArray,
}
const FACES = [histogram.sync, histogram.js] as const

/** As noise() of histogram.oracle.py. */
function noise(n: number, seed: number): Float64Array {
  return new Float64Array(n).map(seeded(seed))
}

/** Sums of another order: equal but for rounding. */
function near(found: Float64Array, expected: number[]): void {
  expect(found.length).toBe(expected.length)
  for (const [k, value] of expected.entries()) expect(found[k]).toBeCloseTo(value, 9)
}

describe('histogram', () => {
  for (const { name, dtype, bins, lo, scale, range, n, weighted, density, x, counts, edges } of oracle.cases) {
    it(`is NumPy's: ${name}`, () => {
      const data = KINDS[dtype].from(x ?? noise(n, 7).map((v) => v * scale + lo))
      const weights = weighted ? noise(data.length, 11).map((v) => v - 0.25) : undefined
      for (const face of FACES) {
        const found = face(data, { bins, range: range ?? undefined, weights, density })
        expect([...found.edges]).toEqual(edges)
        if (weighted || density) near(found.counts, counts)
        else expect([...found.counts]).toEqual(counts)
      }
    })
  }

  it('counts by the edges it returns, wherever these fall', () => {
    const next = random(1)
    for (let round = 0; round < 200; round++) {
      const bins = 1 + Math.floor(next() * 300)
      const lo = (next() - 0.5) * 10 ** Math.floor(next() * 20 - 10)
      const hi = lo + Math.abs(lo) * 10 ** -Math.floor(next() * 12) + 1e-9
      const { edges } = histogram.js(new Float64Array(0), { bins, range: [lo, hi] })
      const x = new Float64Array(3 * edges.length)
      const word = new BigInt64Array(x.buffer)
      for (let k = 0; k < x.length; k++) {
        x[k] = edges[Math.floor(k / 3)]!
        if (x[k] !== 0) word[k]! += BigInt((k % 3) - 1)
      }
      const expected = new Float64Array(bins)
      for (const v of x) {
        if (v === edges[bins]) expected[bins - 1]!++
        for (let k = 0; k < bins; k++) if (edges[k]! <= v && v < edges[k + 1]!) expected[k]!++
      }
      for (const face of FACES) {
        expect(face(x, { bins, range: [lo, hi] }).counts).toEqual(expected)
        expect(face(x, { bins: edges }).counts).toEqual(expected)
      }
    }
  })

  it('agrees with its twin for any number of bins, edges given or not, weights or not, on any threads', async () => {
    const next = random(2)
    const x = new Float64Array(100_000).map(() => next() * next() * 1000)
    const weights = new Float32Array(x.length).map(() => next() - 0.5)
    for (const bins of [1, 2, 3, 15, 16, 17, 1024, 1025, 5000, 70_000]) {
      const edges = new Float64Array(bins + 1).map(() => next() * 1000).sort()
      for (const chosen of [bins, edges]) {
        for (const given of [undefined, weights]) {
          const options = { bins: chosen, weights: given }
          const expected = bits(histogram.js(x, options))
          for (const threads of [1, 3]) {
            expect(bits(await histogram(x, { ...options, threads })), `${bins} bins, ${threads} threads`).toBe(expected)
          }
        }
      }
    }
  })

  it('takes the extent of any type, and refuses one that is not finite', () => {
    for (const [dtype, Kind] of Object.entries(KINDS)) {
      const x = Kind.from(Array.from({ length: 1000 }, (_, i) => (i * 37) % 101))
      const expected = bits(histogram.js(x, { bins: 20 }))
      expect(bits(histogram.sync(x, { bins: 20 })), dtype).toBe(expected)
      expect(histogram.sync(x, { bins: 101 }).counts.every((count) => count >= 9)).toBe(true)
    }
    for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const x = new Float64Array(50_000)
      for (const at of [0, 7, 511, 512, 33_333, 49_999]) {
        x.fill(1)[at] = odd
        for (const face of FACES) {
          expect(() => face(x)).toThrow(expect.objectContaining({ code: 'ERR_OFFLOOP_ARG_VALUE' }))
          expect(face(x, { range: [0, 2], bins: 1 }).counts[0]).toBe(x.length - 1)
        }
      }
    }
  })

  it('rejects what NumPy rejects, by code', async () => {
    const x = new Float64Array([1, 2, 3])
    const value = { code: 'ERR_OFFLOOP_ARG_VALUE' }
    const shape = { code: 'ERR_OFFLOOP_SHAPE' }
    const type = { code: 'ERR_OFFLOOP_ARG_TYPE' }
    const wrong: [Record<string, unknown>, object][] = [
      [{ bins: 0 }, value],
      [{ bins: 1.5 }, value],
      [{ bins: '10' }, type],
      [{ bins: [1] }, shape],
      [{ bins: [2, 1] }, value],
      [{ bins: [1, Number.NaN] }, value],
      [{ bins: [1, '2'] }, type],
      [{ range: [1] }, type],
      [{ range: [2, 1] }, value],
      [{ range: [0, Number.POSITIVE_INFINITY] }, value],
      [{ range: [0, Number.NaN] }, value],
      [{ bins: 100, range: [1, 1 + 2 ** -50] }, value],
      [{ weights: new Float64Array(2) }, shape],
      [{ weights: [1, 2, 3] }, type],
      [{ density: 1 }, type],
    ]
    for (const [options, code] of wrong) {
      for (const face of FACES) expect(() => face(x, options)).toThrow(expect.objectContaining(code))
      await expect(histogram(x, options)).rejects.toMatchObject(code)
    }
    expect(() => histogram.sync([1, 2] as never)).toThrow(expect.objectContaining(type))
  })
})

describe('histogram2d', () => {
  for (const { name, dtype, bins, range, xEdges, yEdges, counts, weighted, density } of oracle.planes) {
    it(`is NumPy's: ${name}`, () => {
      const unit = (v: number) => (dtype === 'u8' ? v * 256 : v * 2 - 1)
      const x = KINDS[dtype].from(noise(3000, 3).map(unit))
      const y = KINDS[dtype].from(noise(3000, 4).map(unit)) as typeof x
      const weights = noise(3000, 5).map((v) => v - 0.25)
      const options = { bins, range: range ?? undefined }
      for (const face of [histogram2d.sync, histogram2d.js]) {
        const found = face(x, y, options)
        expect([...found.xEdges]).toEqual(xEdges)
        expect([...found.yEdges]).toEqual(yEdges)
        expect(found.counts.shape).toEqual(bins)
        expect([...found.counts.data]).toEqual(counts)
        near(face(x, y, { ...options, weights }).counts.data, weighted)
        near(face(x, y, { ...options, density: true }).counts.data, density)
      }
    })
  }

  it('has the histograms of both axes as its margins, edges given or not', async () => {
    const next = random(3)
    const x = new Float32Array(200_000).map(() => next() ** 2)
    const y = new Float32Array(200_000).map(() => next() * 3)
    for (const [rows, columns] of [
      [300, 200],
      [4, [0, 0.5, 1, 3]],
      [new Float32Array([0, 0.25, 1]), 30],
    ] as const) {
      const { counts, xEdges, yEdges } = await histogram2d(x, y, { bins: [rows, columns] })
      const [down, across] = counts.shape as [number, number]
      const ofX = new Float64Array(down)
      const ofY = new Float64Array(across)
      counts.data.forEach((count, k) => {
        ofX[Math.floor(k / across)]! += count
        ofY[k % across]! += count
      })
      // y may lie outside given edges, and then does not count for x either.
      expect(ofX).toEqual(histogram.js(x, { bins: xEdges }).counts)
      expect(ofY).toEqual(histogram.js(y, { bins: yEdges }).counts)
      expect(bits(histogram2d.js(x, y, { bins: [rows, columns] }))).toBe(bits({ counts, xEdges, yEdges }))
    }
  })

  it('rejects bad bins, ranges and lengths, by code and by name', () => {
    const x = new Float64Array(3)
    const refuse = (y: Float64Array, options: object, code: string, name: string) => {
      for (const face of [histogram2d.sync, histogram2d.js]) {
        expect(() => face(x, y, options)).toThrow(
          expect.objectContaining({ code, message: expect.stringContaining(name) }),
        )
      }
    }
    refuse(new Float64Array(2), {}, 'ERR_OFFLOOP_SHAPE', '`y`')
    refuse(x, { bins: [1, 2, 3] }, 'ERR_OFFLOOP_ARG_TYPE', '`bins`')
    refuse(x, { bins: [1, 0] }, 'ERR_OFFLOOP_ARG_VALUE', '`bins[1]`')
    refuse(x, { bins: 2 ** 15 }, 'ERR_OFFLOOP_SHAPE', '`bins`')
    refuse(x, { range: [0, 1] }, 'ERR_OFFLOOP_ARG_TYPE', '`range[0]`')
    refuse(
      x,
      {
        range: [
          [0, 1],
          [1, 0],
        ],
      },
      'ERR_OFFLOOP_ARG_VALUE',
      '`range[1][1]`',
    )
    refuse(new Float64Array([0, Number.NaN, 1]), {}, 'ERR_OFFLOOP_ARG_VALUE', '`y`')
    expect(() => histogram2d.sync(x, new Float32Array(3))).toThrow(TypeError)
  })
})
