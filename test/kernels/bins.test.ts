/** What is special to bincount and digitize: NumPy's answers, every element type, errors. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { bincount, digitize } from '../../dist/index.js'
import { bits, random } from '../support.js'

const oracle = JSON.parse(readFileSync(new URL('./bins.oracle.json', import.meta.url), 'utf8')) as {
  digitize: { name: string; edges: number[]; right: boolean; turned: boolean; expected: number[] }[]
  bincount: { n: number; modulus: number; least: number; counts: number[]; sums: number[] }[]
}

describe('digitize', () => {
  for (const { name, edges, right, turned, expected } of oracle.digitize) {
    it(`is NumPy's: edges ${name}${turned ? ', falling' : ''}${right ? ', right' : ''}`, () => {
      const rising = turned ? edges.slice().reverse() : edges
      const x = Float64Array.from([
        ...rising.flatMap((e) => [e, e + 2 ** -20, e - 2 ** -20]),
        ...[0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300],
      ])
      for (const face of [digitize.sync, digitize.js]) {
        expect([...face(x, edges, { right })]).toEqual(expected)
        expect([...face(x, Float64Array.from(edges), { right })]).toEqual(expected)
      }
    })
  }

  it('places by comparison, also where a multiplication would be off: edges and their neighbours', () => {
    const next = random(1)
    for (let round = 0; round < 100; round++) {
      const count = 2 + Math.floor(next() * 200)
      const lo = (next() - 0.5) * 10 ** Math.floor(next() * 20 - 10)
      const edges = Float64Array.from({ length: count }, (_, k) => lo + (k / 7) * Math.abs(lo))
      const x = new Float64Array(3 * count)
      const word = new BigInt64Array(x.buffer)
      for (let k = 0; k < x.length; k++) {
        x[k] = edges[Math.floor(k / 3)]!
        if (x[k] !== 0) word[k]! += BigInt((k % 3) - 1)
      }
      for (const right of [false, true]) {
        const expected = Uint32Array.from(x, (v) => edges.filter((e) => (right ? e < v : e <= v)).length)
        for (const face of [digitize.sync, digitize.js]) expect(face(x, edges, { right })).toEqual(expected)
      }
    }
  })

  it('writes into `out`, also past the caches', async () => {
    const x = new Float32Array(3_000_001).map(random(2)) // the nearest f32 may be 1
    const out = new Uint32Array(x.length)
    expect(await digitize(x, [0.25, 0.5, 0.75], { out })).toBe(out)
    expect(out.every((k, i) => k === Math.min(3, Math.floor(x[i]! * 4)))).toBe(true)
  })

  it('rejects edges that neither rise nor fall, NaN among them, and bad arrays', () => {
    const x = new Float64Array(3)
    const refuse = (edges: unknown, options: object, code: string, name: string) => {
      for (const face of [digitize.sync, digitize.js]) {
        expect(() => face(x, edges as never, options)).toThrow(
          expect.objectContaining({ code, message: expect.stringContaining(name) }),
        )
      }
    }
    refuse([1, 3, 2], {}, 'ERR_OFFLOOP_ARG_VALUE', '`edges[2]`')
    refuse([3, 1, 2], {}, 'ERR_OFFLOOP_ARG_VALUE', '`edges[2]`')
    refuse([1, 0, 1], {}, 'ERR_OFFLOOP_ARG_VALUE', '`edges[1]`')
    refuse([1, Number.NaN], {}, 'ERR_OFFLOOP_ARG_VALUE', '`edges[1]`')
    refuse([1, '2'], {}, 'ERR_OFFLOOP_ARG_TYPE', '`edges[1]`')
    refuse(3, {}, 'ERR_OFFLOOP_ARG_TYPE', '`edges`')
    refuse(new BigInt64Array(2), {}, 'ERR_OFFLOOP_ARG_TYPE', '`edges`')
    refuse([1], { right: 1 }, 'ERR_OFFLOOP_ARG_TYPE', '`right`')
    refuse([1], { out: new Uint32Array(2) }, 'ERR_OFFLOOP_SHAPE', '`out`')
    refuse([1], { out: new Uint32Array(x.buffer, 0, 3) }, 'ERR_OFFLOOP_OVERLAP', '`out`')
  })
})

describe('bincount', () => {
  for (const { n, modulus, least, counts, sums } of oracle.bincount) {
    it(`is NumPy's: ${n} below ${modulus}, at least ${least}`, () => {
      const values = Array.from({ length: n }, (_, i) => (i * i * 31) % modulus)
      const weights = Float64Array.from(values, (_, i) => (i % 17) / 4 - 1) // whose sums are exact
      for (const Kind of [Int32Array, Uint32Array, Int16Array, Uint16Array, Uint8Array, Uint8ClampedArray]) {
        if (modulus > 256 && Kind.BYTES_PER_ELEMENT === 1) continue
        for (const face of [bincount.sync, bincount.js]) {
          expect([...face(Kind.from(values), { minLength: least })]).toEqual(counts)
          expect([...face(Kind.from(values), { minLength: least, weights })]).toEqual(sums)
        }
      }
    })
  }

  it('agrees with its twin for few and many numbers, weights or not, on any threads', async () => {
    const next = random(3)
    for (const [Kind, modulus] of [
      [Int32Array, 3],
      [Uint32Array, 1024],
      [Int32Array, 1025],
      [Uint16Array, 60_000],
      [Uint32Array, 400_000],
      [Uint8Array, 200],
      [Int8Array, 100],
    ] as const) {
      const x = new Kind(300_000).map(() => Math.floor(next() * next() * modulus))
      for (const weights of [undefined, new Float32Array(x.length).map(next)]) {
        const expected = bits(bincount.js(x, { weights }))
        for (const threads of [1, 3]) {
          expect(bits(await bincount(x, { weights, threads })), `${modulus}, ${threads} threads`).toBe(expected)
        }
      }
    }
  })

  it('names the first negative element, and refuses absurd ones before it allocates', async () => {
    const x = new Int32Array(200_000)
    x[150_007] = -5
    x[199_999] = -6
    for (const face of [bincount.sync, bincount.js]) {
      expect(() => face(x)).toThrow(
        expect.objectContaining({
          code: 'ERR_OFFLOOP_ARG_VALUE',
          message: 'Expected a whole number of at least 0 for `x[150007]` but received -5',
        }),
      )
      expect(() => face(new Uint32Array([1, 2 ** 28]))).toThrow(
        expect.objectContaining({ code: 'ERR_OFFLOOP_ARG_VALUE', message: expect.stringContaining('268435456') }),
      )
      expect(() => face(new Int8Array([1]), { minLength: -1 })).toThrow(RangeError)
      expect(() => face(new Int8Array([1]), { weights: new Float64Array(2) })).toThrow(
        expect.objectContaining({ code: 'ERR_OFFLOOP_SHAPE' }),
      )
      expect(() => face(new Float64Array(1) as never)).toThrow(TypeError)
    }
    await expect(bincount(x)).rejects.toMatchObject({ code: 'ERR_OFFLOOP_ARG_VALUE' })
  })
})
