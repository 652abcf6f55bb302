import type { Dtype, TypedArray } from '../base/dtypes.js'
import { wrongValue } from '../base/errors.js'
import { readArray, readInteger } from '../core/arguments.js'
import { MAX_BINS, readWeights } from '../core/bins.js'
import { type AsyncOptions, defineKernel, instancesOf, type SyncOptions } from '../core/define.js'
import { randomArray } from '../core/samples.js'
import { tally } from './bins.twin.js'

type F64 = Float64Array<ArrayBuffer>
type Real = Exclude<TypedArray, BigInt64Array | BigUint64Array>
/** TypedArrays of whole numbers up to 32 bits. */
export type Whole32 = Exclude<Real, Float32Array | Float64Array>

export interface BincountOptions {
  /** Adds these up instead of counting: as many as there are elements. */
  weights?: Real | undefined
  /** The result has at least so many elements, 0 where nothing was counted. Default: 0. */
  minLength?: number | undefined
}

export interface Bincount {
  /**
   * How often each whole number occurs: result[k] is the number of elements equal to k, as `numpy.bincount`.
   *
   * Exact. Weights are added in f64, in an order that depends on lengths alone. The same bits on every CPU, for any
   * number of threads, and as `bincount.js`.
   *
   * @param x - TypedArray of whole numbers from 0 to 2²⁸ − 1, of any length
   * @param options - `weights`, `minLength`
   * @returns a Float64Array of max(x) + 1 elements, or of `minLength` if that is more
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE: a negative element, by its index, or one
   * of 2²⁸ or more; ERR_OFFLOOP_SHAPE)
   * @example
   * const sizes = await bincount(labels, { minLength: clusters })
   */
  (x: Whole32, options?: AsyncOptions & BincountOptions): Promise<F64>
  /** How often each whole number occurs, on native threads; blocks the caller until it is there. See `bincount`. */
  sync(x: Whole32, options?: SyncOptions & BincountOptions): F64
  /** Blocks this thread: how often each whole number occurs, in plain JavaScript. See `bincount`. */
  js(x: Whole32, options?: BincountOptions): F64
}

const DTYPES = ['i32', 'u32', 'i16', 'u16', 'i8', 'u8'] as const
const ALL: readonly Dtype[] = [...DTYPES, 'u8c']
// native/kernels/bincount.cpp has the same.
const NEGATIVE = 1
const TOO_LARGE = 2
const ABSENT = { kind: 'absent' } as const

function twin(
  x: Whole32,
  weights: Real | undefined,
  least: number,
  grow: (length: number) => Float64Array,
  { f64 }: { f64: Float64Array },
): void {
  f64[0] = 0
  let low = 0
  let high = -1
  for (let i = 0; i < x.length; i++) {
    const v = x[i]!
    if (v > high) high = v
    if (v < low) low = v
  }
  if (low < 0) {
    f64[0] = NEGATIVE
    f64[1] = (x as Int32Array).findIndex((v) => v < 0)
    f64[2] = x[f64[1]]!
    grow(0)
  } else if (Math.max(high + 1, least) > MAX_BINS) {
    f64[0] = TOO_LARGE
    f64[1] = high
    grow(0)
  } else {
    const counts = grow(Math.max(high + 1, least))
    if (weights === undefined) for (let i = 0; i < x.length; i++) counts[x[i]!]!++
    else tally(x.length, counts, weights, (i) => x[i]!)
  }
}

export const bincount: Bincount = /* @__PURE__ */ defineKernel<Bincount>({
  name: 'bincount',
  summary: 'How often each whole number occurs, or the sums of their weights',
  agreement: 'exact',
  arity: 1,
  options: ['weights', 'minLength'],
  instances: instancesOf(DTYPES, 'any any? integer grow:f64 result:f64'),
  check([x], options) {
    const dtype = readArray('x', x, ALL)
    const array = x as TypedArray
    const weights = readWeights(options.weights, array.length)
    const least = options.minLength === undefined ? 0 : readInteger('minLength', options.minLength, 0, MAX_BINS)
    return {
      instance: dtype === 'u8c' ? 'u8' : dtype,
      values: [
        { kind: 'any', array },
        weights === undefined ? ABSENT : { kind: 'any', array: weights },
        { kind: 'integer', value: least },
        { kind: 'grow', dtype: 'f64' },
        { kind: 'result' },
      ],
      tiny: array.length + least <= 128,
      work: 1000 + least + array.length * (weights !== undefined ? 2.2 : array.BYTES_PER_ELEMENT < 4 ? 0.6 : 1),
      finish({ arrays, f64 }) {
        if (f64[0] === NEGATIVE) throw wrongValue(`x[${f64[1]}]`, 'a whole number of at least 0', f64[2])
        if (f64[0] === TOO_LARGE) throw wrongValue('x', `elements below ${MAX_BINS}`, f64[1])
        return arrays[0]
      },
    }
  },
  twin,
  samples(dtype, size, random) {
    const x = randomArray(dtype as Dtype, size, random) as Whole32
    for (let i = 0; i < size; i++) x[i] = Math.abs(x[i]!) % 100
    return [x]
  },
  traffic: ({ values: [x] }) => ({ bytes: (x as { array: TypedArray }).array.byteLength }),
})
