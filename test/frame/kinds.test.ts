/** Every parameter kind, through the real boundary: values, absent options, growing results, states, and misfits. */
import { MessageChannel } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { sort } from '../../dist/index.js'
import type { Value } from '../../dist/internal.js'
import { isNative, native } from '../support.js'
import { kinds, sleep } from './probe.js'

function values(change: Partial<Record<number, Value>> = {}): Value[] {
  const usual: Value[] = [
    { kind: 'in', array: new Float64Array([1, 2, 3.5]) },
    { kind: 'inout', array: new Uint8Array([1, 2, 200]) },
    { kind: 'out', dtype: 'f32', length: 4, array: undefined },
    // The trace of a 2 x 2 matrix seen through negative strides: 4 + 1.
    {
      kind: 'matrix',
      array: new Float32Array([1, 2, 3, 4]),
      rows: 2,
      cols: 2,
      rowStride: -2,
      colStride: -1,
      offset: 3,
    },
    { kind: 'number', value: 0.25 },
    { kind: 'integer', value: 5 },
    { kind: 'boolean', value: 1 },
    { kind: 'enum', value: 2 },
    { kind: 'any', array: new Int16Array(7) },
    { kind: 'grow', dtype: 'u32' },
    { kind: 'state', state: native!.state() },
    { kind: 'result' },
  ]
  return usual.map((value, i) => change[i] ?? value)
}

describe.runIf(isNative)('parameter kinds', () => {
  it('arrive and return, on both faces', async () => {
    for (const face of ['async', 'sync'] as const) {
      const given = values()
      const kernel = kinds(given)
      const outputs = face === 'sync' ? kernel.sync() : await kernel()
      expect([...outputs.f64]).toEqual([6.5, 5, 0.25, 5, 1, 2, 703, 1])
      expect(outputs.arrays.map((array) => [...(array as Uint32Array)])).toEqual([
        [2, 4, 144],
        [0, 1, 2, 3],
        [0, 1, 4, 9, 16],
      ])
      expect(outputs.arrays[0]).toBe((given[1] as { array: Uint8Array }).array)
    }
  })

  it('keep a state between calls, of its own handle', async () => {
    const state = native!.state()
    const call = kinds(values({ 10: { kind: 'state', state } }))
    expect((await call()).f64[7]).toBe(1)
    expect(call.sync().f64[7]).toBe(2)
    expect((await kinds(values())()).f64[7]).toBe(1)
    // One call at a time: a second one is refused, and the first goes on.
    const first = call()
    expect(() => call.sync()).toThrow('a state that another call is using')
    expect((await first).f64[7]).toBe(3)
    expect(call.sync().f64[7]).toBe(4)
  })

  it('may be left out where optional, and only there', async () => {
    expect((await kinds(values({ 8: { kind: 'absent' } }))()).f64[6]).toBe(-1)
    await expect(kinds(values({ 4: { kind: 'absent' } }))()).rejects.toThrow('a parameter is missing')
  })

  it('grow to nothing, and to what cannot be had', async () => {
    const none = await kinds(values({ 5: { kind: 'integer', value: 0 } }))()
    expect(none.arrays[2]).toHaveLength(0)
    const wide = kinds(values({ 2: { kind: 'out', dtype: 'f32', length: 2 ** 45, array: undefined } }))
    await expect(wide()).rejects.toThrow(expect.objectContaining({ code: 'ERR_OFFLOOP_NO_MEMORY' }))
    expect(() => wide.sync()).toThrow(expect.objectContaining({ code: 'ERR_OFFLOOP_NO_MEMORY' }))
    const endless = kinds(values({ 5: { kind: 'integer', value: 2 ** 45 } }))
    await expect(endless()).rejects.toThrow(expect.objectContaining({ code: 'ERR_OFFLOOP_NO_MEMORY' }))
    expect(() => endless.sync()).toThrow(expect.objectContaining({ code: 'ERR_OFFLOOP_NO_MEMORY' }))
  })

  it('are refused at the boundary when they do not fit, whatever TypeScript let through', async () => {
    const misfits: [Partial<Record<number, Value>>, string][] = [
      [{ 0: { kind: 'in', array: new Float32Array(3) } }, 'another element type'],
      [{ 7: { kind: 'enum', value: 3 } }, 'no such choice'],
      [{ 7: { kind: 'enum', value: Number.NaN } }, 'no such choice'],
      [{ 5: { kind: 'integer', value: Number.POSITIVE_INFINITY } }, 'not an integer'],
      [{ 10: { kind: 'state', state: {} } }, 'not a state'],
      [{ 0: { kind: 'in', array: new DataView(new ArrayBuffer(8)) as unknown as Float64Array } }, 'not a typed array'],
      [
        { 3: { kind: 'matrix', array: new Float32Array(4), rows: 2, cols: 2, rowStride: 3, colStride: 1, offset: 0 } },
        'leaves its buffer',
      ],
      [
        { 3: { kind: 'matrix', array: new Float32Array(4), rows: 2, cols: 2, rowStride: -2, colStride: 1, offset: 1 } },
        'leaves its buffer',
      ],
      [
        { 3: { kind: 'matrix', array: new Float32Array(4), rows: -1, cols: 2, rowStride: 2, colStride: 1, offset: 0 } },
        'negative shape',
      ],
    ]
    for (const [change, message] of misfits) {
      await expect(kinds(values(change))(), message).rejects.toThrow(message)
      expect(() => kinds(values(change)).sync(), message).toThrow(message)
    }
  })

  it('may not overlap through two objects over one shared memory', async () => {
    const memory = new SharedArrayBuffer(800)
    const { port1, port2 } = new MessageChannel()
    const arrived = new Promise<SharedArrayBuffer>((resolve) => port2.once('message', resolve))
    port1.postMessage(memory)
    const again = await arrived
    port1.close()
    expect(again).not.toBe(memory)
    const x = new Float64Array(memory, 0, 50)
    const code = 'ERR_OFFLOOP_OVERLAP'
    await expect(sort(x, { out: new Float64Array(again, 80, 50) })).rejects.toThrow(expect.objectContaining({ code }))
    expect(() => sort.sync(x, { out: new Float64Array(again, 80, 50) })).toThrow(expect.objectContaining({ code }))
    await sort(x, { out: new Float64Array(again, 400, 50) })
    await sort(x, { out: new Float64Array(again, 0, 50) })
  })

  it('are held while a job runs', async () => {
    const pending = Array.from({ length: 20 }, () =>
      kinds(values({ 2: { kind: 'out', dtype: 'f32', length: 100_000, array: undefined } }))(),
    )
    if (global.gc) global.gc()
    await sleep(1)
    for (const outputs of await Promise.all(pending)) expect((outputs.arrays[1] as Float32Array)[99_999]).toBe(99_999)
  })
})
