import type { Float } from '../base/dtypes.js'
import { coded, wrongShape } from '../base/errors.js'
import { readFinite, readInteger, readMatrix } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, instancesOf, type SyncOptions } from '../core/define.js'
import { type Matrix, type MatrixLike, matrix } from '../core/matrix.js'
import { drawKey, highOf, lowOf, readKey } from '../core/numbered.js'
import type { MatrixValue, OutValue, ScalarValue, Value } from '../engine/values.js'
import { kmeansTwin, trialsOf } from './kmeans.twin.js'

interface Stopping {
  /** At most this many iterations, from 1. Default: 300. */
  maxIterations?: number | undefined
  /**
   * The end comes when the centres have moved by at most this, as the sum of squares, in terms of the mean variance of
   * the columns. Default: 1e-4; 0: only when no label changes.
   */
  tolerance?: number | undefined
}

interface Seeded extends Stopping {
  /** How many clusters: from 1 to the number of points. */
  clusters: number
  /**
   * What names the random numbers of the seeding: a whole number from 0 to 2⁵³ − 1, or a bigint from 0n to 2⁶⁴ − 1n.
   * Without one it is drawn from the operating system, and the result tells it.
   */
  key?: number | bigint | undefined
  /** Seedings that are tried, of which the one with the least inertia stays. Default: 1. */
  nInit?: number | undefined
  init?: undefined
}

interface Given<T> extends Stopping {
  /** The first centres, one a row. */
  init: MatrixLike<T>
  clusters?: number | undefined
  key?: undefined
  nInit?: 1 | undefined
}

export type KmeansOptions<T> = Seeded | Given<T>

export interface Clusters<T> {
  /** A centre a row: the mean of its points. */
  readonly clusterCenters: Matrix<T>
  /** The row of the nearest centre for each point; of equally near ones the first. */
  readonly labels: Uint32Array<ArrayBuffer>
  /** The sum of the squared distances of the points to their centres. */
  readonly inertia: number
  readonly iterations: number
  /** False where `maxIterations` ended it. */
  readonly converged: boolean
  /** What names the random numbers; undefined where `init` was given. */
  readonly key: number | bigint | undefined
}

type Fresh<T> = T extends Float32Array ? Float32Array<ArrayBuffer> : Float64Array<ArrayBuffer>

export interface Kmeans {
  /**
   * Clusters of points: greedy k-means++ seeding and Lloyd's iterations, as scikit-learn's KMeans.
   *
   * Distances count as the sum of squared differences, column by column in f64. Labels are exact for the centres: fast
   * products find the nearest, and where rounding could decide they are told apart by the distances themselves. Sums of
   * points are f64, joined in a fixed order. So a key names the result: the same bits on every CPU, on any number of
   * threads, and as `kmeans.js`. Centres have the type of `x`, rounded in each iteration.
   *
   * A cluster that loses all points moves to the point that is farthest from its centre (the first of equal ones),
   * which leaves its old cluster; it stays where every point lies on its centre. The end comes when no label changes,
   * when the centres hardly move (`tolerance`), or after `maxIterations`; labels and inertia belong to the centres.
   *
   * @param x - matrix of n points with d columns: Float64Array or Float32Array
   * @param options - `clusters`, `key`, `nInit`, or `init`; `maxIterations`, `tolerance`
   * @returns `clusterCenters`, `labels`, `inertia`, `iterations`, `converged`, `key`
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE); Error
   *   (ERR_OFFLOOP_NO_CONVERGENCE) if NaN, infinity or too large numbers leave no finite distances
   * @example
   * const { labels, clusterCenters } = await kmeans(matrix(points, 1_000_000, 16), { clusters: 16, key: 1 })
   *
   * Source: S. Lloyd, Least squares quantization in PCM, IEEE Trans. Inf. Theory 28 (1982); D. Arthur and
   * S. Vassilvitskii, k-means++: the advantages of careful seeding, SODA 2007.
   */
  <T extends Float>(x: MatrixLike<T>, options: AsyncOptions & KmeansOptions<T>): Promise<Clusters<Fresh<T>>>
  /** On native threads; blocks the caller until the clusters are there. See `kmeans`. */
  sync<T extends Float>(x: MatrixLike<T>, options: SyncOptions & KmeansOptions<T>): Clusters<Fresh<T>>
  /** Blocks this thread: the same in plain JavaScript. See `kmeans`. */
  js<T extends Float>(x: MatrixLike<T>, options: KmeansOptions<T>): Clusters<Fresh<T>>
}

const DTYPES = ['f64', 'f32'] as const
const MOST = 2 ** 24
const ABSENT = { kind: 'absent' } as const
const integer = (value: number): Value => ({ kind: 'integer', value })

/** Nanoseconds on one thread; how many iterations there will be nobody knows. */
function workOf(dtype: 'f64' | 'f32', n: number, d: number, k: number, seeds: number, iterations: number): number {
  const lanes = Math.ceil((trialsOf(k) + 1) / 8) * 8
  const seeding = seeds * n * k * (5 + d * (0.6 + 0.08 * lanes))
  const terms = Math.ceil(k / 4) * 4
  const step = n * (10 + d * (1.5 + terms * (dtype === 'f64' ? 0.05 : 0.028)))
  return 5000 + seeding + Math.max(seeds, 1) * Math.min(iterations, 20) * (step + k * d * 3) + 5 * n * d
}

export const kmeans: Kmeans = /* @__PURE__ */ defineKernel<Kmeans>({
  name: 'kmeans',
  summary: 'Clusters of points: k-means++ from a key, and Lloyd’s iterations',
  agreement: 'exact',
  arity: 1,
  options: ['clusters', 'key', 'nInit', 'init', 'maxIterations', 'tolerance'],
  instances: instancesOf(
    DTYPES,
    'matrix:$ integer matrix:$? integer integer integer integer number out:$ out:u32 result:f64',
  ),
  check([value], options) {
    const x = readMatrix('x', value, DTYPES)
    const dtype = x.dtype as 'f64' | 'f32'
    const { rows, cols } = x
    if (rows === 0 || cols === 0) throw wrongShape('x', 'at least one row and one column', `${rows} × ${cols}`)
    const init = options.init === undefined ? undefined : readMatrix('init', options.init, [dtype])
    const most = Math.min(rows, MOST)
    if (init !== undefined && (init.cols !== cols || init.rows === 0 || init.rows > most)) {
      throw wrongShape('init', `1 to ${most} rows and ${cols} columns`, `${init.rows} × ${init.cols}`)
    }
    const least = init?.rows ?? 1
    const clusters =
      init !== undefined && options.clusters === undefined
        ? least
        : readInteger('clusters', options.clusters, least, init?.rows ?? most)
    const runs = options.nInit === undefined ? 1 : readInteger('nInit', options.nInit, 1, init ? 1 : 1_000_000)
    const iterations =
      options.maxIterations === undefined ? 300 : readInteger('maxIterations', options.maxIterations, 1, 2 ** 31)
    const tolerance = options.tolerance === undefined ? 1e-4 : readFinite('tolerance', options.tolerance, 0)
    const given = options.key === undefined ? undefined : readKey(options.key)
    const key = init === undefined ? (given ?? drawKey()) : undefined
    return {
      instance: dtype,
      values: [
        x,
        integer(clusters),
        init ?? ABSENT,
        integer(lowOf(key ?? 0)),
        integer(highOf(key ?? 0)),
        integer(runs),
        integer(iterations),
        { kind: 'number', value: tolerance },
        { kind: 'out', dtype, length: clusters * cols, array: undefined },
        { kind: 'out', dtype: 'u32', length: rows, array: undefined },
        { kind: 'result' },
      ],
      work: workOf(dtype, rows, cols, clusters, init === undefined ? runs : 0, iterations),
      finish({ arrays: [centres, labels], f64 }) {
        const [inertia, count, converged] = f64 as unknown as [number, number, number]
        if (!Number.isFinite(inertia)) {
          throw coded(
            Error,
            'ERR_OFFLOOP_NO_CONVERGENCE',
            'Expected finite numbers in `x` whose squares add up but received some for which distances are not finite',
          )
        }
        return {
          clusterCenters: matrix(centres!, clusters, cols),
          labels,
          inertia,
          iterations: count,
          converged: converged === 1,
          key,
        }
      },
    }
  },
  twin: kmeansTwin,
  samples(dtype, size, random) {
    const cols = size < 60_000 ? 1 + (size % 17) : 16
    const rows = Math.max(1, Math.round(size / cols))
    const clusters = Math.min(rows, size < 60_000 ? 1 + (size % 9) : 16)
    const kind = dtype === 'f64' ? Float64Array : Float32Array
    const places = Float64Array.from({ length: clusters * cols }, () => 4 * random())
    const data = new kind(rows * cols)
    for (let i = 0, at = 0; i < rows; i++) {
      const place = Math.floor(random() * clusters) * cols
      for (let j = 0; j < cols; j++) data[at++] = places[place + j]! + random() - random()
    }
    const key = Math.floor(random() * 2 ** 32)
    return [matrix(data, rows, cols), { clusters, key, maxIterations: size < 60_000 ? 12 : 2, nInit: 1 + (size % 2) }]
  },
  traffic({ values }) {
    const [x, clusters] = values as unknown as [MatrixValue, ScalarValue]
    const iterations = (values[6] as ScalarValue).value + 1
    const elements = x.rows * x.cols
    return {
      bytes: iterations * elements * x.array.BYTES_PER_ELEMENT + (values[9] as OutValue).length * 4,
      flops: iterations * 2 * elements * clusters.value,
    }
  },
})
