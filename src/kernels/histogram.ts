import type { Dtype, Real, TypedArray } from '../base/dtypes.js'
import { coded, wrongValue } from '../base/errors.js'
import { type Options, readArray, readBoolean } from '../core/arguments.js'
import { type Edges, makeEdges, REALS, readCount, readEdges, readRange, readWeights } from '../core/bins.js'
import { type AsyncOptions, defineKernel, instancesOf, type SyncOptions } from '../core/define.js'
import { randomArray } from '../core/samples.js'
import type { Outputs, Value } from '../engine/values.js'
import { FAILURE, histogramTwin, MODE } from './histogram.twin.js'

type F64 = Float64Array<ArrayBuffer>

export interface HistogramOptions {
  /** How many bins of equal width (default 10), or the edges: sorted, at least two, one more than bins. */
  bins?: number | Edges | undefined
  /** Where the first bin begins and the last ends. Default: the least and the greatest element. */
  range?: readonly [number, number] | undefined
  /** Adds these up instead of counting: as many as there are elements. */
  weights?: Real | undefined
  /** Divides by bin width and total, so that the integral is 1. Default: false. */
  density?: boolean | undefined
}

export interface HistogramResult {
  /** One value per bin: whole numbers, unless there are weights or it is a density. */
  readonly counts: F64
  /** One more than there are bins. */
  readonly edges: F64
}

export interface Histogram {
  /**
   * How many elements lie in each of a row of bins, as `numpy.histogram`.
   *
   * Bin k holds edges[k] <= x < edges[k + 1]; the last bin holds its right edge too. Elements outside and NaN are
   * not counted. This holds exactly for the edges that are returned, also where an element lies on one. Edges
   * of equal width are NumPy's, bit for bit: of Float32Array data they are 32-bit numbers. Without `range`
   * they reach from the least to the greatest element (of no elements: from 0 to 1), half a unit further on both sides
   * if these are equal. Weights are added in f64, in an order that depends on lengths alone. The same bits on every
   * CPU, for any number of threads, and as `histogram.js`.
   *
   * @param x - TypedArray of numbers, of any length
   * @param options - `bins`, `range` (not used where edges are given), `weights`, `density`
   * @returns `counts` and `edges`, Float64Arrays
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE: edges that fall, a range that is
   * not finite, NaN or infinite elements without a range, more bins than there are numbers in the range;
   * ERR_OFFLOOP_SHAPE)
   * @example
   * const { counts, edges } = await histogram(latencies, { bins: 256, range: [0, 1000] })
   */
  (x: Real, options?: AsyncOptions & HistogramOptions): Promise<HistogramResult>
  /** How many elements lie in each bin, on native threads; blocks the caller until it is there. See `histogram`. */
  sync(x: Real, options?: SyncOptions & HistogramOptions): HistogramResult
  /** Blocks this thread: how many elements lie in each bin, in plain JavaScript, with the same bits. See `histogram`. */
  js(x: Real, options?: HistogramOptions): HistogramResult
}

export const INSTANCES: Readonly<Record<string, string>> = /* @__PURE__ */ instancesOf(
  REALS.filter((dtype) => dtype !== 'u8c'),
  'any any? any? enum:5 enum:5 boolean inout:f64 inout:f64? out:f64 result:f64',
)

const ABSENT = { kind: 'absent' } as const

/** One axis as the kernel takes it. `single`: made edges of 32-bit data are 32-bit numbers. */
export interface Axis {
  readonly mode: number
  readonly edges: F64
}

/** Edges given, or a number of bins and perhaps a range. */
export function readAxis(
  name: string,
  bins: unknown,
  rangeName: string,
  range: unknown,
  dtype: Dtype,
  single: boolean,
): Axis {
  if (bins !== undefined && typeof bins !== 'number') return { mode: MODE.given, edges: readEdges(name, bins) }
  const count = bins === undefined ? 10 : readCount(name, bins)
  const ends = readRange(rangeName, range)
  const edges = makeEdges(count, ends)
  if (ends === undefined) return { mode: dtype === 'f32' ? MODE.extentSingle : MODE.extent, edges }
  return { mode: dtype === 'f32' && single ? MODE.rangeSingle : MODE.range, edges }
}

export function instanceOf(dtype: Dtype): string {
  return dtype === 'u8c' ? 'u8' : dtype
}

/** Throws what stopped the kernel, if something did. */
export function refuse({ f64 }: Outputs, names: readonly string[], axes: readonly Axis[]): void {
  if (f64[0] === FAILURE.none) return
  const axis = f64[1]!
  if (f64[0] === FAILURE.notFinite) {
    throw coded(
      RangeError,
      'ERR_OFFLOOP_ARG_VALUE',
      `Expected finite elements, or a \`range\`, for \`${names[axis]}\` but received NaN or Infinity`,
    )
  }
  const { edges } = axes[axis]!
  const between = `${edges[0]} and ${edges.at(-1)}`
  throw wrongValue('bins', `fewer bins than there are numbers between ${between}`, edges.length - 1)
}

/** Nanoseconds on one thread, measured. */
export function estimate(
  arrays: readonly TypedArray[],
  weights: TypedArray | undefined,
  axes: readonly Axis[],
  cells: number,
): number {
  const length = arrays[0]!.length
  let each = 0.6 + (cells > 20_000 ? 1 : 0)
  for (const [k, { mode, edges }] of axes.entries()) {
    const array = arrays[k]!
    if (mode >= MODE.extent) each += 0.06 * array.BYTES_PER_ELEMENT
    each += mode === MODE.given ? 0.9 * Math.log2(edges.length) : 0.7
    // Small whole numbers often lie on edges, and are then compared with them.
    if (array.BYTES_PER_ELEMENT < 8) each += array.BYTES_PER_ELEMENT < 4 ? 1 : 0.2
  }
  if (weights !== undefined) each += 1
  return 2000 + cells * 4 + length * each
}

export const histogram: Histogram = /* @__PURE__ */ defineKernel<Histogram>({
  name: 'histogram',
  summary: 'How many elements lie in each bin, or the sums of their weights',
  agreement: 'exact',
  arity: 1,
  options: ['bins', 'range', 'weights', 'density'],
  instances: INSTANCES,
  check([x], options: Options) {
    const dtype = readArray('x', x, REALS)
    const array = x as TypedArray
    const axis = readAxis('bins', options.bins, 'range', options.range, dtype, true)
    const weights = readWeights(options.weights, array.length)
    const density = readBoolean('density', options.density, false)
    const cells = axis.edges.length - 1
    const values: Value[] = [
      { kind: 'any', array },
      ABSENT,
      weights === undefined ? ABSENT : { kind: 'any', array: weights },
      { kind: 'enum', value: axis.mode },
      { kind: 'enum', value: MODE.given },
      { kind: 'boolean', value: density ? 1 : 0 },
      { kind: 'inout', array: axis.edges },
      ABSENT,
      { kind: 'out', dtype: 'f64', length: cells, array: undefined },
      { kind: 'result' },
    ]
    return {
      instance: instanceOf(dtype),
      values,
      work: estimate([array], weights, [axis], cells),
      tiny: array.length <= 32,
      finish(outputs) {
        refuse(outputs, ['x'], [axis])
        return { counts: outputs.arrays[1], edges: outputs.arrays[0] }
      },
    }
  },
  twin: histogramTwin,
  samples: (dtype, size, random) => {
    const x = randomArray(dtype as Dtype, size, random)
    return [x, { bins: 256, range: sampleRange(dtype) }]
  },
  traffic: ({ values: [x] }) => ({ bytes: (x as { array: TypedArray }).array.byteLength }),
})

/** What random elements of a type lie between. */
export function sampleRange(dtype: string): [number, number] {
  const bits = Number(dtype.slice(1))
  if (dtype.startsWith('f')) return [-1, 1]
  return dtype.startsWith('u') ? [0, 2 ** bits] : [-(2 ** (bits - 1)), 2 ** (bits - 1)]
}
