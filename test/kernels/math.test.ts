/**
 * What is special to the elementary functions: their error against 200-bit arithmetic (math.oracle.json, made by
 * test/accuracy/accuracy.py), special values, exact cases, and one result for every bit pattern on both engines.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { cbrt, exp, expm1, log, log1p, log2, log10, pow } from '../../dist/index.js'
import { type AnyKernel, bits, random, registry } from '../support.js'

interface Cases {
  x: string[]
  nearest: string
  rest: string
}
const oracle = JSON.parse(readFileSync(new URL('./math.oracle.json', import.meta.url), 'utf8')) as {
  functions: Record<string, Record<'f64' | 'f32', Cases>>
}
const functions = registry
  .filter(({ definition }) => definition.name in oracle.functions)
  .map(({ kernel, definition }) => ({ kernel, name: definition.name, operands: definition.arity }))
const KINDS = { f64: Float64Array, f32: Float32Array } as const
type Dtype = keyof typeof KINDS
const DTYPES = ['f64', 'f32'] as const
const INF = Number.POSITIVE_INFINITY

function decoded(text: string): ArrayBuffer {
  return new Uint8Array(Buffer.from(text, 'base64')).buffer
}

/** The distance between floats around a value. */
function spacing(value: number, dtype: Dtype): number {
  const [digits, least] = dtype === 'f64' ? [52, -1074] : [23, -149]
  let exponent = value === 0 ? least : Math.floor(Math.log2(Math.abs(value)))
  if (2 ** exponent > Math.abs(value)) exponent--
  else if (2 ** (exponent + 1) <= Math.abs(value)) exponent++
  return 2 ** Math.max(exponent - digits, least)
}

/** The largest error of some results, in ULP. */
function largest(results: ArrayLike<number>, { nearest, rest }: Cases, dtype: Dtype): number {
  const [near, far] = [new KINDS[dtype](decoded(nearest)), new Int16Array(decoded(rest))]
  expect(results.length).toBe(near.length)
  let worst = 0
  for (let i = 0; i < near.length; i++) {
    const error = Math.abs((results[i]! - near[i]!) / spacing(near[i]!, dtype) - far[i]! / 65535)
    worst = error > worst || Number.isNaN(error) ? error : worst
  }
  return worst
}

/** Any bits at all as floats. */
function patterns(dtype: Dtype, count: number, next: () => number): Float64Array | Float32Array {
  const array = new KINDS[dtype](count)
  const words = new Uint32Array(array.buffer)
  for (let i = 0; i < words.length; i++) words[i] = next() * 2 ** 32
  return array
}

describe('elementary functions', () => {
  it('have an oracle each', () => {
    for (const name of ['cbrt', 'exp', 'expm1', 'log', 'log10', 'log1p', 'log2', 'pow']) {
      expect(functions.map((one) => one.name)).toContain(name)
      expect(new Float64Array(decoded(oracle.functions[name]!.f64.nearest)).length, name).toBeGreaterThan(120)
    }
    // The measure itself: the nearest float is half a spacing away at most, its neighbour more.
    const cases = oracle.functions.exp!.f64
    const near = new Float64Array(decoded(cases.nearest))
    expect(largest(near, cases, 'f64')).toBeLessThanOrEqual(0.5001)
    expect(
      largest(
        near.map((y) => y + 2 * spacing(y, 'f64')),
        cases,
        'f64',
      ),
    ).toBeGreaterThan(2)
  })

  for (const { name, kernel } of functions) {
    for (const dtype of DTYPES) {
      it(`${name} ${dtype} is less than 1 ULP from the truth, and 4 if fast`, async () => {
        const cases = oracle.functions[name]![dtype]
        const x = cases.x.map((text) => new KINDS[dtype](decoded(text)))
        // A double's result, rounded once more: hardly more than half.
        const limit = dtype === 'f64' ? 0.9999 : 0.5001
        expect(largest(kernel.sync(...x), cases, dtype)).toBeLessThanOrEqual(limit)
        expect(largest(kernel.js(...x), cases, dtype)).toBeLessThanOrEqual(limit)
        expect(largest(await kernel(...x, { precision: 'exact' }), cases, dtype)).toBeLessThanOrEqual(limit)
        expect(largest(kernel.sync(...x, { precision: 'fast' }), cases, dtype)).toBeLessThanOrEqual(4)
        expect(largest(await kernel(...x, { precision: 'fast' }), cases, dtype)).toBeLessThanOrEqual(4)
      })
    }
  }

  it('give one result for every bit pattern, on both engines, and the same specials if fast', () => {
    for (const { name, kernel, operands } of functions) {
      for (const dtype of DTYPES) {
        const next = random(31)
        const x = Array.from({ length: operands }, () => patterns(dtype, 30_000, next))
        if (operands === 2) for (let i = 0; i < 20_000; i++) x[1]![i] = (next() - 0.5) * (i % 2 ? 40 : 400)
        if (operands === 2) for (let i = 0; i < 5000; i++) x[1]![i] = Math.round(x[1]![i]!)
        const expected = kernel.js(...x)
        expect(bits(kernel.sync(...x)), `${name} ${dtype}`).toBe(bits(expected))
        const fast = kernel.sync(...x, { precision: 'fast' })
        const limit = dtype === 'f64' ? 1e-15 : 6e-7
        for (let i = 0; i < fast.length; i++) {
          const [y, e] = [fast[i]!, expected[i]!]
          if (Object.is(y, e) || Math.abs(y - e) <= 5 * spacing(e, dtype)) continue
          // Where the one overflows and the other does not, both are at the end of the range.
          const most = dtype === 'f64' ? Number.MAX_VALUE : 3.4028234663852886e38
          const edge = Math.abs(y) >= most * (1 - limit) && Math.abs(e) >= most * (1 - limit) && y * e > 0
          expect(edge, `${name}(${x.map((v) => v[i])}) = ${e}, fast ${y}`).toBe(true)
        }
      }
    }
  })

  it('give what C99 and NumPy ask of special values, exact and fast', () => {
    const NaNs = [[Number.NaN, Number.NaN]]
    const identities = [[0, 0], [-0, -0], ...NaNs]
    const cases: [AnyKernel, number[][]][] = [
      [exp as AnyKernel, [[0, 1], [-0, 1], [INF, INF], [-INF, 0], [1e4, INF], [-1e4, 0], ...NaNs]],
      [expm1 as AnyKernel, [[INF, INF], [-INF, -1], [1e4, INF], [-1e4, -1], ...identities]],
      [log as AnyKernel, [[0, -INF], [-0, -INF], [1, 0], [INF, INF], [-INF, Number.NaN], [-1, Number.NaN], ...NaNs]],
      [log2 as AnyKernel, [[0, -INF], [-0, -INF], [1, 0], [INF, INF], [-INF, Number.NaN], [-1, Number.NaN], ...NaNs]],
      [log10 as AnyKernel, [[0, -INF], [-0, -INF], [1, 0], [INF, INF], [-INF, Number.NaN], [-1, Number.NaN], ...NaNs]],
      [log1p as AnyKernel, [[-1, -INF], [INF, INF], [-INF, Number.NaN], [-2, Number.NaN], ...identities]],
      [cbrt as AnyKernel, [[INF, INF], [-INF, -INF], [8, 2], [-27, -3], [1, 1], ...identities]],
    ]
    for (const [kernel, table] of cases) {
      for (const Kind of [Float64Array, Float32Array]) {
        const x = new Kind(table.map(([at]) => at!))
        const expected = table.map(([, y]) => y)
        expect([...kernel.js(x)]).toEqual(expected)
        for (const precision of ['exact', 'fast'])
          expect([...kernel.sync(x, { precision })], precision).toEqual(expected)
      }
    }
  })

  it('keep tiny arguments: the results nearest to them', () => {
    for (const kernel of [expm1, log1p]) {
      const x = new Float64Array([5e-324, -5e-324, 1e-310, 2 ** -1022, 1e-300, -1e-20])
      expect(bits(kernel.sync(x))).toBe(bits(x))
    }
  })

  it('pow has the special values of IEEE 754, which are those of Math.pow but for 1^b and (-1)^±Infinity', () => {
    const values = [
      0,
      1,
      0.5,
      2,
      3,
      2.5,
      1e-320,
      2 ** 53 - 1,
      2 ** 53,
      1e300,
      INF,
      4,
      1 - 2 ** -53,
      1 + 2 ** -52,
    ].flatMap((value) => [value, -value])
    const all = [...values, Number.NaN]
    const a = new Float64Array(all.flatMap((value) => all.map(() => value)))
    const b = new Float64Array(all.flatMap(() => all))
    const checked = (results: ArrayLike<number>, tolerance: number) => {
      for (let i = 0; i < a.length; i++) {
        const [p, q] = [a[i]!, b[i]!]
        const expected = p === 1 || (p === -1 && Math.abs(q) === INF) ? 1 : p ** q
        const special = expected === 0 || Number.isNaN(expected) || Math.abs(expected) === INF
        if (special) expect(results[i], `${p} ** ${q}`).toBe(expected)
        else expect(Math.abs(results[i]! / expected - 1), `${p} ** ${q}`).toBeLessThan(tolerance)
      }
    }
    checked(pow.sync(a, b), 1e-15)
    checked(pow.js(a, b), 1e-15)
    checked(pow.sync(a, b, { precision: 'fast' }), 1e-15)
    const [p, q] = [
      new Float32Array([-2, -2, -8, 1, -1, 0, -0, -0]),
      new Float32Array([3, 2, 0.5, Number.NaN, INF, -1, -3, 3]),
    ]
    for (const precision of ['exact', 'fast'] as const) {
      expect([...pow.sync(p, q, { precision })]).toEqual([-8, 4, Number.NaN, 1, 1, INF, -INF, -0])
    }
  })

  it('are exact where the result is', () => {
    const powers = Float64Array.from({ length: 2098 }, (_, i) => 2 ** (i - 1074))
    const exponents = Float64Array.from({ length: 2098 }, (_, i) => i - 1074)
    expect(bits(log2.sync(powers))).toBe(bits(exponents))
    expect(bits(pow.sync(2, exponents))).toBe(bits(powers))
    const tens = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`))
    expect([...log10.sync(tens)]).toEqual(Array.from({ length: 23 }, (_, i) => i))
    const whole = Float64Array.from({ length: 100_000 }, (_, i) => i - 50_000)
    expect(bits(cbrt.sync(whole.map((v) => v * v * v)))).toBe(bits(whole))
    const next = random(32)
    const x = Float64Array.from({ length: 10_000 }, () => (next() - 0.5) * 2 ** Math.floor(next() * 600 - 300))
    expect(bits(pow.sync(x, 1))).toBe(bits(x))
    expect(bits(pow.sync(x, 0))).toBe(bits(x.map(() => 1)))
    const small = Float64Array.from({ length: 1000 }, (_, i) => i - 500)
    expect(bits(pow.sync(small, 3))).toBe(bits(small.map((v) => v * v * v)))
  })

  it('rise where the function rises, also across the ends of reduced intervals', () => {
    for (const [kernel, points] of [
      [exp, Array.from({ length: 200 }, (_, i) => (i - 100 + 0.5) * Math.LN2)],
      [expm1, Array.from({ length: 100 }, (_, i) => (i - 50 + 0.5) * Math.LN2)],
      [log, Array.from({ length: 100 }, (_, i) => Math.SQRT2 * 2 ** (i - 50))],
      [log1p, Array.from({ length: 100 }, (_, i) => Math.SQRT2 * 2 ** i - 1)],
      [log2, Array.from({ length: 100 }, (_, i) => Math.SQRT2 * 2 ** (i - 50))],
      [cbrt, Array.from({ length: 100 }, (_, i) => 2 ** (i - 50))],
    ] as [AnyKernel, number[]][]) {
      // Steps of 8 spacings: far more than the error, far less than the next point.
      const x = Float64Array.from(
        points.flatMap((point) => Array.from({ length: 33 }, (_, i) => point + (i - 16) * 32 * spacing(point, 'f64'))),
      )
      const y = kernel.sync(x)
      for (let i = 1; i < y.length; i++) expect(y[i]! >= y[i - 1]!, `${x[i]}`).toBe(true)
    }
  })

  it('take numbers, work in place, and refuse a precision that there is not', async () => {
    const x = new Float64Array([1, 2, 3])
    expect([...pow.sync(x, 2)]).toEqual([1, 4, 9])
    expect([...(await pow(2, x))]).toEqual([2, 4, 8])
    expect(exp.sync(x, { out: x })).toBe(x)
    expect(x[0]).toBe(Math.E)
    expect(() => exp.sync(x, { precision: 'good' as 'fast' })).toThrow(
      expect.objectContaining({ code: 'ERR_OFFLOOP_ARG_VALUE' }),
    )
    expect(() => log.sync(new Int32Array(3) as never)).toThrow(
      expect.objectContaining({ code: 'ERR_OFFLOOP_ARG_TYPE' }),
    )
  })
})
