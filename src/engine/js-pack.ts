/**
 * A call's values as a worker receives them, and what comes back.
 *
 * In: arrays on SharedArrayBuffers travel as they are; plain ones are copied into scratch, of matrices only what their
 * strides reach. Scratch is plain memory too, transferred there and back: one thread has it at a time, and a collector
 * knows its size (dropped SharedArrayBuffers made no collector run: 5 GB after 15 calls with 320 MB).
 *
 * Out: the worker never writes into a caller's memory, also not into shared memory, because an aborted call settles at
 * once while its worker may still be inside TypedArray.prototype.sort: it writes fresh arrays or scratch, and
 * this thread copies them into the caller's.
 */
import { constructorOf, dtypeOf, type TypedArray } from '../base/dtypes.js'
import { copyRange, gather, lostMemory, type Steps } from './js-copy.js'
import { lengthsOf } from './js-lengths.js'
import { giveScratch, takeScratch } from './js-scratch.js'
import type { MatrixValue, Value } from './values.js'

export interface Packed {
  /** What travels, of the kinds that came. */
  readonly values: readonly Value[]
  /** The scratch in it, to be transferred. */
  readonly scratch: ArrayBuffer[]
  /** Copies the inputs. */
  readonly fill: Steps
  /** Bytes to copy before, and bytes to copy back at most. */
  readonly bytes: number
  readonly bytesBack: number
  /** Part of an input is written over at the end, so that ending half way would lose elements of it. */
  readonly inPlace: boolean
}

/** A caller's memory, from element `low` up to `high`, and where it travels. */
interface Range {
  readonly array: TypedArray
  readonly low: number
  readonly high: number
  readonly copy: TypedArray
}

export function requireLengths(values: readonly Value[], lengths: readonly number[]): void {
  if (lengthsOf(values).some((length, i) => length !== lengths[i])) throw lostMemory()
}

export function pack(values: readonly Value[]): Packed {
  const scratch: ArrayBuffer[] = []
  const ranges: Range[] = []
  const fills: Steps[] = []
  let bytes = 0
  let bytesBack = 0
  let inPlace = false

  const make = (like: TypedArray, length: number): TypedArray => {
    const buffer = takeScratch(length * like.BYTES_PER_ELEMENT)
    scratch.push(buffer)
    bytes += length * like.BYTES_PER_ELEMENT
    return view(like, buffer, 0, length)
  }
  const bring = (array: TypedArray, low: number, high: number): TypedArray => {
    // What comes twice travels once: one object there too, so that a twin sees that it works in place.
    const known = ranges.find((range) => range.array === array && range.low === low && range.high === high)
    if (known !== undefined) return known.copy
    const copy = make(array, high - low)
    ranges.push({ array, low, high, copy })
    fills.push(copyRange(array, low, high, copy))
    return copy
  }
  const bringMatrix = (matrix: MatrixValue): MatrixValue => {
    const { array, rows, cols, rowStride, colStride, offset } = matrix
    if (rows === 0 || cols === 0) return { ...matrix, array: make(array, 0), offset: 0 }
    const [down, right] = [(rows - 1) * rowStride, (cols - 1) * colStride]
    const low = offset + Math.min(0, down) + Math.min(0, right)
    const high = offset + Math.max(0, down) + Math.max(0, right) + 1
    if (high - low <= 2 * rows * cols) return { ...matrix, array: bring(array, low, high), offset: offset - low }
    const dense = make(array, rows * cols)
    fills.push(gather(matrix, dense))
    return { ...matrix, array: dense, rowStride: cols, colStride: 1, offset: 0 }
  }
  const packIn = (value: Value): Value => {
    switch (value.kind) {
      case 'in':
      case 'any':
        return {
          ...value,
          array: isShared(value.array) ? plainView(value.array) : bring(value.array, 0, value.array.length),
        }
      case 'inout':
        inPlace = true
        bytesBack += value.array.byteLength
        return { ...value, array: bring(value.array, 0, value.array.length) }
      case 'matrix':
        return isShared(value.array) ? { ...value, array: plainView(value.array) } : bringMatrix(value)
      default:
        return value
    }
  }
  const packOut = (value: Value): Value => {
    if (value.kind !== 'out' || value.array === undefined) return value
    const { array } = value
    bytesBack += array.byteLength
    if (values.some((other) => other !== value && 'array' in other && other.array?.buffer === array.buffer))
      inPlace = true
    // The copy of an input that it is, or else a fresh array there.
    return { ...value, array: ranges.find((r) => r.array === array && r.high - r.low === array.length)?.copy }
  }
  try {
    return { values: values.map(packIn).map(packOut), scratch, fill: all(fills), bytes, bytesBack, inPlace }
  } catch (error) {
    scratch.forEach(giveScratch)
    throw error
  }
}

/** The outputs as the caller gets them, from those that came, and the copies into the caller's own. */
export function unpack(values: readonly Value[], came: readonly TypedArray[]): { arrays: TypedArray[]; steps: Steps } {
  const arrays: TypedArray[] = []
  const copies: Steps[] = []
  for (const value of values) {
    if (value.kind !== 'out' && value.kind !== 'inout' && value.kind !== 'grow') continue
    const made = came[arrays.length]!
    const target = 'array' in value ? value.array : undefined
    arrays.push(target ?? made)
    if (target !== undefined) copies.push(copyRange(made, 0, made.length, target))
  }
  return { arrays, steps: all(copies) }
}

function* all(list: readonly Steps[]): Steps {
  for (const steps of list) yield* steps
}

function isShared(array: TypedArray): boolean {
  return Object.prototype.toString.call(array.buffer) === '[object SharedArrayBuffer]'
}

/** Without what a subclass or a growable buffer adds. */
function plainView(array: TypedArray): TypedArray {
  return view(array, array.buffer, array.byteOffset, array.length)
}

function view(like: TypedArray, buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray {
  return new (constructorOf(dtypeOf(like)!))(buffer, byteOffset, length)
}
