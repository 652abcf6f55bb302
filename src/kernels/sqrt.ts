import type { Float } from '../base/dtypes.js'
import { defineElementwise, type Unary } from '../core/elementwise.js'
import { randomArray } from '../core/samples.js'

/**
 * √x, element by element. Exact: correctly rounded. NaN below 0; √-0 is -0.
 *
 * @param x - Float64Array or Float32Array
 * @param options - `out`: where the result goes; it may be `x`
 * @returns a fresh array, or `out`
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
 * @example
 * const deviations = await sqrt(variances)
 */
export const sqrt: Unary = /* @__PURE__ */ defineElementwise<Unary>({
  name: 'sqrt',
  summary: '√x, element by element, correctly rounded',
  operands: ['x'],
  ns: { f64: 0.6, f32: 0.12 },
  tiny: 128,
  twin(x: Float, out: Float) {
    for (let i = 0; i < out.length; i++) out[i] = Math.sqrt(x[i]!)
  },
  sample: (dtype, size, random) => (randomArray(dtype, size, random) as Float64Array).map(Math.abs),
})
