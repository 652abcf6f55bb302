/** What is special to sort: the order of the specification, and that nothing is lost, found or invented. */
import { describe, expect, it } from 'vitest'
import { sort } from '../../dist/index.js'
import { isNative, random, spice, type Typed } from '../support.js'

type Sorted = Float64Array | Float32Array | Int32Array | Uint32Array | BigInt64Array | BigUint64Array
const KINDS = [Float64Array, Float32Array, Int32Array, Uint32Array, BigInt64Array, BigUint64Array]

/** SortCompare of ECMA-262 for typed arrays. */
function compare(a: number | bigint, b: number | bigint): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1
  if (Number.isNaN(b)) return -1
  if (a < b) return -1
  if (a > b) return 1
  if (Object.is(a, -0)) return Object.is(b, -0) ? 0 : -1
  return Object.is(b, -0) ? 1 : 0
}

function check(sorted: Sorted, original: Sorted, descending: boolean): void {
  expect(sorted.length).toBe(original.length)
  // Ordered, NaN last in both directions …
  let disorder = 0
  for (let i = 1; i < sorted.length; i++) {
    const [a, b] = [sorted[i - 1]!, sorted[i]!]
    const order = descending && !Number.isNaN(a) && !Number.isNaN(b) ? compare(b, a) : compare(a, b)
    if (order > 0) disorder++
  }
  expect(disorder).toBe(0)
  // … and the same elements: equal sums of a hash of each, −0 and +0 being different.
  expect(fingerprint(sorted)).toEqual(fingerprint(original))
}

function fingerprint(array: Sorted): number[] {
  const copy = array.slice()
  if (copy instanceof Float64Array || copy instanceof Float32Array) {
    for (let i = 0; i < copy.length; i++) if (Number.isNaN(copy[i])) copy[i] = Number.NaN
  }
  const words = new Uint32Array(copy.buffer)
  const step = copy.BYTES_PER_ELEMENT / 4
  let a = 0
  let b = 0
  for (let i = 0; i < words.length; i += step) {
    let h = Math.imul(words[i]! ^ (words[i]! >>> 16), 0x45d9f3b)
    if (step === 2) h = Math.imul(h ^ words[i + 1]!, 0x27d4eb2d) ^ words[i + 1]!
    h ^= h >>> 15
    a = (a + Math.imul(h, 0x2c1b3c6d)) | 0
    b = (b + Math.imul(h ^ (h >>> 12), 0x297a2d39)) | 0
  }
  return [a, b, words.length]
}

type Pattern = (i: number, n: number, next: () => number) => number
const PATTERNS: Record<string, Pattern> = {
  random: (_i, _n, next) => (next() - 0.5) * 2 ** 32,
  'all equal': () => 7,
  'two values': (_i, _n, next) => (next() < 0.5 ? 1 : 2),
  'few values': (_i, _n, next) => Math.floor(next() * 10),
  sorted: (i) => i,
  reversed: (i, n) => n - i,
  'organ pipe': (i, n) => Math.min(i, n - i),
  sawtooth: (i) => i % 1000,
  'sorted, one out of place': (i, n) => (i === n >> 1 ? 0 : i),
  'almost all equal': (_i, _n, next) => (next() < 0.001 ? next() * 100 : 3),
}

function make(Kind: (typeof KINDS)[number], n: number, pattern: Pattern, salt: number): Sorted {
  const next = random(salt)
  const array = new Kind(n)
  for (let i = 0; i < n; i++) {
    const value = pattern(i, n, next)
    if (array instanceof BigInt64Array || array instanceof BigUint64Array) array[i] = BigInt(Math.floor(value))
    else array[i] = value
  }
  return array
}

describe('sort', () => {
  it.each(Object.keys(PATTERNS))('orders and keeps every element: %s', async (name) => {
    for (const Kind of KINDS) {
      for (const n of [50, 3000, 100_000]) {
        const x = make(Kind, n, PATTERNS[name]!, n)
        for (const descending of [false, true])
          check((await sort(x as Float64Array, { descending })) as Sorted, x, descending)
        check(sort.sync(x as Float64Array), x, false)
      }
    }
  })

  it('orders −0, +0, NaN and infinities as TypedArray.prototype.sort does', async () => {
    const next = random(3)
    for (const Kind of [Float64Array, Float32Array]) {
      for (const share of [0.01, 0.5, 1]) {
        for (const n of [20, 1000, 120_000]) {
          const x = spice(new Kind(n).map(() => next() - 0.5) as Typed, share, next) as Float64Array
          const expected = x.slice().sort()
          const sorted = await sort(x)
          let different = 0
          for (let i = 0; i < n; i++) if (!Object.is(sorted[i], expected[i])) different++
          expect(different).toBe(0)
          check(await sort(x, { descending: true }), x, true)
        }
      }
    }
    const order = [Number.NEGATIVE_INFINITY, -1, -0, 0, 1, Number.POSITIVE_INFINITY, Number.NaN]
    expect([
      ...sort.sync(new Float64Array([0, Number.NaN, 1, -0, Number.POSITIVE_INFINITY, -1, Number.NEGATIVE_INFINITY]), {
        threads: 1,
      }),
    ]).toEqual(order)
    expect([...sort.sync(new Float64Array(order), { descending: true, threads: 1 })]).toEqual([
      Number.POSITIVE_INFINITY,
      1,
      0,
      -0,
      -1,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
    ])
  })

  it('sorts more than a million, in place, into out and on shared memory', async () => {
    const x = make(Float64Array, 1_500_000, PATTERNS.random!, 4) as Float64Array
    check(await sort(x), x, false)
    const out = new Float64Array(x.length)
    expect(await sort(x, { out, descending: true })).toBe(out)
    check(out, x, true)
    const shared = new Float64Array(new SharedArrayBuffer(x.byteLength))
    shared.set(x)
    expect(await sort(shared, { out: shared })).toBe(shared)
    check(shared, x, false)
  })

  it.runIf(isNative)('leaves a permutation when an in-place call is aborted, up to the signs of zeros', async () => {
    const x = make(Float64Array, 1_000_000, PATTERNS.random!, 5) as Float64Array
    const before = fingerprint(x)
    let stopped = 0
    for (let i = 0; i < 8; i++) {
      const work = x.slice()
      const controller = new AbortController()
      const call = sort(work, {
        out: work,
        signal: controller.signal,
        onProgress: (fraction) => {
          if (fraction > i / 10) controller.abort()
        },
      })
      await call.then(
        () => {},
        (error: Error) => {
          expect(error.name).toBe('AbortError')
          stopped++
        },
      )
      expect(fingerprint(work)).toEqual(before)
    }
    expect(stopped).toBeGreaterThan(0)
  })
})
