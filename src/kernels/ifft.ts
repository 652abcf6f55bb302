import { defineTransform, type Transform } from './fft.define.js'
import { COMPLEX } from './fft.twin.js'

/**
 * The inverse of `fft`: x[j] = (1/n) Σ X[k] exp(2πi jk/n), of complex numbers, interleaved, of any length.
 *
 * Its promises, parameters and errors are those of `fft`.
 *
 * @param x - Float64Array or Float32Array of 2n numbers, or a matrix with such rows
 * @param options - `n`, `norm`, `axis`, `out` as of `fft`
 * @returns as many complex numbers, in a fresh array or `out`; a matrix of a matrix
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_OVERLAP)
 * @example
 * const signal = await ifft(await fft(x))
 */
export const ifft: Transform = /* @__PURE__ */ defineTransform({
  name: 'ifft',
  native: 'fft',
  summary: 'Inverse discrete Fourier transform, complex',
  op: COMPLEX,
  inverse: true,
})
