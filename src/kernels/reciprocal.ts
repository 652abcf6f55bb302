import type { Float } from '../base/dtypes.js'
import { defineElementwise, type Unary } from '../core/elementwise.js'

/**
 * 1 / x, element by element. Exact: correctly rounded. 1 / ±0 is ±Infinity.
 *
 * @param x - Float64Array or Float32Array
 * @param options - `out`: where the result goes; it may be `x`
 * @returns a fresh array, or `out`
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
 * @example
 * const periods = await reciprocal(frequencies)
 */
export const reciprocal: Unary = /* @__PURE__ */ defineElementwise<Unary>({
  name: 'reciprocal',
  summary: '1 / x, element by element',
  operands: ['x'],
  ns: { f64: 0.35, f32: 0.08 },
  tiny: 128,
  twin(x: Float, out: Float) {
    for (let i = 0; i < out.length; i++) out[i] = 1 / x[i]!
  },
})
