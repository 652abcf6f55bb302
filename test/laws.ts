/**
 * The laws, for every kernel and element type of the registry. A new kernel is tested here without a line of its own.
 * DESIGN: what is promised, and tested for every kernel. They run from several files, so that vitest spreads them.
 */
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { configure, info } from '../dist/index.js'
import {
  type AnyKernel,
  bits,
  type Definition,
  mapArrays,
  native,
  random,
  registry,
  SEED,
  sameBits,
  shifted,
  spice,
  split,
  type Typed,
  tooFar,
} from './support.js'

// lane ± 1, run ± 1, block ± 1, and what lies between
const SIZES = [
  0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 127, 129, 255, 256, 257, 511, 513, 1000, 4095, 4097, 16383,
  16384, 16385, 32769, 70001,
]
// OFFLOOP_LAWS=all: as many runs as CI makes once; =numbers: only what looks at results, for further instruction sets;
// =brief: fewer runs, under ASan.
const { OFFLOOP_LAWS } = process.env
const [ALL, NUMBERS] = [OFFLOOP_LAWS === 'all', OFFLOOP_LAWS === 'numbers']
const runs = (thorough: boolean): number => (ALL ? (thorough ? 25 : 8) : thorough ? 7 : 3)
/** The first element types of a kernel meet every law, the others those that look at numbers. */
const THOROUGH = NUMBERS ? 0 : ALL ? 2 : 1

/**
 * A size of over four grains: a grain aims at 250 µs, and blocks are at most 16,384 elements.
 */
function largeSize(definition: Definition, dtype: string): number {
  const probe = 65_536
  const [inputs, options] = split(definition, definition.samples(dtype, probe, random(4)))
  const each = definition.check(inputs, options).work / probe
  return Math.round(Math.min(Math.max(3e6 / each, 120_000), 1_500_000))
}

/** The `part`-th of `parts` shares of the registry. */
export function laws(part: number, parts: number): void {
  registry.forEach(({ kernel, definition }, index) => {
    if (index % parts !== part) return
    Object.keys(definition.instances).forEach((dtype, rank) => {
      describe(`${definition.name} ${dtype}`, () => lawsOf(kernel, definition, dtype, rank < THOROUGH))
    })
  })
}

const REFUSED = /^ERR_OFFLOOP_(ARG_.*|SINGULAR|NOT_POSITIVE_DEFINITE|NO_CONVERGENCE)$/

/** What a call gives; or its error, where the kernel does not take such values: the same from every face. */
async function outcome(call: () => unknown): Promise<unknown> {
  try {
    return await call()
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    if (code === undefined || !REFUSED.test(code)) throw error
    return `${code}: ${message}`
  }
}

function expectSame(found: unknown, expected: unknown, label?: string): void {
  if (!sameBits(found, expected)) expect(bits(found), label).toBe(bits(expected))
}

function lawsOf(kernel: AnyKernel, definition: Definition, dtype: string, thorough: boolean): void {
  const sample = (size: number, salt: number) => definition.samples(dtype, size, random(salt))
  const LARGE = largeSize(definition, dtype)
  const exact = definition.agreement === 'exact'
  // What every call has to give, to the bit: what the twin gives, or for a bounded kernel, what one thread gives, which
  // may lie as far from the twin as it says. A copy, since samples may have an `out` that later calls write to.
  const truth = (...args: readonly unknown[]): unknown => structuredClone(truthOf(args))
  const truthOf = (args: readonly unknown[]): unknown => {
    if (exact) return kernel.js(...args)
    const [inputs, options] = split(definition, args)
    const found = kernel.sync(...inputs, { ...options, threads: 1 })
    expect(tooFar(definition, args, () => kernel.js(...args), found)).toBe(undefined)
    return found
  }

  it('agrees with its twin at every edge size, on both faces', async () => {
    const sizes = thorough || ALL || NUMBERS ? SIZES : SIZES.filter((size, i) => size === 0 || i % 2 === 1)
    for (const size of sizes) {
      const args = sample(size, size)
      const expected = truth(...args)
      expectSame(kernel.sync(...args), expected, `sync, size ${size}`)
      expectSame(await kernel(...args), expected, `async, size ${size}`)
    }
  })

  it('agrees with its twin on random sizes, offsets and special values', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 40_000 }),
        fc.integer({ min: 0, max: 9 }),
        fc.constantFrom(0, 0.001, 0.1, 1),
        fc.boolean(),
        fc.integer(),
        async (size, offset, share, finite, salt) => {
          const next = random(salt)
          const args = mapArrays(sample(size, salt), (array) =>
            shifted(spice(array, share, next, finite || !exact), offset),
          )
          const expected = await outcome(() => truth(...args))
          expectSame(await outcome(() => kernel.sync(...args)), expected)
          expectSame(await outcome(() => kernel(...args)), expected)
        },
      ),
      { seed: SEED, numRuns: runs(thorough) },
    )
  })

  // What an ordinary run leaves to CI's full one: other element types, and each number of threads on both faces.
  let counts = ALL ? (thorough ? [1, 2, 3, 7] : [1, 7]) : thorough ? [1, 3, 7] : NUMBERS ? [7] : []
  if (native === undefined) counts = counts.slice(-1) // a call in JavaScript has one thread
  const law = async (): Promise<void> => {
    const args = mapArrays(sample(LARGE, 5), (array) => spice(array, 0.001, random(6), true))
    const [inputs, options] = split(definition, args)
    const expected = await outcome(() => truth(...args))
    for (const threads of counts) {
      expectSame(await outcome(() => kernel(...inputs, { ...options, threads })), expected, `${threads} threads`)
      if (!ALL && threads < 7) continue
      const blocking = await outcome(() => kernel.sync(...inputs, { ...options, threads }))
      expectSame(blocking, expected, `${threads} threads, sync`)
    }
    if (!thorough) return
    const before = info().threads
    configure({ threads: 7 })
    expectSame(await outcome(() => kernel(...args)), expected, 'configured 7 threads')
    configure({ threads: before })
  }
  if (counts.length > 0) it('gives the same bits on any number of threads', law)

  if (!thorough) return

  // What the laws below take that do not look at numbers: making it takes longer than most kernels.
  let made: readonly unknown[] | undefined
  const large = () => (made ??= sample(LARGE, 8))
  afterAll(() => void (made = undefined))

  it('takes SharedArrayBuffers, and leaves inputs unchanged', async () => {
    const args = mapArrays(sample(50_000, 7), (array) => {
      const shared = new (array.constructor as new (b: SharedArrayBuffer) => Float64Array)(
        new SharedArrayBuffer(array.byteLength),
      )
      shared.set(array as Float64Array)
      return shared as unknown as Typed
    })
    const before = bits(args.slice(0, definition.arity))
    const expected = truth(...args)
    expectSame(await kernel(...args), expected)
    expectSame(kernel.sync(...args), expected)
    expect(bits(args.slice(0, definition.arity))).toBe(before)
  })

  it('rejects with the reason when the signal is aborted already, and starts nothing', async () => {
    const [inputs, options] = split(definition, large())
    const reason = new Error('never mind')
    const before = native?.stats().grains
    await expect(kernel(...inputs, { ...options, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(native?.stats().grains).toBe(before)
  })

  it('stops when aborted on the way: grains ran, grains remained', async () => {
    const [inputs, options] = split(definition, large())
    const controller = new AbortController()
    const reason = new Error('enough')
    const promise = kernel(...inputs, { ...options, threads: 1, signal: controller.signal })
    controller.abort(reason)
    await expect(promise).rejects.toBe(reason)
    if (native === undefined) return
    // What it would have run, against what ran after the abort: at most one grain per thread.
    const stopped = native.stats().grains
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(native.stats().grains).toBe(stopped)
    await kernel(...inputs, { ...options, threads: 1 })
    expect(native.stats().grains - stopped).toBeGreaterThan(1)
  })

  it('reports progress that rises to 1', async () => {
    const [inputs, options] = split(definition, large())
    const seen: number[] = []
    await kernel(...inputs, { ...options, onProgress: (fraction: number) => seen.push(fraction) })
    expect(seen.at(-1)).toBe(1)
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
    for (const face of [kernel, kernel.sync]) {
      const small: number[] = []
      const [few, rest] = split(definition, sample(3, 11))
      await face(...few, { ...rest, onProgress: (fraction: number) => small.push(fraction) })
      expect(small.at(-1)).toBe(1)
      expect(small).toEqual([...new Set(small)].sort((a, b) => a - b))
    }
  })

  it('gives results that can be transferred', async () => {
    const result = await kernel(...large())
    const before = structuredClone(result)
    const buffers = new Set<ArrayBuffer>()
    const collect = (value: unknown): void => {
      if (ArrayBuffer.isView(value)) buffers.add(value.buffer as ArrayBuffer)
      else if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect)
    }
    collect(result)
    const moved = structuredClone(result, { transfer: [...buffers] })
    expectSame(moved, before)
    for (const buffer of buffers) expect(buffer.byteLength).toBe(0)
  })

  it('answers a hundred calls at once', async () => {
    const args = sample(3000, 13)
    const expected = truth(...args)
    const results = await Promise.all(Array.from({ length: 100 }, () => kernel(...args)))
    for (const result of results) expectSame(result, expected)
  })
}
