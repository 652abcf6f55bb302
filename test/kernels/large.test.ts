/** Results beyond 4 MB go past the caches, line by line, wherever in a line they begin. Guards around them stay. */
import { describe, expect, it } from 'vitest'
import { add, clip, cummax, cumsum, diff, exp, where } from '../../dist/index.js'
import { random } from '../support.js'

type Some = Float64Array | Float32Array | BigInt64Array
type Kind = Float64ArrayConstructor | Float32ArrayConstructor | BigInt64ArrayConstructor
type Face = (x: never, options?: object) => unknown

const BYTES = 4 * 2 ** 20 + 8 * 77
const PLACES = [0, 1, 3, 7]
const GUARD = 8

const unary = (kernel: { sync: unknown; js: unknown }) => kernel as { sync: Face; js: Face }
const y = random(3)
const BINARY = {
  add: {
    sync: (x: Float64Array, options?: object) => add.sync(x, x, options as never),
    js: (x: Float64Array) => add.js(x, x),
  },
  clip: {
    sync: (x: Float64Array, options?: object) => clip.sync(x, -0.5, 0.5, options as never),
    js: (x: Float64Array) => clip.js(x, -0.5, 0.5),
  },
  where: {
    sync: (x: Float64Array, options?: object) => where.sync(maskOf(x.length), x, 1, options as never),
    js: (x: Float64Array) => where.js(maskOf(x.length), x, 1),
  },
}
const CASES: [string, { sync: Face; js: Face }, Kind[]][] = [
  ['add', unary(BINARY.add), [Float64Array, Float32Array]],
  ['clip', unary(BINARY.clip), [Float64Array, Float32Array]],
  ['where', unary(BINARY.where), [Float64Array, Float32Array]],
  ['exp', unary(exp), [Float64Array, Float32Array]],
  ['diff', unary(diff), [Float64Array, Float32Array, BigInt64Array]],
  ['cumsum', unary(cumsum), [Float64Array, Float32Array, BigInt64Array]],
  ['cummax', unary(cummax), [Float64Array, Float32Array]],
]

const masks = new Map<number, Uint8Array>()
function maskOf(length: number): Uint8Array {
  let mask = masks.get(length)
  if (mask === undefined) masks.set(length, (mask = new Uint8Array(length).map((_, i) => (i * 2654435761) >>> 31)))
  return mask
}

function sample(Kind: Kind): Some {
  const length = BYTES / Kind.BYTES_PER_ELEMENT
  if (Kind === BigInt64Array) return new BigInt64Array(length).map(() => BigInt(Math.floor((y() - 0.5) * 2 ** 40)))
  return new (Kind as Float64ArrayConstructor)(length).map(() => y() * 4 - 2)
}

describe.each(CASES)('%s', (_, kernel, kinds) => {
  it.each(kinds.map((kind) => [kind.name, kind] as const))('%s', (_, Kind) => {
    const x = sample(Kind) as never
    const expected = kernel.js(x) as Float64Array
    for (const place of PLACES) {
      const room = new Kind(expected.length + place + GUARD)
      const out = room.subarray(place, place + expected.length)
      expect(kernel.sync(x, { out, threads: 2 })).toBe(out)
      expect(Buffer.compare(bytesOf(out), bytesOf(expected)), `at ${place}`).toBe(0)
      const guards = [...room.subarray(0, place), ...room.subarray(place + expected.length)]
      expect(guards.every((value) => Number(value) === 0)).toBe(true)
    }
  })
})

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength)
