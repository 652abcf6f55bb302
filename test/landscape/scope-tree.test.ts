/** scopeTree(): every kind of wait once, what is cancelled and has not ended, large trees, and SIGUSR2. */
import { setImmediate as turn } from 'node:timers/promises'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { info, sum } from '../../dist/index.js'
import { ambient, clock, contextState } from '../../dist/internal.js'
import {
  CapacityLimiter,
  checkpoint,
  type Handle,
  map,
  openScope,
  reduce,
  type Scope,
  type ScopeNode,
  type ScopeWait,
  scope,
  scopeTree,
  shield,
  task,
} from '../../dist/landscape/index.js'
import { DIST, runScript } from '../frame/child.js'
import { spin } from '../frame/probe.js'
import { isNative } from '../support.js'

const { now } = clock

afterEach(async () => {
  clock.now = now
  // What a failed assertion has left.
  for (const open of gates.splice(0)) open()
  for (const start = now(); contextState().open > 0 && now() - start < 5000; ) await turn()
  expect(contextState().open).toBe(0)
  expect(ambient.get).toBeUndefined()
  expect(scopeTree()).toMatchObject({ roots: [], outside: { kernels: 0, tasks: 0 } })
  expect(String(scopeTree())).toBe('no scope is open')
})

/** A promise, and what keeps it. */
const gates: (() => void)[] = []
function gate(): { readonly promise: Promise<void>; open(): void } {
  let open = () => {}
  const promise = new Promise<void>((resolve) => {
    open = resolve
  })
  gates.push(open)
  return { promise, open }
}

/** Looks again and again, until it is so; the test's own time is the limit. */
async function until(so: () => boolean): Promise<void> {
  while (!so()) await turn()
}

function root(): ScopeNode {
  const { roots } = scopeTree()
  expect(roots).toHaveLength(1)
  return roots[0]!
}

const waitsOf = (node: ScopeNode) => node.waits.map(({ since, ...wait }: ScopeWait) => wait)
/** Of each child by its name. */
const waitsInside = (node: ScopeNode = root()) =>
  Object.fromEntries(node.children.map((child) => [child.name ?? child.kind, waitsOf(child)]))

const sleepUntil = task(
  (words: Int32Array<SharedArrayBuffer>) => {
    Atomics.wait(words, 0, 0)
  },
  { name: 'sleepUntil' },
)
const tellAndSleep = task.withContext((ctx, words: Int32Array<SharedArrayBuffer>) => {
  ctx.progress(0.25)
  Atomics.wait(words, 0, 0)
})
const onLoop = task((promise: Promise<void>) => promise, { on: 'loop', name: 'onLoop' })
function words(): Int32Array<SharedArrayBuffer> {
  const asleep = new Int32Array(new SharedArrayBuffer(4))
  gates.push(() => wake(asleep))
  return asleep
}
function wake(asleep: Int32Array<SharedArrayBuffer>): void {
  Atomics.store(asleep, 0, 1)
  Atomics.notify(asleep, 0)
}

describe('what a scope waits for', () => {
  it('is its own code, its children, or the handle of one', async () => {
    const end = gate()
    const running = scope(
      async ({ spawn }) => {
        const slow = spawn(() => end.promise, { name: 'slow' })
        spawn(() => scope(({ spawn }) => void spawn(() => end.promise), { name: 'inner' }))
        await end.promise
        await slow
      },
      { name: 'outer' },
    )
    const tree = root()
    expect(tree).toMatchObject({ kind: 'scope', name: 'outer', waits: [{ kind: 'code' }] })
    expect(tree).not.toHaveProperty('deadline')
    expect(waitsInside(tree)).toEqual({ slow: [{ kind: 'code' }], '2': [{ kind: 'children' }] })
    const inner = tree.children[1]!.children[0]!
    expect(inner).toMatchObject({ kind: 'scope', name: 'inner', waits: [{ kind: 'code' }] })
    await turn() // its body is over
    expect(waitsOf(root().children[1]!.children[0]!)).toEqual([{ kind: 'children' }])
    end.open()
    await running

    const later = gate()
    let handle: Handle<void> | undefined
    const waiting = scope(async ({ spawn }) => {
      handle = spawn(() => later.promise, { name: 'later' })
      await handle
      expect(waitsOf(root())).toEqual([{ kind: 'code' }])
    })
    await turn()
    expect(waitsOf(root())).toEqual([{ kind: 'child', name: 'later' }])
    later.open()
    await waiting
    await handle
  })

  it('is a kernel, queued or running, with its fraction if it tells one', async () => {
    const long = (options: { onProgress: () => void }) =>
      isNative ? spin(20_000, 200, new Int32Array(20_000), options) : sum(new Float64Array(1e6), options)
    const seen: ScopeWait[] = []
    const running = scope(
      ({ spawn, cancel }) => {
        const onProgress = () => {
          const [wait] = scopeTree().roots[0]!.children[0]?.waits ?? []
          if (wait?.kind === 'kernel') seen.push(wait)
          if (isNative) cancel('seen enough')
        }
        spawn(() => long({ onProgress }), { name: 'first' })
        spawn(() => sum(new Float64Array(1e6)), { name: 'second' })
      },
      { threads: 1 },
    )
    expect(waitsInside()).toEqual({
      first: [{ kind: 'kernel', name: isNative ? 'probe' : 'sum', state: 'running' }],
      second: [{ kind: 'kernel', name: 'sum', state: 'queued' }],
    })
    expect(String(scopeTree())).toMatch(/waits \S+ ms for kernel sum: queued$/)
    await running.catch(({ cause }) => expect(cause).toBe('seen enough'))
    if (!isNative) return
    expect(seen[0]!.fraction).toBeGreaterThan(0)
    expect(seen[0]!.fraction).toBeLessThan(1)
  })

  it('is a task, where it runs, and how far it is', async () => {
    const asleep = words()
    const end = gate()
    const many = info().threads
    const running = scope(({ spawn }) => {
      spawn(() => tellAndSleep(asleep), { name: 'told' })
      spawn(() => onLoop(end.promise), { name: 'loop' })
      // More than there are workers for.
      for (let i = 0; i < many; i++) spawn(() => sleepUntil(asleep), { name: `last but ${many - 1 - i}` })
    })
    expect(waitsInside()).toMatchObject({
      told: [{ kind: 'task', on: 'thread', state: 'queued' }],
      loop: [{ kind: 'task', name: 'onLoop', on: 'loop', state: 'running' }],
    })
    await until(() => waitsInside().told![0]!.fraction !== undefined)
    expect(waitsInside()).toMatchObject({
      told: [{ kind: 'task', on: 'thread', state: 'running', fraction: 0.25 }],
      'last but 0': [{ kind: 'task', name: 'sleepUntil', on: 'thread', state: 'queued' }],
    })
    expect(String(scopeTree())).toMatch(/├─ child told, open .*\n.* for task \S+ on a thread: running, 25 %\n/)
    end.open()
    await until(() => root().children.every(({ name }) => name !== 'loop'))
    wake(asleep)
    await running
  })

  it('is a token of a limiter, with the place in line', async () => {
    const limiter = new CapacityLimiter(1)
    const held = await limiter.acquire()
    const running = scope(({ spawn }) => {
      for (let i = 0; i < 3; i++) spawn(() => limiter.run(() => {}))
    })
    const place = (n: number, waiting: number) => [{ kind: 'limiter', place: n, waiting }]
    expect(waitsInside()).toEqual({ '1': place(1, 3), '2': place(2, 3), '3': place(3, 3) })
    expect(String(scopeTree())).toContain('for a token of a CapacityLimiter: place 2 of 3')
    held.release()
    await running
  })

  it('is the turn of a checkpoint; of a map, its source or its reader', async () => {
    const end = gate()
    async function* source() {
      yield* [1, 2, 3, 4]
      await end.promise
    }
    const running = scope(async ({ spawn }) => {
      spawn(() => checkpoint(), { name: 'turn' })
      spawn(() => reduce([end.promise], () => 0, 0), { name: 'reduce' })
      spawn(() => map(source(), (x) => x, { concurrency: 1 }), { name: 'source' })
      spawn(
        async () => {
          for await (const _ of map([1, 2, 3, 4, 5], (x) => x, { concurrency: 1 })) await end.promise
        },
        { name: 'reader' },
      )
      await null
    })
    expect(waitsInside().turn).toEqual([{ kind: 'checkpoint' }])
    for (let i = 0; i < 5; i++) await turn()
    const [reducing, mapping, reading] = root().children
    expect(reducing!.children[0]).toMatchObject({ kind: 'reduce', waits: [{ kind: 'code' }] })
    expect(mapping!.children[0]).toMatchObject({ kind: 'map', waits: [{ kind: 'children' }] })
    expect(mapping!.children[0]).not.toHaveProperty('name')
    expect(mapping!.children[0]!.children[0]!.waits).toMatchObject([{ kind: 'source' }])
    expect(reading!.children[0]!.children[0]!.waits).toMatchObject([{ kind: 'reader' }])
    end.open()
    await running
  })

  it('is the close() of an openScope in which nothing runs', async () => {
    const end = gate()
    const s = openScope({ name: 'session', threads: 2 })
    expect(root()).toMatchObject({ name: 'session', threads: 2, waits: [{ kind: 'close' }] })
    const running = s.run(() => end.promise)
    expect(waitsOf(root())).toEqual([{ kind: 'code' }])
    const child = s.spawn(() => end.promise)
    const closed = s.close()
    expect(waitsOf(root())).toEqual([{ kind: 'code' }])
    end.open()
    await running
    expect(scopeTree().roots.length).toBeLessThanOrEqual(1)
    await Promise.all([closed, child])
  })

  it('goes over to what is around when its node ends first; from outside of all scopes it is counted', async () => {
    const asleep = words()
    let left: Promise<void> | undefined
    await scope(
      async ({ spawn }) => {
        await spawn(() => {
          left = sleepUntil(asleep)
        })
        expect(waitsOf(root())).toEqual([{ kind: 'task', name: 'sleepUntil', on: 'thread', state: expect.any(String) }])
        expect(scopeTree().outside).toEqual({ kernels: 0, tasks: 0 })
      },
      { name: 'hasty' },
    )
    expect(scopeTree()).toMatchObject({ roots: [], outside: { kernels: 0, tasks: 1 } })
    const kernel = isNative ? spin(1, 1000, new Int32Array(1)) : sum(new Float64Array(1e6))
    await until(() => scopeTree().outside.kernels > 0) // the JavaScript engine is loaded first
    expect(String(scopeTree())).toBe('no scope is open\noutside any scope: 1 kernel, 1 task')
    await kernel
    wake(asleep)
    await left
  })
})

describe('a node', () => {
  it('says for how long it is open, and the nearest deadline that holds', async () => {
    let time = 1000
    clock.now = () => time
    const end = gate()
    const running = scope(
      ({ spawn }) => {
        time += 10
        spawn(() => shield(() => scope(() => end.promise, { timeout: 70_000, threads: 1, priority: 'low' })))
        return scope(() => end.promise, { timeout: 90_000 })
      },
      { timeout: 60_000, threads: 2, name: 'outer' },
    )
    time += 1500
    const { time: at, roots } = scopeTree()
    const [outer] = roots
    const [child, late] = outer!.children
    const [shielded] = child!.children
    const [inner] = shielded!.children
    expect(at).toBe(2510)
    expect(outer).toMatchObject({ since: 1000, deadline: 61_000, left: 58_490, threads: 2 })
    expect(child).toMatchObject({ since: 1010, left: 58_490, threads: 2 })
    expect(shielded).toMatchObject({ kind: 'shield', threads: 2 })
    for (const key of ['deadline', 'left']) expect(shielded).not.toHaveProperty(key)
    expect([outer!.priority, inner!.priority]).toEqual(['normal', 'low'])
    expect(inner).toMatchObject({ deadline: 71_010, left: 68_500, threads: 1 })
    expect(late).toMatchObject({ deadline: 91_010, left: 58_490 })
    expect(String(scopeTree())).toBe(
      `
open: 4 scopes, 1 child
└─ scope outer, open 1.5 s, 58 s left, 2 threads
   │  waits 1.5 s for its children
   ├─ child 1, open 1.5 s
   │  │  waits 1.5 s for its children
   │  └─ shield, open 1.5 s
   │     │  waits 1.5 s for its children
   │     └─ scope, open 1.5 s, 1 min 9 s left, 1 thread, low priority
   │           waits 1.5 s for its own code
   └─ scope, open 1.5 s, 58 s left
         waits 1.5 s for its own code`.trim(),
    )
    end.open()
    await running
  })

  it('that is cancelled and has not ended says since when, by what and why', async () => {
    let time = 0
    clock.now = () => time
    const end = gate()
    const controller = new AbortController()
    const unwinding = { name: 'unwinding' }
    const running = scope(
      ({ spawn }) => {
        const cancelling = ({ cancel }: Scope) => {
          cancel('enough')
          return end.promise
        }
        spawn(() => scope(cancelling, { name: 'a' }))
        spawn(() => scope(() => end.promise, { name: 'b', signal: controller.signal }))
        spawn(() => scope(({ spawn }) => void spawn(() => end.promise, unwinding), { name: 'c', timeout: 20 }))
        const failing = ({ spawn }: Scope) => {
          spawn(() => Promise.reject(new Error('broken')), { name: 'bad' })
          return end.promise
        }
        spawn(() => scope(failing).catch(() => {}))
      },
      { name: 'outer' },
    ).catch(() => {})
    controller.abort(new Error('gone'))
    await turn()
    time = 100
    await until(() => root().children[2]!.children[0]!.cancelled !== undefined)
    time = 350
    const [a, b, c, d] = root().children.map(({ children }) => children[0]!)
    expect(a!.cancelled).toMatchObject({ since: 0, by: 'cancel', reason: expect.stringContaining('enough') })
    expect(b!.cancelled).toMatchObject({ by: 'signal', reason: expect.stringContaining('gone') })
    expect(c!.cancelled).toMatchObject({ since: 100, by: 'deadline', reason: expect.stringContaining('20 ms') })
    expect(c!.children[0]!.cancelled).toMatchObject({ since: 100, by: 'outer', reason: c!.cancelled!.reason })
    expect(d!.cancelled).toMatchObject({ by: 'failure', reason: expect.stringContaining('broken') })
    const text = String(scopeTree())
    const said = [...text.matchAll(/(cancelled .*)/g)].map(([, line]) => line)
    expect(said).toEqual([
      'cancelled 350 ms ago by cancel(): enough',
      'cancelled 350 ms ago by its signal: gone',
      'cancelled 250 ms ago by its deadline',
      'cancelled 250 ms ago from above',
      'cancelled 350 ms ago by a failure: child bad failed: broken',
    ])
    expect(text).not.toContain('left')
    end.open()
    await running
  })

  it('is plain data, frozen, a copy of that moment', async () => {
    const end = gate()
    const running = scope(({ spawn }) => void spawn(() => end.promise), { timeout: 60_000 })
    const tree = scopeTree()
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value as object).every(frozen))
    expect(frozen(tree)).toBe(true)
    expect(structuredClone(tree)).toEqual({ ...tree })
    expect(inspect(tree)).toBe(String(tree))
    expect(inspect({ tree })).toContain('scope, open')
    end.open()
    await running
    expect(tree.roots).toHaveLength(1)
  })

  it('stands, in a worker, for the task that runs there', async () => {
    const inside = task(
      { url: `${DIST}landscape/index.js` },
      async ({ url }) => {
        const { scope, scopeTree } = await import(url)
        return scope(() => [structuredClone({ ...scopeTree() }), `${scopeTree()}`], { name: 'there' })
      },
      { on: 'thread', name: 'inside' },
    )
    const [tree, text] = (await scope(() => inside(), { threads: 1 })) as [{ roots: ScopeNode[] }, string]
    expect(tree.roots).toMatchObject([
      { kind: 'task', name: 'inside', threads: 1, children: [{ kind: 'scope', name: 'there' }] },
    ])
    expect(text).toMatch(/^open: 2 scopes\n└─ task inside, open .* 1 thread\n/)
  })
})

describe('the text', () => {
  const lines = () => String(scopeTree()).split('\n')

  it('of 10,000 children shows some, and says how many more there are', async () => {
    const end = gate()
    const running = scope(({ spawn }) => {
      for (let i = 0; i < 10_000; i++) spawn(() => end.promise)
    })
    const tree = scopeTree()
    expect(tree.roots[0]!.children).toHaveLength(10_000)
    expect(tree.roots[0]!.children[9_999]!.name).toBe('10000')
    const text = lines()
    expect(text[0]).toBe('open: 1 scope, 10,000 children')
    expect(text.at(-1)).toBe('   └─ … and 9,980 more')
    expect(text).toHaveLength(1 + 2 + 2 * 20 + 1)
    end.open()
    await running
  })

  it('of 1,000 scopes in each other, wide ones, and many waits stays short and narrow', async () => {
    const end = gate()
    // Not in one stack.
    const nested = async (depth: number): Promise<void> => {
      await null
      if (depth === 0) return end.promise
      await scope(() => nested(depth - 1), { name: `at depth ${depth} ${'é'.repeat(70)}` })
    }
    const deep = nested(1000)
    await until(() => contextState().open === 1000)
    const text = lines()
    expect(text[0]).toBe('open: 1,000 scopes')
    expect(text.at(-1)).toMatch(/^ +└─ … and 984 more$/)
    const bushy = Array.from({ length: 30 }, () =>
      scope(({ spawn }) => {
        for (let i = 0; i < 30; i++) spawn(() => scope(({ spawn }) => void spawn(() => end.promise)))
      }),
    )
    const limiter = new CapacityLimiter(0)
    const eager = scope(() => Promise.all(Array.from({ length: 8 }, () => limiter.acquire())))
    const all = lines()
    expect(all.length).toBeLessThan(300)
    for (const line of all) expect([...line].length).toBeLessThanOrEqual(80)
    // Whatever is not shown is counted: the nodes in sight, and all the "more".
    const more = all.reduce((n, line) => n + Number(/└─ … and ([\d,]+) more/.exec(line)?.[1]?.replace(',', '') ?? 0), 0)
    const seen = all.filter((line) => /[├└]─ (scope|child)/.test(line)).length
    expect(seen + more).toBe(1000 + 30 * (1 + 3 * 30) + 1)
    limiter.totalTokens = 4
    limiter.totalTokens = 8
    end.open()
    await Promise.all([deep, ...bushy, eager])
  })

  it('of many waits of one scope shows five', async () => {
    const limiter = new CapacityLimiter(0)
    const running = scope(() => Promise.all(Array.from({ length: 8 }, () => limiter.acquire())))
    expect(root().waits).toHaveLength(8)
    expect(lines()).toHaveLength(1 + 1 + 5 + 1)
    expect(lines().at(-1)).toBe('      … and for 3 more')
    limiter.totalTokens = 8
    await running
  })

  it('has no control characters of names', async () => {
    const end = gate()
    const running = scope(() => end.promise, { name: 'two\nlines \u001b[31mred\u202e' })
    expect(lines()[1]).toMatch(/^└─ scope two lines {1,2}\[31mred , open/)
    end.open()
    await running
  })
})

describe.runIf(process.platform !== 'win32')('SIGUSR2', () => {
  const script = (listener: string) => `
    import { scope } from 'DIST/landscape/index.js'
    import { setTimeout as sleep } from 'node:timers/promises'
    ${listener}
    await scope(async () => {
      process.kill(process.pid, 'SIGUSR2')
      await sleep(50)
    }, { name: 'busy' })
    console.log('ended')`

  it('prints the tree under OFFLOOP_DEBUG=1, beside the listeners there are, and keeps no process alive', async () => {
    const listener = `process.on('SIGUSR2', () => console.log('heard'))`
    const { code, stdout, stderr } = await runScript(script(listener), [], { OFFLOOP_DEBUG: '1' })
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'heard\nended\n' })
    expect(stderr).toMatch(
      /^offloop, process \d+, open: 1 scope\n└─ scope busy, open .*\n {6}waits .* for its own code\nkernels: none yet; tasks: 0 running, .*\n$/,
    )
  })

  it('is what it was without', async () => {
    const { signal, stdout, stderr } = await runScript(script(''), [], { OFFLOOP_DEBUG: '' })
    expect({ signal, stdout, stderr }).toEqual({ signal: 'SIGUSR2', stdout: '', stderr: '' })
  })
})
