/** The faces of a task, on every place it can run. */
import { MessageChannel, type MessagePort, threadId } from 'node:worker_threads'
import { afterAll, describe, expect, it } from 'vitest'
import { callCounts } from '../../dist/internal.js'
import { type Task, task, taskOf } from '../../dist/landscape/index.js'

const WORK = new URL('./fixtures/work.mjs', import.meta.url)
type Where = { pid: number; threadId: number; isMainThread: boolean }

afterAll(() => {
  for (const place of ['thread', 'process'] as const) expect(callCounts(place)).toEqual({ running: 0, waiting: 0 })
})

describe('where a task runs', () => {
  it('is a thread for a plain function of a module', async () => {
    const here = await task<() => Where>(WORK, 'where')()
    expect(here).toMatchObject({ pid: process.pid, isMainThread: false })
    expect(here.threadId).not.toBe(threadId)
  })

  it("is another process for on: 'process', and for cpuBound", async () => {
    const asked = await task<() => Where>(WORK, 'where', { on: 'process' })()
    const bound = await task(() => process.pid, { cpuBound: true })()
    expect(asked.isMainThread).toBe(true)
    expect(asked.pid).not.toBe(process.pid)
    expect(bound).not.toBe(process.pid)
  })

  it('is the loop for an async function, which may use what surrounds it', async () => {
    const around = { calls: 0 }
    const f = task(async (n: number) => {
      around.calls++
      return n + 1
    })
    expect(await f(1)).toBe(2)
    expect(around.calls).toBe(1)
  })

  it('is where `on` says', async () => {
    const thread = task(async () => (await import('node:worker_threads')).threadId, { on: 'thread' })
    expect(taskOf(thread)).toMatchObject({ on: 'thread', stream: false })
    expect(taskOf(task(() => 1, { on: 'loop', cpuBound: true }))?.on).toBe('loop')
    expect(taskOf(() => 1)).toBeUndefined()
  })
})

describe.each(['thread', 'process'] as const)('a task on a %s', (on) => {
  it('gives what the function gives, by all three faces', async () => {
    const f = task((a: number, b: number) => ({ sum: a + b, list: [a, b] }), { on })
    const expected = { sum: 5, list: [2, 3] }
    expect(await f(2, 3)).toEqual(expected)
    expect(f.sync(2, 3)).toEqual(expected)
    expect(f.js(2, 3)).toEqual(expected)
  })

  it('awaits what an async function promises', async () => {
    const f = task(async (ms: number) => new Promise<string>((resolve) => setTimeout(resolve, ms, 'late')), { on })
    expect(await f(5)).toBe('late')
    expect(f.sync(5)).toBe('late')
  })

  it('gets constants as its first parameter', async () => {
    const f = task({ factor: 3 }, ({ factor }, x: number) => factor * x, { on })
    expect(await f(2)).toBe(6)
    expect(f.js(2)).toBe(6)
  })

  it('takes and gives what postMessage can copy', async () => {
    const f = task((value: unknown) => value, { on }) as Task<[unknown], unknown>
    const values = [
      undefined,
      null,
      1n,
      -0,
      Number.NaN,
      'ü',
      new Map([[1, new Set(['a'])]]),
      new Date(7),
      /x/g,
      new Float32Array([1, 2]),
      new Uint8Array(5000).fill(7).subarray(3),
      { deep: { er: [{ x: 1 }] } },
    ]
    for (const value of values) expect(await f(value)).toStrictEqual(value)
    const [a, b] = (await f([new Float64Array(1000).fill(1), new Float64Array(1000).fill(2)])) as Float64Array[]
    expect([a!.buffer.byteLength, b!.buffer.byteLength, a![999], b![0]]).toEqual([8000, 8000, 1, 2])
  })

  it('calls kernels, natively', async () => {
    const x = new Float64Array(300_000).fill(0.5)
    const f = task(WORK, 'total', { on })
    expect(await f(x)).toMatchObject({ total: 150_000, twin: 150_000, engine: expect.any(String) })
    expect(await task(WORK, 'totalSync', { on })(x)).toBe(150_000)
  })

  it('has a name for errors and stacks', () => {
    expect(task(function square() {}, { on }).name).toBe('square')
    expect(task(() => 1, { on, name: 'other' }).name).toBe('other')
    expect(task(WORK, 'add', { on }).name).toBe('add')
  })
})

describe('memory', () => {
  it('is shared with threads where it is a SharedArrayBuffer', async () => {
    const words = new Int32Array(new SharedArrayBuffer(8))
    await task((w: Int32Array) => {
      w[1] = 42
    })(words)
    expect(words[1]).toBe(42)
  })

  it('goes to a process as a copy', async () => {
    const words = new Int32Array(new SharedArrayBuffer(8)).fill(3)
    const f = task(
      (w: Int32Array) => {
        w[0] = 9
        return w[1]
      },
      { on: 'process' },
    )
    expect(await f(words)).toBe(3)
    expect(words[0]).toBe(3)
  })

  it('moves with `transfer`, at the call', async () => {
    const x = new Float64Array([1, 2, 3])
    const f = task((y: Float64Array) => y.length).with({ transfer: [x.buffer] })
    const result = f(x)
    expect(x.length).toBe(0)
    expect(await result).toBe(3)
  })

  it('moves a port', async () => {
    const { port1, port2 } = new MessageChannel()
    const got = new Promise((resolve) => port1.once('message', resolve))
    await task((port: MessagePort) => port.postMessage('hello')).with({ transfer: [port2] })(port2)
    expect(await got).toBe('hello')
    port1.close()
  })
})

describe('the context', () => {
  it.each(['loop', 'thread', 'process'] as const)('tells of progress, rising, the last one 1: on %s', async (on) => {
    const f = task.withContext(
      (ctx, n: number) => {
        for (const fraction of [0.25, 0.1, 2]) ctx.progress(fraction)
        ctx.checkpoint()
        return n
      },
      { on },
    )
    const seen: number[] = []
    expect(await f.with({ onProgress: (fraction) => seen.push(fraction) })(7)).toBe(7)
    expect(seen).toEqual([0.25, 0.999, 1])
  })

  it('comes after the constants', async () => {
    const f = task.withContext({ k: 2 }, ({ k }, ctx, n: number) => [k, ctx.signal.aborted, n])
    expect(await f(3)).toEqual([2, false, 3])
    expect(f.js(3)).toEqual([2, false, 3])
  })

  it('rejects the call with what onProgress throws', async () => {
    const f = task.withContext(
      async (ctx) => {
        ctx.progress(0.5)
        await new Promise((_, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason)))
      },
      { on: 'thread' },
    )
    const error = new Error('no more')
    const rejected = f.with({
      onProgress: () => {
        throw error
      },
    })()
    await expect(rejected).rejects.toBe(error)
  })
})

describe('.sync', () => {
  it('runs a plain task of the loop here, and refuses an async one that could never go on', () => {
    expect(task((x: number) => x + 1, { on: 'loop' }).sync(1)).toBe(2)
    expect(() => task(async () => 1).sync()).toThrow(expect.objectContaining({ code: 'ERR_OFFLOOP_DEADLOCK' }))
  })
})

describe('bad arguments', () => {
  const bad = (run: () => unknown, code: string, message: RegExp) =>
    expect(run).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }))

  it('are refused at once', () => {
    bad(() => task(3 as never), 'ERR_OFFLOOP_ARG_TYPE', /for `fn` but received 3/)
    bad(() => task({} as never, 3 as never), 'ERR_OFFLOOP_ARG_TYPE', /function for `fn`/)
    bad(() => task(() => 1, { on: 'moon' as never }), 'ERR_OFFLOOP_ARG_VALUE', /'loop', 'thread', 'process'/)
    bad(() => task(() => 1, { speed: 1 } as never), 'ERR_OFFLOOP_OPTION', /`speed`/)
    bad(() => task(() => 1, { grace: -1 }), 'ERR_OFFLOOP_ARG_VALUE', /`grace`/)
    bad(() => task('./work.js', 'x'), 'ERR_OFFLOOP_ARG_VALUE', /`url`/)
    bad(() => task(new URL('https://example.org/x.js'), 'x'), 'ERR_OFFLOOP_ARG_VALUE', /'file:' URL/)
    bad(() => task(WORK, 3 as never), 'ERR_OFFLOOP_ARG_TYPE', /`exportName`/)
    bad(() => task(() => 1, { stream: true }), 'ERR_OFFLOOP_ARG_TYPE', /generator/)
    bad(() => task(() => 1).with({ signal: 1 as never }), 'ERR_OFFLOOP_ARG_TYPE', /AbortSignal/)
    bad(() => task(() => 1).with({ timeout: 0 }), 'ERR_OFFLOOP_ARG_VALUE', /`timeout`/)
    bad(() => task(() => 1).with({ transfer: 1 as never }), 'ERR_OFFLOOP_ARG_TYPE', /`transfer`/)
    bad(() => task(() => 1).with({ speed: 1 } as never), 'ERR_OFFLOOP_OPTION', /`speed`/)
  })
})
