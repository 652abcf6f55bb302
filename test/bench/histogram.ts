/** histogram, min and argmin of 32M doubles; bincount and digitize of 8M: against Numba, NumPy and the memory itself. */
import { availableParallelism } from 'node:os'
import { add, argmin, bincount, digitize, histogram, min } from 'offloop'
import { type Bench, type Competitor, type Row, timed, timedSync, versus } from './common.js'
import { uniform } from './data.js'
import { type NumPy, Reader } from './peers.js'

const ELEMENTS = 2 ** 25
const FEWER = 2 ** 23
const BINS = 256

/** A histogram as Numba's users write it: a table for each thread, one multiplication an element. */
const NUMBA = `
import numba

@numba.njit(parallel=True, fastmath=True, cache=False)
def numba_histogram(x, bins, lo, hi):
    threads = numba.get_num_threads()
    tables = np.zeros((threads, bins + 16), dtype=np.int64)
    scale = bins / (hi - lo)
    each = (len(x) + threads - 1) // threads
    for t in numba.prange(threads):
        table = tables[t]
        for i in range(t * each, min((t + 1) * each, len(x))):
            v = x[i]
            if v >= lo and v <= hi:
                k = int((v - lo) * scale)
                table[k if k < bins else bins - 1] += 1
    return tables.sum(axis=0)[:bins]

numba_histogram(np.zeros(1000), ${BINS}, 0.0, 1.0)
`

/** The counts as one writes them. */
function plainHistogram(x: Float64Array): Float64Array {
  const counts = new Float64Array(BINS)
  for (let i = 0; i < x.length; i++) {
    const k = Math.floor(x[i]! * BINS)
    counts[k]!++
  }
  return counts
}

export async function benchHistogram(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  // A kernel's result, as in most programs: it is on huge pages, as the mark's memory is.
  const x = await add(uniform(ELEMENTS), 0)
  await numpy?.load('x', x, [ELEMENTS])
  const numba = numpy !== undefined && (await numpy.run(NUMBA))
  const peer = (name: string, expression: string): Competitor[] =>
    numpy === undefined ? [] : [{ name, run: () => numpy.evaluate(expression) }]
  const even = { bins: BINS, range: [0, 1] } as const
  const counted = await bench.interleave(
    `histogram, f64, ${ELEMENTS} elements, ${BINS} bins`,
    [
      { name: 'histogram', run: () => timed(() => histogram(x, even)) },
      ...(numba ? peer('Numba', `numba_histogram(x, ${BINS}, 0.0, 1.0)`) : []),
      ...peer('np.histogram', `np.histogram(x, ${BINS}, (0, 1))`),
      { name: 'plain loop', run: () => timedSync(() => plainHistogram(x)) },
      { name: 'histogram without a range', run: () => timed(() => histogram(x, { bins: BINS })) },
    ],
    bench.rounds(),
  )
  const reader = Reader.start(x.byteLength, availableParallelism())
  const found = await bench.interleave(
    `min and argmin, f64, ${ELEMENTS} elements`,
    [
      ...(reader === undefined ? [] : [{ name: 'read', run: () => reader.time('huge', 1) }]),
      { name: 'min', run: () => timed(() => min(x)) },
      ...peer('np.min', 'np.min(x)'),
      { name: 'argmin', run: () => timed(() => argmin(x)) },
      ...peer('np.argmin', 'np.argmin(x)'),
    ],
    bench.rounds(),
  )
  reader?.close()
  const labels = new Int32Array(FEWER).map((_, i) => x[i]! * 1000)
  const few = x.subarray(0, FEWER)
  const edges = Float64Array.from({ length: 200 }, (_, i) => Math.sqrt(i / 200))
  await numpy?.load('labels', labels, [FEWER])
  await numpy?.load('edges', edges, [edges.length])
  const placed = await bench.interleave(
    `bincount and digitize, ${FEWER} elements`,
    [
      { name: 'bincount', run: () => timed(() => bincount(labels)) },
      ...peer('np.bincount', 'np.bincount(labels)'),
      { name: 'digitize', run: () => timed(() => digitize(few, edges)) },
      ...peer('np.digitize', `np.digitize(x[:${FEWER}], edges)`),
    ],
    bench.rounds(),
  )
  return [
    versus('histogram f64 32M vs Numba', counted, 'histogram', 'Numba', 1.4),
    versus('histogram f64 32M vs NumPy', counted, 'histogram', 'np.histogram', 8),
    versus('histogram f64 32M vs plain JavaScript', counted, 'histogram', 'plain loop'),
    versus('histogram f64 32M, range sought, vs NumPy', counted, 'histogram without a range', 'np.histogram'),
    versus('min f64 32M: read bandwidth reached', found, 'min', 'read', 0.9),
    versus('min f64 32M vs NumPy', found, 'min', 'np.min', 1),
    versus('argmin f64 32M: read bandwidth reached', found, 'argmin', 'read', 0.9),
    versus('argmin f64 32M vs NumPy', found, 'argmin', 'np.argmin', 1),
    versus('bincount i32 8M vs NumPy', placed, 'bincount', 'np.bincount'),
    versus('digitize f64 8M, 200 edges, vs NumPy', placed, 'digitize', 'np.digitize'),
  ]
}
