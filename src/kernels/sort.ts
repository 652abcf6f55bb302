import { bytesOf, type Dtype, dtypeOf, type Fresh, type Same, type Sortable, type TypedArray } from '../base/dtypes.js'
import { readArray, readBoolean, readOut } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, instancesOf, type SyncOptions } from '../core/define.js'
import { randomArray } from '../core/samples.js'

export interface SortOptions {
  /** From high to low; +0 then comes before −0, and NaN is still last. Default: false. */
  descending?: boolean | undefined
}

export interface Sort {
  /**
   * A sorted copy, in the order of `TypedArray.prototype.sort`: ascending, −0 before +0, NaN last.
   *
   * Exact: the same bits as `sort.js` on every CPU and any number of threads (any NaN equals any NaN). Not stable in
   * any way that could be seen: equal elements are identical.
   * An aborted call leaves `out` unspecified; with `out: x` it leaves a permutation of `x`, except that zeros may
   * have lost their signs.
   *
   * @param x - Float64Array, Float32Array, Int32Array, Uint32Array, BigInt64Array or BigUint64Array
   * @param options - `descending`; `out`: where the result goes, of the type and length of `x`; `out: x` sorts in place
   * @returns a fresh array, or `out`
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
   * @example
   * const sorted = await sort(prices, { descending: true })
   *
   * Source: vqsort (Blacher, Giesen, Peters, Wassenberg, Vectorized and performance-portable Quicksort, 2022) as leaves.
   */
  <T extends Sortable>(x: T, options?: AsyncOptions & SortOptions & { out?: undefined }): Promise<Fresh<T>>
  /** Sorts into `out`, which may be `x` itself. See `sort(x)`. */
  <T extends Sortable, O extends Same<T>>(x: T, options: AsyncOptions & SortOptions & { out: O }): Promise<O>
  /** A sorted copy, on native threads; blocks the caller until it is there. See `sort`. */
  sync<T extends Sortable>(x: T, options?: SyncOptions & SortOptions & { out?: undefined }): Fresh<T>
  /** Sorts into `out`, blocking; `out` may be `x` itself. See `sort`. */
  sync<T extends Sortable, O extends Same<T>>(x: T, options: SyncOptions & SortOptions & { out: O }): O
  /** Blocks this thread: a sorted copy by `TypedArray.prototype.sort`. See `sort`. */
  js<T extends Sortable>(x: T, options?: SortOptions & { out?: undefined }): Fresh<T>
  /** Blocks this thread: sorts into `out` by `TypedArray.prototype.sort`. See `sort`. */
  js<T extends Sortable, O extends Same<T>>(x: T, options: SortOptions & { out: O }): O
}

const DTYPES = ['f64', 'f32', 'i32', 'u32', 'i64', 'u64'] as const

/** Nanoseconds per element and doubling on one thread, by element size, measured. */
const NS_PER_LEVEL: Readonly<Record<number, number>> = { 4: 0.32, 8: 0.55 }

function twin(x: TypedArray, out: TypedArray, descending: boolean): void {
  if (out !== x) out.set(x as Float64Array & BigInt64Array)
  out.sort()
  if (!descending) return
  // NaN stays last: only what comes before it is turned round.
  let end = out.length
  const dtype = dtypeOf(out)
  if (dtype === 'f64' || dtype === 'f32') while (end > 0 && Number.isNaN(out[end - 1])) end--
  out.subarray(0, end).reverse()
}

export const sort: Sort = /* @__PURE__ */ defineKernel<Sort>({
  name: 'sort',
  summary: 'Sorted copy, or in place: −0 before +0, NaN last',
  agreement: 'exact',
  arity: 1,
  options: ['descending', 'out'],
  instances: instancesOf(DTYPES, 'in:$ out:$ boolean'),
  check([x], options) {
    const dtype = readArray('x', x, DTYPES)
    const array = x as TypedArray
    const { length } = array
    const descending = readBoolean('descending', options.descending, false)
    const out = readOut('out', options.out, dtype, length, [array], true)
    return {
      instance: dtype,
      values: [
        { kind: 'in', array },
        { kind: 'out', dtype, length, array: out },
        { kind: 'boolean', value: descending ? 1 : 0 },
      ],
      work: 50 + length * Math.log2(length + 2) * NS_PER_LEVEL[bytesOf(dtype)]!,
      tiny: length <= 16,
      finish: (outputs) => outputs.arrays[0],
    }
  },
  twin,
  samples: (dtype, size, random) => [randomArray(dtype as Dtype, size, random)],
  traffic: ({ values: [x] }) => ({ bytes: 2 * (x as { array: TypedArray }).array.byteLength }),
})
