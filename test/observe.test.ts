/** What is told of jobs, tasks and scopes, in which order, to whom; and what stats() counts. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { channel, subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { sort, stats, sum, unique } from '../dist/index.js'
import { callCounts, type JobEvent, type ScopeEvent, type TaskEvent, Topic } from '../dist/internal.js'
import { map, moveOnAfter, openScope, scope, task } from '../dist/landscape/index.js'
import { DIST, runScript } from './frame/child.js'
import { isNative } from './support.js'

const LARGE = new Float64Array(300_000).map((_, i) => (i * 7919) % 300_007)
/** Long enough for several ticks of progress. */
const LONG = new Float64Array(2_000_000).map((_, i) => (i * 7919) % 2_000_003)
const SMALL = new Float64Array(10).fill(1)

type Any = Omit<JobEvent & TaskEvent & ScopeEvent, 'type'> & { type: JobEvent['type']; channel: string }

let off: (() => void)[] = []
afterEach(() => {
  for (const undo of off) undo()
  off = []
})

/** Everything that is told from now on. */
function listen(...names: ('job' | 'task' | 'scope')[]): Any[] {
  const events: Any[] = []
  for (const name of names) {
    const heard = (event: unknown) => events.push({ ...(event as Any), channel: name })
    subscribe(`offloop:${name}`, heard)
    off.push(() => unsubscribe(`offloop:${name}`, heard))
  }
  return events
}

const typesOf = (events: readonly Any[]) => events.map(({ type }) => type).filter((type) => type !== 'progress')
const last = (events: readonly Any[]) => events.at(-1)!

/** Each life is whole and in order. */
function expectWhole(events: readonly Any[]): void {
  const lives = new Map<string, Any[]>()
  for (const event of events) {
    const key = `${event.channel} ${event.id}`
    lives.set(key, [...(lives.get(key) ?? []), event])
  }
  for (const [key, life] of lives) {
    const order =
      life[0]!.channel === 'scope' ? /^started,(cancelled,)?settled$/ : /^queued,(started,)?(cancelled,)?settled$/
    expect(typesOf(life).join(), key).toMatch(order)
    expect(last(life).type, key).toBe('settled')
  }
}

describe('offloop:job', () => {
  it('tells an asynchronous call from beginning to end', async () => {
    const events = listen('job')
    const sorted = await sort(LARGE)
    expect(sorted[0]).toBe(0)
    expect(typesOf(events)).toEqual(['queued', 'started', 'settled'])
    const { id, queuedAt, startedAt, endedAt, grains, threads, ...rest } = last(events)
    expect(rest).toMatchObject({
      name: 'sort',
      engine: isNative ? 'native' : 'js',
      mode: 'async',
      bytes: 2 * LARGE.byteLength,
      outcome: 'fulfilled',
      priority: 'normal',
    })
    expect(rest).not.toHaveProperty('error')
    expect(rest).not.toHaveProperty('scope')
    expect(queuedAt).toBeLessThanOrEqual(startedAt!)
    expect(startedAt).toBeLessThanOrEqual(endedAt!)
    expect(threads).toBeGreaterThanOrEqual(1)
    expect(grains).toBeGreaterThanOrEqual(0)
    await sum(LARGE)
    expect(last(events).id).toBe(id + 1)
  })

  it('tells inline and blocking calls, and what runs the tiniest', async () => {
    const events = listen('job')
    expect(await sum(SMALL)).toBe(10)
    expect(sum.sync(LARGE)).toBe(sum.js(LARGE))
    expect(sum.sync(SMALL)).toBe(10)
    const state = sum.state()
    state.push(LARGE)
    expect(state.value()).toBe(sum.js(LARGE))
    expectWhole(events)
    const settled = events.filter(({ type }) => type === 'settled')
    expect(settled.slice(0, 2).map(({ mode }) => mode)).toEqual(['inline', 'sync'])
    expect(settled.slice(2).every(({ mode, outcome }) => mode === 'sync' && outcome === 'fulfilled')).toBe(true)
    expect(settled.length).toBeGreaterThan(4)
  })

  it('tells an abort: of a call that runs, of one before it begins, by a signal or by the scope', async () => {
    const events = listen('job')
    const reason = new Error('enough')
    const controller = new AbortController()
    const stop = (event: unknown) => (event as JobEvent).type === 'started' && controller.abort(reason)
    subscribe('offloop:job', stop)
    await expect(sort(LARGE, { signal: controller.signal })).rejects.toBe(reason)
    unsubscribe('offloop:job', stop)
    expect(typesOf(events)).toEqual(['queued', 'started', 'cancelled', 'settled'])
    expect(events.find(({ type }) => type === 'cancelled')!.reason).toBe(reason)
    expect(last(events)).toMatchObject({ outcome: 'cancelled', error: reason })

    events.length = 0
    await expect(sort(LARGE, { signal: controller.signal })).rejects.toBe(reason)
    expect(typesOf(events)).toEqual(['queued', 'cancelled', 'settled'])
    expect(last(events)).toMatchObject({ outcome: 'cancelled', threads: 0 })
    expect(last(events)).not.toHaveProperty('startedAt')

    events.length = 0
    const done = scope(async ({ cancel }) => {
      cancel('enough')
      expect(() => sum.sync(SMALL)).toThrow('enough')
      await sum(LARGE)
    })
    await expect(done.catch((error) => error.message)).resolves.toContain('enough')
    expect(typesOf(events)).toEqual(['queued', 'cancelled', 'settled', 'queued', 'cancelled', 'settled'])
  })

  it('tells of a call that waits for room in its scope, and is aborted there', async () => {
    const events = listen('job')
    const controller = new AbortController()
    await scope(
      async () => {
        const first = sort(LARGE)
        const second = sort(LARGE, { signal: controller.signal })
        controller.abort()
        await expect(second).rejects.toThrow()
        await first
      },
      { threads: 1 },
    )
    expectWhole(events)
    const lives = [0, 1].map((n) => events.filter(({ id }) => id === events[0]!.id + n))
    expect(typesOf(lives[0]!)).toEqual(['queued', 'started', 'settled'])
    expect(typesOf(lives[1]!)).toEqual(['queued', 'cancelled', 'settled'])
  })

  it('tells failures of onProgress, and a blocking call whose time is over', async () => {
    const events = listen('job')
    const error = new Error('mine')
    const onProgress = () => {
      throw error
    }
    await expect(sort(LARGE, { onProgress })).rejects.toBe(error)
    await expect(sum(SMALL, { onProgress })).rejects.toBe(error)
    for (const event of events.filter(({ type }) => type === 'settled')) {
      expect(event).toMatchObject({ outcome: 'rejected', error })
    }
    if (isNative) {
      expect(() => sort.sync(LONG, { timeout: 0.1 })).toThrow('0.1 ms')
      expect(typesOf(events).slice(-4)).toEqual(['queued', 'started', 'cancelled', 'settled'])
      expect(last(events)).toMatchObject({ outcome: 'cancelled', mode: 'sync' })
    }
    expectWhole(events)
  })

  it('is silent about arguments that are refused', async () => {
    const events = listen('job')
    await expect(sum('no' as unknown as Float64Array)).rejects.toThrow(TypeError)
    expect(() => sum.sync(LARGE, { threads: 0 })).toThrow(RangeError)
    expect(events).toEqual([])
  })

  it.runIf(isNative)('tells progress, whether or not the caller asks', async () => {
    const events = listen('job')
    await unique(LONG)
    const fractions = events.filter(({ type }) => type === 'progress').map(({ fraction }) => fraction!)
    expect(fractions.length).toBeGreaterThan(0)
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b))
    expect(fractions.every((fraction) => fraction > 0 && fraction < 1)).toBe(true)
  })
})

describe('offloop:task', () => {
  const count = task((n: number) => n + 1, { name: 'count' })
  const fail = task(
    () => {
      throw new RangeError('no')
    },
    { name: 'fail' },
  )

  it('tells tasks on threads and in processes, and who has them', async () => {
    const events = listen('task')
    await count(1)
    expect(last(events)).toMatchObject({ name: 'count', on: 'thread', mode: 'async', outcome: 'fulfilled' })
    expect(last(events).worker).toBeGreaterThan(0)
    await task((n: number) => n, { on: 'process', name: 'far' })(1)
    const { worker, queuedAt, startedAt, endedAt } = last(events)
    expect(worker).not.toBe(process.pid)
    expect(worker).toBeGreaterThan(1)
    expect(queuedAt).toBeLessThanOrEqual(startedAt!)
    expect(startedAt).toBeLessThanOrEqual(endedAt!)
    await expect(fail()).rejects.toThrow('no')
    expect(last(events)).toMatchObject({ outcome: 'rejected', error: expect.any(RangeError) })
    expect(count.sync(1)).toBe(2)
    expect(last(events)).toMatchObject({ mode: 'sync', outcome: 'fulfilled', worker: expect.any(Number) })
    expectWhole(events)
  })

  it('tells tasks of the loop, and what a generator does', async () => {
    const events = listen('task')
    await task(async () => 1, { name: 'here' })()
    expect(last(events)).toMatchObject({ on: 'loop', mode: 'async', outcome: 'fulfilled' })
    await expect(
      task(async () => {
        throw new Error('no')
      })(),
    ).rejects.toThrow('no')
    expect(last(events)).toMatchObject({ outcome: 'rejected' })
    const numbers = function* (n: number) {
      for (let i = 0; i < n; i++) yield i
    }
    const far = task(numbers)
    const near = task(numbers, { on: 'loop' })
    for await (const n of far(1000)) if (n === 3) break
    expect(last(events)).toMatchObject({ on: 'thread', mode: 'stream', outcome: 'fulfilled' })
    for await (const n of near(1000)) if (n === 3) break
    expect(last(events)).toMatchObject({ on: 'loop', mode: 'stream', outcome: 'fulfilled' })
    expectWhole(events)
  })

  it('tells aborts: before, while it waits, while it runs; and progress', async () => {
    const events = listen('task')
    await expect(count.with({ signal: AbortSignal.abort('gone') })(1)).rejects.toBe('gone')
    expect(typesOf(events)).toEqual(['queued', 'cancelled', 'settled'])
    const long = task.withContext(
      (ctx) => {
        ctx.progress(0.5)
        for (;;) ctx.checkpoint()
      },
      { name: 'long' },
    )
    events.length = 0
    const controller = new AbortController()
    const stop = (event: unknown) => (event as TaskEvent).type === 'progress' && controller.abort('enough')
    subscribe('offloop:task', stop)
    await expect(long.with({ signal: controller.signal })()).rejects.toBe('enough')
    unsubscribe('offloop:task', stop)
    expect(events.map(({ type }) => type)).toEqual(['queued', 'started', 'progress', 'cancelled', 'settled'])
    expect(events[2]).toMatchObject({ fraction: 0.5, worker: expect.any(Number) })
    expect(last(events)).toMatchObject({ outcome: 'cancelled', error: 'enough' })
    const slow = task(async () => new Promise((resolve) => setTimeout(resolve, 20)))
    await expect(slow.with({ timeout: 1 })()).rejects.toThrow('1 ms')
    expect(last(events)).toMatchObject({ outcome: 'cancelled', on: 'loop' })
    expectWhole(events)
  })
})

describe('offloop:scope', () => {
  it('tells scopes and children, which is in which, and whose the calls are', async () => {
    const events = listen('scope', 'job', 'task')
    await scope(
      async ({ spawn }) => {
        await spawn(() => sum(SMALL), { name: 'first' })
        await spawn(() => scope(async () => sum.sync(SMALL), { name: 'inner' }))
        await task(async () => sum(SMALL), { name: 'near' }).with({ timeout: 60_000 })()
        await map([1, 2], (n) => n)
      },
      { name: 'outer', timeout: 60_000 },
    )
    expectWhole(events)
    const started = events.filter(({ channel, type }) => channel === 'scope' && type === 'started')
    const idOf = Object.fromEntries(started.map(({ name, id }) => [name, id]))
    const [outer, , second, , all] = started.map(({ id }) => id)
    expect(started.map(({ name, kind, parent }) => [name, kind, parent])).toEqual([
      ['outer', 'scope', undefined],
      ['first', 'child', outer],
      ['child 2', 'child', outer],
      ['inner', 'scope', second],
      ['map', 'scope', outer],
      ['child 1', 'child', all],
      ['child 2', 'child', all],
    ])
    expect(started[0]!.deadline).toBeGreaterThan(performance.now())
    expect(started[1]!.deadline).toBe(started[0]!.deadline)
    const calls = events.filter(({ channel, type }) => channel !== 'scope' && type === 'queued')
    expect(calls.map(({ channel, scope: within }) => [channel, within])).toEqual([
      ['job', idOf.first],
      ['job', idOf.inner],
      ['task', idOf.outer],
      ['job', idOf.outer],
    ])
  })

  it('tells how they end', async () => {
    const events = listen('scope')
    const outcomes = () => events.filter(({ type }) => type === 'settled').map(({ name, outcome }) => [name, outcome])
    const waits = (signal: AbortSignal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    await scope(({ spawn }) => void spawn(waits, { name: 'waits' }).cancel('enough'), { name: 'goes on' })
    const error = new Error('no')
    const failing = scope(
      ({ spawn }) => {
        spawn(waits, { name: 'sibling' })
        spawn(() => Promise.reject(error), { name: 'fails' })
      },
      { name: 'failed' },
    )
    await expect(failing).rejects.toBe(error)
    await moveOnAfter(1, ({ signal }) => waits(signal), { name: 'late' })
    await moveOnAfter(0, ({ signal }) => void signal.throwIfAborted(), { name: 'at once' })
    const open = openScope({ name: 'open' })
    open.spawn(() => 1, { name: 'child' })
    await open.close()
    expect(outcomes()).toEqual([
      ['waits', 'cancelled'],
      ['goes on', 'fulfilled'],
      ['fails', 'rejected'],
      ['sibling', 'cancelled'],
      ['failed', 'rejected'],
      ['late', 'cancelled'],
      ['at once', 'cancelled'],
      ['child', 'fulfilled'],
      ['open', 'fulfilled'],
    ])
    expectWhole(events)
    expect(events.find(({ name, type }) => name === 'failed' && type === 'settled')!.error).toBe(error)
  })
})

describe('TracingChannels', () => {
  it('carry one object a call, at its beginning and its end', async () => {
    const steps: string[] = []
    const contexts = new Map<number, { result?: unknown; error?: unknown }>()
    const tracing = tracingChannel('offloop:job')
    const step = (name: string) => (message: unknown) => {
      const context = message as { id: number; result?: unknown; error?: unknown }
      steps.push(name)
      if (contexts.has(context.id)) expect(contexts.get(context.id)).toBe(context)
      contexts.set(context.id, context)
    }
    const heard = {
      start: step('start'),
      end: step('end'),
      asyncStart: step('asyncStart'),
      asyncEnd: step('asyncEnd'),
      error: step('error'),
    }
    tracing.subscribe(heard)
    off.push(() => void tracing.unsubscribe(heard))
    await sum(LARGE)
    expect(steps.splice(0)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'])
    await sum(SMALL)
    expect(steps.splice(0)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'])
    sum.sync(SMALL)
    expect(steps.splice(0)).toEqual(['start', 'end'])
    await sum(LARGE, { signal: AbortSignal.abort('gone') }).catch(() => {})
    expect(steps.splice(0)).toEqual(['start', 'error', 'end', 'asyncStart', 'asyncEnd'])
    const ends = [...contexts.values()]
    expect(ends.map(({ result }) => result)).toEqual([sum.js(LARGE), 10, 10, undefined])
    expect(ends[3]).toMatchObject({ error: 'gone', name: 'sum' })
  })

  it.each(['asyncEnd', 'error'] as const)('are heard by who subscribes to %s alone', async (name) => {
    const heard: unknown[] = []
    const tracing = tracingChannel('offloop:job')[name]
    const listener = (message: unknown) => heard.push(message)
    tracing.subscribe(listener)
    off.push(() => void tracing.unsubscribe(listener))
    await sum(LARGE, { signal: AbortSignal.abort() }).catch(() => {})
    expect(heard).toHaveLength(1)
  })

  it('bind a store to scopes, children and tasks of the loop, for all that is called inside', async () => {
    const store = new AsyncLocalStorage<string>()
    for (const name of ['scope', 'task', 'job']) {
      const { start } = tracingChannel(`offloop:${name}`)
      start.bindStore(store, (message) => (message as unknown as { name: string }).name)
      off.push(() => void start.unbindStore(store))
    }
    const seen: unknown[] = []
    await store.run('around', async () => {
      await scope(
        async ({ spawn }) => {
          seen.push(store.getStore())
          await spawn(async () => seen.push(store.getStore()), { name: 'child' })
          await task(async () => seen.push(store.getStore()), { name: 'task' })()
          await sum(LARGE)
          seen.push(store.getStore())
        },
        { name: 'scope' },
      )
      seen.push(store.getStore())
    })
    expect(seen).toEqual(['scope', 'child', 'task', 'scope', 'around'])
  })
})

describe('who listens', () => {
  it('hears whole lives only, whenever it comes and goes', async () => {
    const before = sort(LARGE)
    const early = scope(async () => await sort(LARGE))
    const events = listen('job', 'scope')
    await Promise.all([before, early])
    expect(events).toEqual([])
    const unheard = sort(LARGE)
    expect(last(events).type).not.toBe('settled')
    const { length } = events
    expect(length).toBeGreaterThan(0)
    for (const undo of off.splice(0)) undo()
    await unheard
    expect(events).toHaveLength(length)
  })

  it('is asked for once a call, and nothing is made where nobody is', async () => {
    const events = listen('job', 'task')
    sum.sync(SMALL)
    await task(async () => 1)()
    const [job, call] = [events.find(({ channel }) => channel === 'job')!, last(events)]
    for (const undo of off.splice(0)) undo()
    const asked = vi.spyOn(Topic.prototype, 'watched', 'get')
    const published = vi.spyOn(channel('offloop:job'), 'publish')
    try {
      for (let i = 0; i < 10; i++) sum.sync(SMALL)
      expect(asked).toHaveBeenCalledTimes(10)
      await sum(SMALL)
      expect(asked).toHaveBeenCalledTimes(11)
      await sort(LARGE)
      expect(asked).toHaveBeenCalledTimes(12)
      await task(async () => 1)()
      expect(asked).toHaveBeenCalledTimes(13)
      await scope(({ spawn }) => spawn(() => 1))
      expect(asked).toHaveBeenCalledTimes(15)
      expect(published).not.toHaveBeenCalled()
    } finally {
      vi.restoreAllMocks()
    }
    // Whatever is told has a number: none was given to those calls (but one to the job that went to the engine).
    listen('job', 'task')
    const again = listen('job', 'task')
    sum.sync(SMALL)
    await task(async () => 1)()
    expect(again.find(({ channel }) => channel === 'job')!.id).toBe(job.id + (isNative ? 2 : 1))
    expect(last(again).id).toBe(call.id + 1)
  })

  it('cannot break a call by throwing', async () => {
    const { stdout, stderr, code } = await runScript(`
      import { subscribe } from 'node:diagnostics_channel'
      import { sum } from 'DIST/index.js'
      import { scope, task } from 'DIST/landscape/index.js'
      let caught = 0
      process.on('uncaughtException', (error) => { if (error.message === 'mine') caught++ })
      for (const name of ['job', 'task', 'scope']) {
        subscribe('offloop:' + name, () => { throw new Error('mine') })
      }
      const x = new Float64Array(100000).fill(1)
      console.log(sum.sync(x), await sum(x), await scope(() => sum(x)), await task(async () => 7)())
      setImmediate(() => console.log(caught >= 11))
    `)
    expect({ stdout, stderr, code }).toEqual({ stdout: '100000 100000 100000 7\ntrue\n', stderr: '', code: 0 })
  })
})

describe('stats()', () => {
  it('counts what runs, what waits, and what has been', async () => {
    const before = stats()
    expect(before.engine).toBe(isNative ? 'native' : 'js')
    const engine = isNative ? 'native' : 'js'
    const calls = [sort(LARGE), sort(LARGE)]
    const during = stats()
    expect(during[engine].bytes).toBe(4 * LARGE.byteLength)
    expect(isNative ? during.native.running : during.js.running + during.js.waiting).toBe(2)
    await Promise.all(calls)
    const after = stats()
    expect(after[engine].bytes).toBe(0)
    expect(after.native.running + after.js.running + after.js.waiting).toBe(0)
    if (isNative) {
      expect(after.pool.jobs).toBe(before.pool.jobs + 2)
      expect(after.pool.grains).toBeGreaterThan(before.pool.grains)
      expect(after.pool.threads).toBeGreaterThan(0)
    } else {
      expect(after.js.jobs).toBe(before.js.jobs + 2)
      expect(after.js.settled).toBe(before.js.settled + 2)
    }
  })

  it('counts tasks, how they end, and scopes', async () => {
    const before = stats().tasks
    const wait = task(() => new Promise((resolve) => setTimeout(resolve, 5)), { on: 'thread' })
    const wrong = task(() => {
      throw new Error('no')
    })
    const scopes = scope(async () => {
      const many = Array.from({ length: 300 }, () => wait())
      const { running, waiting } = stats().tasks.thread
      expect({ running, waiting }).toEqual(callCounts('thread'))
      expect(running + waiting).toBe(300)
      expect(waiting).toBeGreaterThan(0)
      for (const one of many) one.catch(() => {})
      await many[0]
      throw new Error('enough')
    })
    expect(stats().scopes.open).toBe(1)
    await expect(scopes).rejects.toThrow('enough')
    await expect(wrong()).rejects.toThrow('no')
    const { thread, loop } = stats().tasks
    expect(stats().scopes.open).toBe(0)
    expect(thread.settled).toBe(before.thread.settled + 301)
    expect(thread.failed).toBe(before.thread.failed + 1)
    expect(thread.cancelled).toBeGreaterThan(before.thread.cancelled)
    expect(thread.workers).toBeGreaterThan(0)
    await task(async () => 1)()
    expect(stats().tasks.loop).toEqual({ ...loop, started: loop.started + 1, settled: loop.settled + 1 })
  })

  it('loads nothing, and tells in a worker what is its own', async () => {
    const script = `
      const { parentPort } = require('node:worker_threads')
      import('${DIST}index.js').then(async ({ sort, stats }) => {
        const nothing = stats()
        const call = sort(new Float64Array(100_000))
        const during = stats()
        await call
        parentPort.postMessage([nothing, during, stats()])
      })`
    const mine = stats()
    const worker = new Worker(script, { eval: true })
    const [nothing, during, after] = await new Promise<ReturnType<typeof stats>[]>((resolve, reject) => {
      worker.once('message', resolve).once('error', reject)
    })
    await worker.terminate()
    expect(nothing!.engine).toBeUndefined()
    expect(JSON.stringify(nothing)).not.toMatch(/[1-9]/)
    expect(isNative ? during!.native.running : during!.js.waiting + during!.js.running).toBe(1)
    if (isNative) expect(after!.pool.jobs).toBeGreaterThan(mine.pool.jobs)
    expect(during!.tasks.thread.settled).toBe(0)
  })
})
