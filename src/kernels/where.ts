import type { Float, Fresh, Same } from '../base/dtypes.js'
import type { AsyncOptions, SyncOptions } from '../core/define.js'
import { defineElementwise, type ElementwiseOptions, mask } from '../core/elementwise.js'
import { randomArray } from '../core/samples.js'

type None = { out?: undefined }
type Mask = Uint8Array | Uint8ClampedArray

export interface Where {
  /**
   * a where the condition holds, else b, element by element: `np.where`.
   *
   * Elements are copied as they are. The condition holds where a byte is not 0; a condition, `a` and `b` of one
   * element are repeated.
   *
   * @param condition - Uint8Array
   * @param a - Float64Array or Float32Array, or a number (rounded to the type of `b`)
   * @param b - of the type of `a`, or a number; of two numbers the result is a Float64Array
   * @param options - `out`: where the result goes; it may be `a` or `b`
   * @returns a fresh array, or `out`
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
   * @example
   * const filled = await where(isMissing, 0, measured)
   */
  <T extends Float>(condition: Mask, a: T, b: T | number, options?: AsyncOptions & None): Promise<Fresh<T>>
  <T extends Float>(condition: Mask, a: T | number, b: T, options?: AsyncOptions & None): Promise<Fresh<T>>
  (condition: Mask, a: number, b: number, options?: AsyncOptions & None): Promise<Float64Array<ArrayBuffer>>
  <T extends Float, O extends Same<T>>(
    condition: Mask,
    a: T | number,
    b: T | number,
    options: AsyncOptions & ElementwiseOptions<O>,
  ): Promise<O>
  /** On native threads; blocks the caller until the result is there. See `where`. */
  sync<T extends Float>(condition: Mask, a: T, b: T | number, options?: SyncOptions & None): Fresh<T>
  sync<T extends Float>(condition: Mask, a: T | number, b: T, options?: SyncOptions & None): Fresh<T>
  sync(condition: Mask, a: number, b: number, options?: SyncOptions & None): Float64Array<ArrayBuffer>
  sync<T extends Float, O extends Same<T>>(
    condition: Mask,
    a: T | number,
    b: T | number,
    options: SyncOptions & ElementwiseOptions<O>,
  ): O
  /** Blocks this thread: the same in plain JavaScript. See `where`. */
  js<T extends Float>(condition: Mask, a: T, b: T | number, options?: None): Fresh<T>
  js<T extends Float>(condition: Mask, a: T | number, b: T, options?: None): Fresh<T>
  js(condition: Mask, a: number, b: number, options?: None): Float64Array<ArrayBuffer>
  js<T extends Float, O extends Same<T>>(
    condition: Mask,
    a: T | number,
    b: T | number,
    options: ElementwiseOptions<O>,
  ): O
}

export const where: Where = /* @__PURE__ */ defineElementwise<Where>({
  name: 'where',
  summary: 'a where a mask is not 0, else b, element by element',
  operands: ['condition', 'a', 'b'],
  masked: true,
  ns: { f64: 0.1, f32: 0.1 },
  tiny: 128,
  twin(condition: Uint8Array, a: Float, b: Float, out: Float) {
    const [p, q, r] = [mask(condition), mask(a), mask(b)]
    for (let i = 0; i < out.length; i++) out[i] = condition[i & p] !== 0 ? a[i & q]! : b[i & r]!
  },
  sample(dtype, size, random, operand) {
    if (operand > 0) return randomArray(dtype, size, random)
    return (randomArray('u8', size, random) as Uint8Array).map((byte) => byte & 3)
  },
})
