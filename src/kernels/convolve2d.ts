import { bytesOf, type TypedArray } from '../base/dtypes.js'
import { wrongShape } from '../base/errors.js'
import { type Options, readMatrix, readOut } from '../core/arguments.js'
import { type AsyncOptions, type Callable, defineKernel, definitionOf, type SyncOptions } from '../core/define.js'
import {
  type BorderOptions,
  type FreshPixels,
  frameValues,
  type Image,
  type ImageLike,
  type ImageValue,
  type Pixels,
  randomImage,
  readBorder,
  readImage,
  readSingle,
  type SamePixels,
} from '../core/image.js'
import { type Matrix, type MatrixLike, matrix } from '../core/matrix.js'
import type { Agreement, Call, Value } from '../engine/values.js'
import { convolve2dTwin } from './convolve2d.twin.js'

type Weights = MatrixLike<Float32Array> | MatrixLike<Float64Array>
type None = { out?: undefined }

export interface Convolve2d {
  /**
   * The convolution of an image with a kernel of weights: out[i, j] = Σ kernel[k, l] · x[i + a − k, j + b − l], where
   * [a, b] is the kernel's centre. The result is as large as the image; each channel is filtered by itself.
   *
   * As SciPy's `ndimage.convolve`. OpenCV's `filter2D` and sharp's `convolve` do not turn the kernel around: for a
   * kernel that is not symmetric, turn it by 180° to get theirs. The weights are rounded to f32.
   *
   * Floats are summed in f32, in the order of the kernel's rows: within n · 2⁻²⁴ · Σ |kernel| · |x| of the exact sum of n
   * products, and `.js`, which sums in f64, within one rounding of it. The same bits for any number of threads. Bytes
   * are summed in f64 and rounded once, to the nearest whole number (halves to even), within 0 to 255: the same on every
   * CPU, and as `.js`. NaN and infinities reach every pixel whose neighbourhood holds them.
   *
   * @param image - `data` (Uint8Array, Uint8ClampedArray or Float32Array) and `shape`
   * @param kernel - matrix of weights, odd numbers of rows and columns up to 31, Float32Array or Float64Array
   * @param options - `border`, `value`; `out`: the array of the result, apart from the image
   * @returns `data` and `shape`
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
   * @example
   * const sharper = await convolve2d(photo, matrix.from([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]))
   */
  <T extends Pixels>(
    image: ImageLike<T>,
    kernel: Weights,
    options?: AsyncOptions & BorderOptions & None,
  ): Promise<Image<FreshPixels<T>>>
  /** The convolution into `out`. See `convolve2d(image, kernel)`. */
  <T extends Pixels, O extends SamePixels<T>>(
    image: ImageLike<T>,
    kernel: Weights,
    options: AsyncOptions & BorderOptions & { out: O },
  ): Promise<Image<O>>
  /** The convolution, on native threads; blocks the caller until it is there. See `convolve2d`. */
  sync<T extends Pixels>(
    image: ImageLike<T>,
    kernel: Weights,
    options?: SyncOptions & BorderOptions & None,
  ): Image<FreshPixels<T>>
  /** The convolution into `out`, blocking. See `convolve2d`. */
  sync<T extends Pixels, O extends SamePixels<T>>(
    image: ImageLike<T>,
    kernel: Weights,
    options: SyncOptions & BorderOptions & { out: O },
  ): Image<O>
  /** Blocks this thread: the convolution in plain JavaScript. See `convolve2d`. */
  js<T extends Pixels>(image: ImageLike<T>, kernel: Weights, options?: BorderOptions & None): Image<FreshPixels<T>>
  /** Blocks this thread: the convolution into `out` in plain JavaScript. */
  js<T extends Pixels, O extends SamePixels<T>>(
    image: ImageLike<T>,
    kernel: Weights,
    options: BorderOptions & { out: O },
  ): Image<O>
}

const MAX_SIZE = 31

/** The parameters of native/kernels/convolve2d.cpp. */
export const FILTER_INSTANCES: Readonly<Record<string, string>> = {
  f32: 'in:f32 integer integer integer enum:5 number in:f64 integer integer boolean out:f32',
  u8: 'in:u8 integer integer integer enum:5 number in:f64 integer integer boolean out:u8',
}

/** Of floats; bytes are exact. */
export const FILTER_AGREEMENT: Agreement = { bound: '(n + 1) · 2⁻²⁴ · Σ |weight| · |x| for n weights' }

/** The data of an image or a matrix without signs, and so the options. */
function unsigned(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (!('data' in value)) {
    const { out: _, ...options } = value as { out?: unknown; value?: number }
    return options.value === undefined ? options : { ...options, value: Math.abs(options.value) }
  }
  return { ...value, data: (value.data as Float32Array).map(Math.abs) }
}

/** How far a filter's result is from its twin's, as a share of FILTER_AGREEMENT's bound: twice, each may be off by it. */
export function filterError(filter: Callable, args: readonly unknown[], result: unknown): number {
  const given = args.map((value) =>
    typeof value === 'object' && value !== null && 'out' in value ? { ...value, out: undefined } : value,
  )
  const { arity, check } = definitionOf(filter)!
  const call = check(given.slice(0, arity), (given[arity] ?? {}) as Options)
  const weights = (call.values.find(({ kind }, i) => kind === 'in' && i > 0) as { array: TypedArray }).array.length
  const found = (result as Image<Float32Array>).data
  const { data } = filter.js(...given) as Image<Float32Array>
  const limits = (filter.js(...given.map(unsigned)) as Image<Float32Array>).data
  if (found.length !== data.length || found.constructor !== data.constructor) return Number.POSITIVE_INFINITY
  let worst = 0
  for (let i = 0; i < data.length; i++) {
    if (Object.is(data[i], found[i])) continue
    if (!(data instanceof Float32Array)) return Number.POSITIVE_INFINITY
    const allowed = 2 * (weights + 1) * 2 ** -24 * limits[i]! + 2 ** -126
    worst = Math.max(worst, Math.abs(data[i]! - found[i]!) / allowed)
  }
  return worst
}

/** A call of native/kernels/convolve2d.cpp. `apart`: weights down a column and then those along a row. */
export function filterCall(
  image: ImageValue,
  border: readonly [number, number],
  weights: Float64Array,
  rows: number,
  cols: number,
  apart: boolean,
  out: TypedArray | undefined,
): Call {
  const { dtype, array, shape } = image
  const { length } = array
  const values: Value[] = [
    ...frameValues(image, border),
    { kind: 'in', array: weights },
    { kind: 'integer', value: rows },
    { kind: 'integer', value: cols },
    { kind: 'boolean', value: apart ? 1 : 0 },
    { kind: 'out', dtype, length, array: out },
  ]
  const floats = dtype === 'f32'
  const each = apart
    ? (floats ? 0.5 : 1.6) + (floats ? 0.025 : 0.045) * (rows + 2 * cols)
    : (floats ? 0.5 : 1.4) + (floats ? 0.022 : 0.042) * rows * cols
  return {
    instance: dtype,
    values,
    work: 6000 + length * each,
    tiny: !floats && length <= 8,
    finish: ({ arrays }) => ({ data: arrays[0], shape: [...shape] }),
  }
}

export const filterTraffic = ({ values }: Call): { bytes: number; flops: number } => {
  const { array } = values[0] as { array: TypedArray }
  const weights = values[6] as { array: TypedArray }
  return {
    bytes: 2 * array.length * bytesOf(array instanceof Float32Array ? 'f32' : 'u8'),
    flops: 2 * array.length * weights.array.length,
  }
}

export const convolve2d: Convolve2d = /* @__PURE__ */ defineKernel<Convolve2d>({
  name: 'convolve2d',
  summary: 'Convolution of an image with a kernel of up to 31 × 31 weights',
  agreement: FILTER_AGREEMENT,
  error: (args, result) => filterError(convolve2d, args, result),
  arity: 2,
  options: ['border', 'value', 'out'],
  instances: FILTER_INSTANCES,
  check([image, kernel], options) {
    const x = readImage('image', image)
    const { array, rows, cols, rowStride, colStride, offset } = readMatrix('kernel', kernel, ['f32', 'f64'])
    if (rows % 2 === 0 || cols % 2 === 0 || rows > MAX_SIZE || cols > MAX_SIZE) {
      throw wrongShape('kernel', `odd numbers of rows and columns up to ${MAX_SIZE}`, `${rows} × ${cols}`)
    }
    const weights = new Float64Array(rows * cols)
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++) {
        const weight = array[offset + (rows - 1 - i) * rowStride + (cols - 1 - j) * colStride] as number
        const single = Math.fround(weight)
        weights[i * cols + j] = Number.isFinite(single) ? single : readSingle('kernel.data', weight)
      }
    }
    const out = readOut('out', options.out, x.dtype, x.array.length, [x.array], false)
    return filterCall(x, readBorder(options, x.dtype), weights, rows, cols, false, out)
  },
  twin: convolve2dTwin,
  samples(dtype, size, random) {
    const image = randomImage(dtype, size, random)
    const [rows, cols] = [1 + 2 * Math.floor(random() * 4), 1 + 2 * Math.floor(random() * 4)]
    const kernel: Matrix<Float32Array> = matrix(new Float32Array(rows * cols), rows, cols)
    for (let i = 0; i < rows * cols; i++) kernel.data[i] = random() - 0.4
    return [image, kernel, { border: (['reflect', 'wrap', 'constant', 'mirror', 'replicate'] as const)[rows % 5] }]
  },
  traffic: filterTraffic,
})
