/** Matrix products: the accuracy law against exact sums, shapes of every kind, strides, alpha and beta, bytes, errors. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { cdist, corrcoef, cov, gram, type MatrixLike, matmul, matrix, matvec, transpose } from '../../dist/index.js'
import { bits, random, seeded } from '../support.js'

type Floats = Float64Array | Float32Array
const EPS = { Float64Array: 2 ** -52, Float32Array: 2 ** -23 }

/** Σ a·b with an error far below f64's: products cut in halves (Dekker, 1971), sums with their errors (Knuth). */
function exactDot(a: readonly number[], b: readonly number[]): { sum: number; size: number } {
  let [high, low, size] = [0, 0, 0]
  const add = (value: number) => {
    const next = high + value
    const part = next - high
    low += high - (next - part) + (value - part)
    high = next
  }
  a.forEach((x, i) => {
    const y = b[i]!
    const product = x * y
    const [xh, yh] = [x, y].map((v) => {
      const big = 134217729 * v
      return big - (big - v)
    }) as [number, number]
    add(product)
    add((x - xh) * (y - yh) - (product - xh * yh - (x - xh) * yh - xh * (y - yh)))
    size += Math.abs(product)
  })
  return { sum: high + low, size }
}

/** All three, with the types of the first. */
const faces = <F extends { sync: unknown; js: unknown }>(kernel: F): F[] => [kernel, kernel.sync as F, kernel.js as F]

const at = ({ data, strides, shape, offset = 0 }: MatrixLike<ArrayLike<number>>, i: number, j: number) =>
  data[offset + i * (strides?.[0] ?? shape[1]!) + j * (strides?.[1] ?? 1)]!
const row = (m: MatrixLike<ArrayLike<number>>, i: number) => Array.from({ length: m.shape[1]! }, (_, j) => at(m, i, j))
const column = (m: MatrixLike<ArrayLike<number>>, j: number) =>
  Array.from({ length: m.shape[0]! }, (_, i) => at(m, i, j))

/** Entries of `c` (all, or some of many) within 3 · k · eps · |A||B| of the real product. */
function checkAccuracy(a: MatrixLike<Floats>, b: MatrixLike<Floats>, c: MatrixLike<Floats>, next: () => number): void {
  const [m, n] = [a.shape[0]!, b.shape[1]!]
  const eps = EPS[a.data.constructor.name as keyof typeof EPS]
  expect(c.shape).toEqual([m, n])
  let worst = 0
  for (let t = 0; t < Math.min(m * n, 50); t++) {
    const pick = m * n <= 50 ? t : Math.floor(next() * m * n)
    const [i, j] = [Math.floor(pick / n), pick % n]
    const { sum, size } = exactDot(row(a, i), column(b, j))
    worst = Math.max(worst, Math.abs(at(c, i, j) - sum) / (a.shape[1]! * eps * size))
  }
  expect(worst).toBeLessThanOrEqual(3)
}

function sample(Kind: typeof Float64Array | typeof Float32Array, rows: number, cols: number, next: () => number) {
  const data = new Kind(rows * cols)
  for (let i = 0; i < data.length; i++) data[i] = (next() - 0.5) * 2 ** Math.floor(next() * 20 - 10)
  return matrix(data as unknown as Float64Array, rows, cols)
}

/** The same numbers behind other strides: of columns, backwards, with gaps. */
function views(m: MatrixLike<Float64Array>): MatrixLike<Float64Array>[] {
  const [rows, cols] = m.shape as [number, number]
  const Kind = m.data.constructor as new (n: number) => Float64Array
  const fill = (strides: [number, number], offset: number, length: number) => {
    const data = new Kind(length).fill(7)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < cols; j++) data[offset + i * strides[0] + j * strides[1]] = at(m, i, j)
    return { data, shape: [rows, cols], strides, offset }
  }
  const size = rows * cols
  return [
    fill([1, rows], 3, size + 3),
    fill([cols + 5, 1], 2, rows * (cols + 5) + 2),
    fill([-cols, -1], size - 1, size),
    fill([2, 2 * rows + 1], 0, cols * (2 * rows + 1) + 2 * rows),
  ]
}

describe.each([Float64Array, Float32Array])('matmul of %o', (Kind) => {
  it('is within 3 · k · eps · |A||B| of the real product, on every face', async () => {
    const next = random(1)
    for (const [m, n, k] of [
      [1, 1, 1],
      [1, 7, 300],
      [5, 3, 2],
      [6, 32, 64],
      [7, 33, 65],
      [13, 100, 257],
      [64, 64, 64],
      [97, 61, 600],
      [2, 300, 1030],
      [300, 2, 40],
    ] as const) {
      const a = sample(Kind, m, k, next)
      const b = sample(Kind, k, n, next)
      checkAccuracy(a, b, await matmul(a, b), next)
      checkAccuracy(a, b, matmul.sync(a, b), next)
      checkAccuracy(a, b, matmul.js(a, b), next)
    }
  })

  it('is so in several passes, tiles and slabs, with the same bits on any threads', async () => {
    const next = random(2)
    for (const [m, n, k] of [
      [190, 170, 700],
      [13, 4200, 30],
      [4200, 11, 30],
    ] as const) {
      const [a, b] = [sample(Kind, m, k, next), sample(Kind, k, n, next)]
      const c = await matmul(a, b, { threads: 1 })
      checkAccuracy(a, b, c, next)
      for (const threads of [2, 7]) expect(bits(await matmul(a, b, { threads }))).toBe(bits(c))
    }
  })

  it('takes any strides, with the same bits', async () => {
    const next = random(3)
    for (const [m, n, k] of [
      [9, 35, 20],
      [150, 140, 300],
    ] as const) {
      const [a, b] = [sample(Kind, m, k, next), sample(Kind, k, n, next)]
      const c = await matmul(a, b)
      const theirs = views(b)
      for (const [i, left] of views(a).entries()) expect(bits((await matmul(left, theirs[i]!)).data)).toBe(bits(c.data))
    }
  })

  it('scales by alpha, and adds beta times what out holds', async () => {
    const next = random(4)
    for (const [m, n, k] of [
      [4, 5, 6],
      [130, 150, 300],
    ] as const) {
      const [a, b] = [sample(Kind, m, k, next), sample(Kind, k, n, next)]
      const old = sample(Kind, m, n, next)
      const plain = (await matmul(a, b)).data
      const eps = EPS[Kind.name as keyof typeof EPS]
      for (const face of faces(matmul)) {
        const out = old.data.slice()
        const result = await face(a, b, { alpha: -0.75, beta: 0.5, out })
        expect(result.data).toBe(out)
        const far = out.findIndex((value, i) => {
          const size = Math.abs(plain[i]!) + Math.abs(old.data[i]!) + 1
          return !(Math.abs(value - (0.5 * old.data[i]! - 0.75 * plain[i]!)) < 3000 * k * eps * size)
        })
        expect(far).toBe(-1)
        // With beta 0 what was there is not even read.
        out.fill(Number.NaN)
        await face(a, b, { alpha: 2, beta: 0, out })
        expect(out.every((value) => !Number.isNaN(value))).toBe(true)
      }
    }
  })

  it('keeps NaN and Infinity to their rows and columns', () => {
    const [a, b] = [matrix(new Kind(40 * 20).fill(1), 40, 20), matrix(new Kind(20 * 50).fill(1), 20, 50)]
    a.data[3 * 20 + 5] = Number.NaN
    b.data[7 * 50 + 9] = Number.POSITIVE_INFINITY
    for (const face of [matmul.sync, matmul.js]) {
      const c = (face as typeof matmul.js)(a as never, b as never) as unknown as MatrixLike<Floats>
      const expected = Float64Array.from({ length: 2000 }, (_, e) =>
        Math.floor(e / 50) === 3 ? Number.NaN : e % 50 === 9 ? Number.POSITIVE_INFINITY : 20,
      )
      expect(Float64Array.from(c.data)).toEqual(expected)
    }
  })

  it('of no terms is zero, of no rows empty', async () => {
    const none = await matmul(matrix(new Kind(0), 3, 0), matrix(new Kind(0), 0, 2))
    expect(none.shape).toEqual([3, 2])
    expect([...none.data]).toEqual([0, 0, 0, 0, 0, 0])
    expect((await matmul(matrix(new Kind(0), 0, 3), matrix(new Kind(6), 3, 2))).shape).toEqual([0, 2])
  })
})

describe.each([Int8Array, Uint8Array])('matmul of %o', (Kind) => {
  it('is exact, in every pass and tile, for every stride', async () => {
    const next = seeded(5)
    for (const [m, n, k] of [
      [1, 1, 1],
      [3, 5, 7],
      [8, 16, 32],
      [61, 70, 1025],
      [130, 190, 400],
    ] as const) {
      const make = (rows: number, cols: number) => {
        const data = new Kind(rows * cols)
        for (let i = 0; i < data.length; i++) data[i] = next() * 256
        return matrix(data, rows, cols)
      }
      const [a, b] = [make(m, k), make(k, n)]
      const expected = new Int32Array(m * n)
      for (let i = 0; i < m; i++)
        for (let j = 0; j < n; j++) {
          let sum = 0
          for (let p = 0; p < k; p++) sum += a.data[i * k + p]! * b.data[p * n + j]!
          expected[i * n + j] = sum
        }
      for (const face of faces(matmul)) expect((await face(a, b)).data).toEqual(expected)
      const turned = (x: typeof a) => {
        const [rows, cols] = x.shape as [number, number]
        const data = new Kind(rows * cols)
        for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) data[j * rows + i] = x.data[i * cols + j]!
        return { data, shape: [rows, cols], strides: [1, rows] }
      }
      expect((await matmul(turned(a), turned(b))).data).toEqual(expected)
    }
  })

  it('does not saturate, and wraps around only beyond 32 bits', async () => {
    const [low, high] = Kind === Int8Array ? [-128, 127] : [0, 255]
    for (const [x, y] of [
      [low, low],
      [low, high],
      [high, high],
    ] as const) {
      for (const k of [33_025, 140_001]) {
        const c = await matmul(matrix(new Kind(k).fill(x), 1, k), matrix(new Kind(k).fill(y), k, 1))
        expect(c.data[0]).toBe(Number(BigInt.asIntN(32, BigInt(x) * BigInt(y) * BigInt(k))))
      }
    }
  })
})

describe('matmul of many', () => {
  type Stack = { data: Float64Array; shape: number[]; strides: number[]; offset: number }
  const stack = (Kind: unknown, count: number, rows: number, cols: number, next: () => number): Stack => {
    const data = new (Kind as Float64ArrayConstructor)(count * rows * cols)
    for (let i = 0; i < data.length; i++) data[i] = next() * 200 - (Kind === Uint8Array ? 0 : 100)
    return { data, shape: [count, rows, cols], strides: [rows * cols, cols, 1], offset: 0 }
  }
  const nth = ({ data, shape, strides, offset }: Stack, i: number) => {
    const from = shape.length === 2 ? offset : offset + (shape[0] === 1 ? 0 : i * strides[0]!)
    return { data, shape: shape.slice(-2), strides: strides.slice(-2), offset: from }
  }
  /** The same matrices, each turned, with a gap after each, the last one first. */
  const scattered = ({ data, shape, strides }: Stack): Stack => {
    const [count, rows, cols] = shape as [number, number, number]
    const pitch = rows * cols + 3
    const to = new (data.constructor as Float64ArrayConstructor)(count * pitch + 2)
    for (let i = 0; i < count; i++)
      for (let r = 0; r < rows; r++)
        for (let c = 0; c < cols; c++)
          to[2 + (count - 1 - i) * pitch + c * rows + r] = data[i * strides[0]! + r * cols + c]!
    return { data: to, shape, strides: [-pitch, 1, rows], offset: 2 + (count - 1) * pitch }
  }

  it.each([Float64Array, Float32Array, Int8Array, Uint8Array])(
    '%o gives what each product alone gives',
    async (Kind) => {
      const next = seeded(6)
      for (const [count, m, n, k] of [
        [1, 2, 3, 4],
        [3, 1, 1, 5],
        [300, 7, 5, 3],
        [5, 40, 33, 70],
        [2, 150, 130, 300],
        [4, 3, 2, 0],
      ] as const) {
        const [a, b] = [stack(Kind, count, m, k, next), stack(Kind, count, k, n, next)]
        const alone = { data: b.data, shape: [k, n], strides: [n, 1], offset: 0 }
        const cases: [Stack, Stack][] = [
          [a, b],
          [a, alone],
          [a, { ...alone, shape: [1, k, n], strides: [77, n, 1] }],
          [{ ...nth(a, 0) }, b],
          ...(k > 0 ? ([[scattered(a), scattered(b)]] as [Stack, Stack][]) : []),
          ...(k > 0 ? ([[scattered(a), alone]] as [Stack, Stack][]) : []),
        ]
        for (const [left, right] of cases) {
          for (const face of faces(matmul)) {
            const result = await face(left, right)
            expect(result.shape).toEqual([count, m, n])
            expect(result.strides).toEqual([m * n, n, 1])
            for (const i of [0, count >> 1, count - 1]) {
              const single = await face(nth(left, i), nth(right, i))
              expect(bits(result.data.subarray(i * m * n, (i + 1) * m * n))).toBe(bits(single.data))
            }
          }
        }
      }
    },
  )

  it('is the same on any number of threads, and takes alpha, beta and out', async () => {
    const next = seeded(7)
    for (const [count, m, n, k] of [
      [500, 16, 12, 20],
      [3, 200, 100, 260],
    ] as const) {
      const [a, b] = [stack(Float64Array, count, m, k, next), stack(Float64Array, count, k, n, next)]
      const old = stack(Float64Array, count, m, n, next).data
      const options = { alpha: -0.5, beta: 2 }
      const expected = old.slice()
      for (let i = 0; i < count; i++) {
        const out = expected.subarray(i * m * n, (i + 1) * m * n)
        matmul.sync(nth(a, i), nth(b, i), { ...options, out })
      }
      for (const threads of [1, 2, 7]) {
        const out = old.slice()
        const { data } = await matmul(a, b, { ...options, out, threads })
        expect(data).toBe(out)
        expect(bits(out)).toBe(bits(expected))
      }
      const out = old.slice()
      matmul.js(a, b, { ...options, out })
      const worst = out.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0)
      expect(worst).toBeLessThan(1e-7)
    }
  })

  it('of none is none', async () => {
    const none = { data: new Float64Array(0), shape: [0, 2, 3] }
    expect((await matmul(none, matrix(new Float64Array(12), 3, 4))).shape).toEqual([0, 2, 4])
    expect(matmul.sync(none, { data: new Float64Array(0), shape: [0, 3, 4] }).data.length).toBe(0)
  })

  it('refuses what does not fit', () => {
    const code = (...args: unknown[]): string | undefined => {
      try {
        ;(matmul.sync as (...args: unknown[]) => unknown)(...args)
      } catch (error) {
        return (error as { code?: string }).code
      }
      return undefined
    }
    const data = new Float64Array(24)
    const a = { data, shape: [2, 3, 4] }
    expect(code(a, { data, shape: [2, 4, 3] })).toBe(undefined)
    expect(code(a, { data, shape: [3, 4, 2] })).toBe('ERR_OFFLOOP_SHAPE')
    expect(code(a, { data, shape: [2, 3, 4] })).toBe('ERR_OFFLOOP_SHAPE')
    expect(code({ data, shape: [3, 3, 4] }, { data, shape: [4, 1] })).toBe('ERR_OFFLOOP_SHAPE')
    expect(code({ ...a, strides: [13, 4, 1] }, { data, shape: [4, 1] })).toBe('ERR_OFFLOOP_SHAPE')
    expect(code({ ...a, strides: [-12, 4, 1] }, { data, shape: [4, 1] })).toBe('ERR_OFFLOOP_SHAPE')
    expect(code({ ...a, strides: [4, 1] }, { data, shape: [4, 1] })).toBe('ERR_OFFLOOP_ARG_TYPE')
    expect(code({ data, shape: [1, 2, 3, 4] }, { data, shape: [4, 1] })).toBe('ERR_OFFLOOP_ARG_TYPE')
    expect(code({ data, shape: [2, 3, -4] }, { data, shape: [4, 1] })).toBe('ERR_OFFLOOP_ARG_VALUE')
    expect(code(a, { data, shape: [2, 4, 3] }, { out: new Float64Array(17) })).toBe('ERR_OFFLOOP_SHAPE')
    expect(code(a, { data, shape: [2, 4, 3] }, { out: data.subarray(0, 18) })).toBe('ERR_OFFLOOP_OVERLAP')
  })
})

const oracle = JSON.parse(readFileSync(new URL('./matmul.oracle.json', import.meta.url), 'utf8')) as {
  x: number[][]
  y: number[][]
  cov: number[]
  covColumns: number[]
  corrcoef: number[]
  corrcoefColumns: number[]
  gram: number[]
  cdist: Record<'euclidean' | 'sqeuclidean' | 'cityblock' | 'cosine', number[]>
}

/** The largest distance between two lists, over the largest entry. */
function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length)
  let [most, largest] = [0, 0]
  for (let i = 0; i < a.length; i++) {
    most = Math.max(most, Math.abs(a[i]! - b[i]!))
    largest = Math.max(largest, Math.abs(b[i]!))
  }
  return most / largest
}

describe.each([Float64Array, Float32Array])('matvec of %o', (Kind) => {
  it('is within 3 · k · eps · |A||x| of the real product, for any strides and long rows', async () => {
    const next = random(10)
    for (const [m, k] of [
      [1, 1],
      [7, 40],
      [70, 33],
      [130, 9],
      [3, 40_000],
    ] as const) {
      const [a, x] = [sample(Kind, m, k, next), sample(Kind, k, 1, next)]
      for (const left of [a, ...(m * k < 10_000 ? views(a) : [])]) {
        for (const face of faces(matvec)) {
          checkAccuracy(left, x, matrix(await face(left, x.data), m, 1), next)
        }
      }
    }
  })
})

describe('transpose', () => {
  it('moves every element of every type and stride, bits and all', async () => {
    for (const Kind of [Float64Array, Float32Array, Int8Array, Uint16Array, BigInt64Array] as const) {
      for (const [rows, cols] of [
        [1, 9],
        [17, 70],
        [131, 67],
      ] as const) {
        const bytes = new Uint8Array(rows * cols * Kind.BYTES_PER_ELEMENT)
        const next = random(9)
        for (let i = 0; i < bytes.length; i++) bytes[i] = next() * 256
        const data = new Kind(bytes.buffer) as Float64Array
        const turned = { data, shape: [cols, rows], strides: [1, cols] }
        const result = await transpose(matrix(data, rows, cols))
        expect(result.shape).toEqual([cols, rows])
        const expected = Array.from({ length: rows * cols }, (_, e) => data[(e % rows) * cols + Math.floor(e / rows)]!)
        expect([...result.data]).toEqual(expected)
        expect(bits((await transpose(turned)).data)).toBe(bits(data))
        expect(bits((await transpose(result)).data)).toBe(bits(data))
      }
    }
  })
})

describe('what stands on it', () => {
  const [x, y] = [matrix.from(oracle.x), matrix.from(oracle.y)]

  it('agrees with NumPy and SciPy', async () => {
    for (const run of ['async', 'sync', 'js'] as const) {
      const of = <F extends { sync: unknown; js: unknown }>(kernel: F): F =>
        (run === 'async' ? kernel : kernel[run]) as F
      expect(apart((await of(gram)(x)).data, oracle.gram)).toBeLessThan(1e-15)
      expect(apart((await of(cov)(x)).data, oracle.cov)).toBeLessThan(1e-14)
      expect(apart((await of(cov)(x, { rowvar: false, ddof: 0 })).data, oracle.covColumns)).toBeLessThan(1e-14)
      expect(apart((await of(corrcoef)(x)).data, oracle.corrcoef)).toBeLessThan(1e-14)
      expect(apart((await of(corrcoef)(x, { rowvar: false })).data, oracle.corrcoefColumns)).toBeLessThan(1e-14)
      for (const metric of ['euclidean', 'sqeuclidean', 'cityblock', 'cosine'] as const) {
        expect(apart((await of(cdist)(x, y, { metric })).data, oracle.cdist[metric])).toBeLessThan(1e-14)
      }
    }
  })

  it('is symmetric to the bit, also over many tiles, and the product it is', async () => {
    const next = random(7)
    const wide = sample(Float64Array, 300, 411, next)
    const turned = { data: wide.data.slice(), shape: [411, 300], strides: [1, 411] }
    const results = [await gram(wide), await cov(wide), await corrcoef(wide), await cov(wide, { rowvar: false })]
    for (const { data, shape } of results) {
      const n = shape[0]!
      expect(data.findIndex((value, i) => value !== data[(i % n) * n + Math.floor(i / n)])).toBe(-1)
    }
    expect(bits(results[0]!.data)).toBe(bits((await matmul(turned, wide)).data))
  })

  it('is so of tall matrices, in slices and steps: exact where sums are, and the same bits on any threads', async () => {
    const next = random(9)
    for (const [rows, cols] of [
      [16_385, 8],
      [17_001, 37],
    ] as const) {
      const whole = matrix(
        Float64Array.from({ length: rows * cols }, () => Math.floor(next() * 201) - 100),
        rows,
        cols,
      )
      const single = matrix(
        Float32Array.from(whole.data, (value) => value % 8),
        rows,
        cols,
      )
      const turned = { shape: [cols, rows], strides: [1, cols] }
      const doubles = await matmul({ data: whole.data.slice(), ...turned }, whole)
      const singles = await matmul({ data: single.data.slice(), ...turned }, single)
      expect(bits((await gram(whole)).data)).toBe(bits(doubles.data))
      expect(bits((await gram(single)).data)).toBe(bits(singles.data))
      const odd = sample(Float64Array, rows, cols, next)
      const one = bits((await gram(odd, { threads: 1 })).data)
      for (const threads of [2, 7]) expect(bits((await gram(odd, { threads })).data)).toBe(one)
    }
  })

  it('is at distance 0 from itself, and keeps the distance of near neighbours', async () => {
    const next = random(8)
    const far = matrix(new Float64Array(200 * 40), 200, 40)
    for (let i = 0; i < far.data.length; i++) far.data[i] = 1e6 + next()
    const native = await cdist(far, far, { metric: 'sqeuclidean' })
    const plain = cdist.js(far, far, { metric: 'sqeuclidean' })
    for (let i = 0; i < 200; i++) expect(native.data[i * 200 + i]).toBe(0)
    const worst = plain.data.reduce(
      (most, d, i) => (d === 0 ? most : Math.max(most, Math.abs(native.data[i]! / d - 1))),
      0,
    )
    expect(worst).toBeLessThan(300 * 48 * 2 ** -52)
  })

  it('has NaN where NumPy and SciPy have it', async () => {
    const still = matrix.from([
      [1, 2, 3],
      [4, 4, 4],
    ])
    for (const face of [corrcoef.sync, corrcoef.js]) {
      expect([...face(still).data].map(Number.isNaN)).toEqual([false, true, true, true])
    }
    const zero = matrix(new Float64Array(3), 1, 3)
    for (const face of [cdist.sync, cdist.js]) {
      expect([...face(still, zero, { metric: 'cosine' }).data]).toEqual([Number.NaN, Number.NaN])
      expect(face(still, zero).data[0]).toBe(Math.sqrt(14))
    }
  })
})

describe('matmul refuses', () => {
  const a = matrix(new Float64Array(6), 2, 3)
  const code = (call: () => unknown): string | undefined => {
    try {
      call()
      return undefined
    } catch (error) {
      return (error as { code?: string }).code
    }
  }

  it('what does not fit', () => {
    for (const face of [matmul.sync, matmul.js] as ((...args: unknown[]) => unknown)[]) {
      const b = matrix(new Float64Array(6), 3, 2)
      expect(code(() => face(a, a))).toBe('ERR_OFFLOOP_SHAPE')
      expect(code(() => face(a, matrix(new Float32Array(6), 3, 2)))).toBe('ERR_OFFLOOP_ARG_TYPE')
      expect(code(() => face(a, b, { out: new Float64Array(3) }))).toBe('ERR_OFFLOOP_SHAPE')
      expect(code(() => face(a, b, { out: a.data.subarray(0, 4) }))).toBe('ERR_OFFLOOP_OVERLAP')
      expect(code(() => face(a, b, { beta: 1 }))).toBe('ERR_OFFLOOP_ARG_TYPE')
      expect(code(() => face(a, b, { alpha: Number.NaN }))).toBe('ERR_OFFLOOP_ARG_VALUE')
      const bytes = [matrix(new Int8Array(6), 2, 3), matrix(new Int8Array(6), 3, 2)]
      expect(code(() => face(...bytes, { alpha: 2 }))).toBe('ERR_OFFLOOP_OPTION')
      expect(code(() => face(matrix(new Int32Array(6), 2, 3), b))).toBe('ERR_OFFLOOP_ARG_TYPE')
    }
    expect(code(() => matvec.sync(a, new Float64Array(2)))).toBe('ERR_OFFLOOP_SHAPE')
    expect(code(() => cdist.sync(a, matrix(new Float64Array(6), 3, 2)))).toBe('ERR_OFFLOOP_SHAPE')
    expect(code(() => cdist.sync(a, a, { metric: 'hamming' as 'cosine' }))).toBe('ERR_OFFLOOP_ARG_VALUE')
    expect(code(() => cov.sync(matrix(new Float64Array(2), 2, 1)))).toBe('ERR_OFFLOOP_SHAPE')
    expect(code(() => corrcoef.sync(matrix(new Float64Array(0), 2, 0)))).toBe('ERR_OFFLOOP_SHAPE')
  })
})
