import { defineTransform2, type Transform2 } from './fft.define.js'

/**
 * The two-dimensional discrete Fourier transform: of every row, then of every column.
 *
 * Computed in f64; of f32, rounded after each of the two. Accuracy and promises are those of `fft`.
 *
 * @param x - matrix of complex numbers, interleaved: m rows and 2n columns, Float64Array or Float32Array
 * @param options - `norm`: `'backward'`, `'ortho'` or `'forward'`; `out`: where the result goes, which may be `x.data`
 * @returns a matrix of the same shape
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_OVERLAP)
 * @example
 * const spectrum = await fft2(matrix(pixels, 512, 2 * 512))
 */
export const fft2: Transform2 = /* @__PURE__ */ defineTransform2({
  name: 'fft2',
  native: 'fft',
  summary: 'Two-dimensional Fourier transform, complex',
  inverse: false,
})
