import type { Float } from '../base/dtypes.js'
import { defineElementwise, type Unary } from '../core/elementwise.js'

/**
 * x², element by element. Exact: the product x · x, rounded to nearest even.
 *
 * @param x - Float64Array or Float32Array
 * @param options - `out`: where the result goes; it may be `x`
 * @returns a fresh array, or `out`
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
 * @example
 * const powers = await square(amplitudes)
 */
export const square: Unary = /* @__PURE__ */ defineElementwise<Unary>({
  name: 'square',
  summary: 'x², element by element',
  operands: ['x'],
  ns: { f64: 0.05, f32: 0.03 },
  tiny: 128,
  twin(x: Float, out: Float) {
    for (let i = 0; i < out.length; i++) out[i] = x[i]! * x[i]!
  },
})
