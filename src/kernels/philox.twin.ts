/**
 * Philox 4x32-10, word by word: native/kernels/philox-inl.h says what counts and what for.
 *
 * Source: J. Salmon, M. Moraes, R. Dror and D. Shaw, Parallel Random Numbers: As Easy as 1, 2, 3, SC 2011.
 */

/** What words are for, as in native/kernels/random.cpp; the first three are the kinds of floats. */
export const UNIFORM = 0
export const NORMAL = 1
export const EXPONENTIAL = 2
export const INTEGERS = 3
export const LONG = 4
export const UNIFORM32 = 5
export const TOSS = 6
export const SHUFFLE = 7
export const CHOICE = 8
export const CLUSTERS = 9

/** The four words of the last block, signed. */
export const words: Int32Array = /* @__PURE__ */ new Int32Array(4)

/** The upper 32 bits of a product of unsigned 32-bit numbers; the second one in two halves. */
function upper(a: number, high: number, low: number): number {
  const top = a >>> 16
  const end = a & 0xffff
  const middle = Math.imul(top, low) + (Math.imul(end, low) >>> 16)
  const other = Math.imul(end, high) + (middle & 0xffff)
  return (Math.imul(top, high) + (middle >>> 16) + (other >>> 16)) | 0
}

/** The upper 32 bits of a · b, both below 2³². */
export function upperOf(a: number, b: number): number {
  return upper(a, b >>> 16, b & 0xffff) >>> 0
}

/** Leaves block number `high` · 2³² + `low` of a use in `words`. */
export function philox(key0: number, key1: number, use: number, low: number, high: number): void {
  let k0 = key0 | 0
  let k1 = key1 | 0
  let x0 = low | 0
  let x1 = high | 0
  let x2 = use
  let x3 = 0
  for (let round = 0; round < 10; round++) {
    const y0 = upper(x2, 0xcd9e, 0x8d57) ^ x1 ^ k0
    const y2 = upper(x0, 0xd251, 0x1f53) ^ x3 ^ k1
    x1 = Math.imul(x2, 0xcd9e8d57)
    x3 = Math.imul(x0, 0xd2511f53)
    x0 = y0
    x2 = y2
    k0 = (k0 + 0x9e3779b9) | 0
    k1 = (k1 + 0xbb67ae85) | 0
  }
  words[0] = x0
  words[1] = x1
  words[2] = x2
  words[3] = x3
}

/** Block after block. */
export class Blocks {
  private low: number
  private high: number

  constructor(
    private readonly key0: number,
    private readonly key1: number,
    private readonly use: number,
    block: number,
  ) {
    this.low = block % 4294967296
    this.high = Math.floor(block / 4294967296)
  }

  /** Leaves the next block in `words`. */
  next(): void {
    philox(this.key0, this.key1, this.use, this.low, this.high)
    if (++this.low === 4294967296) {
      this.low = 0
      this.high++
    }
  }
}
