import type { Float } from '../base/dtypes.js'
import { defineElementwise, type Precise, step, type Unary } from '../core/elementwise.js'
import { uniformArray } from '../core/samples.js'
import { atanOf } from './atan.twin.js'

/**
 * The arc tangent, in radians, element by element.
 * Exact: the same bits everywhere, less than 1 ULP from the true value. Fast: within 4 ULP.
 *
 * atan(±Infinity) is ±π/2, atan(NaN) is NaN, atan(±0) is ±0.
 *
 * @param x - Float64Array or Float32Array
 * @param options - `precision`: 'exact' or 'fast'; `out`: where the result goes; it may be `x`
 * @returns a fresh array, or `out`
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
 * @example
 * const angles = await atan(slopes)
 *
 * Source: the algorithm of s_atan.c of fdlibm (Sun Microsystems, 1993).
 */
export const atan: Unary<Precise> = /* @__PURE__ */ defineElementwise<Unary<Precise>>({
  name: 'atan',
  summary: 'atan(x), element by element',
  operands: ['x'],
  ns: { f64: 1.8, f32: 2.1 },
  fast: { f64: 1.8, f32: 0.35 },
  sample: (dtype, size, random) => uniformArray(dtype, size, random, -10, 10),
  twin(x: Float, _fast: boolean, out: Float) {
    const p = step(x)
    for (let i = 0; i < out.length; i++) out[i] = atanOf(x[i * p]!)
  },
})
