/** Errors come back as they were thrown; a death of a worker is one clear error, and the pool goes on. */
import { afterEach, describe, expect, it } from 'vitest'
import { task } from '../../dist/landscape/index.js'
import { runScript } from '../frame/child.js'

const WORK = new URL('./fixtures/work.mjs', import.meta.url)
const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it should have failed'),
    (error) => error,
  )

/** A task of the test, whose code runs elsewhere: what it uses is there. */
const places = ['thread', 'process'] as const

afterEach(async () => {
  // Whatever has just gone wrong, the pools go on.
  for (const on of places) expect(await task((a: number, b: number) => a * b, { on })(6, 7)).toBe(42)
})

describe.each(places)('an error thrown on a %s', (on) => {
  it('has its class, message, name, cause and fields', async () => {
    const error = await caught(task<(m: string) => never>(WORK, 'throwOdd', { on })('oh'))
    expect(error).toBeInstanceOf(RangeError)
    expect(error).toMatchObject({ name: 'Odd', message: 'oh', field: { deep: [1, 2] } })
    expect(error.cause).toBeInstanceOf(TypeError)
    expect(error.cause.message).toBe('the reason')
  })

  it('has a stack of both sides', async () => {
    async function theCaller() {
      return await task<(m: string) => never>(WORK, 'throwOdd', { on, name: 'strange' })('oh')
    }
    const { stack } = await caught(theCaller())
    expect(stack).toMatch(/at throwOdd .*work\.mjs:\d+/)
    expect(stack).toMatch(new RegExp(`at strange \\[task on a ${on}\\]`))
    expect(stack).toMatch(/at theCaller .*task-errors\.test\.ts/)
    expect(stack.indexOf('work.mjs')).toBeLessThan(stack.indexOf('theCaller'))
  })

  it('tells where in a shipped function it was thrown', async () => {
    const f = task(
      function broken() {
        throw new Error('here')
      },
      { on },
    )
    expect((await caught(f())).stack).toMatch(/at broken \(file:.*#broken:\d+/)
    expect(() => f.sync()).toThrow('here')
  })

  it('is the same object of the language: AggregateError, DOMException, codes of offloop', async () => {
    const several = await caught(
      task(
        () => {
          throw new AggregateError([new TypeError('a'), 'b'], 'two')
        },
        { on },
      )(),
    )
    expect(several).toBeInstanceOf(AggregateError)
    expect(several.errors[0]).toBeInstanceOf(TypeError)
    expect(several.errors[1]).toBe('b')
    const aborted = await caught(
      task(
        () => {
          throw new DOMException('stop', 'AbortError')
        },
        { on },
      )(),
    )
    expect(aborted).toBeInstanceOf(DOMException)
    expect(aborted.name).toBe('AbortError')
    const kernel = await caught(task(WORK, 'badKernel', { on })())
    expect(kernel).toBeInstanceOf(TypeError)
    expect(kernel.code).toBe('ERR_OFFLOOP_ARG_TYPE')
  })

  it('may be anything but an Error', async () => {
    const f = task<(value: unknown) => never>(WORK, 'throws', { on })
    for (const value of ['text', 0, undefined, null, { code: 7 }, [1]]) expect(await caught(f(value))).toEqual(value)
    const error = await caught(
      task(
        () => {
          throw () => 1
        },
        { on },
      )(),
    )
    expect(error).toMatchObject({ code: 'ERR_OFFLOOP_TASK_CLONE', message: expect.stringContaining('was thrown') })
  })

  it('leaves out fields that do not travel', async () => {
    const f = task(
      () => {
        throw Object.assign(new Error('x'), { keep: 1, drop: () => 1 })
      },
      { on },
    )
    const error = await caught(f())
    expect(error).toMatchObject({ message: 'x', keep: 1 })
    expect('drop' in error).toBe(false)
  })
})

describe.each(places)('what cannot be copied to or from a %s', (on) => {
  const clone = (message: RegExp) =>
    expect.objectContaining({ code: 'ERR_OFFLOOP_TASK_CLONE', message: expect.stringMatching(message) })

  it('is an argument, named', async () => {
    const f = task((..._: unknown[]) => 1, { on })
    await expect(f(1, () => 2)).rejects.toEqual(clone(/`arguments\[1\]` but received a function/))
    await expect(f({ list: [1, { on: Symbol('x') }] })).rejects.toEqual(clone(/`arguments\[0\]\.list\[1\]\.on`/))
    expect(() => f.sync(new WeakMap())).toThrow(clone(/arguments\[0\]/))
  })

  it('is a constant, named', async () => {
    await expect(task({ f: () => 1 }, (c) => c, { on })()).rejects.toEqual(clone(/`constants\.f`/))
  })

  it('is a result, named', async () => {
    const f = task(() => ({ ok: 1, handler: () => 2 }), { on, name: 'gives' })
    await expect(f()).rejects.toEqual(clone(/`the result of gives\.handler` but received function handler/))
    await expect(task(() => new WeakSet(), { on })()).rejects.toEqual(clone(/WeakSet/))
  })
})

describe('a worker that dies', () => {
  const lost = (message: RegExp) =>
    expect.objectContaining({ code: 'ERR_OFFLOOP_TASK_WORKER', message: expect.stringMatching(message) })

  it('by SIGKILL, is named', async () => {
    const f = task(() => process.kill(process.pid, 'SIGKILL'), { on: 'process', name: 'kills' })
    await expect(f()).rejects.toEqual(lost(/`kills` .* killed by SIGKILL/))
  })

  it.each(places)('by process.exit() in a task on a %s, is named', async (on) => {
    const f = task(() => process.exit(3), { on, name: 'exits' })
    await expect(f()).rejects.toEqual(lost(/`exits` .* exited with code 3/))
    expect(() => f.sync()).toThrow(lost(/exited with code 3/))
  })

  it.each(places)('by an error that nothing caught on a %s, is named', async (on) => {
    const f = task(
      () => {
        setTimeout(() => {
          throw new Error('nobody')
        }, 1)
        return new Promise(() => {})
      },
      { on },
    )
    await expect(f()).rejects.toEqual(lost(on === 'thread' ? /nothing caught \(nobody\)/ : /exited with code 1/))
  })

  it('leaves its siblings unharmed', async () => {
    const slow = task((ms: number) => new Promise((resolve) => setTimeout(resolve, ms, 'done')))
    const exit = task(() => process.exit(1))
    const sibling = slow(150)
    await expect(exit()).rejects.toEqual(lost(/exited with code 1/))
    expect(await sibling).toBe('done')
  })

  // Node 24's own worker threads end the process then: `new Worker('for (a = [];;) a.push(Array(1000).fill(0))', { eval: true })`.
  it.skipIf(Number.parseInt(process.versions.node, 10) >= 24)('by running out of memory, is named', async () => {
    const script = `
      import { task } from 'DIST/landscape/index.js'
      const hoard = task(() => { const all = []; for (;;) all.push(new Array(1000).fill(all.length)) }, { name: 'hoard' })
      await hoard().catch((error) => console.log(error.code, error.message))
      console.log(await task((x) => x + 1)(1))
    `
    const { code, stdout, stderr } = await runScript(script, ['--max-old-space-size=48'])
    expect({ code, stderr }, stderr).toMatchObject({ code: 0 })
    expect(stdout).toMatch(/ERR_OFFLOOP_TASK_WORKER .*`hoard` .*ran out of memory\n2\n/)
  })
})

describe('a module', () => {
  it('that is not there, or has no such function, rejects', async () => {
    await expect(task(new URL('./fixtures/none.mjs', import.meta.url), 'x')()).rejects.toMatchObject({
      code: 'ERR_MODULE_NOT_FOUND',
    })
    await expect(task(WORK, 'nothing')()).rejects.toMatchObject({ code: 'ERR_OFFLOOP_ARG_TYPE' })
  })
})
