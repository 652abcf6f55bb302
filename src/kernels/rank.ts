import type { Sortable, TypedArray } from '../base/dtypes.js'
import { readChoice, readOut } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, type SyncOptions } from '../core/define.js'
import { ABSENT, costOfOrder, costOfPlaces, ORDER_INSTANCES, readOrdered, sampleOrdered, TASKS } from '../core/order.js'
import { keysOf, orderKeys, sameKey } from './order.twin.js'

/** What equal elements get: the mean, the least or the largest of their ranks, ranks without gaps, or all of them in turn. */
export type RankMethod = 'average' | 'min' | 'max' | 'dense' | 'ordinal'

export interface RankOptions {
  /** What equal elements get. Default: 'average'. */
  method?: RankMethod | undefined
}

type Fresh = RankOptions & { out?: undefined }
type Given<O> = RankOptions & { out: O }

export interface Rank {
  /**
   * The rank of every element, from 1 for the smallest, as `scipy.stats.rankdata(x, method)`. −0 equals +0.
   * NaN has no rank: it gets NaN, and the others are ranked without it (SciPy's `nan_policy='omit'`).
   *
   * - `average`: equal elements get the mean of the ranks they take up; `min`, `max`: the least, the largest of these
   * - `dense`: as `min`, without gaps: one more than the number of distinct smaller values
   * - `ordinal`: all ranks differ; equal elements are ranked in their order
   *
   * Exact: the same ranks as `rank.js` on every CPU and any number of threads.
   * An aborted call leaves `out` unspecified.
   *
   * @param x - Float64Array, Float32Array, Int32Array, Uint32Array, BigInt64Array or BigUint64Array, of at most
   *   2³² − 1 elements
   * @param options - `method`; `out`: a Float64Array of the length of `x`, apart from it
   * @returns a fresh Float64Array, or `out`
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
   * @example
   * const ranks = await rank(new Float64Array([30, 10, 20, 10])) // [4, 1.5, 3, 1.5]
   *
   * Source: as `argsort`, on whose order it counts.
   */
  (x: Sortable, options?: AsyncOptions & Fresh): Promise<Float64Array<ArrayBuffer>>
  /** The ranks, written to `out`. See `rank(x)`. */
  <O extends Float64Array>(x: Sortable, options: AsyncOptions & Given<O>): Promise<O>
  /** The ranks, on native threads; blocks the caller until they are there. See `rank`. */
  sync(x: Sortable, options?: SyncOptions & Fresh): Float64Array<ArrayBuffer>
  /** Into `out`, blocking. See `rank`. */
  sync<O extends Float64Array>(x: Sortable, options: SyncOptions & Given<O>): O
  /** Blocks this thread: the same in plain JavaScript. See `rank`. */
  js(x: Sortable, options?: Fresh): Float64Array<ArrayBuffer>
  /** Blocks this thread: into `out`. See `rank`. */
  js<O extends Float64Array>(x: Sortable, options: Given<O>): O
}

const METHODS: readonly RankMethod[] = ['average', 'min', 'max', 'ordinal', 'dense']
const FIRST = TASKS.indexOf('average')

function twin(x: TypedArray, task: number, _order: undefined, ranks: Float64Array): void {
  const { length } = x
  const keys = keysOf(x, false)
  const order = new Uint32Array(length)
  orderKeys(keys, order)
  const method = METHODS[task - FIRST]
  let distinct = 0
  for (let begin = 0, end = 0; begin < length; begin = end) {
    const first = order[begin]!
    end = begin + 1
    while (end < length && sameKey(keys, order[end]!, first)) end++
    distinct++
    const nan = Number.isNaN(x[first])
    const rank = nan
      ? Number.NaN
      : method === 'average'
        ? (begin + 1 + end) / 2
        : method === 'max'
          ? end
          : method === 'dense'
            ? distinct
            : begin + 1
    const step = method === 'ordinal' ? 1 : 0
    for (let i = begin; i < end; i++) ranks[order[i]!] = rank + (i - begin) * step
  }
}

export const rank: Rank = /* @__PURE__ */ defineKernel<Rank>({
  name: 'rank',
  native: 'argsort',
  summary: 'Rank of every element, equal ones by mean, min, max, dense or ordinal; NaN for NaN',
  agreement: 'exact',
  arity: 1,
  options: ['method', 'out'],
  instances: ORDER_INSTANCES,
  check([x], options) {
    const dtype = readOrdered(x)
    const array = x as TypedArray
    const { length } = array
    const method = options.method === undefined ? 0 : readChoice('method', options.method, METHODS)
    const out = readOut('out', options.out, 'f64', length, [array], false)
    return {
      instance: dtype,
      values: [
        { kind: 'in', array },
        { kind: 'enum', value: FIRST + method },
        ABSENT,
        { kind: 'out', dtype: 'f64', length, array: out },
        ABSENT,
        ABSENT,
      ],
      work: costOfOrder(length) + costOfPlaces(length),
      tiny: length <= 6,
      finish: (outputs) => outputs.arrays[0],
    }
  },
  twin,
  samples: sampleOrdered,
  traffic: ({ values: [x] }) => {
    const { array } = x as { array: TypedArray }
    return { bytes: array.byteLength + 8 * array.length }
  },
})
