/** sum of 32M doubles against the machine's read bandwidth, plain JavaScript and NumPy. */
import { availableParallelism } from 'node:os'
import { sum } from 'offloop'
import { type Bench, type Competitor, quantile, type Row, settle, timed, timedSync, versus } from './common.js'
import { uniform } from './data.js'
import { type NumPy, type Pages, Reader } from './peers.js'

export const ELEMENTS = 2 ** 25

/** The sum as one writes it. */
export function plainSum(x: Float64Array): number {
  let s = 0
  for (let i = 0; i < x.length; i++) s += x[i]!
  return s
}

export async function benchSum(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  const x = uniform(ELEMENTS)
  await numpy?.load('x', x, [ELEMENTS])
  const reader = Reader.start(x.byteLength, availableParallelism())
  const read: Competitor[] = []
  if (reader !== undefined) {
    for (const pages of ['huge', 'small'] as const) {
      const way = await fasterWay(reader, pages)
      read.push({ name: `read, ${pages} pages`, run: () => reader.time(pages, way) })
    }
    bench.say(`read bandwidth: bandwidth.c, ${availableParallelism()} threads, ${reader.compiler}`)
  }
  const times = await bench.interleave(
    `sum, f64, ${ELEMENTS} elements (256 MB)`,
    [
      ...read,
      { name: 'sum', run: () => timed(() => sum(x)) },
      { name: 'sum.sync', run: () => timedSync(() => sum.sync(x)) },
      { name: 'plain loop', run: () => timedSync(() => plainSum(x)) },
      { name: 'sum.js', run: () => timedSync(() => sum.js(x)) },
      ...(numpy === undefined ? [] : [{ name: 'x.sum() of NumPy', run: () => numpy.time('total') }]),
    ],
    bench.rounds(21),
  )
  for (const { name } of read) {
    bench.say(`  ${name}: ${((x.byteLength / quantile(times.get(name)!, 0.5)) * 1e-6).toFixed(1)} GB/s`)
  }
  reader?.close()
  return [
    versus('sum f64 32M: read bandwidth reached', times, 'sum', 'read, huge pages', 0.9),
    versus('sum f64 32M: the same, of 4 KB pages', times, 'sum', 'read, small pages'),
    versus('sum f64 32M vs plain JavaScript', times, 'sum', 'plain loop', 3),
    versus('sum f64 32M vs sum.js', times, 'sum', 'sum.js'),
    versus('sum f64 32M vs NumPy', times, 'sum', 'x.sum() of NumPy'),
    versus('sum.sync f64 32M: read bandwidth reached', times, 'sum.sync', 'read, huge pages'),
  ]
}

/** The faster of the two ways to read, by the medians of 7. */
async function fasterWay(reader: Reader, pages: Pages): Promise<number> {
  const times: [number[], number[]] = [[], []]
  for (let i = 0; i < 7; i++) for (const way of [0, 1] as const) times[way].push(await reader.time(pages, way))
  await settle()
  return quantile(times[0], 0.5) <= quantile(times[1], 0.5) ? 0 : 1
}
