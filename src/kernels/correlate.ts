import { type Convolution, defineConvolution } from './convolve.define.js'

/**
 * The cross-correlation of two arrays: out[k] = Σ a[j + k] v[j], NumPy's `correlate`, with its order of results.
 *
 * It is the convolution with `v` backwards, and promises what `convolve` does.
 *
 * @param a - Float64Array or Float32Array of at least one element
 * @param v - the other, of the same type
 * @param options - `mode`: `'valid'` (the default, as NumPy's), `'same'` or `'full'`; `method`, `out` as of `convolve`
 * @returns a.length + v.length − 1, max(a.length, v.length), or max − min + 1 elements
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_OVERLAP)
 * @example
 * const [best] = await correlate(signal, pattern)
 */
export const correlate: Convolution = /* @__PURE__ */ defineConvolution({
  name: 'correlate',
  native: 'fft',
  summary: 'Cross-correlation of two arrays',
  turned: true,
})
