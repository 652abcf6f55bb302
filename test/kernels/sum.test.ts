/** What is special to sum: accuracy against exact arithmetic and NumPy, exact integers. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sum } from '../../dist/index.js'
import { random } from '../support.js'

interface Oracle {
  n: number
  sums: { name: string; exact: number; numpy: number; absolute: number; exactF32: number }[]
}
const oracle = JSON.parse(readFileSync(new URL('./oracle.json', import.meta.url), 'utf8')) as Oracle

// As in oracle.py: correctly rounded operations only, so both languages make the same numbers.
const N = oracle.n
const SERIES: Record<string, (i: number) => number> = {
  harmonic: (i) => 1 / i,
  'alternating harmonic': (i) => (i % 2 ? 1 : -1) / i,
  'inverse squares, rising': (i) => 1 / ((N + 1 - i) * (N + 1 - i)),
  tenths: () => 0.1,
  'square roots': (i) => Math.sqrt(i),
  'large and small': (i) => (i % 2 ? 1e10 : 1 / i),
  cancelling: (i) => (i % 2 ? i : -i + 1 / i),
  telescoping: (i) => 1 / i - 1 / (i + 1),
}

/** Σ x as an exact multiple of 2⁻¹⁰⁷⁴. */
function exactly(x: Float64Array): bigint {
  const words = new BigUint64Array(x.buffer, x.byteOffset, x.length)
  let total = 0n
  for (const word of words) {
    const exponent = Number((word >> 52n) & 2047n)
    const mantissa = (word & 0xfffffffffffffn) | (exponent > 0 ? 1n << 52n : 0n)
    const value = mantissa << BigInt(Math.max(exponent, 1) - 1)
    total += word >> 63n ? -value : value
  }
  return total
}

const bound = (n: number): number => (16 + Math.log2(Math.max(1, n / 16)) + 1) * 2 ** -53

describe('sum', () => {
  it('is within its bound on the classical hard sums, and as near as NumPy', () => {
    let product = 1
    for (const { name, exact, numpy, absolute, exactF32 } of oracle.sums) {
      const x = new Float64Array(N)
      for (let i = 0; i < N; i++) x[i] = SERIES[name]!(i + 1)
      const ulp = 2 ** (Math.floor(Math.log2(Math.abs(exact))) - 52)
      const error = Math.abs(sum.sync(x) - exact)
      expect(error, name).toBeLessThanOrEqual(bound(N) * absolute)
      expect(error, name).toBeLessThanOrEqual(2 * Math.max(Math.abs(numpy - exact), ulp))
      product *= Math.max(error, ulp) / Math.max(Math.abs(numpy - exact), ulp)
      // f32 is added in f64, so only the last rounding is left of such lengths.
      const single = sum.sync(new Float32Array(x))
      expect(Math.abs(single - exactF32), `${name}, f32`).toBeLessThanOrEqual(bound(N) * absolute)
    }
    expect(product ** (1 / oracle.sums.length)).toBeLessThanOrEqual(1) // geometric mean of ours / NumPy's
  })

  it('is within its bound of exact arithmetic, for all magnitudes and lengths', () => {
    const next = random(1)
    for (const n of [1, 2, 17, 255, 256, 1000, 16384, 50_000]) {
      for (const range of [0, 20, 300]) {
        const x = new Float64Array(n).map(() => (next() - 0.5) * 10 ** ((next() - 0.5) * range))
        const absolute =
          Number(exactly(x.map(Math.abs)) >> 1000n) * 2 ** -74 || Number(exactly(x.map(Math.abs))) * 2 ** -1074
        const error = exactly(x) - exactly(new Float64Array([sum.sync(x)]))
        const size = Number((error < 0n ? -error : error) >> 900n) * 2 ** -174
        expect(size).toBeLessThanOrEqual(bound(n) * absolute * (1 + 1e-9))
      }
    }
  })

  it('adds integers exactly, also beyond 2^53', () => {
    const next = random(2)
    for (const Kind of [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array]) {
      for (const n of [0, 1, 5, 4096, 4097, 100_003]) {
        const x = new Kind(n).map(() => next() * 2 ** 33 - 2 ** 32)
        const exact = [...x].reduce((total, value) => total + BigInt(value), 0n)
        expect(sum.sync(x), Kind.name).toBe(Number(exact))
        expect(sum.js(x), Kind.name).toBe(Number(exact))
      }
    }
    // 2^21 + 3 elements of 2^32 - 1: past 2^53, rounded once.
    const large = new Uint32Array(2 ** 21 + 3).fill(2 ** 32 - 1)
    const exact = BigInt(large.length) * (2n ** 32n - 1n)
    expect(exact).toBeGreaterThan(2n ** 53n)
    expect(sum.sync(large)).toBe(Number(exact))
    expect(sum.js(large)).toBe(Number(exact))
    expect(sum.sync(new Int32Array(2 ** 22 + 3).fill(-(2 ** 31)))).toBe(Number(-(2n ** 31n) * (2n ** 22n + 3n)))
  })

  it('adds BigInt arrays exactly, also beyond 64 bits', () => {
    for (const n of [1, 3, 20_000]) {
      expect(sum.sync(new BigInt64Array(n).fill(-(2n ** 63n)))).toBe(-(2n ** 63n) * BigInt(n))
      expect(sum.sync(new BigInt64Array(n).fill(2n ** 63n - 1n))).toBe((2n ** 63n - 1n) * BigInt(n))
      expect(sum.sync(new BigUint64Array(n).fill(2n ** 64n - 1n))).toBe((2n ** 64n - 1n) * BigInt(n))
      expect(sum.js(new BigUint64Array(n).fill(2n ** 64n - 1n))).toBe((2n ** 64n - 1n) * BigInt(n))
    }
  })

  it('gives what IEEE 754 asks of special values', async () => {
    const long = new Float64Array(40_000).fill(1)
    const cases: [number[], number][] = [
      [[-0], 0],
      [[-0, -0], 0],
      [[1, Number.NaN], Number.NaN],
      [[Number.POSITIVE_INFINITY, 1], Number.POSITIVE_INFINITY],
      [[Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], Number.NaN],
      [[5e-324, 5e-324], 1e-323],
    ]
    for (const [values, expected] of cases) expect(Object.is(sum.sync(new Float64Array(values)), expected)).toBe(true)
    long[39_999] = Number.NaN
    expect(await sum(long)).toBeNaN()
    expect(sum.sync(new Float32Array([1e-45, 1e-45]))).toBe(2 * 2 ** -149)
  })
})
