/** argsort, rank, unique and searchsorted of 8M and 10M elements against NumPy and SciPy. */
import { argsort, rank, searchsorted, unique } from 'offloop'
import { type Bench, type Row, timed, versus } from './common.js'
import { random, uniform } from './data.js'
import type { NumPy } from './peers.js'

const ELEMENTS = 8_000_000
const DISTINCT = 1_000_000
const TABLE = 10_000_000

export async function benchOrder(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  const x = uniform(ELEMENTS)
  const next = random(2)
  const pool = uniform(DISTINCT, 3)
  const floats = new Float64Array(ELEMENTS).map(() => pool[Math.floor(next() * DISTINCT)]!)
  const integers = new Int32Array(ELEMENTS).map(() => Math.floor(next() * DISTINCT))
  const table = uniform(TABLE, 4).sort()
  const values = uniform(DISTINCT, 5)
  await numpy?.load('x', x, [ELEMENTS])
  await numpy?.load('floats', floats, [ELEMENTS])
  await numpy?.load('integers', integers, [ELEMENTS])
  await numpy?.load('table', table, [TABLE])
  await numpy?.load('values', values, [DISTINCT])
  const scipy = (await numpy?.run('from scipy.stats import rankdata')) === true
  const peer = (expression: string, there = numpy !== undefined) =>
    there ? [{ name: expression, run: () => numpy!.evaluate(expression) }] : []

  const sorts = await bench.interleave(`argsort, f64, ${ELEMENTS} elements`, [
    { name: 'argsort(x)', run: () => timed(() => argsort(x)) },
    ...peer("np.argsort(x, kind='stable')"),
    ...peer('np.argsort(x)'),
  ])
  const ranks = await bench.interleave(`rank, f64, ${ELEMENTS} elements`, [
    { name: 'rank(x)', run: () => timed(() => rank(x)) },
    ...peer('rankdata(x)', scipy),
  ])
  const uniques = await bench.interleave(`unique, ${ELEMENTS} elements, ${DISTINCT} distinct`, [
    { name: 'unique(floats)', run: () => timed(() => unique(floats)) },
    ...peer('np.unique(floats)'),
    {
      name: 'unique(floats, { counts, inverse })',
      run: () => timed(() => unique(floats, { counts: true, inverse: true })),
    },
    ...peer('np.unique(floats, return_counts=True, return_inverse=True)'),
    { name: 'unique(integers)', run: () => timed(() => unique(integers)) },
    ...peer('np.unique(integers)'),
  ])
  const searches = await bench.interleave(`searchsorted, f64, ${DISTINCT} random values in ${TABLE}`, [
    { name: 'searchsorted(table, values)', run: () => timed(() => searchsorted(table, values)) },
    ...peer('np.searchsorted(table, values)'),
  ])
  return [
    versus('argsort f64 8M, vs NumPy, stable', sorts, 'argsort(x)', "np.argsort(x, kind='stable')", 5),
    versus('argsort f64 8M, vs NumPy, not stable', sorts, 'argsort(x)', 'np.argsort(x)', 5),
    versus('rank f64 8M, vs SciPy', ranks, 'rank(x)', 'rankdata(x)'),
    versus('unique f64 8M, vs NumPy', uniques, 'unique(floats)', 'np.unique(floats)', 5),
    versus(
      'unique f64 8M, counts and inverse, vs NumPy',
      uniques,
      'unique(floats, { counts, inverse })',
      'np.unique(floats, return_counts=True, return_inverse=True)',
      5,
    ),
    versus('unique i32 8M, vs NumPy', uniques, 'unique(integers)', 'np.unique(integers)', 5),
    versus(
      'searchsorted 1M in 10M, vs NumPy',
      searches,
      'searchsorted(table, values)',
      'np.searchsorted(table, values)',
    ),
  ]
}
