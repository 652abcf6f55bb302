import type { Float } from '../base/dtypes.js'
import { type Binary, defineElementwise, type Precise, step } from '../core/elementwise.js'
import { uniformArray } from '../core/samples.js'
import { atan2Of } from './atan.twin.js'

/**
 * The angle of the points (x, y), in radians from -π to π, element by element.
 * Exact: the same bits everywhere, less than 1 ULP from the true value. Fast: within 4 ULP.
 *
 * The order is that of Math.atan2: y comes first. Zeros keep their signs and infinities count as equal to one another,
 * as Math.atan2 and NumPy have it: atan2(0, -0) is π, atan2(Infinity, Infinity) is π/4. NaN if one of the two is.
 *
 * @param y - Float64Array or Float32Array, or a number (rounded to the other operand's type); length 1 is repeated
 * @param x - of the type and length of `y`, or a number
 * @param options - `precision`: 'exact' or 'fast'; `out`: where the result goes; it may be `y` or `x`
 * @returns a fresh array, or `out`
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
 * @example
 * const headings = await atan2(north, east)
 *
 * Source: the polynomial of s_atan.c of fdlibm (Sun Microsystems, 1993), and the error of the quotient by T. J. Dekker
 * (1971).
 */
export const atan2: Binary<Precise> = /* @__PURE__ */ defineElementwise<Binary<Precise>>({
  name: 'atan2',
  summary: 'the angle of (x, y), element by element',
  operands: ['y', 'x'],
  ns: { f64: 3.5, f32: 4.3 },
  fast: { f64: 3.5, f32: 0.45 },
  sample: (dtype, size, random) => uniformArray(dtype, size, random, -10, 10),
  twin(y: Float, x: Float, _fast: boolean, out: Float) {
    const [p, q] = [step(y), step(x)]
    for (let i = 0; i < out.length; i++) out[i] = atan2Of(y[i * p]!, x[i * q]!)
  },
})
