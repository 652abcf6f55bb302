/** compare() of tasks: structure, agreement, abort. Nothing here asserts on speed or on clocks. */
import { describe, expect, expectTypeOf, it } from 'vitest'
import { type Comparison, compare, formatTask, type TaskComparison, type TaskLike } from '../dist/compare/index.js'
import { sum } from '../dist/index.js'
import { isTask } from '../dist/internal.js'
import { task } from '../dist/landscape/index.js'

const QUICK = { budgetMs: 200 }

function squares(n: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => i * i)
}

/** What has a task's faces. */
function faces<P extends readonly unknown[]>(
  name: string,
  { js, run = async (...args) => js(...args), sync = js }: { js: Face<P>; run?: Face<P>; sync?: Face<P> },
): TaskLike<P> {
  const call = async (...args: P) => run(...args)
  const own = Object.assign(call, { js, sync, with: () => call })
  return Object.defineProperty(own, 'name', { value: name })
}
type Face<P extends readonly unknown[]> = (...args: P) => unknown

describe('compare of a task', () => {
  it.each(['thread', 'process'] as const)('on a %s reports every face once, with times and loop delay', async (on) => {
    const fractions: number[] = []
    const onProgress = (one: number) => void fractions.push(one)
    const result = await compare(task(squares, { on, name: 'squares' }), [1000], { ...QUICK, onProgress })
    expect(result.rows.map(({ face }) => face)).toEqual(['js', on, 'sync'])
    for (const row of result.rows) {
      expect(row.q1Ms).toBeGreaterThan(0)
      expect(row.q3Ms).toBeGreaterThanOrEqual(row.medianMs)
      expect(row.speedup).toBeGreaterThan(0)
      expect(row.runs).toBeGreaterThan(0)
      expect(row.loopMaxMs).toBeGreaterThanOrEqual(row.loopP99Ms)
    }
    expect(result).toMatchObject({ name: 'squares', partial: false, agreement: { measured: 'same bits', ok: true } })
    expect(result.rows[0]!.speedup).toBe(1)
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b))
    expect(fractions.at(-1)).toBe(1)
  })

  it('leaves .sync out where it would deadlock', async () => {
    const later = task(async (n: number) => n + 1, { name: 'later' })
    const { rows, agreement } = await compare(later, [1], QUICK)
    expect(rows.map(({ face }) => face)).toEqual(['js', 'loop'])
    expect(agreement).toEqual({ measured: 'same bits', ok: true })
  })

  it('is frozen, plain as JSON, and a table as a string', async () => {
    const result = await compare(faces('three', { js: () => 3 }), [], QUICK)
    for (const part of [result, result.rows, result.rows[0], result.agreement]) expect(Object.isFrozen(part)).toBe(true)
    expect(JSON.parse(JSON.stringify(result))).toEqual({ ...result })
    expect(String(result)).toBe(formatTask(result))
    expect(String(result)).toContain('task three: same result')
    for (const line of String(result).split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    expect(formatTask(result, { color: true })).toContain('\x1b')
  })

  it('catches results that differ, numbers or not', async () => {
    const differing = async (js: unknown, other: unknown) =>
      (await compare(faces('x', { js: () => js, run: () => other }), [], { budgetMs: 20 })).agreement
    expect(await differing(1, 1 + 2 ** -52)).toMatchObject({ measured: { ulp: 1, differing: 1 }, ok: false })
    expect(await differing('a', 'b')).toMatchObject({ measured: { differing: 1 }, ok: false })
    expect(await differing(new Map([[1, 2]]), new Map([[1, 3]]))).toMatchObject({ ok: false })
    expect(await differing({ a: [new Date(1)] }, { a: [new Date(2)] })).toMatchObject({ ok: false })
    expect(await differing(new Map([[1, 2]]), new Map([[1, 2]]))).toEqual({ measured: 'same bits', ok: true })
    const text = String(await compare(faces('x', { js: () => 1, sync: () => 2 }), [], { budgetMs: 20 }))
    expect(text).toContain('1 of 1 entry differs')
  })

  it('rejects with what the task throws, and resolves with what there is on abort', async () => {
    const error = new Error('mine')
    const throws = () => {
      throw error
    }
    await expect(compare(faces('x', { js: throws }), [], QUICK)).rejects.toBe(error)
    await expect(compare(faces('x', { js: () => 1, run: throws }), [], QUICK)).rejects.toBe(error)
    const controller = new AbortController()
    const onProgress = (fraction: number) => fraction > 0.3 && controller.abort()
    const options = { budgetMs: 1000, signal: controller.signal, onProgress: (one: number) => void onProgress(one) }
    const result = await compare(faces('x', { js: () => 1 }), [], options)
    expect(result.partial).toBe(true)
    expect(String(result)).toContain('stopped early')
    const none = await compare(faces('x', { js: () => 1 }), [], { signal: AbortSignal.abort() })
    expect(none).toMatchObject({ partial: true, rows: [], agreement: { measured: undefined, ok: false } })
  })

  it('refuses bad arguments with coded errors', async () => {
    const one = faces('x', { js: () => 1 })
    await expect(compare(one, 3 as never)).rejects.toMatchObject({ code: 'ERR_OFFLOOP_ARG_TYPE' })
    await expect(compare(one, [], { budgetMs: 0 })).rejects.toMatchObject({ code: 'ERR_OFFLOOP_ARG_VALUE' })
    await expect(compare(one, [], { size: 3 } as never)).rejects.toMatchObject({ code: 'ERR_OFFLOOP_OPTION' })
    await expect(compare((() => 1) as never)).rejects.toMatchObject({ code: 'ERR_OFFLOOP_ARG_TYPE' })
    expect([isTask(one), isTask(sum), isTask(() => 1), isTask(undefined)]).toEqual([true, false, false, false])
  })

  it('has types: a task’s arguments, and each kind its own result', () => {
    const add = (a: number, b: number) => a + b
    const typed = () => [compare(task(add), [1, 2]), compare(sum, [new Float64Array(3)])] as const
    expectTypeOf(typed).returns.toEqualTypeOf<readonly [Promise<TaskComparison>, Promise<Comparison>]>()
    // @ts-expect-error: one argument is missing
    void (() => compare(task(add), [1]))
  })
})
