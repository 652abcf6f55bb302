import type { Float } from '../base/dtypes.js'
import { type Binary, defineElementwise, mask } from '../core/elementwise.js'

/**
 * The smaller of a and b, element by element, as Math.min has it: NaN where either is NaN, and -0 is smaller than +0. (NumPy's
 * `minimum` gives either zero.)
 *
 * @param a - Float64Array or Float32Array, or a number (rounded to the other operand's type); length 1 is repeated
 * @param b - of the type and length of `a`, or a number
 * @param options - `out`: where the result goes; it may be `a` or `b`
 * @returns a fresh array, or `out`
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
 * @example
 * const capped = await minimum(xs, 1)
 */
export const minimum: Binary = /* @__PURE__ */ defineElementwise<Binary>({
  name: 'minimum',
  summary: 'The smaller of a and b, element by element',
  operands: ['a', 'b'],
  ns: { f64: 0.05, f32: 0.03 },
  tiny: 128,
  twin(a: Float, b: Float, out: Float) {
    const [p, q] = [mask(a), mask(b)]
    for (let i = 0; i < out.length; i++) out[i] = Math.min(a[i & p]!, b[i & q]!)
  },
})
