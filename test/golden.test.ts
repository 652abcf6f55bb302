/**
 * Golden bits: results of every kernel and element type on seeded input, committed. They are the same on every
 * CPU, engine and number of threads; changing one is a major version. Of a bounded kernel they are its twin's. OFFLOOP_GOLDEN=write adds missing ones.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { seeded } from '../dist/internal.js'
import { bits, registry, sameBits, tooFar } from './support.js'

const FILE = new URL('./golden.json', import.meta.url)
const golden = JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, string>

it('every kernel gives the committed bits, on every face', async () => {
  const found: Record<string, string> = {}
  for (const { kernel, definition } of registry) {
    for (const dtype of Object.keys(definition.instances)) {
      for (const size of [1, 1000, 100_000]) {
        const key = `${definition.name} ${dtype} ${size}`
        const args = definition.samples(dtype, size, seeded(20240607))
        const expected = structuredClone(kernel.js(...args)) // samples may have an `out`
        found[key] = bits(expected)
        if (definition.agreement !== 'exact') {
          const result = kernel.sync(...args)
          expect(
            tooFar(definition, args, () => expected, result),
            key,
          ).toBe(undefined)
          continue
        }
        for (const result of [kernel.sync(...args), await kernel(...args)]) {
          if (!sameBits(result, expected)) expect(bits(result), key).toBe(found[key])
        }
      }
    }
  }
  if (process.env.OFFLOOP_GOLDEN === 'write')
    writeFileSync(FILE, `${JSON.stringify({ ...found, ...golden }, null, 2)}\n`)
  else expect(found).toEqual(golden)
})
