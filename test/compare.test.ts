/** compare(): structure, agreement, budget, abort. Nothing here asserts on speed or on clocks. */
import { describe, expect, it } from 'vitest'
import { type Comparison, compare, compareSizes, formatComparison, formatSizes } from '../dist/compare/index.js'
import { info, sort, sum } from '../dist/index.js'
import { type Callable, definitionOf, differenceOf, measure } from '../dist/internal.js'

const QUICK = { budgetMs: 200, size: 20_000 }
const threads = info().engine === 'native' ? [1, 2, 2, 1] : [1]

/** `sum` with another result from native code. */
function wrongSum(native: (right: number) => unknown): Callable {
  const face = async (x: Float64Array) => native(await sum(x))
  const symbol = Object.getOwnPropertySymbols(sum)[0]!
  return Object.assign(face, { sync: sum.sync, js: sum.js, [symbol]: definitionOf(sum) }) as unknown as Callable
}

describe('compare', () => {
  it('reports every face once, with times, rates and loop delay', async () => {
    const fractions: number[] = []
    const result = await compare(sum, undefined, { ...QUICK, threads, onProgress: (one) => fractions.push(one) })
    const native = info().engine === 'native'
    expect(result.rows.map((row) => [row.face, row.threads])).toEqual(
      native ? [['twin', 1], ['native', 1], ['native', 2]] : [['twin', 1], ['js worker', 1]], // biome-ignore format: a table
    )
    for (const row of result.rows) {
      expect(row.q1Ms).toBeGreaterThan(0)
      expect(row.medianMs).toBeGreaterThanOrEqual(row.q1Ms)
      expect(row.q3Ms).toBeGreaterThanOrEqual(row.medianMs)
      expect(row.speedup).toBeGreaterThan(0)
      expect(row.gbPerSecond).toBeGreaterThan(0)
      expect(row.runs).toBeGreaterThan(0)
      expect(row.loopP99Ms).toBeGreaterThanOrEqual(0)
      expect(row.loopMaxMs).toBeGreaterThanOrEqual(row.loopP99Ms)
    }
    expect(result.rows[0]!.speedup).toBe(1)
    expect(result.agreement).toEqual({ promised: 'exact', measured: 'same bits', ok: true })
    expect(result).toMatchObject({ name: 'sum', dtype: 'f64', size: 20_000, engine: info().engine, partial: false })
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b))
    expect(fractions.at(-1)).toBe(1)
  })

  it('is frozen, plain as JSON, and a table as a string', async () => {
    const result = await compare(sum, undefined, QUICK)
    for (const part of [result, result.rows, result.rows[0], result.agreement]) expect(Object.isFrozen(part)).toBe(true)
    expect(JSON.parse(JSON.stringify(result))).toEqual({ ...result })
    expect(String(result)).toBe(formatComparison(result))
    expect(String(result)).toContain('sum f64, 20,000 elements: same bits')
    for (const line of String(result).split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    expect(String(result)).not.toContain('\x1b')
    expect(formatComparison(result, { color: true })).toContain('\x1b')
  })

  it('takes arguments, options last, and leaves inputs as they were', async () => {
    const x = Float32Array.of(3, -0, 0, Number.NaN, -1)
    const result = await compare(sort as unknown as Callable, [x, { descending: true }], { budgetMs: 100 })
    expect(result).toMatchObject({ dtype: 'f32', size: 5 })
    expect([...x]).toEqual([3, -0, 0, Number.NaN, -1])
  })

  it('restores what a call in place has overwritten, and compares what each face wrote', async () => {
    const x = Float64Array.from({ length: 3000 }, (_, i) => (i * 7919) % 3001)
    const bad = Object.assign(async (array: Float64Array) => array.fill(7), {
      sync: sort.sync,
      js: sort.js,
      [Object.getOwnPropertySymbols(sort)[0]!]: definitionOf(sort),
    }) as unknown as Callable
    const { agreement } = await compare(bad, [x, { out: x }], { budgetMs: 100 })
    expect(agreement.ok).toBe(false)
    expect(agreement.measured).toMatchObject({ entries: 3000, differing: 2999 })
  })

  it('catches a wrong result and says by how many ULP', async () => {
    const up = (right: number) => right + 3 * 2 ** (Math.floor(Math.log2(Math.abs(right))) - 52)
    const { agreement } = await compare(wrongSum(up), [Float64Array.of(0.5, 0.25, 0.3)], { budgetMs: 50 })
    expect(agreement).toEqual({ promised: 'exact', measured: { ulp: 3, differing: 1, entries: 1 }, ok: false })
    const text = String(await compare(wrongSum(up), [Float64Array.of(1.5)], { budgetMs: 50 }))
    expect(text).toContain('WRONG, 1 of 1 entry differs, by up to 3 ULP')
  })

  it('catches NaN, another type, and minus zero', async () => {
    const measured = async (native: (right: number) => unknown) =>
      (await compare(wrongSum(native), [Float64Array.of(0)], { budgetMs: 50 })).agreement
    expect(await measured(() => Number.NaN)).toMatchObject({ measured: { ulp: Infinity }, ok: false })
    expect(await measured(() => 0n)).toMatchObject({
      measured: { structure: expect.stringContaining('bigint') },
      ok: false,
    })
    expect(await measured(() => -0)).toMatchObject({ measured: { ulp: 1, differing: 1 }, ok: false })
  })

  it('resolves with what there is when the signal aborts', async () => {
    const controller = new AbortController()
    const onProgress = (fraction: number) => fraction > 0.3 && controller.abort()
    const options = { size: 20_000, budgetMs: 1000, signal: controller.signal, onProgress }
    const result = await compare(sum, undefined, options as typeof options & { onProgress(fraction: number): void })
    expect(result.partial).toBe(true)
    expect(result.rows.length).toBeGreaterThan(0)
    expect(String(result)).toContain('stopped early')
    const none: Comparison = await compare(sum, undefined, { signal: AbortSignal.abort() })
    expect(none).toMatchObject({ partial: true, rows: [], agreement: { measured: undefined, ok: false } })
  })

  it('runs each face once if that takes more than the budget', async () => {
    const { rows, rounds } = await compare(sort as unknown as Callable, undefined, { size: 50_000, budgetMs: 0.001 })
    expect(rounds).toBe(1)
    expect(rows.map((row) => row.runs)).toEqual(rows.map(() => 1))
  })

  it('refuses bad arguments with coded errors', async () => {
    const bad = (options: object) => compare(sum, undefined, options)
    await expect(compare(Math.max as never)).rejects.toMatchObject({ code: 'ERR_OFFLOOP_ARG_TYPE' })
    await expect(compare(sum, [[1, 2]])).rejects.toMatchObject({ code: 'ERR_OFFLOOP_ARG_TYPE' })
    await expect(compare(sum, new Float64Array(3) as never)).rejects.toMatchObject({ code: 'ERR_OFFLOOP_ARG_TYPE' })
    for (const size of [0, -1, 1.5, Number.NaN]) {
      await expect(bad({ size })).rejects.toMatchObject({ code: 'ERR_OFFLOOP_ARG_VALUE' })
    }
    await expect(bad({ size: 1e14 })).rejects.toMatchObject({ code: 'ERR_OFFLOOP_NO_MEMORY' })
    await expect(bad({ threads: [] })).rejects.toMatchObject({ code: 'ERR_OFFLOOP_ARG_VALUE' })
    await expect(bad({ threads: [0] })).rejects.toMatchObject({ code: 'ERR_OFFLOOP_ARG_VALUE' })
    await expect(bad({ dtype: 'f65' })).rejects.toMatchObject({ code: 'ERR_OFFLOOP_ARG_VALUE' })
    await expect(bad({ budgetMs: Number.NaN })).rejects.toMatchObject({ code: 'ERR_OFFLOOP_ARG_VALUE' })
    await expect(bad({ sise: 1 })).rejects.toMatchObject({ code: 'ERR_OFFLOOP_OPTION' })
    const thrown = new Error('mine')
    const onProgress = () => {
      throw thrown
    }
    await expect(bad({ ...QUICK, onProgress })).rejects.toBe(thrown)
  })
})

describe('compareSizes', () => {
  it('has a row for each size, the estimate beside the time', async () => {
    const result = await compareSizes(sum, { sizes: [1, 1000, 30_000], budgetMs: 300 })
    expect(result.rows.map((row) => row.size)).toEqual([1, 1000, 30_000])
    for (const row of result.rows) expect(row.estimateRatio).toBeCloseTo(row.estimateMs / row.syncOneMs, 9)
    expect(result.rows[0]!.runsTwin).toBe(info().engine === 'js')
    expect(String(result)).toBe(formatSizes(result))
    for (const line of String(result).split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })
})

describe('differenceOf', () => {
  it('sees through matrices and results with several parts', () => {
    const result = (scores: number[]) => ({
      indices: Uint32Array.of(1, 2, 3),
      scores: { data: Float32Array.from(scores), shape: [1, 3], strides: [3, 1], offset: 0 },
    })
    expect(differenceOf(result([1, Number.NaN, 3]), result([1, Number.NaN, 3]))).toBe('same bits')
    const next = Math.fround(3 + 2 ** -22)
    expect(differenceOf(result([1, 2, 3]), result([1, 2, next]))).toEqual({ ulp: 1, differing: 1, entries: 11 })
    expect(differenceOf([1n, 2n], [1n, 3n])).toEqual({ ulp: 0, differing: 1, entries: 2 })
    expect(differenceOf(Uint8Array.of(1, 2), Uint8Array.of(2, 1))).toEqual({ ulp: 0, differing: 2, entries: 2 })
    expect(differenceOf(Uint8Array.of(1), Uint8Array.of(1, 2))).toMatchObject({ structure: expect.any(String) })
  })

  it('counts ULP across zero, exponents and extremes', () => {
    expect(differenceOf(-0, 0)).toMatchObject({ ulp: 1 })
    expect(differenceOf(-Number.MIN_VALUE, Number.MIN_VALUE)).toMatchObject({ ulp: 3 })
    expect(differenceOf(1, 1 - 2 ** -53)).toMatchObject({ ulp: 1 })
    expect(differenceOf(Number.MAX_VALUE, Infinity)).toMatchObject({ ulp: 1 })
  })
})

describe('measure', () => {
  it('gives every face a turn in every round, and rejects with what a face throws', async () => {
    const calls: string[] = []
    const face = (label: string) => ({ label, threads: 1, run: () => void calls.push(label), reset() {} })
    const faces = [face('a'), face('b')]
    const { series } = await measure(faces, { budgetMs: 60, watchLoop: false })
    expect(series[0]!.turns.length).toBe(series[1]!.turns.length)
    expect(calls.filter((one, i) => one !== calls[i - 1]).slice(0, 4)).toEqual(['a', 'b', 'a', 'b'])
    const failing = [{ label: 'x', threads: 1, run: () => Promise.reject(new Error('no')) }]
    await expect(measure(failing, { budgetMs: 60, watchLoop: true })).rejects.toThrow('no')
  })
})
