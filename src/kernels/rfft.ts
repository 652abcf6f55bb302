import { defineTransform, type Transform } from './fft.define.js'
import { REAL_LINE } from './fft.twin.js'

/**
 * The discrete Fourier transform of real numbers: the first n/2 + 1 (rounded down) complex numbers of `fft`, which the
 * others mirror.
 *
 * An even length takes a complex transform of half of it. Accuracy and promises are those of `fft`.
 *
 * @param x - Float64Array or Float32Array of n real numbers, or a matrix with such rows
 * @param options - `n`: another length, to which lines are cut or filled up with zeros; `norm`: `'backward'`, `'ortho'`
 *   or `'forward'`; of a matrix, `axis`: 1 for each row (the default), 0 for each column; `out`: where the result goes
 * @returns n/2 + 1 complex numbers, interleaved, in a fresh array or `out`; a matrix of a matrix
 * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_OVERLAP)
 * @example
 * const spectrum = await rfft(samples)
 *
 * Source: H. Sorensen, D. Jones, M. Heideman and C. Burrus, Real-valued fast Fourier transform algorithms, IEEE Trans.
 * ASSP 35 (1987).
 */
export const rfft: Transform = /* @__PURE__ */ defineTransform({
  name: 'rfft',
  native: 'fft',
  summary: 'Discrete Fourier transform of real numbers',
  op: REAL_LINE,
  inverse: false,
})
