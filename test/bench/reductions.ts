/** dot, mean, variance, std, moments and norm of 32M doubles against the read bandwidth, plain JavaScript and NumPy. */
import { availableParallelism } from 'node:os'
import { add, dot, mean, moments, norm, variance } from 'offloop'
import { type Bench, type Competitor, quantile, type Row, settle, timedSync, versus } from './common.js'
import { uniform } from './data.js'
import { type NumPy, Reader } from './peers.js'
import { ELEMENTS } from './sum.js'

/** As one writes it: a loop for the mean, a loop for the squares about it. */
export function plainVariance(x: Float64Array): number {
  let s = 0
  for (let i = 0; i < x.length; i++) s += x[i]!
  const mean = s / x.length
  let q = 0
  for (let i = 0; i < x.length; i++) {
    const d = x[i]! - mean
    q += d * d
  }
  return q / x.length
}

export function plainDot(a: Float64Array, b: Float64Array): number {
  let s = 0
  for (let i = 0; i < a.length; i++) s += a[i]! * b[i]!
  return s
}

export async function benchReductions(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  // Results of kernels, as in most programs: they are on huge pages, as the mark's memory is.
  const x = await add(uniform(ELEMENTS), 0)
  const y = await add(uniform(ELEMENTS, 2), 0)
  await numpy?.load('x', x, [ELEMENTS])
  await numpy?.load('y', y, [ELEMENTS])
  const reader = Reader.start(x.byteLength, availableParallelism())
  const read: Competitor[] = []
  if (reader !== undefined) {
    const way = await fasterWay(reader)
    read.push({ name: 'read', run: () => reader.time('huge', way) })
    // As much again, for dot.
    read.push({
      name: 'read twice',
      run: async () => (await reader.time('huge', way)) + (await reader.time('huge', way)),
    })
  }
  const peer = (name: string, expression: string): Competitor[] =>
    numpy === undefined ? [] : [{ name, run: () => numpy.evaluate(expression) }]
  const times = await bench.interleave(`reductions, f64, ${ELEMENTS} elements (256 MB; dot 512 MB)`, [
    ...read,
    { name: 'mean', run: () => timedSync(() => mean.sync(x)) },
    { name: 'variance', run: () => timedSync(() => variance.sync(x)) },
    { name: 'moments', run: () => timedSync(() => moments.sync(x)) },
    { name: 'norm', run: () => timedSync(() => norm.sync(x)) },
    { name: 'dot', run: () => timedSync(() => dot.sync(x, y)) },
    { name: 'plain variance', run: () => timedSync(() => plainVariance(x)) },
    { name: 'plain dot', run: () => timedSync(() => plainDot(x, y)) },
    { name: 'variance.js', run: () => timedSync(() => variance.js(x)) },
    { name: 'dot.js', run: () => timedSync(() => dot.js(x, y)) },
    ...peer('np.mean', 'np.mean(x)'),
    ...peer('np.var', 'np.var(x)'),
    ...peer('np.dot', 'np.dot(x, y)'),
    ...peer('np.linalg.norm', 'np.linalg.norm(x)'),
  ])
  if (reader !== undefined) {
    bench.say(`  read: ${((x.byteLength / quantile(times.get('read')!, 0.5)) * 1e-6).toFixed(1)} GB/s`)
    reader.close()
  }
  return [
    versus('mean f64 32M: read bandwidth reached', times, 'mean', 'read', 0.9),
    versus('variance f64 32M: read bandwidth reached', times, 'variance', 'read', 0.9),
    versus('moments f64 32M: read bandwidth reached', times, 'moments', 'read', 0.9),
    versus('norm f64 32M: read bandwidth reached', times, 'norm', 'read'),
    versus('dot f64 32M: read bandwidth reached', times, 'dot', 'read twice', 0.9),
    versus('variance f64 32M vs plain JavaScript', times, 'variance', 'plain variance', 4),
    versus('variance f64 32M vs variance.js', times, 'variance', 'variance.js'),
    versus('variance f64 32M vs NumPy', times, 'variance', 'np.var', 8),
    versus('mean f64 32M vs NumPy', times, 'mean', 'np.mean'),
    versus('norm f64 32M vs NumPy', times, 'norm', 'np.linalg.norm'),
    versus('dot f64 32M vs plain JavaScript', times, 'dot', 'plain dot'),
    versus('dot f64 32M vs dot.js', times, 'dot', 'dot.js'),
    versus('dot f64 32M vs NumPy (OpenBLAS)', times, 'dot', 'np.dot'),
  ]
}

/** The faster of the two ways to read, by the medians of 7. */
async function fasterWay(reader: Reader): Promise<number> {
  const times: [number[], number[]] = [[], []]
  for (let i = 0; i < 7; i++) for (const way of [0, 1] as const) times[way].push(await reader.time('huge', way))
  await settle()
  return quantile(times[0], 0.5) <= quantile(times[1], 0.5) ? 0 : 1
}
