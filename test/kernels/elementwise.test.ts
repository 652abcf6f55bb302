/** What is special to the elementwise kernels: NumPy's numbers, operands that repeat, `out`, errors. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  abs,
  add,
  axpy,
  clip,
  divide,
  maximum,
  minimum,
  multiply,
  reciprocal,
  scale,
  sqrt,
  square,
  subtract,
  where,
} from '../../dist/index.js'
import { type AnyKernel, bits, random } from '../support.js'

interface Cases {
  readonly a: string
  readonly b: string
  readonly mask: string
  readonly few: string
  readonly results: Readonly<Record<string, string>>
  readonly clip: readonly string[]
}
type Name = 'f64' | 'f32'
const oracle = JSON.parse(readFileSync(new URL('./elementwise.oracle.json', import.meta.url), 'utf8')) as {
  limits: (number | string)[][]
} & Record<Name, Cases>

const UNARY = { abs, sqrt, square, reciprocal } as unknown as Record<string, AnyKernel>
const BINARY = { add, subtract, multiply, divide, minimum, maximum } as unknown as Record<string, AnyKernel>
const KINDS = { f64: Float64Array, f32: Float32Array }
type Floats = Float64Array | Float32Array

function decode(name: Name, text: string): Floats {
  const bytes = new Uint8Array(Buffer.from(text, 'base64'))
  return new KINDS[name](bytes.buffer)
}

// `threads` asks for native code, also for as few elements as the twin is quicker with.
const faces = (kernel: unknown, ...args: unknown[]) => {
  const { sync, js } = kernel as AnyKernel
  return [
    { face: 'sync', result: sync(...args) as Floats },
    { face: 'sync, native', result: sync(...args, { threads: 1 }) as Floats },
    { face: 'js', result: js(...args) as Floats },
  ]
}

/** Every element the same: NaN as NaN, and zeros by their sign, unless `anyZero`. */
function expectSame(actual: Floats, expected: Floats, what: string, anyZero = false): void {
  expect(actual.length, what).toBe(expected.length)
  for (let i = 0; i < expected.length; i++) {
    const [x, y] = [actual[i]!, expected[i]!]
    if (Object.is(x, y) || (anyZero && x === 0 && y === 0)) continue
    expect.fail(`${what}: element ${i} is ${x}, expected ${Object.is(y, -0) ? '-0' : y}`)
  }
}

for (const name of ['f64', 'f32'] as const) {
  const Kind = KINDS[name] as Float64ArrayConstructor
  const of = (...values: number[]): Floats => Kind.from(values)
  const cases = oracle[name]
  const [a, b] = [decode(name, cases.a), decode(name, cases.b)]
  const mask = new Uint8Array(Buffer.from(cases.mask, 'base64'))

  describe(`elementwise, ${name}`, () => {
    const argsOf: Record<string, [unknown, unknown[]]> = {
      scale: [scale, [a, 0.3]],
      axpy: [axpy, [0.3, a, b]],
      where: [where, [mask, a, b]],
    }
    for (const [key, kernel] of Object.entries(UNARY)) argsOf[key] = [kernel, [a]]
    for (const [key, kernel] of Object.entries(BINARY)) argsOf[key] = [kernel, [a, b]]

    for (const [key, [kernel, args]] of Object.entries(argsOf)) {
      it(`${key} is NumPy's on special values and random bits`, () => {
        const expected = decode(name, cases.results[key]!)
        const anyZero = key === 'minimum' || key === 'maximum'
        for (const { face, result } of faces(kernel, ...args)) expectSame(result, expected, `${key}.${face}`, anyZero)
      })
    }

    it("clip is NumPy's, with limits that are NaN, infinite or the wrong way round", () => {
      const few = decode(name, cases.few)
      for (const [i, limits] of oracle.limits.entries()) {
        const [low, high] = limits.map(Number) as [number, number]
        const expected = decode(name, cases.clip[i]!)
        for (const { face, result } of faces(clip, few, low, high))
          expectSame(result, expected, `clip.${face} to ${low}, ${high}`, true)
      }
    })

    it('minimum, maximum and clip order zeros and NaN as Math.min and Math.max do', () => {
      expectSame(minimum.sync(a, b) as Floats, a.map((x, i) => Math.min(x, b[i]!)) as Floats, 'minimum')
      expectSame(maximum.sync(a, b) as Floats, a.map((x, i) => Math.max(x, b[i]!)) as Floats, 'maximum')
      for (const { result } of faces(minimum, of(0, -0), of(-0, 0))) expectSame(result, of(-0, -0), 'minimum of zeros')
      for (const { result } of faces(maximum, of(0, -0), of(-0, 0))) expectSame(result, of(0, 0), 'maximum of zeros')
      for (const { result } of faces(clip, of(-0, 0), 0, 1)) expectSame(result, of(0, 0), 'clip from below')
      for (const { result } of faces(clip, of(-0, 0), -1, -0)) expectSame(result, of(-0, -0), 'clip from above')
    })

    it('axpy rounds the product, then the sum', () => {
      // A fused one would leave -tiny².
      const tiny = name === 'f64' ? 2 ** -30 : 2 ** -13
      for (const { face, result } of faces(axpy, 1 + tiny, of(1 - tiny), of(-1))) expect(result[0], face).toBe(0)
    })

    it('where copies bits: NaN keeps what it carries, and -0 its sign', () => {
      const words =
        name === 'f64' ? new Uint32Array([7, 0x7ff80001, 0, 0x80000000]) : new Uint32Array([0x7fc00007, 0x80000000])
      const x = new Kind(words.buffer)
      const result = where.sync(new Uint8Array([1, 255]), x, x, { threads: 1 })
      expect(new Uint32Array(result.buffer)).toEqual(words)
    })

    it('repeats numbers and arrays of one element, on either side', () => {
      const third = of(1 / 3)[0]! // rounded to the type, as a number operand is
      const x = a.slice(0, 37) as Floats
      for (const kernel of Object.values(BINARY)) {
        const right = kernel.js(
          x,
          Kind.from(x, () => third),
        )
        const left = kernel.js(
          Kind.from(x, () => third),
          x,
        )
        for (const one of [1 / 3, of(1 / 3)]) {
          for (const { result } of faces(kernel, x, one)) expect(bits(result)).toBe(bits(right))
          for (const { result } of faces(kernel, one, x)) expect(bits(result)).toBe(bits(left))
        }
        for (const { result } of faces(kernel, of(2), of(1 / 3))) expect(result.length).toBe(1)
        for (const { result } of faces(kernel, of(2), 1 / 3)) expect(result.length).toBe(1)
        for (const { result } of faces(kernel, of(), 1 / 3)) expect(result.length).toBe(0)
        for (const { result } of faces(kernel, of(1), of())) expect(result.length).toBe(0)
      }
      for (const { result } of faces(clip, 5, of(0, 6), of(1, 9, 10).subarray(0, 2)))
        expectSame(result, of(1, 6), 'clip')
      for (const { result } of faces(axpy, 2, of(3), of(1, 2))) expectSame(result, of(7, 8), 'axpy')
      for (const { result } of faces(axpy, 2, of(3, 4), 1)) expectSame(result, of(7, 9), 'axpy')
      for (const { result } of faces(where, new Uint8Array([0, 9]), of(1), 2)) expectSame(result, of(2, 1), 'where')
      for (const { result } of faces(where, new Uint8Array([9]), of(1, 2), 3)) expectSame(result, of(1, 2), 'where')
    })

    it('writes to `out`, an operand itself included, and to nothing beside it', async () => {
      const n = 1003
      const next = random(21)
      const values = () => Kind.from({ length: n }, () => next() * 2 - 1) as Floats
      const [x, y] = [values(), values()]
      const flags = Uint8Array.from({ length: n }, () => next() * 2)
      const all: [unknown, unknown[], number][] = [
        ...Object.values(UNARY).map((kernel): [unknown, unknown[], number] => [kernel, [x], 0]),
        ...Object.values(BINARY).flatMap((kernel): [unknown, unknown[], number][] => [
          [kernel, [x, y], 0],
          [kernel, [x, y], 1],
        ]),
        [clip, [x, -0.5, y], 0],
        [clip, [x, -0.5, y], 2],
        [where, [flags, x, y], 1],
        [where, [flags, x, y], 2],
        [scale, [x, 3], 0],
        [axpy, [3, x, y], 1],
        [axpy, [3, x, y], 2],
      ]
      for (const [kernel, args, target] of all) {
        const face = kernel as AnyKernel
        const expected = bits(face.js(...args))
        for (const run of [face, face.sync, face.js]) {
          const place = new Kind(n + 5).fill(7)
          const out = place.subarray(3, 3 + n)
          expect(await run(...args, { out })).toBe(out)
          expect(bits(out.slice())).toBe(expected)
          expect([...place.subarray(0, 3), ...place.subarray(3 + n)]).toEqual([7, 7, 7, 7, 7])
          const own = (args[target] as Floats).slice()
          const inPlace = args.map((value, i) => (i === target ? own : value))
          expect(await run(...inPlace, { out: own })).toBe(own)
          expect(bits(own)).toBe(expected)
        }
        // The same array as every operand and as result.
        const same = x.slice() as Floats
        const everywhere = args.map((value) => (value === x || value === y ? same : value))
        const wanted = bits(face.js(...everywhere))
        expect(bits(face.sync(...everywhere, { out: same }))).toBe(wanted)
      }
    })

    it('gives small results memory of their own', () => {
      for (let n = 0; n <= 20; n++) {
        const x = Kind.from({ length: n }, (_, i) => i) as Floats
        const [one, two] = [1, 2].map((by) => add.sync(x, by, { threads: 1 }) as Floats) as [Floats, Floats]
        expect(one.buffer.byteLength).toBe(x.byteLength)
        expectSame(one, x.map((v) => v + 1) as Floats, 'first')
        expectSame(two, x.map((v) => v + 2) as Floats, 'second')
        expect(one.buffer).not.toBe(two.buffer)
      }
    })
  })
}

describe('elementwise, large', () => {
  // Past the caches, in grains that end with huge pages; from every offset to a line of memory.
  const n = 4_300_001
  const x = new Float64Array(n + 9).map((_, i) => (i % 1999) - 999.5)
  const y = new Float64Array(n + 9).map((_, i) => (i % 1777) * 0.25)

  it('has every element right, and touches none beside them', () => {
    const place = new Float64Array(n + 16)
    for (const [offset, threads] of [
      [0, 1],
      [1, 2],
      [7, 3],
    ] as const) {
      place.fill(-1)
      const [a, b, out] = [x.subarray(3, 3 + n), y.subarray(offset, offset + n), place.subarray(offset, offset + n)]
      add.sync(a, b, { out, threads })
      let wrong = 0
      for (let i = 0; i < n; i++) if (out[i] !== a[i]! + b[i]!) wrong++
      expect(wrong).toBe(0)
      expect(place.subarray(0, offset).every((v) => v === -1)).toBe(true)
      expect(place.subarray(offset + n).every((v) => v === -1)).toBe(true)
    }
  })

  it('in place, with a repeated operand, and with a mask', () => {
    const own = x.slice(0, n)
    multiply.sync(own, 2, { out: own })
    let wrong = 0
    for (let i = 0; i < n; i++) if (own[i] !== x[i]! * 2) wrong++
    const flags = new Uint8Array(n + 1).map((_, i) => i % 3).subarray(1)
    const chosen = where.sync(flags, own, 0.5)
    for (let i = 0; i < n; i++) if (chosen[i] !== (flags[i] ? own[i] : 0.5)) wrong++
    expect(wrong).toBe(0)
  })
})

describe('elementwise, errors', () => {
  const x = new Float64Array(4)
  const narrow = new Float32Array(4)
  const wrong: [string, () => unknown, string][] = [
    ['no array at all', () => add.sync(1 as never, 2 as never), 'ERR_OFFLOOP_ARG_TYPE'],
    ['nothing', () => (abs.sync as (...args: unknown[]) => unknown)(), 'ERR_OFFLOOP_ARG_TYPE'],
    ['integers', () => add.sync(new Int32Array(4) as never, 1), 'ERR_OFFLOOP_ARG_TYPE'],
    ['types that differ', () => add.sync(x, narrow as never), 'ERR_OFFLOOP_ARG_TYPE'],
    ['an array of numbers', () => add.sync(x, [1, 2, 3, 4] as never), 'ERR_OFFLOOP_ARG_TYPE'],
    ['lengths that differ', () => add.sync(x, new Float64Array(3)), 'ERR_OFFLOOP_SHAPE'],
    ['a length against none', () => add.sync(x, new Float64Array(0)), 'ERR_OFFLOOP_SHAPE'],
    ['a mask of another length', () => where.sync(new Uint8Array(3), x, x), 'ERR_OFFLOOP_SHAPE'],
    ['a mask of floats', () => where.sync(x as never, x, x), 'ERR_OFFLOOP_ARG_TYPE'],
    ['a mask that is a boolean', () => where.sync(true as never, x, x), 'ERR_OFFLOOP_ARG_TYPE'],
    ['an array for alpha', () => axpy.sync(x as never, x, x), 'ERR_OFFLOOP_ARG_TYPE'],
    ['a factor of text', () => scale.sync(x, '2' as never), 'ERR_OFFLOOP_ARG_TYPE'],
    ['numbers alone', () => axpy.sync(1, 2 as never, 3), 'ERR_OFFLOOP_ARG_TYPE'],
    ['a shorter out', () => add.sync(x, 1, { out: new Float64Array(3) }), 'ERR_OFFLOOP_SHAPE'],
    ['an out of another type', () => add.sync(x, 1, { out: narrow as never }), 'ERR_OFFLOOP_ARG_TYPE'],
    ['an option that there is not', () => add.sync(x, 1, { into: x } as never), 'ERR_OFFLOOP_OPTION'],
  ]
  for (const [what, run, code] of wrong) {
    it(`refuses ${what}`, () => expect(run).toThrow(expect.objectContaining({ code })))
  }

  it('refuses an out that overlaps an operand', () => {
    const memory = new Float64Array(10)
    const [early, late] = [memory.subarray(0, 6), memory.subarray(2, 8)]
    for (const run of [add.sync, add.js] as (typeof add.sync)[])
      expect(() => run(early, 1, { out: late })).toThrow(expect.objectContaining({ code: 'ERR_OFFLOOP_OVERLAP' }))
    const bytes = new Uint8Array(memory.buffer, 0, 6)
    expect(() => where.sync(bytes, 1, 2, { out: early })).toThrow(
      expect.objectContaining({ code: 'ERR_OFFLOOP_OVERLAP' }),
    )
  })

  it('names the operand', () => {
    expect(() => axpy.sync(x as never, x, x)).toThrow('Expected a number for `alpha` but received')
    expect(() => where.sync(new Uint8Array(3), x, x)).toThrow('`a`')
    expect(() => clip.sync(x, 0, narrow as never)).toThrow('`high`')
  })

  it('takes a clamped mask', () => {
    const mask = new Uint8ClampedArray([0, 300, 1])
    for (const { result } of faces(where, mask, new Float32Array([1, 2, 3]), 9)) expect([...result]).toEqual([9, 2, 3])
  })

  it('gives f64 where both choices are numbers', () => {
    for (const { result } of faces(where, new Uint8Array([1, 0]), 1.1, 2))
      expect(result).toEqual(new Float64Array([1.1, 2]))
  })
})
