import type { TypedArray } from '../base/dtypes.js'
import { wrongValue } from '../base/errors.js'
import { readInteger, readOut } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, type SyncOptions } from '../core/define.js'
import {
  type BorderOptions,
  type FreshPixels,
  frameValues,
  type Image,
  type ImageLike,
  type Pixels,
  randomImage,
  readBorder,
  readImage,
  type SamePixels,
} from '../core/image.js'
import { medianFilterTwin } from './medianFilter.twin.js'

export interface MedianFilterOptions extends BorderOptions {
  /** Rows and columns of the neighbourhood: 3 or 5. Default: 3. */
  size?: 3 | 5 | undefined
}
type None = { out?: undefined }

export interface MedianFilter {
  /**
   * The median of every pixel's 3 × 3 or 5 × 5 neighbourhood, each channel by itself: takes single wrong pixels out and
   * leaves edges sharp.
   *
   * As SciPy's `ndimage.median_filter`, and with `border: 'replicate'` as OpenCV's `medianBlur`; sharp's `median` does
   * the same. Exact: one of the numbers of the neighbourhood. −0 counts as below +0 and NaN as above everything, as
   * `sort` has them.
   *
   * @param image - `data` (Uint8Array, Uint8ClampedArray or Float32Array) and `shape`
   * @param options - `size`, `border`, `value`; `out`: the array of the result, apart from the image
   * @returns `data` and `shape`
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
   * @example
   * const clean = await medianFilter(scan, { size: 5 })
   *
   * Source: the columns are sorted once for all that share them, as in J. L. Smith, Implementing median filters in
   * XC4000E FPGAs (1996); the network for 5 × 5 was found by search, and checked by the 0-1 principle.
   */
  <T extends Pixels>(
    image: ImageLike<T>,
    options?: AsyncOptions & MedianFilterOptions & None,
  ): Promise<Image<FreshPixels<T>>>
  /** The medians into `out`. See `medianFilter(image)`. */
  <T extends Pixels, O extends SamePixels<T>>(
    image: ImageLike<T>,
    options: AsyncOptions & MedianFilterOptions & { out: O },
  ): Promise<Image<O>>
  /** The medians, on native threads; blocks the caller until they are there. See `medianFilter`. */
  sync<T extends Pixels>(image: ImageLike<T>, options?: SyncOptions & MedianFilterOptions & None): Image<FreshPixels<T>>
  /** The medians into `out`, blocking. See `medianFilter`. */
  sync<T extends Pixels, O extends SamePixels<T>>(
    image: ImageLike<T>,
    options: SyncOptions & MedianFilterOptions & { out: O },
  ): Image<O>
  /** Blocks this thread: the medians in plain JavaScript, with the same bits. See `medianFilter`. */
  js<T extends Pixels>(image: ImageLike<T>, options?: MedianFilterOptions & None): Image<FreshPixels<T>>
  /** Blocks this thread: the medians into `out` in plain JavaScript. */
  js<T extends Pixels, O extends SamePixels<T>>(
    image: ImageLike<T>,
    options: MedianFilterOptions & { out: O },
  ): Image<O>
}

/** Nanoseconds an element on one thread. */
const COST = { f32: { 3: 1.8, 5: 4 }, u8: { 3: 0.4, 5: 1 } } as const

export const medianFilter: MedianFilter = /* @__PURE__ */ defineKernel<MedianFilter>({
  name: 'medianFilter',
  summary: 'The median of every 3 × 3 or 5 × 5 neighbourhood of an image',
  agreement: 'exact',
  arity: 1,
  options: ['size', 'border', 'value', 'out'],
  instances: {
    f32: 'in:f32 integer integer integer enum:5 number integer out:f32',
    u8: 'in:u8 integer integer integer enum:5 number integer out:u8',
  },
  check([given], options) {
    const image = readImage('image', given)
    const { dtype, array, shape } = image
    const size = options.size === undefined ? 3 : readInteger('size', options.size, 3, 5)
    if (size === 4) throw wrongValue('size', '3 or 5', size)
    const { length } = array
    const out = readOut('out', options.out, dtype, length, [array], false)
    return {
      instance: dtype,
      values: [
        ...frameValues(image, readBorder(options, dtype)),
        { kind: 'integer', value: size },
        { kind: 'out', dtype, length, array: out },
      ],
      work: 3500 + length * COST[dtype][size as 3 | 5],
      finish: ({ arrays }) => ({ data: arrays[0], shape: [...shape] }),
    }
  },
  twin: medianFilterTwin,
  samples(dtype, size, random) {
    const border = (['reflect', 'replicate', 'constant'] as const)[Math.floor(random() * 3)]!
    return [randomImage(dtype, size, random), { size: random() < 0.5 ? 3 : 5, border }]
  },
  traffic: ({ values }) => ({ bytes: 2 * (values[0] as { array: TypedArray }).array.byteLength }),
})
