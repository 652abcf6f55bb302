/** The twin of native/kernels/medianFilter.cpp: the same comparators, on rows. */
import { rowReader } from '../core/image.js'

type Pixels = Uint8Array | Float32Array

// Triples: what is done to rows a and b of numbers (see below), where row size * r + c is element r of sorted column c.
const THREE = [2, 0, 1, 2, 1, 2, 1, 6, 7, 1, 6, 8, 0, 3, 4, 1, 4, 5, 2, 3, 4, 0, 2, 4, 1, 4, 6, 2, 2, 4] as const
// biome-ignore format: a table
const FIVE = [0, 1, 4, 0, 0, 2, 2, 0, 1, 0, 2, 4, 2, 1, 2, 0, 3, 4, 2, 2, 3, 0, 5, 8, 0, 6, 9, 0, 6, 8, 2, 5, 6, 0, 7, 9, 2, 6, 7, 0, 8, 9, 0, 7, 8, 0, 10, 13, 0, 11, 14, 0, 10, 12, 0, 11, 13, 2, 10, 11, 0, 12, 14, 0, 11, 12, 1, 13, 14, 0, 15, 18, 0, 16, 19, 0, 15, 17, 0, 16, 18, 0, 15, 16, 1, 18, 19, 1, 17, 18, 0, 20, 23, 0, 21, 24, 0, 20, 22, 1, 21, 23, 0, 20, 21, 1, 22, 24, 1, 21, 22, 2, 11, 7, 2, 3, 15, 0, 4, 20, 0, 12, 13, 0, 8, 17, 2, 7, 15, 0, 4, 12, 1, 20, 13, 0, 21, 8, 1, 9, 17, 0, 20, 12, 0, 21, 16, 0, 15, 20, 1, 8, 16, 2, 15, 4, 0, 20, 12, 1, 9, 8, 2, 4, 21, 1, 20, 9, 1, 12, 21, 2, 20, 12] as const
const [ORDER, LOWER] = [0, 1]
/** Comparators that sort a column. */
const SORT_THREE = [0, 1, 1, 2, 0, 1] as const
const SORT_FIVE = [0, 3, 1, 4, 0, 2, 1, 3, 0, 1, 2, 4, 1, 2, 3, 4, 2, 3] as const

/** a, b = min(a, b), max(a, b), of both or one of them. */
function compare(what: number, a: Int32Array, b: Int32Array, count: number): void {
  if (what === ORDER) {
    for (let i = 0; i < count; i++) {
      const [p, q] = [a[i]!, b[i]!]
      a[i] = p < q ? p : q
      b[i] = p < q ? q : p
    }
  } else if (what === LOWER) for (let i = 0; i < count; i++) a[i] = a[i]! < b[i]! ? a[i]! : b[i]!
  else for (let i = 0; i < count; i++) b[i] = a[i]! < b[i]! ? b[i]! : a[i]!
}

/** Floats as whole numbers that ascend as they do, NaN above everything; and back. */
function toKeys(floats: Float32Array, words: Int32Array): void {
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    words[i] = Number.isNaN(floats[i]!) ? 0x7fc00000 : word ^ ((word >> 31) >>> 1)
  }
}
function fromKeys(words: Int32Array): void {
  for (let i = 0; i < words.length; i++) words[i]! ^= (words[i]! >> 31) >>> 1
}

export function medianFilterTwin(
  x: Pixels,
  height: number,
  width: number,
  channels: number,
  border: number,
  value: number,
  size: number,
  out: Pixels,
): void {
  if (x.length === 0) return
  const around = (size - 1) / 2
  const count = width * channels
  const wide = count + 2 * around * channels
  const read = rowReader(x, { height, width, channels, border, value }, around)
  const floats = x instanceof Float32Array
  const source = Array.from({ length: size }, () => new Int32Array(wide))
  const column = Array.from({ length: size }, () => new Int32Array(wide))
  const network = size === 3 ? THREE : FIVE
  const sort = size === 3 ? SORT_THREE : SORT_FIVE
  const wires = Array.from({ length: size * size }, () => new Int32Array(count))
  const middle = wires[(size * size - 1) / 2]!
  const result = floats ? new Float32Array(middle.buffer) : middle
  const load = (y: number) => {
    const row = source[(y + around) % size]!
    if (!floats) return read(y, row)
    const singles = new Float32Array(row.buffer)
    read(y, singles)
    toKeys(singles, row)
  }
  for (let y = -around; y < around; y++) load(y)
  for (let y = 0; y < height; y++) {
    load(y + around)
    for (let r = 0; r < size; r++) column[r]!.set(source[r]!)
    for (let k = 0; k < sort.length; k += 2) compare(ORDER, column[sort[k]!]!, column[sort[k + 1]!]!, wide)
    for (let r = 0; r < size; r++) {
      for (let c = 0; c < size; c++) {
        wires[r * size + c]!.set(column[r]!.subarray(c * channels, c * channels + count))
      }
    }
    for (let k = 0; k < network.length; k += 3) {
      compare(network[k]!, wires[network[k + 1]!]!, wires[network[k + 2]!]!, count)
    }
    if (floats) fromKeys(middle)
    out.set(result, y * count)
  }
}
