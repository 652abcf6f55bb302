import { bytesOf, type Dtype, type Fresh, type Same, type TypedArray } from '../base/dtypes.js'
import { readArray, readOut } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, instancesOf, type SyncOptions } from '../core/define.js'
import { randomArray } from '../core/samples.js'
import { partitionTwin, partitionWork, readRanks } from './partition.twin.js'

/** Arrays that `partition` and `argpartition` take. */
export type Partitionable = Float64Array | Float32Array | Int32Array | Uint32Array

/** One rank or several: 0 to length − 1, or −length to −1 from the end. */
export type Kth = number | readonly number[] | Int32Array | Uint32Array | Float64Array

export interface Partition {
  /**
   * A copy in which the element of rank `kth` is where sorting would put it: none greater before it, none less after.
   *
   * The order of elements is that of `sort`: −0 before +0, NaN last. The elements below the wanted one keep
   * their order among themselves, then come those equal to it, then those above in their order; with several
   * ranks it is so between each two. NumPy leaves that open. Exact: the same bits as `partition.js` on every CPU and
   * any number of threads (any NaN equals any NaN). With `out: x` it takes memory for a second array. An aborted call
   * leaves `out` unspecified.
   *
   * @param x - Float64Array, Float32Array, Int32Array or Uint32Array, not empty
   * @param kth - a rank, or up to 256 of them; negative ones count from the end
   * @param options - `out`: where the result goes, of the type and length of `x`; `out: x` partitions in place
   * @returns a fresh array, or `out`
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE if a rank is outside,
   *   ERR_OFFLOOP_SHAPE if `x` is empty, ERR_OFFLOOP_OVERLAP)
   * @example
   * const fastest = (await partition(times, 9)).subarray(0, 10) // the ten least, in no order
   *
   * Source: R. Floyd, R. Rivest, Expected time bounds for selection, CACM 18 (1975).
   */
  <T extends Partitionable>(x: T, kth: Kth, options?: AsyncOptions & { out?: undefined }): Promise<Fresh<T>>
  /** Partitions into `out`, which may be `x` itself. See `partition(x, kth)`. */
  <T extends Partitionable, O extends Same<T>>(x: T, kth: Kth, options: AsyncOptions & { out: O }): Promise<O>
  /** A partitioned copy, on native threads; blocks the caller until it is there. See `partition`. */
  sync<T extends Partitionable>(x: T, kth: Kth, options?: SyncOptions & { out?: undefined }): Fresh<T>
  /** Partitions into `out`, blocking; `out` may be `x` itself. See `partition`. */
  sync<T extends Partitionable, O extends Same<T>>(x: T, kth: Kth, options: SyncOptions & { out: O }): O
  /** Blocks this thread: a partitioned copy in plain JavaScript, with the same bits. See `partition`. */
  js<T extends Partitionable>(x: T, kth: Kth, options?: { out?: undefined }): Fresh<T>
  /** Blocks this thread: partitions into `out` in plain JavaScript. See `partition`. */
  js<T extends Partitionable, O extends Same<T>>(x: T, kth: Kth, options: { out: O }): O
}

const DTYPES = ['f64', 'f32', 'i32', 'u32'] as const

export const partition: Partition = /* @__PURE__ */ defineKernel<Partition>({
  name: 'partition',
  summary: 'Copy, or in place, with the kth element where sorting puts it',
  agreement: 'exact',
  arity: 2,
  options: ['out'],
  instances: instancesOf(DTYPES, 'in:$ in:f64 out:$'),
  check([x, kth], options) {
    const dtype = readArray('x', x, DTYPES)
    const array = x as TypedArray
    const { length } = array
    const ranks = readRanks(kth, length)
    const out = readOut('out', options.out, dtype, length, [array], true)
    return {
      instance: dtype,
      values: [
        { kind: 'in', array },
        { kind: 'in', array: ranks },
        { kind: 'out', dtype, length, array: out },
      ],
      work: partitionWork(length, bytesOf(dtype), ranks.length),
      finish: (outputs) => outputs.arrays[0],
    }
  },
  twin: partitionTwin,
  samples: (dtype, size, random) => {
    const length = Math.max(1, size)
    return [randomArray(dtype as Dtype, length, random), length >> 1]
  },
  traffic: ({ values: [x] }) => ({ bytes: 4 * (x as { array: TypedArray }).array.byteLength }),
})
