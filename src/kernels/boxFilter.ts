import type { TypedArray } from '../base/dtypes.js'
import { readOut } from '../core/arguments.js'
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
  readSizes,
  type SamePixels,
} from '../core/image.js'
import { boxFilterTwin } from './boxFilter.twin.js'

export interface BoxFilterOptions extends BorderOptions {
  /** Rows and columns of the neighbourhood, or [rows, columns]: odd, up to 511. Default: 3. */
  size?: number | readonly [number, number] | undefined
}
type None = { out?: undefined }

export interface BoxFilter {
  /**
   * The mean of every pixel's rectangular neighbourhood, each channel by itself. The time hardly depends on its size.
   *
   * As OpenCV's `blur` and SciPy's `ndimage.uniform_filter`, except that bytes are not rounded between the axes: the
   * sum is exact, and the mean rounded to the nearest whole number. Floats are summed in f64 without ever subtracting,
   * so errors do not pile up along the image, and rounded once to f32; NaN and infinities reach only the pixels whose
   * neighbourhood holds them. The same bits on every CPU, for any number of threads, and as `.js`.
   *
   * @param image - `data` (Uint8Array, Uint8ClampedArray or Float32Array) and `shape`
   * @param options - `size`, `border`, `value`; `out`: the array of the result, apart from the image
   * @returns `data` and `shape`
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
   * @example
   * const soft = await boxFilter(photo, { size: 15 })
   */
  <T extends Pixels>(
    image: ImageLike<T>,
    options?: AsyncOptions & BoxFilterOptions & None,
  ): Promise<Image<FreshPixels<T>>>
  /** The means into `out`. See `boxFilter(image)`. */
  <T extends Pixels, O extends SamePixels<T>>(
    image: ImageLike<T>,
    options: AsyncOptions & BoxFilterOptions & { out: O },
  ): Promise<Image<O>>
  /** The means, on native threads; blocks the caller until they are there. See `boxFilter`. */
  sync<T extends Pixels>(image: ImageLike<T>, options?: SyncOptions & BoxFilterOptions & None): Image<FreshPixels<T>>
  /** The means into `out`, blocking. See `boxFilter`. */
  sync<T extends Pixels, O extends SamePixels<T>>(
    image: ImageLike<T>,
    options: SyncOptions & BoxFilterOptions & { out: O },
  ): Image<O>
  /** Blocks this thread: the means in plain JavaScript, with the same bits. See `boxFilter`. */
  js<T extends Pixels>(image: ImageLike<T>, options?: BoxFilterOptions & None): Image<FreshPixels<T>>
  /** Blocks this thread: the means into `out` in plain JavaScript. */
  js<T extends Pixels, O extends SamePixels<T>>(image: ImageLike<T>, options: BoxFilterOptions & { out: O }): Image<O>
}

const MAX_SIZE = 511

/** Additions for each sum of `size` neighbours. */
function additions(size: number): number {
  let count = 0
  for (let rest = size; rest > 1; rest >>= 1) count += 1 + ((rest >> 1) & 1)
  return count
}

export const boxFilter: BoxFilter = /* @__PURE__ */ defineKernel<BoxFilter>({
  name: 'boxFilter',
  summary: 'The mean of every rectangular neighbourhood of an image',
  agreement: 'exact',
  arity: 1,
  options: ['size', 'border', 'value', 'out'],
  instances: {
    f32: 'in:f32 integer integer integer enum:5 number integer integer out:f32',
    u8: 'in:u8 integer integer integer enum:5 number integer integer out:u8',
  },
  check([given], options) {
    const image = readImage('image', given)
    const { dtype, array, shape } = image
    const [down, across] = readSizes('size', options.size === undefined ? 3 : options.size, MAX_SIZE)
    const { length } = array
    const out = readOut('out', options.out, dtype, length, [array], false)
    const each = (1 + 0.25 * (1.5 * additions(across) + additions(down))) * (dtype === 'f32' ? 1 : 0.7)
    return {
      instance: dtype,
      values: [
        ...frameValues(image, readBorder(options, dtype)),
        { kind: 'integer', value: down },
        { kind: 'integer', value: across },
        { kind: 'out', dtype, length, array: out },
      ],
      work: 6000 + length * each,
      finish: ({ arrays }) => ({ data: arrays[0], shape: [...shape] }),
    }
  },
  twin: boxFilterTwin,
  samples(dtype, size, random) {
    const border = (['reflect', 'wrap', 'constant'] as const)[Math.floor(random() * 3)]!
    const side = () => 1 + 2 * Math.floor(random() ** 2 * 20)
    return [randomImage(dtype, size, random), { size: [side(), side()], border }]
  },
  traffic: ({ values }) => ({ bytes: 2 * (values[0] as { array: TypedArray }).array.byteLength }),
})
