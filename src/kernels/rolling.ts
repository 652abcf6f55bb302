import { bytesOf, type Dtype, type TypedArray } from '../base/dtypes.js'
import { wrongShape } from '../base/errors.js'
import { type Options, readArray, readInteger, readOut } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, type SyncOptions } from '../core/define.js'
import { randomArray } from '../core/samples.js'
import { OF, rollingTwin } from './rolling.twin.js'

export interface RollingOptions {
  /** Elements in a window: a whole number from 1 to the length of the array. */
  window: number
}
export interface RollingStdOptions extends RollingOptions {
  /** What is taken off the window's length before dividing by it, below that length. Default: 0, as in NumPy. */
  ddof?: number | undefined
}

type Numbers = Float64Array | Float32Array | Int32Array | Uint32Array
/** Float32Array of Float32Array, else Float64Array. */
type Rolled<T> = T extends Float32Array ? Float32Array<ArrayBuffer> : Float64Array<ArrayBuffer>
type SameRolled<T> = T extends Float32Array ? Float32Array : Float64Array
type None = { out?: undefined }

/** One of the functions of `rolling`. */
export interface RollingFunction<X = RollingOptions> {
  <T extends Numbers>(x: T, options: AsyncOptions & X & None): Promise<Rolled<T>>
  <T extends Numbers, O extends SameRolled<T>>(x: T, options: AsyncOptions & X & { out: O }): Promise<O>
  /** On native threads; blocks the caller until the result is there. */
  sync<T extends Numbers>(x: T, options: SyncOptions & X & None): Rolled<T>
  sync<T extends Numbers, O extends SameRolled<T>>(x: T, options: SyncOptions & X & { out: O }): O
  /** Blocks this thread: the same in plain JavaScript. */
  js<T extends Numbers>(x: T, options: X & None): Rolled<T>
  js<T extends Numbers, O extends SameRolled<T>>(x: T, options: X & { out: O }): O
}

/**
 * Functions of every window of neighbours: out[i] is one of x[i] … x[i + window - 1].
 *
 * Only whole windows count, so there are x.length - window + 1 results, NumPy's `sliding_window_view(x, window)`;
 * pandas puts window - 1 times NaN before them. The time does not depend on the window. Nothing is subtracted from
 * a running value: errors do not pile up along the array, and NaN or infinity reaches only the windows that hold it.
 *
 * Float32Array gives Float32Array, computed in f64 and rounded once; Float64Array, Int32Array and Uint32Array give
 * Float64Array. The same bits on every CPU, for any number of threads, and as `.js`. Each takes `x`, and as
 * options `window`, and `out`: an array of the result's type and length, apart from `x`.
 * They throw TypeError (ERR_OFFLOOP_ARG_TYPE) and RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE if the window
 * is longer than `x`, ERR_OFFLOOP_OVERLAP).
 *
 * @example
 * const smooth = await rolling.mean(prices, { window: 20 })
 *
 * Source: M. van Herk, A fast algorithm for local minimum and maximum filters on rectangular and octagonal kernels,
 * Pattern Recognition Letters 13 (1992); J. Gil and M. Werman, Computing 2-D min, median, and max filters, IEEE PAMI 15
 * (1993); T. Chan, G. Golub and R. LeVeque, Updating formulae and a pairwise algorithm for computing sample variances
 * (1979).
 */
export interface Rolling {
  /**
   * The sum of each window, with an error of at most (128 + window/32) · 2⁻⁵³ · Σ|x| of that window. Its partial sums
   * must not overflow. See `rolling`.
   */
  readonly sum: RollingFunction
  /** The mean of each window: its sum, divided by its length. See `rolling`. */
  readonly mean: RollingFunction
  /** The smallest of each window, as `Math.min`: NaN if it holds NaN, −0 below +0. Exact. See `rolling`. */
  readonly min: RollingFunction
  /** The largest of each window, as `Math.max`: NaN if it holds NaN, +0 above −0. Exact. See `rolling`. */
  readonly max: RollingFunction
  /**
   * The standard deviation of each window: √(Σ(x − mean)² / (window − ddof)). Accurate also where the spread is small
   * against the numbers, and exactly 0 for equal ones in a window of more than 16; NaN if the window holds NaN or an infinity. See `rolling`.
   */
  readonly std: RollingFunction<RollingStdOptions>
}

const TYPES: Readonly<Partial<Record<Dtype, 'f64' | 'f32'>>> = { f64: 'f64', f32: 'f32', i32: 'f64', u32: 'f64' }
const DTYPES = Object.keys(TYPES) as Dtype[]
const WINDOWS = [5, 33, 100, 1000, 20_000]

/** Nanoseconds per element on one thread: windows joined one by one; for each of their elements; longer ones. */
type Cost = readonly [fixed: number, each: number, long: number]

function define<F extends RollingFunction | RollingFunction<RollingStdOptions>>(
  of: (typeof OF)[number],
  summary: string,
  cost: Cost,
): F {
  const isStd = of === 'std'
  const index = OF.indexOf(of)
  return defineKernel<F>({
    name: `rolling.${of}`,
    native: 'rolling',
    summary,
    agreement: 'exact',
    arity: 1,
    options: isStd ? ['window', 'ddof', 'out'] : ['window', 'out'],
    instances: Object.fromEntries(
      DTYPES.map((dtype) => [dtype, `in:${dtype} integer enum:5 integer out:${TYPES[dtype]}`]),
    ),
    check([x], options) {
      const instance = readArray('x', x, DTYPES)
      const array = x as TypedArray
      const window = readWindow(options, array)
      const ddof = isStd && options.ddof !== undefined ? readInteger('ddof', options.ddof, 0, window - 1) : 0
      const length = array.length - window + 1
      const dtype = TYPES[instance]!
      const out = readOut('out', options.out, dtype, length, [array], false)
      return {
        instance,
        values: [
          { kind: 'in', array },
          { kind: 'integer', value: window },
          { kind: 'enum', value: index },
          { kind: 'integer', value: ddof },
          { kind: 'out', dtype, length, array: out },
        ],
        work: estimate(cost, length, array.length, window, bytesOf(instance)),
        tiny: array.length <= 64,
        finish: (outputs) => outputs.arrays[0],
      }
    },
    twin: rollingTwin,
    samples(dtype, size, random) {
      const x = randomArray(dtype as Dtype, Math.max(1, size), random)
      return [x, { window: Math.min(x.length, WINDOWS[Math.floor(random() * WINDOWS.length)]!) }]
    },
    traffic: ({ values: [x, , , , out] }) => ({
      bytes: (x as { array: TypedArray }).array.byteLength + (out as { length: number }).length * 8,
    }),
  })
}

function readWindow(options: Options, { length }: TypedArray): number {
  const window = readInteger('window', options.window, 1, Number.MAX_SAFE_INTEGER)
  if (window > length) throw wrongShape('x', `at least ${window} elements, a window,`, `${length}`)
  return window
}

function estimate([fixed, each, long]: Cost, outputs: number, elements: number, window: number, width: number): number {
  const memory = outputs * width > 12e6 ? outputs * 0.5 : 0
  if (window <= 16) return 400 + outputs * (fixed + each * window) + memory
  // Beyond 128 chunks their totals take a pass of their own.
  return 900 + elements * (window < 8256 ? long : 1.4 * long) + memory
}

export const rolling: Rolling = {
  sum: /* @__PURE__ */ define<RollingFunction>('sum', 'Sum of every window of neighbours', [0.4, 0.08, 1.1]),
  mean: /* @__PURE__ */ define<RollingFunction>('mean', 'Mean of every window of neighbours', [0.7, 0.08, 1.3]),
  min: /* @__PURE__ */ define<RollingFunction>('min', 'Smallest of every window of neighbours', [0.4, 0.18, 1.4]),
  max: /* @__PURE__ */ define<RollingFunction>('max', 'Largest of every window of neighbours', [0.4, 0.18, 1.4]),
  std: /* @__PURE__ */ define<RollingFunction<RollingStdOptions>>(
    'std',
    'Standard deviation of every window of neighbours',
    [1.2, 0.35, 4],
  ),
}
