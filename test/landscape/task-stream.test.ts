/** Generators stream: in order, a bounded number ahead, ended from either side. */
import { describe, expect, it } from 'vitest'
import { type StreamTask, scope, task } from '../../dist/landscape/index.js'

const WORK = new URL('./fixtures/work.mjs', import.meta.url)
const places = ['loop', 'thread', 'process'] as const
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const value of values) list.push(value)
  return list
}

describe.each(places)('a generator on: %s', (on) => {
  it('gives its values in order, plain or async', async () => {
    const plain = task(
      function* (n: number) {
        for (let i = 0; i < n; i++) yield i
      },
      { on },
    )
    const async = task(
      async function* (n: number) {
        for (let i = 0; i < n; i++) yield Promise.resolve({ i })
      },
      { on },
    )
    expect(await all(plain(100))).toEqual(Array.from({ length: 100 }, (_, i) => i))
    expect(await all(async(40))).toEqual(Array.from({ length: 40 }, (_, i) => ({ i })))
    expect([...plain.js(3)]).toEqual([0, 1, 2])
    expect(await all(plain(0))).toEqual([])
  })

  it('fails after the values that came before', async () => {
    const f = task(
      function* () {
        yield 1
        yield 2
        throw new RangeError('third')
      },
      { on },
    )
    const seen: number[] = []
    const run = async () => {
      for await (const value of f()) seen.push(value)
    }
    await expect(run()).rejects.toThrow(RangeError)
    expect(seen).toEqual([1, 2])
  })

  it('ends when its reader does', async () => {
    const f = task(
      function* () {
        for (let i = 0; ; i++) yield i
      },
      { on },
    )
    const seen: number[] = []
    for await (const value of f()) {
      seen.push(value)
      if (value === 50) break
    }
    expect(seen.length).toBe(51)
  })

  it('ends by a signal', async () => {
    const controller = new AbortController()
    const f = task(
      function* () {
        for (let i = 0; ; i++) yield i
      },
      { on },
    ).with({ signal: controller.signal })
    const run = async () => {
      for await (const value of f()) if (value === 30) controller.abort(new Error('enough'))
    }
    await expect(run()).rejects.toThrow('enough')
  })
})

describe('in a worker', () => {
  it('never starts if nobody asks', async () => {
    const words = new Int32Array(new SharedArrayBuffer(4))
    const f = task(function* (w: Int32Array) {
      w[0] = 1
      yield 1
    })
    const values = f(words)
    await sleep(20)
    expect(words[0]).toBe(0)
    await values.next()
    expect(words[0]).toBe(1)
    await values.return!()
  })

  it('is never more than 16 values ahead, and its finally block has run when return() resolves', async () => {
    const words = new Int32Array(new SharedArrayBuffer(8))
    const f = task(function* (w: Int32Array) {
      try {
        for (;;) yield Atomics.add(w, 0, 1)
      } finally {
        Atomics.store(w, 1, 1)
      }
    })
    const values = f(words)
    for (let taken = 1; taken <= 60; taken++) {
      await values.next()
      if (taken % 20 === 0) await sleep(20)
      expect(Atomics.load(words, 0)).toBeLessThanOrEqual(taken + 16 + 1)
    }
    await values.return!()
    expect(words[1]).toBe(1)
    expect(await values.next()).toEqual({ done: true, value: undefined })
  })

  it('takes next() several times at once', async () => {
    const f = task(function* (): Generator<number, string> {
      yield 1
      yield 2
      return 'end'
    })
    const values = f()
    expect(await Promise.all([values.next(), values.next(), values.next(), values.next()])).toEqual([
      { done: false, value: 1 },
      { done: false, value: 2 },
      { done: true, value: 'end' },
      { done: true, value: undefined },
    ])
  })

  it('names a value that cannot be copied', async () => {
    const f = task(
      function* () {
        yield () => 1
      },
      { name: 'odd' },
    )
    await expect(all(f())).rejects.toMatchObject({
      code: 'ERR_OFFLOOP_TASK_CLONE',
      message: expect.stringContaining('value 1 of odd'),
    })
  })

  it('of a module is a stream with { stream: true }, and an error without', async () => {
    const f = task<(n: number) => Generator<number>>(WORK, 'countTo', { stream: true })
    expect(await all(f(5))).toEqual([1, 2, 3, 4, 5])
    const plain = task(WORK, 'countTo') as unknown as (n: number) => Promise<unknown>
    await expect(plain(5)).rejects.toThrow(/stream: true/)
    await expect(
      all((task(WORK, 'add', { stream: true }) as unknown as StreamTask<number[], unknown>)(1, 2)),
    ).rejects.toThrow(/generator function/)
  })

  it('ends with the scope around it', async () => {
    const words = new Int32Array(new SharedArrayBuffer(8))
    const f = task(
      async function* (w: Int32Array) {
        try {
          for (;;) yield 1
        } finally {
          Atomics.store(w, 0, 1)
        }
      },
      { on: 'thread' },
    )
    const outcome = scope(async (s) => {
      let n = 0
      for await (const _ of f(words)) if (++n === 20) s.cancel('enough')
    })
    await expect(outcome).rejects.toMatchObject({ code: 'ERR_OFFLOOP_CANCELLED' })
    for (let i = 0; i < 1000 && words[0] === 0; i++) await sleep(5)
    expect(words[0]).toBe(1)
  })
})
