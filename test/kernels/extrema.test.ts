/** What is special to min, max, minmax, argmin, argmax: NumPy's answers, NaN, zeros, ties, wide integers, chunks. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { argmax, argmin, matrix, max, min, minmax } from '../../dist/index.js'
import { random } from '../support.js'

type Named = Record<'min' | 'max' | 'argmin' | 'argmax', number | null>
type Omitting = Record<'nanmin' | 'nanmax' | 'nanargmin' | 'nanargmax', number | null | undefined>
const oracle = JSON.parse(readFileSync(new URL('./extrema.oracle.json', import.meta.url), 'utf8')) as {
  cases: (Named & Omitting & { n: number; nans: number })[]
  axes: Record<string, (number | null)[]>[]
}
const KERNELS = { min, max, argmin, argmax }
const NAMES = ['min', 'max', 'argmin', 'argmax'] as const
const FACES = ['sync', 'js'] as const
const number = (value: number | null | undefined) => (value === null ? Number.NaN : value)

describe('extremes', () => {
  it("are NumPy's, with NaN and without", async () => {
    for (const { n, nans, ...expected } of oracle.cases) {
      const x = Float64Array.from({ length: n }, (_, i) => ((i * 7919) % 1009) - 504)
      for (const at of [Math.floor(n / 3), Math.floor(n / 2), n - 1].slice(0, nans)) x[at] = Number.NaN
      for (const name of NAMES) {
        for (const face of FACES) {
          expect(KERNELS[name][face](x), `${name}.${face} ${n} ${nans}`).toBe(number(expected[name]))
          expect(KERNELS[name][face](Float32Array.from(x)), `${name}.${face} f32 ${n} ${nans}`).toBe(
            number(expected[name]),
          )
          const omitting = number(expected[`nan${name}`])
          const omit = () => KERNELS[name][face](x, { nan: 'omit' })
          if (omitting !== undefined) expect(omit(), `nan${name}.${face} ${n} ${nans}`).toBe(omitting)
          else expect(omit).toThrow(expect.objectContaining({ code: 'ERR_OFFLOOP_ARG_VALUE' }))
        }
        expect(await KERNELS[name](x)).toBe(number(expected[name]))
      }
      for (const face of FACES) {
        expect(minmax[face](x)).toEqual({ min: number(expected.min), max: number(expected.max) })
        expect(minmax[face](x, { nan: 'omit' })).toEqual({ min: number(expected.nanmin), max: number(expected.nanmax) })
      }
    }
  })

  it("are NumPy's along both axes", () => {
    const data = Float64Array.from({ length: 21 * 13 }, (_, i) => ((i * 7919) % 61) - 30)
    data[4 * 13 + 5] = Number.NaN
    data[20 * 13] = Number.NaN
    for (const axis of [0, 1] as const) {
      for (const name of NAMES) {
        for (const face of FACES) {
          const m = matrix(data, 21, 13)
          expect([...KERNELS[name][face](m, { axis })]).toEqual(oracle.axes[axis]![name]!.map(number))
          expect([...KERNELS[name][face](m, { axis, nan: 'omit' })]).toEqual(
            oracle.axes[axis]![`nan${name}`]!.map(number),
          )
        }
      }
    }
  })

  it('order zeros by sign, as Math.min and Math.max do, wherever they are', () => {
    for (const length of [2, 16, 17, 1024, 40_000, 300_000]) {
      for (const at of [0, 1, length >> 1, length - 1]) {
        const x = new Float64Array(length)
        x[at] = -0
        for (const face of FACES) {
          expect(min[face](x), `${length} ${at}`).toBe(-0)
          expect(max[face](x), `${length} ${at}`).toBe(0)
          expect(max[face](x.fill(-0).fill(0, at, at + 1)), `${length} ${at}`).toBe(0)
          expect(min[face](x)).toBe(-0)
          expect(minmax[face](x)).toEqual({ min: -0, max: 0 })
          x.fill(0)[at] = -0
          expect(argmin[face](x)).toBe(0) // equal for the place
        }
      }
    }
  })

  it('find the first of equal ones, and the first NaN before all', () => {
    const next = random(1)
    for (let round = 0; round < 60; round++) {
      const x = new Float64Array(1 + Math.floor(next() * 400_000)).fill(1)
      const places = Array.from({ length: 5 }, () => Math.floor(next() * x.length))
      for (const at of places) x[at] = round % 2 ? -1 : 3
      const [first, find] = [Math.min(...places), round % 2 ? argmin : argmax]
      for (const threads of [1, 3]) expect(find.sync(x, { threads })).toBe(first)
      expect(find.js(x)).toBe(first)
      const odd = places.slice(0, 2)
      for (const at of odd) x[at] = Number.NaN
      for (const kernel of [argmin, argmax]) {
        for (const face of FACES) expect(kernel[face](x)).toBe(Math.min(...odd))
      }
    }
  })

  it('take infinities for numbers, and NaN alone for nothing where it is left out', () => {
    for (const length of [1, 20, 2000, 50_000]) {
      for (const infinity of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const x = new Float64Array(length).fill(infinity)
        for (const face of FACES) {
          for (const kernel of [min, max]) expect(kernel[face](x)).toBe(infinity)
          for (const kernel of [argmin, argmax]) expect(kernel[face](x)).toBe(0)
          for (const kernel of [argmin, argmax]) expect(kernel[face](x, { nan: 'omit' })).toBe(0)
        }
        x.fill(Number.NaN, 0, length - 1)
        for (const face of FACES) {
          for (const kernel of [argmin, argmax]) expect(kernel[face](x, { nan: 'omit' })).toBe(length - 1)
          for (const kernel of [min, max]) expect(kernel[face](x, { nan: 'omit' })).toBe(infinity)
        }
      }
      const none = new Float64Array(length).fill(Number.NaN)
      for (const face of FACES) {
        for (const kernel of [min, max]) expect(kernel[face](none, { nan: 'omit' })).toBeNaN()
        for (const kernel of [argmin, argmax]) {
          expect(() => kernel[face](none, { nan: 'omit' })).toThrow(RangeError)
          expect(() => kernel[face](matrix(none, length, 1), { axis: 1, nan: 'omit' })).toThrow(RangeError)
        }
      }
    }
  })

  it('keep all 64 bits of BigInts', () => {
    const signed = new BigInt64Array(50_000).map((_, i) => 2n ** 62n + BigInt(i))
    signed[40_000] = 2n ** 62n - 1n
    signed[40_001] = 2n ** 63n - 1n
    signed[123] = -(2n ** 63n)
    signed[49_000] = -(2n ** 63n)
    const unsigned = new BigUint64Array(50_000).fill(2n ** 63n)
    unsigned[30_000] = 2n ** 63n - 1n
    unsigned[20_000] = 2n ** 64n - 1n
    for (const face of FACES) {
      expect([min[face](signed), max[face](signed)]).toEqual([-(2n ** 63n), 2n ** 63n - 1n])
      expect([argmin[face](signed), argmax[face](signed)]).toEqual([123, 40_001])
      expect([min[face](unsigned), max[face](unsigned)]).toEqual([2n ** 63n - 1n, 2n ** 64n - 1n])
      expect([argmin[face](unsigned), argmax[face](unsigned)]).toEqual([30_000, 20_000])
    }
  })

  it('are those of the whole in chunks, places included', async () => {
    const next = random(2)
    const x = new Float64Array(150_000).map(() => Math.floor(next() * 1e6))
    const chunks: Float64Array[] = []
    for (let at = 0; at < x.length; ) {
      const to = at + 1 + Math.floor(next() * 40_000)
      chunks.push(x.subarray(at, to))
      at = to
    }
    for (const kernel of [min, max, argmin, argmax]) {
      expect(await kernel.stream(chunks)).toBe(kernel.js(x))
      const longs = chunks.map((chunk) => BigInt64Array.from(chunk, (v) => -BigInt(v)))
      const whole = BigInt64Array.from(x, (v) => -BigInt(v))
      const state = kernel.state() as unknown as { push(chunk: BigInt64Array): unknown; value(): unknown }
      for (const chunk of longs) state.push(chunk)
      expect(state.value()).toBe(kernel.js(whole))
    }
    expect(await minmax.stream(chunks)).toEqual(minmax.js(x))
  })

  it('are refused of nothing', () => {
    for (const kernel of [min, max, minmax, argmin, argmax]) {
      for (const x of [new Float64Array(0), new Uint8Array(0), matrix(new Float64Array(0), 0, 3)]) {
        for (const face of FACES) {
          expect(() => kernel[face](x)).toThrow(expect.objectContaining({ code: 'ERR_OFFLOOP_SHAPE' }))
        }
      }
      expect(() => kernel.sync([1] as never)).toThrow(expect.objectContaining({ code: 'ERR_OFFLOOP_ARG_TYPE' }))
    }
  })
})
