/** Small blocking calls: does sum.sync cost less than the loop that it replaces? */
import { sum } from 'offloop'
import { type Bench, type Row, timedSync, versus } from './common.js'
import { uniform } from './data.js'
import { plainSum } from './sum.js'

const SIZES = [256, 1024, 4096, 16384]
const BARRED = 4096

export async function benchSync(bench: Bench): Promise<Row[]> {
  const rows: Row[] = []
  for (const size of SIZES) {
    const x = uniform(size)
    const calls = Math.round(2 ** 24 / size / 4) // a few milliseconds of the loop
    let sink = 0
    const many = (one: (x: Float64Array) => number) => () =>
      timedSync(() => {
        for (let i = 0; i < calls; i++) sink += one(x)
      })
    for (let i = 0; i < 20; i++) {
      many(plainSum)() // until both are compiled
      many((x) => sum.sync(x))()
    }
    const times = await bench.interleave(
      `sum.sync, f64, ${size} elements, ${calls} calls`,
      [
        { name: 'sum.sync(x)', run: many((x) => sum.sync(x)) },
        { name: 'plain loop', run: many(plainSum) },
      ],
      bench.rounds(31),
    )
    if (Number.isNaN(sink)) throw new Error('the sums are used, so that no compiler drops them')
    const bar = size === BARRED ? 1 : undefined
    rows.push(versus(`sum.sync at ${size} f64 vs plain JavaScript`, times, 'sum.sync(x)', 'plain loop', bar))
  }
  return rows
}
