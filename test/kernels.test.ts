/** The laws of test/laws.ts, for half of the registry, and what the registry itself promises. */
import { describe, expect, it } from 'vitest'
import { info, kernels } from '../dist/index.js'
import { laws } from './laws.js'
import { isNative, native, registry } from './support.js'

laws(0, 2)

describe('the registry', () => {
  it('is what kernels() and the native table list', () => {
    const names = registry.map(({ definition }) => definition.name).sort()
    expect(kernels().map(({ name }) => name)).toEqual(names)
    expect(new Set(names).size).toBe(names.length)
    if (native === undefined) return
    // What the binary has and what some kernel uses are the same instances.
    const used = new Map<string, Set<string>>()
    for (const { definition } of registry) {
      expect(native.mismatch(definition)).toBeUndefined()
      const name = definition.native ?? definition.name
      used.set(name, new Set([...(used.get(name) ?? []), ...Object.keys(definition.instances)]))
    }
    for (const [name, instances] of Object.entries(native.description.kernels)) {
      if (name !== 'probe') expect([...(used.get(name) ?? [])].sort(), name).toEqual(Object.keys(instances).sort())
    }
  })

  it('runs on the engine and instruction set that the environment asks for', () => {
    if (process.env.OFFLOOP_ENGINE === 'js') expect(isNative).toBe(false)
    if (process.env.OFFLOOP_ISA !== undefined) expect(info().isa).toBe(process.env.OFFLOOP_ISA)
  })
})
