import type { Dtype, Real } from '../base/dtypes.js'
import { type AsyncOptions, defineKernel, type SyncOptions } from '../core/define.js'
import { randomArray } from '../core/samples.js'
import type { Outputs } from '../engine/values.js'
import { INSTANCES, MEDIAN, type NanOptions, quantileCall, quantileTraffic, quantileTwin } from './quantile.twin.js'

export interface Median {
  /**
   * The middle element, or the mean of the two in the middle.
   *
   * Nothing is sorted or copied: nearly always one sweep over `x` finds them. The mean is (a + b) / 2 in f64 for every
   * type, as `np.median` takes it for a Float64Array; −0 counts as less than +0. Exact: the same bits as `median.js` on
   * every CPU and any number of threads. No elements give NaN.
   *
   * @param x - TypedArray of numbers
   * @param options - `nan`: `'omit'` leaves NaNs out, which otherwise make the result NaN
   * @returns a number
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE)
   * @example
   * const middle = await median(prices, { nan: 'omit' })
   *
   * Source: R. Floyd, R. Rivest, Expected time bounds for selection, CACM 18 (1975).
   */
  (x: Real, options?: AsyncOptions & NanOptions): Promise<number>
  /** The median, on native threads; blocks the caller until it is there. See `median`. */
  sync(x: Real, options?: SyncOptions & NanOptions): number
  /** Blocks this thread: the median in plain JavaScript, with the same bits. See `median`. */
  js(x: Real, options?: NanOptions): number
}

const HALF = /* @__PURE__ */ new Float64Array([0.5])
const number = (outputs: Outputs): number => (outputs.arrays[0] as Float64Array)[0]!

export const median: Median = /* @__PURE__ */ defineKernel<Median>({
  name: 'median',
  native: 'partition',
  summary: 'The middle element, or the mean of the two in the middle',
  agreement: 'exact',
  arity: 1,
  options: ['nan'],
  instances: INSTANCES,
  check: ([x], options) => quantileCall(x, HALF, MEDIAN, options.nan, number),
  twin: quantileTwin,
  samples: (instance, size, random) => [randomArray(instance.split(',')[0] as Dtype, size, random)],
  traffic: quantileTraffic,
})
