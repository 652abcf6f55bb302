import { constructorOf, type Dtype, type Same, type Sortable, type TypedArray } from '../base/dtypes.js'
import { wrongType } from '../base/errors.js'
import { readArray, readChoice, readOut } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, instancesOf, type SyncOptions } from '../core/define.js'
import { ORDERED, refuseLong } from '../core/order.js'
import { randomArray } from '../core/samples.js'

export interface SearchsortedOptions {
  /** Before the elements that equal the value ('left', the default), or after them. */
  side?: 'left' | 'right' | undefined
}

/** One value for an array of type T. */
export type ValueOf<T> = T extends BigInt64Array | BigUint64Array ? bigint : number

type Fresh = SearchsortedOptions & { out?: undefined }
type Given<O> = SearchsortedOptions & { out: O }

export interface Searchsorted {
  /**
   * Where values belong in a sorted array, as `numpy.searchsorted(sorted, values, side)`: with 'left' as many elements
   * of `sorted` are smaller, with 'right' as many are smaller or equal. −0 equals +0; NaN comes after all else.
   *
   * Exact: the same positions as `searchsorted.js` on every CPU and any number of threads, also where `sorted` is not
   * in order (which is not looked at). An aborted call leaves `out` unspecified.
   *
   * @param sorted - Float64Array, Float32Array, Int32Array, Uint32Array, BigInt64Array or BigUint64Array in ascending
   *   order, NaN last (as `sort` leaves it), of at most 2³² − 1 elements
   * @param values - an array of the same type, or one number (bigint); a number may have any value, also one that the
   *   type of `sorted` cannot hold
   * @param options - `side`; `out`: a Uint32Array of the length of `values`, apart from both
   * @returns a fresh Uint32Array, or `out`; for one value a number
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
   * @example
   * const at = await searchsorted(new Float64Array([10, 20, 30]), 25) // 2
   *
   * Source: branch-free binary search (Knuth, The Art of Computer Programming 3, 6.2.1, uniform binary search).
   */
  <T extends Sortable>(sorted: T, values: Same<T>, options?: AsyncOptions & Fresh): Promise<Uint32Array<ArrayBuffer>>
  /** The position of one value. See `searchsorted(sorted, values)`. */
  <T extends Sortable>(sorted: T, value: ValueOf<T>, options?: AsyncOptions & Fresh): Promise<number>
  /** The positions, written to `out`. See `searchsorted(sorted, values)`. */
  <T extends Sortable, O extends Uint32Array>(sorted: T, values: Same<T>, options: AsyncOptions & Given<O>): Promise<O>
  /** The positions, on native threads; blocks the caller until they are there. See `searchsorted`. */
  sync<T extends Sortable>(sorted: T, values: Same<T>, options?: SyncOptions & Fresh): Uint32Array<ArrayBuffer>
  /** The position of one value, blocking. See `searchsorted`. */
  sync<T extends Sortable>(sorted: T, value: ValueOf<T>, options?: SyncOptions & Fresh): number
  /** Into `out`, blocking. See `searchsorted`. */
  sync<T extends Sortable, O extends Uint32Array>(sorted: T, values: Same<T>, options: SyncOptions & Given<O>): O
  /** Blocks this thread: the same in plain JavaScript. See `searchsorted`. */
  js<T extends Sortable>(sorted: T, values: Same<T>, options?: Fresh): Uint32Array<ArrayBuffer>
  /** Blocks this thread: the position of one value. See `searchsorted`. */
  js<T extends Sortable>(sorted: T, value: ValueOf<T>, options?: Fresh): number
  /** Blocks this thread: into `out`. See `searchsorted`. */
  js<T extends Sortable, O extends Uint32Array>(sorted: T, values: Same<T>, options: Given<O>): O
}

const SIDES = ['left', 'right'] as const
const STRIDE = 64

/** How many of `size` elements, every `step`-th from `first` on, lie before a value. */
function count(x: Float64Array, first: number, size: number, step: number, value: number, right: boolean): number {
  let found = 0
  let rest = size
  while (rest > 1) {
    const half = rest >>> 1
    const probe = x[first + (found + half - 1) * step]!
    if (right ? probe <= value : probe < value) found += half
    rest -= half
  }
  if (rest === 1) {
    const probe = x[first + found * step]!
    if (right ? probe <= value : probe < value) found++
  }
  return found
}

function locate(x: Float64Array, value: number, right: boolean): number {
  const block = STRIDE * count(x, STRIDE - 1, Math.floor(x.length / STRIDE), STRIDE, value, right)
  return block + count(x, block, Math.min(STRIDE, x.length - block), 1, value, right)
}

// The arrays may be of any type: bigints compare like numbers.
function twin(x: Float64Array, values: Float64Array, right: boolean, out: Uint32Array): void {
  const nan = right ? x.length : locate(x, Number.POSITIVE_INFINITY, true)
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    // Only NaN differs from itself; Number.isNaN would not take a bigint for a number.
    out[i] = Number.isNaN(value) ? nan : locate(x, value, right)
  }
}

/** The range of integer types. */
const RANGES: Readonly<Record<string, readonly [number | bigint, number | bigint]>> = {
  i32: [-(2 ** 31), 2 ** 31 - 1],
  u32: [0, 2 ** 32 - 1],
  i64: [-(2n ** 63n), 2n ** 63n - 1n],
  u64: [0n, 2n ** 64n - 1n],
}

/** One value as an array of the type, and the side that answers the same for it: as many elements lie before. */
function readOne(dtype: Dtype, value: unknown, right: boolean): [TypedArray, boolean] {
  const array = new (constructorOf(dtype))(1)
  const big = dtype === 'i64' || dtype === 'u64'
  if (typeof value !== (big ? 'bigint' : 'number')) {
    throw wrongType('values', `an array of the type of \`sorted\` or a ${big ? 'bigint' : 'number'}`, value)
  }
  const range = RANGES[dtype]
  if (range !== undefined) {
    const [least, most] = range
    let whole = value as number | bigint
    if (typeof whole === 'number') whole = Number.isNaN(whole) ? Infinity : right ? Math.floor(whole) : Math.ceil(whole)
    if (whole < least) [array[0], right] = [least as number, false]
    else if (whole > most) [array[0], right] = [most as number, true]
    else array[0] = whole as number
    return [array, right]
  }
  array[0] = value as number
  if (dtype === 'f32') {
    // The largest float that is not above the value, or the smallest that is not below.
    const rounded = array[0] as number
    const next = right ? rounded > (value as number) : rounded < (value as number)
    if (next) {
      const bits = new Int32Array(array.buffer)
      // Away from zero adds to the bits; a rounded zero becomes the tiniest float of the value's sign.
      if (rounded === 0) bits[0] = right ? -0x7fffffff : 1
      else bits[0]! += right === rounded > 0 ? -1 : 1
    }
  }
  return [array, right]
}

export const searchsorted: Searchsorted = /* @__PURE__ */ defineKernel<Searchsorted>({
  name: 'searchsorted',
  summary: 'Where values belong in a sorted array, left or right of equal ones',
  agreement: 'exact',
  arity: 2,
  options: ['side', 'out'],
  instances: instancesOf(ORDERED, 'in:$ in:$ boolean out:u32'),
  check([sorted, values], options) {
    const dtype = readArray('sorted', sorted, ORDERED)
    const array = sorted as TypedArray
    refuseLong('sorted', array)
    let right = options.side !== undefined && readChoice('side', options.side, SIDES) === 1
    const one = typeof values === 'number' || typeof values === 'bigint'
    let wanted = values as TypedArray
    if (!one) readArray('values', values, [dtype])
    else if (options.out !== undefined) throw wrongType('values', 'an array (with `out`)', values)
    else [wanted, right] = readOne(dtype, values, right)
    const { length } = wanted
    const out = one ? undefined : readOut('out', options.out, 'u32', length, [array, wanted], false)
    return {
      instance: dtype,
      values: [
        { kind: 'in', array },
        { kind: 'in', array: wanted },
        { kind: 'boolean', value: right ? 1 : 0 },
        { kind: 'out', dtype: 'u32', length, array: out },
      ],
      work: costOfSearch(array.byteLength, array.length, length),
      tiny: length <= 32,
      finish: one ? (outputs) => (outputs.arrays[0] as Uint32Array)[0] : (outputs) => outputs.arrays[0],
    }
  },
  twin,
  samples: (dtype, size, random) => [
    randomArray(dtype as Dtype, size, random).sort(),
    randomArray(dtype as Dtype, Math.ceil(size / 4), random),
  ],
  traffic: ({ values: [x, y] }) => {
    const [sorted, values] = [x, y].map((value) => (value as { array: TypedArray }).array)
    return { bytes: sorted!.byteLength + values!.byteLength + 4 * values!.length }
  },
})

/** Nanoseconds on one thread, measured: by levels, and more where the array is larger than the caches. */
function costOfSearch(bytes: number, length: number, values: number): number {
  return 1000 + values * Math.log2(length + 2) * (bytes < 1e6 ? 1.4 : bytes < 16e6 ? 3 : 6)
}
