/** convolve and correlate: against NumPy's numbers, against sums of products, and what they refuse. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { convolve, correlate } from '../../dist/index.js'
import { bits, random } from '../support.js'

type Long = { length: number; head: number[]; tail: number[] }
type Modes = Record<'full' | 'same' | 'valid', number[] | Long>
const oracle = JSON.parse(readFileSync(new URL('./convolve.oracle.json', import.meta.url), 'utf8')) as {
  a: number[]
  v: number[]
  convolve: Modes
  correlate: Modes
}[]
const next = random(78)
const noise = (length: number) => Float64Array.from({ length }, () => next() * 2 - 1)
const far = (x: ArrayLike<number>, y: ArrayLike<number>) => {
  let most = x.length === y.length ? 0 : Infinity
  for (let i = 0; i < x.length; i++) most = Math.max(most, Math.abs(x[i]! - y[i]!))
  return most
}

describe('convolve and correlate', () => {
  it('are what NumPy computes, in all modes and by both methods', () => {
    for (const { a, v, ...expected } of oracle) {
      for (const [name, kernel] of [
        ['convolve', convolve],
        ['correlate', correlate],
      ] as const) {
        for (const mode of ['full', 'same', 'valid'] as const) {
          const [x, y] = [Float64Array.from(a), Float64Array.from(v)]
          const numbers = expected[name][mode]
          for (const method of ['auto', 'fft'] as const) {
            for (const got of [kernel.sync(x, y, { mode, method, threads: 1 }), kernel.js(x, y, { mode, method })]) {
              const what = `${name} ${a.length} ${v.length} ${mode} ${method}`
              if (Array.isArray(numbers)) {
                if (method === 'auto') expect([...got], what).toEqual(numbers.map((value) => value + 0))
                else expect(far(got, numbers), what).toBeLessThan(1e-11)
              } else {
                expect(got.length, what).toBe(numbers.length)
                expect(far(got.subarray(0, 9), numbers.head), what).toBeLessThan(1e-10)
                expect(far(got.subarray(-9), numbers.tail), what).toBeLessThan(1e-10)
              }
            }
          }
        }
      }
    }
    expect(correlate.sync(new Float64Array(9), new Float64Array(4)).length).toBe(6)
    expect(convolve.sync(new Float64Array(9), new Float64Array(4)).length).toBe(12)
  })

  it('agree by both methods across blocks', async () => {
    for (const [n, m] of [
      [3000, 50],
      [50, 3000],
      [20_000, 90],
      [70_000, 96],
    ] as const) {
      const [a, v] = [noise(n), noise(m)]
      for (const kernel of [convolve, correlate]) {
        const direct = await kernel(a, v, { mode: 'same', method: 'direct' })
        const other = await kernel(a, v, { mode: 'same', method: 'fft' })
        expect(bits(direct)).toBe(bits(kernel.js(a, v, { mode: 'same', method: 'direct' })))
        expect(bits(other)).toBe(bits(kernel.js(a, v, { mode: 'same', method: 'fft' })))
        expect(far(direct, other)).toBeLessThan(1e-13)
      }
    }
  })

  it('are right where the shorter one is long', async () => {
    const [a, v] = [noise(30_000), noise(12_345)]
    const got = await convolve(a, v)
    expect(bits(got)).toBe(bits(convolve.js(a, v)))
    for (const i of [0, 1, 12_344, 20_000, 29_999, 30_000, 42_343]) {
      let sum = 0
      for (let k = Math.max(0, i - 29_999); k <= Math.min(i, 12_344); k++) sum += v[k]! * a[i - k]!
      expect(Math.abs(got[i]! - sum)).toBeLessThan(1e-11)
    }
  })

  it('keeps NaN and infinities to the results that they take part in, directly', () => {
    const a = noise(500)
    a[100] = Number.NaN
    a[300] = Number.POSITIVE_INFINITY
    const got = convolve.sync(a, noise(7))
    for (let i = 0; i < got.length; i++) {
      expect(Number.isFinite(got[i])).toBe(!((i >= 100 && i < 107) || (i >= 300 && i < 307)))
    }
  })

  it('writes into out, and refuses what does not fit', () => {
    const code = (call: () => unknown) => {
      try {
        call()
      } catch (thrown) {
        return (thrown as { code: string }).code
      }
      return undefined
    }
    const [a, v] = [noise(20), noise(3)]
    const out = new Float64Array(22)
    expect(convolve.sync(a, v, { out })).toBe(out)
    expect(bits(out)).toBe(bits(convolve.js(a, v)))
    expect(code(() => convolve.sync(a, v, { out: new Float64Array(20) }))).toBe('ERR_OFFLOOP_SHAPE')
    expect(code(() => convolve.sync(a, v, { mode: 'same', out: a }))).toBe('ERR_OFFLOOP_OVERLAP')
    expect(code(() => convolve.sync(a, new Float64Array(0)))).toBe('ERR_OFFLOOP_SHAPE')
    expect(code(() => convolve.sync(new Float64Array(0), v))).toBe('ERR_OFFLOOP_SHAPE')
    expect(code(() => convolve.sync(a, new Float32Array(3) as never))).toBe('ERR_OFFLOOP_ARG_TYPE')
    expect(code(() => convolve.sync(a, v, { mode: 'all' as never }))).toBe('ERR_OFFLOOP_ARG_VALUE')
    expect(code(() => convolve.sync(noise(200), noise(97), { method: 'direct' }))).toBe('ERR_OFFLOOP_SHAPE')
  })
})
