/** Order statistics of 32M doubles against polars, NumPy and the twins; partitions against NumPy. */
import { argpartition, median, partition, quantile } from 'offloop'
import { type Bench, type Competitor, type Row, timed, timedSync, versus } from './common.js'
import { uniform } from './data.js'
import type { NumPy } from './peers.js'

const ELEMENTS = 2 ** 25
const SHARES = [0.01, 0.25, 0.5, 0.75, 0.99]

export async function benchSelect(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  const x = uniform(ELEMENTS)
  const out = new Float64Array(ELEMENTS)
  const middle = ELEMENTS >> 1
  await numpy?.load('x', x, [ELEMENTS])
  await numpy?.run(`shares = [${SHARES}]`)
  const polars = (await numpy?.run('import polars as pl; series = pl.Series(x)')) ?? false
  const peer = (name: string, expression: string, there = numpy !== undefined): Competitor[] =>
    there ? [{ name, run: () => numpy!.evaluate(expression) }] : []
  const times = await bench.interleave(`order statistics, f64, ${ELEMENTS} elements`, [
    { name: 'median(x)', run: () => timed(() => median(x)) },
    ...peer('series.median()', 'series.median()', polars),
    ...peer('np.median(x)', 'np.median(x)'),
    { name: 'median.js(x)', run: () => timedSync(() => median.js(x)) },
    { name: 'quantile(x, five)', run: () => timed(() => quantile(x, SHARES)) },
    ...peer('series.quantile, five', "[series.quantile(q, 'linear') for q in shares]", polars),
    ...peer('np.quantile(x, five)', 'np.quantile(x, shares)'),
    { name: 'partition(x, n / 2)', run: () => timed(() => partition(x, middle)) },
    { name: 'partition(x, n / 2, { out })', run: () => timed(() => partition(x, middle, { out })) },
    ...peer('np.partition(x, n / 2)', `np.partition(x, ${middle})`),
    { name: 'argpartition(x, n / 2)', run: () => timed(() => argpartition(x, middle)) },
    ...peer('np.argpartition(x, n / 2)', `np.argpartition(x, ${middle})`),
  ])
  return [
    versus('median f64 32M vs polars', times, 'median(x)', 'series.median()', 4),
    versus('median f64 32M vs NumPy', times, 'median(x)', 'np.median(x)', 6),
    versus('median f64 32M vs median.js', times, 'median(x)', 'median.js(x)'),
    versus('quantile f64 32M, five at once, vs polars', times, 'quantile(x, five)', 'series.quantile, five', 4),
    versus('quantile f64 32M, five at once, vs NumPy', times, 'quantile(x, five)', 'np.quantile(x, five)', 6),
    versus('partition f64 32M vs NumPy', times, 'partition(x, n / 2)', 'np.partition(x, n / 2)'),
    versus('partition f64 32M, into out, vs NumPy', times, 'partition(x, n / 2, { out })', 'np.partition(x, n / 2)'),
    versus('argpartition f64 32M vs NumPy', times, 'argpartition(x, n / 2)', 'np.argpartition(x, n / 2)'),
  ]
}
