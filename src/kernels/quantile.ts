import type { Dtype, Real } from '../base/dtypes.js'
import { wrongType, wrongValue } from '../base/errors.js'
import { readChoice } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, type SyncOptions } from '../core/define.js'
import { randomArray } from '../core/samples.js'
import type { Outputs } from '../engine/values.js'
import {
  INSTANCES,
  LINEAR,
  METHODS,
  type NanOptions,
  type QuantileMethod,
  quantileCall,
  quantileTraffic,
  quantileTwin,
} from './quantile.twin.js'

export type { NanOptions, QuantileMethod }

export interface QuantileOptions extends NanOptions {
  /** NumPy's names for what lies between two elements. Default: `'linear'`. */
  method?: QuantileMethod | undefined
}

/** Several quantiles at once. */
export type Fractions = readonly number[] | Float64Array | Float32Array

export interface Quantile {
  /**
   * The value below which the share `q` of the elements lies, by NumPy's definitions.
   *
   * Nothing is sorted or copied: nearly always one sweep over `x` finds the elements needed, for some eight `q` at a
   * time. What is between them follows NumPy operation by operation, in f64 for every type: the results for a
   * Float64Array are those of `np.quantile`, except that −0 counts as less than +0. As there, interpolating between two
   * equal infinities gives NaN (`method: 'lower'` and its like do not interpolate).
   * Exact: the same bits as `quantile.js` on every CPU and any number of threads. No elements give NaN.
   *
   * @param x - TypedArray of numbers
   * @param q - a share from 0 to 1, or an array of them
   * @param options - `method`: one of NumPy's thirteen, by default `'linear'`; `nan`: `'omit'` leaves NaNs out, which
   *   otherwise make the result NaN
   * @returns a number; for an array a Float64Array in its order
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE if a `q` is not from 0 to 1)
   * @example
   * const [p50, p99] = await quantile(latencies, [0.5, 0.99])
   *
   * Source: R. Hyndman, Y. Fan, Sample quantiles in statistical packages, The American Statistician 50 (1996).
   */
  (x: Real, q: number, options?: AsyncOptions & QuantileOptions): Promise<number>
  /** Several quantiles at once, in the order of `q`. See `quantile(x, q)`. */
  (x: Real, q: Fractions, options?: AsyncOptions & QuantileOptions): Promise<Float64Array<ArrayBuffer>>
  /** The quantile, on native threads; blocks the caller until it is there. See `quantile`. */
  sync(x: Real, q: number, options?: SyncOptions & QuantileOptions): number
  /** Several quantiles, blocking. See `quantile`. */
  sync(x: Real, q: Fractions, options?: SyncOptions & QuantileOptions): Float64Array<ArrayBuffer>
  /** Blocks this thread: the quantile in plain JavaScript, with the same bits. See `quantile`. */
  js(x: Real, q: number, options?: QuantileOptions): number
  /** Blocks this thread: several quantiles in plain JavaScript. See `quantile`. */
  js(x: Real, q: Fractions, options?: QuantileOptions): Float64Array<ArrayBuffer>
}

const number = (outputs: Outputs): number => (outputs.arrays[0] as Float64Array)[0]!
const array = (outputs: Outputs): Float64Array => outputs.arrays[0] as Float64Array

function readFraction(name: string, value: unknown): number {
  if (typeof value !== 'number') throw wrongType(name, 'a number from 0 to 1', value)
  if (!(value >= 0 && value <= 1)) throw wrongValue(name, 'a number from 0 to 1', value)
  return value
}

/** A copy, in ascending order, and the way back if that is not the caller's order. */
function readFractions(value: unknown): { q: Float64Array; finish: (outputs: Outputs) => unknown } {
  if (typeof value === 'number') {
    const one = new Float64Array(1)
    one[0] = readFraction('q', value)
    return { q: one, finish: number }
  }
  if (!Array.isArray(value) && !(value instanceof Float64Array) && !(value instanceof Float32Array)) {
    throw wrongType('q', 'a number from 0 to 1 or an array of them', value)
  }
  const q = new Float64Array(value.length)
  let ascending = true
  for (let i = 0; i < q.length; i++) {
    q[i] = readFraction(`q[${i}]`, value[i])
    ascending &&= i === 0 || q[i - 1]! <= q[i]!
  }
  if (ascending) return { q, finish: array }
  const order = Array.from(q, (_, i) => i).sort((a, b) => q[a]! - q[b]!)
  const finish = (outputs: Outputs) => {
    const found = array(outputs)
    const values = new Float64Array(found.length)
    for (let i = 0; i < values.length; i++) values[order[i]!] = found[i]!
    return values
  }
  return { q: q.slice().sort(), finish }
}

export const quantile: Quantile = /* @__PURE__ */ defineKernel<Quantile>({
  name: 'quantile',
  native: 'partition',
  summary: 'Quantiles by NumPy’s thirteen methods, several in one sweep',
  agreement: 'exact',
  arity: 2,
  options: ['method', 'nan'],
  instances: INSTANCES,
  check([x, fractions], options) {
    const { q, finish } = readFractions(fractions)
    const method = options.method === undefined ? LINEAR : readChoice('method', options.method, METHODS)
    return quantileCall(x, q, method, options.nan, finish)
  },
  twin: quantileTwin,
  samples: (instance, size, random) => [
    randomArray(instance.split(',')[0] as Dtype, size, random),
    [0.01, 0.25, 0.5, 0.75, 0.99],
  ],
  traffic: quantileTraffic,
})
