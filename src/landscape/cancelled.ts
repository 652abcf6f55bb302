/** Why something was cancelled: the errors that signals of scopes carry, and how an error is told from them. */
import { describe } from '../base/errors.js'

/**
 * The reason of a scope or child that was cancelled: `signal.reason` inside it. Its message says who cancelled it, and
 * `cause` is what `cancel()` was given, what a child threw, or the reason of the caller's signal. (A scope whose
 * deadline passed has a TimeoutError instead, ERR_OFFLOOP_TIMEOUT.)
 *
 * @example
 * if (signal.aborted && signal.reason instanceof Cancelled) console.log(signal.reason.message)
 */
export class Cancelled extends Error {
  readonly code = 'ERR_OFFLOOP_CANCELLED' as const

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'Cancelled'
  }
}

/** ': what it said', or nothing. */
export function because(cause: unknown): string {
  const words = cause === undefined ? '' : inWords(cause)
  return words === '' ? '' : `: ${words}`
}

/** What it says. */
export function inWords(cause: unknown): string {
  if (typeof cause === 'string') return cause
  try {
    return cause instanceof Error && cause.message !== '' ? cause.message : describe(cause)
  } catch {
    return '' // a value whose getters throw
  }
}

/**
 * True if an error only says that `reason` stopped something: it is the reason (fetch), has it as `cause` (what Node
 * rejects with), or is an AggregateError of nothing else (Promise.any).
 */
export function says(error: unknown, reason: unknown): boolean {
  try {
    if (tells(error, reason)) return true
    if (!(error instanceof AggregateError)) return false
    return error.errors.length > 0 && error.errors.every((one) => tells(one, reason))
  } catch {
    return false
  }
}

function tells(error: unknown, reason: unknown): boolean {
  if (error === reason) return true
  return typeof error === 'object' && error !== null && 'cause' in error && error.cause === reason
}
