/** Images: rows of pixels of one to four interleaved channels, and what their kernels share. */
import { type Dtype, dtypeOf, type TypedArray } from '../base/dtypes.js'
import { wrongShape, wrongType } from '../base/errors.js'
import type { Value } from '../engine/values.js'
import { type Options, readArray, readChoice, readFinite, readInteger } from './arguments.js'
import { randomArray } from './samples.js'

/**
 * What every image function takes: `data` of height × width × channels elements, row by row, the channels of a pixel
 * side by side; `shape` is [height, width] or [height, width, channels]. The result of `sharp().raw()` fits, and
 * so does a canvas: { data: imageData.data, shape: [height, width, 4] }.
 */
export interface ImageLike<T> {
  readonly data: T
  readonly shape: readonly number[]
}

/** An image that offloop made: of the shape that the source had, or with another height and width. */
export interface Image<T> extends ImageLike<T> {}

/**
 * What lies beyond the border. For a row a b c d:
 * - `'reflect'`: … c b a | a b c d | d c b … — SciPy's 'reflect', NumPy's 'symmetric', OpenCV's BORDER_REFLECT
 * - `'mirror'`: … d c b | a b c d | c b a … — SciPy's 'mirror', NumPy's 'reflect', OpenCV's BORDER_REFLECT_101
 * - `'replicate'`: … a a a | a b c d | d d d … — SciPy's 'nearest', NumPy's 'edge', OpenCV's BORDER_REPLICATE
 * - `'wrap'`: … b c d | a b c d | a b c … — SciPy's and NumPy's 'wrap', OpenCV's BORDER_WRAP
 * - `'constant'`: `value` everywhere
 */
export type Border = 'reflect' | 'mirror' | 'replicate' | 'wrap' | 'constant'

export interface BorderOptions {
  /** What lies beyond the border. Default: 'reflect'. */
  border?: Border | undefined
  /** Of a constant border: a number that the element type has. Default: 0. */
  value?: number | undefined
}

/** Bytes or floats; a canvas's clamped bytes are read as bytes. */
export type Pixels = Uint8Array | Uint8ClampedArray | Float32Array
/** Float32Array of Float32Array, else Uint8Array. */
export type SamePixels<T> = T extends Float32Array ? Float32Array : Uint8Array
export type FreshPixels<T> = T extends Float32Array ? Float32Array<ArrayBuffer> : Uint8Array<ArrayBuffer>

export interface ImageValue {
  readonly dtype: 'u8' | 'f32'
  readonly array: Uint8Array | Float32Array
  readonly shape: readonly number[]
  readonly height: number
  readonly width: number
  readonly channels: number
}

export const BORDERS: readonly Border[] = ['reflect', 'mirror', 'replicate', 'wrap', 'constant']
const DTYPES = ['u8', 'f32', 'u8c'] as const
/** Rows and columns: so that a position in elements is a whole number on both sides, with room. */
export const MAX_SIDE: number = 2 ** 31 - 1

export function readImage(name: string, value: unknown): ImageValue {
  if (typeof value !== 'object' || value === null || !('data' in value) || !('shape' in value)) {
    throw wrongType(name, 'an image (an object with `data` and `shape`)', value)
  }
  const like = value as { data: unknown; shape: unknown; strides?: unknown; stride?: unknown; offset?: unknown }
  const dtype = readArray(`${name}.data`, like.data, DTYPES)
  let array = like.data as Uint8Array | Float32Array
  if (dtype === 'u8c') array = new Uint8Array(array.buffer, array.byteOffset, array.length)
  const { shape } = like
  if (!Array.isArray(shape) || shape.length < 2 || shape.length > 3) {
    throw wrongType(`${name}.shape`, '[height, width] or [height, width, channels]', shape)
  }
  const height = readInteger(`${name}.shape[0]`, shape[0], 0, MAX_SIDE)
  const width = readInteger(`${name}.shape[1]`, shape[1], 0, MAX_SIDE)
  const channels = shape.length === 2 ? 1 : readInteger(`${name}.shape[2]`, shape[2], 1, 4)
  if (array.length !== height * width * channels) {
    const expected = `${height} × ${width}${shape.length === 2 ? '' : ` × ${channels}`} elements`
    throw wrongShape(`${name}.data`, expected, `${array.length}`)
  }
  refuseStrides(name, like.strides ?? like.stride, like.offset, shape as number[])
  return { dtype: dtype === 'f32' ? 'f32' : 'u8', array, shape: shape as number[], height, width, channels }
}

/** Rows and pixels one after the other, from the first element on, or it is no image. */
function refuseStrides(name: string, strides: unknown, offset: unknown, shape: readonly number[]): void {
  if (offset !== undefined && offset !== 0) throw wrongShape(`${name}.offset`, '0', String(offset))
  if (strides === undefined) return
  const dense = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1))
  if (!Array.isArray(strides) || strides.length !== dense.length || dense.some((step, i) => step !== strides[i])) {
    throw wrongShape(`${name}.strides`, `[${dense.join(', ')}]`, `[${String(strides)}]`)
  }
}

/** The border's index and value; floats rounded to what an f32 image could hold. */
export function readBorder(options: Options, dtype: 'u8' | 'f32'): [border: number, value: number] {
  const border = options.border === undefined ? 0 : readChoice('border', options.border, BORDERS)
  if (options.value === undefined) return [border, 0]
  if (dtype === 'u8') return [border, readInteger('value', options.value, 0, 255)]
  return [border, readSingle('value', options.value)]
}

/** What every filter's C++ signature begins with: the image, and what lies beyond its border. */
export function frameValues(image: ImageValue, [border, value]: readonly [number, number]): Value[] {
  return [
    { kind: 'in', array: image.array },
    { kind: 'integer', value: image.height },
    { kind: 'integer', value: image.width },
    { kind: 'integer', value: image.channels },
    { kind: 'enum', value: border },
    { kind: 'number', value },
  ]
}

/** A finite number, as f32 has it. */
export function readSingle(name: string, value: unknown): number {
  return readFinite(name, Math.fround(readFinite(name, value)))
}

/** An odd whole number of pixels, or one for each axis: [down, across]. */
export function readSizes(name: string, value: unknown, most: number): [down: number, across: number] {
  const pair = Array.isArray(value) ? value : [value, value]
  if (pair.length !== 2) throw wrongType(name, 'a whole number or two', value)
  return [readOdd(name, pair[0], most), readOdd(name, pair[1], most)]
}
export function readOdd(name: string, value: unknown, most: number): number {
  const size = readInteger(name, value, 1, most)
  if (size % 2 === 0) throw wrongShape(name, 'an odd number of pixels', `${size}`)
  return size
}

/** About `size` elements of one to four channels. */
export function randomImage(dtype: string, size: number, random: () => number): ImageLike<TypedArray> {
  const channels = 1 + Math.floor(random() * 4)
  const width = Math.floor(Math.sqrt((size / channels) * (0.5 + random())))
  const height = width === 0 ? 0 : Math.floor(size / channels / width)
  return {
    data: randomArray(dtype as Dtype, height * width * channels, random),
    shape: channels === 1 && random() < 0.5 ? [height, width] : [height, width, channels],
  }
}

/** Which of n pixels lies at i, however far outside; -1: the constant. As native/kernels/image-inl.h. */
export function inside(i: number, n: number, border: number): number {
  if (i >= 0 && i < n) return i
  if (border === 4) return -1
  if (border === 2) return i < 0 ? 0 : n - 1
  const period = border === 3 ? n : border === 0 ? 2 * n : n > 1 ? 2 * n - 2 : 1
  let at = i % period
  if (at < 0) at += period
  return at < n ? at : border === 0 ? period - 1 - at : period - at
}

/** What a twin needs to read rows: see rowReader. */
export interface Frame {
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly border: number
  readonly value: number
}

type Row = Float64Array | Float32Array | Int32Array

/** A function that copies row y with `beside` pixels on either side, wherever they lie. */
export function rowReader(x: TypedArray, frame: Frame, beside: number): (y: number, row: Row, at?: number) => void {
  const { height, width, channels, border, value } = frame
  const source = x as Float32Array
  const edge = beside * channels
  const columns = new Int32Array(2 * beside) // of the source, left and right
  for (let i = 0; i < beside; i++) {
    columns[i] = inside(i - beside, width, border)
    columns[beside + i] = inside(width + i, width, border)
  }
  return (y, row, at = 0) => {
    const line = inside(y, height, border)
    if (line < 0) {
      row.fill(value, at, at + width * channels + 2 * edge)
      return
    }
    const from = line * width * channels
    for (let i = 0; i < 2 * beside; i++) {
      const to = at + (i < beside ? i : i + width) * channels
      for (let k = 0; k < channels; k++) {
        row[to + k] = columns[i]! < 0 ? value : source[from + columns[i]! * channels + k]!
      }
    }
    row.set(source.subarray(from, from + width * channels), at + edge)
  }
}

/** A sum as a byte: to the nearest, halves to even, within 0 to 255. */
export function byteOf(sum: number): number {
  if (!(sum > 0)) return 0
  if (sum >= 255) return 255
  const floor = Math.floor(sum)
  const over = sum - floor
  return over > 0.5 || (over === 0.5 && floor % 2 === 1) ? floor + 1 : floor
}

export const isBytes = (array: TypedArray): boolean => dtypeOf(array) === 'u8'
