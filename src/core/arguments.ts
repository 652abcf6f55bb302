/**
 * Validation, in one place: reads a caller's arguments or throws one coded error that names the parameter.
 * Kernels call these from `check`; what is allowed for all kernels alike is decided here.
 */
import { type Dtype, dtypeOf, nameOf, type TypedArray } from '../base/dtypes.js'
import { coded, describe, wrongShape, wrongType, wrongValue } from '../base/errors.js'
import type { MatrixValue } from '../engine/values.js'

export type Options = Readonly<Record<string, unknown>>
const NONE: Options = Object.freeze({})

/** The options object of a call: absent, or a plain object with known names only. */
export function readOptions(value: unknown, known: ReadonlySet<string>): Options {
  if (value === undefined) return NONE
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Array.isArray(value)) {
    throw wrongType('options', 'an object', value)
  }
  for (const key in value) {
    if (!known.has(key) && (value as Options)[key] !== undefined) {
      throw coded(
        TypeError,
        'ERR_OFFLOOP_OPTION',
        `Expected only ${[...known].map((name) => `\`${name}\``).join(', ')} in \`options\` but received \`${key}\``,
      )
    }
  }
  return value as Options
}

/** A TypedArray of one of the dtypes, not detached. */
export function readArray(name: string, value: unknown, dtypes: readonly Dtype[]): Dtype {
  const dtype = dtypeOf(value)
  if (dtype === undefined || !dtypes.includes(dtype)) throw wrongType(name, oneOf(dtypes.map(nameOf)), value)
  if ((value as TypedArray).length === 0) refuseDetached(name, value as TypedArray)
  return dtype
}

function refuseDetached(name: string, array: TypedArray): void {
  let detached = false
  try {
    new Uint8Array(array.buffer) // throws for a detached buffer; `detached` itself needs Node 21
  } catch {
    detached = true
  }
  if (detached) {
    throw coded(
      TypeError,
      'ERR_OFFLOOP_DETACHED',
      `Expected an array with memory for \`${name}\` but received one whose buffer was transferred`,
    )
  }
}

/** `data`, `shape`, `strides` and `offset` of a matrix, checked to stay inside its data. */
export function readMatrix(name: string, value: unknown, dtypes: readonly Dtype[]): MatrixValue & { dtype: Dtype } {
  if (Array.isArray(value) && Array.isArray(value[0])) {
    throw wrongType(name, 'a matrix (make one with matrix.from(rows))', value)
  }
  if (typeof value !== 'object' || value === null || !('data' in value) || !('shape' in value)) {
    throw wrongType(name, 'a matrix (an object with `data` and `shape`, see matrix())', value)
  }
  const like = value as { data: unknown; shape: unknown; strides?: unknown; stride?: unknown; offset?: unknown }
  const own = dtypeOf(like.data)
  const array = like.data as TypedArray
  const known = own !== undefined && dtypes.includes(own) && array.length > 0
  const dtype = known ? own : readArray(`${name}.data`, like.data, dtypes)
  const [rows, cols] = readPair(name, '.shape', like.shape, 0)
  const strides = like.strides ?? like.stride
  const [rowStride, colStride] = strides === undefined ? [cols, 1] : readPair(name, '.strides', strides, -Infinity)
  const offset =
    like.offset === undefined || like.offset === 0
      ? 0
      : readInteger(`${name}.offset`, like.offset, 0, Number.MAX_SAFE_INTEGER)
  if (rows > 0 && cols > 0) {
    const down = (rows - 1) * rowStride
    const across = (cols - 1) * colStride
    const low = offset + Math.min(0, down) + Math.min(0, across)
    const high = offset + Math.max(0, down) + Math.max(0, across)
    if (low < 0 || high >= array.length) {
      throw wrongShape(
        name,
        `shape, strides and offset within its ${array.length} elements`,
        `a reach from ${low} to ${high}`,
      )
    }
  }
  return { kind: 'matrix', dtype, array, rows, cols, rowStride, colStride, offset }
}

function readPair(name: string, part: string, value: unknown, least: number): [number, number] {
  const list = value as ArrayLike<number>
  if (typeof value !== 'object' || value === null || list.length !== 2) {
    throw wrongType(name + part, 'two whole numbers', value)
  }
  const [first, second] = [list[0]!, list[1]!]
  // No names are made for what is right: that would take longer than looking.
  if (!Number.isSafeInteger(first) || first < least)
    readInteger(`${name}${part}[0]`, first, least, Number.MAX_SAFE_INTEGER)
  if (!Number.isSafeInteger(second) || second < least) {
    readInteger(`${name}${part}[1]`, second, least, Number.MAX_SAFE_INTEGER)
  }
  return [first, second]
}

export function readInteger(name: string, value: unknown, least: number, most: number): number {
  const expected = Number.isFinite(least) ? `a whole number from ${least} to ${most}` : 'a whole number'
  if (typeof value !== 'number') throw wrongType(name, expected, value)
  if (!Number.isSafeInteger(value) || value < least || value > most) throw wrongValue(name, expected, value)
  return value
}

/** A finite number of at least `least`. */
export function readFinite(name: string, value: unknown, least: number = -Infinity): number {
  const expected = Number.isFinite(least) ? `a finite number of at least ${least}` : 'a finite number'
  if (typeof value !== 'number') throw wrongType(name, expected, value)
  if (!Number.isFinite(value) || value < least) throw wrongValue(name, expected, value)
  return value
}

export function readBoolean(name: string, value: unknown, otherwise: boolean): boolean {
  if (value === undefined) return otherwise
  if (typeof value !== 'boolean') throw wrongType(name, 'a boolean', value)
  return value
}

/** The index of a string among the choices. */
export function readChoice(name: string, value: unknown, choices: readonly string[]): number {
  const expected = `one of ${choices.map((choice) => `'${choice}'`).join(', ')}`
  if (typeof value !== 'string') throw wrongType(name, expected, value)
  const index = choices.indexOf(value)
  if (index < 0) throw wrongValue(name, expected, value)
  return index
}

/**
 * The caller's output array: of exactly this type and length, and either an input itself (in place, where
 * the kernel allows it) or without a byte in common with any.
 */
export function readOut(
  name: string,
  value: unknown,
  dtype: Dtype,
  length: number,
  inputs: readonly TypedArray[],
  inPlace: boolean,
): TypedArray | undefined {
  if (value === undefined) return undefined
  if (dtypeOf(value) !== dtype || (value as TypedArray).length === 0) readArray(name, value, [dtype])
  const out = value as TypedArray
  if (out.length !== length) throw wrongShape(name, `${length} elements`, `${out.length}`)
  const buffer = out.buffer // a call into V8 each time
  for (const input of inputs) {
    if (input === out && inPlace) continue
    if (buffer !== input.buffer || out.byteLength === 0) continue
    const begin = out.byteOffset
    const same = begin === input.byteOffset && out.byteLength === input.byteLength
    if (same && inPlace) continue
    if (begin < input.byteOffset + input.byteLength && input.byteOffset < begin + out.byteLength) {
      throw coded(
        RangeError,
        'ERR_OFFLOOP_OVERLAP',
        `Expected ${inPlace ? 'the input itself or ' : ''}memory apart from the input for \`${name}\` but received ${describe(out)} that overlaps it`,
      )
    }
  }
  return out
}

/** Refuses arrays whose memory may move or vanish while other threads use it. */
export function refuseResizable(array: TypedArray): void {
  const buffer = array.buffer as ArrayBuffer & { resizable?: boolean }
  // A growable SharedArrayBuffer never shrinks nor moves.
  if (buffer.resizable === true) {
    throw coded(
      TypeError,
      'ERR_OFFLOOP_RESIZABLE',
      'Expected arrays of fixed size for an asynchronous call but received one on a resizable ArrayBuffer (use .sync, or copy it)',
    )
  }
}

function oneOf(names: readonly string[]): string {
  const article = /^[AEIOU]/.test(names[0]!) ? 'an' : 'a'
  return names.length === 1
    ? `${article} ${names[0]}`
    : `${article} ${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}
