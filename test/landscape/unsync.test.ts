/**
 * The examples of Unsync's README (https://github.com/alex-sherman/unsync), in the order it has them, re-expressed.
 * What it shows by seconds is shown by who waits for whom.
 */
import { availableParallelism } from 'node:os'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { map, scope, task } from '../../dist/landscape/index.js'

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describe('Quick Overview', () => {
  it('async functions run on the loop, regular ones on threads, cpuBound ones in processes', async () => {
    const where = () => [process.pid, process.getBuiltinModule('node:worker_threads').threadId]
    const onLoop = task(async () => [process.pid, process.getBuiltinModule('node:worker_threads').threadId])
    const onThread = task(() => [process.pid, process.getBuiltinModule('node:worker_threads').threadId])
    const inProcess = task(() => [process.pid, process.getBuiltinModule('node:worker_threads').threadId], {
      cpuBound: true,
    })
    const [pid, thread] = where() as [number, number]
    expect(await onLoop()).toEqual([pid, thread])
    expect((await onThread())[0]).toBe(pid)
    expect((await onThread())[1]).not.toBe(thread)
    expect((await inProcess())[0]).not.toBe(pid)
  })

  it('result() blocks, except in the loop, where it throws', async () => {
    const outside = task(async (x: number) => x + 1, { on: 'thread' })
    expect(outside.sync(1)).toBe(2)
    const inside = task(async (x: number) => x + 1)
    expect(() => inside.sync(1)).toThrow(expect.objectContaining({ code: 'ERR_OFFLOOP_DEADLOCK' }))
    expect(await inside(1)).toBe(2)
  })
})

describe('Simple Sleep', () => {
  it('two calls run at once', async () => {
    const unsyncAsync = task(async () => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      return 'I like decorators'
    })
    const [future1, future2] = [unsyncAsync(), unsyncAsync()]
    expect((await future1) + (await future2)).toBe('I like decoratorsI like decorators')
  })

  it('and can be waited for from synchronous code', () => {
    const unsyncAsync = task(
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        return 'I like decorators'
      },
      { on: 'thread' },
    )
    expect(unsyncAsync.sync()).toBe('I like decorators')
  })
})

describe('Multi-threading an IO-bound function', () => {
  it('a synchronous function that blocks runs on threads', async () => {
    const nonAsyncFunction = task((ms: number) => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
      return 'Run concurrently!'
    })
    const results = await Promise.all(Array.from({ length: 10 }, () => nonAsyncFunction(2)))
    expect(results).toEqual(Array(10).fill('Run concurrently!'))
  })

  it.skipIf(availableParallelism() < 2)('at the same time', async () => {
    const meet = task((here: Int32Array) => {
      Atomics.add(here, 0, 1)
      Atomics.notify(here, 0)
      return Atomics.wait(here, 0, 1, 20_000) !== 'timed-out'
    })
    const here = new Int32Array(new SharedArrayBuffer(4))
    expect(await Promise.all([meet(here), meet(here)])).toEqual([true, true])
  })
})

describe('Continuations', () => {
  it('chain calls of tasks', async () => {
    const initiate = task(async (request: number) => {
      await new Promise((resolve) => setTimeout(resolve, 1))
      return request + 1
    })
    const process = task(async (result: number) => {
      await new Promise((resolve) => setTimeout(resolve, 1))
      return result * 2
    })
    expect(await initiate(3).then(process)).toBe(8)
  })
})

describe('Mixing methods', () => {
  const nonAsyncFunction = task((num: number): [number, number] => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2)
    return [num, num + 1]
  })
  const resultContinuation = task(async ([num, res]: [number, number]): Promise<[number, number]> => {
    await new Promise((resolve) => setTimeout(resolve, 1))
    return [num, res * 2]
  })
  const expected = { 0: 2, 1: 4, 2: 6, 3: 8, 4: 10, 5: 12, 6: 14, 7: 16, 8: 18, 9: 20 }

  it('threads, then the loop, then one result', async () => {
    const resultProcessor = task(async (tasks: Promise<[number, number]>[]) => {
      const output: Record<number, number> = {}
      for (const task of tasks) {
        const [num, res] = await task
        output[num] = res
      }
      return output
    })
    const tasks = Array.from({ length: 10 }, (_, i) => nonAsyncFunction(i).then(resultContinuation))
    expect(await resultProcessor(tasks)).toEqual(expected)
  })

  it('the same with map: a few at a time, in a scope', async () => {
    const chain = (i: number) => nonAsyncFunction(i).then(resultContinuation)
    const pairs = await scope(() => map(Array(10).keys(), chain))
    expect(Object.fromEntries(pairs)).toEqual(expected)
  })
})

describe('Preserving typing', () => {
  it('parameters and results keep their types', async () => {
    const functionName = task((x: string) => `${x}a`)
    expectTypeOf(functionName).parameters.toEqualTypeOf<[x: string]>()
    expectTypeOf(functionName).returns.toEqualTypeOf<Promise<string>>()
    expectTypeOf(functionName.sync).returns.toEqualTypeOf<string>()
    expect(await functionName('b')).toBe('ba')
  })
})

describe('Custom Event Loops', () => {
  it("a main function runs on this thread's loop, or on that of a thread: Node brings the loops", async () => {
    const main = async () => process.getBuiltinModule('node:worker_threads').threadId
    const here = process.getBuiltinModule('node:worker_threads').threadId
    expect(await task(main)()).toBe(here)
    expect(await task(main, { on: 'thread' })()).not.toBe(here)
  })
})

describe('The examples folder: exceptions', () => {
  it('are thrown where the result is observed', async () => {
    const throwsException = task(
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 1))
        throw new RangeError('not implemented')
      },
      { on: 'thread' },
    )
    const future = throwsException()
    await expect(future).rejects.toThrow(RangeError)
    expect(() => throwsException.sync()).toThrow(RangeError)
    // As a child of a scope it is nobody's unhandled rejection, even if it fails while nobody looks.
    const seen = await scope(async (s) => {
      s.spawn(() => throwsException())
      await sleep(1)
    }).catch((error: unknown) => error)
    expect(seen).toBeInstanceOf(RangeError)
  })
})
