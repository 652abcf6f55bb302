import type { Float } from '../base/dtypes.js'
import { defineElementwise, type Precise, step, type Unary } from '../core/elementwise.js'
import { uniformArray } from '../core/samples.js'
import { cosOf } from './sin.twin.js'

/**
 * The cosine of angles in radians, element by element.
 * Exact: the same bits everywhere, less than 1 ULP from the true value. Fast: within 4 ULP.
 *
 * For every finite x, however large. cos(±Infinity) and cos(NaN) are NaN, cos(±0) is 1.
 *
 * @param x - Float64Array or Float32Array
 * @param options - `precision`: 'exact' or 'fast'; `out`: where the result goes; it may be `x`
 * @returns a fresh array, or `out`
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
 * @example
 * const wave = await cos(phases)
 *
 * Source: the reduction of W. J. Cody and W. Waite (1980), beyond 1.6e6 of M. H. Payne and R. N. Hanek (1983), and the
 * polynomials of fdlibm (Sun Microsystems, 1993).
 */
export const cos: Unary<Precise> = /* @__PURE__ */ defineElementwise<Unary<Precise>>({
  name: 'cos',
  summary: 'cos(x), element by element',
  operands: ['x'],
  ns: { f64: 2.6, f32: 2.8 },
  fast: { f64: 0.8, f32: 0.35 },
  sample: (dtype, size, random) => uniformArray(dtype, size, random, -100, 100),
  twin(x: Float, _fast: boolean, out: Float) {
    const p = step(x)
    for (let i = 0; i < out.length; i++) out[i] = cosOf(x[i * p]!)
  },
})
