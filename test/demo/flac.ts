/** FLAC files: samples as they were (RFC 9639), checked by the file's own MD5. */
import { createHash } from 'node:crypto'

export interface Sound {
  /** Samples of each channel, whole numbers. */
  readonly channels: readonly Int32Array[]
  readonly rate: number
  /** Bits of a sample. */
  readonly depth: number
}

class Bits {
  #at: number
  constructor(
    readonly bytes: Uint8Array,
    begin: number,
  ) {
    this.#at = 8 * begin
  }
  get left(): number {
    return this.bytes.length - Math.ceil(this.#at / 8)
  }
  read(count: number): number {
    let value = 0
    while (count > 0) {
      const free = 8 - (this.#at & 7)
      const take = Math.min(free, count)
      const byte = this.bytes[this.#at >>> 3]!
      value = value * 2 ** take + ((byte >> (free - take)) & ((1 << take) - 1))
      this.#at += take
      count -= take
    }
    return value
  }
  signed(count: number): number {
    const value = this.read(count)
    return value < 2 ** (count - 1) ? value : value - 2 ** count
  }
  /** Zeros before a one. */
  unary(): number {
    let zeros = 0
    while (this.left > 0 && this.read(1) === 0) zeros++
    return zeros
  }
  align(): void {
    this.#at = Math.ceil(this.#at / 8) * 8
  }
}

const FIXED = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]]

/** The rest after a prediction from the samples before, which `order` of are there. */
function residual(bits: Bits, out: Int32Array, order: number): void {
  const width = bits.read(2) === 0 ? 4 : 5
  const parts = 2 ** bits.read(4)
  let i = order
  for (let part = 1; part <= parts; part++) {
    const end = (out.length / parts) * part
    const rice = bits.read(width)
    if (rice === 2 ** width - 1) {
      const raw = bits.read(5)
      for (; i < end; i++) out[i] = raw === 0 ? 0 : bits.signed(raw)
    } else {
      for (; i < end; i++) {
        const value = bits.unary() * 2 ** rice + bits.read(rice)
        out[i] = value % 2 === 0 ? value / 2 : -(value + 1) / 2
      }
    }
  }
}

function predict(out: Int32Array, coefficients: readonly number[], shift: number): void {
  const scale = 2 ** -shift
  for (let i = coefficients.length; i < out.length; i++) {
    let sum = 0
    for (let k = 0; k < coefficients.length; k++) sum += coefficients[k]! * out[i - 1 - k]!
    out[i]! += Math.floor(sum * scale)
  }
}

function subframe(bits: Bits, length: number, depth: number): Int32Array {
  const out = new Int32Array(length)
  bits.read(1)
  const type = bits.read(6)
  const wasted = bits.read(1) === 1 ? bits.unary() + 1 : 0
  const own = depth - wasted
  const warmUp = (order: number) => {
    for (let i = 0; i < order; i++) out[i] = bits.signed(own)
  }
  if (type === 0) out.fill(bits.signed(own))
  else if (type === 1) warmUp(length)
  else if (type >= 8 && type <= 12) {
    warmUp(type - 8)
    residual(bits, out, type - 8)
    predict(out, FIXED[type - 8]!, 0)
  } else if (type >= 32) {
    const order = type - 31
    warmUp(order)
    const precision = bits.read(4) + 1
    const shift = bits.signed(5)
    const coefficients = Array.from({ length: order }, () => bits.signed(precision))
    residual(bits, out, order)
    predict(out, coefficients, shift)
  } else throw new Error(`no FLAC subframe is of type ${type}`)
  if (wasted > 0) for (let i = 0; i < length; i++) out[i]! *= 2 ** wasted
  return out
}

/** The samples of the next frame's channels. */
function frame(bits: Bits, channels: number, depth: number): Int32Array[] {
  if (bits.read(14) !== 0x3ffe) throw new Error('no FLAC frame where one should begin')
  bits.read(2)
  const size = bits.read(4)
  const rate = bits.read(4)
  const order = bits.read(4)
  bits.read(4)
  let more = 0
  for (let first = bits.read(8); first & (0x80 >> more); more++);
  bits.read(8 * Math.max(0, more - 1)) // the frame's number
  let length = size >= 8 ? 2 ** size : size === 1 ? 192 : 144 * 2 ** size
  if (size === 6 || size === 7) length = bits.read(size === 6 ? 8 : 16) + 1
  if (rate >= 12) bits.read(rate === 12 ? 8 : 16)
  bits.read(8)
  // Beside one channel, or their mean, the difference of both.
  const side = order === 9 ? 0 : order === 8 || order === 10 ? 1 : -1
  const out = Array.from({ length: channels }, (_, c) => subframe(bits, length, depth + (c === side ? 1 : 0)))
  bits.align()
  bits.read(16)
  if (side >= 0) {
    const [a, b] = out as [Int32Array, Int32Array]
    for (let i = 0; i < length; i++) {
      const [x, y] = [a[i]!, b[i]!]
      if (order === 8) b[i] = x - y
      else if (order === 9) a[i] = x + y
      else {
        const right = (2 * x + (y & 1) - y) / 2
        a[i] = right + y
        b[i] = right
      }
    }
  }
  return out
}

export function decodeFlac(file: Buffer): Sound {
  if (file.toString('latin1', 0, 4) !== 'fLaC') throw new Error('not a FLAC file')
  let at = 4
  let info: Buffer | undefined
  for (let last = false; !last; ) {
    const head = file[at]!
    const end = at + 4 + file.readUIntBE(at + 1, 3)
    if ((head & 127) === 0) info = file.subarray(at + 4, end)
    last = head >= 128
    at = end
  }
  if (info === undefined) throw new Error('a FLAC file without a description of its stream')
  const header = new Bits(info, 10)
  const rate = header.read(20)
  const count = header.read(3) + 1
  const depth = header.read(5) + 1
  const length = header.read(36)
  const channels = Array.from({ length: count }, () => new Int32Array(length))
  const bits = new Bits(file, at)
  for (let done = 0; done < length; ) {
    const parts = frame(bits, count, depth)
    parts.forEach((part, c) => {
      channels[c]!.set(part, done)
    })
    done += parts[0]!.length
  }
  const bytes = Math.ceil(depth / 8)
  const pcm = Buffer.alloc(length * count * bytes)
  for (let i = 0; i < length; i++) {
    for (let c = 0; c < count; c++) pcm.writeIntLE(channels[c]![i]!, (i * count + c) * bytes, bytes)
  }
  const sum = info.subarray(18, 34)
  if (sum.some((byte) => byte !== 0) && !createHash('md5').update(pcm).digest().equals(sum)) {
    throw new Error('a FLAC file whose samples are not those it was made of')
  }
  return { channels, rate, depth }
}
