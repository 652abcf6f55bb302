/**
 * Lloyd's iteration against Numba: threads, sums of their own, `fastmath`, both ways to nest the loops. A step of ours is
 * what five more iterations take, divided by five.
 */
import { kmeans, matrix } from 'offloop'
import { type Bench, type Competitor, type Row, timed, versus } from './common.js'
import { uniform } from './data.js'
import type { NumPy } from './peers.js'

const [POINTS, COLUMNS, CLUSTERS] = [1_000_000, 16, 16]
const STEPS = 5

const NUMBA = `
import numba as nb
@nb.njit(parallel=True, fastmath=True)
def by_centre(x, c, labels):
    n, d = x.shape
    k = c.shape[0]
    threads = nb.get_num_threads()
    sums = np.zeros((threads, k, d), x.dtype)
    counts = np.zeros((threads, k), np.int64)
    for t in nb.prange(threads):
        for i in range(t * n // threads, (t + 1) * n // threads):
            best = np.inf
            own = 0
            for j in range(k):
                s = x.dtype.type(0)
                for q in range(d):
                    apart = x[i, q] - c[j, q]
                    s += apart * apart
                if s < best:
                    best = s
                    own = j
            labels[i] = own
            counts[t, own] += 1
            for q in range(d):
                sums[t, own, q] += x[i, q]
    return sums.sum(axis=0) / counts.sum(axis=0).reshape(k, 1)
@nb.njit(parallel=True, fastmath=True)
def by_column(x, c, labels):
    n, d = x.shape
    k = c.shape[0]
    across = c.T.copy()
    half = np.zeros(k, x.dtype)
    for j in range(k):
        for q in range(d):
            half[j] += c[j, q] * c[j, q] / 2
    threads = nb.get_num_threads()
    sums = np.zeros((threads, k, d), x.dtype)
    counts = np.zeros((threads, k), np.int64)
    for t in nb.prange(threads):
        s = np.empty(k, x.dtype)
        for i in range(t * n // threads, (t + 1) * n // threads):
            s[:] = half
            for q in range(d):
                value = x[i, q]
                for j in range(k):
                    s[j] -= value * across[q, j]
            own = np.argmin(s)
            labels[i] = own
            counts[t, own] += 1
            for q in range(d):
                sums[t, own, q] += x[i, q]
    return sums.sum(axis=0) / counts.sum(axis=0).reshape(k, 1)
labels = np.zeros(${POINTS}, np.int32)
steps = {}
def choose():
    """The quicker of the two for these numbers, compiled."""
    import time
    for step in (by_centre, by_column):
        step(x, c, labels)
        begun = time.perf_counter()
        for _ in range(3): step(x, c, labels)
        steps[step] = time.perf_counter() - begun
    return min(steps, key=steps.get)
def iterate(count):
    centres = c
    for _ in range(count): centres = step(x, centres, labels)
`

export async function benchKmeans(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  const numba = (await numpy?.run(NUMBA)) ?? false
  const sklearn = (await numpy?.run('from sklearn.cluster import KMeans')) ?? false
  const rows: Row[] = []
  for (const dtype of ['f64', 'f32'] as const) {
    const places = uniform(CLUSTERS * COLUMNS, 2)
    const noise = uniform(POINTS * COLUMNS, 1)
    const Kind = dtype === 'f64' ? Float64Array : Float32Array
    const data = new Kind(POINTS * COLUMNS) as Float64Array
    // Clusters that overlap: it takes many iterations.
    for (let i = 0; i < data.length; i++) {
      const place = (((i / COLUMNS) | 0) * 7) % CLUSTERS
      data[i] = noise[i]! + 0.5 * places[place * COLUMNS + (i % COLUMNS)]!
    }
    const x = matrix(data, POINTS, COLUMNS)
    const init = matrix(data.slice(0, CLUSTERS * COLUMNS), CLUSTERS, COLUMNS)
    const iterations = (count: number) =>
      timed(async () => {
        const { iterations } = await kmeans(x, { init, maxIterations: count, tolerance: 0 })
        if (iterations !== count) throw new Error(`Expected ${count} iterations but there were ${iterations}`)
      })
    await numpy?.load('x', x.data, [POINTS, COLUMNS])
    await numpy?.load('c', init.data, [CLUSTERS, COLUMNS])
    if (numba) await numpy!.run('step = choose()')
    const competitors: Competitor[] = [
      {
        name: 'kmeans, a step',
        run: async () => {
          const few = await iterations(2)
          return ((await iterations(2 + STEPS)) - few) / STEPS
        },
      },
      ...(numba ? [{ name: 'Numba', run: async () => (await numpy!.evaluate(`iterate(${STEPS})`)) / STEPS }] : []),
      ...(sklearn
        ? [
            { name: 'kmeans, seeds and 20 iterations', run: () => run(x) },
            { name: 'scikit-learn', run: () => numpy!.evaluate(SKLEARN) },
          ]
        : []),
    ]
    const times = await bench.interleave(`kmeans, ${POINTS} × ${COLUMNS}, ${CLUSTERS} clusters, ${dtype}`, competitors)
    rows.push(
      versus(`kmeans step ${dtype} 1M x 16, k = 16 vs Numba`, times, 'kmeans, a step', 'Numba', 2),
      ...(sklearn
        ? [
            versus(
              `kmeans ${dtype}, whole run vs scikit-learn`,
              times,
              'kmeans, seeds and 20 iterations',
              'scikit-learn',
            ),
          ]
        : []),
    )
  }
  return rows
}

const SKLEARN = `KMeans(${CLUSTERS}, n_init=1, max_iter=20, tol=0, random_state=1).fit(x)`
function run(x: Parameters<typeof kmeans<Float64Array>>[0]): Promise<number> {
  return timed(() => kmeans(x, { clusters: CLUSTERS, key: 1, maxIterations: 20, tolerance: 0 }))
}
