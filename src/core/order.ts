/** What argsort, rank and unique share: the parameters of native/kernels/argsort.cpp. */
import type { Dtype, TypedArray } from '../base/dtypes.js'
import { wrongShape } from '../base/errors.js'
import type { Value } from '../engine/values.js'
import { readArray } from './arguments.js'
import { instancesOf } from './define.js'
import { randomArray } from './samples.js'

export const ORDERED = ['f64', 'f32', 'i32', 'u32', 'i64', 'u64'] as const

/** The tasks of argsort.cpp, in its order. */
export const TASKS = ['ascending', 'descending', 'average', 'min', 'max', 'ordinal', 'dense', 'unique'] as const
export type OrderTask = (typeof TASKS)[number]

export const ORDER_INSTANCES: Readonly<Record<string, string>> = /* @__PURE__ */ instancesOf(
  ORDERED,
  'in:$ enum:8 out:u32? out:f64? grow:$? grow:u32?',
)

export const ABSENT: Value = { kind: 'absent' }

/** Positions are 32-bit numbers. */
const MOST = 2 ** 32 - 1

export function readOrdered(x: unknown): Dtype {
  const dtype = readArray('x', x, ORDERED)
  refuseLong('x', x as TypedArray)
  return dtype
}

export function refuseLong(name: string, array: TypedArray): void {
  if (array.length > MOST) throw wrongShape(name, `at most ${MOST} elements`, `${array.length}`)
}

/** Nanoseconds of ordering so many elements on one thread, measured: in one leaf, or distributed first. */
export function costOfOrder(length: number): number {
  return 1500 + length * (9 + 1.45 * Math.max(0, Math.log2(length + 1) - 13.3))
}

/** Nanoseconds of writing a result for each of so many elements, in the order of their values. */
export function costOfPlaces(length: number): number {
  return length * (length < 2e5 ? 3 : length < 3e6 ? 8 : 18)
}

export const sampleOrdered = (dtype: string, size: number, random: () => number): readonly unknown[] => [
  randomArray(dtype as Dtype, size, random),
]
