import type { Sortable, TypedArray } from '../base/dtypes.js'
import { readBoolean, readOut } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, type SyncOptions } from '../core/define.js'
import { ABSENT, costOfOrder, ORDER_INSTANCES, readOrdered, sampleOrdered } from '../core/order.js'
import { keysOf, orderKeys } from './order.twin.js'

export interface ArgsortOptions {
  /** From high to low; equal elements still keep their order, and NaN is still last. Default: false. */
  descending?: boolean | undefined
}

type Fresh = ArgsortOptions & { out?: undefined }
type Given<O> = ArgsortOptions & { out: O }

export interface Argsort {
  /**
   * The positions of the elements in ascending order: `x[i[0]] <= x[i[1]] <= …`. Stable, as
   * `numpy.argsort(x, kind='stable')`: equal elements keep their order. −0 equals +0; NaN is last, and equals NaN.
   *
   * Exact: the same positions as `argsort.js` on every CPU and any number of threads.
   * An aborted call leaves `out` unspecified.
   *
   * @param x - Float64Array, Float32Array, Int32Array, Uint32Array, BigInt64Array or BigUint64Array, of at most
   *   2³² − 1 elements
   * @param options - `descending`; `out`: a Uint32Array of the length of `x`, apart from it
   * @returns a fresh Uint32Array, or `out`
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
   * @example
   * const order = await argsort(new Float64Array([3, 1, 2])) // [1, 2, 0]
   *
   * Source: super scalar sample sort (Sanders, Winkel, Super Scalar Sample Sort, 2004) over leaves of vqsort.
   */
  (x: Sortable, options?: AsyncOptions & Fresh): Promise<Uint32Array<ArrayBuffer>>
  /** The positions in order, written to `out`. See `argsort(x)`. */
  <O extends Uint32Array>(x: Sortable, options: AsyncOptions & Given<O>): Promise<O>
  /** The positions in order, on native threads; blocks the caller until they are there. See `argsort`. */
  sync(x: Sortable, options?: SyncOptions & Fresh): Uint32Array<ArrayBuffer>
  /** Into `out`, blocking. See `argsort`. */
  sync<O extends Uint32Array>(x: Sortable, options: SyncOptions & Given<O>): O
  /** Blocks this thread: the same by a radix sort in plain JavaScript. See `argsort`. */
  js(x: Sortable, options?: Fresh): Uint32Array<ArrayBuffer>
  /** Blocks this thread: into `out`. See `argsort`. */
  js<O extends Uint32Array>(x: Sortable, options: Given<O>): O
}

export const argsort: Argsort = /* @__PURE__ */ defineKernel<Argsort>({
  name: 'argsort',
  summary: 'Positions in order, stable: −0 equal to +0, NaN last',
  agreement: 'exact',
  arity: 1,
  options: ['descending', 'out'],
  instances: ORDER_INSTANCES,
  check([x], options) {
    const dtype = readOrdered(x)
    const array = x as TypedArray
    const { length } = array
    const descending = readBoolean('descending', options.descending, false)
    const out = readOut('out', options.out, 'u32', length, [array], false)
    return {
      instance: dtype,
      values: [
        { kind: 'in', array },
        { kind: 'enum', value: descending ? 1 : 0 },
        { kind: 'out', dtype: 'u32', length, array: out },
        ABSENT,
        ABSENT,
        ABSENT,
      ],
      work: costOfOrder(length),
      tiny: length <= 6,
      finish: (outputs) => outputs.arrays[0],
    }
  },
  twin: (x: TypedArray, task: number, order: Uint32Array) => orderKeys(keysOf(x, task === 1), order),
  samples: sampleOrdered,
  traffic: ({ values: [x] }) => {
    const { array } = x as { array: TypedArray }
    return { bytes: array.byteLength + 4 * array.length }
  },
})
