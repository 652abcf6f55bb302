/** What is special to the image kernels: SciPy's results, borders, medians by sorting, constants, sizes, errors. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  type Border,
  boxFilter,
  convolve2d,
  gaussianFilter,
  type ImageLike,
  matrix,
  medianFilter,
  resize,
  sobel,
} from '../../dist/index.js'
import { type AnyKernel, bits, definitionOf, random } from '../support.js'

interface Row {
  name: string
  dtype: 'f32' | 'u8'
  options: Record<string, unknown>
  shape: number[]
  result: number[]
}
const oracle = JSON.parse(readFileSync(new URL('./images.oracle.json', import.meta.url), 'utf8')) as Row[]
const kernels: Record<string, AnyKernel> = { convolve2d, gaussianFilter, boxFilter, medianFilter, sobel, resize }

// As in images.oracle.py.
const SHAPE = [6, 7, 2]
let state = 1
const next = () => (state = (state * 48271) % 2147483647)
const floats: ImageLike<Float32Array> = { data: new Float32Array(84).map(() => next() / 2147483647), shape: SHAPE }
const bytes: ImageLike<Uint8Array> = { data: new Uint8Array(84).map(() => next() % 256), shape: SHAPE }
const weights = (by: number) =>
  matrix(
    Float64Array.from({ length: 15 }, (_, i) => (((3 * Math.floor(i / 3) + 5 * (i % 3)) % 7) - 2.5) / by),
    5,
    3,
  )
const ALL = ['reflect', 'mirror', 'replicate', 'wrap', 'constant'] as const

/** Index i of n pixels, by walking there. */
function walk(i: number, n: number, border: Border): number {
  if (border === 'wrap') return ((i % n) + n) % n
  if (border === 'replicate') return Math.max(0, Math.min(n - 1, i))
  let at = i
  while (at < 0 || at >= n) {
    if (n === 1) return 0
    if (at < 0) at = border === 'reflect' ? -1 - at : -at
    if (at >= n) at = border === 'reflect' ? 2 * n - 1 - at : 2 * n - 2 - at
  }
  return at
}

function noise<T extends Float32Array | Uint8Array>(data: T, shape: number[], salt: number): ImageLike<T> {
  const draw = random(salt)
  for (let i = 0; i < data.length; i++) data[i] = data instanceof Float32Array ? draw() * 2 - 1 : draw() * 256
  return { data, shape }
}

describe('images', () => {
  it('are what SciPy and NumPy make of them', () => {
    for (const { name, dtype, options, shape, result } of oracle) {
      const image = dtype === 'f32' ? floats : bytes
      const where = `${name} ${dtype} ${JSON.stringify(options)}`
      const args = name === 'convolve2d' ? [image, weights(dtype === 'u8' ? 8 : 1)] : [image]
      const out = kernels[name]!.sync(...args, options) as ImageLike<Float32Array>
      expect(out.shape, where).toEqual(shape)
      expect(out.data.length, where).toBe(result.length)
      // Single weights and one or two roundings; weights of bytes in steps of 2^-15; nearest and medians: nothing.
      const exact = name === 'medianFilter' || options.method === 'nearest'
      const whole = out.data.constructor === Uint8Array
      const bound = exact ? 1e-6 : !whole ? 1e-6 * (name === 'sobel' && dtype === 'u8' ? 1000 : 10) : 0.501
      const off = options.method === 'lanczos3' || options.method === 'bilinear' || options.method === 'area' ? 0.03 : 0
      for (let i = 0; i < result.length; i++) {
        const expected = whole ? Math.min(255, Math.max(0, result[i]!)) : result[i]!
        expect(Math.abs(out.data[i]! - expected), `${where}, at ${i}`).toBeLessThanOrEqual(bound + (whole ? off : 0))
      }
    }
  })

  it('have medians that sorting gives, beyond every border, NaN above and −0 below', () => {
    for (const border of ALL) {
      for (const size of [3, 5] as const) {
        const image = noise(new Float32Array(9 * 5 * 3), [9, 5, 3], 11)
        for (const [i, v] of [Number.NaN, -0, 0, -0, Number.NaN, Number.NEGATIVE_INFINITY, 0].entries()) {
          image.data[i * 7] = v
        }
        const out = medianFilter.sync(image, { size, border, value: -0.25 }).data
        const around = (size - 1) / 2
        for (let i = 0; i < out.length; i++) {
          const [y, x, c] = [Math.floor(i / 15), Math.floor(i / 3) % 5, i % 3]
          const seen: number[] = []
          for (let dy = -around; dy <= around; dy++) {
            for (let dx = -around; dx <= around; dx++) {
              const [v, u] = [y + dy, x + dx]
              const outside = border === 'constant' && (v < 0 || v >= 9 || u < 0 || u >= 5)
              seen.push(outside ? -0.25 : image.data[(walk(v, 9, border) * 5 + walk(u, 5, border)) * 3 + c]!)
            }
          }
          const sorted = Float64Array.from(seen).sort() // −0 before 0, NaN last
          expect(out[i], `${border} ${size} at ${i}`).toBe(sorted[(size * size - 1) / 2])
        }
      }
    }
  })

  it('find the median of every pattern of two values', () => {
    // The 0-1 principle: a network that is right for zeros and ones is right. Each 5 × 5 block, a pattern.
    const draw = random(12)
    const image = noise(new Uint8Array(300 * 400), [300, 400], 1)
    for (let i = 0; i < image.data.length; i++) image.data[i] = draw() < 0.5 ? 0 : 255
    for (const size of [3, 5] as const) {
      const { data } = medianFilter.sync(image, { size })
      const box = boxFilter.sync({ data: Float32Array.from(image.data), shape: [300, 400] }, { size }).data
      for (let i = 0; i < data.length; i++) if (data[i] !== (box[i]! > 127.5 ? 255 : 0)) expect.fail(`${size} at ${i}`)
    }
  })

  it('find medians that are stored past the caches, whether or not lines begin with the same columns', () => {
    // Against those of strips, which are not.
    const bytes = (x: Uint8Array | Float32Array) => new Uint8Array(x.buffer, x.byteOffset, x.byteLength)
    for (const [Pixels, height, strip] of [
      [Uint8Array, 1101, 367],
      [Float32Array, 303, 60],
    ] as const) {
      for (const width of [1280, 1279]) {
        const row = width * 3
        const image = noise(new Pixels(height * row), [height, width, 3], 15)
        const around = new Pixels(image.data.length + 200).fill(7)
        for (const start of [0, 37]) {
          const out = around.subarray(start, start + image.data.length)
          medianFilter.sync(image, { out })
          for (let top = 0; top < height; top += strip) {
            const [from, to] = [Math.max(0, top - 1), Math.min(height, top + strip + 1)]
            const data = image.data.subarray(from * row, to * row)
            const expected = medianFilter.sync({ data, shape: [to - from, width, 3] }).data
            const found = out.subarray(top * row, (top + strip) * row)
            const begin = (top - from) * row
            const same = bytes(expected.subarray(begin, begin + found.length))
            expect(Buffer.compare(bytes(found), same), `${width} ${start} ${top}`).toBe(0)
          }
          expect(around.subarray(start + out.length).every((x) => x === 7)).toBe(true)
        }
      }
    }
  })

  it('reach as far beyond the border as they must', () => {
    // A neighbourhood larger than the image, against weights on an image that holds what lies beyond.
    const image = noise(new Float32Array(3 * 4), [3, 4], 13)
    const kernel = matrix(noise(new Float32Array(31 * 31), [], 14).data, 31, 31)
    for (const border of ALL) {
      const wide = new Float32Array(33 * 34)
      for (let y = 0; y < 33; y++) {
        for (let x = 0; x < 34; x++) {
          const outside = border === 'constant' && (y < 15 || y >= 18 || x < 15 || x >= 19)
          wide[y * 34 + x] = outside ? 0.75 : image.data[walk(y - 15, 3, border) * 4 + walk(x - 15, 4, border)]!
        }
      }
      const padded = convolve2d.sync({ data: wide, shape: [33, 34] }, kernel).data
      const cut = Float32Array.from({ length: 12 }, (_, i) => padded[(Math.floor(i / 4) + 15) * 34 + (i % 4) + 15]!)
      expect(convolve2d.sync(image, kernel, { border, value: 0.75 }).data, border).toEqual(cut)
    }
  })

  it('are sums of floats within their bound, of every way to read rows', () => {
    // Widths about whole blocks of every instruction set, lines that begin alike in all rows or not, results that are
    // stored past the caches; against the same in f64, summed here.
    const draw = random(20)
    const kernel = matrix(
      new Float32Array(15).map(() => draw() - 0.4),
      3,
      5,
    )
    for (const [height, width, channels] of [
      [5, 30, 1],
      [9, 197, 1],
      [11, 102, 3],
      [6, 1003, 4],
      [1037, 1024, 1],
      [350, 1001, 3],
    ] as const) {
      const image = noise(new Float32Array(height * width * channels), [height, width, channels], 21)
      for (const border of ['wrap', 'constant'] as const) {
        const out = new Float32Array(image.data.length + 3).subarray(3)
        convolve2d.sync(image, kernel, { border, value: 0.5, out })
        for (let i = 0; i < out.length; i += height > 20 ? 37 : 1) {
          const [y, x, c] = [Math.floor(i / width / channels), Math.floor(i / channels) % width, i % channels]
          let sum = 0
          let size = 0
          for (let k = 0; k < 3; k++) {
            for (let l = 0; l < 5; l++) {
              const [v, u] = [y + 1 - k, x + 2 - l]
              const outside = border === 'constant' && (v < 0 || v >= height || u < 0 || u >= width)
              const at = (walk(v, height, 'wrap') * width + walk(u, width, 'wrap')) * channels + c
              const product = kernel.data[k * 5 + l]! * (outside ? 0.5 : image.data[at]!)
              sum += product
              size += Math.abs(product)
            }
          }
          if (!(Math.abs(out[i]! - sum) <= 16 * 2 ** -24 * size)) {
            expect.fail(`${height} × ${width} × ${channels}, ${border}, at ${i}: ${out[i]} and ${sum}`)
          }
        }
      }
    }
  })

  it('turn a kernel around, and leave an image as it is by 1', () => {
    const image = noise(new Float32Array(5 * 5), [5, 5], 15)
    const point = { data: new Float32Array(25), shape: [5, 5] }
    point.data[12] = 1
    const kernel = matrix(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9), 3, 3)
    const spread = convolve2d.sync(point, kernel).data
    expect([6, 7, 8, 11, 12, 13, 16, 17, 18].map((i) => spread[i])).toEqual([...kernel.data])
    expect(convolve2d.sync(image, matrix.from([[1]])).data).toEqual(image.data)
    // Strided and turned, as a matrix may be.
    const turned = { data: kernel.data, shape: [3, 3], strides: [1, 3], offset: 0 }
    const copied = matrix(Float32Array.of(1, 4, 7, 2, 5, 8, 3, 6, 9), 3, 3)
    expect(convolve2d.sync(image, turned).data).toEqual(convolve2d.sync(image, copied).data)
  })

  it('keep constants, and resize to their own size', () => {
    for (const value of [1, 1 / 3, -12345.678, 2 ** -140, 3e38]) {
      const flat = { data: new Float32Array(40 * 50).fill(value), shape: [40, 50] }
      const same = new Set([Math.fround(value)])
      for (const sigma of [0.3, 1, 2.7, 11]) {
        expect(new Set(gaussianFilter.js(flat, { sigma }).data)).toEqual(same)
        // Sums of floats: (n + 2) roundings, of sums that are never larger than the value.
        const allowed = (2 * (2 * Math.floor(4 * sigma + 0.5) + 1) + 2) * 2 ** -24 * Math.abs(value) + 2 ** -140
        for (const v of gaussianFilter.sync(flat, { sigma }).data) {
          if (!(Math.abs(v - value) <= allowed)) expect.fail(`${value} became ${v} by ${sigma}`)
        }
        const bytes = { data: new Uint8Array(2000).fill(201), shape: [40, 50] }
        expect(gaussianFilter.sync(bytes, { sigma }).data).toEqual(bytes.data)
      }
      for (const method of ['nearest', 'bilinear', 'area', 'lanczos3'] as const) {
        for (const [height, width] of [
          [7, 11],
          [90, 61],
          [1, 1],
        ] as const) {
          expect(new Set(resize.sync(flat, { height, width, method }).data), `${method} ${value}`).toEqual(same)
        }
      }
    }
    for (const image of [noise(new Float32Array(600), [10, 20, 3], 16), noise(new Uint8Array(600), [10, 20, 3], 17)]) {
      for (const method of ['nearest', 'bilinear', 'area', 'lanczos3'] as const) {
        const { data, shape } = resize.sync(image as ImageLike<Float32Array | Uint8Array>, {
          height: 10,
          width: 20,
          method,
        })
        expect(shape).toEqual([10, 20, 3])
        expect(data, method).toEqual(image.data)
      }
    }
  })

  it('are resized alike by both sides, whatever the pixels and the sizes', () => {
    // About 16 bytes, a vector and a tile; more and fewer columns than there were; rows of one pixel.
    for (const width of [1, 2, 3, 5, 6, 17, 33, 400, 1500]) {
      for (const [channels, to] of [
        [1, 1],
        [3, 2],
        [1, 16],
        [2, 37],
        [3, 400],
        [4, 1031],
        [3, 1501],
      ] as const) {
        const shape = [3, width, channels]
        const photo = noise(new Uint8Array(3 * width * channels), shape, width + to)
        const floats = noise(new Float32Array(3 * width * channels), shape, width + to)
        for (const image of [photo, floats] as ImageLike<Uint8Array | Float32Array>[]) {
          for (const method of ['nearest', 'bilinear'] as const) {
            for (const height of [2, 5]) {
              const options = { height, width: to, method }
              const { data } = resize.sync(image, { ...options, threads: 2 })
              expect(bits(data), `${image.data.constructor.name} ${shape} to ${to}, ${method}`).toBe(
                bits(resize.js(image, options).data),
              )
            }
          }
        }
      }
    }
    // Neighbours in bytes: the exact sum, but for what two roundings of floats make of it.
    const { data } = resize.sync(
      { data: Uint8Array.of(0, 100, 200), shape: [1, 3] },
      { height: 1, width: 6, method: 'bilinear' },
    )
    expect([...data]).toEqual([0, 25, 75, 125, 175, 200])
  })

  it('round bytes to the nearest, halves to even, within 0 to 255', () => {
    const image = { data: Uint8Array.of(1, 3, 5, 7, 200, 255), shape: [1, 6] }
    expect([...convolve2d.sync(image, matrix.from([[0.5]])).data]).toEqual([0, 2, 2, 4, 100, 128])
    expect([...convolve2d.sync(image, matrix.from([[2]])).data]).toEqual([2, 6, 10, 14, 255, 255])
    expect([...convolve2d.sync(image, matrix.from([[-1]])).data]).toEqual([0, 0, 0, 0, 0, 0])
  })

  it('take and give images of every shape, and a canvas', async () => {
    const { data } = noise(new Uint8Array(4 * 6 * 4), [], 18)
    const canvas = { data: new Uint8ClampedArray(data), shape: [4, 6, 4] }
    for (const [name, kernel] of Object.entries(kernels)) {
      const more = name === 'convolve2d' ? [weights(8)] : []
      const options = name === 'resize' ? { height: 4, width: 6 } : name === 'gaussianFilter' ? { sigma: 1 } : {}
      const result = await kernel(canvas, ...more, options)
      expect(bits(result)).toBe(bits(kernel.js({ data, shape: [4, 6, 4] }, ...more, options)))
      expect(result.shape).toEqual([4, 6, 4])
      const out = name === 'sobel' ? new Float32Array(96) : new Uint8Array(96)
      expect((await kernel(canvas, ...more, { ...options, out })).data).toBe(out)
      expect(out).toEqual(result.data)
      for (const shape of [
        [0, 5],
        [5, 0, 3],
      ]) {
        const empty = { data: new Float32Array(0), shape }
        if (name === 'resize') expect(() => kernel.sync(empty, options)).toThrow(/rows and columns/)
        else for (const face of [kernel.sync, kernel.js]) expect(face(empty, ...more, options).shape).toEqual(shape)
      }
    }
  })

  it('throw coded errors', () => {
    const code = (call: () => unknown) => {
      try {
        call()
      } catch (error) {
        return (error as { code: string }).code
      }
      return undefined
    }
    const image = { data: new Float32Array(12), shape: [3, 4] }
    const wrong = (value: unknown) => code(() => boxFilter.sync(value as typeof image))
    for (const value of [undefined, null, new Float32Array(3), { data: [1], shape: [1, 1] }, { ...image, shape: 3 }]) {
      expect(wrong(value)).toBe('ERR_OFFLOOP_ARG_TYPE')
    }
    expect(wrong({ ...image, shape: [12] })).toBe('ERR_OFFLOOP_ARG_TYPE')
    expect(wrong({ ...image, shape: [1, 2, 6] })).toBe('ERR_OFFLOOP_ARG_VALUE')
    expect(wrong({ ...image, shape: [3, 5] })).toBe('ERR_OFFLOOP_SHAPE')
    expect(wrong({ ...image, strides: [8, 2] })).toBe('ERR_OFFLOOP_SHAPE')
    expect(wrong({ ...image, offset: 1 })).toBe('ERR_OFFLOOP_SHAPE')
    expect(wrong({ ...image, strides: [4, 1], offset: 0 })).toBeUndefined()
    const kernel = matrix(new Float32Array(33), 1, 33)
    expect(code(() => convolve2d.sync(image, kernel))).toBe('ERR_OFFLOOP_SHAPE')
    expect(code(() => convolve2d.sync(image, matrix(new Float32Array(6), 2, 3)))).toBe('ERR_OFFLOOP_SHAPE')
    expect(code(() => convolve2d.sync(image, matrix.from([[1e300]])))).toBe('ERR_OFFLOOP_ARG_VALUE')
    expect(code(() => boxFilter.sync(image, { size: 4 }))).toBe('ERR_OFFLOOP_SHAPE')
    expect(code(() => boxFilter.sync(image, { size: 513 }))).toBe('ERR_OFFLOOP_ARG_VALUE')
    expect(code(() => boxFilter.sync(image, { border: 'edge' as 'wrap' }))).toBe('ERR_OFFLOOP_ARG_VALUE')
    expect(code(() => boxFilter.sync(image, { border: 'constant', value: Number.NaN }))).toBe('ERR_OFFLOOP_ARG_VALUE')
    expect(code(() => boxFilter.sync(image, { out: image.data }))).toBe('ERR_OFFLOOP_OVERLAP')
    expect(code(() => boxFilter.sync(image, { out: new Float32Array(11) }))).toBe('ERR_OFFLOOP_SHAPE')
    expect(code(() => medianFilter.sync(image, { size: 4 as 3 }))).toBe('ERR_OFFLOOP_ARG_VALUE')
    expect(code(() => gaussianFilter.sync(image, { sigma: -1 }))).toBe('ERR_OFFLOOP_ARG_VALUE')
    expect(code(() => gaussianFilter.sync(image, { sigma: 1e4 }))).toBe('ERR_OFFLOOP_SHAPE')
    expect(code(() => gaussianFilter.sync(image, {} as { sigma: 1 }))).toBe('ERR_OFFLOOP_ARG_TYPE')
    expect(code(() => sobel.sync(image, { of: 'z' as 'x' }))).toBe('ERR_OFFLOOP_ARG_VALUE')
    expect(code(() => sobel.sync(image, { out: new Float32Array(3) }))).toBe('ERR_OFFLOOP_SHAPE')
    expect(code(() => resize.sync(image, { height: 0, width: 3 }))).toBe('ERR_OFFLOOP_ARG_VALUE')
    expect(code(() => resize.sync(image, { height: 3 } as { height: 3; width: 3 }))).toBe('ERR_OFFLOOP_ARG_TYPE')
  })
})

describe('filters of floats', () => {
  it('have a measure of error that sees a wrong pixel, also where weights cancel', () => {
    const x = { data: Float32Array.of(1, 1, 1, -1, 3, 2), shape: [2, 3] }
    const edge = matrix(Float32Array.of(1, 0, -1), 1, 3)
    for (const [filter, args] of [
      [convolve2d, [x, edge, {}]],
      [gaussianFilter, [x, { sigma: 1 }]],
    ] as const) {
      const { error } = definitionOf(filter)!
      const found = (filter.sync as (...given: unknown[]) => typeof x)(...args)
      expect(error!(args, found)).toBeLessThan(1)
      found.data[1]! += 1e-4
      expect(error!(args, found)).toBeGreaterThan(1)
    }
  })
})
