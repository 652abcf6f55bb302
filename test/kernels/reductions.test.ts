/** What is special to reductions: accuracy, axes, NaN left out, states and streams. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { countNonzero, dot, matrix, mean, moments, norm, std, sum, variance } from '../../dist/index.js'
import { type AnyKernel, bits, random, type Typed } from '../support.js'

interface Exact {
  mean: number
  variance: number
  std: number
  sample: number
  skewness: number
  kurtosis: number
  norm1: number
  norm2: number
  normInf: number
  dot: number
  absoluteDot: number
  numpy: { variance: number; skewness: number; kurtosis: number }
}
const oracle = JSON.parse(readFileSync(new URL('./reductions.oracle.json', import.meta.url), 'utf8')) as Record<
  string,
  Exact
>

// As in reductions.oracle.py: correctly rounded operations only.
const SERIES: Record<string, (i: number) => number> = {
  uniform: (i) => ((i * 7919) % 10007) / 10007,
  'far from 0': (i) => 1e9 + ((i * 7919) % 10007) / 10007,
  skewed: (i) => 1 / (1 + (i % 97)),
  'heavy tails': (i) => 1e6 / ((i % 1009) - 504.5),
  integers: (i) => ((i * 7919) % 1000) - 300,
}
const series = (name: string, n: number): Float64Array =>
  new Float64Array(n).map((_, i) => (SERIES[name] as (i: number) => number)(i))

const close = (value: number, expected: number, relative: number, what: string): void =>
  expect(Math.abs(value - expected), `${what}: ${value} for ${expected}`).toBeLessThanOrEqual(
    relative * Math.abs(expected),
  )

const U = 2 ** -53
const infinity = Number.POSITIVE_INFINITY
const REDUCTIONS: [name: string, kernel: AnyKernel, options: object][] = [
  ['sum', sum as AnyKernel, {}],
  ['mean', mean as AnyKernel, {}],
  ['variance', variance as AnyKernel, { ddof: 1 }],
  ['std', std as AnyKernel, {}],
  ['norm', norm as AnyKernel, {}],
  ['norm 1', norm as AnyKernel, { ord: 1 }],
  ['norm inf', norm as AnyKernel, { ord: infinity }],
]

describe('accuracy', () => {
  it.each(Object.entries(oracle))('%s elements', (key, exact) => {
    const [name, length] = key.split(/, (?=\d+$)/) as [string, string]
    const x = series(name, Number(length))
    const y = x.slice().reverse()
    for (const face of ['sync', 'js'] as const) {
      close(mean[face](x), exact.mean, 1e-14, 'mean')
      const kinds: [string, number, number, number?][] = [
        ['variance', variance[face](x), exact.variance, exact.numpy.variance],
        ['sample', variance[face](x, { ddof: 1 }), exact.sample],
        ['std', std[face](x), exact.std],
      ]
      const all = moments[face](x)
      kinds.push(['moments.variance', all.variance, exact.variance])
      for (const [what, value, expected, numpy] of kinds) {
        close(value, expected, 1e-13, what)
        if (numpy !== undefined)
          expect(Math.abs(value - expected)).toBeLessThanOrEqual(Math.abs(numpy - expected) * 2 + 8 * U * expected)
      }
      const scale = (value: number) => Math.max(1, Math.abs(value))
      expect(Math.abs(all.skewness - exact.skewness)).toBeLessThanOrEqual(1e-12 * scale(exact.skewness))
      expect(Math.abs(all.kurtosis - exact.kurtosis)).toBeLessThanOrEqual(1e-12 * scale(exact.kurtosis))
      // SciPy takes its deviations from the rounded mean, which is the wrong one far from 0.
      const scipy = name.startsWith('far') ? 1e-5 : 1e-11
      expect(Math.abs(all.skewness - exact.numpy.skewness)).toBeLessThanOrEqual(scipy * scale(exact.skewness))
      expect(Math.abs(all.kurtosis - exact.numpy.kurtosis)).toBeLessThanOrEqual(scipy * scale(exact.kurtosis))
      expect([all.count, all.min, all.max]).toEqual([x.length, Math.min(...x), Math.max(...x)])
      close(norm[face](x), exact.norm2, 1e-14, 'norm')
      close(norm[face](x, { ord: 1 }), exact.norm1, 1e-14, 'norm 1')
      expect(norm[face](x, { ord: infinity })).toBe(exact.normInf)
      const bound = (17 + Math.log2(Math.max(1, x.length / 16)) + 1) * U * exact.absoluteDot
      expect(Math.abs(dot[face](x, y) - exact.dot)).toBeLessThanOrEqual(bound)
    }
  })

  it('the variance of equal elements is exactly 0, wherever they are', () => {
    for (const value of [0.1, -1e100, 1e-300, 123456789.123]) {
      for (const n of [1, 7, 1024, 1025, 70_000]) {
        const x = new Float64Array(n).fill(value)
        expect(variance.sync(x), `${n} of ${value}`).toBe(0)
        expect(moments.js(x)).toMatchObject({ count: n, mean: value, variance: 0, min: value, max: value })
      }
    }
  })

  it('the Euclidean norm neither overflows nor underflows', () => {
    const cases: [number[], number][] = [
      [[3e300, 4e300], 5e300],
      [[3e-300, -4e-300], 5e-300],
      [[3 * 2 ** -1074, 4 * 2 ** -1074], 5 * 2 ** -1074],
      [[Number.MAX_VALUE], Number.MAX_VALUE],
      [[1e300, 1e-300, 1], 1e300],
      [[0, -0], 0],
      [[], 0],
      [[1, Number.NEGATIVE_INFINITY], infinity],
      [[Number.NaN, infinity], Number.NaN],
    ]
    for (const [values, expected] of cases) {
      for (const face of ['sync', 'js'] as const) {
        const value = norm[face](new Float64Array(values))
        if (Number.isFinite(expected)) close(value, expected, 4 * U, `${values}`)
        else expect(value, `${values}`).toBe(expected)
      }
    }
    // Units of all three kinds, one after another.
    const x = new Float64Array(5000).fill(1e-200)
    close(norm.sync(x), 1e-200 * Math.sqrt(5000), 1e-14, 'small')
    x.fill(2 ** -460, 2048, 4096) // squares of 2^-920: the sum is just large enough or just not
    x.fill(1e-130, 4096)
    close(norm.sync(x), Math.sqrt(904 * 1e-260 + 0), 1e-14, 'mixed')
    x.fill(1e200, 1024, 2048)
    close(norm.sync(x), 1e200 * 32, 1e-14, 'large')
    expect(norm.js(x)).toBe(norm.sync(x))
  })

  it('dot is exact on small integers of every type, and rounds products of large ones', () => {
    for (const Kind of [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array]) {
      const next = random(Kind.BYTES_PER_ELEMENT)
      const a = new Kind(40_000).map(() => next() * 300 - 100)
      const b = new Kind(40_000).map(() => next() * 300 - 100)
      let expected = 0
      for (let i = 0; i < a.length; i++) expected += (a[i] as number) * (b[i] as number)
      expect(dot.sync(a, b), Kind.name).toBe(expected)
      expect(dot.js(a, b), Kind.name).toBe(expected)
    }
    expect(dot.sync(new Uint32Array([2 ** 32 - 1]), new Uint32Array([2 ** 32 - 1]))).toBe((2 ** 32 - 1) ** 2)
    expect(dot.sync(new Float32Array([2 ** 100, 1]), new Float32Array([2 ** 100, 1]))).toBe(2 ** 200)
  })

  it('countNonzero counts every kind of number', () => {
    const values = [0, 1, 0, -1, 127, 0, 64]
    for (const Kind of [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array]) {
      for (const n of [0, 1, 7, 20_000, 70_001]) {
        const x = new Kind(n).map((_, i) => values[i % 7]!)
        let expected = 0
        for (const value of x) if (value !== 0) expected++
        expect(countNonzero.sync(x), Kind.name).toBe(expected)
      }
    }
    for (const Kind of [Float32Array, Float64Array]) {
      expect(countNonzero.sync(new Kind([0, -0, Number.NaN, 2 ** -149, infinity]))).toBe(3)
    }
    expect(countNonzero.sync(new BigInt64Array([0n, -1n, 2n ** 62n]))).toBe(2)
    expect(countNonzero.sync(new BigUint64Array(40_000).fill(2n ** 63n))).toBe(40_000)
  })
})

type Layout = { rows: number; cols: number; strides: [number, number]; offset: number }
const LAYOUTS: Layout[] = [
  { rows: 20_000, cols: 3, strides: [3, 1], offset: 0 },
  { rows: 3, cols: 20_000, strides: [20_000, 1], offset: 0 },
  { rows: 50, cols: 37, strides: [40, 1], offset: 5 },
  { rows: 37, cols: 50, strides: [1, 37], offset: 0 },
  { rows: 1100, cols: 9, strides: [-18, 2], offset: 1099 * 18 },
  { rows: 17_000, cols: 1, strides: [1, 1], offset: 0 },
  { rows: 4, cols: 5, strides: [0, 1], offset: 2 },
  { rows: 0, cols: 4, strides: [4, 1], offset: 0 },
  { rows: 4, cols: 0, strides: [0, 1], offset: 0 },
]

function fill(Kind: new (n: number) => Typed, length: number, next: () => number): Typed {
  const data = new Kind(length) as Float64Array
  for (let i = 0; i < length; i++) data[i] = (next() - 0.5) * 200
  return data as Typed
}

describe('along an axis', () => {
  it('gives each row and column the bits that it has as an array of its own', async () => {
    const next = random(20)
    for (const Kind of [Float64Array, Float32Array, Int8Array, Uint8Array, Uint16Array, Int32Array]) {
      for (const { rows, cols, strides, offset } of Kind === Float64Array ? LAYOUTS : LAYOUTS.slice(2, 4)) {
        const reach = offset + Math.max(0, (rows - 1) * strides[0]) + Math.max(0, (cols - 1) * strides[1]) + 1
        const data = fill(Kind as unknown as new (n: number) => Typed, reach, next) as Float64Array
        if (Kind === Float64Array) for (let i = 0; i < reach; i += 501) data[i] = Number.NaN
        const m = { data, shape: [rows, cols], strides, offset }
        const line = (count: number, at: (i: number) => number) =>
          new (Kind as unknown as typeof Float64Array)(count).map((_, i) => data[offset + at(i)] as number)
        for (const [name, kernel, options] of REDUCTIONS) {
          for (const nan of Kind === Float64Array ? (['propagate', 'omit'] as const) : ([undefined] as const)) {
            const own = nan === undefined ? options : { ...options, nan }
            const what = `${name} ${Kind.name} ${rows} × ${cols} ${nan}`
            const columns = Float64Array.from({ length: cols }, (_, j) =>
              kernel.sync(
                line(rows, (i) => i * strides[0] + j * strides[1]),
                own,
              ),
            )
            const lines = Float64Array.from({ length: rows }, (_, i) =>
              rows > 5000
                ? 0
                : kernel.sync(
                    line(cols, (j) => i * strides[0] + j * strides[1]),
                    own,
                  ),
            )
            expect(bits(kernel.sync(m, { ...own, axis: 0 })), what).toBe(bits(columns))
            expect(bits(kernel.js(m, { ...own, axis: 0 })), `${what} js`).toBe(bits(columns))
            if (rows <= 1000) {
              expect(bits(kernel.sync(m, { ...own, axis: 1 })), what).toBe(bits(lines))
              expect(bits(kernel.js(m, { ...own, axis: 1 })), `${what} js`).toBe(bits(lines))
            }
            const flat = line(rows * cols, (k) => Math.floor(k / cols) * strides[0] + (k % cols) * strides[1])
            const whole = bits(kernel.sync(flat, own))
            expect(bits(kernel.sync(m, own)), `${what} whole`).toBe(whole)
            expect(bits(kernel.js(m, own)), `${what} whole js`).toBe(whole)
          }
        }
      }
    }
    const m = matrix(new Float64Array([1, 0, 3, 0, 0, 6]), 2, 3)
    expect(countNonzero.sync(m, { axis: 0 })).toEqual(new Float64Array([1, 0, 2]))
    expect(await countNonzero(m, { axis: 1 })).toEqual(new Float64Array([2, 1]))
    expect(countNonzero.js(m)).toBe(3)
    expect(moments.sync(m)).toEqual(moments.js(m.data))
  })

  it('writes into `out`, and refuses one that does not fit', async () => {
    const m = matrix(new Float64Array(12).fill(2), 3, 4)
    const out = new Float64Array(4)
    expect(await mean(m, { axis: 0, out })).toBe(out)
    expect(out).toEqual(new Float64Array(4).fill(2))
    expect(() => mean.sync(m, { axis: 1, out })).toThrow(/Expected 3 elements for `out`/)
    expect(() => mean.sync(m, { axis: 0, out: m.data.subarray(0, 4) })).toThrow(/apart from the input/)
    expect(() => mean.sync(m, { axis: 0, out: new Float32Array(4) as never })).toThrow(/Float64Array for `out`/)
    expect(() => mean.sync(m, { out } as never)).toThrow(/none without `axis`/)
  })
})

describe('NaN', () => {
  it('is left out where asked, and all the result is where not', () => {
    const next = random(21)
    for (const n of [1, 5, 700, 1024]) {
      const x = new Float64Array(n).map(() => (next() < 0.3 ? Number.NaN : next() - 0.5))
      const rest = x.filter((value) => !Number.isNaN(value))
      for (const [name, kernel, options] of REDUCTIONS) {
        // Within one unit what is left is what would have been given.
        const omitted = bits(kernel.sync(x, { ...options, nan: 'omit' }))
        expect(omitted, name).toBe(bits(kernel.sync(rest, options)))
        expect(bits(kernel.js(x, { ...options, nan: 'omit' })), name).toBe(omitted)
        if (rest.length < n) expect(kernel.sync(x, options), name).toBeNaN()
      }
      expect(moments.sync(x, { nan: 'omit' })).toEqual(moments.sync(rest))
    }
    const long = new Float64Array(70_000).map((_, i) => (i % 3 === 0 ? Number.NaN : i))
    const rest = long.filter((value) => !Number.isNaN(value))
    for (const [name, kernel, options] of REDUCTIONS)
      close(kernel.sync(long, { ...options, nan: 'omit' }), kernel.sync(rest, options), 1e-13, name)
    expect(moments.sync(long, { nan: 'omit' }).count).toBe(rest.length)
  })

  it('of nothing but NaN, or of nothing: what NumPy gives', () => {
    for (const x of [new Float64Array(0), new Float64Array(2000).fill(Number.NaN)]) {
      expect(sum.sync(x, { nan: 'omit' })).toBe(0)
      for (const kernel of [mean, variance, std]) expect(kernel.sync(x, { nan: 'omit' })).toBeNaN()
      const { count, ...others } = moments.sync(x, { nan: 'omit' })
      expect(count).toBe(0)
      for (const value of Object.values(others)) expect(value).toBeNaN()
    }
    expect(variance.sync(new Float64Array([7]))).toBe(0)
    expect(variance.sync(new Float64Array([7]), { ddof: 1 })).toBeNaN()
    expect(variance.sync(new Float64Array([7, 8]), { ddof: 2 })).toBe(infinity)
    expect(mean.sync(new Float64Array([infinity, 1]))).toBe(infinity)
    expect(moments.sync(new Float64Array([infinity, 1]))).toMatchObject({ mean: infinity, min: 1, max: infinity })
    expect(moments.sync(new Float64Array([1, Number.NaN, 3])).max).toBeNaN()
    expect(Object.is(moments.sync(new Float64Array([-0])).min, 0)).toBe(true)
  })
})

/** Cuts of [0, n): few or many, also empty pieces and whole blocks. */
function cuts(n: number, next: () => number): number[] {
  const count = Math.floor(next() ** 2 * 30)
  const at = Array.from({ length: count }, () =>
    next() < 0.3 ? Math.floor((next() * n) / 16384) * 16384 : Math.floor(next() * (n + 1)),
  )
  return [0, ...at.sort((a, b) => a - b), n]
}

const ALL: [name: string, kernel: AnyKernel, options: object][] = [
  ...REDUCTIONS,
  ['moments', moments as AnyKernel, { ddof: 1 }],
  ['countNonzero', countNonzero as AnyKernel, {}],
]
type Stated = {
  state(options?: object): {
    push(...chunk: Typed[]): unknown
    merge(other: unknown): unknown
    value(): unknown
    count: number
    start: number
    snapshot(): unknown
  }
  stream(chunks: unknown, options?: object): Promise<unknown>
}
const stated = (kernel: AnyKernel): Stated => kernel as unknown as Stated

describe('states', () => {
  it.each(ALL)('of %s have the bits of one call, however the elements come', async (_, kernel, options) => {
    const next = random(22)
    for (const [Kind, n] of [
      [Float64Array, 150_000],
      [Float64Array, 40_000],
      [Float32Array, 70_000],
      [Int16Array, 50_000],
      [Float64Array, 0],
    ] as const) {
      const x = fill(Kind as unknown as new (n: number) => Typed, n, next)
      const expected = bits(kernel.js(x, options))
      for (let round = 0; round < 3; round++) {
        const at = cuts(n, next)
        const pieces = at.slice(1).map((end, i) => x.subarray(at[i], end) as Typed)
        const state = stated(kernel).state(options)
        for (const piece of pieces) state.push(piece)
        expect(bits(state.value())).toBe(expected)
        expect(bits(state.value()), 'again').toBe(expected)
        expect(state.count).toBe(n)
        // One state a piece, sent through structuredClone, merged from the left, and from the right.
        const parts = pieces.map((piece, i) => {
          const part = stated(kernel).state({ ...options, start: at[i] })
          part.push(piece)
          return stated(kernel).state({ snapshot: structuredClone(part.snapshot()) })
        })
        const left = stated(kernel).state(options)
        for (const part of parts) left.merge(part)
        expect(bits(left.value()), 'merged').toBe(expected)
        for (let i = parts.length - 2; i >= 0; i--) parts[i]!.merge(parts[i + 1])
        expect(bits(parts[0]!.value()), 'merged from the right').toBe(expected)
        if (round > 0) continue
        const slowly = (async function* () {
          for (const piece of pieces) yield piece
        })()
        expect(bits(await stated(kernel).stream(slowly, options)), 'stream').toBe(expected)
        expect(bits(await stated(kernel).stream(pieces, options)), 'stream of an array').toBe(expected)
      }
    }
  })

  it('leave NaN out as one call does', () => {
    const next = random(23)
    const x = new Float64Array(60_000).map(() => (next() < 0.1 ? Number.NaN : next()))
    for (const [name, kernel, options] of [...REDUCTIONS, ALL.find(([name]) => name === 'moments')!]) {
      const state = stated(kernel).state({ ...options, nan: 'omit' })
      const at = cuts(x.length, next)
      for (let i = 1; i < at.length; i++) state.push(x.subarray(at[i - 1], at[i]))
      expect(bits(state.value()), name).toBe(bits(kernel.js(x, { ...options, nan: 'omit' })))
    }
  })

  it('of BigInts are exact', async () => {
    const x = new BigInt64Array(50_000).fill(2n ** 62n)
    const state = sum.state<BigInt64Array>()
    for (let at = 0; at < x.length; at += 7000) state.push(x.subarray(at, at + 7000))
    expect(state.value()).toBe(2n ** 62n * 50_000n)
    expect(await sum.stream([x.subarray(0, 20_001), x.subarray(20_001)])).toBe(2n ** 62n * 50_000n)
    const later = sum.state<BigInt64Array>({ start: 50_000 }).push(x.subarray(0, 5))
    expect(state.merge(later).value()).toBe(2n ** 62n * 50_005n)
  })

  it('of dot take pairs', async () => {
    const next = random(24)
    const a = new Float64Array(100_000).map(next)
    const b = new Float64Array(100_000).map(next)
    const expected = dot.js(a, b)
    const state = dot.state()
    const at = cuts(a.length, next)
    const pairs = at.slice(1).map((end, i) => [a.subarray(at[i], end), b.subarray(at[i], end)] as const)
    for (const [p, q] of pairs) state.push(p, q)
    expect(state.value()).toBe(expected)
    expect(await dot.stream(pairs)).toBe(expected)
    const half = dot.state({ start: 100_000 }).push(a, b)
    const copy = dot.state({ snapshot: structuredClone(half.snapshot()) })
    const both = new Float64Array(200_000)
    const other = new Float64Array(200_000)
    both.set(a)
    both.set(a, 100_000)
    other.set(b)
    other.set(b, 100_000)
    expect(state.merge(copy).value()).toBe(dot.sync(both, other))
    expect(() => state.push(a, b.subarray(1))).toThrow(/100000 elements, as `a` has, for `b`/)
    await expect(dot.stream([a] as never)).rejects.toThrow(/an array of 2 TypedArrays for `chunk`/)
  })

  it('say what is wrong', () => {
    const state = sum.state().push(new Float64Array(10))
    expect(() => state.push(new Float32Array(3))).toThrow(/Expected a Float64Array for `chunk`/)
    expect(() => state.push([1] as never)).toThrow(/for `chunk` but received an array of 1/)
    expect(() => state.merge(sum.state({ start: 11 }))).toThrow(/state\(\{ start: 10 \}\)/)
    expect(() => state.merge(mean.state({ start: 10 }))).toThrow(/a state of sum/)
    expect(() => state.merge(sum.state({ start: 10, nan: 'omit' }))).toThrow(/`nan`/)
    expect(() => state.merge(sum.state({ start: 10 }).push(new Float32Array(1)))).toThrow(/Float64Array/)
    expect(() => sum.state({ start: -1 })).toThrow(/`start`/)
    expect(() => sum.state({ nan: 'skip' as never })).toThrow(/'propagate', 'omit' for `nan`/)
    expect(() => sum.state({ ddof: 1 } as never)).toThrow(/ERR|Expected only/)
    expect(() => mean.state({ snapshot: state.snapshot() })).toThrow(/state of mean/)
    expect(() => sum.state({ snapshot: {} as never })).toThrow(/`snapshot`/)
    expect(state.value()).toBe(0)
    expect(state.count).toBe(10)
  })
})

describe('streams', () => {
  it('stop at an abort, also while the source is silent, and close it', async () => {
    const controller = new AbortController()
    let closed = false
    const silent = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => {}),
        return: () => {
          closed = true
          return Promise.resolve({ done: true as const, value: undefined })
        },
      }),
    }
    const reason = new Error('enough')
    const promise = sum.stream(silent, { signal: controller.signal })
    controller.abort(reason)
    await expect(promise).rejects.toBe(reason)
    expect(closed).toBe(true)
    await expect(sum.stream([new Float64Array(1)], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  it('pass on what the source throws, and refuse what is no chunk', async () => {
    const broken = (function* () {
      yield new Float64Array(3)
      throw new Error('disk')
    })()
    await expect(mean.stream(broken)).rejects.toThrow('disk')
    await expect(mean.stream([[1, 2]] as never)).rejects.toThrow(/for `chunk` but received an array/)
    await expect(mean.stream(new Float64Array(3) as never)).rejects.toThrow(/iterable of TypedArrays/)
    await expect(mean.stream(5 as never)).rejects.toThrow(/iterable of TypedArrays/)
  })
})

describe('arguments', () => {
  it('are refused with a code and the name', () => {
    const x = new Float64Array(3)
    const m = matrix(new Float64Array(4), 2, 2)
    const code = (run: () => unknown): unknown => {
      try {
        run()
      } catch (error) {
        return (error as { code?: string }).code
      }
      return undefined
    }
    expect(code(() => mean.sync([1, 2] as never))).toBe('ERR_OFFLOOP_ARG_TYPE')
    expect(code(() => mean.sync(x as never, { axis: 0 } as never))).toBe('ERR_OFFLOOP_ARG_TYPE')
    expect(code(() => mean.sync(m, { axis: 2 as never }))).toBe('ERR_OFFLOOP_ARG_VALUE')
    expect(code(() => mean.sync(new BigInt64Array(2) as never))).toBe('ERR_OFFLOOP_ARG_TYPE')
    expect(code(() => variance.sync(x, { ddof: -1 }))).toBe('ERR_OFFLOOP_ARG_VALUE')
    expect(code(() => variance.sync(x, { ddof: Number.NaN }))).toBe('ERR_OFFLOOP_ARG_VALUE')
    expect(code(() => variance.sync(x, { ddof: '1' as never }))).toBe('ERR_OFFLOOP_ARG_TYPE')
    expect(code(() => norm.sync(x, { ord: 3 as never }))).toBe('ERR_OFFLOOP_ARG_VALUE')
    expect(code(() => norm.sync(x, { ord: 'fro' as never }))).toBe('ERR_OFFLOOP_ARG_TYPE')
    expect(code(() => dot.sync(x, new Float64Array(4)))).toBe('ERR_OFFLOOP_SHAPE')
    expect(code(() => dot.sync(x, new Float32Array(3) as never))).toBe('ERR_OFFLOOP_ARG_TYPE')
    expect(code(() => countNonzero.sync(x, { nan: 'omit' } as never))).toBe('ERR_OFFLOOP_OPTION')
    expect(code(() => moments.sync(m, { axis: 0 } as never))).toBe('ERR_OFFLOOP_OPTION')
    expect(code(() => moments.sync({ data: m.data, shape: [2, 2], strides: [1, 2] } as never))).toBe(
      'ERR_OFFLOOP_SHAPE',
    )
    expect(code(() => sum.sync({ data: new BigInt64Array(4), shape: [2, 2] } as never, { axis: 0 }))).toBe(
      'ERR_OFFLOOP_ARG_TYPE',
    )
  })
})
