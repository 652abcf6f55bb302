/** Aborts: dropped before the start, told while running, replaced after the grace, and never anybody else's. */
import { describe, expect, it } from 'vitest'
import { callCounts } from '../../dist/internal.js'
import { failAfter, scope, task } from '../../dist/landscape/index.js'

const WORK = new URL('./fixtures/work.mjs', import.meta.url)
const places = ['thread', 'process'] as const
const words = (n = 4) => new Int32Array(new SharedArrayBuffer(4 * n))
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !condition(); await sleep(2)) {
    if (Date.now() > end) throw new Error('it never happened')
  }
}

describe.each(places)('a task on a %s', (on) => {
  it('is not even sent if its signal is aborted already', async () => {
    const reason = new Error('before')
    const f = task(() => 1, { on }).with({ signal: AbortSignal.abort(reason) })
    await expect(f()).rejects.toBe(reason)
    expect(callCounts(on).running).toBe(0)
  })

  it('is dropped at once while it waits for a worker', async () => {
    const wait = task((ms: number) => new Promise((resolve) => setTimeout(resolve, ms)), { on })
    const many = Array.from({ length: 40 }, () => wait(5))
    const controller = new AbortController()
    const last = task(() => 'ran', { on }).with({ signal: controller.signal })()
    expect(callCounts(on).waiting).toBeGreaterThan(0)
    const before = callCounts(on).waiting
    controller.abort('enough')
    expect(callCounts(on).waiting).toBe(before - 1)
    await expect(last).rejects.toBe('enough')
    await Promise.all(many)
  })

  it('sees its signal, with the reason, and may clean up', async () => {
    const controller = new AbortController()
    const reports: number[] = []
    const f = task.withContext(
      (ctx) =>
        new Promise((_, reject) => {
          ctx.progress(0.1)
          ctx.signal.addEventListener('abort', () => reject(new Error(`saw ${(ctx.signal.reason as Error).message}`)))
        }),
      { on, grace: 20_000 },
    )
    const result = f.with({ signal: controller.signal, onProgress: (x) => reports.push(x) })()
    await until(() => reports.length > 0)
    const reason = new TypeError('stop it')
    controller.abort(reason)
    await expect(result).rejects.toBe(reason)
  })

  it('in an endless loop is ended after the grace; the next task gets another worker', async () => {
    const controller = new AbortController()
    const f = task.withContext(
      (ctx) => {
        ctx.progress(0.5)
        for (;;);
      },
      { on, grace: 30 },
    )
    let begun = false
    const result = f.with({
      signal: controller.signal,
      onProgress: () => {
        begun = true
      },
    })()
    await until(() => begun)
    controller.abort(new Error('endless'))
    await expect(result).rejects.toThrow('endless')
    expect(await task((x: number) => x, { on })(1)).toBe(1)
    await until(() => callCounts(on).running === 0)
  })

  it('has a timeout', async () => {
    const spin = task(WORK, 'spin', { on, grace: 10 }).with({ timeout: 50 })
    await expect(spin()).rejects.toMatchObject({ name: 'TimeoutError', code: 'ERR_OFFLOOP_TIMEOUT' })
    expect(() => spin.sync()).toThrow(expect.objectContaining({ name: 'TimeoutError', code: 'ERR_OFFLOOP_TIMEOUT' }))
    expect(await task(WORK, 'add', { on }).with({ timeout: 20_000 })(1, 2)).toBe(3)
  })

  it('is stopped by the scope around it, and kernels inside with it', async () => {
    const outcome = scope(async (s) => {
      const child = s.spawn(() => task(WORK, 'sumForEver', { on, grace: 20_000 })(words()))
      await sleep(200)
      s.cancel('enough')
      await child
    })
    await expect(outcome).rejects.toMatchObject({ code: 'ERR_OFFLOOP_CANCELLED' })
  })

  it('takes deadline and thread limit of the scope along', async () => {
    const f = task<() => { threads: number; left: number; aborted: boolean } | undefined>(WORK, 'ambientHere', { on })
    expect(await f()).toBeUndefined()
    const inside = await scope(() => f(), { timeout: 60_000, threads: 1 })
    expect(inside).toMatchObject({ threads: 1, aborted: false })
    expect(inside!.left).toBeGreaterThan(1000)
    expect(inside!.left).toBeLessThan(60_010)
    await expect(failAfter(80, () => task(WORK, 'spin', { on, grace: 10 })())).rejects.toMatchObject({
      code: 'ERR_OFFLOOP_TIMEOUT',
    })
  })
})

describe('on threads', () => {
  it('checkpoint() stops a loop without any await, and throws the reason', async () => {
    const controller = new AbortController()
    const w = words()
    const f = task.withContext(
      (ctx, w: Int32Array) => {
        try {
          for (;;) {
            Atomics.store(w, 0, 1)
            ctx.checkpoint()
          }
        } catch (error) {
          Atomics.store(w, 1, (error as Error).message.length)
          throw error
        }
      },
      { grace: 20_000 },
    )
    const result = f.with({ signal: controller.signal })(w)
    await until(() => w[0] === 1)
    controller.abort(new Error('12345'))
    await expect(result).rejects.toThrow('12345')
    expect(w[1]).toBe(5)
  })

  it('code in an inherited scope is cancelled with it, and cleans up', async () => {
    const w = words()
    const outcome = scope(async (s) => {
      s.spawn(() => task(WORK, 'untilCancelled', { grace: 20_000 })(w))
      await until(() => w[0] === 1)
      throw new RangeError('the body fails')
    })
    await expect(outcome).rejects.toThrow('the body fails')
    expect(w[1]).toBe(1)
  })

  it('a late kill never hits the next task, nor its siblings', async () => {
    // Each task ends right about when its grace does; the next one takes the same worker.
    const f = task((ms: number) => new Promise((resolve) => setTimeout(resolve, ms, 'kept')), { grace: 2 })
    const next = task((x: number) => x * 2)
    const sibling = task((ms: number) => new Promise((resolve) => setTimeout(resolve, ms, 'unharmed')))(400)
    for (let i = 0; i < 40; i++) {
      const controller = new AbortController()
      const result = f
        .with({ signal: controller.signal })(2 + (i % 4))
        .catch((error) => error)
      await sleep(1)
      controller.abort('cut')
      const after = next(i)
      expect(['cut', 'kept']).toContain(await result)
      expect(await after).toBe(2 * i)
    }
    expect(await sibling).toBe('unharmed')
  })
})

describe('on the loop', () => {
  it('a task sees signal and timeout, and kernels inside obey them', async () => {
    const f = task.withContext(
      (ctx) => new Promise((_, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason))),
      { on: 'loop' },
    )
    await expect(f.with({ timeout: 5 })()).rejects.toMatchObject({ code: 'ERR_OFFLOOP_TIMEOUT' })
    const controller = new AbortController()
    const result = f.with({ signal: controller.signal })()
    controller.abort('now')
    await expect(result).rejects.toBe('now')
    await expect(f.with({ signal: controller.signal })()).rejects.toBe('now')
  })
})
