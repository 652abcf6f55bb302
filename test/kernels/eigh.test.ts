/** Eigenvalues against mpmath's, backward error and orthogonality on awkward matrices, threads, strides, errors. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { eigh, type Matrix, type MatrixLike, matrix } from '../../dist/index.js'
import { bits, definitionOf, random } from '../support.js'

const oracle = JSON.parse(readFileSync(new URL('./eigh.oracle.json', import.meta.url), 'utf8')) as Record<
  string,
  { n: number; values: number[] }
>
const next = random(1)
const make = (n: number, element: (i: number, j: number) => number): Matrix<Float64Array> =>
  matrix(
    Float64Array.from({ length: n * n }, (_, k) => element(Math.floor(k / n), k % n)),
    n,
    n,
  )
const single = (m: Matrix<Float64Array>) => matrix(Float32Array.from(m.data), m.shape[0]!, m.shape[1]!)
const noise = (n: number) => make(n, () => next() * 2 - 1)
const near = (i: number, j: number, diagonal: number, beside: number) =>
  i === j ? diagonal : Math.abs(i - j) === 1 ? beside : 0

const CASES: Record<string, (n: number) => Matrix<Float64Array>> = {
  hilbert: (n) => make(n, (i, j) => 1 / (i + j + 1)),
  wilkinson: (n) => make(n, (i, j) => near(i, j, Math.abs(i - (n - 1) / 2), 1)),
  'glued Wilkinson': (n) =>
    make(n, (i, j) => near(i, j, Math.abs((i % 21) - 10), Math.max(i, j) % 21 === 0 ? 1e-8 : 1)),
  whole: (n) => make(n, (i, j) => ((Math.max(i, j) * 7919 + Math.min(i, j) * 104729 + i * j * 31) % 201) - 100),
  graded: (n) => make(n, (i, j) => 10 ** (-(i + j) / 4)),
  'graded the other way': (n) => make(n, (i, j) => 10 ** ((i + j - 2 * n) / 4)),
  'rank 1': (n) => make(n, () => 1),
  'rank 3': (n) => make(n, (i, j) => Math.cos(i - j) + Math.cos(i) * Math.cos(j)),
  identity: (n) => make(n, (i, j) => (i === j ? 1 : 0)),
  'two values': (n) => make(n, (i, j) => (i === j ? 1 : 0) - 2 / n),
  zero: (n) => make(n, () => 0),
  'arrow head': (n) => make(n, (i, j) => (i === j ? i : i === 0 || j === 0 ? 1 : 0)),
  Toeplitz: (n) => make(n, (i, j) => near(i, j, 2, -1)),
  'tiny beside large': (n) => make(n, (i, j) => (i < 3 && j < 3 ? 1 : 1e-200) / (i + j + 1)),
}

const THOROUGH = process.env.OFFLOOP_LAWS === 'all'
const { error } = definitionOf(eigh)!
const faces = [eigh, eigh.sync, eigh.js] as unknown as (typeof eigh)['sync'][]

describe('eigh', () => {
  it.each(Object.keys(CASES))('is backward stable and orthogonal: %s', async (name) => {
    for (const n of THOROUGH ? [1, 2, 3, 10, 32, 33, 77, 150, 290] : [2, 33, 70]) {
      const double = CASES[name]!(n)
      for (const a of [double, single(double)] as Matrix<Float64Array>[]) {
        for (const face of faces.slice(1)) {
          expect(error!([a], await face(a)), `${n}`).toBeLessThanOrEqual(1)
          expect(error!([a], await face(a, { vectors: false })), `${n}, values`).toBeLessThanOrEqual(1)
        }
      }
    }
  })

  it('has an error that wrong results do not pass', () => {
    const a = noise(40)
    const { values, vectors } = eigh.sync(a)
    expect(error!([a], { values, vectors })).toBeLessThanOrEqual(1)
    const off = (change: (values: Float64Array, data: Float64Array) => void) => {
      const [changed, data] = [values.slice(), vectors.data.slice()]
      change(changed, data)
      return error!([a], { values: changed, vectors: { ...vectors, data } })
    }
    expect(off((v) => v.reverse())).toBeNaN()
    expect(off((v) => v.fill(Number.NaN))).toBeNaN()
    expect(off((v) => (v[3]! += 1e-11))).toBeGreaterThan(1)
    expect(off((_, data) => (data[55]! += 1e-11))).toBeGreaterThan(1)
    expect(off((_, data) => data.fill(0))).toBeGreaterThan(1)
    expect(off((_, data) => data.fill(Number.NaN))).toBeNaN()
    expect(off((_, data) => void data.set(vectors.data.map((x) => x * (1 + 1e-11))))).toBeGreaterThan(1)
    expect(error!([a], { values: values.map((x) => x + 1e-11) })).toBeGreaterThan(1)
  })

  it.each(Object.entries(oracle))("finds mpmath's values: %s", async (name, { n, values }) => {
    const size = Math.max(...values.map(Math.abs))
    for (const face of faces) {
      for (const vectors of [true, false]) {
        const found = (await face(CASES[name]!(n), { vectors })).values
        const far = Math.max(...values.map((value, i) => Math.abs(value - found[i]!)))
        expect(far / (size * n * 2 ** -52)).toBeLessThan(0.5)
      }
    }
  })

  it('is right where several threads share its steps, with the same bits on any', async () => {
    for (const n of THOROUGH ? [390, 500, 1000] : [390]) {
      const double = n < 500 ? noise(n) : CASES['glued Wilkinson']!(n)
      for (const a of [double, single(double)] as Matrix<Float64Array>[]) {
        const one = eigh.sync(a, { threads: 1 })
        if (a === double) expect(error!([a], one)).toBeLessThanOrEqual(1)
        const values = eigh.sync(a, { threads: 1, vectors: false }).values
        const eps = a === double ? 2 ** -52 : 2 ** -23
        const far = Math.max(...one.values.map((value, i) => Math.abs(value - values[i]!)))
        expect(far).toBeLessThan(n * eps * Math.max(...values.map(Math.abs)))
        for (const threads of THOROUGH ? [2, 3, 7] : [7]) {
          expect(bits(await eigh(a, { threads }))).toBe(bits(one))
          expect(bits((await eigh(a, { threads, vectors: false })).values)).toBe(bits(values))
        }
      }
    }
  })

  it('reads the lower triangle alone, through any strides, and leaves it as it is', async () => {
    const n = 45
    const a = noise(n)
    const expected = bits(await eigh(a))
    const triangle = make(n, (i, j) => (j <= i ? a.data[i * n + j]! : Number.NaN))
    expect(bits(await eigh(triangle))).toBe(expected)
    const apart = new Float64Array(3 * n * n).fill(Number.NaN)
    for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) apart[5 + 2 * i + j * 3 * n] = a.data[i * n + j]!
    const strided: MatrixLike<Float64Array> = { data: apart, shape: [n, n], strides: [2, 3 * n], offset: 5 }
    const before = apart.slice()
    expect(bits(await eigh(strided))).toBe(expected)
    expect(bits(eigh.js(strided))).toBe(bits(eigh.js(a)))
    expect(bits(apart)).toBe(bits(before))
  })

  it('is the same at every scale', async () => {
    for (const n of [7, 60]) {
      const a = noise(n)
      for (const face of faces) {
        const { values, vectors } = await face(a)
        for (const power of [-900, -500, 700, 1000]) {
          const scaled = await face(make(n, (i, j) => a.data[i * n + j]! * 2 ** power))
          expect(bits(scaled.vectors)).toBe(bits(vectors))
          expect(bits(scaled.values)).toBe(bits(values.map((value) => value * 2 ** power)))
        }
      }
    }
    const least = await eigh(matrix.from([[0, 5e-324], [5e-324, 0]])) // biome-ignore format: rows
    expect([...least.values]).toEqual([-5e-324, 5e-324])
    // Native loses what the other is 1e78 times as large as; JavaScript computes in doubles.
    const apart = (await eigh(matrix.from([[1e-40, 0], [0, 3e38]], 'f32'))).values // biome-ignore format: rows
    expect([0, Math.fround(1e-40)]).toContain(apart[0])
    expect(apart[1]).toBe(Math.fround(3e38))
  })

  it('takes an empty matrix, and types results by their input', async () => {
    for (const face of faces) {
      const { values, vectors } = await face(matrix(new Float32Array(0), 0, 0))
      expect(values).toEqual(new Float32Array(0))
      expect(vectors).toEqual(matrix(new Float32Array(0), 0, 0))
      expect(await face(matrix.from([[3]]), { vectors: false })).toEqual({ values: Float64Array.of(3) })
    }
  })

  it('refuses what is not square, and what has no eigenvalues', async () => {
    for (const face of faces) {
      const call = async (data: number[], rows: number, cols: number) =>
        face(matrix(Float64Array.from(data), rows, cols), { vectors: data.length < 5 })
      await expect(call([1, 2, 3, 4, 5, 6], 2, 3)).rejects.toMatchObject({ code: 'ERR_OFFLOOP_SHAPE' })
      for (const bad of [Number.NaN, Infinity, -Infinity]) {
        await expect(call([1, 0, bad, 1], 2, 2)).rejects.toMatchObject({
          code: 'ERR_OFFLOOP_NO_CONVERGENCE',
          message: expect.stringContaining('NaN or infinity'),
        })
      }
    }
    expect(() => eigh.sync(matrix.from([[1]]), { vectors: 1 as unknown as boolean })).toThrow(TypeError)
  })
})
