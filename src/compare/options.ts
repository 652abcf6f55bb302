/** The options of `compare` and `compareSizes`, checked. */
import { isSignal } from '../base/abort.js'
import { wrongType, wrongValue } from '../base/errors.js'
import { type Options, readInteger, readOptions } from '../core/arguments.js'
import { info } from '../core/info.js'
import { MAX_THREADS } from '../core/settings.js'

/** What every comparison takes: time to spend, signal, progress. */
export const PACE: readonly string[] = ['budgetMs', 'signal', 'onProgress']

export interface Pace {
  readonly budgetMs: number
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((fraction: number) => void) | undefined
}

export interface ReadOptions extends Pace {
  readonly dtype: unknown
  readonly threads: readonly number[]
  readonly seed: number
}

export function readCommon(value: unknown, own: string): ReadOptions & { readonly own: unknown } {
  const options = readOptions(value, new Set([own, 'dtype', 'threads', 'seed', ...PACE]))
  const { dtype, seed = 1 } = options
  return {
    ...readPace(options),
    dtype,
    threads: readThreadList(options.threads),
    seed: readInteger('seed', seed, 0, 2 ** 32 - 1),
    own: options[own],
  }
}

export function readPace({ budgetMs = 5000, signal, onProgress }: Options): Pace {
  if (typeof budgetMs !== 'number') throw wrongType('budgetMs', 'a number of milliseconds', budgetMs)
  if (!(budgetMs > 0 && budgetMs < Infinity)) throw wrongValue('budgetMs', 'more than 0 milliseconds', budgetMs)
  if (signal !== undefined && !isSignal(signal)) throw wrongType('signal', 'an AbortSignal', signal)
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw wrongType('onProgress', 'a function', onProgress)
  return { budgetMs, signal, onProgress: onProgress as Pace['onProgress'] }
}

/** Thread counts without repeats, in the order given. */
function readThreadList(value: unknown): readonly number[] {
  if (value === undefined) return [...new Set([1, info().threads])]
  if (!Array.isArray(value)) throw wrongType('threads', 'an array of thread counts', value)
  if (value.length === 0) throw wrongValue('threads', 'at least one thread count', value)
  return [...new Set(value.map((count, i) => readInteger(`threads[${i}]`, count, 1, MAX_THREADS)))]
}

/** Freezes a report, and gives it a `toString` that neither console.log nor JSON shows. */
export function report<T extends object>(value: T, format: (value: T) => string): T {
  for (const part of Object.values(value)) deepFreeze(part)
  Object.defineProperty(value, 'toString', { value: () => format(value) })
  return Object.freeze(value)
}

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  Object.values(value).forEach(deepFreeze)
  Object.freeze(value)
}
