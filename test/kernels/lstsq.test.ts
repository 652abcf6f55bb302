/** Least squares: NumPy's solutions, of full rank and of minimal norm, and what a wrong one looks like. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { lstsq, type MatrixLike, matrix } from '../../dist/index.js'
import { bits, definitionOf, random } from '../support.js'

const oracle = JSON.parse(readFileSync(new URL('./qr.oracle.json', import.meta.url), 'utf8')) as {
  lstsq: { a: number[][]; b: number[][]; x: number[][]; residuals: number[]; rank: number }[]
}

/** All three, with the types of the first. */
const faces = <F extends { sync: unknown; js: unknown }>(kernel: F): F[] => [kernel, kernel.sync as F, kernel.js as F]
const far = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length)
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0)
}

describe('lstsq', () => {
  const next = random(30)
  const some = (m: number, n: number, scale: (i: number, j: number) => number = () => 1) => {
    const a = matrix(new Float64Array(m * n), m, n)
    for (let e = 0; e < m * n; e++) a.data[e] = (next() * 2 - 1) * scale(Math.floor(e / n), e % n)
    return a
  }
  const times = (a: MatrixLike<Float64Array>, b: MatrixLike<Float64Array>) => {
    const [m, k, n] = [a.shape[0]!, a.shape[1]!, b.shape[1]!]
    const c = matrix(new Float64Array(m * n), m, n)
    for (let i = 0; i < m; i++)
      for (let p = 0; p < k; p++)
        for (let j = 0; j < n; j++) c.data[i * n + j]! += a.data[i * k + p]! * b.data[p * n + j]!
    return c
  }

  it("gives NumPy's x, residuals and rank, of any shape and rank", async () => {
    for (const { a, b, x, residuals, rank } of oracle.lstsq) {
      for (const face of faces(lstsq)) {
        const found = await face(matrix.from(a), matrix.from(b))
        expect(found.rank).toBe(rank)
        expect(found.x.shape).toEqual([a[0]!.length, b[0]!.length])
        expect(far(found.x.data, x.flat())).toBeLessThan(1e-13)
        expect(far(found.residuals, residuals)).toBeLessThan(1e-13)
        const one = await face(
          matrix.from(a),
          Float64Array.from(b, (row) => row[0]!),
        )
        expect(
          far(
            one.x,
            Array.from(x, (row) => row[0]!),
          ),
        ).toBeLessThan(1e-13)
        const single = await face(matrix.from(a, 'f32'), matrix.from(b, 'f32'))
        expect(single.rank).toBe(rank)
        expect(far(single.x.data, x.flat())).toBeLessThan(1e-4)
      }
    }
  })

  it('finds the rank and the smallest solution over many blocks and right-hand sides', async () => {
    for (const [m, n, rank, sides] of [
      [170, 150, 140, 3],
      [150, 170, 40, 70],
      [160, 160, 1, 1],
    ] as const) {
      const [left, right] = [some(m, rank), some(rank, n)]
      const a = times(left, right)
      // In the row space of A, so that it is the smallest solution of A · x = b.
      const turned = { data: new Float64Array(n * rank), shape: [n, rank] }
      for (let i = 0; i < n; i++) for (let k = 0; k < rank; k++) turned.data[i * rank + k] = right.data[k * n + i]!
      const x = times(turned, some(rank, sides))
      for (const face of faces(lstsq)) {
        const found = await face(a, times(a, x))
        expect(found.rank).toBe(rank)
        expect(found.residuals.length).toBe(0)
        expect(far(found.x.data, x.data)).toBeLessThan(1e-7)
      }
    }
  })

  it('sees through matrices whose triangles look harmless', () => {
    // Kahan's: no small element on the diagonal, yet nearly singular. Scales that spread, and a hidden twin column.
    const [s, c] = [Math.sin(0.3), Math.cos(0.3)]
    const kahan = some(60, 60)
    for (let i = 0; i < 60; i++)
      for (let j = 0; j < 60; j++) kahan.data[i * 60 + j] = i === j ? s ** i : i < j ? -c * s ** i : 0
    const twin = some(80, 40)
    for (let i = 0; i < 80; i++) twin.data[i * 40 + 39] = twin.data[i * 40]! + twin.data[i * 40 + 7]!
    for (const face of [lstsq.sync, lstsq.js]) {
      expect(face(kahan, new Float64Array(60).fill(1)).rank).toBeLessThan(60)
      expect(face(twin, new Float64Array(80).fill(1)).rank).toBe(39)
      expect(
        face(
          some(30, 20, (_, j) => 10 ** -j),
          new Float64Array(30).fill(1),
          { rcond: 1e-6 },
        ).rank,
      ).toBeLessThan(10)
    }
  })

  it('solves Hilbert matrices with a small residual, as far as they go', () => {
    const hilbert = matrix(
      Float64Array.from({ length: 400 }, (_, e) => 1 / (Math.floor(e / 20) + (e % 20) + 1)),
      20,
      20,
    )
    const b = times(hilbert, matrix(new Float64Array(20).fill(1), 20, 1))
    for (const face of [lstsq.sync, lstsq.js]) {
      const { x, rank } = face(hilbert, b.data)
      expect(rank).toBeGreaterThan(9)
      expect(rank).toBeLessThan(16)
      expect(far(times(hilbert, matrix(x, 20, 1)).data, b.data)).toBeLessThan(1e-12)
    }
  })

  it('is as good where squares would overflow or vanish', () => {
    for (const scale of [1e200, 1e-200]) {
      const [a, x] = [some(30, 10, () => scale), some(10, 1, () => 1 / scale)]
      for (const face of [lstsq.sync, lstsq.js]) {
        const found = face(a, times(a, x).data)
        expect(found.rank).toBe(10)
        expect(
          far(
            found.x.map((v) => v * scale),
            x.data.map((v) => v * scale),
          ),
        ).toBeLessThan(1e-12)
      }
    }
  })

  it('gives the same bits for any strides and threads', async () => {
    for (const rank of [60, 200]) {
      const a = times(some(300, rank), some(rank, 90))
      const [data, b] = [new Float64Array(300 * 90), some(300, 5)]
      for (let i = 0; i < 300; i++) for (let j = 0; j < 90; j++) data[j * 300 + i] = a.data[i * 90 + j]!
      const expected = bits(await lstsq(a, b, { threads: 1 }))
      for (const threads of [2, 7]) {
        expect(bits(await lstsq({ data, shape: [300, 90], strides: [1, 300] }, b, { threads }))).toBe(expected)
      }
    }
  })

  it('of few columns or rows is right, with the same bits for any strides and threads', async () => {
    for (const [m, n, sides] of [
      [5, 2, 1],
      [8, 8, 0],
      [600, 3, 4],
      [3, 600, 4],
      [70_000, 2, 2],
      [2, 70_000, 3],
    ] as const) {
      const [a, b] = [some(m, n), some(m, sides)]
      const { error } = definitionOf(lstsq)!
      const expected = lstsq.sync(a, b, { threads: 1 })
      expect(expected.rank).toBe(Math.min(m, n))
      expect(error!([a, b], expected)).toBeLessThan(1)
      expect(far(expected.x.data, lstsq.js(a, b).x.data)).toBeLessThan(1e-12)
      const turned = { data: new Float64Array(m * n), shape: [m, n], strides: [1, m] }
      for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) turned.data[j * m + i] = a.data[i * n + j]!
      for (const threads of [2, 7]) expect(bits(await lstsq(turned, b, { threads }))).toBe(bits(expected))
    }
    // Dependent columns, and rows.
    const twins = some(600, 3)
    for (let i = 0; i < 600; i++) twins.data[i * 3 + 2] = twins.data[i * 3]! - twins.data[i * 3 + 1]!
    const b = some(600, 1).data
    const [native, twin] = [lstsq.sync(twins, b), lstsq.js(twins, b)]
    expect(native.rank).toBe(2)
    expect(far(native.x, twin.x)).toBeLessThan(1e-12)
    const across = { data: twins.data, shape: [3, 600], strides: [1, 3] }
    expect(lstsq.sync(across, b.subarray(0, 3)).rank).toBe(2)
  })

  it('of nothing is zero', () => {
    for (const face of [lstsq.sync, lstsq.js]) {
      expect(face(matrix(new Float64Array(0), 0, 3), new Float64Array(0)).x).toEqual(new Float64Array(3))
      const none = face(matrix(new Float64Array(0), 2, 0), Float64Array.of(3, 4))
      expect([none.rank, none.x.length, [...none.residuals]]).toEqual([0, 0, [25]])
      expect(face(matrix(new Float64Array(6), 3, 2), matrix(new Float64Array(0), 3, 0)).x.shape).toEqual([2, 0])
    }
  })

  it('has a measure of error that sees a wrong solution', () => {
    const { error } = definitionOf(lstsq)!
    for (const [m, n] of [
      [40, 20],
      [20, 40],
    ] as const) {
      const [a, b] = [some(m, n), some(m, 1).data]
      const found = lstsq.sync(a, b)
      expect(error!([a, b], found)).toBeLessThan(1)
      found.x[3]! *= 1 + 1e-7
      expect(error!([a, b], found)).toBeGreaterThan(1)
    }
  })

  it('refuses what does not fit, and NaN or infinity in a', async () => {
    const a = some(3, 2)
    const code = (value: string) => expect.objectContaining({ code: value })
    for (const face of [lstsq.sync, lstsq.js]) {
      expect(() => face(a, new Float64Array(2))).toThrowError(code('ERR_OFFLOOP_SHAPE'))
      expect(() => face(a, new Float32Array(3) as never)).toThrowError(code('ERR_OFFLOOP_ARG_TYPE'))
      expect(() => face(a, new Float64Array(3), { rcond: -1 })).toThrowError(code('ERR_OFFLOOP_ARG_VALUE'))
      for (const value of [Number.NaN, Number.NEGATIVE_INFINITY]) {
        const bad = matrix(Float64Array.of(1, 2, value, 4, 5, 6), 3, 2)
        expect(() => face(bad, new Float64Array(3))).toThrowError(code('ERR_OFFLOOP_ARG_VALUE'))
      }
    }
  })
})
