/** Errors there and back: class, message, cause, fields, and a stack that shows both sides. */
import { coded, describe } from '../base/errors.js'
import { Cancelled } from './cancelled.js'

/** What was thrown, in cloneable parts. */
export type Failure = ErrorParts | { readonly thrown: unknown }

interface ErrorParts {
  /** The nearest class of the language's own in its prototype chain. */
  readonly base: string
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  readonly cause?: Failure
  readonly errors?: readonly Failure[]
  readonly fields: Readonly<Record<string, unknown>>
}

type ErrorClass = new (message?: string) => Error

const CLASSES: Readonly<Record<string, ErrorClass>> = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
}
const DEEP = 8

/** Takes an error apart. What does not travel (a function among its fields) is left out. */
export function failureOf(error: unknown, depth = 0): Failure {
  if (!isError(error)) {
    if (travels(error)) return { thrown: error }
    return failureOf(
      coded(
        TypeError,
        'ERR_OFFLOOP_TASK_CLONE',
        `Expected an error that can be copied to another thread or process but ${
          typeof error === 'symbol' ? 'a symbol' : describe(error)
        } was thrown`,
      ),
    )
  }
  const { name, message, stack, cause } = error
  const inner = (error as Partial<AggregateError>).errors
  const deeper = depth < DEEP
  return {
    base: baseOf(error),
    name: String(name),
    message: String(message),
    stack: typeof stack === 'string' ? stack : undefined,
    fields: fieldsOf(error),
    ...(cause !== undefined && deeper ? { cause: failureOf(cause, depth + 1) } : {}),
    ...(Array.isArray(inner) && deeper ? { errors: inner.map((one) => failureOf(one, depth + 1)) } : {}),
  }
}

/** Puts an error together again; `where` and the caller's frames continue its stack. */
export function errorOf(failure: Failure, where?: string, callerStack?: string): unknown {
  if ('thrown' in failure) return failure.thrown
  const { base, name, message, stack, fields } = failure
  const error =
    fields.code === 'ERR_OFFLOOP_CANCELLED'
      ? new Cancelled(message)
      : make(
          base,
          name,
          message,
          failure.errors?.map((one) => errorOf(one)),
        )
  const hide = (key: string, value: unknown) =>
    Object.defineProperty(error, key, { value, writable: true, enumerable: false, configurable: true })
  if (error.name !== name) hide('name', name)
  if (failure.cause !== undefined) hide('cause', errorOf(failure.cause))
  for (const [key, value] of Object.entries(fields)) {
    if (key in error && key !== 'code') continue // DOMException has `code` and constants, all read-only
    try {
      ;(error as unknown as Record<string, unknown>)[key] = value
    } catch {
      // read-only: the class brings its own
    }
  }
  const frames = callerStack?.replace(/^(?! {4}at ).*\n?/, '') ?? ''
  const here = where === undefined ? '' : `\n    at ${where}${frames === '' ? '' : `\n${frames}`}`
  hide('stack', (stack ?? `${name}: ${message}`) + here)
  return error
}

function make(base: string, name: string, message: string, errors: readonly unknown[] | undefined): Error {
  if (base === 'AggregateError') return new AggregateError(errors ?? [], message)
  if (base === 'DOMException') return new DOMException(message, name) as unknown as Error
  return new (CLASSES[base] ?? Error)(message)
}

function baseOf(error: Error): string {
  if (error instanceof DOMException) return 'DOMException'
  for (let at: unknown = Object.getPrototypeOf(error); at !== null; at = Object.getPrototypeOf(at)) {
    const { name } = (at as { constructor: { name: string } }).constructor
    if (name === 'AggregateError' || name in CLASSES) return name
  }
  return 'Error'
}

function fieldsOf(error: Error): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(error)) {
    if (!['name', 'message', 'stack', 'cause', 'errors'].includes(key) && travels(value)) fields[key] = value
  }
  return fields
}

function travels(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'function' && typeof value !== 'symbol'
  try {
    structuredClone(value)
    // A process cannot share memory.
    return !(value instanceof SharedArrayBuffer)
  } catch {
    return false
  }
}

function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]'
}
