import type { TypedArray } from '../base/dtypes.js'
import { wrongShape } from '../base/errors.js'
import { readChoice, readInteger, readOut } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, type SyncOptions } from '../core/define.js'
import {
  type FreshPixels,
  type Image,
  type ImageLike,
  type Pixels,
  randomImage,
  readImage,
  type SamePixels,
} from '../core/image.js'
import { METHODS, resizeTwin, tapsOf } from './resize.twin.js'

export interface ResizeOptions {
  /** Rows of the result: 1 to 2²⁵. */
  height: number
  /** Columns of the result: 1 to 2²⁵. */
  width: number
  /**
   * What a pixel of the result is made of. Default: 'lanczos3'.
   * - `'nearest'`: the pixel that holds its centre, unchanged
   * - `'bilinear'`: the four whose centres are nearest; skips pixels when the image shrinks by more than 2
   * - `'area'`: the mean over the area that it covers: for thumbnails and masks
   * - `'lanczos3'`: a windowed sinc over 6 × 6 pixels, more where the image shrinks: the sharpest
   */
  method?: 'nearest' | 'bilinear' | 'area' | 'lanczos3' | undefined
}
type None = { out?: undefined }

export interface Resize {
  /**
   * An image with another height and width. Both images cover the same area, so pixel i has its centre at i + ½.
   *
   * `'bilinear'` is OpenCV's INTER_LINEAR, `'area'` its INTER_AREA for smaller images, `'nearest'` its
   * INTER_NEAREST_EXACT; `'lanczos3'` is Pillow's LANCZOS and, up to a level or two of bytes, sharp's. At the border
   * weights are those of the pixels there are.
   * The weights of an axis add up to exactly 1, in steps of 2⁻²³ (2⁻¹⁵ down the columns of bytes): a constant image
   * stays as it is. Sums are made in f64, first down the columns and, rounded to f32, along the rows (bilinear ones of
   * bytes in f32); bytes are rounded to the nearest whole number (halves to even), within 0 to 255. The same bits on every CPU, for any number
   * of threads, and as `.js`. NaN and infinities reach every pixel near them.
   *
   * @param image - `data` (Uint8Array, Uint8ClampedArray or Float32Array) and `shape`; not empty
   * @param options - `height`, `width`, `method`; `out`: the array of the result, apart from the image
   * @returns `data` and `shape`
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
   * @example
   * const thumbnail = await resize(photo, { height: 240, width: 320 })
   *
   * Source: C. E. Duchon, Lanczos filtering in one and two dimensions, Journal of Applied Meteorology 18 (1979).
   */
  <T extends Pixels>(image: ImageLike<T>, options: AsyncOptions & ResizeOptions & None): Promise<Image<FreshPixels<T>>>
  /** The resized image into `out`. See `resize(image, { height, width })`. */
  <T extends Pixels, O extends SamePixels<T>>(
    image: ImageLike<T>,
    options: AsyncOptions & ResizeOptions & { out: O },
  ): Promise<Image<O>>
  /** The resized image, on native threads; blocks the caller until it is there. See `resize`. */
  sync<T extends Pixels>(image: ImageLike<T>, options: SyncOptions & ResizeOptions & None): Image<FreshPixels<T>>
  /** The resized image into `out`, blocking. See `resize`. */
  sync<T extends Pixels, O extends SamePixels<T>>(
    image: ImageLike<T>,
    options: SyncOptions & ResizeOptions & { out: O },
  ): Image<O>
  /** Blocks this thread: the resized image in plain JavaScript, with the same bits. See `resize`. */
  js<T extends Pixels>(image: ImageLike<T>, options: ResizeOptions & None): Image<FreshPixels<T>>
  /** Blocks this thread: the resized image into `out` in plain JavaScript. */
  js<T extends Pixels, O extends SamePixels<T>>(image: ImageLike<T>, options: ResizeOptions & { out: O }): Image<O>
}

/** So that a position in one image times the size of the other is a whole number in JavaScript. */
const MAX_SIDE = 2 ** 25
const MAX_LENGTH = 2 ** 32

export const resize: Resize = /* @__PURE__ */ defineKernel<Resize>({
  name: 'resize',
  summary: 'An image with another height and width: nearest, bilinear, area, lanczos3',
  agreement: 'exact',
  arity: 1,
  options: ['height', 'width', 'method', 'out'],
  instances: {
    f32: 'in:f32 integer integer integer integer integer enum:4 out:f32',
    u8: 'in:u8 integer integer integer integer integer enum:4 out:u8',
  },
  check([image], options) {
    const { dtype, array, shape, height, width, channels } = readImage('image', image)
    if (height < 1 || width < 1 || height > MAX_SIDE || width > MAX_SIDE) {
      throw wrongShape('image.shape', `1 to ${MAX_SIDE} rows and columns`, `${height} × ${width}`)
    }
    const rows = readInteger('height', options.height, 1, MAX_SIDE)
    const cols = readInteger('width', options.width, 1, MAX_SIDE)
    const method = options.method === undefined ? 3 : readChoice('method', options.method, METHODS)
    const length = rows * cols * channels
    if (length > MAX_LENGTH) throw wrongShape('height', `at most ${MAX_LENGTH} elements in all`, `${length}`)
    const out = readOut('out', options.out, dtype, length, [array], false)
    return {
      instance: dtype,
      values: [
        { kind: 'in', array },
        { kind: 'integer', value: height },
        { kind: 'integer', value: width },
        { kind: 'integer', value: channels },
        { kind: 'integer', value: rows },
        { kind: 'integer', value: cols },
        { kind: 'enum', value: method },
        { kind: 'out', dtype, length, array: out },
      ],
      work: estimate(dtype, method, height, width, channels, rows, cols),
      tiny: array.length + length <= 16,
      finish: ({ arrays }) => ({ data: arrays[0], shape: [rows, cols, ...shape.slice(2)] }),
    }
  },
  twin: resizeTwin,
  samples(dtype, size, random) {
    const image = randomImage(dtype, Math.max(12, size), random)
    const [height, width] = image.shape as [number, number]
    const scaled = (side: number) => Math.max(1, Math.round(side * (0.4 + 0.8 * random())))
    const method = METHODS[Math.floor(random() * 4)]
    return [image, { height: scaled(height), width: scaled(width), method }]
  },
  traffic: ({ values }) => ({
    bytes:
      (values[0] as { array: TypedArray }).array.byteLength +
      (values[7] as { length: number }).length * (values[0] as { array: TypedArray }).array.BYTES_PER_ELEMENT,
  }),
})

/** Nanoseconds on one thread. */
function estimate(
  dtype: 'u8' | 'f32',
  method: number,
  height: number,
  width: number,
  channels: number,
  rows: number,
  cols: number,
): number {
  if (method === 0) return 3000 + cols * 20 + rows * cols * channels * (dtype === 'f32' ? 1.2 : 0.4)
  const [down, across] = [tapsOf(method, height, rows), tapsOf(method, width, cols)]
  const weights = (rows * down + cols * across) * (method === 3 ? 20 : 3)
  if (method === 1 && dtype === 'u8') return 6000 + weights + rows * cols * channels * (cols < width ? 3 : 0.8)
  const each = 1.1 + down * (dtype === 'f32' ? 0.2 : 0.08)
  return 6000 + weights + rows * channels * (width * each + cols * (1 + 0.15 * across))
}
