/**
 * Image kernels on 4096 × 4096 pixels: against what the machine's multiply-add units could do, plain JavaScript, and
 * OpenCV (`pip install opencv-python-headless`) and sharp (`OFFLOOP_SHARP`: where it is installed) if they are there.
 */
import { availableParallelism } from 'node:os'
import { convolve2d, gaussianFilter, matrix, medianFilter, resize } from 'offloop'
import { type Bench, type Competitor, type Row, timed, timedSync, versus } from './common.js'
import { random } from './data.js'
import { type NumPy, Peak } from './peers.js'

const SIDE = 4096
const SIGMA = 2
const RADIUS = 8

/** A 5 × 5 convolution as one writes it, where no neighbour lies outside. */
function plainConvolve(x: Float32Array, weights: Float32Array, out: Float32Array): void {
  for (let y = 2; y < SIDE - 2; y++) {
    for (let i = 2; i < SIDE - 2; i++) {
      let sum = 0
      for (let k = 0; k < 5; k++) {
        for (let l = 0; l < 5; l++) sum += weights[k * 5 + l]! * x[(y + k - 2) * SIDE + i + l - 2]!
      }
      out[y * SIDE + i] = sum
    }
  }
}

/** Two passes of 17 weights, as one writes them. */
function plainGaussian(x: Float32Array, weights: Float32Array, between: Float32Array, out: Float32Array): void {
  for (let y = 0; y < SIDE; y++) {
    for (let i = RADIUS; i < SIDE - RADIUS; i++) {
      let sum = 0
      for (let k = -RADIUS; k <= RADIUS; k++) sum += weights[k + RADIUS]! * x[y * SIDE + i + k]!
      between[y * SIDE + i] = sum
    }
  }
  for (let y = RADIUS; y < SIDE - RADIUS; y++) {
    for (let i = 0; i < SIDE; i++) {
      let sum = 0
      for (let k = -RADIUS; k <= RADIUS; k++) sum += weights[k + RADIUS]! * between[(y + k) * SIDE + i]!
      out[y * SIDE + i] = sum
    }
  }
}

interface Sharp {
  resize(width: number, height: number, options: object): Sharp
  raw(): { toBuffer(): Promise<unknown> }
}
type SharpFactory = ((data: Uint8Array, options: object) => Sharp) & { cache(on: boolean): void }

async function findSharp(): Promise<SharpFactory | undefined> {
  try {
    const found = (await import(process.env.OFFLOOP_SHARP ?? 'sharp')) as { default: SharpFactory }
    found.default.cache(false)
    return found.default
  } catch {
    return undefined
  }
}

export async function benchImages(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  return [...(await floats(bench, numpy)), ...(await bytes(bench, numpy))]
}

/** 4096² f32, into a result that is there already: OpenCV's are too. */
async function floats(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  const draw = random(1)
  const x = new Float32Array(SIDE * SIDE).map(() => draw())
  const image = { data: x, shape: [SIDE, SIDE] }
  const [out, between] = [new Float32Array(x.length), new Float32Array(x.length)]
  const weights = new Float32Array(25).map(() => draw() / 12)
  const gaussian = new Float32Array(2 * RADIUS + 1).map((_, k) => Math.exp(-0.5 * ((k - RADIUS) / SIGMA) ** 2) / 5)
  const kernel = matrix(weights, 5, 5)
  await numpy?.load('image', x, [SIDE, SIDE])
  await numpy?.load('weights', weights, [5, 5])
  const opencv = (await numpy?.run('import cv2; made = np.empty_like(image)')) === true ? numpy! : undefined
  const peak = Peak.start(availableParallelism())
  const times = await bench.interleave(
    `images, f32, ${SIDE} × ${SIDE}`,
    [
      ...(peak === undefined ? [] : [{ name: 'FMA peak', run: () => peak.time('f32', 2 * 25 * SIDE * SIDE) }]),
      { name: 'convolve2d', run: () => timed(() => convolve2d(image, kernel, { out })) },
      { name: 'filter2D of OpenCV', run: () => opencv!.evaluate('cv2.filter2D(image, -1, weights, dst=made)') },
      { name: 'plain 5 × 5', run: () => timedSync(() => plainConvolve(x, weights, out)) },
      { name: 'gaussianFilter', run: () => timed(() => gaussianFilter(image, { sigma: SIGMA, out })) },
      { name: 'GaussianBlur of OpenCV', run: () => opencv!.evaluate('cv2.GaussianBlur(image, (17, 17), 2, dst=made)') },
      { name: 'plain 17 taps', run: () => timedSync(() => plainGaussian(x, gaussian, between, out)) },
    ].filter(({ name }) => opencv !== undefined || !name.endsWith('OpenCV')),
  )
  peak?.close()
  return [
    versus('convolve2d 5 × 5 f32 4096²: FMA peak reached', times, 'convolve2d', 'FMA peak', 0.4),
    versus('convolve2d 5 × 5 f32 4096² vs plain JavaScript', times, 'convolve2d', 'plain 5 × 5'),
    versus('convolve2d 5 × 5 f32 4096² vs OpenCV', times, 'convolve2d', 'filter2D of OpenCV'),
    versus('gaussianFilter, 17 taps, f32 4096² vs plain JavaScript', times, 'gaussianFilter', 'plain 17 taps', 37),
    versus('gaussianFilter, 17 taps, f32 4096² vs OpenCV', times, 'gaussianFilter', 'GaussianBlur of OpenCV'),
  ]
}

/** 4096² pixels of three bytes, as photographs are. sharp's median takes 5 seconds: OpenCV is the peer there. */
async function bytes(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  const draw = random(2)
  const data = new Uint8Array(SIDE * SIDE * 3).map(() => draw() * 256)
  const image = { data, shape: [SIDE, SIDE, 3] }
  await numpy?.load('photo', data, [SIDE, SIDE, 3])
  const opencv = (await numpy?.run('import cv2')) === true ? numpy! : undefined
  const sharp = await findSharp()
  const raw = { raw: { width: SIDE, height: SIDE, channels: 3 }, limitInputPixels: false }
  const [quarter, more] = [SIDE / 4, 5000]
  const cv = (name: string, expression: string): Competitor => ({
    name: `${name} of OpenCV`,
    run: () => opencv!.evaluate(expression),
  })
  const lib = (name: string, work: (from: Sharp) => Sharp): Competitor => ({
    name: `${name} of sharp`,
    run: () => timed(() => work(sharp!(data, raw)).raw().toBuffer()),
  })
  const ours = (name: string, work: () => Promise<unknown>): Competitor => ({ name, run: () => timed(work) })
  const to = (side: number, method: 'nearest' | 'bilinear' | 'area' | 'lanczos3') =>
    ours(`${method} ${side}`, () => resize(image, { height: side, width: side, method }))
  const sharpTo = (side: number, kernel: string) =>
    lib(`${kernel} ${side}`, (from) => from.resize(side, side, { kernel, fit: 'fill' }))
  const cvTo = (side: number, kind: string) =>
    cv(`${kind} ${side}`, `cv2.resize(photo, (${side}, ${side}), interpolation=cv2.INTER_${kind})`)
  const times = await bench.interleave(
    `images, u8, ${SIDE} × ${SIDE} × 3`,
    [
      ours('median 3', () => medianFilter(image, { size: 3 })),
      cv('median 3', 'cv2.medianBlur(photo, 3)'),
      ours('median 5', () => medianFilter(image, { size: 5 })),
      cv('median 5', 'cv2.medianBlur(photo, 5)'),
      to(quarter, 'lanczos3'),
      sharpTo(quarter, 'lanczos3'),
      to(quarter, 'area'),
      cvTo(quarter, 'AREA'),
      to(more, 'lanczos3'),
      sharpTo(more, 'lanczos3'),
      cvTo(more, 'LANCZOS4'),
      to(more, 'bilinear'),
      cvTo(more, 'LINEAR'),
      to(more, 'nearest'),
      sharpTo(more, 'nearest'),
      cvTo(more, 'NEAREST'),
    ].filter(({ name }) => (name.endsWith('OpenCV') ? opencv : name.endsWith('sharp') ? sharp : true) !== undefined),
  )
  const row = (name: string, peer: string, bar?: number) =>
    versus(`${name} u8 4096² × 3 vs ${peer.split(' of ')[1]}`, times, name, peer, bar)
  return [
    row('median 3', 'median 3 of OpenCV', 2),
    row('median 5', 'median 5 of OpenCV', 2),
    row(`lanczos3 ${quarter}`, `lanczos3 ${quarter} of sharp`, 2),
    row(`area ${quarter}`, `AREA ${quarter} of OpenCV`),
    row(`lanczos3 ${more}`, `lanczos3 ${more} of sharp`, 2),
    row(`lanczos3 ${more}`, `LANCZOS4 ${more} of OpenCV`, 2),
    row(`bilinear ${more}`, `LINEAR ${more} of OpenCV`),
    row(`nearest ${more}`, `nearest ${more} of sharp`, 2),
    row(`nearest ${more}`, `NEAREST ${more} of OpenCV`),
  ]
}
