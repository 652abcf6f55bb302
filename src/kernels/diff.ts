import { bytesOf, type Dtype, type Fresh, type Same, type Sortable, type TypedArray } from '../base/dtypes.js'
import { readArray, readInteger, readOut } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, instancesOf, type SyncOptions } from '../core/define.js'
import { randomArray } from '../core/samples.js'

export interface DiffOptions {
  /** How many times to difference. Default: 1. */
  n?: number | undefined
}

export interface Diff {
  /**
   * Differences of neighbours: out[i] = x[i + 1] − x[i], n times over; n elements fewer than `x`, or none.
   *
   * Floats are rounded after every step, f32 to f32. Integers wrap around, as NumPy's and as stores into their arrays
   * do: `diff(Uint32Array.of(1, 0))` is 2³² − 1. The work grows with n. The same bits on every CPU, for any number
   * of threads, and as `diff.js`.
   *
   * @param x - Float64Array, Float32Array, Int32Array, Uint32Array, BigInt64Array or BigUint64Array
   * @param options - `n`: a whole number ≥ 0; `out`: where the result goes, apart from `x`
   * @returns a fresh array, or `out`
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
   * @example
   * const steps = await diff(prices)
   */
  <T extends Sortable>(x: T, options?: AsyncOptions & DiffOptions & { out?: undefined }): Promise<Fresh<T>>
  /** Differences into `out`. See `diff(x)`. */
  <T extends Sortable, O extends Same<T>>(x: T, options: AsyncOptions & DiffOptions & { out: O }): Promise<O>
  /** Differences, on native threads; blocks the caller until they are there. See `diff`. */
  sync<T extends Sortable>(x: T, options?: SyncOptions & DiffOptions & { out?: undefined }): Fresh<T>
  /** Differences into `out`, blocking. See `diff`. */
  sync<T extends Sortable, O extends Same<T>>(x: T, options: SyncOptions & DiffOptions & { out: O }): O
  /** Blocks this thread: differences in plain JavaScript, with the same bits. See `diff`. */
  js<T extends Sortable>(x: T, options?: DiffOptions & { out?: undefined }): Fresh<T>
  /** Blocks this thread: differences into `out` in plain JavaScript. */
  js<T extends Sortable, O extends Same<T>>(x: T, options: DiffOptions & { out: O }): O
}

const DTYPES = ['f64', 'f32', 'i32', 'u32', 'i64', 'u64'] as const

const once = (x: Float64Array, out: Float64Array, size: number): void => {
  for (let i = 0; i < size; i++) out[i] = x[i + 1]! - x[i]!
}
const onceLong = (x: BigInt64Array, out: BigInt64Array, size: number): void => {
  for (let i = 0; i < size; i++) out[i] = x[i + 1]! - x[i]!
}

function twin(x: TypedArray, order: number, out: TypedArray): void {
  const { length } = out
  const step = (x instanceof BigInt64Array || x instanceof BigUint64Array ? onceLong : once) as (
    x: TypedArray,
    out: TypedArray,
    size: number,
  ) => void
  if (length === 0) return
  if (order === 0) {
    out.set(x as Float64Array & BigInt64Array)
    return
  }
  if (order === 1) {
    step(x, out, length)
    return
  }
  // Differences go down in place; only the last fit the output.
  const work = x.slice()
  for (let k = 1; k < order; k++) step(work, work, x.length - k)
  step(work, out, length)
}

/** Nanoseconds on one thread: moving the arrays, and differencing once more in the first cache. */
function estimate(dtype: Dtype, length: number, order: number): number {
  const width = bytesOf(dtype)
  const bytes = 2 * length * width
  const perByte = bytes < 1.5e6 ? 0.025 : bytes < 12e6 ? 0.04 : 0.07
  return 300 + bytes * perByte + length * width * Math.max(0, order - 1) * 0.03
}

export const diff: Diff = /* @__PURE__ */ defineKernel<Diff>({
  name: 'diff',
  summary: 'Differences of neighbours, n times over',
  agreement: 'exact',
  arity: 1,
  options: ['n', 'out'],
  instances: instancesOf(DTYPES, 'in:$ integer out:$'),
  check([x], options) {
    const dtype = readArray('x', x, DTYPES)
    const array = x as TypedArray
    const order = options.n === undefined ? 1 : readInteger('n', options.n, 0, Number.MAX_SAFE_INTEGER)
    const length = Math.max(0, array.length - order)
    const out = readOut('out', options.out, dtype, length, [array], false)
    return {
      instance: dtype,
      values: [
        { kind: 'in', array },
        { kind: 'integer', value: order },
        { kind: 'out', dtype, length, array: out },
      ],
      work: estimate(dtype, length, order),
      tiny: array.length <= 128,
      finish: (outputs) => outputs.arrays[0],
    }
  },
  twin,
  samples: (dtype, size, random) => [randomArray(dtype as Dtype, size, random)],
  traffic: ({ values }) => ({ bytes: 2 * (values[0] as { array: TypedArray }).array.byteLength }),
})
