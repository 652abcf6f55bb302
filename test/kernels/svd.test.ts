/** Singular values: mpmath's numbers, closed forms, backward error and orthogonality of awkward matrices, errors. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type MatrixLike, matrix, type SvdResult, svd } from '../../dist/index.js'
import { bits, definitionOf, random, seeded } from '../support.js'

type Floats = Float64Array | Float32Array
type Kind = new (length: number) => Floats
const oracle = JSON.parse(readFileSync(new URL('svd.oracle.json', import.meta.url), 'utf8'))

const faces = [svd.sync, svd.js as typeof svd.sync]
const fill = (m: number, n: number, entry: (i: number, j: number) => number, K: Kind = Float64Array) => {
  const data = new K(m * n) as Float64Array<ArrayBuffer>
  for (let at = 0; at < data.length; at++) data[at] = entry(Math.floor(at / n), at % n)
  return matrix(data, m, n)
}
const noise = (m: number, n: number, seed: number, K: Kind = Float64Array) => {
  const next = seeded(seed)
  return fill(m, n, () => next() * 2 - 1, K)
}

/** ‖A − U·S·Vᵀ‖ / ‖A‖, ‖UᵀU − 1‖ and ‖VVᵀ − 1‖ by entries' squares, in eps: entry by entry, as it is written. */
function errors(a: MatrixLike<Floats>, { u, s, vt }: SvdResult<Floats>): number {
  const [m, n] = a.shape as [number, number]
  const k = Math.min(m, n)
  expect([u.shape, s.length, vt.shape]).toEqual([[m, k], k, [k, n]])
  const eps = a.data instanceof Float32Array ? 2 ** -23 : 2 ** -52
  const scale = (a.data as Float64Array).reduce((most, x) => Math.max(most, Math.abs(x)), 0) || 1
  expect(s.every((x, p) => x >= 0 && (p === 0 || x <= s[p - 1]!))).toBe(true)
  let [off, size, skew] = [0, 0, 0]
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0
      for (let p = 0; p < k; p++) sum += u.data[i * k + p]! * (s[p]! / scale) * vt.data[p * n + j]!
      const x = a.data[(a.offset ?? 0) + i * (a.strides?.[0] ?? n) + j * (a.strides?.[1] ?? 1)]! / scale
      off += (x - sum) ** 2
      size += x * x
    }
  }
  for (let p = 0; p < k; p++) {
    for (let q = 0; q <= p; q++) {
      let [left, right] = [p === q ? -1 : 0, p === q ? -1 : 0]
      for (let i = 0; i < m; i++) left += u.data[i * k + p]! * u.data[i * k + q]!
      for (let j = 0; j < n; j++) right += vt.data[p * n + j]! * vt.data[q * n + j]!
      skew = Math.max(skew, Math.abs(left), Math.abs(right))
    }
  }
  return Math.max(size === 0 ? Math.sqrt(off) : Math.sqrt(off / size), skew) / eps
}

const hilbert = (n: number) => fill(n, n, (i, j) => 1 / (i + j + 1))
const wilkinson = fill(21, 21, (i, j) => (i === j ? Math.abs(i - 10) : Math.abs(i - j) === 1 ? 1 : 0))
const kahan = (n: number) => fill(n, n, (i, j) => 0.8 ** i * (i === j ? 1 : j > i ? -0.6 : 0))
const graded = (n: number) => fill(n, n, (i, j) => 10 ** -(i + j) * (1 + ((3 * i + 5 * j) % 7)))
const second = (n: number) => fill(n, n, (i, j) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0))
/** m × n of this rank: few columns, over and over. */
const deficient = (m: number, n: number, rank: number) => {
  const { data } = noise(m, rank, 3)
  return fill(m, n, (i, j) => data[i * rank + (j % rank)]!)
}

const AWKWARD: Record<string, MatrixLike<Float64Array>> = {
  'Hilbert 12': hilbert(12),
  'Hilbert 80': hilbert(80),
  'Wilkinson 21': wilkinson,
  'Kahan 16': kahan(16),
  'Kahan 90': kahan(90),
  'graded 12': graded(12),
  'graded 100, underflowing': fill(100, 100, (i, j) => 10 ** (-3.1 * (i + j))),
  'graded upwards': fill(80, 70, (i, j) => 1.5 ** (i + j) * (1 + ((i * j) % 5))),
  'rank 5 of 90 × 70': deficient(90, 70, 5),
  'rank 1 of 40 × 130': deficient(40, 130, 1),
  'rank 40 of 100 × 100': deficient(100, 100, 40),
  zero: fill(9, 7, () => 0),
  'zero but for one': fill(70, 70, (i, j) => (i === 35 && j === 12 ? -3 : 0)),
  identity: fill(100, 100, (i, j) => (i === j ? 1 : 0)),
  'a permutation': fill(75, 75, (i, j) => ((i * 7 + 3) % 75 === j ? -1 : 0)),
  'three values, often': fill(90, 90, (i, j) => (i === j ? [1, 2, 3][i % 3]! : 0)),
  'close values': fill(80, 80, (i, j) => (i === j ? 1 + i * 2 ** -50 : i + 1 === j ? 2 ** -51 : 0)),
  'ones: errors that add up': fill(66, 66, () => 1),
  'ones, tall': fill(1000, 40, () => 1),
  'bidiagonal, ones': fill(130, 130, (i, j) => (i === j || i + 1 === j ? 1 : 0)),
  'bidiagonal, a zero amid': fill(70, 70, (i, j) => (i === j ? (i === 30 ? 0 : 1) : i + 1 === j ? 0.5 : 0)),
  'bidiagonal, the last zero': fill(67, 67, (i, j) => (i === j ? (i === 66 ? 0 : 1) : i + 1 === j ? 2 : 0)),
  'blocks apart': fill(80, 80, (i, j) => (Math.floor(i / 8) === Math.floor(j / 8) ? Math.sin(i + 3 * j) : 0)),
  'big and small halves': fill(90, 90, (i, j) => Math.sin(i * 90 + j) * (i < 45 ? 1 : 1e-12)),
  'a column of zeros': fill(64, 33, (i, j) => (j === 5 ? 0 : Math.cos(i * j + i))),
  'second differences': second(120),
  '1 × 1': fill(1, 1, () => -4),
  '1 × 6': noise(1, 6, 1),
  '6 × 1': noise(6, 1, 2),
  'just not tall': noise(111, 70, 6),
  'just tall': noise(112, 70, 7),
  wide: noise(33, 140, 8),
  'times 1e150': fill(70, 66, (i, j) => 1e150 * Math.sin(i * i + j)),
  'times 1e-150': fill(66, 70, (i, j) => 1e-150 * Math.sin(i * i + j)),
  'near overflow': fill(8, 8, (i, j) => 1e307 * Math.sin(i * i + j)),
}

describe('svd', () => {
  it.each(Object.entries(AWKWARD))('%s: backward error and orthogonality', (_, a) => {
    const k = Math.min(...(a.shape as [number, number]))
    expect(errors(a, svd.sync(a))).toBeLessThan(8 * (a.shape[0]! + a.shape[1]!))
    if (k <= 80) expect(errors(a, svd.js(a))).toBeLessThan(8 * (a.shape[0]! + a.shape[1]!))
    const single = { ...a, data: Float32Array.from(a.data, (x) => (Math.abs(x) > 1e38 || Math.abs(x) < 1e-30 ? 0 : x)) }
    expect(errors(single, svd.sync(single))).toBeLessThan(8 * (a.shape[0]! + a.shape[1]!))
  })

  it.each(Object.entries(oracle as Record<string, number[]>))(
    '%s has the singular values of mpmath',
    (name, values) => {
      const n = values.length
      const a = { hilbert: hilbert(n), wilkinson, kahan: kahan(n), graded: graded(n) }[name]!
      for (const face of faces) {
        for (const { s } of [face(a), face(a, { vectors: false })]) {
          for (let p = 0; p < n; p++) expect(Math.abs(s[p]! - values[p]!)).toBeLessThan(20 * 2 ** -52 * values[0]!)
        }
      }
    },
  )

  it('has the values of closed forms: second differences, and ones', () => {
    const n = 333
    const { s } = svd.sync(second(n))
    const alone = svd.sync(second(n), { vectors: false })
    for (let p = 0; p < n; p++) {
      const exact = 2 - 2 * Math.cos(((n - p) * Math.PI) / (n + 1))
      expect(Math.abs(s[p]! - exact)).toBeLessThan(40 * 2 ** -52)
      expect(Math.abs(alone.s[p]! - exact)).toBeLessThan(40 * 2 ** -52)
    }
    const ones = svd.sync(fill(50, 200, () => 1)).s
    expect(Math.abs(ones[0]! - 100)).toBeLessThan(1e-12)
    expect(ones[1]!).toBeLessThan(1e-12)
  })

  it('gives the same of any view, to the bit, and of values alone what they are beside vectors', () => {
    for (const [m, n] of [
      [70, 90],
      [150, 40],
      [81, 80],
    ] as const) {
      const a = noise(m, n, m)
      const expected = bits(svd.sync(a))
      const down = { data: new Float64Array(m * n + 3), shape: [m, n], strides: [1, m], offset: 3 }
      const back = { data: a.data.slice().reverse(), shape: [m, n], strides: [-n, -1], offset: m * n - 1 }
      for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) down.data[3 + j * m + i] = a.data[i * n + j]!
      for (const view of [down, back]) {
        expect(bits(svd.sync(view))).toBe(expected)
        expect(errors(view, svd.js(view))).toBeLessThan(8 * (m + n))
      }
      const transposed = svd.sync({ data: a.data, shape: [n, m], strides: [1, n] })
      expect(bits(transposed.s)).toBe(bits(svd.sync(a).s))
      const { s } = svd.sync(a, { vectors: false })
      const beside = svd.sync(a).s
      for (let p = 0; p < s.length; p++) expect(Math.abs(beside[p]! - s[p]!)).toBeLessThan(1e-13 * s[0]!)
    }
  })

  it('scales by powers of two without another bit', () => {
    const a = noise(40, 30, 9)
    const { u, s, vt } = svd.sync(a)
    for (const power of [2 ** 600, 2 ** -600, 2 ** -900]) {
      const scaled = svd.sync({ ...a, data: a.data.map((x) => x * power) })
      expect(bits([scaled.u, scaled.vt])).toBe(bits([u, vt]))
      expect([...scaled.s]).toEqual([...s].map((x) => x * power))
    }
    for (const [K, least] of [
      [Float64Array, 5e-324],
      [Float32Array, 2 ** -149],
    ] as const) {
      for (const face of faces) {
        const tiny = face(fill(3, 2, (i, j) => (i === j ? 3 * least : 0), K))
        expect([...tiny.s]).toEqual([3 * least, 3 * least])
        expect(tiny.u.data.every((x: number) => Number.isFinite(x))).toBe(true)
      }
    }
  })

  it('takes larger matrices in either type, on any number of threads, with the same bits', async () => {
    for (const K of [Float64Array, Float32Array] as const) {
      const a = noise(200, 180, 10, K)
      const one = svd.sync(a, { threads: 1 })
      expect(bits(await svd(a, { threads: 7 }))).toBe(bits(one))
      expect(definitionOf(svd)!.error!([a], one)).toBeLessThan(1)
    }
  })

  it('knows a wrong result from a right one', () => {
    const error = definitionOf(svd)!.error!
    const a = noise(20, 14, 11)
    const right = svd.sync(a)
    const wrong = (change: (result: SvdResult<Float64Array>) => void) => {
      const copy = structuredClone(right)
      change(copy)
      return error([a], copy)
    }
    expect(error([a], right)).toBeLessThan(0.5)
    expect(wrong(() => {})).toBe(error([a], right))
    expect(wrong(({ s }) => (s[3]! *= 1 + 4e-13))).toBeGreaterThan(1)
    expect(wrong(({ u }) => (u.data[5]! += 1e-13))).toBeGreaterThan(1)
    expect(wrong(({ vt }) => (vt.data[5]! += 1e-13))).toBeGreaterThan(1)
    expect(wrong(({ s }) => (s[13] = -s[13]!))).toBeNaN()
    expect(wrong(({ s }) => s.reverse())).toBeNaN()
    expect(wrong(({ u }) => (u.data[0] = Number.NaN))).toBeNaN()
    const { s } = svd.sync(a, { vectors: false })
    expect(error([a], { s })).toBeLessThan(0.5)
    expect(error([a], { s: s.map((x) => x * (1 + 1e-12)) })).toBeGreaterThan(1)
  })

  it('takes empty matrices, and refuses what is not finite', async () => {
    for (const face of faces) {
      const { u, s, vt } = face(matrix(new Float64Array(0), 0, 3))
      expect([u.shape, s.length, vt.shape]).toEqual([[0, 0], 0, [0, 3]])
      expect(face(matrix(new Float32Array(0), 4, 0)).u.shape).toEqual([4, 0])
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        for (const K of [Float64Array, Float32Array]) {
          const a = noise(9, 7, 12, K)
          a.data[40] = value
          expect(() => face(a)).toThrow(expect.objectContaining({ code: 'ERR_OFFLOOP_NO_CONVERGENCE' }))
        }
      }
    }
    const a = noise(70, 60, 13)
    a.data[(random(1)() * 4000) | 0] = Number.NaN
    await expect(svd(a, { vectors: false })).rejects.toMatchObject({ code: 'ERR_OFFLOOP_NO_CONVERGENCE' })
    expect(() => svd.sync(matrix(new Int32Array(4), 2, 2) as never)).toThrow(
      expect.objectContaining({ code: 'ERR_OFFLOOP_ARG_TYPE' }),
    )
    expect(() => svd.sync(a, { vectors: 1 as never })).toThrow(
      expect.objectContaining({ code: 'ERR_OFFLOOP_ARG_TYPE' }),
    )
  })
})
