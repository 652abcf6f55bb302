/** What is special to cumsum, cumprod, cummax, cummin and diff: accuracy, order, wrapping, special values, errors. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { cummax, cummin, cumprod, cumsum, diff } from '../../dist/index.js'
import { bits, random } from '../support.js'

type Json = (number | string)[]
interface Oracle {
  n: number
  at: number[]
  sums: { name: string; exact: number[]; absolute: number[]; numpy: number[]; f32: number[] }[]
  products: number[]
  long: string[]
  diff: {
    x: Json
    i32: number[]
    float: Record<string, Json>
    f32: Record<string, Json>
    int32: Record<string, number[]>
    uint32: Record<string, number[]>
    roots: Json
  }
  extremes: { x: Json; max: Json; min: Json; nan: Json }
}
const oracle = JSON.parse(readFileSync(new URL('./scans.oracle.json', import.meta.url), 'utf8')) as Oracle
const numbers = (list: Json): number[] => list.map((v) => (v === 'inf' ? Infinity : v === '-inf' ? -Infinity : +v))

// As in scans.oracle.py.
const N = oracle.n
const SERIES: Record<string, (i: number) => number> = {
  harmonic: (i) => 1 / i,
  alternating: (i) => (i % 2 ? 1 : -1) / i,
  tenths: () => 0.1,
  'square roots': (i) => Math.sqrt(i),
  'large and small': (i) => (i % 2 ? 1e10 : 1 / i),
  offset: (i) => 1e9 + Math.sqrt(i),
}
const make = (f: (i: number) => number): Float64Array => new Float64Array(N).map((_, i) => f(i + 1))

describe('cumsum', () => {
  it('is within its bound of exact sums, and nearer than NumPy', () => {
    let [ours, numpys] = [0, 0]
    for (const { name, exact, absolute, numpy, f32 } of oracle.sums) {
      const x = make(SERIES[name]!)
      const sums = cumsum.sync(x)
      const singles = cumsum.sync(new Float32Array(x))
      oracle.at.forEach((at, k) => {
        const error = Math.abs(sums[at]! - exact[k]!)
        expect(error, `${name}[${at}]`).toBeLessThanOrEqual((576 + N / 32768) * 2 ** -53 * absolute[k]!)
        // Rounded once: off by one unit in the last place only if the f64 error crosses a boundary.
        expect(Math.abs(singles[at]! - f32[k]!), `${name}[${at}], f32`).toBeLessThanOrEqual(
          Math.abs(f32[k]!) * 2 ** -23,
        )
        ours += (error / absolute[k]!) ** 2
        numpys += ((numpy[k]! - exact[k]!) / absolute[k]!) ** 2
      })
    }
    expect(ours).toBeLessThan(numpys / 4)
  })

  it('never falls where no element is negative', () => {
    const next = random(1)
    for (const scale of [1, 1e-17, 1e17]) {
      const x = new Float64Array(150_000).map(() => (next() < 0.5 ? 0 : next() * (next() < 0.1 ? scale : 1)))
      const sums = cumsum.sync(x)
      let falls = 0
      for (let i = 1; i < sums.length; i++) if (sums[i]! < sums[i - 1]!) falls++
      expect(falls).toBe(0)
    }
  })

  it('is exact for 32-bit integers below 2^53, and wraps BigInts', () => {
    const next = random(2)
    for (const Kind of [Int32Array, Uint32Array]) {
      const x = new Kind(100_000).map(() => next() * 2 ** 33 - 2 ** 32)
      const sums = cumsum.sync(x)
      expect(sums).toBeInstanceOf(Float64Array)
      let total = 0n
      for (let i = 0; i < x.length; i++) {
        total += BigInt(x[i]!)
        if (sums[i] !== Number(total)) expect(sums[i], `${i}`).toBe(Number(total))
      }
    }
    const shifted = BigInt64Array.from(oracle.diff.i32, (v) => BigInt(v) * 2n ** 32n)
    expect([...cumsum.sync(shifted)].map(String)).toEqual(oracle.long)
    const big = new BigUint64Array(70_000).fill(2n ** 64n - 1n)
    expect(cumsum.sync(big).at(-1)).toBe(2n ** 64n - 70_000n)
    expect(cumsum.js(big).at(-1)).toBe(2n ** 64n - 70_000n)
  })

  it('works in place, into `out`, and keeps what IEEE 754 asks for', async () => {
    const x = make(SERIES.harmonic!)
    const expected = bits(cumsum.js(x))
    const out = new Float64Array(N)
    expect(await cumsum(x, { out })).toBe(out)
    expect(bits(out)).toBe(expected)
    expect(await cumsum(x, { out: x })).toBe(x)
    expect(bits(x)).toBe(expected)
    const singles = new Float32Array(N).fill(0.1)
    const single = bits(cumsum.js(singles))
    expect(bits(cumsum.sync(singles, { out: singles }))).toBe(single)
    const special = [-0, -0, 0, 1, Infinity, 2, -Infinity, 3]
    expect([...cumsum.sync(new Float64Array(special))]).toEqual([-0, -0, 0, 1, Infinity, Infinity, NaN, NaN])
    const long = new Float64Array(100_000).fill(1)
    long[40_000] = Infinity
    const sums = cumsum.sync(long)
    expect([sums[39_999], sums[40_000], sums[99_999]]).toEqual([40_000, Infinity, Infinity])
  })

  it('refuses what it cannot take', () => {
    const x = new Int32Array(8)
    // @ts-expect-error: 16-bit integers have no running sums
    expect(() => cumsum.sync(new Int16Array(3))).toThrow(expect.objectContaining({ code: 'ERR_OFFLOOP_ARG_TYPE' }))
    // @ts-expect-error: the sums of Int32Array are a Float64Array
    expect(() => cumsum.sync(x, { out: x })).toThrow(expect.objectContaining({ code: 'ERR_OFFLOOP_ARG_TYPE' }))
    const y = new Float64Array(9)
    expect(() => cumsum.sync(y, { out: new Float64Array(8) })).toThrow(
      expect.objectContaining({ code: 'ERR_OFFLOOP_SHAPE' }),
    )
    expect(() => cumsum.sync(y.subarray(0, 8), { out: y.subarray(1) })).toThrow(
      expect.objectContaining({ code: 'ERR_OFFLOOP_OVERLAP' }),
    )
  })
})

describe('cumprod', () => {
  it('gives the bits of NumPy', () => {
    const products = cumprod.sync(make((i) => 1 + (i % 2 ? 1 : -1) / (i + 1)))
    expect(oracle.at.map((at) => products[at])).toEqual(oracle.products)
  })

  it('leaves the range of a double only where the product does', () => {
    const x = new Float64Array(200).map((_, i) => (i % 2 ? 1e300 : 1e-300))
    expect(cumprod.sync(x).every(Number.isFinite)).toBe(true)
    expect([...cumprod.sync(new Float64Array([0, 1e200, 1e200, -1, Infinity]))]).toEqual([0, 0, 0, -0, NaN])
    // f32 is multiplied in f64
    expect([...cumprod.sync(new Float32Array([1e30, 1e30, 1e-30, 1e-30]))].map(Math.fround)).toEqual(
      [1e30, Infinity, 1e30, 1].map(Math.fround),
    )
  })
})

describe('cummax and cummin', () => {
  it('give what NumPy gives', () => {
    const x = new Float64Array(numbers(oracle.extremes.x))
    expect([...cummax.sync(x)]).toEqual(numbers(oracle.extremes.max))
    expect([...cummin.sync(x)]).toEqual(numbers(oracle.extremes.min))
    expect([...cummax.sync(new Float64Array(numbers(oracle.diff.x)))]).toEqual(numbers(oracle.extremes.nan))
    expect([...cummin.sync(Uint32Array.of(7, 2 ** 32 - 1, 3))]).toEqual([7, 7, 3])
    expect([...cummax.sync(Int32Array.of(-(2 ** 31), -5, 2 ** 31 - 1, 0))]).toEqual([
      -(2 ** 31),
      -5,
      2 ** 31 - 1,
      2 ** 31 - 1,
    ])
  })

  it('order zeros, and keep NaN from its first place on, far beyond it', () => {
    expect([...cummax.sync(new Float64Array([-0, 0, -0]))]).toEqual([-0, 0, 0])
    expect([...cummin.sync(new Float64Array([0, -0, 0]))]).toEqual([0, -0, -0])
    const x = new Float32Array(100_000).map((_, i) => Math.sin(i))
    x[50_000] = Number.NaN
    for (const kernel of [cummax, cummin]) {
      const result = kernel.sync(x)
      expect(result.findIndex(Number.isNaN)).toBe(50_000)
      expect(result.subarray(50_000).every(Number.isNaN)).toBe(true)
    }
  })
})

describe('diff', () => {
  it('gives the bits of NumPy, n times over', () => {
    const x = new Float64Array(numbers(oracle.diff.x))
    for (const [n, expected] of Object.entries(oracle.diff.float)) {
      expect([...diff.sync(x, { n: +n })], n).toEqual(numbers(expected))
    }
    for (const [n, expected] of Object.entries(oracle.diff.f32)) {
      expect([...diff.sync(new Float32Array(x), { n: +n })], n).toEqual(numbers(expected))
    }
    for (const n of [1, 2, 5]) {
      const int32 = Int32Array.from(oracle.diff.i32)
      expect([...diff.sync(int32, { n })]).toEqual(oracle.diff.int32[n])
      expect([...diff.sync(new Uint32Array(int32.buffer), { n })]).toEqual(oracle.diff.uint32[n])
    }
    const roots = new Float64Array(300).map((_, i) => Math.sqrt(i))
    expect([...diff.sync(roots, { n: 100 })]).toEqual(numbers(oracle.diff.roots))
  })

  it('undoes cumsum of integers', () => {
    const next = random(3)
    const x = new BigInt64Array(100_000).map(() => BigInt(Math.floor(next() * 2 ** 53)) << 11n)
    expect(bits(diff.sync(cumsum.sync(x)))).toBe(bits(x.subarray(1)))
    const y = new Int32Array(100_000).map(() => next() * 2 ** 32)
    expect(bits(diff.sync(cumsum.sync(y)))).toBe(bits(Float64Array.from(y.subarray(1))))
  })

  it('agrees with its twin for any n, on any threads', async () => {
    const next = random(4)
    const x = new Float64Array(50_000).map(() => next())
    for (const n of [2, 63, 64, 65, 128, 129, 200, 50_000, 60_000, Number.MAX_SAFE_INTEGER]) {
      expect(bits(await diff(x, { n, threads: 2 })), `${n}`).toBe(bits(diff.js(x, { n })))
    }
    const few = x.subarray(0, 700)
    for (const n of [300, 699, 700]) expect(bits(diff.sync(few, { n }))).toBe(bits(diff.js(few, { n })))
  })

  it('refuses a bad n and an `out` that overlaps', () => {
    const x = new Float64Array(8)
    expect(() => diff.sync(x, { n: -1 })).toThrow(expect.objectContaining({ code: 'ERR_OFFLOOP_ARG_VALUE' }))
    expect(() => diff.sync(x, { n: 1.5 })).toThrow(expect.objectContaining({ code: 'ERR_OFFLOOP_ARG_VALUE' }))
    expect(() => diff.sync(x, { out: x.subarray(1) })).toThrow(expect.objectContaining({ code: 'ERR_OFFLOOP_OVERLAP' }))
    expect(() => diff.sync(x, { out: x })).toThrow(expect.objectContaining({ code: 'ERR_OFFLOOP_SHAPE' }))
  })
})
