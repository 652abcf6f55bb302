import { type Convolution, defineConvolution } from './convolve.define.js'

/**
 * The discrete convolution of two arrays: out[i] = Σ a[j] v[i − j], NumPy's `convolve`.
 *
 * Up to 96 elements of the shorter one are summed directly in f64, by rising index of that one, and rounded once for f32.
 * Beyond, blocks are transformed (overlap-save): the error is then some 2⁻⁵² of |a||v| of a block rather than of each
 * result, and NaN or an infinity reaches all results of its block; `method` decides otherwise. The same bits on every
 * CPU, for any number of threads, and as `convolve.js`.
 *
 * @param a - Float64Array or Float32Array of at least one element
 * @param v - the other, of the same type; the order does not matter
 * @param options - `mode`: `'full'` (the default), `'same'` or `'valid'`; `method`: `'auto'`, `'direct'` or `'fft'`;
 *   `out`: where the result goes, apart from both
 * @returns a.length + v.length − 1, max(a.length, v.length), or max − min + 1 elements
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_OVERLAP)
 * @example
 * const smooth = await convolve(signal, new Float64Array([0.25, 0.5, 0.25]), { mode: 'same' })
 *
 * Source: T. Stockham, High-speed convolution and correlation, AFIPS Spring Joint Computer Conference (1966).
 */
export const convolve: Convolution = /* @__PURE__ */ defineConvolution({
  name: 'convolve',
  native: 'fft',
  summary: 'Convolution of two arrays, direct or by transforms',
  turned: false,
})
