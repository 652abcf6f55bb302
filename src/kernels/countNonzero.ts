import type { Real } from '../base/dtypes.js'
import type { Accumulator, StateOptions } from '../core/accumulator.js'
import type { AsyncOptions, SyncOptions } from '../core/define.js'
import type { MatrixLike } from '../core/matrix.js'
import {
  type Along,
  type AlongInto,
  type Chunks,
  defineReduction,
  type Reducer,
  type Reduction,
  type StreamOptions,
  type Whole,
} from '../core/reduction.js'

type Long = BigInt64Array | BigUint64Array
type None = Record<never, never>

export interface CountNonzero extends Reduction<None> {
  /**
   * How many elements are not 0, in all or along an axis of a matrix. NaN is not 0; −0 is.
   *
   * @param x - any TypedArray, or a matrix (not of BigInts along an axis)
   * @param options - `axis`: 0 to count in each column, 1 in each row; `out` for these
   * @returns a number; a Float64Array along an axis
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE)
   * @example
   * const set = await countNonzero(mask)
   */
  (x: Real | Long | MatrixLike<Real>, options?: AsyncOptions & Whole): Promise<number>
  /** The count in each column (axis 0) or row (axis 1) of a matrix. */
  (x: MatrixLike<Real>, options: AsyncOptions & Along): Promise<Float64Array<ArrayBuffer>>
  <T extends Float64Array>(x: MatrixLike<Real>, options: AsyncOptions & AlongInto<T>): Promise<T>
  /** On native threads; blocks the caller until the count is there. See `countNonzero`. */
  sync(x: Real | Long | MatrixLike<Real>, options?: SyncOptions & Whole): number
  /** The count in each column (axis 0) or row (axis 1), blocking. */
  sync(x: MatrixLike<Real>, options: SyncOptions & Along): Float64Array<ArrayBuffer>
  sync<T extends Float64Array>(x: MatrixLike<Real>, options: SyncOptions & AlongInto<T>): T
  /** Blocks this thread: the count in plain JavaScript. See `countNonzero`. */
  js(x: Real | Long | MatrixLike<Real>, options?: Whole): number
  /** Blocks this thread: the count in each column (axis 0) or row (axis 1) in plain JavaScript. */
  js(x: MatrixLike<Real>, options: Along): Float64Array<ArrayBuffer>
  js<T extends Float64Array>(x: MatrixLike<Real>, options: AlongInto<T>): T
  /** The count over elements that come in chunks. See `Accumulator`. */
  state(options?: StateOptions): Accumulator<number, [Real | Long]>
  /** The count over more than memory holds, chunk by chunk. */
  stream(chunks: Chunks<Real | Long>, options?: StreamOptions): Promise<number>
}

let count = 0

const reducer: Reducer = {
  begin() {
    count = 0
  },
  unit(x, begin, end) {
    let found = 0
    for (let i = begin; i < end; i++) if (x[i] !== 0) found++
    count += found
  },
  end: () => [count],
  join(left, right) {
    left[0]! += right[0]!
    return left
  },
  finish: (state) => state[0]!,
}

/** BigInts: the same, against 0n. */
const longReducer: Reducer = {
  ...reducer,
  unit(x, begin, end) {
    const longs = x as unknown as BigInt64Array
    for (let i = begin; i < end; i++) if (longs[i] !== 0n) count++
  },
}

export const countNonzero: CountNonzero = /* @__PURE__ */ defineReduction<CountNonzero>({
  name: 'countNonzero',
  summary: 'How many elements are not 0',
  dtypes: ['f64', 'f32', 'i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'i64', 'u64'],
  slots: 1,
  noNaN: true,
  reducer: (_, dtype) => (dtype === 'i64' || dtype === 'u64' ? longReducer : reducer),
  work: (elements, bytes) =>
    400 + Math.max(elements * 0.03, bytes * (bytes < 2e6 ? 0.018 : bytes < 12e6 ? 0.045 : 0.075)),
})
