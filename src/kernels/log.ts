import type { Float } from '../base/dtypes.js'
import { defineElementwise, type Precise, step, type Unary } from '../core/elementwise.js'
import { uniformArray } from '../core/samples.js'
import { log as one } from './log.twin.js'

/**
 * The natural logarithm, element by element. Exact: the same bits everywhere, less than 1 ULP from the
 * true value. Fast: within 4 ULP.
 *
 * log(0) is -Infinity, log(Infinity) is Infinity; NaN and what is less than 0 give NaN.
 *
 * @param x - Float64Array or Float32Array
 * @param options - `precision`: 'exact' or 'fast'; `out`: where the result goes; it may be `x`
 * @returns a fresh array, or `out`
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
 * @example
 * const nats = await log(likelihoods)
 *
 * Source: the algorithm of fdlibm's e_log.c (Sun Microsystems, 1993).
 */
export const log: Unary<Precise> = /* @__PURE__ */ defineElementwise<Unary<Precise>>({
  name: 'log',
  summary: 'natural logarithms, element by element',
  operands: ['x'],
  ns: { f64: 2.8, f32: 2.8 },
  fast: { f64: 1.5, f32: 0.6 },
  twin(x: Float, _fast: boolean, out: Float) {
    const p = step(x)
    for (let i = 0; i < out.length; i++) out[i] = one(x[i * p]!)
  },
  sample: (dtype, size, random) => uniformArray(dtype, size, random, 0, 1000),
})
