import type { Real } from '../base/dtypes.js'
import { defineScan, type Extremes } from '../core/scan.js'

/**
 * Running maxima: out[i] = the largest of x[0] … x[i].
 *
 * As `Math.max`: NaN from the first NaN on, and +0 above −0. Exact.
 *
 * @param x - Float64Array, Float32Array, Int32Array or Uint32Array
 * @param options - `out`: where the result goes, of the type and length of `x`; `out: x` works in place
 * @returns a fresh array, or `out`
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
 * @example
 * const peaks = await cummax(prices)
 */
export const cummax: Extremes = /* @__PURE__ */ defineScan<Extremes>({
  name: 'cummax',
  summary: 'Running maxima',
  types: { f64: 'f64', f32: 'f32', i32: 'i32', u32: 'u32' },
  flag: false,
  twin(x: Real, _least: boolean, out: Real) {
    let most = -Infinity
    for (let i = 0; i < x.length; i++) out[i] = most = Math.max(most, x[i]!)
  },
  ns: (bytes) => (bytes < 3e6 ? 0.8 : bytes < 4e7 ? 1 : 1.3),
})
