import { constructorOf, type Dtype, dtypeOf, type TypedArray } from '../base/dtypes.js'
import { noMemory, wrongType } from '../base/errors.js'
import { readInteger } from './arguments.js'

/** The same kind of array on a SharedArrayBuffer. */
export type Shared<T> = T extends Float64Array
  ? Float64Array<SharedArrayBuffer>
  : T extends Float32Array
    ? Float32Array<SharedArrayBuffer>
    : T extends Int32Array
      ? Int32Array<SharedArrayBuffer>
      : T extends Uint32Array
        ? Uint32Array<SharedArrayBuffer>
        : T extends BigInt64Array
          ? BigInt64Array<SharedArrayBuffer>
          : T extends BigUint64Array
            ? BigUint64Array<SharedArrayBuffer>
            : T extends Int16Array
              ? Int16Array<SharedArrayBuffer>
              : T extends Uint16Array
                ? Uint16Array<SharedArrayBuffer>
                : T extends Int8Array
                  ? Int8Array<SharedArrayBuffer>
                  : T extends Uint8ClampedArray
                    ? Uint8ClampedArray<SharedArrayBuffer>
                    : T extends Uint8Array
                      ? Uint8Array<SharedArrayBuffer>
                      : never

/**
 * A TypedArray of zeros on a SharedArrayBuffer: workers can share it, and it cannot be transferred away under a
 * running call.
 *
 * @param type - Float64Array, Float32Array, Int32Array, …
 * @param length - elements
 * @throws RangeError (ERR_OFFLOOP_NO_MEMORY) if the system refuses the memory
 * @example
 * const x = alloc(Float64Array, 1_000_000)
 */
export function alloc<T extends TypedArray>(
  type: { new (length: number): T; readonly BYTES_PER_ELEMENT: number },
  length: number,
): Shared<T> {
  const dtype = readConstructor(type)
  readInteger('length', length, 0, Number.MAX_SAFE_INTEGER)
  const build = constructorOf(dtype)
  try {
    return new build(new SharedArrayBuffer(length * build.BYTES_PER_ELEMENT)) as unknown as Shared<T>
  } catch (error) {
    throw noMemory(`${build.name}(${length})`, error)
  }
}

function readConstructor(type: unknown): Dtype {
  if (typeof type === 'function' && 'BYTES_PER_ELEMENT' in type) {
    const dtype = dtypeOf(new (type as unknown as new (length: number) => unknown)(0))
    if (dtype !== undefined) return dtype
  }
  throw wrongType('type', 'a TypedArray constructor', type)
}
