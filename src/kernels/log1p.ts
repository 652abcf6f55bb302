import type { Float } from '../base/dtypes.js'
import { defineElementwise, type Precise, step, type Unary } from '../core/elementwise.js'
import { uniformArray } from '../core/samples.js'
import { log1p as one } from './log.twin.js'

/**
 * log(1 + x), element by element, without loss near 0. Exact: the same bits everywhere, less than 1 ULP from the
 * true value. Fast: within 4 ULP.
 *
 * log1p(±0) is ±0, log1p(-1) is -Infinity; NaN and what is less than -1 give NaN.
 *
 * @param x - Float64Array or Float32Array
 * @param options - `precision`: 'exact' or 'fast'; `out`: where the result goes; it may be `x`
 * @returns a fresh array, or `out`
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
 * @example
 * const rates = await log1p(yields)
 *
 * Source: the approximation of fdlibm's e_log.c (Sun Microsystems, 1993), the rounding of 1 + x made good as in s_log1p.c.
 */
export const log1p: Unary<Precise> = /* @__PURE__ */ defineElementwise<Unary<Precise>>({
  name: 'log1p',
  summary: 'log(1 + x), element by element',
  operands: ['x'],
  ns: { f64: 3.2, f32: 3.2 },
  fast: { f64: 3.2, f32: 0.8 },
  twin(x: Float, _fast: boolean, out: Float) {
    const p = step(x)
    for (let i = 0; i < out.length; i++) out[i] = one(x[i * p]!)
  },
  sample: (dtype, size, random) => uniformArray(dtype, size, random, -1, 100),
})
