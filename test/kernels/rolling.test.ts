/** What is special to rolling: NumPy's windows, accuracy, what NaN and infinities reach, windows of every length, errors. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type RollingFunction, rolling } from '../../dist/index.js'
import { bits, random } from '../support.js'

interface Row {
  name: string
  window: number
  at: number[]
  absolute: number[]
  sum: number[]
  min: number[]
  max: number[]
  std: number[]
}
const oracle = JSON.parse(readFileSync(new URL('./rolling.oracle.json', import.meta.url), 'utf8')) as {
  n: number
  rows: Row[]
}
const N = oracle.n
const ALL = ['sum', 'mean', 'min', 'max', 'std'] as const
const functions: Readonly<Record<(typeof ALL)[number], RollingFunction>> = rolling

// As in rolling.oracle.py.
let state = 1
const noise = new Float64Array(N).map(() => (state = (state * 48271) % 2147483647) / 2147483647 - 0.5)
let walk = 0
const SERIES: Record<string, Float64Array> = {
  noise,
  offset: noise.map((v) => 1e9 + v),
  walk: noise.map((v) => (walk += v)),
  cliff: noise.map((v, i) => v + (i < 5000 ? 0 : 1e6)),
}

const U = 2 ** -53

describe('rolling', () => {
  it('gives the results of NumPy in long doubles', () => {
    for (const { name, window, at, absolute, ...row } of oracle.rows) {
      const x = SERIES[name]!
      const [sum, mean, min, max] = [rolling.sum, rolling.mean, rolling.min, rolling.max].map((of) =>
        of.sync(x, { window }),
      ) as [Float64Array, Float64Array, Float64Array, Float64Array]
      expect(sum.length).toBe(N - window + 1)
      const bound = (128 + window / 32 + 1) * U
      at.forEach((i, k) => {
        const where = `${name}, window ${window}, at ${i}`
        expect(Math.abs(sum[i]! - row.sum[k]!), where).toBeLessThanOrEqual(bound * absolute[k]!)
        expect(Math.abs(mean[i]! - row.sum[k]! / window), where).toBeLessThanOrEqual((bound * absolute[k]!) / window)
        expect(min[i], where).toBe(row.min[k])
        expect(max[i], where).toBe(row.max[k])
      })
    }
  })

  it('has standard deviations to 12 digits, also of small spreads on a large offset', () => {
    let worst = 0
    for (const { name, window, at, std: expected } of oracle.rows) {
      const std = rolling.std.sync(SERIES[name]!, { window })
      at.forEach((i, k) => {
        if (window === 1) expect(std[i]).toBe(0)
        // After the cliff x - x[0] is 1e6 times the spread.
        else worst = Math.max(worst, Math.abs(std[i]! / expected[k]! - 1) / (name === 'cliff' ? 1e3 : 1))
      })
    }
    expect(worst).toBeLessThan(1e-12)
    for (const value of [0.1, 1e9 + 0.1, -1e-300, 1e300]) {
      for (const window of [17, 100, 9000]) {
        const x = new Float64Array(10_000).fill(value)
        x[0] = 3
        const std = rolling.std.sync(x, { window })
        for (let i = 1; i < std.length; i++) if (std[i] !== 0) expect(std[i], `${value}`).toBe(0)
      }
    }
  })

  it('is the plain loop for every window of a short array', () => {
    const next = random(1)
    const x = new Float64Array(260).map(() => Math.floor(next() * 2 ** 20)) // sums are exact
    for (let window = 1; window <= 260; window++) {
      const sum = rolling.sum.sync(x, { window })
      const max = rolling.max.sync(x, { window })
      const min = rolling.min.sync(x, { window })
      let failures = 0
      for (let i = 0; i < sum.length; i++) {
        const part = x.subarray(i, i + window)
        if (sum[i] !== part.reduce((a, b) => a + b)) failures++
        if (max[i] !== part.reduce((a, b) => Math.max(a, b))) failures++
        if (min[i] !== part.reduce((a, b) => Math.min(a, b))) failures++
      }
      expect(failures, `window ${window}`).toBe(0)
      expect(bits(rolling.std.sync(x, { window }))).toBe(bits(rolling.std.js(x, { window })))
    }
  })

  it('agrees with its twin for windows around its boundaries, on any threads', async () => {
    const next = random(2)
    const x = new Float64Array(20_000).map(() => next() - 0.5)
    for (const of of ALL) {
      for (const window of [8191, 8192, 8255, 8256, 8257, 13_000, 20_000]) {
        const expected = bits(functions[of].js(x, { window }))
        expect(bits(functions[of].sync(x, { window })), `${of}, ${window}`).toBe(expected)
        expect(bits(await functions[of](x, { window, threads: 3 })), `${of}, ${window}`).toBe(expected)
      }
    }
  })

  it('lets NaN and infinity reach the windows that hold them, and no others', () => {
    const size = 12_000
    for (const window of [3, 50, 64, 200, 9000]) {
      for (const special of [Number.NaN, Infinity, -Infinity]) {
        for (const place of [7, 10_000, size - 1]) {
          const x = new Float64Array(size).map((_, i) => i % 10)
          x[place] = special
          const holds = (i: number) => i <= place && place < i + window
          const expected = {
            sum: special,
            mean: special,
            min: special === Infinity ? undefined : special,
            max: special === -Infinity ? undefined : special,
            std: Number.NaN,
          }
          for (const of of ALL) {
            const result = functions[of].sync(x, { window })
            let failures = 0
            for (let i = 0; i < result.length; i++) {
              const wanted = holds(i) ? expected[of] : undefined
              if (wanted === undefined ? !Number.isFinite(result[i]) : !Object.is(result[i], wanted)) failures++
            }
            expect(failures, `${of}, window ${window}, ${special} at ${place}`).toBe(0)
          }
        }
      }
    }
    expect([...rolling.sum.sync(new Float64Array([Infinity, -Infinity, 1, 2]), { window: 2 })]).toEqual([
      Number.NaN,
      -Infinity,
      3,
    ])
  })

  it('keeps the signs of zeros', () => {
    const zeros = (n: number) => new Float64Array(n).fill(-0)
    for (const window of [2, 20, 100]) {
      expect(Object.is(rolling.sum.sync(zeros(200), { window })[5], -0)).toBe(true)
      const mixed = zeros(200)
      mixed[100] = 0
      expect(Object.is(rolling.max.sync(mixed, { window })[101 - window], 0)).toBe(true)
      expect(Object.is(rolling.max.sync(mixed, { window })[101], window > 99 ? undefined : -0)).toBe(true)
      expect(Object.is(rolling.min.sync(mixed, { window })[101 - window], -0)).toBe(true)
    }
  })

  it('takes f32 and integers, computed in f64, and a ddof', async () => {
    const integers = Int32Array.from({ length: 1000 }, (_, i) => (i % 2 ? -(2 ** 31) : 2 ** 31 - 1))
    const sums = rolling.sum.sync(integers, { window: 100 })
    expect(sums).toBeInstanceOf(Float64Array)
    expect(sums[0]).toBe(-50)
    expect(rolling.max.sync(new Uint32Array(50).fill(2 ** 32 - 1), { window: 20 })[0]).toBe(2 ** 32 - 1)
    const singles = new Float32Array(noise)
    const means = await rolling.mean(singles, { window: 100 })
    expect(means).toBeInstanceOf(Float32Array)
    expect(bits(means)).toBe(bits(new Float32Array(rolling.mean.sync(new Float64Array(singles), { window: 100 }))))
    for (const window of [5, 50]) {
      const [std, sample] = [0, 1].map((ddof) => rolling.std.sync(noise, { window, ddof })[7]!)
      expect(sample! / std!).toBeCloseTo(Math.sqrt(window / (window - 1)), 14)
    }
  })

  it('refuses what it cannot take', () => {
    const x = new Float64Array(10)
    const refuses = (run: () => unknown, code: string) => expect(run).toThrow(expect.objectContaining({ code }))
    // @ts-expect-error: the window is missing
    refuses(() => rolling.mean.sync(x, {}), 'ERR_OFFLOOP_ARG_TYPE')
    refuses(() => rolling.mean.sync(x, { window: 0 }), 'ERR_OFFLOOP_ARG_VALUE')
    refuses(() => rolling.mean.sync(x, { window: 2.5 }), 'ERR_OFFLOOP_ARG_VALUE')
    refuses(() => rolling.mean.sync(x, { window: 11 }), 'ERR_OFFLOOP_SHAPE')
    refuses(() => rolling.mean.sync(new Float64Array(0), { window: 1 }), 'ERR_OFFLOOP_SHAPE')
    refuses(() => rolling.std.sync(x, { window: 3, ddof: 3 }), 'ERR_OFFLOOP_ARG_VALUE')
    // @ts-expect-error: only std has a ddof
    refuses(() => rolling.mean.sync(x, { window: 3, ddof: 1 }), 'ERR_OFFLOOP_OPTION')
    refuses(() => rolling.min.sync(x, { window: 1, out: x }), 'ERR_OFFLOOP_OVERLAP')
    refuses(() => rolling.min.sync(x, { window: 2, out: x }), 'ERR_OFFLOOP_SHAPE')
  })
})
