/** random: the published words, another road to the same numbers, statistics on fixed keys, splitting, errors. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { random } from '../../dist/index.js'

interface Case {
  readonly key: string
  readonly offset: number
  readonly uniform: number[]
  readonly uniform32: number[]
  readonly normal: number[]
  readonly exponential: number[]
  readonly integers: number[]
  readonly whole: number[]
  readonly long: string[]
  readonly longest: string[]
}
const oracle = JSON.parse(readFileSync(new URL('./random.oracle.json', import.meta.url), 'utf8')) as {
  cases: Case[]
  permutation: number[]
}

describe('the numbers of a key', () => {
  // The words behind them were checked against Random123's known answers by the script that wrote them.
  it.each(oracle.cases)('are those of Philox 4x32-10, from $offset on: $key', (one) => {
    const source = { key: BigInt(one.key), offset: one.offset, threads: 1 }
    const n = one.uniform.length
    expect([...random.uniform.sync(n, source)]).toEqual(one.uniform)
    expect([...random.uniform.sync(n, { ...source, dtype: 'f32' })]).toEqual(one.uniform32)
    expect([...random.integers.sync(n, { ...source, low: -7, high: 1000 })]).toEqual(one.integers)
    expect([...random.integers.sync(n, { ...source, high: 2 ** 32, dtype: 'u32' })]).toEqual(one.whole)
    const wide = { ...source, dtype: 'i64' } as const
    expect([...random.integers.sync(n, { ...wide, low: -1e15, high: 10n ** 18n })].map(String)).toEqual(one.long)
    expect([...random.integers.sync(n, { ...wide, low: -(2n ** 63n), high: 2n ** 63n })].map(String)).toEqual(
      one.longest,
    )
    // Words are rounded to doubles first: near zero, that error is an absolute one.
    const normal = random.normal.sync(n, source)
    for (const [i, y] of one.normal.entries()) expect(Math.abs(normal[i]! - y)).toBeLessThan(2e-15)
    const exponential = random.exponential.sync(n, source)
    for (const [i, y] of one.exponential.entries()) {
      expect(Math.abs(exponential[i]! - y)).toBeLessThan(2.3e-16 * Math.max(1, y))
    }
  })

  it('shuffle a permutation from its end', () => {
    expect([...random.permutation.sync(20, { key: 42 })]).toEqual(oracle.permutation)
  })

  it('are the same for a number and a bigint, and others for every key and function', () => {
    const first = (key: number | bigint) => random.uniform.js(4, { key }).join()
    expect(first(5)).toBe(first(5n))
    expect(new Set([0, 1, 2, 2 ** 32, 2 ** 52, 2n ** 63n].map(first)).size).toBe(6)
    const wide = random.uniform.js(1, { key: 5 })[0]!
    const narrow = random.uniform.js(1, { key: 5, dtype: 'f32' })[0]!
    expect(Math.abs(wide - narrow)).toBeGreaterThan(1e-6)
  })

  it('are scaled as said', () => {
    const source = { key: 8, offset: 3 }
    const plain = [...random.uniform.js(9, source)]
    expect([...random.uniform.js(9, { ...source, low: -8, high: 8 })]).toEqual(plain.map((u) => u * 16 - 8))
    expect([...random.uniform.js(2, { ...source, low: 5, high: 5 })]).toEqual([5, 5])
    const normal = [...random.normal.js(9, source)]
    expect([...random.normal.js(9, { ...source, loc: 1, scale: 0.5 })]).toEqual(normal.map((z) => z * 0.5 + 1))
    expect([...random.normal.js(9, { ...source, dtype: 'f32' })]).toEqual(normal.map(Math.fround))
    const exponential = [...random.exponential.js(9, source)]
    expect([...random.exponential.js(9, { ...source, scale: 4 })]).toEqual(exponential.map((x) => x * 4))
    expect([...random.exponential.js(9, { ...source, dtype: 'f32' })]).toEqual(exponential.map(Math.fround))
  })
})

describe('a stream', () => {
  it('is continued and split at will, also where 2^32 blocks end', async () => {
    for (const offset of [0, 7, 2 ** 33 - 700, 2 ** 34 - 1501]) {
      const source = { key: 77, offset, threads: 2 }
      const cuts = [0, 1, 2, 5, 64, 65, 700, 1401, 1402, 1999]
      for (const draw of [
        (count: number, from: object) => random.uniform(count, { ...source, ...from }),
        (count: number, from: object) => random.uniform(count, { ...source, ...from, dtype: 'f32' }),
        (count: number, from: object) => random.normal(count, { ...source, ...from }),
        (count: number, from: object) => random.exponential(count, { ...source, ...from }),
        (count: number, from: object) => random.integers(count, { ...source, ...from, high: 99 }),
        (count: number, from: object) => random.integers(count, { ...source, ...from, high: 2n ** 62n, dtype: 'i64' }),
        (count: number, from: object) =>
          random.choice(9, count, { ...source, ...from, p: new Float64Array(9).fill(1) }),
      ]) {
        const whole = (await draw(1999, {})) as Float64Array
        const parts: unknown[] = []
        for (let i = 1; i < cuts.length; i++) {
          parts.push(...((await draw(cuts[i]! - cuts[i - 1]!, { offset: offset + cuts[i - 1]! })) as Float64Array))
        }
        expect(parts).toEqual([...whole])
      }
    }
  })

  it('fills an array that begins anywhere, and nothing beside it', () => {
    const size = 600_000 // more than stays in the caches
    const expected = random.uniform.js(size, { key: 4, offset: 9 })
    const same = (a: Float64Array) =>
      Buffer.compare(Buffer.from(a.buffer, a.byteOffset, a.byteLength), Buffer.from(expected.buffer)) === 0
    for (const start of [0, 1, 7]) {
      const around = new Float64Array(size + 16).fill(-1)
      const out = around.subarray(start, start + size)
      expect(random.uniform.sync(size, { key: 4, offset: 9, out })).toBe(out)
      expect(same(out)).toBe(true)
      expect([...around.subarray(0, start), ...around.subarray(start + size)].every((x) => x === -1)).toBe(true)
    }
  })

  it('goes on from call to call of a generator', async () => {
    const rng = random.generator({ key: 3, offset: 5 })
    const [a, b] = await Promise.all([rng.uniform(10), rng.uniform(7)])
    expect([...a, ...b]).toEqual([...random.uniform.js(17, { key: 3, offset: 5 })])
    expect(rng.offset).toBe(22)
    rng.choice.sync(100, 3)
    expect(rng.offset).toBe(25)
    rng.choice.sync(100, 3, { replace: false })
    rng.permutation.js(8)
    expect(rng.offset).toBe(133)
    expect([...rng.normal.sync(4, { scale: 2 })]).toEqual([...random.normal.js(4, { key: 3, offset: 133, scale: 2 })])
    await expect(rng.uniform(-1)).rejects.toMatchObject({ code: 'ERR_OFFLOOP_ARG_VALUE' })
    expect(rng.offset).toBe(137)
    expect(random.generator().key).not.toBe(random.generator().key)
  })

  it('has a key that is told where it was drawn', async () => {
    for (const result of [await random.normal(100), random.uniform.sync(5), random.permutation.js(50)]) {
      const source = random.sourceOf(result)!
      expect(source.offset).toBe(0)
      expect(Number.isSafeInteger(source.key)).toBe(true)
    }
    const x = await random.normal(1000, { offset: 11 })
    expect([...random.normal.js(1000, random.sourceOf(x)!)]).toEqual([...x])
    expect(random.sourceOf(random.normal.js(5, { key: 1 }))).toBeUndefined()
    const keys = new Set(Array.from({ length: 500 }, () => random.key()))
    expect(keys.size).toBe(500)
    expect([...keys].every((key) => Number.isSafeInteger(key) && key >= 0)).toBe(true)
  })
})

// On fixed keys, so that they always or never pass; the bounds are met by all but 1 of 10,000 keys or more.

/** Sum of (found - expected)² / expected, as a deviation from its mean in standard deviations. */
function chiSquare(counts: ArrayLike<number>, expected: (i: number) => number): number {
  let sum = 0
  for (let i = 0; i < counts.length; i++) sum += (counts[i]! - expected(i)) ** 2 / expected(i)
  const freedom = counts.length - 1
  return (sum - freedom) / Math.sqrt(2 * freedom)
}
/** The largest distance between the distribution of x and F, times the square root of its length. */
function kolmogorov(x: Float64Array, F: (x: number) => number): number {
  const sorted = x.slice().sort()
  let most = 0
  for (let i = 0; i < sorted.length; i++) {
    const p = F(sorted[i]!)
    most = Math.max(most, p - i / sorted.length, (i + 1) / sorted.length - p)
  }
  return most * Math.sqrt(sorted.length)
}
/** The correlation of x with itself `lag` further on, in standard deviations. */
function correlation(x: Float64Array, lag: number, mean: number, variance: number): number {
  let sum = 0
  for (let i = 0; i + lag < x.length; i++) sum += (x[i]! - mean) * (x[i + lag]! - mean)
  return sum / variance / Math.sqrt(x.length - lag)
}
/** The normal distribution: W. J. Cody's bounds are not needed, so by its series and continued fraction. */
function phi(z: number): number {
  const x = Math.abs(z)
  const density = Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI)
  if (x > 5) {
    let tail = x
    for (let k = 60; k > 0; k--) tail = x + k / tail
    return z > 0 ? 1 - density / tail : density / tail
  }
  let term = x
  let sum = x
  for (let k = 1; k < 120; k++) sum += term *= (x * x) / (2 * k + 1)
  return z > 0 ? 0.5 + density * sum : 0.5 - density * sum
}

const N = 100_000

describe('statistics', () => {
  for (const key of [1, 2 ** 40 + 17]) {
    it(`of uniform numbers, key ${key}`, () => {
      const x = random.uniform.sync(N, { key })
      expect(kolmogorov(x, (u) => u)).toBeLessThan(2.2)
      const cells = new Float64Array(4096)
      const pairs = new Float64Array(4096)
      for (let i = 0; i < N; i++) cells[Math.floor(x[i]! * 4096)]!++
      for (let i = 0; i < N; i += 2) pairs[Math.floor(x[i]! * 64) * 64 + Math.floor(x[i + 1]! * 64)]!++
      expect(Math.abs(chiSquare(cells, () => N / 4096))).toBeLessThan(4)
      expect(Math.abs(chiSquare(pairs, () => N / 8192))).toBeLessThan(4)
      for (const lag of [1, 2, 3, 4, 8, 16, 64, 512, 1024, 16384]) {
        expect(Math.abs(correlation(x, lag, 0.5, 1 / 12)), `lag ${lag}`).toBeLessThan(4)
      }
      // The last bits are as good as the first.
      const low = new Float64Array(1024)
      for (let i = 0; i < N; i++) low[(x[i]! * 2 ** 53) % 1024]!++
      expect(Math.abs(chiSquare(low, () => N / 1024))).toBeLessThan(4)
    })

    it(`of normal and exponential numbers, key ${key}`, () => {
      const x = random.normal.sync(N, { key })
      expect(kolmogorov(x, phi)).toBeLessThan(2.2)
      const moment = (k: number) => x.reduce((sum, z) => sum + z ** k, 0) / N
      const variance = [1, 2, 15, 96]
      for (const [i, mean] of [0, 1, 0, 3].entries()) {
        expect(Math.abs(moment(i + 1) - mean) / Math.sqrt(variance[i]! / N), `moment ${i + 1}`).toBeLessThan(4)
      }
      for (const lag of [1, 2, 3, 8, 16, 1024]) expect(Math.abs(correlation(x, lag, 0, 1))).toBeLessThan(4)
      // Neither are the squares of neighbours, which come from one radius.
      expect(
        Math.abs(
          correlation(
            x.map((z) => z * z),
            1,
            1,
            2,
          ),
        ),
      ).toBeLessThan(4)
      const e = random.exponential.sync(N, { key })
      expect(kolmogorov(e, (t) => -Math.expm1(-t))).toBeLessThan(2.2)
      expect(Math.abs(correlation(e, 1, 1, 1))).toBeLessThan(4)
    })
  }

  it('of streams beside each other: keys that follow one another, functions of one key', () => {
    const own = random.normal.sync(N, { key: 100 })
    const others = [
      random.normal.sync(N, { key: 101 }),
      random.normal.sync(N, { key: 100, offset: N }),
      random.uniform.sync(N, { key: 100 }).map((u) => (u - 0.5) * Math.sqrt(12)),
      random.exponential.sync(N, { key: 100 }).map((t) => t - 1),
    ]
    for (const other of others) {
      const sum = own.reduce((total, z, i) => total + z * other[i]!, 0)
      expect(Math.abs(sum) / Math.sqrt(N)).toBeLessThan(4)
    }
  })

  it('of the tails: as many beyond 4 and 5 standard deviations as there should be', () => {
    const size = 2 ** 21
    const x = random.normal.sync(size, { key: 5 })
    let [beyond4, beyond5, most] = [0, 0, 0]
    for (let i = 0; i < size; i++) {
      const z = Math.abs(x[i]!)
      if (z <= 4) continue
      beyond4++
      if (z > 5) beyond5++
      if (z > most) most = z
    }
    const expected = 2 * phi(-4) * size // 133
    expect(Math.abs(beyond4 - expected) / Math.sqrt(expected)).toBeLessThan(4)
    expect(beyond5).toBeLessThan(8) // 1.2
    expect(most).toBeLessThan(7)
  })

  it('of integers, also where the range divides no power of two', () => {
    for (const [low, high] of [
      [0, 7],
      [-3, 1000],
      [-(2 ** 31), 2 ** 31],
    ] as const) {
      const x = random.integers.sync(N, { key: 6, low, high })
      const cells = new Float64Array(Math.min(high - low, 1003))
      let within = true
      for (let i = 0; i < N; i++) {
        within = within && x[i]! >= low && x[i]! < high
        cells[Math.floor(((x[i]! - low) * cells.length) / (high - low))]!++
      }
      expect(within).toBe(true)
      if (high < 2 ** 31) expect(Math.abs(chiSquare(cells, () => N / cells.length))).toBeLessThan(4)
      expect(cells.every((count) => count > 0)).toBe(true)
    }
    const wide = random.integers.sync(N, { key: 6, high: 3n * 2n ** 61n, dtype: 'i64' })
    const thirds = new Float64Array(3)
    for (const value of wide) thirds[Number(value / 2n ** 61n)]!++
    expect(Math.abs(chiSquare(thirds, () => N / 3))).toBeLessThan(4)
  })
})

describe('permutation', () => {
  it('gives each of the 24 of four elements alike', () => {
    const counts = new Map<string, number>()
    for (let i = 0; i < 24_000; i++) {
      const found = random.permutation.js(4, { key: 9, offset: 4 * i }).join()
      counts.set(found, (counts.get(found) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    expect(Math.abs(chiSquare([...counts.values()], () => 1000))).toBeLessThan(4)
  })

  it.each([16_384, 16_385, 100_003, 2 ** 20])('holds every one of %i once, wherever', (n) => {
    const x = random.permutation.sync(n, { key: 12 })
    const seen = new Uint8Array(n)
    for (const i of x) seen[i] = 1
    expect(seen.every((one) => one === 1)).toBe(true)
    // 64 ranges of places against 64 of elements, and how place and element go together.
    const cells = new Float64Array(4096)
    let together = 0
    for (let i = 0; i < n; i++) {
      cells[Math.floor((i / n) * 64) * 64 + Math.floor((x[i]! / n) * 64)]!++
      together += (i / n - 0.5) * (x[i]! / n - 0.5)
    }
    expect(Math.abs(chiSquare(cells, () => n / 4096))).toBeLessThan(5)
    expect((Math.abs(together) * 12) / Math.sqrt(n)).toBeLessThan(4)
    let fixed = 0
    for (let i = 0; i < n; i++) if (x[i] === i) fixed++
    expect(fixed).toBeLessThan(8)
  })

  it('gives none and one', () => {
    expect([...random.permutation.sync(0, { key: 1 })]).toEqual([])
    expect([...random.permutation.js(1, { key: 1 })]).toEqual([0])
  })
})

describe('choice', () => {
  it('without replacement is the beginning of a permutation', () => {
    for (const population of [50, 16_384, 60_000]) {
      const whole = random.permutation.sync(population, { key: 3, offset: 2 })
      for (const size of [0, 33, 20_000, population]) {
        if (size > population) continue
        for (const face of [random.choice.sync, random.choice.js]) {
          const found = face(population, size, { key: 3, offset: 2, replace: false })
          expect(found.every((x, i) => x === whole[i]) && found.length === size).toBe(true)
        }
      }
    }
  })

  it('with replacement gives the integers below the population', () => {
    expect([...random.choice.sync(77, 500, { key: 2 })]).toEqual([
      ...random.integers.js(500, { key: 2, high: 77, dtype: 'u32' }),
    ])
  })

  it('follows its weights, however they lie', () => {
    const shapes: ((i: number, n: number) => number)[] = [
      () => 1,
      (i) => i % 7,
      (i, n) => (i === 3 ? 1e9 : i > n - 3 ? 1e8 : 1),
      (i) => 2 ** -i,
      (i, n) => (i < n / 2 ? 0 : 1e-300),
    ]
    for (const shape of shapes) {
      for (const n of [4, 37, 1000]) {
        const p = Float64Array.from({ length: n }, (_, i) => shape(i, n))
        const total = p.reduce((sum, weight) => sum + weight, 0)
        const counts = new Float64Array(n)
        for (const i of random.choice.sync(n, 20_000, { key: 21, p })) counts[i]!++
        let [sum, cells] = [0, -1]
        for (let i = 0; i < n; i++) {
          const expected = (p[i]! / total) * 20_000
          if (expected === 0) expect(counts[i]).toBe(0)
          if (expected < 5) continue
          sum += (counts[i]! - expected) ** 2 / expected
          cells++
        }
        expect((sum - cells) / Math.sqrt(2 * Math.max(1, cells))).toBeLessThan(5)
      }
    }
    expect([...random.choice.sync(3, 4, { key: 1, p: new Float64Array([0, 5e-324, 0]) })]).toEqual([1, 1, 1, 1])
  })

  it('refuses weights that are none', async () => {
    for (const bad of [
      [1, -1],
      [1, Number.NaN],
      [0, 0],
      [1, Infinity],
      [1e308, 1e308],
    ]) {
      const p = Float64Array.from(bad)
      const error = { code: 'ERR_OFFLOOP_ARG_VALUE' }
      await expect(random.choice(2, 5, { key: 1, p })).rejects.toMatchObject(error)
      expect(() => random.choice.js(2, 5, { key: 1, p })).toThrow(expect.objectContaining(error))
    }
  })
})

describe('arguments', () => {
  const value = { code: 'ERR_OFFLOOP_ARG_VALUE' }
  const type = { code: 'ERR_OFFLOOP_ARG_TYPE' }
  const shape = { code: 'ERR_OFFLOOP_SHAPE' }
  // biome-ignore lint/suspicious/noExplicitAny: what no editor would let pass
  const r = random as any
  it.each<[string, () => unknown, object]>([
    ['a size below 0', () => r.uniform.js(-1), value],
    ['no size', () => r.normal.js(), type],
    ['a key that is a text', () => r.uniform.js(3, { key: '1' }), type],
    ['a key below 0', () => r.uniform.js(3, { key: -1 }), value],
    ['a key beyond 2^53', () => r.uniform.js(3, { key: 2 ** 53 }), value],
    ['a key beyond 2^64', () => r.uniform.js(3, { key: 2n ** 64n }), value],
    ['numbers beyond 2^53', () => r.uniform.js(3, { key: 1, offset: 2 ** 53 - 3 }), value],
    ['bounds in the wrong order', () => r.uniform.js(3, { low: 1, high: 0 }), value],
    ['bounds too far apart', () => r.uniform.js(3, { low: -1e308, high: 1e308 }), value],
    ['a negative spread', () => r.normal.js(3, { scale: -1 }), value],
    ['a spread of NaN', () => r.exponential.js(3, { scale: Number.NaN }), value],
    ['an unknown type', () => r.normal.js(3, { dtype: 'i32' }), value],
    ['an array of another type', () => r.normal.js(3, { out: new Int32Array(3) }), type],
    ['an array of another length', () => r.normal.js(3, { out: new Float64Array(4) }), shape],
    ['no bound', () => r.integers.js(3), type],
    ['a bound that is not above', () => r.integers.js(3, { low: 5, high: 5 }), value],
    ['a bound beyond the type', () => r.integers.js(3, { high: 2 ** 31 + 1 }), value],
    ['a bound beyond 64 bits', () => r.integers.js(3, { high: 2n ** 63n + 1n, dtype: 'i64' }), value],
    ['a fraction for 64 bits', () => r.integers.js(3, { high: 1.5, dtype: 'i64' }), value],
    ['too large a population', () => r.permutation.js(2 ** 32), value],
    ['none to choose from', () => r.choice.js(0, 1), value],
    ['more than there are', () => r.choice.js(3, 4, { replace: false }), value],
    ['weights of another length', () => r.choice.js(3, 1, { p: new Float64Array(2) }), shape],
    ['weights without replacement', () => r.choice.js(2, 1, { p: new Float64Array(2), replace: false }), value],
  ])('refuses %s', (_, call, error) => {
    expect(call).toThrow(expect.objectContaining(error))
  })

  it('draws nothing out of nothing', () => {
    expect(random.choice.sync(0, 0)).toEqual(new Uint32Array(0))
    expect(random.uniform.sync(0)).toEqual(new Float64Array(0))
  })
})
