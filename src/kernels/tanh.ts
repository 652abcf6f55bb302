import type { Float } from '../base/dtypes.js'
import { defineElementwise, type Precise, step, type Unary } from '../core/elementwise.js'
import { uniformArray } from '../core/samples.js'
import { tanhOf } from './tanh.twin.js'

/**
 * The hyperbolic tangent, element by element.
 * Exact: the same bits everywhere, less than 1 ULP from the true value. Fast: within 4 ULP.
 *
 * tanh(±Infinity) is ±1, tanh(NaN) is NaN, tanh(±0) is ±0.
 *
 * @param x - Float64Array or Float32Array
 * @param options - `precision`: 'exact' or 'fast'; `out`: where the result goes; it may be `x`
 * @returns a fresh array, or `out`
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
 * @example
 * const activations = await tanh(sums)
 *
 * Source: the exponential of P. T. P. Tang (1989) to more than a double; near zero the rational function of Cephes
 * (S. L. Moshier, 1992).
 */
export const tanh: Unary<Precise> = /* @__PURE__ */ defineElementwise<Unary<Precise>>({
  name: 'tanh',
  summary: 'tanh(x), element by element',
  operands: ['x'],
  ns: { f64: 2.4, f32: 2.7 },
  fast: { f64: 2.4, f32: 0.5 },
  sample: (dtype, size, random) => uniformArray(dtype, size, random, -5, 5),
  twin(x: Float, _fast: boolean, out: Float) {
    const p = step(x)
    for (let i = 0; i < out.length; i++) out[i] = tanhOf(x[i * p]!)
  },
})
