import type { TypedArray } from '../base/dtypes.js'
import { readChoice, readOut } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, type SyncOptions } from '../core/define.js'
import {
  type BorderOptions,
  frameValues,
  type Image,
  type ImageLike,
  type Pixels,
  randomImage,
  readBorder,
  readImage,
  rowReader,
} from '../core/image.js'

export interface SobelOptions extends BorderOptions {
  /**
   * What of the gradient: its length √(x² + y²), or its component to the right (`'x'`) or downwards (`'y'`).
   * Default: 'magnitude'.
   */
  of?: 'magnitude' | 'x' | 'y' | undefined
}
type Floats = Float32Array<ArrayBuffer>
type None = { out?: undefined }

export interface Sobel {
  /**
   * The gradient of an image by Sobel's operator: the differences of the neighbours on either side, smoothed by 1 2 1
   * along the other axis; each channel by itself. It shows edges.
   *
   * `'x'` is SciPy's `ndimage.sobel(image, axis=1)` and OpenCV's `Sobel(image, CV_32F, 1, 0)`; `'y'` the other axis,
   * downwards. The result is Float32Array also for bytes, since components have a sign and reach 1020; it is not scaled.
   * Computed in f64 and rounded once: exact for bytes but for the root. The same bits on every CPU, for any number of
   * threads, and as `.js`. NaN and infinities reach every pixel whose neighbourhood holds them.
   *
   * @param image - `data` (Uint8Array, Uint8ClampedArray or Float32Array) and `shape`
   * @param options - `of`, `border`, `value`; `out`: a Float32Array for the result, apart from the image
   * @returns `data` and `shape`
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
   * @example
   * const edges = await sobel(photo)
   */
  <T extends Pixels>(image: ImageLike<T>, options?: AsyncOptions & SobelOptions & None): Promise<Image<Floats>>
  /** The gradient into `out`. See `sobel(image)`. */
  <T extends Pixels, O extends Float32Array>(
    image: ImageLike<T>,
    options: AsyncOptions & SobelOptions & { out: O },
  ): Promise<Image<O>>
  /** The gradient, on native threads; blocks the caller until it is there. See `sobel`. */
  sync<T extends Pixels>(image: ImageLike<T>, options?: SyncOptions & SobelOptions & None): Image<Floats>
  /** The gradient into `out`, blocking. See `sobel`. */
  sync<T extends Pixels, O extends Float32Array>(
    image: ImageLike<T>,
    options: SyncOptions & SobelOptions & { out: O },
  ): Image<O>
  /** Blocks this thread: the gradient in plain JavaScript, with the same bits. See `sobel`. */
  js<T extends Pixels>(image: ImageLike<T>, options?: SobelOptions & None): Image<Floats>
  /** Blocks this thread: the gradient into `out` in plain JavaScript. */
  js<T extends Pixels, O extends Float32Array>(image: ImageLike<T>, options: SobelOptions & { out: O }): Image<O>
}

const OF = ['magnitude', 'x', 'y'] as const

function twin(
  x: Uint8Array | Float32Array,
  height: number,
  width: number,
  channels: number,
  border: number,
  value: number,
  of: number,
  out: Float32Array,
): void {
  if (x.length === 0) return
  const count = width * channels
  const [one, two] = [channels, 2 * channels]
  const read = rowReader(x, { height, width, channels, border, value }, 1)
  let [a, b, c] = [0, 1, 2].map(() => new Float64Array(count + two)) as [Float64Array, Float64Array, Float64Array]
  read(-1, b)
  read(0, c)
  for (let y = 0; y < height; y++) {
    const free = a
    a = b
    b = c
    c = free
    read(y + 1, c)
    const to = y * count
    for (let i = 0; i < count; i++) {
      const [a0, a2, c0, c2] = [a[i]!, a[i + two]!, c[i]!, c[i + two]!]
      if (of === 2) out[to + i] = c0 + c2 + 2 * c[i + one]! - (a0 + a2 + 2 * a[i + one]!)
      else {
        const across = a2 + c2 + 2 * b[i + two]! - (a0 + c0 + 2 * b[i]!)
        if (of === 1) out[to + i] = across
        else {
          const down = c0 + c2 + 2 * c[i + one]! - (a0 + a2 + 2 * a[i + one]!)
          out[to + i] = Math.sqrt(across * across + down * down)
        }
      }
    }
  }
}

export const sobel: Sobel = /* @__PURE__ */ defineKernel<Sobel>({
  name: 'sobel',
  summary: "The gradient of an image by Sobel's operator",
  agreement: 'exact',
  arity: 1,
  options: ['of', 'border', 'value', 'out'],
  instances: {
    f32: 'in:f32 integer integer integer enum:5 number enum:3 out:f32',
    u8: 'in:u8 integer integer integer enum:5 number enum:3 out:f32',
  },
  check([given], options) {
    const image = readImage('image', given)
    const { dtype, array, shape } = image
    const of = options.of === undefined ? 0 : readChoice('of', options.of, OF)
    const { length } = array
    const out = readOut('out', options.out, 'f32', length, [array], false)
    return {
      instance: dtype,
      values: [
        ...frameValues(image, readBorder(options, dtype)),
        { kind: 'enum', value: of },
        { kind: 'out', dtype: 'f32', length, array: out },
      ],
      work: 2500 + length * (of === 0 ? 3.2 : 2.2),
      finish: ({ arrays }) => ({ data: arrays[0], shape: [...shape] }),
    }
  },
  twin,
  samples(dtype, size, random) {
    return [randomImage(dtype, size, random), { of: OF[Math.floor(random() * 3)] }]
  },
  traffic: ({ values }) => {
    const { array } = values[0] as { array: TypedArray }
    return { bytes: array.byteLength + 4 * array.length }
  },
})
