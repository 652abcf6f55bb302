/** What the definitions of the random functions share. */
import { bytesOf, type Dtype, type TypedArray } from '../base/dtypes.js'
import { type Options, readArray, readChoice, readInteger } from '../core/arguments.js'
import { remember } from '../core/numbered.js'
import type { Call, Outputs, OutValue, Value } from '../engine/values.js'

function firstArray(outputs: Outputs): TypedArray {
  return outputs.arrays[0]!
}
/** What a call gives: its array, remembered where its key was drawn. */
export function finishOf(given: unknown, key: number | bigint, offset: number): (outputs: Outputs) => TypedArray {
  return given === undefined ? (outputs) => remember(firstArray(outputs), { key, offset }) : firstArray
}

export function readDtype<D extends Dtype>({ dtype, out }: Options, dtypes: readonly D[]): D {
  if (dtype !== undefined) return dtypes[readChoice('dtype', dtype, dtypes)]!
  return out === undefined ? dtypes[0]! : (readArray('out', out, dtypes) as D)
}
export function readSize(value: unknown): number {
  return readInteger('size', value, 0, Number.MAX_SAFE_INTEGER)
}
export const integer = (value: number): Value => ({ kind: 'integer', value })

/** Nanoseconds of a call on one thread. */
export function workOf(length: number, dtype: Dtype, ns: number): number {
  const bytes = bytesOf(dtype)
  return 500 + length * (ns + bytes * (length * bytes > 1.5e6 ? 0.1 : 0.03))
}

/** A key of up to 64 bits for samples. */
export function keyOf(random: () => number): bigint {
  return BigInt(Math.floor(random() * 2 ** 32)) * 2n ** 32n + BigInt(Math.floor(random() * 2 ** 32))
}

export function trafficOf({ values }: Call): { bytes: number } {
  const { dtype, length } = values.at(-1)!.kind === 'out' ? (values.at(-1) as OutValue) : (values.at(-2) as OutValue)
  return { bytes: length * bytesOf(dtype) }
}
