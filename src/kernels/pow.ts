import type { Float } from '../base/dtypes.js'
import { type Binary, defineElementwise, type Precise, step } from '../core/elementwise.js'
import { uniformArray } from '../core/samples.js'
import { pow as one } from './pow.twin.js'

/**
 * a^b, element by element. Exact: the same bits everywhere, less than 1 ULP from the true value. Fast: within 4 ULP.
 *
 * Special values as in IEEE 754 and NumPy: a^±0 is 1 and 1^b is 1, both for NaN too; (-1)^±Infinity is 1 (`Math.pow`
 * makes the last two NaN). A negative `a` has powers to whole `b` only; others are NaN.
 *
 * @param a - the base: Float64Array or Float32Array, or a number (rounded to the other operand's type); length 1 is
 * repeated
 * @param b - the exponent: of the type and length of `a`, or a number
 * @param options - `precision`: 'exact' or 'fast'; `out`: where the result goes; it may be `a` or `b`
 * @returns a fresh array, or `out`
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
 * @example
 * const grown = await pow(factors, 2.5)
 *
 * Source: the algorithm of fdlibm's e_pow.c (Sun Microsystems, 1993).
 */
export const pow: Binary<Precise> = /* @__PURE__ */ defineElementwise<Binary<Precise>>({
  name: 'pow',
  summary: 'a^b, element by element',
  operands: ['a', 'b'],
  ns: { f64: 10, f32: 10 },
  fast: { f64: 10, f32: 2.4 },
  twin(a: Float, b: Float, _fast: boolean, out: Float) {
    const [p, q] = [step(a), step(b)]
    for (let i = 0; i < out.length; i++) out[i] = one(a[i * p]!, b[i * q]!)
  },
  sample: (dtype, size, random, operand) =>
    operand === 0 ? uniformArray(dtype, size, random, 0, 100) : uniformArray(dtype, size, random, -20, 20),
})
