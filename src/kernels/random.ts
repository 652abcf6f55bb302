import { bytesOf, type Dtype, type Float, type TypedArray } from '../base/dtypes.js'
import { wrongShape, wrongType, wrongValue } from '../base/errors.js'
import {
  type Options,
  readArray,
  readBoolean,
  readChoice,
  readFinite,
  readInteger,
  readOut,
} from '../core/arguments.js'
import { type AsyncOptions, type Callable, defineKernel, instancesOf, type SyncOptions } from '../core/define.js'
import {
  drawKey,
  highOf,
  lowOf,
  type Numbered,
  readKey,
  readOffset,
  remember,
  type Source,
  sourceOf,
} from '../core/numbered.js'
import { uniformArray } from '../core/samples.js'
import type { Call, Outputs, OutValue, Value } from '../engine/values.js'
import { chooseTwin, floatsTwin, integersTwin, longsTwin, permuteTwin } from './random.twin.js'

export interface UniformOptions {
  /** The least number. Default: 0. */
  low?: number | undefined
  /** The bound, itself left out but for rounding: `low + (high - low) · u` with u < 1. Default: 1. */
  high?: number | undefined
}
export interface NormalOptions {
  /** The mean. Default: 0. */
  loc?: number | undefined
  /** The standard deviation, not negative. Default: 1. */
  scale?: number | undefined
}
export interface ExponentialOptions {
  /** The mean, not negative. Default: 1. */
  scale?: number | undefined
}
export interface IntegerOptions<N = number> {
  /** The least integer. Default: 0. */
  low?: N | undefined
  /** The bound, itself left out. */
  high: N
}
export interface ChoiceOptions {
  /** Whether a position may be chosen more than once. Default: true. */
  replace?: boolean | undefined
  /**
   * How likely each position is, relative to the others: a Float64Array of `population` finite numbers, none
   * negative; not with `replace: false`. Default: all alike.
   */
  p?: Float64Array | undefined
}

type None = { out?: undefined }
type F64 = None & { dtype?: 'f64' | undefined }
type F32 = None & { dtype: 'f32' }
type I32 = None & { dtype?: 'i32' | undefined }
type U32 = None & { dtype: 'u32' }
type I64 = None & { dtype: 'i64' }
type Given<O> = { out: O; dtype?: undefined }
type Doubles = Float64Array<ArrayBuffer>
type Singles = Float32Array<ArrayBuffer>
type Positions = Uint32Array<ArrayBuffer>

/** `size` floats; `dtype: 'f32'` gives a Float32Array. `X`: the function's own options. */
export interface RandomFloats<X> {
  (size: number, options?: AsyncOptions & X & F64): Promise<Doubles>
  (size: number, options: AsyncOptions & X & F32): Promise<Singles>
  <O extends Float>(size: number, options: AsyncOptions & X & Given<O>): Promise<O>
  /** On native threads; blocks the caller until the numbers are there. */
  sync(size: number, options?: SyncOptions & X & F64): Doubles
  sync(size: number, options: SyncOptions & X & F32): Singles
  sync<O extends Float>(size: number, options: SyncOptions & X & Given<O>): O
  /** Blocks this thread: the same in plain JavaScript. */
  js(size: number, options?: X & F64): Doubles
  js(size: number, options: X & F32): Singles
  js<O extends Float>(size: number, options: X & Given<O>): O
}

/** `size` integers: an Int32Array, or what `dtype` says. `X`: options besides the bounds. */
export interface RandomIntegers<X> {
  (size: number, options: AsyncOptions & X & IntegerOptions & I32): Promise<Int32Array<ArrayBuffer>>
  (size: number, options: AsyncOptions & X & IntegerOptions & U32): Promise<Positions>
  (size: number, options: AsyncOptions & X & IntegerOptions<number | bigint> & I64): Promise<BigInt64Array<ArrayBuffer>>
  <O extends Int32Array | Uint32Array>(size: number, options: AsyncOptions & X & IntegerOptions & Given<O>): Promise<O>
  <O extends BigInt64Array>(
    size: number,
    options: AsyncOptions & X & IntegerOptions<number | bigint> & Given<O>,
  ): Promise<O>
  /** On native threads; blocks the caller until the integers are there. */
  sync(size: number, options: SyncOptions & X & IntegerOptions & I32): Int32Array<ArrayBuffer>
  sync(size: number, options: SyncOptions & X & IntegerOptions & U32): Positions
  sync(size: number, options: SyncOptions & X & IntegerOptions<number | bigint> & I64): BigInt64Array<ArrayBuffer>
  sync<O extends Int32Array | Uint32Array>(size: number, options: SyncOptions & X & IntegerOptions & Given<O>): O
  sync<O extends BigInt64Array>(size: number, options: SyncOptions & X & IntegerOptions<number | bigint> & Given<O>): O
  /** Blocks this thread: the same in plain JavaScript. */
  js(size: number, options: X & IntegerOptions & I32): Int32Array<ArrayBuffer>
  js(size: number, options: X & IntegerOptions & U32): Positions
  js(size: number, options: X & IntegerOptions<number | bigint> & I64): BigInt64Array<ArrayBuffer>
  js<O extends Int32Array | Uint32Array>(size: number, options: X & IntegerOptions & Given<O>): O
  js<O extends BigInt64Array>(size: number, options: X & IntegerOptions<number | bigint> & Given<O>): O
}

/** A permutation of 0 … population − 1. */
export interface Permutation<X> {
  (population: number, options?: AsyncOptions & X & None): Promise<Positions>
  <O extends Uint32Array>(population: number, options: AsyncOptions & X & { out: O }): Promise<O>
  /** On native threads; blocks the caller until it is there. */
  sync(population: number, options?: SyncOptions & X & None): Positions
  sync<O extends Uint32Array>(population: number, options: SyncOptions & X & { out: O }): O
  /** Blocks this thread: the same in plain JavaScript. */
  js(population: number, options?: X & None): Positions
  js<O extends Uint32Array>(population: number, options: X & { out: O }): O
}

/** `size` positions out of 0 … population − 1. */
export interface Choice<X> {
  (population: number, size: number, options?: AsyncOptions & X & None): Promise<Positions>
  <O extends Uint32Array>(population: number, size: number, options: AsyncOptions & X & { out: O }): Promise<O>
  /** On native threads; blocks the caller until the positions are there. */
  sync(population: number, size: number, options?: SyncOptions & X & None): Positions
  sync<O extends Uint32Array>(population: number, size: number, options: SyncOptions & X & { out: O }): O
  /** Blocks this thread: the same in plain JavaScript. */
  js(population: number, size: number, options?: X & None): Positions
  js<O extends Uint32Array>(population: number, size: number, options: X & { out: O }): O
}

/** The functions; `N`: the options that name the numbers. */
interface Functions<N> {
  /**
   * Uniform numbers in [low, high). Float64Array: multiples of 2⁻⁵³ in [0, 1), times high − low, plus low.
   * Float32Array: multiples of 2⁻²⁴, scaled in f64 and rounded once; numbers of their own. See `random`.
   */
  readonly uniform: RandomFloats<N & UniformOptions>
  /**
   * Normal numbers, by Box and Muller from 128 bits a pair: tails reach 9.4 standard deviations. A Float32Array holds
   * the same numbers, rounded. See `random`.
   */
  readonly normal: RandomFloats<N & NormalOptions>
  /**
   * Exponential numbers, −log(u) from 64 bits: they reach 44 times their mean. A Float32Array holds the same numbers,
   * rounded. See `random`.
   */
  readonly exponential: RandomFloats<N & ExponentialOptions>
  /**
   * Integers in [low, high), `high` at most 2³¹ (i32), 2³² (u32) or 2⁶³ (i64). Every one has its probability but for
   * less than 2⁻⁶⁴ (i64: 2⁻¹²⁸): the upper part of a product, without a rejection, which would need more words now and
   * then. See `random`.
   */
  readonly integers: RandomIntegers<N>
  /**
   * A permutation of 0 … population − 1, each as likely as any other, as a Uint32Array; population below 2³². It uses
   * `population` numbers of its stream. See `random`.
   */
  readonly permutation: Permutation<N>
  /**
   * `size` positions out of 0 … population − 1, as a Uint32Array; population below 2³². With replacement: the integers
   * that `random.integers` gives, or by the weights `p`. Without: the beginning of `random.permutation(population)`,
   * in its memory only as long as itself; it uses `population` numbers of its stream. See `random`.
   */
  readonly choice: Choice<N & ChoiceOptions>
}

/** A stream that goes on where its last call ended. `key` names it, `offset` its next number. */
export interface RandomGenerator extends Functions<unknown> {
  readonly key: number | bigint
  readonly offset: number
}

/**
 * Random numbers that are named by `{ key, offset }`: element i of a call is number `offset` + i of the function's
 * stream under the key, and depends on nothing else. The same bits on every CPU, for any number of threads, and as
 * `.js`. So a stream can be continued or split at will:
 * `uniform(2n, { key })` is `uniform(n, { key })` followed by `uniform(n, { key, offset: n })`.
 * Every function has a stream of its own under a key, and so has a Float32Array of uniform numbers; different keys give
 * unrelated numbers, also 0, 1, 2, …
 *
 * Without a key, one is drawn from the operating system; `random.sourceOf(result)` gives it. `random.generator()`
 * draws one, names it, and counts. Not for secrets: a key of 64 bits can be found.
 *
 * `out`: an array of the result's length, filled instead of a fresh one. They throw TypeError (ERR_OFFLOOP_ARG_TYPE)
 * and RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE).
 *
 * @example
 * const x = await random.normal(1_000_000, { key: 42 })
 * const rng = random.generator()
 * const [a, b] = await Promise.all([rng.uniform(1000), rng.integers(1000, { high: 6 })]) // of rng.key
 *
 * Source: Philox 4x32-10 of J. Salmon, M. Moraes, R. Dror and D. Shaw, Parallel Random Numbers: As Easy as 1, 2, 3,
 * SC 2011; the rest is named in native/kernels/random.cpp.
 */
export interface Random extends Functions<Numbered> {
  /** A key of 53 bits, drawn from the operating system. */
  key(): number
  /** The key and offset of a result whose key was drawn; undefined for any other array. */
  sourceOf(result: TypedArray): Source | undefined
  /** The functions of `random`, each call going on where the last one ended, in the order of the calls. */
  generator(options?: Numbered): RandomGenerator
}

const KINDS = ['uniform', 'normal', 'exponential'] as const
const FLOATS = ['f64', 'f32'] as const
const INTEGERS = ['i32', 'u32', 'i64'] as const
const MOST = 2 ** 32 - 1

function firstArray(outputs: Outputs): TypedArray {
  return outputs.arrays[0]!
}
/** What a call gives: its array, remembered where its key was drawn. */
function finishOf(given: unknown, key: number | bigint, offset: number): (outputs: Outputs) => TypedArray {
  return given === undefined ? (outputs) => remember(firstArray(outputs), { key, offset }) : firstArray
}

function readDtype<D extends Dtype>({ dtype, out }: Options, dtypes: readonly D[]): D {
  if (dtype !== undefined) return dtypes[readChoice('dtype', dtype, dtypes)]!
  return out === undefined ? dtypes[0]! : (readArray('out', out, dtypes) as D)
}
function readSize(value: unknown): number {
  return readInteger('size', value, 0, Number.MAX_SAFE_INTEGER)
}
const integer = (value: number): Value => ({ kind: 'integer', value })

/** Nanoseconds of a call on one thread. */
function workOf(length: number, dtype: Dtype, ns: number): number {
  const bytes = bytesOf(dtype)
  return 500 + length * (ns + bytes * (length * bytes > 1.5e6 ? 0.1 : 0.03))
}

interface Distribution {
  readonly summary: string
  readonly options: readonly string[]
  /** What an element is multiplied by, and what is added then. */
  readonly linear: (options: Options) => { shift: number; scale: number }
  /** Nanoseconds per element on one thread, as f64 and as f32. */
  readonly ns: readonly [number, number]
  readonly tiny: number
}

function defineFloats<X>(kind: (typeof KINDS)[number], distribution: Distribution): RandomFloats<Numbered & X> {
  const index = KINDS.indexOf(kind)
  const { summary, options: own, linear, ns, tiny } = distribution
  return defineKernel<RandomFloats<Numbered & X> & Callable>({
    name: `random.${kind}`,
    native: 'random',
    summary,
    agreement: 'exact',
    arity: 1,
    options: [...own, 'key', 'offset', 'dtype', 'out'],
    instances: instancesOf(FLOATS, 'enum:3 number number integer integer integer out:$'),
    check([value], options) {
      const length = readSize(value)
      const dtype = readDtype(options, FLOATS)
      const key = options.key === undefined ? drawKey() : readKey(options.key)
      const offset = readOffset(options, length)
      const { shift, scale } = linear(options)
      return {
        instance: dtype,
        values: [
          { kind: 'enum', value: index },
          { kind: 'number', value: shift },
          { kind: 'number', value: scale },
          integer(lowOf(key)),
          integer(highOf(key)),
          integer(offset),
          { kind: 'out', dtype, length, array: readOut('out', options.out, dtype, length, [], false) },
        ],
        work: workOf(length, dtype, ns[dtype === 'f64' ? 0 : 1]),
        tiny: length <= tiny,
        finish: finishOf(options.key, key, offset),
      }
    },
    twin: floatsTwin,
    samples: (dtype, size, random) => [size, { dtype, key: keyOf(random), offset: Math.floor(random() * 1e6) }],
    traffic: trafficOf,
  })
}

/** A key of up to 64 bits for samples. */
function keyOf(random: () => number): bigint {
  return BigInt(Math.floor(random() * 2 ** 32)) * 2n ** 32n + BigInt(Math.floor(random() * 2 ** 32))
}

function trafficOf({ values }: Call): { bytes: number } {
  const { dtype, length } = values.at(-1)!.kind === 'out' ? (values.at(-1) as OutValue) : (values.at(-2) as OutValue)
  return { bytes: length * bytesOf(dtype) }
}

const uniform = /* @__PURE__ */ defineFloats<UniformOptions>('uniform', {
  summary: 'Uniform random numbers, named by key and offset',
  options: ['low', 'high'],
  linear({ low: least, high: bound }) {
    const low = least === undefined ? 0 : readFinite('low', least)
    const high = bound === undefined ? Math.max(1, low) : readFinite('high', bound, low)
    if (!Number.isFinite(high - low)) throw wrongValue('high', 'a finite distance from `low`', high)
    return { shift: low, scale: high - low }
  },
  ns: [1.2, 1],
  tiny: 12,
})

const normal = /* @__PURE__ */ defineFloats<NormalOptions>('normal', {
  summary: 'Normal random numbers, named by key and offset',
  options: ['loc', 'scale'],
  linear: ({ loc, scale }) => ({
    shift: loc === undefined ? 0 : readFinite('loc', loc),
    scale: scale === undefined ? 1 : readFinite('scale', scale, 0),
  }),
  ns: [3, 3.4],
  tiny: 8,
})

const exponential = /* @__PURE__ */ defineFloats<ExponentialOptions>('exponential', {
  summary: 'Exponential random numbers, named by key and offset',
  options: ['scale'],
  linear: ({ scale }) => ({ shift: 0, scale: scale === undefined ? 1 : readFinite('scale', scale, 0) }),
  ns: [3, 3.4],
  tiny: 8,
})

const LIMITS = { i32: [-(2 ** 31), 2 ** 31], u32: [0, 2 ** 32], i64: [-(2n ** 63n), 2n ** 63n] } as const

function readBigint(name: string, value: unknown, least: bigint, most: bigint): bigint {
  const expected = `a whole number from ${least} to ${most}`
  if (typeof value !== 'bigint' && typeof value !== 'number') throw wrongType(name, expected, value)
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw wrongValue(name, expected, value)
  const whole = BigInt(value)
  if (whole < least || whole > most) throw wrongValue(name, expected, value)
  return whole
}

/** The bounds as numbers for the kernel: low and high − 1 − low, of i64 in halves. */
function readBounds(dtype: (typeof INTEGERS)[number], { low: least, high: bound }: Options): Value[] {
  if (dtype === 'i64') {
    const [from, to] = LIMITS.i64
    const low = least === undefined ? 0n : readBigint('low', least, from, to - 1n)
    const most = readBigint('high', bound, low + 1n, to) - 1n - low
    const bits = BigInt.asUintN(64, low)
    return [lowOf(bits), highOf(bits), lowOf(most), highOf(most)].map(integer)
  }
  const [from, to] = LIMITS[dtype]
  const low = least === undefined ? 0 : readInteger('low', least, from, to - 1)
  return [integer(low), integer(readInteger('high', bound, low + 1, to) - 1 - low)]
}

const integers = /* @__PURE__ */ defineKernel<RandomIntegers<Numbered> & Callable>({
  name: 'random.integers',
  native: 'random',
  summary: 'Random integers within bounds, named by key and offset',
  agreement: 'exact',
  arity: 1,
  options: ['low', 'high', 'key', 'offset', 'dtype', 'out'],
  instances: {
    ...instancesOf(['i32', 'u32'], 'integer integer integer integer integer out:$'),
    i64: 'integer integer integer integer integer integer integer out:i64',
  },
  check([value], options) {
    const length = readSize(value)
    const dtype = readDtype(options, INTEGERS)
    const key = options.key === undefined ? drawKey() : readKey(options.key)
    const offset = readOffset(options, length)
    return {
      instance: dtype,
      values: [
        ...readBounds(dtype, options),
        integer(lowOf(key)),
        integer(highOf(key)),
        integer(offset),
        { kind: 'out', dtype, length, array: readOut('out', options.out, dtype, length, [], false) },
      ],
      work: workOf(length, dtype, dtype === 'i64' ? 3.6 : 1.5),
      tiny: length <= (dtype === 'i64' ? 2 : 8),
      finish: finishOf(options.key, key, offset),
    }
  },
  twin(...values: number[]) {
    if (values.length === 8) longsTwin(...(values as unknown as Parameters<typeof longsTwin>))
    else integersTwin(...(values as unknown as Parameters<typeof integersTwin>))
  },
  samples(dtype, size, random) {
    const key = keyOf(random)
    const offset = Math.floor(random() * 1e6)
    if (dtype === 'i64') {
      const low = -BigInt(Math.floor(random() * 2 ** 52)) * 2048n
      return [size, { dtype, key, offset, low, high: low + 2n ** BigInt(1 + Math.floor(random() * 63)) }]
    }
    const [from, to] = LIMITS[dtype as 'i32' | 'u32']
    const low = Math.floor(from * random())
    return [size, { dtype, key, offset, low, high: Math.min(to, low + Math.ceil(2 ** (33 * random()))) }]
  },
  traffic: trafficOf,
})

/** Nanoseconds of a permutation on one thread. */
function workOfPermutation(population: number, size: number): number {
  if (population <= 16384) return 500 + population * 3.5
  return 20_000 + population * 3 + Math.min(size, population) * (population > 2 ** 20 ? 9 : 6)
}

const DISTINCT = 'integer integer integer integer out:u32'

const permutation = /* @__PURE__ */ defineKernel<Permutation<Numbered> & Callable>({
  name: 'random.permutation',
  native: 'random',
  summary: 'A random permutation of the first whole numbers, named by key and offset',
  agreement: 'exact',
  arity: 1,
  options: ['key', 'offset', 'out'],
  instances: { distinct: DISTINCT },
  check([value], options) {
    const population = readInteger('population', value, 0, MOST)
    const key = options.key === undefined ? drawKey() : readKey(options.key)
    const offset = readOffset(options, population)
    const array = readOut('out', options.out, 'u32', population, [], false)
    return {
      instance: 'distinct',
      values: [
        integer(population),
        integer(lowOf(key)),
        integer(highOf(key)),
        integer(offset),
        { kind: 'out', dtype: 'u32', length: population, array },
      ],
      work: workOfPermutation(population, population),
      tiny: population <= 12,
      finish: finishOf(options.key, key, offset),
    }
  },
  twin: permuteTwin,
  samples: (_, size, random) => [size, { key: keyOf(random), offset: Math.floor(random() * 1e6) }],
  traffic: trafficOf,
})

const choice = /* @__PURE__ */ defineKernel<Choice<Numbered & ChoiceOptions> & Callable>({
  name: 'random.choice',
  native: 'random',
  summary: 'Random positions, with or without replacement, alike or by weights, named by key and offset',
  agreement: 'exact',
  arity: 2,
  options: ['replace', 'p', 'key', 'offset', 'out'],
  instances: {
    u32: 'integer integer integer integer integer out:u32',
    distinct: DISTINCT,
    weights: 'in:f64 integer integer integer out:u32 result:f64',
  },
  check([value, count], options) {
    const length = readSize(count)
    const population = readInteger('population', value, length > 0 ? 1 : 0, MOST)
    const replace = readBoolean('replace', options.replace, true)
    const key = options.key === undefined ? drawKey() : readKey(options.key)
    const offset = readOffset(options, replace ? length : population)
    const { p } = options
    if (p !== undefined) {
      readArray('p', p, ['f64'])
      if ((p as Float64Array).length !== population) {
        throw wrongShape('p', `${population} elements`, `${(p as Float64Array).length}`)
      }
      if (!replace) throw wrongValue('replace', 'true where there are weights `p`', replace)
    }
    if (!replace && length > population) {
      throw wrongValue('size', `a whole number from 0 to the population, ${population},`, length)
    }
    const weights = p as Float64Array | undefined
    const array = readOut('out', options.out, 'u32', length, weights === undefined ? [] : [weights], false)
    const out: Value = { kind: 'out', dtype: 'u32', length, array }
    const source = [integer(lowOf(key)), integer(highOf(key)), integer(offset)]
    const finish = finishOf(options.key, key, offset)
    if (weights !== undefined) {
      return {
        instance: 'weights',
        values: [{ kind: 'in', array: weights }, ...source, out, { kind: 'result' }],
        work: 1500 + population * 4 + length * (4 + 0.7 * Math.log2(1 + population)),
        finish(outputs) {
          const total = outputs.f64[0]!
          if (length > 0 && !(total > 0)) {
            throw wrongValue('p', 'finite weights, none negative, with a finite sum above 0', total)
          }
          return finish(outputs)
        },
      }
    }
    if (!replace) {
      return {
        instance: 'distinct',
        values: [integer(population), ...source, out],
        work: workOfPermutation(population, length),
        tiny: population <= 12,
        finish,
      }
    }
    return {
      instance: 'u32',
      values: [integer(0), integer(Math.max(0, population - 1)), ...source, out],
      work: workOf(length, 'u32', 1.5),
      tiny: length <= 8,
      finish,
    }
  },
  twin(...values: unknown[]) {
    if (typeof values[0] !== 'number') chooseTwin(...(values as Parameters<typeof chooseTwin>))
    else if (values.length === 5) permuteTwin(...(values as Parameters<typeof permuteTwin>))
    else integersTwin(...(values as Parameters<typeof integersTwin>))
  },
  samples(dtype, size, random) {
    const source = { key: keyOf(random), offset: Math.floor(random() * 1e6) }
    if (dtype === 'u32') return [1 + Math.floor(random() * 2 ** 31), size, source]
    if (dtype === 'distinct') return [size, Math.floor(size * random()), { ...source, replace: false }]
    const population = 1 + Math.floor(random() * Math.min(size, 100_000))
    const p = uniformArray('f64', population, random, 0, 1) as Float64Array
    for (let i = 0; i < population; i += 3) p[i] = p[i]! > 0.5 ? 0 : p[i]! ** 4
    p[population - 1] = 0.25
    return [population, size, { ...source, p }]
  },
  traffic: trafficOf,
})

const NAMES = ['uniform', 'normal', 'exponential', 'integers', 'permutation', 'choice'] as const

/** How many numbers a call uses. */
function countOf(name: (typeof NAMES)[number], [first, size, options]: readonly unknown[]): number {
  const distinct = name !== 'choice' || (options as ChoiceOptions | undefined)?.replace === false
  const count = distinct ? first : size
  return Number.isSafeInteger(count) && (count as number) > 0 ? (count as number) : 0
}

function generatorOf(options: Numbered = {}): RandomGenerator {
  const key = options.key === undefined ? drawKey() : readKey(options.key)
  let offset = readOffset(options as Options, 0)
  const generator: Record<string, unknown> = {}
  for (const name of NAMES) {
    const kernel = random[name] as unknown as Callable
    const last = name === 'choice' ? 2 : 1
    const goingOn = (face: Callable | Callable['sync']) => {
      return (...args: unknown[]): unknown => {
        const given = { ...(args[last] as object | undefined), key, offset }
        const result: unknown = face(...Array.from({ length: last }, (_, i) => args[i]), given)
        offset += countOf(name, args)
        return result
      }
    }
    generator[name] = Object.assign(goingOn(kernel), { sync: goingOn(kernel.sync), js: goingOn(kernel.js) })
  }
  return Object.defineProperties(generator, {
    key: { value: key, enumerable: true },
    offset: { get: () => offset, enumerable: true },
  }) as unknown as RandomGenerator
}

export const random: Random = {
  uniform,
  normal,
  exponential,
  integers,
  permutation,
  choice,
  key: drawKey,
  sourceOf,
  generator: generatorOf,
}
