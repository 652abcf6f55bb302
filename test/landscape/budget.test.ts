/** One budget of cores: what tasks hold, what they give back, who goes first, and where queues end. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { configure, info, sum } from '../../dist/index.js'
import { callCounts, choose } from '../../dist/internal.js'
import { currentAmbient, moveOnAfter, scope, task } from '../../dist/landscape/index.js'

const words = () => new Int32Array(new SharedArrayBuffer(64))
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
const native = info().engine === 'native'
const cores = info().cores

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !condition(); await sleep(2)) {
    if (Date.now() > end) throw new Error('it never happened')
  }
}

/** Spins until word 0 is set; word 1 counts those that spin, word 2 is the most that were seen at once. */
const spin = task((flags: Int32Array) => {
  const here = Atomics.add(flags, 1, 1) + 1
  for (let most = Atomics.load(flags, 2); most < here; most = Atomics.load(flags, 2))
    Atomics.compareExchange(flags, 2, most, here)
  const end = Date.now() + 20_000
  while (Atomics.load(flags, 0) === 0 && Date.now() < end);
  Atomics.sub(flags, 1, 1)
})

afterEach(() => configure({ cores, threads: cores, maxQueue: 65_536 }))

describe('the cores of a process', () => {
  it('are what configure says, and the threads with them', () => {
    configure({ cores: 3, threads: 3 })
    expect(info()).toMatchObject({ cores: 3, threads: 3, threadsSource: 'configure()' })
    configure({ cores: 5 })
    expect(info()).toMatchObject({ cores: 5, threads: 3 })
    for (const bad of [0, 257, 1.5, Number.NaN]) {
      expect(() => configure({ cores: bad })).toThrow(expect.objectContaining({ code: 'ERR_OFFLOOP_ARG_VALUE' }))
    }
    // @ts-expect-error: a number
    expect(() => configure({ cores: '2' })).toThrow(expect.objectContaining({ code: 'ERR_OFFLOOP_ARG_TYPE' }))
    expect(info()).toMatchObject({ cores: 5, threads: 3 })
  })

  it('are held by tasks on threads and in processes together', async () => {
    configure({ cores: 2 })
    const flags = words()
    const onThreads = [spin(flags), spin(flags), spin(flags)]
    await until(() => Atomics.load(flags, 1) === 2)
    const inProcess = task((x: number) => x + 1, { on: 'process' })(1)
    await sleep(20)
    expect([callCounts('thread'), callCounts('process')]).toEqual([
      { running: 2, waiting: 1 },
      { running: 0, waiting: 1 },
    ])
    Atomics.store(flags, 0, 1)
    await Promise.all(onThreads)
    expect(await inProcess).toBe(2)
    expect(Atomics.load(flags, 2)).toBe(2)
  })

  it('leave kernels a part even while tasks hold all of them', async () => {
    configure({ cores: 2, threads: 2 })
    const flags = words()
    const tasks = [spin(flags), spin(flags)]
    await until(() => Atomics.load(flags, 1) === 2)
    expect(await sum(new Float64Array(2e6).fill(1))).toBe(2e6)
    expect(Atomics.load(flags, 1)).toBe(2)
    Atomics.store(flags, 0, 1)
    await Promise.all(tasks)
  })

  it('are one for a process, and its kernels have one thread', async () => {
    const inside = task(
      async (url: string) => {
        const { info, sum } = (await import(url)) as typeof import('../../dist/index.js')
        const total = await sum(new Float64Array(1e6).fill(1))
        return [info().cores, info().threads, total]
      },
      { on: 'process' },
    )
    expect(await inside(new URL('../../dist/index.js', import.meta.url).href)).toEqual([1, 1, 1e6])
  })
})

describe.runIf(native)('a task whose loop waits', () => {
  const waitFor = task(
    (name: string) =>
      new Promise((resolve) => {
        const channel = new BroadcastChannel(name)
        channel.onmessage = ({ data }) => {
          channel.close()
          resolve(data)
        }
        new BroadcastChannel(`${name} ready`).postMessage(1)
      }),
    { on: 'thread' },
  )

  it('has given its core to the next', async () => {
    configure({ cores: 1 })
    const name = `offloop test ${Math.random()}`
    const waiting = waitFor(name)
    // Were the core held, this would never start.
    const say = task(
      (name: string) =>
        new Promise<string>((resolve) => {
          const channel = new BroadcastChannel(name)
          const timer = setInterval(() => channel.postMessage('heard'), 5)
          setTimeout(() => {
            clearInterval(timer)
            channel.close()
            resolve('said')
          }, 300)
        }),
      { on: 'thread' },
    )
    expect(await Promise.all([waiting, say(name)])).toEqual(['heard', 'said'])
  })

  it('may wait for its own tasks, and these for theirs, on one core', async () => {
    configure({ cores: 1 })
    const nest = task(
      async (url: string, source: string, depth: number): Promise<number> => {
        if (depth === 0) return 1
        const { task } = (await import(url)) as typeof import('../../dist/landscape/index.js')
        const inner = task(new Function(`return ${source}`)() as typeof Math.abs, { on: 'thread' })
        return 1 + ((await inner(...([url, source, depth - 1] as unknown as [number]))) as number)
      },
      { on: 'thread' },
    )
    const source = String(async function nest(url: string, source: string, depth: number): Promise<number> {
      if (depth === 0) return 1
      const { task } = (await import(url)) as typeof import('../../dist/landscape/index.js')
      const inner = task(new Function(`return ${source}`)() as typeof Math.abs, { on: 'thread' })
      return 1 + ((await inner(...([url, source, depth - 1] as unknown as [number]))) as number)
    })
    const url = new URL('../../dist/landscape/index.js', import.meta.url).href
    expect(await nest(url, source, 3)).toBe(4)
  })

  it('gives it back when it ends, by whatever means', async () => {
    configure({ cores: 1 })
    const held = () => choose().native!.stats().held
    await expect(task(() => process.exit(3), { on: 'thread' })()).rejects.toMatchObject({
      code: 'ERR_OFFLOOP_TASK_WORKER',
    })
    await until(() => held() === 0)
    const cut = await moveOnAfter(50, () => task(() => new Promise(() => {}), { on: 'thread', grace: 10 })())
    expect(cut.cancelled).toBe(true)
    await until(() => held() === 0 && callCounts('thread').running === 0)
    await expect(
      task(
        () => {
          throw new Error('thrown')
        },
        { on: 'thread' },
      )(),
    ).rejects.toThrow('thrown')
    await until(() => held() === 0)
  })
})

describe('priority', () => {
  beforeEach(() => configure({ cores: 1 }))

  it('orders the starts of tasks, on threads and in processes; those alike in turn', async () => {
    const flags = words()
    const blocker = spin(flags)
    await until(() => Atomics.load(flags, 1) === 1)
    const order: string[] = []
    const named = (name: string, priority?: 'high' | 'normal' | 'low', on: 'thread' | 'process' = 'thread') =>
      task((x: string) => x, { on, priority })(name).then((value) => order.push(value))
    const all = [
      named('low', 'low'),
      named('first'),
      named('second', 'normal', 'process'),
      named('high', 'high'),
      task((x: string) => x, { on: 'thread', priority: 'low' })
        .with({ priority: 'high' })('high by with')
        .then((value) => order.push(value)),
      scope(() => named('high by its scope'), { priority: 'high' }),
      scope(() => named('low for itself', 'low'), { priority: 'high' }),
    ]
    Atomics.store(flags, 0, 1)
    await Promise.all([blocker, ...all])
    expect(order).toEqual(['high', 'high by with', 'high by its scope', 'first', 'second', 'low', 'low for itself'])
  })

  it('is ambient: inner scopes, tasks and the kernels inside have it', async () => {
    const url = new URL('../../dist/landscape/index.js', import.meta.url).href
    const seen = task(
      async (url: string) => {
        const { currentAmbient } = (await import(url)) as typeof import('../../dist/landscape/index.js')
        return currentAmbient()?.priority
      },
      { on: 'thread' },
    )
    expect(
      await scope(() => scope(() => [currentAmbient()!.priority], { timeout: 1000 }), { priority: 'low' }),
    ).toEqual(['low'])
    expect(await scope(() => seen(url), { priority: 'low' })).toBe('low')
    expect(await seen.with({ priority: 'high' })(url)).toBe('high')
    expect(await seen(url)).toBeUndefined()
    expect(await scope(() => sum(new Float64Array(1e6).fill(1)), { priority: 'high' })).toBe(1e6)
  })

  it('takes three words and no other', async () => {
    const x = new Float64Array(4)
    for (const priority of ['high', 'normal', 'low'] as const) {
      expect(await sum(x, { priority })).toBe(0)
      expect(sum.sync(x, { priority })).toBe(0)
    }
    for (const [priority, code] of [
      ['urgent', 'ERR_OFFLOOP_ARG_VALUE'],
      [1, 'ERR_OFFLOOP_ARG_TYPE'],
    ] as const) {
      const bad = { priority: priority as 'high' }
      await expect(sum(x, bad)).rejects.toMatchObject({ code })
      expect(() => sum.sync(x, bad)).toThrow(expect.objectContaining({ code }))
      expect(() => task(() => 1, bad)).toThrow(expect.objectContaining({ code }))
      await expect(scope(() => 1, bad)).rejects.toMatchObject({ code })
    }
    // @ts-expect-error: the twin runs here and now
    expect(() => sum.js(x, { priority: 'low' })).toThrow(expect.objectContaining({ code: 'ERR_OFFLOOP_OPTION' }))
  })

  it.runIf(native)('of kernels: what is urgent ends before what was there first', async () => {
    configure({ cores: 1, threads: 1 })
    const x = new Float64Array(1 << 23).fill(1)
    const order: string[] = []
    const low = Array.from({ length: 6 }, () => sum(x, { priority: 'low' }).then(() => order.push('low')))
    const high = sum(x.subarray(0, 1 << 21), { priority: 'high' }).then(() => order.push('high'))
    await Promise.all([...low, high])
    expect(order[0]).toBe('high')
  })
})

describe('a full queue', () => {
  it('rejects the newest, and loses nothing', async () => {
    configure({ maxQueue: 3 })
    const x = new Float64Array(1e6).fill(1)
    const calls = Array.from({ length: 5 }, () => sum(x))
    const ends = await Promise.allSettled(calls)
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'])
    expect((ends[4] as PromiseRejectedResult).reason).toMatchObject({
      code: 'ERR_OFFLOOP_QUEUE_FULL',
      message: 'Expected fewer than 3 asynchronous calls at once (configure({ maxQueue })) but received one more',
    })
    expect(await sum(x)).toBe(1e6)
    await expect(
      scope(() => Promise.all(Array.from({ length: 5 }, () => sum(x))), { threads: 1 }),
    ).rejects.toMatchObject({
      code: 'ERR_OFFLOOP_QUEUE_FULL',
    })
  })

  it.each(['thread', 'process'] as const)('of tasks on a %s, too', async (on) => {
    configure({ cores: 1, maxQueue: 2 })
    const flags = words()
    const blocker = spin(flags)
    await until(() => Atomics.load(flags, 1) === 1)
    const f = task((n: number) => n, { on })
    const calls = [1, 2, 3, 4].map((n) => f(n))
    await expect(calls[3]).rejects.toMatchObject({ code: 'ERR_OFFLOOP_QUEUE_FULL' })
    Atomics.store(flags, 0, 1)
    const ends = await Promise.allSettled([blocker, ...calls])
    expect(ends.map((end) => (end.status === 'fulfilled' ? end.value : end.reason.code))).toEqual([
      undefined,
      1,
      2,
      'ERR_OFFLOOP_QUEUE_FULL',
      'ERR_OFFLOOP_QUEUE_FULL',
    ])
    expect(await f(5)).toBe(5)
  })

  it('is bounded by a whole number', () => {
    for (const maxQueue of [0, -1, 1.5]) {
      expect(() => configure({ maxQueue })).toThrow(expect.objectContaining({ code: 'ERR_OFFLOOP_ARG_VALUE' }))
    }
  })
})
