/** What a call and its outcome look like between a thread and its workers. */

import type { TypedArray } from '../base/dtypes.js'
import { coded } from '../base/errors.js'
import type { Outputs, Value } from './values.js'

export interface Request {
  readonly kernel: string
  readonly values: readonly Value[]
}

export type Reply = Done | Failed

interface Done {
  /** In the order of the outputs. */
  readonly arrays: readonly TypedArray[]
  readonly results: ArrayBuffer
  /** The plain memory that came with the call goes back to be used again. */
  readonly scratch: readonly ArrayBuffer[]
}

/** A clone of an error loses its code, and that of a subclass its class. */
interface Failed {
  readonly error: unknown
  readonly code: string | undefined
  readonly name: string | undefined
  readonly scratch: readonly ArrayBuffer[]
}

interface Message<R extends Reply> {
  readonly reply: R
  readonly transfer: readonly ArrayBuffer[]
}

export function doneFrom({ arrays, f64 }: Outputs, values: readonly Value[]): Message<Done> {
  const results = f64.slice().buffer // theirs serve every call of the thread
  const scratch = scratchIn(values)
  const transfer = new Set([results, ...scratch, ...arrays.map((array) => array.buffer as ArrayBuffer)])
  return { reply: { arrays, results, scratch }, transfer: [...transfer] }
}

export function failedFrom(error: unknown, values: readonly Value[]): Message<Failed> {
  const scratch = scratchIn(values)
  if (!(error instanceof Error)) {
    return { reply: { error: String(error), code: undefined, name: undefined, scratch }, transfer: scratch }
  }
  const { code } = error as NodeJS.ErrnoException
  const cause = error.cause === undefined ? undefined : { cause: String(error.cause) }
  // Its class is one of the language's, by name; whatever else it carries may not travel.
  const plain = new (classOf(error))(error.message, cause)
  if (error.stack !== undefined) plain.stack = error.stack
  return { reply: { error: plain, code, name: error.name, scratch }, transfer: scratch }
}

export function errorFrom({ error, code, name }: Failed): unknown {
  if (!(error instanceof Error)) return coded(Error, 'ERR_OFFLOOP_INTERNAL', String(error))
  if (name !== undefined && name !== error.name) error.name = name
  return code === undefined ? error : Object.assign(error, { code })
}

function scratchIn(values: readonly Value[]): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>()
  for (const value of values) {
    if ('array' in value && value.array?.buffer instanceof ArrayBuffer) buffers.add(value.array.buffer)
  }
  return [...buffers]
}

function classOf(error: Error): new (message: string, options?: ErrorOptions) => Error {
  if (error instanceof TypeError) return TypeError
  return error instanceof RangeError ? RangeError : Error
}
