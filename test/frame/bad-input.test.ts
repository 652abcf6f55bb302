/** Bad input: each gives one clear error with a stable code, the same on every face and engine, and starts nothing. */
import { describe, expect, it } from 'vitest'
import { alloc, configure, matrix, sort, sum, topK } from '../../dist/index.js'
import type { AnyKernel } from '../support.js'

const f64 = new Float64Array([3, 1, 2])
const corpus = matrix(new Float32Array(12), 4, 3)
const query = new Float32Array(3)
const good = { k: 2, metric: 'dot' }

function detached(): Float64Array {
  const array = new Float64Array(8)
  structuredClone(array, { transfer: [array.buffer] })
  return array
}

const larger = new Float64Array(10)
type Row = [what: string, kernel: unknown, args: unknown[], code: string, message: string | RegExp]
const ROWS: Row[] = [
  ['no argument', sum, [], 'ARG_TYPE', /^Expected a Float64Array, .* for `x` but received undefined$/],
  ['a plain Array', sum, [[1, 2, 3]], 'ARG_TYPE', 'for `x` but received an array of 3'],
  ['a string', sort, ['abc'], 'ARG_TYPE', "but received 'abc'"],
  ['a DataView', sort, [new DataView(new ArrayBuffer(8))], 'ARG_TYPE', 'but received a DataView'],
  ['an ArrayBuffer', sum, [new ArrayBuffer(8)], 'ARG_TYPE', 'but received an instance of ArrayBuffer'],
  ['an array that cannot be sorted', sort, [new Uint8Array(3)], 'ARG_TYPE', 'but received Uint8Array(3)'],
  ['a detached array', sum, [detached()], 'DETACHED', 'for `x` but received one whose buffer was transferred'],
  ['a detached out', sort, [new Float64Array(0), { out: detached() }], 'DETACHED', '`out`'],
  ['options that are no object', sum, [f64, 3], 'ARG_TYPE', 'Expected an object for `options` but received 3'],
  ['an array as options', sum, [f64, f64], 'ARG_TYPE', '`options`'],
  ['an unknown option', sort, [f64, { decending: true }], 'OPTION', 'but received `decending`'],
  [
    'descending that is no boolean',
    sort,
    [f64, { descending: 'yes' }],
    'ARG_TYPE',
    "a boolean for `descending` but received 'yes'",
  ],
  ['out of another type', sort, [f64, { out: new Float32Array(3) }], 'ARG_TYPE', 'Expected a Float64Array for `out`'],
  [
    'out of another length',
    sort,
    [f64, { out: new Float64Array(4) }],
    'SHAPE',
    'Expected 3 elements for `out` but received 4',
  ],
  ['out that overlaps', sort, [larger.subarray(0, 6), { out: larger.subarray(3, 9) }], 'OVERLAP', 'that overlaps it'],
  [
    'NaN as k',
    topK,
    [query, corpus, { ...good, k: Number.NaN }],
    'ARG_VALUE',
    'a whole number from 1 to 4 for `k` but received NaN',
  ],
  ['negative k', topK, [query, corpus, { ...good, k: -1 }], 'ARG_VALUE', 'for `k` but received -1'],
  ['k of 1.5', topK, [query, corpus, { ...good, k: 1.5 }], 'ARG_VALUE', 'for `k` but received 1.5'],
  [
    'k above the rows',
    topK,
    [query, corpus, { ...good, k: 5 }],
    'ARG_VALUE',
    'a whole number from 1 to 4 for `k` but received 5',
  ],
  ['k as text', topK, [query, corpus, { ...good, k: '2' }], 'ARG_TYPE', "for `k` but received '2'"],
  ['no options', topK, [query, corpus], 'ARG_TYPE', '`k` but received undefined'],
  ['no metric', topK, [query, corpus, { k: 1 }], 'ARG_TYPE', '`metric` but received undefined'],
  [
    'an unknown metric',
    topK,
    [query, corpus, { k: 1, metric: 'manhattan' }],
    'ARG_VALUE',
    "one of 'cosine', 'dot', 'euclidean', 'sqeuclidean' for `metric`",
  ],
  ['zero rows', topK, [query, matrix(new Float32Array(0), 0, 3), good], 'SHAPE', 'at least one row'],
  [
    'zero columns',
    topK,
    [new Float32Array(0), matrix(new Float32Array(0), 3, 0), good],
    'SHAPE',
    'at least one row and one column',
  ],
  ['number[][]', topK, [query, [[1, 2, 3]], good], 'ARG_TYPE', 'matrix.from(rows)'],
  ['a plain array as corpus', topK, [query, f64, good], 'ARG_TYPE', 'a matrix'],
  ['mixed dtypes', topK, [new Float64Array(3), corpus, good], 'ARG_TYPE', 'f64 and f32'],
  ['mixed dtypes of matrices', topK, [matrix(new Float64Array(3), 1, 3), corpus, good], 'ARG_TYPE', '`queries.data`'],
  ['an integer matrix', topK, [query, { data: new Int32Array(12), shape: [4, 3] }, good], 'ARG_TYPE', '`corpus.data`'],
  [
    'a query of another length',
    topK,
    [new Float32Array(4), corpus, good],
    'SHAPE',
    '3 columns, as the corpus has, for `query` but received 4',
  ],
  [
    'a shape beyond the data',
    topK,
    [query, { data: new Float32Array(11), shape: [4, 3] }, good],
    'SHAPE',
    'within its 11 elements',
  ],
  [
    'strides that leave the buffer',
    topK,
    [query, { data: new Float32Array(12), shape: [4, 3], strides: [4, 1] }, good],
    'SHAPE',
    'a reach from 0 to 14',
  ],
  [
    'negative strides without offset',
    topK,
    [query, { data: new Float32Array(12), shape: [4, 3], strides: [-3, 1] }, good],
    'SHAPE',
    'a reach from -9 to 2',
  ],
  [
    'a negative shape',
    topK,
    [query, { data: new Float32Array(12), shape: [-4, 3] }, good],
    'ARG_VALUE',
    '`corpus.shape[0]`',
  ],
  [
    'a shape of three',
    topK,
    [query, { data: new Float32Array(12), shape: [2, 2, 3] }, good],
    'ARG_TYPE',
    '`corpus.shape`',
  ],
  [
    'an offset of NaN',
    topK,
    [query, { data: new Float32Array(12), shape: [4, 3], offset: Number.NaN }, good],
    'ARG_VALUE',
    '`corpus.offset`',
  ],
  [
    'more than 2^32 results',
    topK,
    [{ data: new Float32Array(3), shape: [2 ** 31, 3], strides: [0, 1] }, corpus, good],
    'SHAPE',
    'at most 4294967295 results',
  ],
  [
    'more than 2^32 rows',
    topK,
    [query, { data: new Float32Array(3), shape: [2 ** 33, 3], strides: [0, 1] }, good],
    'SHAPE',
    'at most 4294967295 rows',
  ],
]

async function errorOf(run: () => unknown): Promise<Error & { code?: string }> {
  try {
    await run()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

describe('bad input', () => {
  it.each(ROWS)('%s', async (_what, kernel, args, code, message) => {
    const faces = kernel as AnyKernel
    let promise: Promise<unknown> | undefined
    const errors = [
      // An asynchronous face never throws: it rejects.
      await errorOf(() => {
        expect(() => {
          promise = faces(...args)
        }).not.toThrow()
        return promise
      }),
      await errorOf(() => faces.sync(...args)),
      await errorOf(() => faces.js(...args)),
    ]
    for (const error of errors) {
      expect(error.code).toBe(`ERR_OFFLOOP_${code}`)
      expect(error).toBeInstanceOf(
        ['ARG_TYPE', 'DETACHED', 'OPTION', 'RESIZABLE'].includes(code) ? TypeError : RangeError,
      )
      expect(error.message).toMatch(message)
      expect(error.message).toMatch(/^Expected .+ but /)
    }
  })

  it.each([0, -1, 1.5, 1e9, Number.NaN, Number.POSITIVE_INFINITY, 'x', null, {}])('threads: %j', async (threads) => {
    const code = typeof threads === 'number' ? 'ERR_OFFLOOP_ARG_VALUE' : 'ERR_OFFLOOP_ARG_TYPE'
    expect((await errorOf(() => sum(f64, { threads: threads as number }))).code).toBe(code)
    expect((await errorOf(() => sum.sync(f64, { threads: threads as number }))).code).toBe(code)
    expect((await errorOf(() => configure({ threads: threads as number }))).code).toBe(code)
  })

  it('a signal, a callback or a timeout of the wrong kind', async () => {
    expect((await errorOf(() => sum(f64, { signal: 'stop' as unknown as AbortSignal }))).message).toContain(
      'an AbortSignal for `signal`',
    )
    expect((await errorOf(() => sum(f64, { onProgress: 1 as unknown as () => void }))).message).toContain(
      'a function for `onProgress`',
    )
    for (const timeout of [0, -5, Number.NaN]) {
      expect((await errorOf(() => sum.sync(f64, { timeout }))).code).toBe('ERR_OFFLOOP_ARG_VALUE')
    }
    expect((await errorOf(() => sum.sync(f64, { timeout: '5' as unknown as number }))).code).toBe(
      'ERR_OFFLOOP_ARG_TYPE',
    )
    expect((await errorOf(() => sum.sync(f64, { signal: AbortSignal.abort() } as object))).code).toBe(
      'ERR_OFFLOOP_OPTION',
    )
    expect(sum.sync(f64, { timeout: Number.POSITIVE_INFINITY })).toBe(6)
  })

  it('a resizable buffer on an asynchronous call, though not on a blocking one', async () => {
    const Resizable = ArrayBuffer as unknown as new (length: number, options: { maxByteLength: number }) => ArrayBuffer
    const array = new Float64Array(new Resizable(800, { maxByteLength: 1600 }))
    array[0] = 5
    expect((await errorOf(() => sum(array))).code).toBe('ERR_OFFLOOP_RESIZABLE')
    expect(
      (await errorOf(() => sort(f64, { out: new Float64Array(new Resizable(24, { maxByteLength: 48 })) }))).code,
    ).toBe('ERR_OFFLOOP_RESIZABLE')
    expect(sum.sync(array)).toBe(5)
    expect(sum.js(array)).toBe(5)
  })

  it('an allocation that cannot be had', async () => {
    const error = await errorOf(() => alloc(Float32Array, 2 ** 48))
    expect(error.message).toBe(`Expected memory for Float32Array(${2 ** 48}) but the system refused it`)
    expect((await errorOf(() => alloc(Float64Array, 2 ** 50))).code).toBe('ERR_OFFLOOP_NO_MEMORY')
  })

  it('matrix() and alloc()', async () => {
    const cases: [() => unknown, string][] = [
      [() => matrix([1, 2] as unknown as Float64Array, 1, 2), 'ARG_TYPE'],
      [() => matrix(f64, 2, 2), 'SHAPE'],
      [() => matrix(f64, -1, 2), 'ARG_VALUE'],
      [() => matrix(f64, 1.5, 2), 'ARG_VALUE'],
      [() => matrix(f64, '1' as unknown as number, 2), 'ARG_TYPE'],
      [() => matrix.from([[1, 2], [3]]), 'SHAPE'],
      [() => matrix.from([[1, 'x' as unknown as number]]), 'ARG_TYPE'],
      [() => matrix.from([1, 2] as unknown as number[][]), 'ARG_TYPE'],
      [() => matrix.from('ab' as unknown as number[][]), 'ARG_TYPE'],
      [() => matrix.from([[1]], 'f16' as 'f32'), 'ARG_VALUE'],
      [() => alloc(Array as unknown as Float64ArrayConstructor, 3), 'ARG_TYPE'],
      [() => alloc(Float64Array, -3), 'ARG_VALUE'],
      [() => alloc(Float64Array, 'x' as unknown as number), 'ARG_TYPE'],
      [() => configure({ thread: 3 } as object), 'OPTION'],
      [() => configure({ guard: 1 as unknown as boolean }), 'ARG_TYPE'],
    ]
    for (const [run, code] of cases) expect((await errorOf(run)).code, String(run)).toBe(`ERR_OFFLOOP_${code}`)
    expect(
      matrix.from(
        [
          [1, 2],
          [3, 4],
        ],
        'f32',
      ),
    ).toEqual(matrix(new Float32Array([1, 2, 3, 4]), 2, 2))
    expect(alloc(Int32Array, 4).buffer).toBeInstanceOf(SharedArrayBuffer)
  })

  it('leaves nothing changed', async () => {
    expect([...f64]).toEqual([3, 1, 2])
    expect(await sum(f64)).toBe(6)
  })
})

describe('a guarded buffer', () => {
  it('cannot be transferred, in flight or later', async () => {
    const x = new Float64Array(100_000).fill(2)
    configure({ guard: true })
    const call = sum(x)
    configure({ guard: false })
    // Node 20 copies what it may not transfer, newer ones throw.
    try {
      structuredClone(x, { transfer: [x.buffer] })
    } catch (error) {
      expect((error as Error).name).toBe('DataCloneError')
    }
    expect(x.length).toBe(100_000)
    expect(await call).toBe(200_000)
  })
})

describe('what may look bad and is not', () => {
  it('arrays of another realm, of length 0, and on one buffer side by side', async () => {
    const { runInNewContext } = await import('node:vm')
    const foreign = runInNewContext('new Float64Array([2, 1])') as Float64Array
    expect(await sum(foreign)).toBe(3)
    expect([...(await sort(foreign))]).toEqual([1, 2])
    expect(await sum(new Float64Array(0))).toBe(0)
    expect(sum.sync(new BigInt64Array(0))).toBe(0n)
    expect(await sort(new Float32Array(0))).toEqual(new Float32Array(0))
    const both = new Float64Array([2, 1, 0, 0])
    await sort(both.subarray(0, 2), { out: both.subarray(2, 4) })
    expect([...both]).toEqual([2, 1, 1, 2])
    expect(await sort(both, { out: both })).toBe(both)
  })

  it('an ndarray as scijs and stdlib make them', async () => {
    const scijs = { data: new Float32Array([0, 1, 2, 3, 4, 5]), shape: [3, 2], stride: [2, 1], offset: 0 }
    const reversed = { data: scijs.data, shape: [3, 2], strides: [-2, 1], offset: 4 }
    const one = new Float32Array([1, 1])
    const options = { k: 3, metric: 'dot' } as const
    expect([...(await topK(one, scijs, options)).indices]).toEqual([2, 1, 0])
    expect([...(await topK(one, reversed, options)).indices]).toEqual([0, 1, 2])
  })
})
