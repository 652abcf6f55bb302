import { bytesOf, type Dtype, type Real, type TypedArray } from '../base/dtypes.js'
import { wrongValue } from '../base/errors.js'
import { readArray, readBoolean, readOut } from '../core/arguments.js'
import { type Edges, REALS, readNumbers } from '../core/bins.js'
import { type AsyncOptions, defineKernel, instancesOf, type SyncOptions } from '../core/define.js'
import { randomArray } from '../core/samples.js'
import { position } from './bins.twin.js'
import { sampleRange } from './histogram.js'

type U32 = Uint32Array<ArrayBuffer>

export interface DigitizeOptions {
  /** An element on an edge belongs to the left of it (of rising edges) rather than to the right. Default: false. */
  right?: boolean | undefined
}

export interface Digitize {
  /**
   * The index of the bin that each element lies in, as `numpy.digitize`.
   *
   * Of rising edges: i such that edges[i − 1] <= x < edges[i], or edges[i − 1] < x <= edges[i] with `right`.
   * Of falling edges: edges[i − 1] > x >= edges[i], or edges[i − 1] >= x > edges[i] with `right`. 0 and edges.length
   * are the open ends. NaN counts as greater than all numbers. Exact; the same on every CPU, for any number of threads,
   * and as `digitize.js`.
   *
   * @param x - TypedArray of numbers, of any length
   * @param edges - numbers that rise or fall throughout; equal neighbours are allowed
   * @param options - `right`; `out`: a Uint32Array of the length of `x` for the result
   * @returns a fresh Uint32Array, or `out`
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE: edges that neither rise nor fall;
   * ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
   * @example
   * const decade = await digitize(ages, [10, 20, 30, 40, 50])
   */
  (x: Real, edges: Edges, options?: AsyncOptions & DigitizeOptions & { out?: undefined }): Promise<U32>
  /** The indices into `out`. See `digitize`. */
  <O extends Uint32Array>(x: Real, edges: Edges, options: AsyncOptions & DigitizeOptions & { out: O }): Promise<O>
  /** The bins of all elements, on native threads; blocks the caller until they are there. See `digitize`. */
  sync(x: Real, edges: Edges, options?: SyncOptions & DigitizeOptions & { out?: undefined }): U32
  /** The indices into `out`, blocking. See `digitize`. */
  sync<O extends Uint32Array>(x: Real, edges: Edges, options: SyncOptions & DigitizeOptions & { out: O }): O
  /** Blocks this thread: the bins of all elements in plain JavaScript. See `digitize`. */
  js(x: Real, edges: Edges, options?: DigitizeOptions & { out?: undefined }): U32
  /** Blocks this thread: the indices into `out` in plain JavaScript. See `digitize`. */
  js<O extends Uint32Array>(x: Real, edges: Edges, options: DigitizeOptions & { out: O }): O
}

const MOST = 2 ** 31

/** The edges in rising order, and whether they fell. */
function readMonotonic(value: unknown): { edges: Float64Array; falling: boolean } {
  const edges = readNumbers('edges', value)
  const last = edges.length - 1
  const falling = last > 0 && edges[0]! > edges[last]!
  if (falling) edges.reverse()
  for (let i = 1; i <= last; i++) {
    if (edges[i]! >= edges[i - 1]!) continue
    const at = falling ? last - i + 1 : i
    const what = `no ${falling ? 'more' : 'less'} than the edge before it`
    throw wrongValue(`edges[${at}]`, what, falling ? edges[i - 1] : edges[i])
  }
  return { edges, falling }
}

/** Whether edges look evenly spaced: these cost a multiplication rather than a search. */
function looksEven(edges: Float64Array): boolean {
  const last = edges.length - 1
  const [lo, width] = [edges[0]!, edges[last]! - edges[0]!]
  const off = (k: number) => Math.abs((edges[k]! - lo) / width - k / last) * last
  return off(last >> 1) < 0.1 && off(last >> 2) < 0.1
}

export const digitize: Digitize = /* @__PURE__ */ defineKernel<Digitize>({
  name: 'digitize',
  summary: 'The index of the bin that each element lies in',
  agreement: 'exact',
  arity: 2,
  options: ['right', 'out'],
  instances: instancesOf(
    REALS.filter((dtype) => dtype !== 'u8c'),
    'any in:f64 boolean boolean out:u32',
  ),
  check([x, given], options) {
    const dtype = readArray('x', x, REALS)
    const array = x as TypedArray
    const { edges, falling } = readMonotonic(given)
    if (edges.length > MOST) throw wrongValue('edges', `at most ${MOST} edges`, edges.length)
    const right = readBoolean('right', options.right, false)
    const out = readOut('out', options.out, 'u32', array.length, [array], false)
    const { length } = edges
    const each = length <= 12 ? 0.5 + 0.15 * length : looksEven(edges) ? 2 : 2 + 1.1 * Math.log2(length)
    return {
      instance: dtype === 'u8c' ? 'u8' : dtype,
      values: [
        { kind: 'any', array },
        { kind: 'in', array: edges },
        { kind: 'boolean', value: right ? 1 : 0 },
        { kind: 'boolean', value: falling ? 1 : 0 },
        { kind: 'out', dtype: 'u32', length: array.length, array: out },
      ],
      work: 500 + length + array.length * each,
      tiny: array.length <= 32,
      finish: ({ arrays }) => arrays[0],
    }
  },
  twin(x: Real, edges: Float64Array, right: boolean, falling: boolean, out: Uint32Array) {
    const { length } = edges
    for (let i = 0; i < x.length; i++) {
      const at = position(edges, x[i]!, right)
      out[i] = falling ? length - at : at
    }
  },
  samples(dtype, size, random) {
    // Arrays of numbers: special values, which the laws put into TypedArrays, would be out of order.
    const [lo, hi] = sampleRange(dtype)
    const edges = Array.from({ length: 100 }, () => Math.round((lo + (hi - lo) * random()) * 128) / 128)
    return [randomArray(dtype as Dtype, size, random), edges.sort((a, b) => a - b)]
  },
  traffic: ({ values: [x] }) => {
    const { array } = x as { array: TypedArray }
    return { bytes: array.byteLength + array.length * bytesOf('u32') }
  },
})
