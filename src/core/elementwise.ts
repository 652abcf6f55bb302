/**
 * Elementwise kernels: out[i] = f(a[i], b[i], …) on float arrays, operands of one element repeated.
 * The C++ side is native/core/map.h. A kernel of this kind brings a name, a twin and a cost.
 */
import { bytesOf, type Dtype, dtypeOf, type Float, type Fresh, type Same } from '../base/dtypes.js'
import { wrongShape, wrongType } from '../base/errors.js'
import type { Outputs, Value } from '../engine/values.js'
import { readArray, readChoice, readOut } from './arguments.js'
import { type AsyncOptions, type Callable, defineKernel, instancesOf, type SyncOptions } from './define.js'
import { randomArray } from './samples.js'

/** Options of every elementwise kernel. */
export interface ElementwiseOptions<O> {
  /** Where the result goes: an array of the operands' type and length, which may be an operand itself. */
  out: O
}

/** Options of the functions that have a faster, less exact form. */
export interface Precise {
  /** 'exact' (the default): the same bits everywhere. 'fast': within 4 ULP, at the machine's full speed. */
  precision?: 'exact' | 'fast' | undefined
}

type None = { out?: undefined }

/** A function of one array. `X`: options of its own. */
export interface Unary<X = unknown> {
  <T extends Float>(x: T, options?: AsyncOptions & X & None): Promise<Fresh<T>>
  <T extends Float, O extends Same<T>>(x: T, options: AsyncOptions & X & ElementwiseOptions<O>): Promise<O>
  /** On native threads; blocks the caller until the result is there. */
  sync<T extends Float>(x: T, options?: SyncOptions & X & None): Fresh<T>
  sync<T extends Float, O extends Same<T>>(x: T, options: SyncOptions & X & ElementwiseOptions<O>): O
  /** Blocks this thread: the same in plain JavaScript. */
  js<T extends Float>(x: T, options?: X & None): Fresh<T>
  js<T extends Float, O extends Same<T>>(x: T, options: X & ElementwiseOptions<O>): O
}

/** A function of two operands, arrays of one type and length or numbers; one of them at least an array. */
export interface Binary<X = unknown> {
  <T extends Float>(a: T, b: T | number, options?: AsyncOptions & X & None): Promise<Fresh<T>>
  <T extends Float>(a: T | number, b: T, options?: AsyncOptions & X & None): Promise<Fresh<T>>
  <T extends Float, O extends Same<T>>(
    a: T | number,
    b: T | number,
    options: AsyncOptions & X & ElementwiseOptions<O>,
  ): Promise<O>
  /** On native threads; blocks the caller until the result is there. */
  sync<T extends Float>(a: T, b: T | number, options?: SyncOptions & X & None): Fresh<T>
  sync<T extends Float>(a: T | number, b: T, options?: SyncOptions & X & None): Fresh<T>
  sync<T extends Float, O extends Same<T>>(
    a: T | number,
    b: T | number,
    options: SyncOptions & X & ElementwiseOptions<O>,
  ): O
  /** Blocks this thread: the same in plain JavaScript. */
  js<T extends Float>(a: T, b: T | number, options?: X & None): Fresh<T>
  js<T extends Float>(a: T | number, b: T, options?: X & None): Fresh<T>
  js<T extends Float, O extends Same<T>>(a: T | number, b: T | number, options: X & ElementwiseOptions<O>): O
}

/** A function of three operands, arrays of one type and length or numbers; one of them at least an array. */
export interface Ternary {
  <T extends Float>(a: T | number, b: T | number, c: T | number, options?: AsyncOptions & None): Promise<Fresh<T>>
  <T extends Float, O extends Same<T>>(
    a: T | number,
    b: T | number,
    c: T | number,
    options: AsyncOptions & ElementwiseOptions<O>,
  ): Promise<O>
  /** On native threads; blocks the caller until the result is there. */
  sync<T extends Float>(a: T | number, b: T | number, c: T | number, options?: SyncOptions & None): Fresh<T>
  sync<T extends Float, O extends Same<T>>(
    a: T | number,
    b: T | number,
    c: T | number,
    options: SyncOptions & ElementwiseOptions<O>,
  ): O
  /** Blocks this thread: the same in plain JavaScript. */
  js<T extends Float>(a: T | number, b: T | number, c: T | number, options?: None): Fresh<T>
  js<T extends Float, O extends Same<T>>(a: T | number, b: T | number, c: T | number, options: ElementwiseOptions<O>): O
}

export interface Elementwise {
  readonly name: string
  readonly summary: string
  /** The kernel of the binary that computes it, where that has another name. */
  readonly native?: string
  /** Names of the operands, in order. */
  readonly operands: readonly string[]
  /** Those of them that are numbers always. */
  readonly numbers?: readonly string[]
  /** The first operand is a mask: a Uint8Array. The others may all be numbers then, of f64. */
  readonly masked?: boolean
  /**
   * The twin: reads operands as `a[i & mask(a)]` and writes out[i]. It takes the C++ parameters: the operands, then
   * `fast` where there is a precision (which it ignores: the twin is always exact), then `out`.
   */
  // biome-ignore lint/suspicious/noExplicitAny: a twin's parameters are its own business
  readonly twin: (...values: any[]) => void
  /** Nanoseconds per element on one thread beyond what moving the operands takes. */
  readonly ns: Readonly<Record<'f64' | 'f32', number>>
  /** Up to how many elements the twin is the quicker; default: 32. */
  readonly tiny?: number
  /** With a `precision` option; nanoseconds per element of the fast form. */
  readonly fast?: Readonly<Record<'f64' | 'f32', number>>
  /** Samples of an operand for laws and benchmarks; default: uniform in [-1, 1). */
  readonly sample?: (dtype: Dtype, size: number, random: () => number, operand: number) => unknown
}

const FLOATS = ['f64', 'f32'] as const
const MASKS = ['u8', 'u8c'] as const
const PRECISIONS = ['exact', 'fast'] as const

/** For `a[i & mask(a)]`: 0 for an operand that is repeated, else all bits. */
export function mask(operand: Float | Uint8Array): 0 | -1 {
  return operand.length === 1 ? 0 : -1
}

/** 0 for an operand that is repeated, else 1. */
export function step(operand: Float): 0 | 1 {
  return operand.length === 1 ? 0 : 1
}

export function defineElementwise<F extends Callable>(kernel: Elementwise): F {
  const { name, summary, operands, twin, fast, masked = false, tiny = 32 } = kernel
  const sample = kernel.sample ?? ((dtype, size, random) => randomArray(dtype, size, random))
  const parameters = operands.length + (fast === undefined ? 1 : 2)
  const pattern = [
    ...operands.map((_, k) => (k === 0 && masked ? 'in:u8' : 'in:$')),
    ...(fast === undefined ? [] : ['boolean']),
    'out:$',
  ].join(' ')
  return defineKernel<F>({
    name,
    ...(kernel.native === undefined ? {} : { native: kernel.native }),
    summary,
    agreement: 'exact',
    arity: operands.length,
    options: fast === undefined ? ['out'] : ['out', 'precision'],
    instances: instancesOf(FLOATS, pattern),
    check(args, options) {
      const { dtype, length, arrays } = readOperands(kernel, args)
      const quick = fast !== undefined && options.precision !== undefined
      const isFast = quick && readChoice('precision', options.precision, PRECISIONS) === 1
      const out = readOut('out', options.out, dtype, length, arrays, true)
      const bytes = dtype === 'f64' ? 8 : 4
      const values = new Array<Value>(parameters)
      let moved = bytes
      for (let k = 0; k < arrays.length; k++) {
        const array = arrays[k]!
        values[k] = { kind: 'in', array }
        if (array.length === length) moved += k === 0 && masked ? 1 : bytes
      }
      if (fast !== undefined) values[parameters - 2] = { kind: 'boolean', value: isFast ? 1 : 0 }
      values[parameters - 1] = { kind: 'out', dtype, length, array: out }
      const each = costOfMoving(length * moved) * moved + (isFast ? fast[dtype] : kernel.ns[dtype])
      return { instance: dtype, values, work: 400 + length * each, tiny: length <= tiny && !isFast, finish: firstArray }
    },
    twin,
    samples: (dtype, size, random) => operands.map((_, k) => sample(dtype as Dtype, size, random, k)),
    traffic: ({ values }) => {
      let bytes = 0
      for (const value of values) {
        if (value.kind === 'in') bytes += value.array.byteLength
        else if (value.kind === 'out') bytes += value.length * bytesOf(value.dtype)
      }
      return { bytes }
    },
  })
}

/** Nanoseconds per byte on one thread: from the caches, and from memory. */
function costOfMoving(bytes: number): number {
  return bytes < 1.5e6 ? 0.02 : bytes < 6e6 ? 0.035 : bytes < 30e6 ? 0.05 : 0.07
}

function readOperands(
  { operands: names, numbers, masked }: Elementwise,
  args: readonly unknown[],
): { dtype: 'f64' | 'f32'; length: number; arrays: (Float | Uint8Array)[] } {
  let dtype: 'f64' | 'f32' | undefined
  let length = 1
  let scalars = 0
  const arrays = args.slice(0, names.length) as Float[]
  for (let k = 0; k < names.length; k++) {
    const value = args[k]
    const count = (value as Float | undefined | null)?.length
    if (k === 0 && masked) {
      readArray(names[k]!, value, MASKS)
    } else if (typeof value === 'number') {
      scalars++
      continue
    } else if (numbers?.includes(names[k]!)) {
      throw wrongType(names[k]!, 'a number', value)
    } else if (dtype === undefined) {
      dtype = readArray(names[k]!, value, FLOATS) as 'f64' | 'f32'
    } else if (dtypeOf(value) !== dtype || count === 0) {
      readArray(names[k]!, value, [dtype])
    }
    if (count === length || count === 1) continue
    if (length !== 1) throw wrongShape(names[k]!, `${length} elements, or one`, `${count}`)
    length = count!
  }
  if (dtype === undefined) {
    const first = names.findIndex((name) => !numbers?.includes(name))
    if (!masked) throw wrongType(names[first]!, 'a Float64Array or Float32Array (one operand at least)', args[first])
    dtype = 'f64'
  }
  for (let k = 0; scalars > 0; k++) {
    const value = args[k]
    if (typeof value !== 'number') continue
    arrays[k] = arrayOf(dtype, value)
    scalars--
  }
  return { dtype, length, arrays }
}

// Numbers travel as arrays of one element, cut from larger ones: V8 would keep the element of an array by itself inside
// the object, and take a microsecond to move it out for native code.
const SHEET = 512
let sheet: ArrayBuffer | undefined
let used = 0

function arrayOf(dtype: 'f64' | 'f32', value: number): Float {
  if (sheet === undefined || used === SHEET) {
    sheet = new ArrayBuffer(8 * SHEET)
    used = 0
  }
  const array = new (dtype === 'f64' ? Float64Array : Float32Array)(sheet, 8 * used++, 1)
  array[0] = value
  return array
}

function firstArray(outputs: Outputs): unknown {
  return outputs.arrays[0]
}

/** The element type of an operand: 'f32' results are rounded after every step. */
export function isSingle(operand: Float): boolean {
  return dtypeOf(operand) === 'f32'
}
