/** `.sync` of tasks: blocks until the task has ended, says clearly why where it cannot, and leaves nothing behind. */
import { threadId } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { failAfter, scope, task } from '../../dist/landscape/index.js'
import { DIST, runNode, runScript } from '../frame/child.js'

function errorOf(call: () => unknown): Error & { code?: string } {
  try {
    call()
  } catch (error) {
    return error as Error
  }
  throw new Error('did not throw')
}

describe.each(['thread', 'process'] as const)('.sync on a %s', (on) => {
  it('gives the result, of plain and async functions and of those with constants', () => {
    expect(task((a: number, b: number) => a + b, { on }).sync(2, 3)).toBe(5)
    expect(task(async (a: number) => a * 2, { on }).sync(4)).toBe(8)
    expect(task({ k: 10 }, ({ k }, x: number) => k * x, { on }).sync(3)).toBe(30)
    const rows = task((n: number) => new Float64Array(n).fill(n), { on }).sync(3)
    expect(rows).toEqual(new Float64Array([3, 3, 3]))
  })

  it('waits for timers and I/O of the task', () => {
    const slow = task(
      async (x: number) => {
        const { readFile } = await import('node:fs/promises')
        await readFile(process.execPath).catch(() => {})
        await new Promise((resolve) => setTimeout(resolve, 5))
        return x
      },
      { on },
    )
    expect([slow.sync(1), slow.sync(2)]).toEqual([1, 2])
  })

  it('throws what the task throws, with both sides in the stack', () => {
    const fails = task(
      function inner(): number {
        throw new RangeError('from within', { cause: new TypeError('why') })
      },
      { on, name: 'fails' },
    )
    const error = errorOf(() => fails.sync())
    expect(error).toBeInstanceOf(RangeError)
    expect(error).toMatchObject({ message: 'from within', cause: { message: 'why' } })
    expect(error.stack).toMatch(/at inner /)
    expect(error.stack).toContain('sync.test.')
  })

  it('ends a task that does not end in time, and goes on', () => {
    const endless = task(
      (): number => {
        for (;;);
      },
      { on, name: 'endless' },
    )
    const error = errorOf(() => endless.with({ timeout: 20 }).sync())
    expect(error).toMatchObject({ name: 'TimeoutError', code: 'ERR_OFFLOOP_TIMEOUT' })
    expect(task(() => 1, { on }).sync()).toBe(1)
  })

  it('says how the worker died, and goes on', () => {
    const exits = task((): number => process.exit(3), { on, name: 'exits' })
    const error = errorOf(() => exits.sync())
    expect(error).toMatchObject({ code: 'ERR_OFFLOOP_TASK_WORKER' })
    expect(error.message).toContain('exits')
    expect(task(() => 1, { on }).sync()).toBe(1)
  })

  it.runIf(on === 'process')('says which signal killed it', () => {
    const killed = task(
      (): number => {
        process.kill(process.pid, 'SIGKILL')
        for (;;);
      },
      { on, name: 'killed' },
    )
    expect(errorOf(() => killed.sync()).message).toMatch(/killed.* SIGKILL/)
    expect(task(() => 1, { on }).sync()).toBe(1)
  })

  it('names an argument or a result that cannot travel', () => {
    const takes = task((f: unknown) => typeof f, { on, name: 'takes' })
    expect(errorOf(() => takes.sync(() => 1)).code).toBe('ERR_OFFLOOP_TASK_CLONE')
    const gives = task(() => (x: number) => x, { on, name: 'gives' })
    expect(errorOf(() => gives.sync()).code).toBe('ERR_OFFLOOP_TASK_CLONE')
  })

  it('obeys the deadline of the scope around, and throws its reason where it is cancelled already', async () => {
    const endless = task(
      (): number => {
        for (;;);
      },
      { on },
    )
    await expect(failAfter(20, () => endless.sync())).rejects.toMatchObject({ code: 'ERR_OFFLOOP_TIMEOUT' })
    const one = task(() => 1, { on })
    let thrown: unknown
    await scope((s) => {
      s.cancel('enough')
      thrown = errorOf(() => one.sync())
      expect(thrown).toBe(s.signal.reason)
    }).catch(() => {})
    expect(thrown).toMatchObject({ code: 'ERR_OFFLOOP_CANCELLED' })
  })
})

describe('.sync', () => {
  it('of a signal that is aborted already throws its reason', () => {
    const reason = new Error('enough')
    const one = task(() => 1)
    expect(errorOf(() => one.with({ signal: AbortSignal.abort(reason) }).sync())).toBe(reason)
  })

  it('shares memory with threads, and moves what is to be moved', () => {
    const shared = new Float64Array(new SharedArrayBuffer(16))
    task((x: Float64Array) => {
      x[1] = 7
    }).sync(shared)
    expect(shared[1]).toBe(7)
    const buffer = new ArrayBuffer(8)
    const length = task((x: ArrayBuffer) => x.byteLength)
    expect(length.with({ transfer: [buffer] }).sync(buffer)).toBe(8)
    expect(buffer.byteLength).toBe(0)
  })

  it('refuses an async function on the loop, which could never go on; a plain one runs here', () => {
    const error = errorOf(() => task(async () => 1, { name: 'waits' }).sync())
    expect(error.code).toBe('ERR_OFFLOOP_DEADLOCK')
    expect(error.message).toContain('await waits()')
    const here = task({ threadId }, (_, x: number) => process.getBuiltinModule('node:worker_threads').threadId + x, {
      on: 'loop',
    })
    expect(here.sync(1)).toBe(threadId + 1)
  })

  it('works inside a task that was itself called by .sync, on a thread of its own', () => {
    const url = new URL('./fixtures/nested.mjs', import.meta.url)
    const nested = task<(depth: number) => number>(url, 'nested', { on: 'thread' })
    expect(nested.sync(1)).toBe(2)
  })

  it('keeps no process alive, and needs no turn of the loop to begin with', async () => {
    const script = `
      import { task } from 'DIST/landscape/index.js'
      console.log(task((x) => x + 1).sync(1), task((x) => x + 2, { on: 'process' }).sync(1))
    `
    const { code, stdout, stderr } = await runScript(script)
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '2 3\n', stderr: '' })
  })

  it('works in a program given by --input-type and -e', async () => {
    const script = `import { task } from '${DIST}landscape/index.js'; console.log(task((x) => x + 1).sync(1))`
    const { stdout, stderr } = await runNode(['--input-type=module', '-e', script])
    expect({ stdout, stderr }).toEqual({ stdout: '2\n', stderr: '' })
  })
})
