import type { Float } from '../base/dtypes.js'
import type { Unary } from '../core/elementwise.js'
import { defineScan } from '../core/scan.js'

/**
 * Running products: out[i] = x[0] · … · x[i].
 *
 * One multiplication after the other, in f64, so that f64 gives NumPy's bits; f32 results are rounded once each. It
 * runs off the loop but on one thread: products joined from parts would overflow where these do not. The same bits on
 * every CPU and as `cumprod.js`.
 *
 * @param x - Float64Array or Float32Array
 * @param options - `out`: where the result goes, of the type and length of `x`; `out: x` works in place
 * @returns a fresh array, or `out`
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
 * @example
 * const growth = await cumprod(rates)
 */
export const cumprod: Unary = /* @__PURE__ */ defineScan<Unary>({
  name: 'cumprod',
  summary: 'Running products, in order',
  types: { f64: 'f64', f32: 'f32' },
  twin(x: Float, out: Float) {
    let product = 1
    for (let i = 0; i < x.length; i++) out[i] = product *= x[i]!
  },
  ns: () => 1.5,
  // Near 1, so that a million of them neither vanish nor overflow.
  samples(dtype, size, random) {
    const x = dtype === 'f64' ? new Float64Array(size) : new Float32Array(size)
    for (let i = 0; i < size; i++) x[i] = 1 + (random() - 0.5) * 0.01
    return x
  },
})
