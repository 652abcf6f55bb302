import { defineTransform, type Transform } from './fft.define.js'
import { HERMITIAN } from './fft.twin.js'

/**
 * The inverse of `rfft`: n real numbers from the first n/2 + 1 complex numbers of their transform.
 *
 * The imaginary part of the first, and for an even n of the last, is taken for 0. Promises are those of `fft`.
 *
 * @param x - Float64Array or Float32Array of m complex numbers, interleaved, or a matrix with such rows
 * @param options - `n`: how many real numbers, 2(m − 1) unless given; what is missing is taken for zeros; `norm`, `axis`,
 *   `out` as of `rfft`
 * @returns n real numbers, in a fresh array or `out`; a matrix of a matrix
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_OVERLAP)
 * @example
 * const samples = await irfft(await rfft(x), { n: x.length })
 */
export const irfft: Transform = /* @__PURE__ */ defineTransform({
  name: 'irfft',
  native: 'fft',
  summary: 'Inverse of the transform of real numbers',
  op: HERMITIAN,
  inverse: true,
})
