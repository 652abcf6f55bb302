/** Element types: their short names (as in NumPy), constructors and limits. */

export type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

/** Any TypedArray of numbers: all but the BigInt ones. */
export type Real =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array

/** TypedArrays of floats. */
export type Float = Float32Array | Float64Array

/** TypedArrays that sort. */
export type Sortable = Float32Array | Float64Array | Int32Array | Uint32Array | BigInt64Array | BigUint64Array

/** The same kind of array on an ArrayBuffer of its own. */
export type Fresh<T> = T extends Float32Array
  ? Float32Array<ArrayBuffer>
  : T extends Float64Array
    ? Float64Array<ArrayBuffer>
    : T extends Int32Array
      ? Int32Array<ArrayBuffer>
      : T extends Uint32Array
        ? Uint32Array<ArrayBuffer>
        : T extends BigInt64Array
          ? BigInt64Array<ArrayBuffer>
          : T extends BigUint64Array
            ? BigUint64Array<ArrayBuffer>
            : never

/** The same kind of array on any buffer. */
export type Same<T> = T extends Float32Array
  ? Float32Array
  : T extends Float64Array
    ? Float64Array
    : T extends Int32Array
      ? Int32Array
      : T extends Uint32Array
        ? Uint32Array
        : T extends BigInt64Array
          ? BigInt64Array
          : T extends BigUint64Array
            ? BigUint64Array
            : never

export type Dtype = 'i8' | 'u8' | 'u8c' | 'i16' | 'u16' | 'i32' | 'u32' | 'f32' | 'f64' | 'i64' | 'u64'

export interface ArrayConstructor {
  readonly name: string
  readonly BYTES_PER_ELEMENT: number
  new (length: number): TypedArray
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): TypedArray
}

const CONSTRUCTORS: Readonly<Record<Dtype, ArrayConstructor>> = {
  i8: Int8Array,
  u8: Uint8Array,
  u8c: Uint8ClampedArray,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  f32: Float32Array,
  f64: Float64Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
} as Readonly<Record<Dtype, ArrayConstructor>>

// The getter looks at the object itself, so that arrays of other realms (vm, jsdom, Jest) count too.
const tagOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)?.get as (
  this: unknown,
) => string | undefined

/** The element type of a TypedArray; undefined for anything else, DataView and Float16Array included. */
export function dtypeOf(value: unknown): Dtype | undefined {
  // A switch, not a map: every call of every kernel comes here several times.
  switch (tagOf.call(value)) {
    case 'Float64Array':
      return 'f64'
    case 'Float32Array':
      return 'f32'
    case 'Int32Array':
      return 'i32'
    case 'Uint32Array':
      return 'u32'
    case 'Uint8Array':
      return 'u8'
    case 'Int8Array':
      return 'i8'
    case 'Uint8ClampedArray':
      return 'u8c'
    case 'Int16Array':
      return 'i16'
    case 'Uint16Array':
      return 'u16'
    case 'BigInt64Array':
      return 'i64'
    case 'BigUint64Array':
      return 'u64'
    default:
      return undefined
  }
}

export function constructorOf(dtype: Dtype): ArrayConstructor {
  return CONSTRUCTORS[dtype]
}

export function bytesOf(dtype: Dtype): number {
  return CONSTRUCTORS[dtype].BYTES_PER_ELEMENT
}

/** 'Float64Array' for 'f64': what a caller calls it. */
export function nameOf(dtype: Dtype): string {
  return CONSTRUCTORS[dtype].name
}
