import { bytesOf, type Dtype, type TypedArray } from '../base/dtypes.js'
import { wrongShape } from '../base/errors.js'
import { readArray } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, type SyncOptions } from '../core/define.js'
import { randomArray } from '../core/samples.js'
import type { Kth, Partitionable } from './partition.js'
import { argpartitionTwin, partitionWork, readRanks } from './partition.twin.js'

export interface Argpartition {
  /**
   * The numbers of the elements in the order in which `partition` puts them: `x[indices[kth]]` has rank `kth`.
   *
   * The order of elements is that of `sort`: −0 before +0, NaN last. Below, at and above the wanted element the
   * numbers ascend; with several ranks so do those between each two. NumPy leaves that open. Exact: the same on every
   * CPU and any number of threads.
   *
   * @param x - Float64Array, Float32Array, Int32Array or Uint32Array, not empty, of at most 2³² − 1 elements
   * @param kth - a rank, or up to 256 of them; negative ones count from the end
   * @returns a fresh Uint32Array
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE if a rank is outside,
   *   ERR_OFFLOOP_SHAPE if `x` is empty)
   * @example
   * const best = (await argpartition(scores, -10)).subarray(-10) // where the ten greatest are, ascending
   *
   * Source: R. Floyd, R. Rivest, Expected time bounds for selection, CACM 18 (1975).
   */
  (x: Partitionable, kth: Kth, options?: AsyncOptions): Promise<Uint32Array<ArrayBuffer>>
  /** The numbers of the elements as partitioned, on native threads; blocks the caller. See `argpartition`. */
  sync(x: Partitionable, kth: Kth, options?: SyncOptions): Uint32Array<ArrayBuffer>
  /** Blocks this thread: the numbers of the elements as partitioned, in plain JavaScript. See `argpartition`. */
  js(x: Partitionable, kth: Kth): Uint32Array<ArrayBuffer>
}

const DTYPES = ['f64', 'f32', 'i32', 'u32'] as const
const MAX_LENGTH = 2 ** 32 - 1

export const argpartition: Argpartition = /* @__PURE__ */ defineKernel<Argpartition>({
  name: 'argpartition',
  native: 'partition',
  summary: 'Numbers of the elements in the order of partition',
  agreement: 'exact',
  arity: 2,
  options: [],
  instances: Object.fromEntries(DTYPES.map((dtype) => [`${dtype},u32`, `in:${dtype} in:f64 out:u32`])),
  check([x, kth]) {
    const dtype = readArray('x', x, DTYPES)
    const array = x as TypedArray
    const { length } = array
    if (length > MAX_LENGTH) throw wrongShape('x', `at most ${MAX_LENGTH} elements`, `${length}`)
    const ranks = readRanks(kth, length)
    return {
      instance: `${dtype},u32`,
      values: [
        { kind: 'in', array },
        { kind: 'in', array: ranks },
        { kind: 'out', dtype: 'u32', length, array: undefined },
      ],
      work: partitionWork(length, bytesOf(dtype), ranks.length),
      tiny: length <= 4,
      finish: (outputs) => outputs.arrays[0],
    }
  },
  twin: argpartitionTwin,
  samples: (instance, size, random) => {
    const length = Math.max(1, size)
    return [randomArray(instance.split(',')[0] as Dtype, length, random), length >> 1]
  },
  traffic: ({ values: [x] }) => {
    const { array } = x as { array: TypedArray }
    return { bytes: 3 * array.byteLength + 4 * array.length }
  },
})
