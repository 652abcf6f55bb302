import type { Float, Fresh, Same } from '../base/dtypes.js'
import type { AsyncOptions, SyncOptions } from '../core/define.js'
import { defineElementwise, type ElementwiseOptions, isSingle, mask } from '../core/elementwise.js'
import { randomArray } from '../core/samples.js'

type None = { out?: undefined }

export interface Axpy {
  /**
   * alpha · x + y, element by element, named as in BLAS. Exact: the product is rounded, then the sum, both to nearest
   * even; never fused.
   *
   * @param alpha - a number, rounded to the type of `x`
   * @param x - Float64Array or Float32Array; length 1 is repeated
   * @param y - of the type and length of `x`, or a number
   * @param options - `out`: where the result goes; `{ out: y }` adds to y, as BLAS does
   * @returns a fresh array, or `out`
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_SHAPE, ERR_OFFLOOP_OVERLAP)
   * @example
   * await axpy(-rate, gradient, weights, { out: weights })
   *
   * Source: Basic Linear Algebra Subprograms, C. Lawson et al., ACM Trans. Math. Softw. 5 (1979).
   */
  <T extends Float>(alpha: number, x: T, y: T | number, options?: AsyncOptions & None): Promise<Fresh<T>>
  <T extends Float, O extends Same<T>>(
    alpha: number,
    x: T,
    y: T | number,
    options: AsyncOptions & ElementwiseOptions<O>,
  ): Promise<O>
  /** On native threads; blocks the caller until the result is there. See `axpy`. */
  sync<T extends Float>(alpha: number, x: T, y: T | number, options?: SyncOptions & None): Fresh<T>
  sync<T extends Float, O extends Same<T>>(
    alpha: number,
    x: T,
    y: T | number,
    options: SyncOptions & ElementwiseOptions<O>,
  ): O
  /** Blocks this thread: the same in plain JavaScript. See `axpy`. */
  js<T extends Float>(alpha: number, x: T, y: T | number, options?: None): Fresh<T>
  js<T extends Float, O extends Same<T>>(alpha: number, x: T, y: T | number, options: ElementwiseOptions<O>): O
}

export const axpy: Axpy = /* @__PURE__ */ defineElementwise<Axpy>({
  name: 'axpy',
  summary: 'alpha · x + y, element by element',
  operands: ['alpha', 'x', 'y'],
  numbers: ['alpha'],
  ns: { f64: 0.05, f32: 0.03 },
  tiny: 128,
  twin(alpha: Float, x: Float, y: Float, out: Float) {
    const a = alpha[0]!
    const [p, q] = [mask(x), mask(y)]
    if (isSingle(out)) for (let i = 0; i < out.length; i++) out[i] = Math.fround(a * x[i & p]!) + y[i & q]!
    else for (let i = 0; i < out.length; i++) out[i] = a * x[i & p]! + y[i & q]!
  },
  sample: (dtype, size, random, operand) => (operand === 0 ? -0.3 : randomArray(dtype, size, random)),
})
