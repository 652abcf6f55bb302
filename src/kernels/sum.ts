import type { Dtype, Real, TypedArray } from '../base/dtypes.js'
import { dtypeOf } from '../base/dtypes.js'
import { readArray } from '../core/arguments.js'
import { reduceBlocks } from '../core/blocks.js'
import { type AsyncOptions, defineKernel, instancesOf, type SyncOptions } from '../core/define.js'
import { randomArray } from '../core/samples.js'

export interface Sum {
  /**
   * Sum of all elements.
   *
   * Floats are added pairwise, in f64 also for f32, with an error of at most (16 + log2(n/16)) · 2⁻⁵³ · Σ|x|: no worse
   * than NumPy's. Integers are added exactly; the sum of 8- to 32-bit integers is rounded once, to the nearest f64,
   * which matters beyond 2⁵³ only. BigInt arrays give the exact bigint, which may exceed 64 bits.
   * The same bits on every CPU, for any number of threads, and as `sum.js`.
   *
   * @param x - TypedArray of any length; the sum of no elements is 0
   * @returns a number; a bigint for BigInt64Array and BigUint64Array
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE) if `x` is not a TypedArray
   * @example
   * const total = await sum(new Float64Array([0.1, 0.2, 0.3]))
   *
   * Source: pairwise summation, N. Higham, The accuracy of floating point summation, SIAM J. Sci. Comput. 14 (1993).
   */
  (x: Real, options?: AsyncOptions): Promise<number>
  /** Sum of all elements of a BigInt array: exact, as a bigint. */
  (x: BigInt64Array | BigUint64Array, options?: AsyncOptions): Promise<bigint>
  /** Sum of all elements, on native threads; blocks the caller until it is there. See `sum`. */
  sync(x: Real, options?: SyncOptions): number
  /** Sum of all elements of a BigInt array, blocking: exact, as a bigint. */
  sync(x: BigInt64Array | BigUint64Array, options?: SyncOptions): bigint
  /** Blocks this thread: the sum in plain JavaScript, with the same bits. See `sum`. */
  js(x: Real): number
  /** Blocks this thread: the exact sum of a BigInt array in plain JavaScript. */
  js(x: BigInt64Array | BigUint64Array): bigint
}

const FLOATS = ['f64', 'f32'] as const
const SMALL = ['i8', 'u8', 'i16', 'u16', 'i32', 'u32'] as const
const LONGS = ['i64', 'u64'] as const
const ALL: readonly Dtype[] = [...FLOATS, ...SMALL, 'u8c', ...LONGS]

// native/kernels/sum.cpp has the same four.
const LANES = 16
const RUN = 256
const BLOCK = 16384
const LEVELS = 7

/** Nanoseconds of a call on one thread, measured: per byte from L2, L3 and memory, and per element at least. */
function estimate(bytes: number, elements: number): number {
  const perByte = bytes < 2e6 ? 0.02 : bytes < 12e6 ? 0.038 : 0.075
  return 700 + Math.max(bytes * perByte, elements * 0.05)
}

const counter = new Float64Array(LANES * LEVELS)
const lanes = new Float64Array(LANES)

/** One block: runs of 256 elements in 16 lanes, joined lane by lane like a binary counter. */
function sumBlock(x: Float64Array | Float32Array, begin: number, end: number): number {
  let runs = 0
  for (let at = begin; at < end; at += RUN) {
    const stop = Math.min(at + RUN, end)
    const whole = stop - ((stop - at) % LANES)
    let a0 = 0,
      a1 = 0,
      a2 = 0,
      a3 = 0,
      a4 = 0,
      a5 = 0,
      a6 = 0,
      a7 = 0
    let b0 = 0,
      b1 = 0,
      b2 = 0,
      b3 = 0,
      b4 = 0,
      b5 = 0,
      b6 = 0,
      b7 = 0
    for (let i = at; i < whole; i += LANES) {
      a0 += x[i]!
      a1 += x[i + 1]!
      a2 += x[i + 2]!
      a3 += x[i + 3]!
      a4 += x[i + 4]!
      a5 += x[i + 5]!
      a6 += x[i + 6]!
      a7 += x[i + 7]!
      b0 += x[i + 8]!
      b1 += x[i + 9]!
      b2 += x[i + 10]!
      b3 += x[i + 11]!
      b4 += x[i + 12]!
      b5 += x[i + 13]!
      b6 += x[i + 14]!
      b7 += x[i + 15]!
    }
    lanes[0] = a0
    lanes[1] = a1
    lanes[2] = a2
    lanes[3] = a3
    lanes[4] = a4
    lanes[5] = a5
    lanes[6] = a6
    lanes[7] = a7
    lanes[8] = b0
    lanes[9] = b1
    lanes[10] = b2
    lanes[11] = b3
    lanes[12] = b4
    lanes[13] = b5
    lanes[14] = b6
    lanes[15] = b7
    for (let i = whole; i < stop; i++) lanes[i - whole]! += x[i]!
    let level = 0
    for (; (runs >> level) & 1; level++) {
      for (let l = 0; l < LANES; l++) lanes[l] = counter[level * LANES + l]! + lanes[l]!
    }
    counter.set(lanes, level * LANES)
    runs++
  }
  let any = false
  for (let level = 0; level < LEVELS; level++) {
    if (!((runs >> level) & 1)) continue
    for (let l = 0; l < LANES; l++) {
      lanes[l] = any ? counter[level * LANES + l]! + lanes[l]! : counter[level * LANES + l]!
    }
    any = true
  }
  for (let half = LANES / 2; half > 0; half >>= 1) {
    for (let l = 0; l < half; l++) lanes[l] = lanes[l]! + lanes[l + half]!
  }
  return lanes[0]!
}

// A block of 32-bit integers sums below 2^46, exactly; the blocks are added as a pair of doubles below 2^53 each.
const SPLIT = 2 ** 32

function sumIntegers(x: Exclude<Real, Float32Array | Float64Array>): number {
  let high = 0
  let low = 0
  for (let begin = 0; begin < x.length; begin += BLOCK) {
    const end = Math.min(begin + BLOCK, x.length)
    let total = 0
    for (let i = begin; i < end; i++) total += x[i]!
    const carry = Math.floor((low + total) / SPLIT)
    low = low + total - carry * SPLIT
    high += carry
  }
  return Number(BigInt(high) * BigInt(SPLIT) + BigInt(low)) // rounds once, to nearest even
}

function sumLongs(x: BigInt64Array | BigUint64Array): bigint {
  let total = 0n
  for (let i = 0; i < x.length; i++) total += x[i]!
  return total
}

function twin(x: TypedArray, result: { f64: Float64Array; i64: BigInt64Array }): void {
  const dtype = dtypeOf(x)
  if (dtype === 'f64' || dtype === 'f32') {
    const floats = x as Float64Array | Float32Array
    result.f64[0] =
      reduceBlocks(
        x.length,
        BLOCK,
        (begin, end) => sumBlock(floats, begin, end),
        (a, b) => a + b,
      ) ?? 0
  } else if (dtype === 'i64' || dtype === 'u64') {
    const total = sumLongs(x as BigInt64Array)
    result.i64[0] = total >> 32n
    result.i64[1] = total & 0xffffffffn
  } else {
    result.f64[0] = sumIntegers(x as Int32Array)
  }
}

const number = (outputs: { f64: Float64Array }): number => outputs.f64[0]!
const bigint = (outputs: { i64: BigInt64Array }): bigint => (outputs.i64[0]! << 32n) + outputs.i64[1]!

export const sum: Sum = /* @__PURE__ */ defineKernel<Sum>({
  name: 'sum',
  summary: 'Sum of all elements: pairwise for floats, exact for integers',
  agreement: 'exact',
  arity: 1,
  options: [],
  instances: {
    ...instancesOf(FLOATS, 'in:$ result:f64'),
    ...instancesOf(SMALL, 'in:$ result:f64'),
    ...instancesOf(LONGS, 'in:$ result:i64'),
  },
  check([x]) {
    const dtype = readArray('x', x, ALL)
    const array = x as TypedArray
    const long = dtype === 'i64' || dtype === 'u64'
    return {
      instance: dtype === 'u8c' ? 'u8' : dtype,
      values: [{ kind: 'in', array }, { kind: 'result' }],
      work: estimate(array.byteLength, array.length),
      finish: long ? bigint : number,
    }
  },
  twin,
  samples: (dtype, size, random) => [randomArray(dtype as Dtype, size, random)],
  traffic: ({ values: [x] }) => ({ bytes: (x as { array: TypedArray }).array.byteLength }),
})
