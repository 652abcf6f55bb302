import type { Float } from '../base/dtypes.js'
import { defineElementwise, type Precise, step, type Unary } from '../core/elementwise.js'
import { uniformArray } from '../core/samples.js'
import { cbrt as one } from './cbrt.twin.js'

/**
 * Cube roots, element by element, of negative numbers too. Exact: the same bits everywhere, less than 1 ULP from the
 * true value. Fast: within 4 ULP.
 *
 * cbrt of ±0, ±Infinity and NaN is what it is given; of the cube of a whole number it is that number.
 *
 * @param x - Float64Array or Float32Array
 * @param options - `precision`: 'exact' or 'fast'; `out`: where the result goes; it may be `x`
 * @returns a fresh array, or `out`
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
 * @example
 * const edges = await cbrt(volumes)
 *
 * Source: the algorithm of FreeBSD's s_cbrt.c (Sun Microsystems, 1993; B. Evans, 2003).
 */
export const cbrt: Unary<Precise> = /* @__PURE__ */ defineElementwise<Unary<Precise>>({
  name: 'cbrt',
  summary: 'cube roots, element by element',
  operands: ['x'],
  ns: { f64: 3.2, f32: 3.2 },
  fast: { f64: 3.2, f32: 0.7 },
  twin(x: Float, _fast: boolean, out: Float) {
    const p = step(x)
    for (let i = 0; i < out.length; i++) out[i] = one(x[i * p]!)
  },
  sample: (dtype, size, random) => uniformArray(dtype, size, random, -1000, 1000),
})
