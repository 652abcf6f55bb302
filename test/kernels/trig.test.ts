/**
 * What is special to sin, cos, tan, sinh, cosh, tanh, atan and atan2. Their errors are in math.test.ts; here: special
 * values, symmetry, huge angles against integer arithmetic, lanes that need another path than their neighbours.
 */
import { describe, expect, it } from 'vitest'
import { atan, atan2, cos, cosh, sin, sinh, tan, tanh } from '../../dist/index.js'
import { type AnyKernel, bits, random } from '../support.js'

const INF = Number.POSITIVE_INFINITY
const KINDS = [Float64Array, Float32Array] as const
const PRECISIONS = ['exact', 'fast'] as const

/** pi * 2^1300, by Machin's formula. */
function pi(): bigint {
  const guard = 64n
  const one = 1n << (1300n + guard)
  const arctan = (inverse: bigint): bigint => {
    let [sum, power, k] = [0n, one / inverse, 1n]
    while (power > 0n) {
      sum += k % 4n === 1n ? power / k : -power / k
      power /= inverse * inverse
      k += 2n
    }
    return sum
  }
  return (4n * (4n * arctan(5n) - arctan(239n))) >> guard
}

describe('circular and hyperbolic functions', () => {
  it('give what C99 and NumPy ask of special values, exact and fast', () => {
    const zeros = [
      [0, 0],
      [-0, -0],
      [Number.NaN, Number.NaN],
    ]
    const nowhere = [
      [INF, Number.NaN],
      [-INF, Number.NaN],
    ]
    const cases: [AnyKernel, number[][]][] = [
      [sin as AnyKernel, [...zeros, ...nowhere]],
      [cos as AnyKernel, [[0, 1], [-0, 1], [Number.NaN, Number.NaN], ...nowhere]],
      [tan as AnyKernel, [...zeros, ...nowhere]],
      [sinh as AnyKernel, [...zeros, [INF, INF], [-INF, -INF], [800, INF], [-800, -INF]]],
      [
        cosh as AnyKernel,
        [
          [0, 1],
          [-0, 1],
          [Number.NaN, Number.NaN],
          [INF, INF],
          [-INF, INF],
          [-800, INF],
        ],
      ],
      [tanh as AnyKernel, [...zeros, [INF, 1], [-INF, -1], [30, 1], [-30, -1]]],
      [atan as AnyKernel, zeros],
    ]
    for (const [kernel, table] of cases) {
      for (const Kind of KINDS) {
        const x = new Kind(table.map(([at]) => at!))
        const expected = table.map(([, y]) => y)
        expect([...kernel.js(x)]).toEqual(expected)
        for (const precision of PRECISIONS) expect([...kernel.sync(x, { precision })], precision).toEqual(expected)
        // Among ordinary numbers, at every place of a vector.
        for (let at = 0; at < 33; at++) {
          const mixed = new Kind(40).fill(0.5)
          mixed.set(x, at)
          for (const precision of PRECISIONS) {
            const y = kernel.sync(mixed, { precision })
            expect([...y.slice(at, at + x.length)], precision).toEqual(expected)
            expect(y[at === 0 ? 39 : 0]).toBe(kernel.sync(new Kind([0.5]), { precision })[0])
          }
        }
      }
    }
    expect([...atan.sync(new Float64Array([INF, -INF, 1e300]))]).toEqual([Math.PI / 2, -Math.PI / 2, Math.PI / 2])
  })

  it('atan2 has the special values of Math.atan2', () => {
    const values = [0, -0, 1, -1, INF, -INF, Number.NaN, 5e-324, -1e308, 1e-40, 3e38]
    for (const Kind of KINDS) {
      const y = new Kind(values.flatMap((value) => values.map(() => value)))
      const x = new Kind(values.flatMap(() => values))
      const expected = new Kind(y.length).map((_, i) => Math.atan2(y[i]!, x[i]!))
      for (const result of [atan2.sync(y, x), atan2.js(y, x), atan2.sync(y, x, { precision: 'fast' })]) {
        for (let i = 0; i < y.length; i++) {
          const e = expected[i]!
          const least = Kind === Float64Array ? 5e-324 : 1e-45
          if (e === 0 || Number.isNaN(e)) expect(Object.is(result[i], e), `${y[i]}, ${x[i]}`).toBe(true)
          else expect(Math.abs(result[i]! - e), `${y[i]}, ${x[i]}`).toBeLessThanOrEqual(Math.abs(e) * 4e-7 + least)
        }
      }
    }
    // A number on either side.
    expect([...atan2.sync(1, new Float64Array([1, -1]))]).toEqual([Math.PI / 4, (3 * Math.PI) / 4])
    expect([...atan2.sync(new Float64Array([0, -0]), -1)]).toEqual([Math.PI, -Math.PI])
  })

  it('reduces huge angles as integers do', () => {
    const circle = pi()
    const next = random(61)
    const count = 400
    const x = new Float64Array(count)
    for (let i = 0; i < count; i++) x[i] = Math.floor((1 + next()) * 2 ** Math.floor(next() * 1003 + 20))
    x[0] = 6381956970095103 * 2 ** 797 // the double that is nearest to a multiple of pi/2
    x[1] = Number.MAX_VALUE
    // The angle in turns, and from it sine and cosine of what is left.
    const left = x.map((value) => {
      const scaled = (BigInt(value) << 1300n) % (2n * circle)
      const quarter = (2n * scaled + circle / 2n) / circle
      return Number(((scaled - (quarter * circle) / 2n) * 2n ** 200n) >> 1300n) * 2 ** -200
    })
    const quarters = x.map((value) => {
      const scaled = (BigInt(value) << 1300n) % (2n * circle)
      return Number((2n * scaled + circle / 2n) / circle) % 4
    })
    const expected = (shift: number): number[] =>
      [...left].map((r, i) => {
        const quarter = (quarters[i]! + shift) % 4
        const y = quarter % 2 ? Math.cos(r) : Math.sin(r)
        return quarter > 1 ? -y : y
      })
    for (const [kernel, shift] of [
      [sin, 0],
      [cos, 1],
    ] as const) {
      const truth = expected(shift)
      for (const precision of PRECISIONS) {
        const y = kernel.sync(x, { precision })
        for (let i = 0; i < count; i++) {
          expect(Math.abs(y[i]! / truth[i]! - 1), `${kernel.name} ${x[i]}`).toBeLessThan(1e-15)
        }
      }
    }
    expect(Math.abs(cos.sync(new Float64Array([x[0]!]))[0]! / -4.687165924254624e-19 - 1)).toBeLessThan(1e-15)
  })

  it('is odd or even to the bit, and keeps what is tiny', () => {
    const next = random(62)
    for (const Kind of KINDS) {
      const x = new Kind(20_000).map(() => (next() - 0.5) * 2 ** Math.floor(next() * 60 - 30))
      const negative = x.map((v) => -v)
      for (const precision of PRECISIONS) {
        for (const odd of [sin, tan, sinh, tanh, atan] as AnyKernel[]) {
          expect(bits(odd.sync(negative, { precision }).map((y: number) => -y))).toBe(bits(odd.sync(x, { precision })))
        }
        for (const even of [cos, cosh]) {
          expect(bits(even.sync(negative, { precision }))).toBe(bits(even.sync(x, { precision })))
        }
      }
    }
    const tiny = new Float64Array([5e-324, -5e-324, 1e-310, 2 ** -1022, -1e-300, 1e-20, 2 ** -28, 2 ** -30])
    for (const kernel of [sin, tan, sinh, tanh, atan]) expect(bits(kernel.sync(tiny))).toBe(bits(tiny))
  })

  it('rises where the function rises, across the ends of its pieces', () => {
    const pieces: [AnyKernel, number[]][] = [
      [atan as AnyKernel, [0.4375, 0.6875, 1.1875, 2.4375]],
      [tanh as AnyKernel, [0.625, ...Array.from({ length: 60 }, (_, i) => 0.63 + ((i + 0.5) * Math.LN2) / 64)]],
      [sinh as AnyKernel, [1, 40, ...Array.from({ length: 60 }, (_, i) => 1 + ((i + 0.5) * Math.LN2) / 32)]],
      [cosh as AnyKernel, [40, ...Array.from({ length: 60 }, (_, i) => 1 + ((i + 0.5) * Math.LN2) / 32)]],
      [tan as AnyKernel, [0.67434, Math.PI / 4, 0.785]],
      [sin as AnyKernel, [Math.PI / 4, 0.785]],
    ]
    for (const [kernel, points] of pieces) {
      const x = Float64Array.from(
        points.flatMap((point) => Array.from({ length: 33 }, (_, i) => point * (1 + (i - 16) * 2 ** -47))),
      ).sort()
      const y = kernel.sync(x)
      for (let i = 1; i < y.length; i++) expect(y[i]! >= y[i - 1]!, `${x[i]}`).toBe(true)
    }
  })
})
