import { defineTransform, type Transform } from './fft.define.js'
import { COMPLEX } from './fft.twin.js'

/**
 * The discrete Fourier transform of complex numbers, of any length: X[k] = Σ x[j] exp(−2πi jk/n).
 *
 * Complex numbers lie interleaved: re, im, re, im, … A length whose prime factors are at most 31 is cut into them; any
 * other is a convolution of about twice the length. Computed in f64 also for f32, and rounded once. The relative error
 * (L2) of f64 is below 3·2⁻⁵²·log2 n, in practice near 2⁻⁵². The same bits on every CPU, for any number of threads, and
 * as `fft.js`; a row or column has the bits that it would have as an array. NaN or an infinity reaches all of its line.
 *
 * @param x - Float64Array or Float32Array of 2n numbers, or a matrix with such rows
 * @param options - `n`: another length, to which lines are cut or filled up with zeros; `norm`: `'backward'`, `'ortho'`
 *   or `'forward'`; of a matrix, `axis`: 1 for each row (the default), 0 for each column; `out`: where the result goes,
 *   which may be `x` itself if the length stays
 * @returns as many complex numbers, in a fresh array or `out`; a matrix of a matrix
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE for an odd or empty line,
 *   ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_OVERLAP)
 * @example
 * const spectrum = await fft(new Float64Array([1, 0, 0, 0, -1, 0, 0, 0]))
 *
 * Source: J. Cooley and J. Tukey, An algorithm for the machine calculation of complex Fourier series, Math. Comp. 19
 * (1965); the autosort of T. Stockham (1966); D. Bailey, FFTs in external or hierarchical memory, J. Supercomputing 4
 * (1990); L. Bluestein, A linear filtering approach to the computation of discrete Fourier transform (1970).
 */
export const fft: Transform = /* @__PURE__ */ defineTransform({
  name: 'fft',
  native: 'fft',
  summary: 'Discrete Fourier transform, complex',
  op: COMPLEX,
  inverse: false,
})
