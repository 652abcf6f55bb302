/** Kernels inside scopes: nobody passes a signal on, and their threads stop all the same. Proved by counted grains. */
import { getEventListeners } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { alloc, configure, info, sort, sum } from '../../dist/index.js'
import { ambient } from '../../dist/internal.js'
import { checkpoint, failAfter, moveOnAfter, scope, shield } from '../../dist/landscape/index.js'
import { runScript } from '../frame/child.js'
import { sleep, spin, total } from '../frame/probe.js'
import { isNative, native } from '../support.js'
import { errorOf } from './virtual.js'

const GRAINS = 20_000 // of 200 us: four seconds on one thread, if nothing stopped it
const LARGE = 2_000_000

afterEach(() => {
  expect(ambient.get).toBeUndefined()
})

function busyFor(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

describe.runIf(isNative)('an awaited kernel', () => {
  it('stops with its scope: grains ran, grains remained, and nothing is written afterwards', async () => {
    const marks = new Int32Array(GRAINS)
    const running = scope(({ cancel }) => spin(GRAINS, 200, marks, { onProgress: () => cancel('enough') }))
    expect(await errorOf(running)).toMatchObject({ code: 'ERR_OFFLOOP_CANCELLED', cause: 'enough' })
    const ran = total(marks)
    expect(ran).toBeGreaterThan(0)
    expect(ran).toBeLessThan(GRAINS)
    await sleep(20)
    expect(total(marks)).toBe(ran)
  })

  it('stops at a deadline, and when a sibling fails, several at once', async () => {
    const late = new Int32Array(GRAINS)
    expect((await moveOnAfter(20, () => spin(GRAINS, 200, late))).cancelled).toBe(true)
    expect(total(late)).toBeLessThan(GRAINS)
    const broken = new Error('broken')
    const marks = [new Int32Array(GRAINS), new Int32Array(GRAINS)]
    const failing = scope(({ spawn }) => {
      for (const one of marks) spawn(() => scope(() => spin(GRAINS, 200, one)))
      spawn(async () => {
        while (marks.some((one) => total(one) === 0)) await sleep(1)
        throw broken
      })
    })
    expect(await errorOf(failing)).toBe(broken)
    for (const one of marks) expect(total(one)).toBeLessThan(GRAINS)
  })

  it('in a cancelled scope does not start, large or small', async () => {
    const x = new Float64Array(LARGE)
    await scope(async ({ cancel, signal }) => {
      cancel()
      const { jobs, grains } = native!.stats()
      for (const call of [() => sum(x), () => sum(x.subarray(0, 3)), () => sort(x), () => spin(10, 10)]) {
        expect(await errorOf(call())).toBe(signal.reason)
      }
      expect(native!.stats()).toMatchObject({ jobs, grains })
    })
  })

  it('takes the signal of its caller, too: the first one gives the reason', async () => {
    const own = new AbortController()
    const mine = new Error('mine')
    await scope(async ({ cancel, signal }) => {
      const first = spin(GRAINS, 200, undefined, { signal: own.signal, onProgress: () => own.abort(mine) })
      expect(await errorOf(first)).toBe(mine)
      const still = new AbortController()
      const second = spin(GRAINS, 200, undefined, { signal: still.signal, onProgress: () => cancel() })
      expect(await errorOf(second)).toBe(signal.reason)
      expect(getEventListeners(signal, 'abort')).toHaveLength(0)
      expect(getEventListeners(still.signal, 'abort')).toHaveLength(0)
    })
  })

  it('in a shield runs to its end', async () => {
    const marks = new Int32Array(200)
    await moveOnAfter(5, async ({ signal }) => {
      expect(await shield(() => spin(200, 200, marks, { threads: 1 }))).toBe(200)
      expect(await errorOf(checkpoint())).toBe(signal.reason)
    })
    expect(total(marks)).toBe(200)
  })

  it('leaves no listener and no warning, with hundreds in one scope', async () => {
    const warnings: Error[] = []
    const onWarning = (warning: Error) => warnings.push(warning)
    process.on('warning', onWarning)
    const x = new Float64Array(100_000).fill(1)
    await scope(async ({ signal }) => {
      const sums = await Promise.all(Array.from({ length: 300 }, () => sum(x)))
      expect(new Set(sums)).toEqual(new Set([100_000]))
      expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    })
    await turn()
    process.off('warning', onWarning)
    expect(warnings).toEqual([])
  })

  it('runs on at most the threads of the scope, nested ones included', async () => {
    configure({ threads: 2 })
    const most = async (enough: (seen: number, samples: number) => boolean): Promise<number> => {
      let seen = 0
      let samples = 0
      const moved = await moveOnAfter(20_000, async ({ cancel }) => {
        const marks = new Int32Array(GRAINS)
        const job = spin(GRAINS, 200, marks)
        job.catch(() => {})
        while (total(marks) === 0) await turn()
        while (!enough(seen, samples)) {
          seen = Math.max(seen, native!.stats().busy)
          samples++
          await turn()
        }
        cancel()
        await job
      })
      expect(moved).toMatchObject({ cancelled: true, reason: { code: 'ERR_OFFLOOP_CANCELLED' } })
      return seen
    }
    expect(info().threads).toBe(2)
    expect(await most((seen) => seen === 2)).toBe(2)
    expect(await scope(() => most((_, samples) => samples > 2000), { threads: 1 })).toBe(1)
    const nested = scope(() => scope(() => most((_, samples) => samples > 2000), { threads: 8 }), { threads: 1 })
    expect(await nested).toBe(1)
  })

  it('that streams ends with its scope, though its source hangs', async () => {
    let returned = false
    const hanging: AsyncIterable<Float64Array> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: async () => {
          returned = true
          return { done: true, value: undefined }
        },
      }),
    }
    expect((await moveOnAfter(10, () => sum.stream(hanging))).cancelled).toBe(true)
    expect(returned).toBe(true)
    await scope(async ({ cancel, signal }) => {
      cancel()
      expect(await errorOf(sum.stream([new Float64Array(3)]))).toBe(signal.reason)
    })
    expect(await scope(() => sum.stream([new Float64Array([1, 2]), new Float64Array([3])]), { threads: 1 })).toBe(6)
  })
})

describe.runIf(isNative)('.sync', () => {
  it('ends at the deadline of the scope, with its very reason, with grains left', async () => {
    const marks = new Int32Array(GRAINS)
    await scope(
      async ({ signal }) => {
        const error = await errorOf((async () => spin.sync(GRAINS, 200, marks))())
        expect(error).toMatchObject({ name: 'TimeoutError', code: 'ERR_OFFLOOP_TIMEOUT' })
        expect(error.message).toContain('scope page')
        expect(error).toBe(signal.reason)
      },
      { timeout: 30, name: 'page' },
    )
    expect(total(marks)).toBeGreaterThan(0)
    expect(total(marks)).toBeLessThan(GRAINS)
    const moved = await moveOnAfter(30, () => spin.sync(GRAINS, 200, marks, { timeout: 1e6, onProgress: () => {} }))
    expect(moved.cancelled).toBe(true)
  })

  it('keeps its own timeout where that is nearer, and needs none in a shield', async () => {
    await scope(
      async () => {
        const error = await errorOf((async () => spin.sync(GRAINS, 200, undefined, { timeout: 10 }))())
        expect(error.message).toBe('Expected `probe.sync` to end within 10 ms but it did not')
        expect(await shield(() => spin.sync(20, 10))).toBe(20)
      },
      { timeout: 600_000 },
    )
  })

  it('throws the reason where the scope is cancelled, or past its deadline on a busy loop', async () => {
    const x = new Float64Array(LARGE)
    await scope(async ({ cancel, signal }) => {
      cancel()
      for (const call of [() => sum.sync(x), () => sum.sync(x.subarray(0, 3)), () => sum.sync(x, { threads: 1 })]) {
        expect(call).toThrow(signal.reason)
      }
      expect(sum.js(x)).toBe(0)
    })
    for (const call of [() => sum.sync(x), () => sum(x.subarray(0, 3)), () => sort(x)]) {
      const late = failAfter(1, async () => {
        busyFor(5)
        await call()
      })
      expect((await errorOf(late)).name).toBe('TimeoutError')
    }
  })

  it('runs on at most the threads of the scope, with the same bits', async () => {
    const x = alloc(Float64Array, LARGE).map((_, i) => Math.sin(i))
    const expected = sum.sync(x)
    const { grains } = native!.stats()
    expect(await scope(() => sum.sync(x), { threads: 1 })).toBe(expected)
    expect(native!.stats().grains).toBe(grains) // one thread is the caller's own: the pool has no part in it
    const state = await scope(() => sum.state().push(x), { threads: 1 })
    expect(state.value()).toBe(expected)
  })
})

describe('without a binary', () => {
  it('kernels obey their scope just so', async () => {
    const { stdout, code } = await runScript(
      `
      import { sort, sum } from 'DIST/index.js'
      import { moveOnAfter, scope } from 'DIST/landscape/index.js'
      const x = new Float64Array(3_000_000).map((_, i) => (i * 7919) % 3_000_017)
      const said = []
      const moved = await moveOnAfter(5, () => sort(x))
      said.push(moved.cancelled)
      await scope(async ({ cancel, signal }) => {
        cancel()
        for (const call of [() => sum(x), () => sort(x), async () => sum.sync(x)]) {
          said.push(await call().catch((error) => error === signal.reason))
        }
      })
      said.push(await scope(() => sum(new Float64Array([1, 2, 3])), { threads: 1 }))
      console.log(JSON.stringify(said))
      `,
      [],
      { OFFLOOP_ENGINE: 'js' },
    )
    expect([code, stdout.trim()]).toEqual([0, '[true,true,true,true,6]'])
  })
})
