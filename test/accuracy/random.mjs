// The words of `random` on standard output, for test batteries:
//
//   node test/accuracy/random.mjs upper | dieharder -g 200 -a
//
// upper: the upper halves of 64-bit words, by uniform integers of 32 bits; lower: the 32 last of the 53 bits of uniform
// doubles; long: uniform integers of 64 bits. A second argument is the key. The README beside this has the results.
import { writeSync } from 'node:fs'
import { random } from '../../dist/index.js'

const SIZE = 2 ** 18
const [, , kind = 'upper', key = '1'] = process.argv

function draw(offset) {
  const source = { key: BigInt(key), offset }
  if (kind === 'upper') return random.integers.sync(SIZE, { ...source, high: 2 ** 32, dtype: 'u32' })
  if (kind === 'long')
    return random.integers.sync(SIZE, { ...source, low: -(2n ** 63n), high: 2n ** 63n, dtype: 'i64' })
  const units = random.uniform.sync(SIZE, source)
  return Uint32Array.from(units, (u) => (u * 2 ** 53) % 2 ** 32)
}

try {
  for (let offset = 0; ; offset += SIZE) {
    const bytes = new Uint8Array(draw(offset).buffer)
    for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at)
  }
} catch (error) {
  if (error.code !== 'EPIPE') throw error
}
