import { wrongShape, wrongType } from '../base/errors.js'
import { type Options, readFinite, readInteger, readOut } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, type SyncOptions } from '../core/define.js'
import {
  type BorderOptions,
  type FreshPixels,
  type Image,
  type ImageLike,
  type Pixels,
  randomImage,
  readBorder,
  readImage,
  type SamePixels,
} from '../core/image.js'
import { FILTER_AGREEMENT, FILTER_INSTANCES, filterCall, filterError, filterTraffic } from './convolve2d.js'
import { convolve2dTwin } from './convolve2d.twin.js'

export interface GaussianFilterOptions extends BorderOptions {
  /** Standard deviation in pixels, or [down, across]; 0 leaves that axis as it is. */
  sigma: number | readonly [number, number]
  /** Where the weights end, in standard deviations: ⌊truncate · sigma + ½⌋ pixels on either side. Default: 4. */
  truncate?: number | undefined
  /** Pixels on either side, or [down, across], instead of `truncate`: 0 to 1000. */
  radius?: number | readonly [number, number] | undefined
}
type None = { out?: undefined }

export interface GaussianFilter {
  /**
   * An image blurred by a Gaussian: the weights exp(−k² / 2σ²) down its columns, then along its rows, each channel by
   * itself. With sigma 2 that is 17 of them.
   *
   * As SciPy's `ndimage.gaussian_filter`, except that bytes are rounded once, at the end: to the nearest whole number,
   * halves to even. The weights are rounded to f32 and add up to 1 to 2⁻²⁵.
   *
   * Floats are summed in f32: within (n + 2) · 2⁻²⁴ of the largest of |x| in the neighbourhood, n weights in both passes
   * together; `.js` sums in f64 and rounds after each pass. The same bits for any number of threads. Bytes are summed
   * as `.js` does: the same on every CPU, and constant images stay as they are. NaN and infinities reach every pixel
   * whose neighbourhood holds them.
   *
   * @param image - `data` (Uint8Array, Uint8ClampedArray or Float32Array) and `shape`
   * @param options - `sigma`; `truncate` or `radius`, `border`, `value`; `out`: the array of the result, apart from the image
   * @returns `data` and `shape`
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE if the radius is over
   * 1000, ERR_OFFLOOP_OVERLAP)
   * @example
   * const soft = await gaussianFilter(photo, { sigma: 2 })
   */
  <T extends Pixels>(
    image: ImageLike<T>,
    options: AsyncOptions & GaussianFilterOptions & None,
  ): Promise<Image<FreshPixels<T>>>
  /** The blurred image into `out`. See `gaussianFilter(image, { sigma })`. */
  <T extends Pixels, O extends SamePixels<T>>(
    image: ImageLike<T>,
    options: AsyncOptions & GaussianFilterOptions & { out: O },
  ): Promise<Image<O>>
  /** The blurred image, on native threads; blocks the caller until it is there. See `gaussianFilter`. */
  sync<T extends Pixels>(
    image: ImageLike<T>,
    options: SyncOptions & GaussianFilterOptions & None,
  ): Image<FreshPixels<T>>
  /** The blurred image into `out`, blocking. See `gaussianFilter`. */
  sync<T extends Pixels, O extends SamePixels<T>>(
    image: ImageLike<T>,
    options: SyncOptions & GaussianFilterOptions & { out: O },
  ): Image<O>
  /** Blocks this thread: the blurred image in plain JavaScript. See `gaussianFilter`. */
  js<T extends Pixels>(image: ImageLike<T>, options: GaussianFilterOptions & None): Image<FreshPixels<T>>
  /** Blocks this thread: the blurred image into `out` in plain JavaScript. */
  js<T extends Pixels, O extends SamePixels<T>>(
    image: ImageLike<T>,
    options: GaussianFilterOptions & { out: O },
  ): Image<O>
}

const MAX_RADIUS = 1000

/** Writes the 2 · radius + 1 weights of a Gaussian from `at` on. */
function writeWeights(weights: Float64Array, at: number, sigma: number, radius: number): void {
  const centre = at + radius
  let total = 1
  for (let k = 1; k <= radius; k++) {
    const weight = Math.exp((-0.5 * k * k) / (sigma * sigma))
    weights[centre + k] = weight
    total += 2 * weight
  }
  // The middle weight makes up for the rounding of the others.
  let rest = 1
  for (let k = 1; k <= radius; k++) {
    const weight = Math.fround(weights[centre + k]! / total)
    weights[centre + k] = weights[centre - k] = weight
    rest -= 2 * weight
  }
  weights[centre] = Math.fround(rest)
}

function readSigmas(options: Options): [sigma: number, radius: number][] {
  const { sigma, truncate, radius } = options
  const sigmas = Array.isArray(sigma) ? sigma : [sigma, sigma]
  if (sigmas.length !== 2) throw wrongType('sigma', 'a number or two', sigma)
  const radii = Array.isArray(radius) ? radius : [radius, radius]
  if (radii.length !== 2) throw wrongType('radius', 'a whole number or two', radius)
  const ends = truncate === undefined ? 4 : readFinite('truncate', truncate, 0)
  return [0, 1].map((axis) => {
    const s = readFinite('sigma', sigmas[axis], 0)
    if (s === 0) return [1, 0]
    if (radii[axis] !== undefined) return [s, readInteger('radius', radii[axis], 0, MAX_RADIUS)]
    const reach = Math.floor(ends * s + 0.5)
    if (reach > MAX_RADIUS) throw wrongShape('sigma', `a radius of at most ${MAX_RADIUS} pixels`, `${reach}`)
    return [s, reach]
  })
}

export const gaussianFilter: GaussianFilter = /* @__PURE__ */ defineKernel<GaussianFilter>({
  name: 'gaussianFilter',
  native: 'convolve2d',
  summary: 'An image blurred by a Gaussian',
  agreement: FILTER_AGREEMENT,
  error: (args, result) => filterError(gaussianFilter, args, result),
  arity: 1,
  options: ['sigma', 'truncate', 'radius', 'border', 'value', 'out'],
  instances: FILTER_INSTANCES,
  check([image], options) {
    const x = readImage('image', image)
    const [down, across] = readSigmas(options) as [[number, number], [number, number]]
    const [rows, cols] = [2 * down[1] + 1, 2 * across[1] + 1]
    const weights = new Float64Array(rows + cols)
    writeWeights(weights, 0, ...down)
    writeWeights(weights, rows, ...across)
    const out = readOut('out', options.out, x.dtype, x.array.length, [x.array], false)
    return filterCall(x, readBorder(options, x.dtype), weights, rows, cols, true, out)
  },
  twin: convolve2dTwin,
  samples(dtype, size, random) {
    const border = (['reflect', 'wrap', 'constant'] as const)[Math.floor(random() * 3)]!
    return [randomImage(dtype, size, random), { sigma: 0.4 + (size > 100_000 ? 1 : 3) * random(), border }]
  },
  traffic: filterTraffic,
})
