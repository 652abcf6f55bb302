/** Factors of square matrices and what is done with them: exact solutions, hard matrices, backward errors, errors. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { cholesky, det, inv, lu, type MatrixLike, matrix, solve } from '../../dist/index.js'
import { bits, definitionOf, random } from '../support.js'

type Floats = Float64Array | Float32Array
type F64 = MatrixLike<Float64Array>
const KINDS = [Float64Array, Float32Array] as const
type Kind = (typeof KINDS)[number]

/** All three, with the types of the first. */
const faces = <F extends { sync: unknown; js: unknown }>(kernel: F): F[] => [kernel, kernel.sync as F, kernel.js as F]
const errorOf = (kernel: unknown, args: readonly unknown[], result: unknown): number =>
  definitionOf(kernel)!.error!(args, result)

/** A matrix of f(i, j), typed as of f64 whatever it is. */
function make(Kind: Kind, n: number, f: (i: number, j: number) => number, cols = n): F64 & { data: Float64Array } {
  const data = new Kind(n * cols)
  for (let e = 0; e < data.length; e++) data[e] = f(Math.floor(e / cols), e % cols)
  return matrix(data as unknown as Float64Array, n, cols)
}
const rowsOf = (Kind: Kind, rows: readonly (readonly number[])[]) =>
  make(Kind, rows.length, (i, j) => rows[i]![j]!, rows[0]?.length ?? 0)
const flat = (rows: readonly (readonly number[])[]) => Float64Array.from(rows.flat())

/** The largest distance between two lists, over the largest entry of the second. */
function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length)
  let [most, largest] = [0, 0]
  for (let i = 0; i < a.length; i++) {
    const far = Math.abs(a[i]! - b[i]!)
    if (!(far <= most)) most = far
    largest = Math.max(largest, Math.abs(b[i]!))
  }
  return most === 0 ? 0 : most / largest
}

/** m · v in f64. */
function times(m: F64, v: Float64Array): Float64Array {
  const [rows, cols] = m.shape as [number, number]
  return Float64Array.from({ length: rows }, (_, i) => {
    let sum = 0
    for (let j = 0; j < cols; j++) sum += m.data[i * cols + j]! * v[j]!
    return sum
  })
}

const code = (call: () => unknown): { code?: string; message?: string } => {
  try {
    call()
    return {}
  } catch (error) {
    return error as { code?: string; message?: string }
  }
}

const oracle = JSON.parse(readFileSync(new URL('./solve.oracle.json', import.meta.url), 'utf8')) as {
  general: Record<'a' | 'b' | 'x' | 'inv' | 'l' | 'u', number[][]>[] & { det: number; p: number[] }[]
  definite: { a: number[][]; l: number[][] }[]
}

/** By name: matrices that are known to be hard, or to be at an edge. */
const MATRICES: Record<string, (Kind: Kind) => F64> = {
  'of no rows': (Kind) => make(Kind, 0, () => 0),
  '1 × 1': (Kind) => make(Kind, 1, () => -3),
  identity: (Kind) => make(Kind, 40, (i, j) => (i === j ? 1 : 0)),
  zero: (Kind) => make(Kind, 9, () => 0),
  'of a permutation': (Kind) => make(Kind, 70, (i, j) => (j === (i * 3) % 70 ? 1 : 0)),
  Hilbert: (Kind) => make(Kind, 12, (i, j) => 1 / (i + j + 1)),
  // Wilkinson's W21+, with pairs of eigenvalues that agree to 15 digits.
  Wilkinson: (Kind) => make(Kind, 21, (i, j) => (i === j ? Math.abs(10 - i) : Math.abs(i - j) === 1 ? 1 : 0)),
  // Wilkinson's other one: the worst growth of elements that partial pivoting allows.
  growing: (Kind) => make(Kind, 20, (i, j) => (i === j || j === 19 ? 1 : i > j ? -1 : 0)),
  graded: (Kind) => make(Kind, 33, (i, j) => 10 ** (-(i + j) / 6) * (i === j ? 1 : 0.1)),
  'of rank 2': (Kind) => make(Kind, 50, (i, j) => i + 1 + (j + 1) * (i % 7)),
  'with tiny numbers': (Kind) =>
    make(Kind, 5, (i, j) => (i === j ? 3 : 1) * (Kind === Float64Array ? 2 ** -1070 : 2 ** -146)),
  random: (Kind) => {
    const next = random(1)
    return make(Kind, 110, () => next() - 0.5)
  },
}

describe.each(KINDS)('of %o', (Kind) => {
  const eps = Kind === Float64Array ? 2 ** -52 : 2 ** -23
  const wild = (n: number, salt: number, cols = n) => {
    const next = random(salt)
    return make(Kind, n, () => next() * 2 - 1, cols)
  }
  const definite = (n: number) => make(Kind, n, (i, j) => (i === j ? 2 : 1) / (1 + (i - j) ** 2))

  it('is what exact arithmetic gives, with the pivots of LAPACK', async () => {
    for (const { a, b, x, inv: inverse, det: determinant, p, l, u } of oracle.general) {
      const [left, right] = [rowsOf(Kind, a), rowsOf(Kind, b)]
      // The condition of these matrices is below 200.
      const near = 400 * eps
      for (const face of faces(solve)) {
        const { data, shape } = await face(left, right)
        expect(shape).toEqual([a.length, 3])
        expect(data.constructor).toBe(Kind)
        expect(apart(data, flat(x))).toBeLessThan(near)
        const column = new Kind(b.map((row) => row[1]!)) as Float64Array
        const solution = await face(left, column)
        expect(solution.constructor).toBe(Kind)
        expect(
          apart(
            solution,
            Float64Array.from(x, (row) => row[1]!),
          ),
        ).toBeLessThan(near)
      }
      for (const face of faces(inv)) expect(apart((await face(left)).data, flat(inverse))).toBeLessThan(near)
      for (const face of faces(det)) {
        expect(Math.abs((await face(left)) - determinant)).toBeLessThanOrEqual(near * Math.abs(determinant))
      }
      for (const face of faces(lu)) {
        const factors = await face(left)
        expect([...factors.p]).toEqual(p)
        expect(apart(factors.l.data, flat(l))).toBeLessThan(20 * eps)
        expect(apart(factors.u.data, flat(u))).toBeLessThan(20 * eps)
      }
    }
    for (const { a, l } of oracle.definite) {
      for (const face of faces(cholesky)) {
        expect(apart((await face(rowsOf(Kind, a))).data, flat(l))).toBeLessThan(20 * eps)
      }
    }
  })

  it.each(Object.entries(MATRICES))('factors a matrix %s', async (_, build) => {
    const a = build(Kind)
    const n = a.shape[0]!
    for (const face of faces(lu)) expect(errorOf(lu, [a], await face(a))).toBeLessThanOrEqual(1)
    for (const face of faces(det)) expect(errorOf(det, [a], await face(a))).toBeLessThanOrEqual(1)
    // Either a solution with a small residual, or an error: never a wrong answer.
    const b = make(Kind, n, (i, j) => i - j, 3)
    for (const [kernel, args] of [
      [solve, [a, b]],
      [solve, [a, b, { assumeA: 'positive definite' }]],
      [inv, [a]],
      [cholesky, [a]],
    ] as const) {
      for (const face of [kernel.sync, kernel.js] as ((...args: unknown[]) => unknown)[]) {
        let error = 0
        const refused = code(() => {
          error = errorOf(kernel, args, face(...args))
        })
        // The growing matrix is where the bound itself grows.
        if (refused.code === undefined) expect(error).toBeLessThanOrEqual(n === 20 ? 2 ** 19 : 1)
        else expect(refused.code).toMatch(/^ERR_OFFLOOP_(SINGULAR|NOT_POSITIVE_DEFINITE)$/)
      }
    }
  })

  it('is right over several panels, systems and halves, with the same bits on any threads and any strides', async () => {
    // Beyond 512 the systems of the factorisation itself are halved; beyond 2048 its rows change places in several steps.
    const larger = process.env.OFFLOOP_LAWS === 'all' ? [2200] : []
    for (const n of [...(Kind === Float64Array ? [128, 550] : [333]), ...larger]) {
      const next = random(n)
      const [a, s, b] = [wild(n, n), definite(n), wild(n, n + 1, 20)]
      const v = Float64Array.from({ length: n }, () => next() - 0.5)
      const turned = { data: new Kind(n * n) as unknown as Float64Array, shape: [n, n], strides: [1, n] }
      for (let e = 0; e < n * n; e++) turned.data[(e % n) * n + Math.floor(e / n)] = a.data[e]!
      const close = (x: ArrayLike<number>, y: ArrayLike<number>) => expect(apart(x, y)).toBeLessThan(8 * n * eps)

      const factors = await lu(a)
      const through = times(factors.l, times(factors.u, v))
      const expected = times(a, v)
      close(
        through,
        Float64Array.from(factors.p, (row) => expected[row]!),
      )
      const l = await cholesky(s)
      const upper = make(Float64Array, n, (i, j) => l.data[j * n + i]!)
      close(times(l, times(upper, v)), times(s, v))
      expect(errorOf(solve, [a, b], await solve(a, b))).toBeLessThanOrEqual(1)
      const positive = { assumeA: 'positive definite' } as const
      expect(errorOf(solve, [s, b, positive], await solve(s, b, positive))).toBeLessThanOrEqual(1)
      const inverse = await inv(s)
      close(times(inverse, times(s, v)), v)

      for (const threads of [1, 7]) {
        expect(bits(await lu(turned, { threads }))).toBe(bits(factors))
        expect(bits(await cholesky(s, { threads }))).toBe(bits(l))
        expect(bits(await inv(s, { threads }))).toBe(bits(inverse))
        expect(bits(await solve(turned, b, { threads }))).toBe(bits(await solve(a, b)))
        expect(bits(await det(turned, { threads }))).toBe(bits(det.sync(a)))
      }
    }
  })

  it('reads the lower triangle alone of what is positive definite', async () => {
    const s = definite(100)
    const b = new Kind(100).fill(1) as Float64Array
    const half = make(Kind, 100, (i, j) => (j > i ? Number.NaN : s.data[i * 100 + j]!))
    const above = { data: s.data.map((value, e) => (e % 100 < Math.floor(e / 100) ? Number.NaN : value)) }
    for (const face of faces(cholesky)) {
      const l = await face(s)
      expect(bits(await face(half))).toBe(bits(l))
      expect(bits(await face({ ...above, shape: [100, 100], strides: [1, 100] }))).toBe(bits(l))
      for (let i = 0; i < 100; i++)
        expect(l.data.subarray(i * 100 + i + 1, (i + 1) * 100).every((x) => x === 0)).toBe(true)
    }
    for (const face of faces(solve)) {
      const x = await face(half, b, { assumeA: 'positive definite' })
      expect(bits(x)).toBe(bits(await face(s, b, { assumeA: 'positive definite' })))
      expect(apart(x, await face(s, b))).toBeLessThan(1e4 * eps)
    }
  })

  it('comes to an end with NaN and infinity', async () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      for (const at of [0, 4000]) {
        const a = wild(300, 2)
        a.data[at] = value
        for (const kernel of [lu, det, inv] as ((m: F64) => Promise<unknown>)[]) await kernel(a)
        expect(await det(a)).toSatisfy((x: number) => !Number.isFinite(x) || x === 0)
        const s = definite(300)
        s.data[300 * 150] = value
        await expect(cholesky(s)).rejects.toMatchObject({ code: 'ERR_OFFLOOP_NOT_POSITIVE_DEFINITE' })
      }
      expect(
        await solve(
          make(Kind, 1, () => value),
          new Kind([1]) as Float64Array,
        ),
      ).toHaveLength(1)
      expect((await lu(make(Kind, 60, () => Number.NaN))).p).toEqual(Int32Array.from({ length: 60 }, (_, i) => i))
    }
  })

  it('says which pivot is missing', async () => {
    const flawed = make(Kind, 90, (i, j) => (i === j && i !== 70 ? 2 : 0))
    const b = new Kind(90) as Float64Array
    for (const call of [() => solve.sync(flawed, b), () => solve.js(flawed, b), () => inv.sync(flawed)]) {
      expect(code(call)).toMatchObject({
        code: 'ERR_OFFLOOP_SINGULAR',
        message: expect.stringContaining('pivot 71 of 90'),
      })
    }
    await expect(inv(flawed)).rejects.toBeInstanceOf(RangeError)
    for (const face of faces(det)) expect(await face(flawed)).toBe(0)
    const { u } = await lu(flawed)
    expect(u.data[70 * 91]).toBe(0)
    const saddle = make(Kind, 90, (i, j) => (i === j ? (i === 80 ? -1 : 1) : 0))
    for (const face of [cholesky.sync, cholesky.js]) {
      expect(code(() => face(saddle))).toMatchObject({
        code: 'ERR_OFFLOOP_NOT_POSITIVE_DEFINITE',
        message: expect.stringContaining('minor of order 81'),
      })
    }
    expect(code(() => solve.sync(saddle, b, { assumeA: 'positive definite' })).code).toBe(
      'ERR_OFFLOOP_NOT_POSITIVE_DEFINITE',
    )
    expect(apart(await solve(saddle, b), b)).toBe(0)
  })

  it('is refused by its own measure where it is wrong', async () => {
    // One element that is off by some hundred roundings of it, or a factor of the wrong form.
    const n = 60
    const a = make(Kind, n, (i, j) => (i === j ? 4 : ((i * 7 + j * 3) % 11) / 11 - 0.5))
    const [s, b] = [definite(n), new Kind(n).map((_, i) => i + 1) as Float64Array]
    const wrong = <T extends Floats>(data: T, at: number): T => {
      const copy = data.slice() as T
      copy[at] = copy[at]! * (1 + 6000 * eps) + 6000 * eps
      return copy
    }
    const factors = await lu(a)
    expect(errorOf(lu, [a], factors)).toBeLessThanOrEqual(1)
    for (const at of [5, 1700]) {
      expect(errorOf(lu, [a], { ...factors, u: { ...factors.u, data: wrong(factors.u.data, at) } })).not.toBeLessThan(1)
    }
    expect(errorOf(lu, [a], { ...factors, p: factors.p.slice().reverse() })).not.toBeLessThan(1)
    expect(errorOf(lu, [a], { ...factors, l: { ...factors.l, data: wrong(factors.l.data, 61) } })).toBeNaN()
    const l = await cholesky(s)
    expect(errorOf(cholesky, [s], { ...l, data: wrong(l.data, 61 * 30) })).toBeGreaterThan(1)
    expect(errorOf(cholesky, [s], { ...l, data: wrong(l.data, 1) })).toBeNaN()
    const x = await solve(a, b)
    expect(
      errorOf(
        solve,
        [a, b],
        x.map((value) => value * (1 + 3000 * eps)),
      ),
    ).toBeGreaterThan(1)
    expect(
      errorOf(
        solve,
        [a, b],
        x.map(() => Number.NaN),
      ),
    ).toBeNaN()
    const inverse = await inv(a)
    expect(errorOf(inv, [a], { ...inverse, data: wrong(inverse.data, 61 * 30) })).toBeGreaterThan(1)
    const small = make(Kind, 20, (i, j) => (i === j ? 1 : 0.01))
    expect(errorOf(det, [small], (await det(small)) * (1 + 20_000 * eps))).toBeGreaterThan(1)
  })
})

describe('det', () => {
  it('has a sign, and a range of its own on the way', async () => {
    const swapped = make(Float64Array, 3, (i, j) => (j === i + (i < 2 ? 1 - 2 * i : 0) ? 1 : 0))
    const wide = make(Float64Array, 6, (i, j) => (i === j ? 2 ** (i < 3 ? 900 : -899) : 0))
    const least = make(Float64Array, 4, (i, j) => (i === j ? [2 ** -1060, 2 ** -1000, 2 ** 490, -(2 ** 496)][i]! : 0))
    const huge = make(Float64Array, 40, (i, j) => (i === j ? 1e10 : 0))
    for (const face of faces(det)) {
      expect(await face(swapped)).toBe(-1)
      expect(await face(wide)).toBe(8)
      expect(await face(least)).toBe(-(2 ** -1074))
      expect(await face(huge)).toBe(Number.POSITIVE_INFINITY)
      expect(await face(make(Float64Array, 40, (i, j) => (i === j ? -1e-10 : 0)))).toBe(0)
      expect(await face(matrix(new Float64Array(0), 0, 0))).toBe(1)
    }
    // Of a Hilbert matrix: a quotient of products of factorials (Hilbert, 1894), here of order 5.
    expect(await det(make(Float64Array, 5, (i, j) => 1 / (i + j + 1)))).toBeCloseTo(1 / 266716800000, 22)
  })
})

describe('they refuse', () => {
  const [a, b] = [make(Float64Array, 3, (i, j) => i + 2 * j + (i === j ? 5 : 0)), new Float64Array(3)]

  it('what is not square, of another type or length', () => {
    for (const face of ['sync', 'js'] as const) {
      for (const kernel of [lu, cholesky, inv, det] as { sync: unknown; js: unknown }[]) {
        const call = kernel[face] as (...args: unknown[]) => unknown
        expect(code(() => call(make(Float64Array, 2, () => 1, 3))).code).toBe('ERR_OFFLOOP_SHAPE')
        expect(code(() => call(matrix(new Int32Array(9), 3, 3))).code).toBe('ERR_OFFLOOP_ARG_TYPE')
        expect(code(() => call([[1]])).code).toBe('ERR_OFFLOOP_ARG_TYPE')
        expect(code(() => call(a, { out: b })).code).toBe('ERR_OFFLOOP_OPTION')
      }
      const call = solve[face] as (...args: unknown[]) => unknown
      expect(
        code(() =>
          call(
            make(Float64Array, 2, () => 1, 3),
            b,
          ),
        ).code,
      ).toBe('ERR_OFFLOOP_SHAPE')
      expect(code(() => call(a, new Float64Array(4))).code).toBe('ERR_OFFLOOP_SHAPE')
      expect(code(() => call(a, matrix(new Float64Array(8), 4, 2))).code).toBe('ERR_OFFLOOP_SHAPE')
      expect(code(() => call(a, new Float32Array(3))).code).toBe('ERR_OFFLOOP_ARG_TYPE')
      expect(code(() => call(a, matrix(new Float32Array(3), 3, 1))).code).toBe('ERR_OFFLOOP_ARG_TYPE')
      expect(code(() => call(a)).code).toBe('ERR_OFFLOOP_ARG_TYPE')
      expect(code(() => call(a, b, { assumeA: 'pos' })).code).toBe('ERR_OFFLOOP_ARG_VALUE')
      expect(code(() => call(a, b, { assumeA: 1 })).code).toBe('ERR_OFFLOOP_ARG_TYPE')
    }
  })

  it('nothing that is empty', async () => {
    const none = matrix(new Float64Array(0), 0, 0)
    expect(await solve(none, new Float64Array(0))).toEqual(new Float64Array(0))
    expect((await solve(none, matrix(new Float64Array(0), 0, 4))).shape).toEqual([0, 4])
    expect((await solve(a, matrix(new Float64Array(0), 3, 0))).shape).toEqual([3, 0])
    expect((await inv(none)).shape).toEqual([0, 0])
    expect((await lu(none)).p).toEqual(new Int32Array(0))
  })
})
