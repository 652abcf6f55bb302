/** What is special to partition, argpartition, median and quantile: NumPy's numbers, the arrangement, awkward data. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { argpartition, median, partition, quantile, sort } from '../../dist/index.js'
import { bits, random, spice, type Typed } from '../support.js'

type Written = number | 'nan' | 'inf' | '-inf'
interface Oracle {
  shares: number[]
  cases: { size: number; span: number; median: number; quantiles: Record<string, Written[]> }[]
  special: {
    name: string
    x: Written[]
    median: Written[]
    nanmedian: Written[]
    quantiles: Record<string, Written[]>
    nanquantiles: Record<string, Written[]>
  }[]
}
const oracle = JSON.parse(readFileSync(new URL('./select.oracle.json', import.meta.url), 'utf8')) as Oracle
type Method = 'linear'

const read = (value: Written): number =>
  typeof value === 'number' ? value : { nan: Number.NaN, inf: Infinity, '-inf': -Infinity }[value]

/** As in select.oracle.py. */
function lcg(count: number, seed: number, span: number): Float64Array {
  const out = new Float64Array(count)
  let state = seed
  for (let j = 0; j < count; j++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    out[j] = ((state >>> 8) % span) + 1
  }
  return out
}

describe('median and quantile against NumPy', () => {
  for (const { size, span, median: middle, quantiles } of oracle.cases) {
    it(`${size} elements of ${span} values: the same bits by all thirteen methods`, async () => {
      const x = lcg(size, size, span).map((value) => value / 7)
      expect(median.sync(x)).toBe(middle)
      expect(median.js(x)).toBe(middle)
      expect(Object.keys(quantiles)).toHaveLength(13)
      for (const [name, written] of Object.entries(quantiles)) {
        const method = name as Method
        const expected = new Float64Array(written.map(read))
        expect(await quantile(x, oracle.shares, { method }), name).toEqual(expected)
        expect(quantile.sync(x, oracle.shares, { method }), name).toEqual(expected)
        expect(quantile.js(x, oracle.shares, { method }), name).toEqual(expected)
        oracle.shares.forEach((q, i) => {
          expect(quantile.sync(x, q, { method }), `${name} ${q}`).toBe(expected[i])
        })
      }
    })
  }

  for (const { name, x: written, ...expected } of oracle.special) {
    it(`${name}: as NumPy, and with nan: 'omit' as its nan functions`, () => {
      const x = new Float64Array(written.map(read))
      for (const face of ['sync', 'js'] as const) {
        expect(median[face](x)).toBe(read(expected.median[0]!))
        expect(median[face](x, { nan: 'omit' })).toBe(read(expected.nanmedian[0]!))
        for (const method of Object.keys(expected.quantiles) as Method[]) {
          const list = (values: Written[]) => new Float64Array(values.map(read))
          expect(quantile[face](x, oracle.shares, { method }), method).toEqual(list(expected.quantiles[method]!))
          expect(quantile[face](x, oracle.shares, { method, nan: 'omit' }), method).toEqual(
            list(expected.nanquantiles[method]!),
          )
        }
      }
    })
  }

  it('an order of q that does not ascend is kept, and equal ones are answered alike', () => {
    const x = lcg(5003, 1, 1 << 20)
    const shares = [0.9, 0.1, 0.5, 0.9, 0]
    const expected = new Float64Array(shares.map((q) => quantile.js(x, q)))
    expect(quantile.sync(x, shares)).toEqual(expected)
    expect(quantile.js(x, new Float64Array(shares))).toEqual(expected)
    expect(quantile.sync(x, [])).toEqual(new Float64Array(0))
  })

  it('nothing has no middle', () => {
    for (const Kind of [Float64Array, Int32Array, Uint8ClampedArray]) {
      expect(median.sync(new Kind(0))).toBeNaN()
      expect(quantile.sync(new Kind(0), [0, 1])).toEqual(new Float64Array([Number.NaN, Number.NaN]))
    }
  })

  it('a mean of two is taken in f64, whatever the type', () => {
    expect(median.sync(new Int32Array([2 ** 31 - 1, 2 ** 31 - 2]))).toBe(2 ** 31 - 1.5)
    expect(median.sync(new Uint32Array([2 ** 32 - 1, 2 ** 32 - 2]))).toBe(2 ** 32 - 1.5)
    expect(median.sync(new Float32Array([1, 1 + 2 ** -23]))).toBe(1 + 2 ** -24)
    expect(median.sync(new Uint8ClampedArray([255, 254]))).toBe(254.5)
    expect(median.sync(new Int8Array([-128, 127, -1]))).toBe(-1)
  })

  it('zeros keep their signs, the negative ones first', () => {
    for (const face of ['sync', 'js'] as const) {
      expect(median[face](new Float64Array([0, -0, 0]))).toBe(0)
      expect(median[face](new Float64Array([0, -0, -0]))).toBe(-0)
      expect(quantile[face](new Float64Array([0, -0, 3, -0]), [0, 0.6], { method: 'lower' })).toEqual(
        new Float64Array([-0, -0]),
      )
    }
  })
})

type Pattern = (i: number, n: number, next: () => number) => number
const PATTERNS: Record<string, Pattern> = {
  random: (_i, _n, next) => (next() - 0.5) * 2 ** 31,
  'all equal': () => 7,
  'two values, half each': (i) => (i * 7919) & 1,
  'three values': (_i, _n, next) => Math.floor(next() * 3),
  'a hundred values': (_i, _n, next) => Math.floor(next() * 100),
  sorted: (i) => i,
  reversed: (i, n) => n - i,
  'organ pipe': (i, n) => Math.min(i, n - i),
  'saw teeth': (i) => i % 1000,
  'nearly constant': (_i, _n, next) => (next() < 0.999 ? 0 : next() * 1000),
  'heavy tails': (_i, _n, next) => Math.tan(Math.PI * (next() - 0.5)) * 100,
  'runs of equal ones': (i) => Math.imul(Math.floor(i / 2000), 0x9e3779b1) >> 4,
}

describe('awkward data', () => {
  const Q = [0, 0.001, 0.3, 0.5, 0.50001, 0.999, 1]
  for (const [name, pattern] of Object.entries(PATTERNS)) {
    it(name, () => {
      for (const n of [3000, 40_001, 300_000]) {
        for (const Kind of [Float64Array, Float32Array, Int32Array, Int16Array]) {
          const next = random(n)
          const x = new Kind(n)
          for (let i = 0; i < n; i++) x[i] = pattern(i, n, next)
          const sorted = x.slice().sort()
          const ranks = Q.map((q) => Math.floor((n - 1) * q))
          const expected = Float64Array.from(ranks, (rank) => sorted[rank]!)
          expect(quantile.sync(x, Q, { method: 'lower' }), `${Kind.name} ${n}`).toEqual(expected)
          expect(median.sync(x)).toBe((sorted[(n - 1) >> 1]! + sorted[n >> 1]!) / 2)
        }
      }
    })
  }

  it('an array that shows every sample something else', () => {
    // The places that select-inl.h looks at in its first rounds, over and over: they hold the least numbers.
    const n = 100_000
    const next = random(3)
    const x = Float64Array.from({ length: n }, () => 1 + next())
    const clusters = 4096 / 8
    const part = Math.floor(n / clusters)
    const mask = (1n << 64n) - 1n
    for (let salt = 0; salt < 4; salt++) {
      for (let c = 0; c < clusters; c++) {
        const state = (BigInt(salt * clusters + c + 1) * 0x9e3779b97f4a7c15n) & mask
        let z = ((state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n) & mask
        z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask
        const at = c * part + Number(((z >> 32n) * BigInt(part - 7)) >> 32n)
        for (let i = 0; i < 8; i++) x[at + i] = -next()
      }
    }
    const sorted = x.slice().sort()
    for (const q of [0.2, 0.5, 0.9]) {
      expect(quantile.sync(x, q, { method: 'lower' })).toBe(sorted[Math.floor((n - 1) * q)])
    }
    expect(partition.sync(x, 77_777)[77_777]).toBe(sorted[77_777])
  })

  it('so many quantiles that one sweep does not do', () => {
    const next = random(9)
    const x = Float64Array.from({ length: 200_000 }, () => next() * next())
    const q = Float64Array.from({ length: 1001 }, (_, i) => i / 1000)
    expect(bits(quantile.sync(x, q))).toBe(bits(quantile.js(x, q)))
    const sorted = sort.js(x)
    expect(quantile.sync(x, q, { method: 'lower' })).toEqual(q.map((s) => sorted[Math.floor((x.length - 1) * s)]!))
  })

  it('bands that meet in a repeated value', () => {
    const q = Float64Array.from({ length: 101 }, (_, i) => i / 100)
    for (const kinds of [50, 500, 2000, 5000, 50_000]) {
      const next = random(kinds)
      const x = Int32Array.from({ length: 100_000 }, () => next() * kinds)
      const sorted = x.slice().sort()
      const expected = q.map((share) => sorted[Math.floor((x.length - 1) * share)]!)
      expect(quantile.sync(x, q, { method: 'lower' }), `${kinds} values`).toEqual(expected)
    }
  })

  it('NaNs are left out wherever they are, and however many', () => {
    for (const share of [0.00001, 0.01, 0.5, 0.999]) {
      const next = random(5)
      const x = Float64Array.from({ length: 100_000 }, (_, i) => (i === 77 || next() < share ? Number.NaN : next()))
      // A NaN with its sign set is one too.
      new Uint32Array(x.buffer)[2 * 77 + 1] = 0xfff80000
      const numbers = x.filter((value) => !Number.isNaN(value))
      expect(median.sync(x)).toBeNaN()
      expect(median.sync(x, { nan: 'omit' })).toBe(median.js(numbers))
      const q = [0.1, 0.9]
      expect(quantile.sync(x, q, { nan: 'omit' })).toEqual(quantile.sync(numbers, q))
    }
  })
})

/** The order of sort. */
function compare(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  if (a !== b) return a < b ? -1 : 1
  return a === 0 ? Math.sign(1 / a - 1 / b) || 0 : 0
}

/** The definition, word by word: between the wanted ones' values, all in their old order. */
function arranged(x: ArrayLike<number>, ranks: readonly number[]): number[] {
  const all = Array.from(x, (_, i) => i)
  const sorted = [...all].sort((i, j) => compare(x[i]!, x[j]!))
  const cuts = ranks.map((rank) => x[sorted[rank < 0 ? rank + x.length : rank]!]!).sort(compare)
  const bucket = (i: number) => cuts.reduce((sum, cut) => sum + Math.sign(compare(x[i]!, cut)), 0)
  return all
    .map((i) => [bucket(i), i] as const)
    .sort(([a, i], [b, j]) => a - b || i - j)
    .map(([, i]) => i)
}

describe('partition and argpartition', () => {
  const RANKS: (readonly number[])[] = [[0], [-1], [250], [125, -125], [3, 499, 3, 350, 1], [200, 201, 202]]
  for (const Kind of [Float64Array, Float32Array, Int32Array, Uint32Array]) {
    it(`${Kind.name}: the arrangement that is defined, element by element`, async () => {
      for (const [salt, kinds] of [2 ** 31, 30, 2, 1].entries()) {
        const next = random(salt)
        const plain = new Kind(503).map(() => Math.floor(next() * kinds))
        for (const x of [plain, spice(plain as Typed, 0.3, next) as typeof plain]) {
          for (const ranks of RANKS) {
            const kth = ranks.length === 1 ? ranks[0]! : ranks
            const indices = arranged(x, ranks)
            const elements = new Kind(indices.map((i) => x[i]!))
            expect(argpartition.sync(x, kth)).toEqual(new Uint32Array(indices))
            expect(argpartition.js(x, kth)).toEqual(new Uint32Array(indices))
            expect(await partition(x, kth)).toEqual(elements)
            expect(partition.js(x, kth)).toEqual(elements)
          }
        }
      }
    })
  }

  it('large: what is before is not greater, what is after not less, and nothing is lost', () => {
    const next = random(1)
    const x = Float64Array.from({ length: 200_000 }, () => Math.floor(next() * 50_000))
    const sorted = sort.js(x)
    for (const kth of [[100_000], [17, 199_999, 100_000], Int32Array.from({ length: 100 }, (_, i) => i * 1700)]) {
      const done = partition.sync(x, kth)
      const indices = argpartition.sync(x, kth)
      let from = 0
      for (const k of [...Array.from(kth).sort((a, b) => a - b), x.length - 1]) {
        expect(bits(sort.sync(done.subarray(from, k + 1)))).toBe(bits(sorted.subarray(from, k + 1)))
        from = k + 1
      }
      for (const k of kth) expect(done[k]).toBe(sorted[k])
      expect(bits(Float64Array.from(indices, (i) => x[i]!))).toBe(bits(done))
      expect(bits(done)).toBe(bits(partition.js(x, kth)))
    }
  })

  it('in place, and into an array', async () => {
    for (const n of [1, 999, 100_000]) {
      const next = random(n)
      const x = Float32Array.from({ length: n }, () => next())
      const expected = bits(partition.js(x, n >> 1))
      const out = new Float32Array(n)
      expect(await partition(x, n >> 1, { out })).toBe(out)
      expect(bits(out)).toBe(expected)
      const own = x.slice()
      expect(bits(partition.js(own, n >> 1, { out: own }))).toBe(expected)
      expect(partition.sync(x, n >> 1, { out: x })).toBe(x)
      expect(bits(x)).toBe(expected)
    }
  })
})

describe('what is refused', () => {
  const x = new Float64Array(10)
  const refused = (run: () => unknown, code: string, text: string | RegExp) => {
    expect(run).toThrow(expect.objectContaining({ code }))
    expect(run).toThrow(text)
  }

  it('ranks', () => {
    for (const kernel of [partition, argpartition]) {
      refused(() => kernel.sync(x, 10), 'ERR_OFFLOOP_ARG_VALUE', 'a whole number from -10 to 9 for `kth`')
      refused(() => kernel.sync(x, [0, -11]), 'ERR_OFFLOOP_ARG_VALUE', '`kth[1]`')
      refused(() => kernel.sync(x, 0.5), 'ERR_OFFLOOP_ARG_VALUE', '`kth`')
      refused(() => kernel.sync(x, '1' as never), 'ERR_OFFLOOP_ARG_TYPE', '`kth`')
      refused(() => kernel.sync(x, []), 'ERR_OFFLOOP_SHAPE', 'from 1 to 256 different ranks')
      refused(() => kernel.sync(new Float64Array(0), 0), 'ERR_OFFLOOP_SHAPE', 'at least one element')
      const many = Array.from({ length: 257 }, (_, i) => i)
      refused(() => kernel.sync(new Float64Array(1000), many), 'ERR_OFFLOOP_SHAPE', 'received 257')
      refused(() => kernel.sync(new Int16Array(3) as never, 0), 'ERR_OFFLOOP_ARG_TYPE', '`x`')
    }
    refused(() => partition.sync(x, 1, { out: x.subarray(0, 9) }), 'ERR_OFFLOOP_SHAPE', '`out`')
  })

  it('quantiles, methods and NaN policies', () => {
    refused(() => quantile.sync(x, 1.01), 'ERR_OFFLOOP_ARG_VALUE', 'a number from 0 to 1 for `q`')
    refused(() => quantile.sync(x, [0.5, Number.NaN]), 'ERR_OFFLOOP_ARG_VALUE', '`q[1]`')
    refused(() => quantile.sync(x, ['0.5'] as never), 'ERR_OFFLOOP_ARG_TYPE', '`q[0]`')
    refused(() => quantile.sync(x, undefined as never), 'ERR_OFFLOOP_ARG_TYPE', '`q`')
    refused(() => quantile.sync(x, 0.5, { method: 'spline' as never }), 'ERR_OFFLOOP_ARG_VALUE', "'midpoint'")
    refused(() => median.sync(x, { nan: 'ignore' as never }), 'ERR_OFFLOOP_ARG_VALUE', "one of 'propagate', 'omit'")
    refused(() => median.sync(new BigInt64Array(3) as never), 'ERR_OFFLOOP_ARG_TYPE', '`x`')
  })
})
