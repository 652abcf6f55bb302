import type { Float, Fresh, Same } from '../base/dtypes.js'
import type { AsyncOptions, SyncOptions } from '../core/define.js'
import { defineElementwise, type ElementwiseOptions } from '../core/elementwise.js'
import { randomArray } from '../core/samples.js'

type None = { out?: undefined }

export interface Scale {
  /**
   * x · factor, element by element. Exact: IEEE multiplication, rounded to nearest even.
   *
   * @param x - Float64Array or Float32Array
   * @param factor - a number, rounded to the type of `x`
   * @param options - `out`: where the result goes; `{ out: x }` scales in place
   * @returns a fresh array, or `out`
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
   * @example
   * const volts = await scale(counts, 3.3 / 4096)
   */
  <T extends Float>(x: T, factor: number, options?: AsyncOptions & None): Promise<Fresh<T>>
  <T extends Float, O extends Same<T>>(x: T, factor: number, options: AsyncOptions & ElementwiseOptions<O>): Promise<O>
  /** On native threads; blocks the caller until the result is there. See `scale`. */
  sync<T extends Float>(x: T, factor: number, options?: SyncOptions & None): Fresh<T>
  sync<T extends Float, O extends Same<T>>(x: T, factor: number, options: SyncOptions & ElementwiseOptions<O>): O
  /** Blocks this thread: the same in plain JavaScript. See `scale`. */
  js<T extends Float>(x: T, factor: number, options?: None): Fresh<T>
  js<T extends Float, O extends Same<T>>(x: T, factor: number, options: ElementwiseOptions<O>): O
}

export const scale: Scale = /* @__PURE__ */ defineElementwise<Scale>({
  name: 'scale',
  native: 'multiply',
  summary: 'x times a number, element by element',
  operands: ['x', 'factor'],
  numbers: ['factor'],
  ns: { f64: 0.05, f32: 0.03 },
  tiny: 128,
  twin(x: Float, factor: Float, out: Float) {
    const by = factor[0]!
    for (let i = 0; i < out.length; i++) out[i] = x[i]! * by
  },
  sample: (dtype, size, random, operand) => (operand === 0 ? randomArray(dtype, size, random) : 1.7),
})
