/** What an editor shows, and what the compiler refuses. */
import { expectTypeOf, test } from 'vitest'
import {
  abs,
  add,
  alloc,
  axpy,
  clip,
  countNonzero,
  dot,
  type Matrix,
  type Moments,
  matrix,
  mean,
  moments,
  type Nearest,
  random,
  scale,
  sort,
  sum,
  topK,
  where,
} from '../dist/index.js'

declare const f32: Float32Array
declare const f64: Float64Array
declare const i32: Int32Array
declare const i64: BigInt64Array
declare const u8: Uint8Array
declare const shared: Float64Array<SharedArrayBuffer>

test('sum', () => {
  expectTypeOf(sum(f64)).toEqualTypeOf<Promise<number>>()
  expectTypeOf(sum(u8)).toEqualTypeOf<Promise<number>>()
  expectTypeOf(sum(i64)).toEqualTypeOf<Promise<bigint>>()
  expectTypeOf(sum.sync(i64, { timeout: 5 })).toEqualTypeOf<bigint>()
  expectTypeOf(sum.js(shared)).toEqualTypeOf<number>()
  // @ts-expect-error a plain array
  sum([1, 2, 3])
  // @ts-expect-error no signal can fire while a call blocks
  sum.sync(f64, { signal: new AbortController().signal })
  // @ts-expect-error no such option
  sum(f64, { thread: 3 })
})

test('reductions', () => {
  const m = matrix(f32, 2, 3)
  expectTypeOf(mean(u8)).toEqualTypeOf<Promise<number>>()
  expectTypeOf(mean(m)).toEqualTypeOf<Promise<number>>()
  expectTypeOf(mean(m, { axis: 0, nan: 'omit' })).toEqualTypeOf<Promise<Float64Array<ArrayBuffer>>>()
  expectTypeOf(mean.sync(m, { axis: 1, out: shared })).toEqualTypeOf<Float64Array<SharedArrayBuffer>>()
  expectTypeOf(sum.js(m, { axis: 0 })).toEqualTypeOf<Float64Array<ArrayBuffer>>()
  expectTypeOf(moments.sync(f64, { ddof: 1 })).toEqualTypeOf<Moments>()
  expectTypeOf(countNonzero.sync(i64)).toEqualTypeOf<number>()
  expectTypeOf(mean.state().push(f64).value()).toEqualTypeOf<number>()
  expectTypeOf(sum.state<BigInt64Array>().value()).toEqualTypeOf<bigint>()
  expectTypeOf(mean.stream([f64])).toEqualTypeOf<Promise<number>>()
  expectTypeOf(dot.state().push(f64, f64).value()).toEqualTypeOf<number>()
  // @ts-expect-error BigInts have no mean
  mean(i64)
  // @ts-expect-error an array has no axis
  mean(f64, { axis: 0 })
  // @ts-expect-error no such axis
  mean(m, { axis: 2 })
  // @ts-expect-error arrays of two types
  dot(f64, f32)
})

test('elementwise', () => {
  expectTypeOf(abs(f32)).toEqualTypeOf<Promise<Float32Array<ArrayBuffer>>>()
  expectTypeOf(add(f64, 1)).toEqualTypeOf<Promise<Float64Array<ArrayBuffer>>>()
  expectTypeOf(add(1, f64, { out: shared })).toEqualTypeOf<Promise<Float64Array<SharedArrayBuffer>>>()
  expectTypeOf(clip.sync(f32, 0, 1)).toEqualTypeOf<Float32Array<ArrayBuffer>>()
  expectTypeOf(where.js(u8, f32, 0)).toEqualTypeOf<Float32Array<ArrayBuffer>>()
  expectTypeOf(where(u8, 1, 0)).toEqualTypeOf<Promise<Float64Array<ArrayBuffer>>>()
  expectTypeOf(axpy.sync(2, f64, f64, { out: f64 })).toEqualTypeOf<Float64Array>()
  expectTypeOf(scale(f32, 2)).toEqualTypeOf<Promise<Float32Array<ArrayBuffer>>>()
  // @ts-expect-error element types that differ
  add(f64, f32)
  // @ts-expect-error a factor for each element: that is multiply
  scale(f64, f64)
  // @ts-expect-error no array at all
  add(1, 2)
  // @ts-expect-error a mask is bytes
  where(f64, f64, f64)
})

test('sort', () => {
  expectTypeOf(sort(f32)).toEqualTypeOf<Promise<Float32Array<ArrayBuffer>>>()
  expectTypeOf(sort(i64, { descending: true })).toEqualTypeOf<Promise<BigInt64Array<ArrayBuffer>>>()
  expectTypeOf(sort(f64, { out: shared })).toEqualTypeOf<Promise<Float64Array<SharedArrayBuffer>>>()
  expectTypeOf(sort.sync(i32)).toEqualTypeOf<Int32Array<ArrayBuffer>>()
  expectTypeOf(sort.js(f64)).toEqualTypeOf<Float64Array<ArrayBuffer>>()
  // @ts-expect-error bytes do not sort
  sort(u8)
  // @ts-expect-error out of another type
  sort(f64, { out: f32 })
})

test('topK', () => {
  const m32 = matrix(f32, 2, 3)
  expectTypeOf(m32).toEqualTypeOf<Matrix<Float32Array>>()
  type One = Nearest<Uint32Array<ArrayBuffer>, Float32Array<ArrayBuffer>>
  type Many = Nearest<Matrix<Uint32Array<ArrayBuffer>>, Matrix<Float64Array<ArrayBuffer>>>
  expectTypeOf(topK(f32, m32, { k: 1, metric: 'dot' })).toEqualTypeOf<Promise<One>>()
  const rows = matrix.from([[1]])
  expectTypeOf(topK(rows, rows, { k: 1, metric: 'cosine', threads: 2 })).toEqualTypeOf<Promise<Many>>()
  expectTypeOf(topK(rows, { data: f64, shape: [1, 1], stride: [1, 1] }, { k: 1, metric: 'cosine' })).toEqualTypeOf<
    Promise<Many>
  >()
  // @ts-expect-error mixed element types
  topK(f64, m32, { k: 1, metric: 'dot' })
  // @ts-expect-error no metric
  topK(f32, m32, { k: 1 })
  // @ts-expect-error unknown metric
  topK(f32, m32, { k: 1, metric: 'l1' })
  // @ts-expect-error number[][]
  topK(f32, [[1]], { k: 1, metric: 'dot' })
})

test('matrix and alloc', () => {
  expectTypeOf(matrix.from([[1, 2]])).toEqualTypeOf<Matrix<Float64Array<ArrayBuffer>>>()
  expectTypeOf(matrix.from([[1, 2]], 'u8')).toEqualTypeOf<Matrix<Uint8Array<ArrayBuffer>>>()
  expectTypeOf(alloc(Float64Array, 3)).toEqualTypeOf<Float64Array<SharedArrayBuffer>>()
})

test('random', () => {
  expectTypeOf(random.uniform(5)).toEqualTypeOf<Promise<Float64Array<ArrayBuffer>>>()
  expectTypeOf(random.normal.sync(5, { dtype: 'f32', key: 1n })).toEqualTypeOf<Float32Array<ArrayBuffer>>()
  expectTypeOf(random.exponential.js(5, { out: shared })).toEqualTypeOf<Float64Array<SharedArrayBuffer>>()
  expectTypeOf(random.integers.sync(5, { high: 6 })).toEqualTypeOf<Int32Array<ArrayBuffer>>()
  expectTypeOf(random.integers.sync(5, { high: 6n, dtype: 'i64' })).toEqualTypeOf<BigInt64Array<ArrayBuffer>>()
  expectTypeOf(random.choice(5, 2, { replace: false })).toEqualTypeOf<Promise<Uint32Array<ArrayBuffer>>>()
  expectTypeOf(random.generator().uniform.sync(5)).toEqualTypeOf<Float64Array<ArrayBuffer>>()
  // @ts-expect-error integers need a bound
  random.integers(5)
  // @ts-expect-error a generator counts by itself
  random.generator().uniform(5, { offset: 3 })
})
