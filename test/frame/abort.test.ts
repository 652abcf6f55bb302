/** Stopping and progress, proved from counters of the self-test kernel. */
import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { sort, sum } from '../../dist/index.js'
import { isNative, native } from '../support.js'
import { sleep, spin, total } from './probe.js'

const GRAINS = 20_000 // of 200 us: four seconds on one thread, if nothing stopped it

describe.runIf(isNative)('a running job', () => {
  it('stops: grains ran, grains remained, at most one more per thread, and nothing is written afterwards', async () => {
    for (const threads of [1, 2, 7]) {
      const marks = new Int32Array(GRAINS)
      const controller = new AbortController()
      const reason = new Error('enough')
      let atAbort = 0
      const job = spin(GRAINS, 200, marks, {
        threads,
        signal: controller.signal,
        onProgress: () => {
          if (controller.signal.aborted) return
          controller.abort(reason)
          atAbort = total(marks)
        },
      })
      await expect(job).rejects.toBe(reason)
      const ran = total(marks)
      expect(ran).toBeGreaterThan(0)
      expect(ran).toBeLessThan(GRAINS)
      expect(ran - atAbort).toBeLessThanOrEqual(threads)
      await sleep(20)
      expect(total(marks)).toBe(ran)
    }
  })

  it('leaves no listener on the signal, whichever way it ends', async () => {
    const { signal } = new AbortController()
    await spin(3, 1, undefined, { signal })
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    await sort(new Float64Array(100), { signal })
    await sort(new Float64Array(100_000), { signal })
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    const failing = new AbortController()
    const job = spin(GRAINS, 200, undefined, { signal: failing.signal })
    failing.abort()
    await expect(job).rejects.toThrow()
    expect(getEventListeners(failing.signal, 'abort')).toHaveLength(0)
  })

  it('ends a blocking call at its deadline, with grains left', () => {
    const marks = new Int32Array(GRAINS)
    expect(() => spin.sync(GRAINS, 200, marks, { timeout: 30 })).toThrow(
      expect.objectContaining({ name: 'TimeoutError', code: 'ERR_OFFLOOP_TIMEOUT' }),
    )
    expect(total(marks)).toBeGreaterThan(0)
    expect(total(marks)).toBeLessThan(GRAINS)
  })

  it('lets a small job through beside long ones', async () => {
    const long = [0, 1, 2, 3].map(() => new Int32Array(GRAINS))
    const controller = new AbortController()
    const jobs = long.map((marks) => spin(GRAINS, 200, marks, { signal: controller.signal }))
    await sleep(20)
    for (let i = 0; i < 5; i++) expect(await spin(4, 50)).toBe(4)
    for (const marks of long) expect(total(marks)).toBeLessThan(GRAINS)
    controller.abort()
    for (const result of await Promise.allSettled(jobs)) expect(result.status).toBe('rejected')
  })

  it('uses two threads when it may, and one when told', async () => {
    const before = native!.stats()
    expect(before.threads).toBeGreaterThanOrEqual(1)
    expect(await spin(64, 500, undefined, { threads: 2 })).toBe(64)
    expect(await spin(64, 100, undefined, { threads: 1 })).toBe(64)
  })

  it('answers 200 calls at once, each fully', async () => {
    const results = await Promise.all(Array.from({ length: 200 }, (_, i) => spin(1 + (i % 5), 20)))
    expect(results).toEqual(results.map((_, i) => 1 + (i % 5)))
  })
})

describe.runIf(isNative)('progress', () => {
  it('rises, comes at most 60 times a second, and ends at 1', async () => {
    for (const face of [spin, spin.sync]) {
      const seen: number[] = []
      const start = performance.now()
      await face(600, 500, undefined, { onProgress: (fraction: number) => seen.push(fraction) })
      const seconds = (performance.now() - start) / 1000
      expect(seen.length).toBeGreaterThan(2)
      expect(seen.length).toBeLessThanOrEqual(Math.ceil(seconds * 60) + 2)
      expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b))
      expect(seen.at(-1)).toBe(1)
    }
  })

  it('rejects the call with what onProgress throws, and stops it', async () => {
    const error = new Error('from onProgress')
    const throwing = () => {
      throw error
    }
    const marks = new Int32Array(GRAINS)
    await expect(spin(GRAINS, 200, marks, { onProgress: throwing })).rejects.toBe(error)
    expect(total(marks)).toBeLessThan(GRAINS)
    expect(() => spin.sync(GRAINS, 200, marks, { onProgress: throwing })).toThrow(error)
    await expect(sort(new Float64Array(10), { onProgress: throwing })).rejects.toBe(error)
    expect(() => sort.sync(new Float64Array(10), { onProgress: throwing })).toThrow(error)
  })

  it('may call offloop again from inside', async () => {
    const inner: Float64Array[] = []
    const x = new Float64Array([3, 1, 2])
    // Long enough for several calls, of which a nested one must not lose the next.
    const ran = spin.sync(1000, 200, undefined, { onProgress: () => inner.push(sort.sync(x)) })
    expect(ran).toBe(1000)
    expect(inner.length).toBeGreaterThan(2)
    for (const sorted of inner) expect([...sorted]).toEqual([1, 2, 3])
    // The last call of onProgress comes when the scalar result is read already.
    const ones = new Float64Array(100_000).fill(1)
    const onProgress = () => sum.sync(new Float64Array(70_000).fill(3))
    expect(await sum(ones, { onProgress })).toBe(100_000)
    expect(sum.sync(ones, { onProgress })).toBe(100_000)
  })
})
