import type { Float } from '../base/dtypes.js'
import { defineElementwise, type Precise, step, type Unary } from '../core/elementwise.js'
import { uniformArray } from '../core/samples.js'
import { expm1 as one } from './exp.twin.js'

/**
 * e^x - 1, element by element, without cancellation near 0. Exact: the same bits everywhere, less than 1 ULP from the
 * true value. Fast: within 4 ULP.
 *
 * expm1(NaN) is NaN, expm1(-Infinity) is -1, expm1(±0) is ±0; overflow gives Infinity.
 *
 * @param x - Float64Array or Float32Array
 * @param options - `precision`: 'exact' or 'fast'; `out`: where the result goes; it may be `x`
 * @returns a fresh array, or `out`
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
 * @example
 * const interest = await expm1(rates)
 *
 * Source: the algorithm of fdlibm's s_expm1.c (Sun Microsystems, 1993), its last steps put together anew.
 */
export const expm1: Unary<Precise> = /* @__PURE__ */ defineElementwise<Unary<Precise>>({
  name: 'expm1',
  summary: 'e^x - 1, element by element',
  operands: ['x'],
  ns: { f64: 4.5, f32: 4.5 },
  fast: { f64: 4.5, f32: 0.6 },
  twin(x: Float, _fast: boolean, out: Float) {
    const p = step(x)
    for (let i = 0; i < out.length; i++) out[i] = one(x[i * p]!)
  },
  sample: (dtype, size, random) => uniformArray(dtype, size, random, -20, 20),
})
