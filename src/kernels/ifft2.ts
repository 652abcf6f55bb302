import { defineTransform2, type Transform2 } from './fft.define.js'

/**
 * The inverse of `fft2`. Its promises, parameters and errors are those of `fft2`.
 *
 * @param x - matrix of complex numbers, interleaved: m rows and 2n columns, Float64Array or Float32Array
 * @param options - `norm`, `out` as of `fft2`
 * @returns a matrix of the same shape
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_OVERLAP)
 * @example
 * const pixels = await ifft2(await fft2(image))
 */
export const ifft2: Transform2 = /* @__PURE__ */ defineTransform2({
  name: 'ifft2',
  native: 'fft',
  summary: 'Inverse two-dimensional Fourier transform, complex',
  inverse: true,
})
