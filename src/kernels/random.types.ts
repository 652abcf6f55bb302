/** What the random functions take and give. */
import type { Float, TypedArray } from '../base/dtypes.js'
import type { AsyncOptions, SyncOptions } from '../core/define.js'
import type { Numbered, Source } from '../core/numbered.js'

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
