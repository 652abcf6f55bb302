/** QR: NumPy's factors, and backward error and orthogonality where a matrix is awkward. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type MatrixLike, matrix, qr } from '../../dist/index.js'
import { bits, definitionOf, random } from '../support.js'

type Floats = Float64Array | Float32Array
const oracle = JSON.parse(readFileSync(new URL('./qr.oracle.json', import.meta.url), 'utf8')) as {
  qr: { a: number[][]; q: number[][]; r: number[][] }[]
}

/** All three, with the types of the first. */
const faces = <F extends { sync: unknown; js: unknown }>(kernel: F): F[] => [kernel, kernel.sync as F, kernel.js as F]

function far(actual: ArrayLike<number>, expected: readonly (readonly number[])[]): number {
  const flat = expected.flat()
  expect(actual.length).toBe(flat.length)
  return flat.reduce((most, value, i) => Math.max(most, Math.abs(value - actual[i]!)), 0)
}

function make(
  Kind: typeof Float64Array | typeof Float32Array,
  m: number,
  n: number,
  at: (i: number, j: number) => number,
) {
  const data = new Kind(m * n)
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) data[i * n + j] = at(i, j)
  return matrix(data as Float64Array<ArrayBuffer>, m, n)
}

/** The share of the bound, worked out here: Frobenius' norms of A − QR over A's, and of QᵀQ − I. */
function wrong(a: MatrixLike<Floats>, q: MatrixLike<Floats>, r: MatrixLike<Floats>): number {
  const [m, n] = a.shape as [number, number]
  const k = q.shape[1]!
  expect([q.shape[0], r.shape[0], r.shape[1]]).toEqual([m, k, n])
  const [rest, skews] = [Float64Array.from(a.data), new Float64Array(k * k)]
  const size = rest.reduce((sum, x) => sum + x * x, 0)
  for (let i = 0; i < m; i++)
    for (let p = 0; p < k; p++) {
      const x = q.data[i * k + p]!
      for (let j = p; j < n; j++) rest[i * n + j]! -= x * r.data[p * n + j]!
      for (let j = 0; j <= p; j++) skews[p * k + j]! += x * q.data[i * k + j]!
    }
  for (let p = 0; p < k; p++) skews[p * k + p]! -= 1
  expect(r.data.findIndex((x, e) => x !== 0 && e % n < Math.floor(e / n))).toBe(-1)
  const apart = rest.reduce((sum, x) => sum + x * x, 0)
  const skew = 2 * skews.reduce((sum, x) => sum + x * x, 0)
  const eps = a.data instanceof Float64Array ? 2 ** -52 : 2 ** -23
  return Math.max(apart === 0 ? 0 : Math.sqrt(apart / size), Math.sqrt(skew)) / (4 * (m + n) * eps)
}

describe('qr', () => {
  it("gives NumPy's factors, signs and all", async () => {
    for (const { a, q, r } of oracle.qr) {
      for (const face of faces(qr)) {
        const found = await face(matrix.from(a))
        expect(far(found.q.data, q)).toBeLessThan(1e-14)
        expect(far(found.r.data, r)).toBeLessThan(2e-14)
        expect(far((await face(matrix.from(a), { mode: 'r' })).data, r)).toBeLessThan(2e-14)
      }
    }
  })

  const next = random(20)
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  const low = Array.from({ length: 4 }, () => Float64Array.from({ length: 160 }, normal))
  const matrices: Record<string, [number, number, (i: number, j: number) => number]> = {
    'of 1 × 1': [1, 1, () => -3],
    identity: [70, 70, (i, j) => (i === j ? 1 : 0)],
    zero: [50, 40, () => 0],
    Hilbert: [60, 60, (i, j) => 1 / (i + j + 1)],
    Wilkinson: [51, 51, (i, j) => (i === j ? Math.abs(i - 25) : Math.abs(i - j) === 1 ? 1 : 0)],
    'graded down': [90, 60, (i) => normal() * 2 ** -i],
    'graded across': [60, 90, (_, j) => normal() * 2 ** -(j / 2)],
    'of rank 4': [140, 132, (i, j) => low.reduce((sum, v) => sum + v[i]! * v[(j * 7) % 160]!, 0)],
    tall: [700, 3, normal],
    wide: [3, 700, normal],
    'of one column': [513, 1, normal],
    'of seven columns': [1031, 7, normal],
    'of 8 × 8': [8, 8, normal],
    'of few columns, one of zeros': [600, 4, (_, j) => (j === 2 ? 0 : normal())],
    'of few columns, one beyond all others': [600, 3, (_, j) => normal() * (j === 1 ? 1e-30 : 1)],
    'two blocks': [150, 140, normal],
  }
  for (const Kind of [Float64Array, Float32Array]) {
    it.each(Object.keys(matrices))(`of ${Kind.name} is backward stable and orthogonal: %s`, async (name) => {
      const a = make(Kind, ...matrices[name]!)
      const [m, n] = a.shape as [number, number]
      for (const face of faces(qr)) {
        for (const mode of m > 60 ? (['reduced'] as const) : (['reduced', 'complete'] as const)) {
          const { q, r } = await face(a, { mode })
          expect(wrong(a, q, r)).toBeLessThan(1)
          expect(bits((await face(a, { mode: 'r' })).data)).toBe(bits(r.data.slice(0, Math.min(m, n) * n)))
        }
      }
    })
  }

  it('keeps its bound where squares would overflow or vanish', () => {
    for (const [Kind, scales] of [
      [Float64Array, [1e300, 1e-300, 5e-324 * 2 ** 40]],
      [Float32Array, [1e37, 1e-37]],
    ] as const) {
      for (const scale of scales) {
        const a = make(Kind, 60, 40, () => normal() * scale)
        for (const face of [qr.sync, qr.js]) {
          const { q, r } = face(a) as { q: MatrixLike<Floats>; r: MatrixLike<Floats> }
          // Powers of two: as exact as the numbers themselves, unless those are subnormal.
          const near = (x: MatrixLike<Floats>) => ({ ...x, data: Float64Array.from(x.data, (v) => v / scale) })
          expect(wrong(near(a), { ...q, data: Float64Array.from(q.data) }, near(r))).toBeLessThan(
            Kind === Float32Array ? 2 ** 29 : scale < 1e-310 ? 2 ** 20 : 1,
          )
        }
      }
    }
  })

  it('takes columns whose squares vanish beside others, and keeps Q orthogonal', () => {
    const a = make(Float64Array, 50, 30, (_, j) => normal() * (j % 3 === 1 ? 1e-200 : j % 3 === 2 ? 1e-320 : 1))
    for (const face of [qr.sync, qr.js]) {
      const { q, r } = face(a)
      expect(wrong(a, q, r)).toBeLessThan(1)
    }
  })

  it('gives the same bits for any strides and threads, also of tall matrices', async () => {
    for (const [m, n] of [
      [40, 20],
      [300, 180],
      [9000, 12],
      [70_000, 3],
    ] as const) {
      const a = make(Float64Array, m, n, normal)
      const turned = {
        data: make(Float64Array, n, m, (i, j) => a.data[j * n + i]!).data,
        shape: [m, n],
        strides: [1, m],
      }
      const expected = bits(await qr(a, { threads: 1 }))
      for (const threads of [1, 2, 7]) expect(bits(await qr(turned, { threads }))).toBe(expected)
    }
  })

  it('of nothing is nothing, or the identity', () => {
    for (const face of [qr.sync, qr.js]) {
      expect(face(matrix(new Float64Array(0), 0, 3)).r.shape).toEqual([0, 3])
      expect(face(matrix(new Float64Array(0), 3, 0)).q.shape).toEqual([3, 0])
      expect([...face(matrix(new Float64Array(0), 2, 0), { mode: 'complete' }).q.data]).toEqual([1, 0, 0, 1])
    }
  })

  it('knows NaN and infinity', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const a = make(Float64Array, 60, 60, (i, j) => (i === 20 && j === 0 ? value : normal()))
      for (const face of [qr.sync, qr.js]) expect(Number.isFinite(face(a).r.data[0])).toBe(false)
    }
  })

  it('has a measure of error that sees a wrong factor', () => {
    const { error } = definitionOf(qr)!
    const a = make(Float64Array, 30, 20, normal)
    for (const mode of ['reduced', 'r'] as const) {
      for (const part of mode === 'r' ? ['r'] : ['q', 'r']) {
        const found = qr.sync(a, { mode: mode as 'reduced' })
        expect(error!([a, { mode }], found)).toBeLessThan(1)
        const array = mode === 'r' ? (found as unknown as MatrixLike<Float64Array>).data : found[part as 'q' | 'r'].data
        array[25] = array[25]! + 1e-9
        expect(error!([a, { mode }], found)).toBeGreaterThan(1)
      }
    }
  })

  it('refuses another mode', () => {
    const call = () => qr.sync(matrix(new Float64Array(1), 1, 1), { mode: 'full' as never })
    expect(call).toThrowError(expect.objectContaining({ code: 'ERR_OFFLOOP_ARG_VALUE' }))
  })
})
