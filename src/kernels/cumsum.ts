import { dtypeOf, type Fresh, type Same, type Sortable, type TypedArray } from '../base/dtypes.js'
import type { AsyncOptions, SyncOptions } from '../core/define.js'
import { defineScan, type ScanOptions, scanSums } from '../core/scan.js'

/** What sums of `T` are: Float64Array for 32-bit integers, else as `T`. */
type Sums<T> = T extends Int32Array | Uint32Array ? Float64Array<ArrayBuffer> : Fresh<T>
type SameSums<T> = T extends Int32Array | Uint32Array ? Float64Array : Same<T>

export interface Cumsum {
  /**
   * Running sums: out[i] = x[0] + … + x[i].
   *
   * Floats are added in f64, also f32, whose results are rounded once each. The error is at most
   * (576 + n/32768) · 2⁻⁵³ · Σ|x|, against n · 2⁻⁵³ · Σ|x| of NumPy's plain loop, and the sums of elements ≥ 0 never fall.
   * Int32Array and Uint32Array give a Float64Array, exact up to 2⁵³. BigInt arrays give their own type and wrap
   * around as its elements do. NaN and infinities reach all later results; the partial sums of 32,768 elements
   * must not overflow. The same bits on every CPU, for any number of threads, and as `cumsum.js`.
   *
   * @param x - Float64Array, Float32Array, Int32Array, Uint32Array, BigInt64Array or BigUint64Array
   * @param options - `out`: where the result goes; `out: x` works in place
   * @returns a fresh array, or `out`
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
   * @example
   * const balance = await cumsum(payments)
   *
   * Source: blocked prefix sums, G. Blelloch, Prefix sums and their applications, CMU-CS-90-190 (1990); written from
   * the cache as in D. Merrill and M. Garland, Single-pass parallel prefix scan with decoupled look-back (2016).
   */
  <T extends Sortable>(x: T, options?: AsyncOptions & { out?: undefined }): Promise<Sums<T>>
  /** Running sums into `out`. See `cumsum(x)`. */
  <T extends Sortable, O extends SameSums<T>>(x: T, options: AsyncOptions & ScanOptions<O>): Promise<O>
  /** Running sums, on native threads; blocks the caller until they are there. See `cumsum`. */
  sync<T extends Sortable>(x: T, options?: SyncOptions & { out?: undefined }): Sums<T>
  /** Running sums into `out`, blocking. See `cumsum`. */
  sync<T extends Sortable, O extends SameSums<T>>(x: T, options: SyncOptions & ScanOptions<O>): O
  /** Blocks this thread: running sums in plain JavaScript, with the same bits. See `cumsum`. */
  js<T extends Sortable>(x: T, options?: { out?: undefined }): Sums<T>
  /** Blocks this thread: running sums into `out` in plain JavaScript. */
  js<T extends Sortable, O extends SameSums<T>>(x: T, options: ScanOptions<O>): O
}

function twin(x: TypedArray, out: TypedArray): void {
  const dtype = dtypeOf(x)
  if (dtype !== 'i64' && dtype !== 'u64') {
    scanSums(x as Float64Array, out as Float64Array)
    return
  }
  const [longs, to] = [x as BigInt64Array, out as BigInt64Array]
  let total = 0n // of any size: the array keeps its low 64 bits
  for (let i = 0; i < longs.length; i++) to[i] = total += longs[i]!
}

export const cumsum: Cumsum = /* @__PURE__ */ defineScan<Cumsum>({
  name: 'cumsum',
  summary: 'Running sums',
  types: { f64: 'f64', f32: 'f32', i32: 'f64', u32: 'f64', i64: 'i64', u64: 'u64' },
  twin,
  ns: (bytes) => (bytes < 3e6 ? 0.6 : bytes < 4e7 ? 0.8 : 1.1),
})
