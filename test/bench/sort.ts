/** sort of 32M doubles against NumPy and TypedArray.prototype.sort: as a copy, and in place. */
import { sort } from 'offloop'
import { type Bench, type Row, timed, timedSync, versus } from './common.js'
import { uniform } from './data.js'
import type { NumPy } from './peers.js'

const ELEMENTS = 2 ** 25

export async function benchSort(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  const x = uniform(ELEMENTS)
  const y = new Float64Array(ELEMENTS)
  await numpy?.load('x', x, [ELEMENTS], true)
  const times = await bench.interleave(`sort, f64, ${ELEMENTS} elements`, [
    { name: 'sort(x)', run: () => timed(() => sort(x)) },
    ...(numpy === undefined ? [] : [{ name: 'np.sort(x)', run: () => numpy.time('sort_copy') }]),
    {
      name: 'sort(y, { out: y })',
      run() {
        y.set(x)
        return timed(() => sort(y, { out: y }))
      },
    },
    ...(numpy === undefined ? [] : [{ name: 'y.sort() of NumPy', run: () => numpy.time('sort_in_place') }]),
    {
      name: 'y.sort()',
      run() {
        y.set(x)
        return timedSync(() => y.sort())
      },
    },
  ])
  return [
    versus('sort f64 32M, copy, vs NumPy', times, 'sort(x)', 'np.sort(x)', 1.2),
    versus('sort f64 32M, in place, vs NumPy', times, 'sort(y, { out: y })', 'y.sort() of NumPy', 1.2),
    versus('sort f64 32M, in place, vs TypedArray.sort', times, 'sort(y, { out: y })', 'y.sort()', 10),
  ]
}
