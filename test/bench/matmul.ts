/** Matrix products against NumPy (OpenBLAS) and the peak of fused multiply-adds; what stands on them against NumPy. */
import { availableParallelism } from 'node:os'
import { cdist, cov, gram, type Matrix, matmul, matrix, matvec, transpose } from 'offloop'
import { type Bench, type Competitor, type Row, timed, timedSync, versus } from './common.js'
import { uniform } from './data.js'
import { type NumPy, Peak } from './peers.js'

const SIZES = [256, 1024, 2048]
const LEAST = 2e8 // terms in a measurement: a small product is repeated

export async function benchMatmul(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  const peak = Peak.start(availableParallelism())
  const rows: Row[] = []
  for (const dtype of ['f64', 'f32'] as const) {
    for (const n of [64, ...SIZES]) rows.push(...(await square(bench, numpy, peak, dtype, n)))
  }
  peak?.close()
  rows.push(...(await batch(bench, numpy)), ...(await bytes(bench)), ...(await others(bench, numpy)))
  return rows
}

/** The whole numbers of [-100, 100] in either type: sums are exact, so that the results can be compared. */
function whole(dtype: 'f64' | 'f32', n: number, seed: number): Matrix<Float64Array> {
  const data = uniform(n * n, seed).map((value) => Math.floor(value * 201) - 100)
  return matrix((dtype === 'f64' ? data : Float32Array.from(data)) as Float64Array, n, n)
}

async function square(
  bench: Bench,
  numpy: NumPy | undefined,
  peak: Peak | undefined,
  dtype: 'f64' | 'f32',
  n: number,
): Promise<Row[]> {
  const [a, b] = [whole(dtype, n, 1), whole(dtype, n, 2)]
  const out = a.data.slice()
  const repeats = Math.max(1, Math.round(LEAST / n ** 3))
  const ours = n === 64 ? 'matmul.sync' : 'matmul'
  const theirs = 'np.matmul'
  await numpy?.load('a', a.data, [n, n])
  await numpy?.load('b', b.data, [n, n])
  await numpy?.run(`out = np.empty_like(a)\ndef products():\n  for _ in range(${repeats}): np.matmul(a, b, out=out)`)
  const competitors: Competitor[] = [
    {
      name: ours,
      run: () =>
        n === 64
          ? timedSync(() => {
              for (let i = 0; i < repeats; i++) matmul.sync(a, b, { out })
            })
          : timed(async () => {
              for (let i = 0; i < repeats; i++) await matmul(a, b, { out })
            }),
    },
    ...(numpy === undefined ? [] : [{ name: theirs, run: () => numpy.evaluate('products()') }]),
    ...(peak === undefined ? [] : [{ name: 'FMA peak', run: () => peak.time(dtype, 2 * repeats * n ** 3) }]),
  ]
  const times = await bench.interleave(`matmul ${dtype}, n = ${n}, ${repeats} into out`, competitors)
  const title = `${ours} ${dtype} ${n}`
  return [
    versus(`${title} vs NumPy`, times, ours, theirs, n === 64 ? 0.9 : 1),
    ...(n >= 256 ? [versus(`${title}: FMA peak reached`, times, ours, 'FMA peak', n >= 1024 ? 0.8 : undefined)] : []),
  ]
}

async function batch(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  const [count, n, repeats] = [64, 64, 10]
  const [a, b] = [1, 2].map((seed) => {
    const data = uniform(count * n * n, seed).map((value) => Math.floor(value * 201) - 100)
    return { data, shape: [count, n, n] }
  }) as [{ data: Float64Array; shape: number[] }, { data: Float64Array; shape: number[] }]
  const out = new Float64Array(count * n * n)
  await numpy?.load('a', a.data, a.shape)
  await numpy?.load('b', b.data, b.shape)
  await numpy?.run(`out = np.empty_like(a)\ndef products():\n  for _ in range(${repeats}): np.matmul(a, b, out=out)`)
  const times = await bench.interleave(`matmul f64, ${count} of n = ${n}, ${repeats} times into out`, [
    {
      name: 'matmul',
      run: () =>
        timed(async () => {
          for (let i = 0; i < repeats; i++) await matmul(a, b, { out })
        }),
    },
    ...(numpy === undefined ? [] : [{ name: 'np.matmul', run: () => numpy.evaluate('products()') }]),
  ])
  return [versus(`matmul f64 ${count} × ${n} vs NumPy`, times, 'matmul', 'np.matmul', 1)]
}

async function bytes(bench: Bench): Promise<Row[]> {
  const n = 1024
  const floats = [whole('f32', n, 1), whole('f32', n, 2)] as const
  const signed = floats.map(({ data }) => matrix(Int8Array.from(data), n, n))
  const unsigned = floats.map(({ data }) => matrix(Uint8Array.from(data, Math.abs), n, n))
  const times = await bench.interleave(`matmul of bytes, n = ${n}`, [
    { name: 'f32', run: () => timed(() => matmul(...floats)) },
    { name: 'i8', run: () => timed(() => matmul(signed[0]!, signed[1]!)) },
    { name: 'u8', run: () => timed(() => matmul(unsigned[0]!, unsigned[1]!)) },
  ])
  return [
    versus('matmul i8 1024 vs matmul f32', times, 'i8', 'f32', 1.3),
    versus('matmul u8 1024 vs matmul f32', times, 'u8', 'f32', 1.3),
  ]
}

async function others(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  const [count, variables] = [200_000, 100]
  const x = matrix(uniform(count * variables, 3), count, variables)
  const points = matrix(uniform(4000 * 64, 4), 4000, 64)
  const v = uniform(variables, 5)
  await numpy?.load('x', x.data, [count, variables])
  await numpy?.load('points', points.data, [4000, 64])
  await numpy?.load('v', v, [variables])
  const scipy = (await numpy?.run('from scipy.spatial.distance import cdist')) ?? false
  const peer = (name: string, there = numpy !== undefined): Competitor[] =>
    there ? [{ name, run: () => numpy!.evaluate(name) }] : []
  const times = await bench.interleave(`matrices of ${count} × ${variables}, points of 4000 × 64, f64`, [
    { name: 'gram', run: () => timed(() => gram(x)) },
    ...peer('x.T @ x'),
    { name: 'cov', run: () => timed(() => cov(x, { rowvar: false })) },
    ...peer('np.cov(x, rowvar=False)'),
    { name: 'matvec', run: () => timed(() => matvec(x, v)) },
    ...peer('x @ v'),
    { name: 'transpose', run: () => timed(() => transpose(x)) },
    ...peer('np.ascontiguousarray(x.T)'),
    { name: 'cdist', run: () => timed(() => cdist(points, points)) },
    ...peer('cdist(points, points)', scipy),
    { name: 'cdist, cityblock', run: () => timed(() => cdist(points, points, { metric: 'cityblock' })) },
    ...peer("cdist(points, points, 'cityblock')", scipy),
  ])
  return [
    versus('gram f64 200k x 100 vs NumPy', times, 'gram', 'x.T @ x', 1),
    versus('cov f64 200k x 100 vs NumPy', times, 'cov', 'np.cov(x, rowvar=False)', 1),
    versus('matvec f64 200k x 100 vs NumPy', times, 'matvec', 'x @ v'),
    versus('transpose f64 200k x 100 vs NumPy', times, 'transpose', 'np.ascontiguousarray(x.T)'),
    versus('cdist euclidean 4000² x 64 vs SciPy', times, 'cdist', 'cdist(points, points)'),
    versus('cdist cityblock 4000² x 64 vs SciPy', times, 'cdist, cityblock', "cdist(points, points, 'cityblock')"),
  ]
}
