import type { Float } from '../base/dtypes.js'
import { type Binary, defineElementwise, mask } from '../core/elementwise.js'

/**
 * a - b, element by element. Exact: IEEE subtraction, rounded to nearest even.
 *
 * @param a - Float64Array or Float32Array, or a number (rounded to the other operand's type); length 1 is repeated
 * @param b - of the type and length of `a`, or a number
 * @param options - `out`: where the result goes; it may be `a` or `b`
 * @returns a fresh array, or `out`
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
 * @example
 * const residuals = await subtract(observed, fitted)
 */
export const subtract: Binary = /* @__PURE__ */ defineElementwise<Binary>({
  name: 'subtract',
  summary: 'a - b, element by element',
  operands: ['a', 'b'],
  ns: { f64: 0.05, f32: 0.03 },
  tiny: 128,
  twin(a: Float, b: Float, out: Float) {
    const [p, q] = [mask(a), mask(b)]
    for (let i = 0; i < out.length; i++) out[i] = a[i & p]! - b[i & q]!
  },
})
