/** PNG files of 8 bits a channel, as little of them as the demos need: not interlaced, no palette. */
import { deflateSync, inflateSync } from 'node:zlib'

export interface Picture {
  readonly data: Uint8Array
  readonly shape: readonly [height: number, width: number, channels: number]
}

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10] as const
/** Channels of a colour type: grey, RGB, grey with alpha, RGB with alpha. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 4: 2, 6: 4 }

const TABLE = new Uint32Array(256).map((_, i) => {
  let c = i
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c
})
function crc(bytes: Uint8Array): number {
  let c = 0xffffffff
  for (const byte of bytes) c = TABLE[(c ^ byte) & 255]! ^ (c >>> 8)
  return (c ^ 0xffffffff) >>> 0
}

function chunk(type: string, body: Uint8Array): Buffer {
  const whole = Buffer.alloc(body.length + 12)
  whole.writeUInt32BE(body.length, 0)
  whole.write(type, 4, 'latin1')
  whole.set(body, 8)
  whole.writeUInt32BE(crc(whole.subarray(4, body.length + 8)), body.length + 8)
  return whole
}

export function encodePng({ data, shape: [height, width, channels] }: Picture): Buffer {
  const colour = Object.keys(CHANNELS).find((type) => CHANNELS[Number(type)] === channels)
  if (colour === undefined) throw new Error(`no PNG has ${channels} channels`)
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, Number(colour), 0, 0, 0], 8)
  // Each row as differences from the pixel to its left (filter 1), which deflate makes more of.
  const row = width * channels
  const body = new Uint8Array(height * (row + 1))
  for (let y = 0; y < height; y++) {
    const to = y * (row + 1)
    body[to] = 1
    for (let i = 0; i < row; i++) {
      body[to + 1 + i] = data[y * row + i]! - (i < channels ? 0 : data[y * row + i - channels]!)
    }
  }
  return Buffer.concat([
    Uint8Array.from(SIGNATURE),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(body)),
    chunk('IEND', new Uint8Array(0)),
  ])
}

export function decodePng(file: Buffer): Picture {
  if (SIGNATURE.some((byte, i) => file[i] !== byte)) throw new Error('not a PNG file')
  const [width, height, depth, type, interlaced] = [
    file.readUInt32BE(16),
    file.readUInt32BE(20),
    file[24],
    file[25]!,
    file[28],
  ]
  const channels = CHANNELS[type]
  if (depth !== 8 || channels === undefined || interlaced !== 0) throw new Error('not a PNG file of plain bytes')
  const parts: Buffer[] = []
  for (let at = 8; at + 12 <= file.length; ) {
    const length = file.readUInt32BE(at)
    if (file.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(file.subarray(at + 8, at + 8 + length))
    at += length + 12
  }
  const body = inflateSync(Buffer.concat(parts))
  const row = width * channels
  const data = new Uint8Array(height * row)
  for (let y = 0; y < height; y++) {
    const filter = body[y * (row + 1)]!
    for (let i = 0; i < row; i++) {
      const at = y * row + i
      const left = i < channels ? 0 : data[at - channels]!
      const up = y === 0 ? 0 : data[at - row]!
      const corner = i < channels || y === 0 ? 0 : data[at - row - channels]!
      data[at] = body[y * (row + 1) + 1 + i]! + predicted(filter, left, up, corner)
    }
  }
  return { data, shape: [height, width, channels] }
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 0) return 0
  if (filter === 1) return left
  if (filter === 2) return up
  if (filter === 3) return (left + up) >> 1
  const base = left + up - corner
  const [a, b, c] = [Math.abs(base - left), Math.abs(base - up), Math.abs(base - corner)]
  return a <= b && a <= c ? left : b <= c ? up : corner
}
