/** map and reduce: every item once, in order, a few at a time, nothing outlives the call, no error is lost. */
import { setImmediate as turn } from 'node:timers/promises'
import * as fc from 'fast-check'
import { afterEach, describe, expect, expectTypeOf, it } from 'vitest'
import { add, sum } from '../../dist/index.js'
import { contextState } from '../../dist/internal.js'
import { map, reduce, scope, task } from '../../dist/landscape/index.js'
import { SEED } from '../support.js'

afterEach(() => {
  expect(contextState().open, 'scopes left open').toBe(0)
})

/** A promise to be settled from outside. */
function deferred<T = void>() {
  let resolve!: (value: T) => void
  let reject!: (reason: unknown) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

/** Gives everything that can go on the time to do so. */
async function quiet(turns = 10): Promise<void> {
  for (let i = 0; i < turns; i++) await turn()
}

/** Rejects when the signal aborts. */
function never(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

async function* asyncOf<T>(items: Iterable<T>, onClose?: () => void): AsyncGenerator<T> {
  try {
    for (const item of items) {
      await turn()
      yield item
    }
  } finally {
    onClose?.()
  }
}

async function listOf<T>(results: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const result of results) list.push(result)
  return list
}

describe('map', () => {
  it('gives an array of the results, in the order of the items, from every kind of source', async () => {
    const double = async (x: number) => {
      await quiet(x % 3)
      return 2 * x
    }
    const items = Array.from({ length: 20 }, (_, i) => i)
    const expected = items.map((x) => 2 * x)
    expect(await map(items, double)).toEqual(expected)
    expect(await map(new Set(items), double, { concurrency: 1 })).toEqual(expected)
    expect(
      await map(
        items.map((x) => Promise.resolve(x)),
        double,
        { concurrency: 100 },
      ),
    ).toEqual(expected)
    expect(await map(asyncOf(items), double, { concurrency: 3 })).toEqual(expected)
    expect(await listOf(map(items, double, { concurrency: 3 }))).toEqual(expected)
    expect(await listOf(map(asyncOf(items), double, { concurrency: 3 }))).toEqual(expected)
    expect(await map([], double)).toEqual([])
    expect(await listOf(map([], double))).toEqual([])
  })

  it('takes functions of this thread that return no promise, and kernels', async () => {
    expect(await map([1, 4, 9], Math.sqrt)).toEqual([1, 2, 3])
    const arrays = [new Float64Array([1, 2]), new Float64Array(200_000).fill(1)]
    expect(await map(arrays, (x) => sum(x))).toEqual([3, 200_000])
    expect(await reduce(arrays.slice(0, 1), (a, b) => add(a, b), new Float64Array([10, 20]))).toEqual(
      new Float64Array([11, 22]),
    )
  })

  it('takes tasks, and knows their types', async () => {
    const root = task((x: number) => Math.sqrt(x))
    const roots = await map([1, 4, 9], root, { concurrency: 2 })
    expectTypeOf(roots).toEqualTypeOf<number[]>()
    expect(roots).toEqual([1, 2, 3])
    const sum = task((a: number, b: number) => a + b)
    expect(await reduce([1, 2, 3], sum, 0)).toBe(6)
    const fails = task((x: number) => {
      if (x === 1) throw new RangeError('x')
      return x
    })
    await expect(map([0, 1, 2], fails)).rejects.toThrow(RangeError)
    expect(await map([0, 1, 2], fails, { onError: 'skip' })).toEqual([0, 2])
  })

  it('calls f with the item alone', async () => {
    expect(await map(['a'], (...args: unknown[]) => args.length)).toEqual([1])
  })

  it('never runs more than `concurrency` at a time, and that many where it can', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(4), { maxLength: 30 }),
        fc.integer({ min: 1, max: 6 }),
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        async (turns, concurrency, ordered, streamed, asynchronous) => {
          let [running, most] = [0, 0]
          const f = async (index: number) => {
            most = Math.max(most, ++running)
            await quiet(1 + turns[index]!)
            running--
            return index
          }
          const items = asynchronous ? asyncOf(turns.keys()) : turns.keys()
          const results = map(items, f, { concurrency, ordered })
          const list = streamed ? await listOf(results) : await results
          expect(running).toBe(0)
          expect(most).toBeLessThanOrEqual(concurrency)
          if (!asynchronous) expect(most).toBe(Math.min(concurrency, turns.length))
          const expected = [...turns.keys()]
          expect(ordered ? list : list.toSorted((a, b) => a - b)).toEqual(expected)
        },
      ),
      { seed: SEED, numRuns: 60 },
    )
  })

  it('gives results as they come with `ordered: false`', async () => {
    const slow = deferred()
    const f = async (x: number) => {
      if (x === 0) await slow.promise
      return x
    }
    const seen: number[] = []
    for await (const x of map([0, 1, 2], f, { concurrency: 2, ordered: false })) {
      seen.push(x)
      if (seen.length === 2) slow.resolve()
    }
    expect(seen).toEqual([1, 2, 0])
    expect(await map([1, 2], async (x) => x, { ordered: false })).toHaveLength(2)
  })

  it('starts nothing before its results are asked for; awaits once, and iterates anew', async () => {
    let calls = 0
    const results = map([1, 2], async (x) => x + ++calls * 0)
    await quiet()
    expect(calls).toBe(0)
    expect(await results).toEqual([1, 2])
    expect(await results).toBe(await results)
    expect(calls).toBe(2)
    expect(await listOf(results)).toEqual([1, 2])
    expect(calls).toBe(4)
    expect(await results.finally(() => {})).toEqual([1, 2])
    expect(await map([1], () => Promise.reject(new Error('x'))).catch(() => 'caught')).toBe('caught')
  })

  it('slows the source down for a slow reader, and holds few items', async () => {
    let taken = 0
    function* source() {
      for (;;) yield taken++
    }
    const results = map(source(), async (x) => x, { concurrency: 4 })[Symbol.asyncIterator]()
    for (let read = 0; read < 50; read++) {
      expect((await results.next()).value).toBe(read)
      await quiet(3)
      expect(taken - (read + 1)).toBeLessThanOrEqual(8)
    }
    expect(taken).toBeGreaterThan(50)
    await results.return?.()
  })

  it('lets a slow item hold back the others by no more than that', async () => {
    const slow = deferred()
    let taken = 0
    function* source() {
      for (; taken < 1000; ) yield taken++
    }
    const f = async (x: number) => {
      if (x === 0) await slow.promise
      return x
    }
    const results = map(source(), f, { concurrency: 3 })[Symbol.asyncIterator]()
    const first = results.next()
    await quiet()
    expect(taken).toBe(6)
    slow.resolve()
    expect((await first).value).toBe(0)
    await results.return?.()
  })

  it('cancels what runs, closes the source and waits for both when the reader leaves', async () => {
    let [closed, stopped] = [false, 0]
    const source = asyncOf(Array(1000).keys(), () => {
      closed = true
    })
    for await (const x of map(
      source,
      async (x) => {
        if (x < 2) return x
        await scope(({ signal }) => never(signal).finally(() => stopped++))
        return x
      },
      { concurrency: 3 },
    )) {
      await quiet()
      if (x === 1) break
    }
    expect(closed).toBe(true)
    expect(stopped).toBeGreaterThanOrEqual(1)
  })

  it('lets the loop have its turns among functions that never wait', async () => {
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    const until = performance.now() + 50
    function* source() {
      while (performance.now() < until) yield 1
    }
    await map(source(), (x) => x)
    clearInterval(timer)
    expect(turns).toBeGreaterThan(0)
  })
})

describe('failures in map', () => {
  it('cancel the others, and reject with the error itself once all have ended', async () => {
    const error = new Error('of item 1')
    let ended = 0
    const f = async (x: number) => {
      if (x === 1) {
        await quiet(2)
        throw error
      }
      await scope(({ signal }) => never(signal)).finally(async () => {
        await quiet(5)
        ended++
      })
    }
    await expect(map([0, 1, 2, 3, 4], f, { concurrency: 3 })).rejects.toBe(error)
    expect(ended).toBe(2)
    ended = 0
    await expect(listOf(map([0, 1, 2, 3, 4], f, { concurrency: 3 }))).rejects.toBe(error)
    expect(ended).toBe(2)
  })

  it('of several items come as one AggregateError, the first one first', async () => {
    const go = deferred()
    const f = async (x: number) => {
      await go.promise
      throw new Error(`of item ${x}`)
    }
    const results = map([0, 1], f, { concurrency: 2 })
    const settled = results.catch((error) => error)
    await quiet()
    go.resolve()
    const error = await settled
    expect(error).toBeInstanceOf(AggregateError)
    expect((error as unknown as AggregateError).errors.map(String)).toEqual(['Error: of item 0', 'Error: of item 1'])
  })

  it('are left out, or replaced, as onError says', async () => {
    const f = async (x: number) => {
      if (x % 2 === 1) throw new Error(`odd ${x}`)
      return x
    }
    for (const ordered of [true, false]) {
      expect(await map([0, 1, 2, 3], f, { onError: 'skip', ordered, concurrency: 1 })).toEqual([0, 2])
      expect(await listOf(map([0, 1, 2, 3], f, { onError: 'skip', ordered, concurrency: 1 }))).toEqual([0, 2])
    }
    const seen: unknown[][] = []
    const replace = async (...args: unknown[]) => {
      seen.push(args)
      return -1
    }
    expect(await map([0, 1, 2, 3], f, { onError: replace, concurrency: 2 })).toEqual([0, -1, 2, -1])
    expect(seen).toEqual([
      [new Error('odd 1'), 1, 1],
      [new Error('odd 3'), 3, 3],
    ])
    // What a failure elsewhere cancels has not failed.
    const handled: number[] = []
    const half = async (x: number) => {
      if (x === 1) await scope(({ signal }) => never(signal))
      throw new Error('of item 0')
    }
    const onError = (_: unknown, item: number) => {
      handled.push(item)
      throw new Error('worse')
    }
    await expect(map([0, 1], half, { concurrency: 2, onError })).rejects.toThrow('worse')
    expect(handled).toEqual([0])
    const worse = new Error('worse')
    const fails = () => {
      throw worse
    }
    await expect(map([1], f, { onError: fails })).rejects.toBe(worse)
  })

  it('of many skipped items do not stop a reader', async () => {
    const f = async (x: number) => {
      if (x < 99) throw new Error('no')
      return x
    }
    expect(await listOf(map(Array(100).keys(), f, { onError: 'skip', concurrency: 2 }))).toEqual([99])
  })

  it('of the source end it as those of items do', async () => {
    const error = new Error('of the source')
    async function* broken() {
      yield 1
      throw error
    }
    await expect(map(broken(), async (x) => x, { onError: 'skip' })).rejects.toBe(error)
    const seen: number[] = []
    await expect(
      (async () => {
        for await (const x of map(broken(), async (x) => x)) seen.push(x)
      })(),
    ).rejects.toBe(error)
    expect(seen).toEqual([1])
    await expect(reduce(broken(), (a, b) => a + b, 0)).rejects.toBe(error)
  })
})

describe('cancellation of map and reduce', () => {
  it('by signal rejects, stops kernels, and starts no more', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    let calls = 0
    const f = async (x: number) => {
      if (++calls === 2) controller.abort(reason)
      await quiet(2)
      return x
    }
    const error = await map(Array(100).keys(), f, { signal: controller.signal, concurrency: 2 }).catch((e) => e)
    expect(error === reason || (error as unknown as Error).cause === reason).toBe(true)
    expect(calls).toBe(2)
    const before = await map([1], f, { signal: controller.signal }).catch((e) => e)
    expect(before).toMatchObject({ cause: reason })
    expect(calls).toBe(2)
    await expect(reduce([1], f, 0, { signal: controller.signal })).rejects.toMatchObject({ cause: reason })
  })

  it('by the scope around cancels them like everything in it', async () => {
    let calls = 0
    const error = new Error('of a sibling')
    const hang = async (x: number) => {
      calls++
      return scope(({ signal }) => never(signal)).then(() => x)
    }
    await expect(
      scope(async (s) => {
        s.spawn(() => map([1, 2, 3], hang, { concurrency: 2 }))
        s.spawn(() => listOf(map([1, 2, 3], hang, { concurrency: 2 })))
        s.spawn(() => reduce([1, 2, 3], hang, 0))
        s.spawn(async () => {
          await quiet()
          throw error
        })
      }),
    ).rejects.toBe(error)
    expect(calls).toBe(5)
  })

  it('does not wait for a source that waits for ever', async () => {
    async function* silent(): AsyncGenerator<number> {
      yield 1
      await new Promise(() => {})
    }
    const controller = new AbortController()
    const { signal } = controller
    const all = [
      map(silent(), async (x) => x, { signal }).catch((error) => error),
      listOf(map(silent(), async (x) => x, { signal })).catch((error) => error),
      reduce(silent(), (a, b) => a + b, 0, { signal }).catch((error) => error),
    ]
    await quiet()
    controller.abort(new Error('enough'))
    for (const error of await Promise.all(all)) expect(error).toBeInstanceOf(Error)
  })

  it('closes the source', async () => {
    let closed = 0
    const error = new Error('x')
    const fails = () => {
      throw error
    }
    const source = () => asyncOf([1, 2, 3], () => closed++)
    await expect(map(source(), fails, { concurrency: 1 })).rejects.toBe(error)
    expect(closed).toBe(1)
    await expect(reduce(source(), fails, 0)).rejects.toBe(error)
    expect(closed).toBe(2)
  })

  it('limits concurrency to the threads of the scope around, unless told', async () => {
    let [running, most] = [0, 0]
    const f = async () => {
      most = Math.max(most, ++running)
      await quiet(2)
      running--
    }
    await scope(() => map([1, 2, 3, 4], f), { threads: 1 })
    expect(most).toBe(1)
    await scope(() => map([1, 2, 3, 4], f, { concurrency: 3 }), { threads: 1 })
    expect(most).toBe(3)
  })
})

describe('reduce', () => {
  it('folds in order, one item at a time', async () => {
    const spell = async (text: string, x: number) => {
      await quiet(3 - x)
      return `${text}${x}`
    }
    expect(await reduce([1, 2, 3], spell, '')).toBe('123')
    expect(await reduce(asyncOf([1, 2, 3]), spell, '')).toBe('123')
    expect(await reduce([Promise.resolve(1)], spell, '')).toBe('1')
    expect(await reduce([] as number[], spell, 'none')).toBe('none')
  })
})

describe('bad arguments', () => {
  it('throw at once', () => {
    const anything = map as (...args: unknown[]) => unknown
    const f = () => 1
    const code = (call: () => unknown): string | undefined => {
      try {
        call()
      } catch (error) {
        return (error as { code: string }).code
      }
      return undefined
    }
    expect(code(() => anything(7, f))).toBe('ERR_OFFLOOP_ARG_TYPE')
    expect(code(() => anything(undefined, f))).toBe('ERR_OFFLOOP_ARG_TYPE')
    expect(code(() => anything([], 'f'))).toBe('ERR_OFFLOOP_ARG_TYPE')
    expect(code(() => anything([], f, { concurrency: 0 }))).toBe('ERR_OFFLOOP_ARG_VALUE')
    expect(code(() => anything([], f, { concurrency: '2' }))).toBe('ERR_OFFLOOP_ARG_TYPE')
    expect(code(() => anything([], f, { onError: 'ignore' }))).toBe('ERR_OFFLOOP_ARG_VALUE')
    expect(code(() => anything([], f, { signal: {} }))).toBe('ERR_OFFLOOP_ARG_TYPE')
    expect(code(() => anything([], f, { parallel: 2 }))).toBe('ERR_OFFLOOP_OPTION')
    expect(code(() => (reduce as (...args: unknown[]) => unknown)([], 1, 0))).toBe('ERR_OFFLOOP_ARG_TYPE')
  })
})
