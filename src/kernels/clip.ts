import type { Float } from '../base/dtypes.js'
import { defineElementwise, mask, type Ternary } from '../core/elementwise.js'
import { randomArray } from '../core/samples.js'

/**
 * x limited to [low, high], element by element: the smaller of (the larger of x and low) and high.
 *
 * As `np.clip`: NaN where x or a limit is NaN, and `high` where low is above it. Zeros as Math.min and Math.max have
 * them: -0 is below +0.
 *
 * @param x - Float64Array or Float32Array, or a number (rounded to the arrays' type); length 1 is repeated
 * @param low - lower limit: of the type and length of `x`, or a number
 * @param high - upper limit: of the type and length of `x`, or a number
 * @param options - `out`: where the result goes; it may be `x`
 * @returns a fresh array, or `out`
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
 * @example
 * const pixels = await clip(sharpened, 0, 255)
 */
export const clip: Ternary = /* @__PURE__ */ defineElementwise<Ternary>({
  name: 'clip',
  summary: 'x limited to [low, high], element by element',
  operands: ['x', 'low', 'high'],
  ns: { f64: 0.15, f32: 0.08 },
  tiny: 128,
  twin(x: Float, low: Float, high: Float, out: Float) {
    const [p, q, r] = [mask(x), mask(low), mask(high)]
    for (let i = 0; i < out.length; i++) out[i] = Math.min(Math.max(x[i & p]!, low[i & q]!), high[i & r]!)
  },
  // As most callers have it: limits that are numbers.
  sample: (dtype, size, random, operand) => (operand === 0 ? randomArray(dtype, size, random) : operand - 1.5),
})
