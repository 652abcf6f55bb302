import type { Dtype, Real, TypedArray } from '../base/dtypes.js'
import { wrongShape, wrongType } from '../base/errors.js'
import { type Options, readArray, readBoolean } from '../core/arguments.js'
import { type Edges, MAX_BINS, REALS, readWeights } from '../core/bins.js'
import { type AsyncOptions, defineKernel, type SyncOptions } from '../core/define.js'
import { type Matrix, matrix } from '../core/matrix.js'
import { randomArray } from '../core/samples.js'
import { estimate, INSTANCES, instanceOf, readAxis, refuse, sampleRange } from './histogram.js'
import { histogramTwin } from './histogram.twin.js'

type F64 = Float64Array<ArrayBuffer>
type Ends = readonly [number, number]

export interface Histogram2dOptions {
  /**
   * How many bins of equal width along both axes (default 10), or their edges in a TypedArray; or two of these, for
   * `x` and for `y`, where edges may also be plain arrays.
   */
  bins?: number | Real | readonly [number | Edges, number | Edges] | undefined
  /** Where the bins begin and end, of `x` and of `y`. Default: the least and the greatest element. */
  range?: readonly [Ends | undefined, Ends | undefined] | undefined
  /** Adds these up instead of counting: as many as there are elements. */
  weights?: Real | undefined
  /** Divides by bin area and total, so that the integral is 1. Default: false. */
  density?: boolean | undefined
}

export interface Histogram2dResult {
  /** A row for each bin of `x`, a column for each bin of `y`. */
  readonly counts: Matrix<F64>
  readonly xEdges: F64
  readonly yEdges: F64
}

export interface Histogram2d {
  /**
   * How many points lie in each cell of a grid, as `numpy.histogram2d`.
   *
   * The rules of `histogram` along both axes: a cell holds its lower edges, the last ones their upper edges too; points
   * outside and those with a NaN are not counted. Edges are NumPy's, bit for bit; those of a given range are 64-bit
   * numbers, whatever the data. The same bits on every CPU, for any number of threads, and as `histogram2d.js`.
   *
   * @param x - TypedArray of numbers, of any length: down the rows of the result
   * @param y - of the type and length of `x`: along its columns
   * @param options - `bins`, `range`, `weights`, `density`
   * @returns `counts`, a matrix of f64, and `xEdges`, `yEdges`
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE), as `histogram`
   * @example
   * const { counts } = await histogram2d(longitude, latitude, { bins: [360, 180], range: [[-180, 180], [-90, 90]] })
   */
  (x: Real, y: Real, options?: AsyncOptions & Histogram2dOptions): Promise<Histogram2dResult>
  /** How many points lie in each cell, on native threads; blocks the caller until it is there. See `histogram2d`. */
  sync(x: Real, y: Real, options?: SyncOptions & Histogram2dOptions): Histogram2dResult
  /** Blocks this thread: how many points lie in each cell, in plain JavaScript, with the same bits. See `histogram2d`. */
  js(x: Real, y: Real, options?: Histogram2dOptions): Histogram2dResult
}

const ABSENT = { kind: 'absent' } as const

/** The two parts of an option that may be one for both axes. */
function readBoth(bins: unknown): [string, unknown, string, unknown] {
  if (!Array.isArray(bins)) return ['bins', bins, 'bins', bins]
  if (bins.length !== 2) throw wrongType('bins', 'a number, a TypedArray of edges, or two of these', bins)
  return ['bins[0]', bins[0], 'bins[1]', bins[1]]
}

export const histogram2d: Histogram2d = /* @__PURE__ */ defineKernel<Histogram2d>({
  name: 'histogram2d',
  native: 'histogram',
  summary: 'How many points lie in each cell of a grid, or the sums of their weights',
  agreement: 'exact',
  arity: 2,
  options: ['bins', 'range', 'weights', 'density'],
  instances: INSTANCES,
  check([x, y], options: Options) {
    const dtype = readArray('x', x, REALS)
    readArray('y', y, [dtype])
    const [xs, ys] = [x as TypedArray, y as TypedArray]
    if (ys.length !== xs.length) throw wrongShape('y', `${xs.length} elements, as \`x\` has,`, `${ys.length}`)
    const ranges = (options.range ?? []) as readonly unknown[]
    if (options.range !== undefined && !(Array.isArray(ranges) && ranges.length === 2)) {
      throw wrongType('range', 'two pairs of numbers', options.range)
    }
    const [xName, xBins, yName, yBins] = readBoth(options.bins)
    const rows = readAxis(xName, xBins, 'range[0]', ranges[0], dtype, false)
    const columns = readAxis(yName, yBins, 'range[1]', ranges[1], dtype, false)
    const [down, across] = [rows.edges.length - 1, columns.edges.length - 1]
    const cells = down * across
    if (cells > MAX_BINS) throw wrongShape('bins', `at most ${MAX_BINS} cells`, `${down} × ${across} = ${cells}`)
    const weights = readWeights(options.weights, xs.length)
    const density = readBoolean('density', options.density, false)
    return {
      instance: instanceOf(dtype),
      values: [
        { kind: 'any', array: xs },
        { kind: 'any', array: ys },
        weights === undefined ? ABSENT : { kind: 'any', array: weights },
        { kind: 'enum', value: rows.mode },
        { kind: 'enum', value: columns.mode },
        { kind: 'boolean', value: density ? 1 : 0 },
        { kind: 'inout', array: rows.edges },
        { kind: 'inout', array: columns.edges },
        { kind: 'out', dtype: 'f64', length: cells, array: undefined },
        { kind: 'result' },
      ],
      work: estimate([xs, ys], weights, [rows, columns], cells),
      finish(outputs) {
        refuse(outputs, ['x', 'y'], [rows, columns])
        const [xEdges, yEdges, counts] = outputs.arrays as F64[]
        return { counts: matrix(counts!, down, across), xEdges, yEdges }
      },
    }
  },
  twin: histogramTwin,
  samples(dtype, size, random) {
    const make = () => randomArray(dtype as Dtype, size, random)
    const range = sampleRange(dtype)
    // With weights: the laws then cover sums too.
    const weights = randomArray('f64', size, random)
    return [make(), make(), { bins: [16, 12], range: [range, range], weights }]
  },
  traffic({ values }) {
    let bytes = 0
    for (const value of values) if (value.kind === 'any') bytes += value.array.byteLength
    return { bytes }
  },
})
