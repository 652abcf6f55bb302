/** Workers are warm, used again, retire, and keep no process alive; thousands of tasks leave nothing behind. */
import { execFileSync } from 'node:child_process'
import { getEventListeners } from 'node:events'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { workers } from '../../dist/internal.js'
import { task } from '../../dist/landscape/index.js'
import { runScript } from '../frame/child.js'

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
const MANY = process.env.OFFLOOP_LAWS === 'all' ? 20_000 : 2_000

describe('workers', () => {
  it('are used again', async () => {
    const id = task(async () => (await import('node:worker_threads')).threadId, { on: 'thread' })
    const pid = task(() => process.pid, { on: 'process' })
    const [threads, pids] = [new Set<number>(), new Set<number>()]
    for (let i = 0; i < 20; i++) threads.add(await id())
    for (let i = 0; i < 20; i++) pids.add(await pid())
    // On a machine that stands still for a second a worker may have retired.
    expect(threads.size).toBeLessThan(5)
    expect(pids.size).toBeLessThan(5)
  })

  it('retire when they have nothing to do', async () => {
    await Promise.all([task(() => 1)(), task(() => 1, { on: 'process' })()])
    expect(workers().thread).toBeGreaterThan(0)
    for (let i = 0; i < 400 && workers().thread + workers().process > 0; i++) await sleep(50)
    expect(workers()).toEqual({ thread: 0, process: 0 })
    expect(await task((x: number) => x)(5)).toBe(5)
  })

  it('keep no process alive; calls that nobody awaits yet do', async () => {
    const script = `
      import { task } from 'DIST/landscape/index.js'
      const slow = (on) => task((ms) => new Promise((resolve) => setTimeout(resolve, ms, 'done')), { on })
      const begun = performance.now()
      for (const on of ['thread', 'process']) slow(on)(100).then((text) => console.log(text))
      process.on('exit', () => console.log(performance.now() - begun < 20000))
    `
    const { code, stdout, stderr } = await runScript(script)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.trim().split('\n')).toEqual(['done', 'done', 'true'])
  })

  it('inherit the environment as it is, and their output is seen', async () => {
    const script = `
      import { task } from 'DIST/landscape/index.js'
      process.env.OFFLOOP_SEEN = 'yes'
      const say = (on) => task((on) => console.log(on, process.env.OFFLOOP_SEEN), { on })
      await say('thread')('thread')
      await say('process')('process')
      setTimeout(() => {}, 100)
    `
    const { stdout } = await runScript(script)
    expect(stdout.trim().split('\n')).toEqual(['thread yes', 'process yes'])
  })

  it('run tasks of tasks', async () => {
    const script = `
      import { task } from 'DIST/landscape/index.js'
      const outer = task(async (url, x) => {
        const { task } = await import(url)
        return await task((y) => y * 2)(x) + 1
      }, { on: 'thread' })
      console.log(await outer('DIST/landscape/index.js', 20))
    `
    const { stdout, stderr } = await runScript(script)
    expect({ stdout, stderr }).toEqual({ stdout: '41\n', stderr: '' })
  })
})

describe('imports', () => {
  it('inside a shipped function start from the file that it is in, wherever the program was started', () => {
    const file = fileURLToPath(new URL('./fixtures/imports.mjs', import.meta.url))
    expect(execFileSync(process.execPath, [file], { cwd: tmpdir(), encoding: 'utf8' })).toBe(
      'thread 2000\nprocess 2000\n',
    )
  })
})

describe(`${MANY} tasks`, () => {
  it('leave handles and threads where they were, and no listener on a signal', async () => {
    const { signal } = new AbortController()
    const f = task((x: number) => x + 1)
    const spoken = f.with({ signal })
    const failing = task((x: number) => {
      throw new Error(String(x))
    })
    const round = async (n: number) => {
      for (let i = 0; i < n; i += 20) {
        const calls: Promise<unknown>[] = []
        for (let k = 0; k < 20; k++) {
          const one = k % 10 === 0 ? failing(i) : k % 4 === 1 ? spoken(i) : f(i)
          calls.push(one.catch(() => 0))
        }
        await Promise.all(calls)
      }
    }
    await round(200)
    await sleep(50)
    const before = process.getActiveResourcesInfo().length
    const threads = workers().thread
    await round(MANY)
    await sleep(100)
    expect(workers().thread).toBeLessThanOrEqual(Math.max(threads, 1) + 1)
    expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(before + 2)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })
})
