/**
 * defineKernel: one definition object -> one callable with three faces.
 *
 * A kernel's TypeScript file says what its arguments are (`check`), what it computes (`twin`), and what is promised
 * (`agreement`). Promise, cancellation, progress, fallback, law tests, `compare` and the docs table come from here.
 */
import type { Dtype } from '../base/dtypes.js'
import type { Agreement, Call, Runnable } from '../engine/values.js'
import type { Options } from './arguments.js'
import type { Priority } from './priority.js'
import { runAsync, runSync, runTwinFace } from './run.js'

/** Options that every asynchronous call takes. */
export interface AsyncOptions {
  /** Stops the native code that runs; the promise rejects with `signal.reason`. */
  signal?: AbortSignal | undefined
  /** At most this many threads, 1 to 256. Default: all that `info()` reports. The result is the same. */
  threads?: number | undefined
  /** Called with fractions from 0 to 1, rising, at most 60 times a second; the last is 1. */
  onProgress?: ((fraction: number) => void) | undefined
  /**
   * Which calls go first while there are more than threads: 'high', 'normal' (default, or the scope's) or 'low'. What
   * is more urgent takes the threads of the rest within a grain, a millisecond at most; a sixteenth is left to these.
   */
  priority?: Priority | undefined
}

/** Options that every blocking call takes. */
export interface SyncOptions {
  /** Milliseconds until the call gives up with a TimeoutError (ERR_OFFLOOP_TIMEOUT). */
  timeout?: number | undefined
  /**
   * At most this many threads, 1 to 256. Without it, a call of some dozens of elements may run the twin instead, where
   * that is quicker and gives the same bits.
   */
  threads?: number | undefined
  /** As for asynchronous calls, called from inside the blocking call. */
  onProgress?: ((fraction: number) => void) | undefined
  /** As for asynchronous calls: for the threads that help the blocked one. */
  priority?: Priority | undefined
}

/** Arguments for laws, `compare` and the benchmark: realistic, of about `size` elements, from seeded numbers. */
export type Samples = (dtype: string, size: number, random: () => number) => readonly unknown[]

// biome-ignore lint/suspicious/noExplicitAny: the shape of every face; each kernel declares its own
export type Face = (...args: any[]) => any

export interface Callable {
  // biome-ignore lint/suspicious/noExplicitAny: as above
  (...args: any[]): Promise<unknown>
  sync: Face
  js: Face
}

export interface Definition extends Runnable {
  /** One sentence for tables and `--help`. */
  readonly summary: string
  readonly agreement: Agreement
  /**
   * How wrong a result is for these arguments, as a share of what the bound allows: 1 is its edge. For results that are
   * not unique (eigenvectors), in place of a comparison with the twin's; NaN counts as wrong.
   */
  readonly error?: (args: readonly unknown[], result: unknown) => number
  /** Positional arguments before the options. */
  readonly arity: number
  /** Names of the kernel's own options. */
  readonly options: readonly string[]
  /** Checks a caller's arguments, or throws a coded error. */
  readonly check: (args: readonly unknown[], options: Options) => Call
  readonly samples: Samples
  /** What a call moves and computes, for GB/s and GFLOP/s. */
  readonly traffic: (call: Call) => { readonly bytes: number; readonly flops?: number }
}

const DEFINITION: unique symbol = Symbol.for('offloop.definition')

export function defineKernel<F extends Callable>(definition: Definition): F {
  const known = {
    async: new Set(['signal', 'threads', 'onProgress', 'priority', ...definition.options]),
    sync: new Set(['timeout', 'threads', 'onProgress', 'priority', ...definition.options]),
    js: new Set(definition.options),
  }
  const face = (...args: unknown[]) => runAsync(definition, known.async, args)
  Object.defineProperty(face, 'name', { value: definition.name })
  return Object.assign(face, {
    sync: (...args: unknown[]) => runSync(definition, known.sync, args),
    js: (...args: unknown[]) => runTwinFace(definition, known.js, args),
    [DEFINITION]: definition,
  }) as unknown as F
}

/** The definition behind a callable, or undefined if it is not one of ours. */
export function definitionOf(callable: unknown): Definition | undefined {
  return typeof callable === 'function' ? (callable as unknown as { [DEFINITION]?: Definition })[DEFINITION] : undefined
}

/** Every kernel among some exports, also those inside plain objects (`rolling.mean`), with its definition. */
export function kernelsIn(exports: object): { kernel: Callable; definition: Definition }[] {
  return Object.values(exports).flatMap((value: unknown) => {
    const definition = definitionOf(value)
    if (definition !== undefined) return [{ kernel: value as Callable, definition }]
    return typeof value === 'object' && value !== null ? kernelsIn(value) : []
  })
}

/** { f64: 'in:f64 out:f64', … } from a pattern with `$` for the element type. */
export function instancesOf(dtypes: readonly Dtype[], pattern: string): Record<string, string> {
  return Object.fromEntries(dtypes.map((dtype) => [dtype, pattern.replaceAll('$', dtype)]))
}
