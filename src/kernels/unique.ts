import type { Dtype, Fresh, Sortable, TypedArray } from '../base/dtypes.js'
import { readBoolean } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, type SyncOptions } from '../core/define.js'
import { ABSENT, costOfOrder, costOfPlaces, ORDER_INSTANCES, readOrdered, TASKS } from '../core/order.js'
import { randomArray } from '../core/samples.js'
import { keysOf, orderKeys, sameKey } from './order.twin.js'

export interface UniqueOptions {
  /** How often each value occurs as well. Default: false. */
  counts?: boolean | undefined
  /** Where each element's value is among the distinct ones as well: `values[inverse[i]]` equals `x[i]`. Default: false. */
  inverse?: boolean | undefined
}

/** Distinct values with what was asked for. */
export interface Distinct<T> {
  readonly values: T
  readonly counts: Uint32Array<ArrayBuffer>
  readonly inverse: Uint32Array<ArrayBuffer>
}

type Neither = { counts?: false | undefined; inverse?: false | undefined }
type Counts = { counts: true; inverse?: false | undefined }
type Inverse = { counts?: false | undefined; inverse: true }
type Both = { counts: true; inverse: true }

export interface Unique {
  /**
   * The distinct values in ascending order, as `numpy.unique(x)`; with options also how often each occurs and where
   * each element went. NaN is last and counts as one value. −0 equals +0: they are one value, −0 if there is one
   * (which `sort` puts first).
   *
   * Exact: the same bits as `unique.js` on every CPU and any number of threads (any NaN equals any NaN).
   *
   * @param x - Float64Array, Float32Array, Int32Array, Uint32Array, BigInt64Array or BigUint64Array, of at most
   *   2³² − 1 elements
   * @param options - `counts`, `inverse`
   * @returns a fresh array of the type of `x`; with `counts` or `inverse` an object `{ values, counts, inverse }` of
   *   what was asked for, the latter two Uint32Arrays
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE)
   * @example
   * const { values, counts } = await unique(new Int32Array([3, 1, 3]), { counts: true }) // [1, 3], [1, 2]
   *
   * Source: as `argsort`, whose order it counts in.
   */
  <T extends Sortable>(x: T, options?: AsyncOptions & Neither): Promise<Fresh<T>>
  /** Distinct values and how often each occurs. See `unique(x)`. */
  <T extends Sortable>(x: T, options: AsyncOptions & Counts): Promise<Pick<Distinct<Fresh<T>>, 'values' | 'counts'>>
  /** Distinct values and where each element went. See `unique(x)`. */
  <T extends Sortable>(x: T, options: AsyncOptions & Inverse): Promise<Pick<Distinct<Fresh<T>>, 'values' | 'inverse'>>
  /** Distinct values, how often each occurs, and where each element went. See `unique(x)`. */
  <T extends Sortable>(x: T, options: AsyncOptions & Both): Promise<Distinct<Fresh<T>>>
  /** The distinct values, on native threads; blocks the caller until they are there. See `unique`. */
  sync<T extends Sortable>(x: T, options?: SyncOptions & Neither): Fresh<T>
  /** With counts, blocking. See `unique`. */
  sync<T extends Sortable>(x: T, options: SyncOptions & Counts): Pick<Distinct<Fresh<T>>, 'values' | 'counts'>
  /** With the inverse, blocking. See `unique`. */
  sync<T extends Sortable>(x: T, options: SyncOptions & Inverse): Pick<Distinct<Fresh<T>>, 'values' | 'inverse'>
  /** With both, blocking. See `unique`. */
  sync<T extends Sortable>(x: T, options: SyncOptions & Both): Distinct<Fresh<T>>
  /** Blocks this thread: the same in plain JavaScript. See `unique`. */
  js<T extends Sortable>(x: T, options?: Neither): Fresh<T>
  /** Blocks this thread: with counts. See `unique`. */
  js<T extends Sortable>(x: T, options: Counts): Pick<Distinct<Fresh<T>>, 'values' | 'counts'>
  /** Blocks this thread: with the inverse. See `unique`. */
  js<T extends Sortable>(x: T, options: Inverse): Pick<Distinct<Fresh<T>>, 'values' | 'inverse'>
  /** Blocks this thread: with both. See `unique`. */
  js<T extends Sortable>(x: T, options: Both): Distinct<Fresh<T>>
}

const TASK = TASKS.indexOf('unique')

/** Nanoseconds on one thread, measured where eight elements are equal: hashing leaves little to sort. */
function costOfUnique(length: number, inverse: boolean): number {
  if (inverse) return costOfOrder(length) + 3 * length + costOfPlaces(length)
  return length < 1024 || length > 16384 ? 0.8 * costOfOrder(length) : 1500 + 4 * length
}

type Grow<T> = ((length: number) => T) | undefined

function twin(
  x: TypedArray,
  _task: number,
  inverse: Uint32Array | undefined,
  _ranks: undefined,
  growValues: (length: number) => TypedArray,
  growCounts: Grow<Uint32Array>,
): void {
  const { length } = x
  const keys = keysOf(x, false)
  const order = new Uint32Array(length)
  orderKeys(keys, order)
  let distinct = 0
  for (let i = 0; i < length; i++) if (i === 0 || !sameKey(keys, order[i]!, order[i - 1]!)) distinct++
  const values = growValues(distinct)
  const counts = growCounts?.(distinct)
  let number = -1
  let begun = 0
  for (let i = 0; i < length; i++) {
    const at = order[i]!
    if (i === 0 || !sameKey(keys, at, order[i - 1]!)) {
      if (counts !== undefined && i > 0) counts[number] = i - begun
      begun = i
      const value = x[at]!
      values[++number] = value === 0 && keys.minus ? -0 : value
    }
    if (inverse !== undefined) inverse[at] = number
  }
  if (counts !== undefined && length > 0) counts[number] = length - begun
}

export const unique: Unique = /* @__PURE__ */ defineKernel<Unique>({
  name: 'unique',
  native: 'argsort',
  summary: 'Distinct values in order, with counts and inverse on request; NaN once and last',
  agreement: 'exact',
  arity: 1,
  options: ['counts', 'inverse'],
  instances: ORDER_INSTANCES,
  check([x], options) {
    const dtype = readOrdered(x)
    const array = x as TypedArray
    const { length } = array
    const counts = readBoolean('counts', options.counts, false)
    const inverse = readBoolean('inverse', options.inverse, false)
    return {
      instance: dtype,
      values: [
        { kind: 'in', array },
        { kind: 'enum', value: TASK },
        inverse ? { kind: 'out', dtype: 'u32', length, array: undefined } : ABSENT,
        ABSENT,
        { kind: 'grow', dtype },
        counts ? { kind: 'grow', dtype: 'u32' } : ABSENT,
      ],
      work: costOfUnique(length, inverse),
      tiny: length <= 16,
      finish({ arrays }) {
        if (!counts && !inverse) return arrays[0]
        const values = arrays[inverse ? 1 : 0]
        return {
          values,
          ...(counts ? { counts: arrays[inverse ? 2 : 1] } : {}),
          ...(inverse ? { inverse: arrays[0] } : {}),
        }
      },
    }
  },
  twin,
  // About eight of each value.
  samples: (dtype, size, random) => {
    const pool = randomArray(dtype as Dtype, Math.ceil(size / 8), random) as Float64Array
    const x = randomArray(dtype as Dtype, size, random) as Float64Array
    for (let i = 0; i < size; i++) x[i] = pool[Math.floor(random() * pool.length)]!
    return [x]
  },
  traffic: ({ values: [x] }) => ({ bytes: (x as { array: TypedArray }).array.byteLength }),
})
