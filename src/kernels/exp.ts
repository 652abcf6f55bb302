import type { Float } from '../base/dtypes.js'
import { defineElementwise, type Precise, step, type Unary } from '../core/elementwise.js'
import { uniformArray } from '../core/samples.js'
import { exp as one } from './exp.twin.js'

/**
 * e^x, element by element. Exact: the same bits everywhere, less than 1 ULP from the true value. Fast: within 4 ULP.
 *
 * Overflow gives Infinity, underflow a denormal number or 0. exp(NaN) is NaN, exp(-Infinity) is 0, exp(±0) is 1.
 *
 * @param x - Float64Array or Float32Array
 * @param options - `precision`: 'exact' or 'fast'; `out`: where the result goes; it may be `x`
 * @returns a fresh array, or `out`
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
 * @example
 * const growth = await exp(rates)
 *
 * Source: the algorithm of fdlibm's e_exp.c (Sun Microsystems, 1993), its last steps put together anew.
 */
export const exp: Unary<Precise> = /* @__PURE__ */ defineElementwise<Unary<Precise>>({
  name: 'exp',
  summary: 'e^x, element by element',
  operands: ['x'],
  ns: { f64: 2.6, f32: 2.6 },
  fast: { f64: 1.2, f32: 0.5 },
  twin(x: Float, _fast: boolean, out: Float) {
    const p = step(x)
    for (let i = 0; i < out.length; i++) out[i] = one(x[i * p]!)
  },
  sample: (dtype, size, random) => uniformArray(dtype, size, random, -20, 20),
})
