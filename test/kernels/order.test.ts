/** What is special to argsort, rank, unique and searchsorted: NumPy's and SciPy's answers, stability, the laws of an order. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { argsort, type RankMethod, rank, searchsorted, sort, unique } from '../../dist/index.js'
import { random, spice, type Typed } from '../support.js'

type Plain = number | string | null
interface Case {
  name: string
  argsort: number[]
  ranks: Record<RankMethod, Plain[]>
  unique: { values: Plain[]; inverse: number[]; counts: number[] }
  left: number[]
  right: number[]
}
const oracle = JSON.parse(readFileSync(new URL('./order.oracle.json', import.meta.url), 'utf8')) as {
  cases: Case[]
  long: Record<'argsort' | 'average' | 'dense' | 'distinct' | 'counts' | 'inverse', number>
}

/** As in order.oracle.py. */
function lcg(count: number, seed: number, below: number): number[] {
  let state = BigInt(seed)
  return Array.from({ length: count }, () => {
    state = (state * 1664525n + 1013904223n) & 0xffffffffn
    return Number(state >> 8n) % below
  })
}
const SPECIAL = [Number.NaN, 0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324, -5e-324, 1]
const modulo = (a: number, b: number) => ((a % b) + b) % b // Python's
const INPUTS: Record<string, () => Float64Array | Int32Array | Uint32Array> = {
  few: () => new Float64Array(lcg(40, 1, 7)).map((v) => (v - 3) / 2),
  special: () => new Float64Array(lcg(50, 2, SPECIAL.length).map((k) => SPECIAL[k]!)),
  i32: () => new Int32Array(lcg(40, 3, 2 ** 24).map((v) => modulo(v - 2 ** 23, 19))),
  u32: () => new Uint32Array(lcg(30, 4, 2 ** 24).map((v) => ((v * 256) % 2 ** 32) / 8)),
}
const plain = (values: Iterable<number>): Plain[] =>
  [...values].map((v) => (Number.isNaN(v) ? null : Number.isFinite(v) ? v + 0 : v > 0 ? 'inf' : '-inf'))
const weigh = (a: Float64Array | Uint32Array): number =>
  (a as Float64Array).reduce((total, value, i) => total + value * ((i % 1000) + 1), 0)

type Kind = Float64Array | Float32Array | Int32Array | Uint32Array | BigInt64Array | BigUint64Array
const KINDS = [Float64Array, Float32Array, Int32Array, Uint32Array, BigInt64Array, BigUint64Array]
const PATTERNS: Record<string, (i: number, n: number, next: () => number) => number> = {
  random: (_i, _n, next) => (next() - 0.5) * 2 ** 31,
  'all equal': () => 7,
  'few values': (_i, _n, next) => Math.floor(next() * 10),
  'eight of each': (_i, n, next) => Math.floor((next() * n) / 8),
  sorted: (i) => i,
  reversed: (i, n) => n - i,
  sawtooth: (i) => i % 1000,
  'almost all equal': (_i, _n, next) => (next() < 0.001 ? next() * 100 : 3),
}
function make(Build: (typeof KINDS)[number], n: number, name: string, salt: number): Kind {
  const next = random(salt)
  const array = new Build(n)
  for (let i = 0; i < n; i++) {
    const value = PATTERNS[name]!(i, n, next)
    if (array instanceof BigInt64Array || array instanceof BigUint64Array) array[i] = BigInt(Math.floor(value))
    else array[i] = value
  }
  return array
}

/** −1, 0 or 1 as NumPy orders values: NaN last, the zeros equal. */
function compare(a: number | bigint, b: number | bigint): number {
  const [c, d] = [Number.isNaN(a), Number.isNaN(b)]
  return c || d ? Number(c) - Number(d) : a < b ? -1 : Number(a > b)
}

/** How many neighbours of an order are wrong, and whether it is a permutation. */
function faults(x: Kind, order: Uint32Array, descending: boolean): number {
  const seen = new Uint8Array(x.length)
  for (const i of order) seen[i] = 1
  let wrong = seen.indexOf(0) < 0 && order.length === x.length ? 0 : 1
  for (let i = 1; i < order.length; i++) {
    const [a, b] = [x[order[i - 1]!]!, x[order[i]!]!]
    let way = compare(a, b)
    if (descending && !Number.isNaN(a) && !Number.isNaN(b)) way = -way
    if (way > 0 || (way === 0 && order[i - 1]! >= order[i]!)) wrong++
  }
  return wrong
}

describe('argsort, rank, unique and searchsorted', () => {
  it.each(oracle.cases.map((one) => one.name))('give what NumPy and SciPy give: %s', async (name) => {
    const expected = oracle.cases.find((one) => one.name === name)!
    const x = INPUTS[name]!() as Float64Array
    for (const face of ['sync', 'js'] as const) {
      expect([...argsort[face](x)]).toEqual(expected.argsort)
      for (const method of Object.keys(expected.ranks) as RankMethod[])
        expect(plain(rank[face](x, { method })), method).toEqual(expected.ranks[method])
      const { values, counts, inverse } = (unique[face] as typeof unique.js)(x, { counts: true, inverse: true })
      expect(plain(values)).toEqual(expected.unique.values)
      expect([...counts]).toEqual(expected.unique.counts)
      expect([...inverse]).toEqual(expected.unique.inverse)
      const sorted = sort.sync(x)
      expect([...(searchsorted[face] as typeof searchsorted.js)(sorted, x)]).toEqual(expected.left)
      expect([...(searchsorted[face] as typeof searchsorted.js)(sorted, x, { side: 'right' })]).toEqual(expected.right)
    }
    expect(plain(await rank(x))).toEqual(expected.ranks.average)
  })

  it('give what NumPy and SciPy give on more than a leaf', async () => {
    const x = new Float64Array(lcg(200_003, 5, 5000)).map((v) => v - 2500)
    const { long } = oracle
    expect(weigh(await argsort(x))).toBe(long.argsort)
    expect(weigh(await rank(x))).toBe(long.average)
    expect(weigh(await rank(x, { method: 'dense' }))).toBe(long.dense)
    const { values, counts, inverse } = await unique(x, { counts: true, inverse: true })
    expect([values.length, weigh(counts), weigh(inverse)]).toEqual([long.distinct, long.counts, long.inverse])
    expect(Object.keys(await unique(x, { inverse: true }))).toEqual(['values', 'inverse'])
    expect(weigh((await unique(x, { counts: true })).counts)).toBe(long.counts)
  })
})

describe('argsort', () => {
  it.each(Object.keys(PATTERNS))('is a stable order: %s', async (name) => {
    for (const Build of KINDS) {
      for (const n of [33, 3000, 90_000]) {
        const x = make(Build, n, name, n) as Float64Array
        expect(faults(x, await argsort(x), false)).toBe(0)
        expect(faults(x, argsort.sync(x, { descending: true }), true)).toBe(0)
      }
      const x = make(Build, 2000, name, 5) as Float64Array
      expect(faults(x, argsort.js(x, { descending: true }), true)).toBe(0)
    }
  })

  it('orders special values, also where keys differ in their last bits only', async () => {
    const next = random(7)
    for (const n of [100, 20_000, 150_000]) {
      const x = spice(new Float64Array(n).map(() => next() - 0.5) as Typed, 0.5, next) as Float64Array
      expect(faults(x, await argsort(x), false)).toBe(0)
      expect(faults(x, await argsort(x, { descending: true }), true)).toBe(0)
      // 47 bits are compared first: three clusters far apart, of neighbours.
      const words = new BigUint64Array(n).map(() => {
        const cluster = [0n, 2n ** 62n, 2n ** 64n - 2n ** 20n][Math.floor(next() * 3)]!
        return cluster + BigInt(Math.floor(next() * 2 ** 14))
      })
      expect(faults(words, await argsort(words), false)).toBe(0)
      expect(faults(words, await argsort(words, { descending: true }), true)).toBe(0)
    }
  })

  it('orders an input made against its sample', async () => {
    // The positions that argsort.cpp samples of so many elements hold the smallest value, so that all else is one bucket.
    const n = 200_000
    const x = new Float64Array(n)
    const next = random(8)
    for (let i = 0; i < n; i++) x[i] = 1 + next()
    let state = BigInt(n)
    for (let i = 0; i < 16 * 32; i++) {
      state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n)
      let z = BigInt.asUintN(64, (state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n)
      z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn)
      x[Number((((z ^ (z >> 31n)) >> 32n) * BigInt(n)) >> 32n)] = 0
    }
    expect(faults(x, await argsort(x), false)).toBe(0)
    expect([...(await rank(x, { method: 'ordinal' }))]).toEqual([...rank.js(x, { method: 'ordinal' })])
    expect((await unique(x)).length).toBe(new Set(x).size)
  })

  it('writes to `out`, and refuses what does not fit', async () => {
    const x = new Float64Array([3, 1, 2])
    const out = new Uint32Array(3)
    expect(await argsort(x, { out })).toBe(out)
    expect([...out]).toEqual([1, 2, 0])
    const bad = (run: () => unknown, code: string) => expect(run).toThrow(expect.objectContaining({ code }))
    bad(() => argsort.sync(new Int8Array(3) as unknown as Int32Array), 'ERR_OFFLOOP_ARG_TYPE')
    bad(() => argsort.sync(x, { out: new Uint32Array(2) }), 'ERR_OFFLOOP_SHAPE')
    bad(() => argsort.sync(x, { out: new Float64Array(3) as unknown as Uint32Array }), 'ERR_OFFLOOP_ARG_TYPE')
    bad(() => argsort.sync(out, { out }), 'ERR_OFFLOOP_OVERLAP')
    bad(() => argsort.sync(x, { descending: 1 as unknown as boolean }), 'ERR_OFFLOOP_ARG_TYPE')
    bad(() => rank.sync(x, { method: 'median' as 'min' }), 'ERR_OFFLOOP_ARG_VALUE')
    bad(() => rank.sync(x, { out: new Float64Array(2) }), 'ERR_OFFLOOP_SHAPE')
    bad(() => unique.sync(x, { counts: 1 as unknown as true }), 'ERR_OFFLOOP_ARG_TYPE')
  })
})

describe('rank and unique', () => {
  it('agree with their definitions', async () => {
    const next = random(9)
    for (const n of [0, 1, 5, 300]) {
      const x = spice(new Float64Array(n).map(() => Math.floor(next() * 20)) as Typed, 0.3, next) as Float64Array
      const real = x.filter((v) => !Number.isNaN(v))
      const ranks = await Promise.all(
        (['min', 'max', 'average', 'dense'] as const).map((method) => rank(x, { method })),
      )
      x.forEach((v, i) => {
        const least = real.filter((w) => w < v).length + 1
        const most = real.filter((w) => w <= v).length
        const dense = new Set(real.filter((w) => w < v).map((w) => w + 0)).size + 1
        const expected = Number.isNaN(v) ? ranks.map(() => v) : [least, most, (least + most) / 2, dense]
        expect(ranks.map((list) => list[i])).toEqual(expected)
      })
      const { values, counts, inverse } = await unique(x, { counts: true, inverse: true })
      expect(counts.reduce((a, b) => a + b, 0)).toBe(n)
      expect(x.every((v, i) => compare(values[inverse[i]!]!, v) === 0)).toBe(true)
      for (let i = 1; i < values.length; i++) expect(compare(values[i - 1]!, values[i]!)).toBe(-1)
    }
  })

  it('keep −0 as the zero if there is one, wherever it is', async () => {
    for (const Build of [Float64Array, Float32Array]) {
      for (const n of [4, 100_000]) {
        const x = new Build(n)
        expect(Object.is((await unique(x))[0], 0)).toBe(true)
        x[n - 1] = -0
        expect(await unique(x)).toHaveLength(1)
        expect(Object.is((await unique(x))[0], -0)).toBe(true)
        expect(Object.is(unique.js(x)[0], -0)).toBe(true)
        x[0] = Number.NaN
        x[1] = Number.NaN
        expect([...(await unique(x))]).toEqual([-0, Number.NaN])
      }
    }
  })

  it('give bigints and large integers exactly', async () => {
    const x = new BigInt64Array([5n, -(2n ** 63n), 5n, 2n ** 63n - 1n])
    expect([...(await unique(x))]).toEqual([-(2n ** 63n), 5n, 2n ** 63n - 1n])
    expect([...(await rank(new BigUint64Array([2n ** 64n - 1n, 2n ** 64n - 2n])))]).toEqual([2, 1])
    expect([...(await rank(new Uint32Array([0xffffffff, 0])))]).toEqual([2, 1])
  })
})

describe('searchsorted', () => {
  it('counts the smaller elements, or these and the equal ones', async () => {
    const next = random(10)
    for (const Build of KINDS) {
      for (const n of [0, 1, 63, 64, 65, 700]) {
        const x = sort.sync(spice(make(Build, n, 'few values', n) as Typed, 0.2, next) as Float64Array)
        const v = spice(make(Build, 50, 'few values', n + 1) as Typed, 0.3, next) as Float64Array
        const [left, right] = [await searchsorted(x, v), await searchsorted(x, v, { side: 'right' })]
        v.forEach((value, i) => {
          expect(left[i]).toBe(x.filter((w) => compare(w, value) < 0).length)
          expect(right[i]).toBe(x.filter((w) => compare(w, value) <= 0).length)
        })
      }
    }
  })

  it('finds in long arrays what NumPy would: the law of both sides', async () => {
    const next = random(11)
    const x = new Float64Array(300_000).map(() => Math.floor(next() * 1e5)).sort()
    const v = new Float64Array(5000).map(() => next() * 1e5)
    v.set(x.subarray(1000, 3000), 0)
    const [left, right] = [await searchsorted(x, v), await searchsorted(x, v, { side: 'right' })]
    let wrong = 0
    for (let i = 0; i < v.length; i++) {
      const [a, b] = [left[i]!, right[i]!]
      if ((a > 0 && x[a - 1]! >= v[i]!) || (a < x.length && x[a]! < v[i]!)) wrong++
      if ((b > 0 && x[b - 1]! > v[i]!) || (b < x.length && x[b]! <= v[i]!)) wrong++
    }
    expect(wrong).toBe(0)
  })

  it('takes one number, also one that the type cannot hold', async () => {
    const i = new Int32Array([-5, 1, 2, 2, 3])
    expect(await searchsorted(i, 2)).toBe(2)
    expect(searchsorted.sync(i, 2, { side: 'right' })).toBe(4)
    expect(searchsorted.js(i, 2.5)).toBe(4)
    expect(searchsorted.js(i, 2.5, { side: 'right' })).toBe(4)
    const most = new Int32Array([-(2 ** 31), 2 ** 31 - 1])
    for (const side of ['left', 'right'] as const) {
      expect(searchsorted.sync(most, 2 ** 40, { side })).toBe(2)
      expect(searchsorted.sync(most, -Infinity, { side })).toBe(0)
      expect(searchsorted.sync(most, Number.NaN, { side })).toBe(2)
      expect(searchsorted.sync(new BigUint64Array([0n, 1n]), -1n, { side })).toBe(0)
      expect(searchsorted.sync(new BigUint64Array([0n, 1n]), 2n ** 70n, { side })).toBe(2)
      // 0.1 lies between two floats; so do numbers too small for one.
      const below = Math.fround(0.1) > 0.1 ? Math.fround(0.1) - 2 ** -27 : Math.fround(0.1)
      expect(searchsorted.sync(new Float32Array([below, below + 2 ** -27]), 0.1, { side })).toBe(1)
      expect(searchsorted.sync(new Float32Array([-(2 ** -149), 0, 2 ** -149]), 1e-60, { side })).toBe(2)
      expect(searchsorted.sync(new Float32Array([-(2 ** -149), 0, 2 ** -149]), -1e-60, { side })).toBe(1)
      expect(searchsorted.sync(new Float32Array([-0.5, -0.25]), -0.3, { side })).toBe(1)
      expect(searchsorted.sync(new Float32Array([3.4028234663852886e38, Infinity]), 1e39, { side })).toBe(1)
      expect(searchsorted.sync(new Float32Array([1, Number.NaN]), Number.NaN, { side })).toBe(side === 'left' ? 1 : 2)
    }
  })

  it('refuses what does not fit', () => {
    const x = new Float64Array(4)
    const bad = (run: () => unknown, code: string) => expect(run).toThrow(expect.objectContaining({ code }))
    bad(() => searchsorted.sync(x, new Float32Array(2) as unknown as Float64Array), 'ERR_OFFLOOP_ARG_TYPE')
    bad(() => searchsorted.sync(x, 1n as unknown as number), 'ERR_OFFLOOP_ARG_TYPE')
    bad(() => searchsorted.sync(new BigInt64Array(1), 1 as unknown as bigint), 'ERR_OFFLOOP_ARG_TYPE')
    bad(() => searchsorted.sync(x, x, { side: 'middle' as 'left' }), 'ERR_OFFLOOP_ARG_VALUE')
    bad(() => searchsorted.sync(x, x, { out: new Uint32Array(3) }), 'ERR_OFFLOOP_SHAPE')
    bad(() => searchsorted.sync(x, 1, { out: new Uint32Array(1) } as object), 'ERR_OFFLOOP_ARG_TYPE')
  })
})
