/** `reduce`: folds items into one value, within a scope. */
import { readOptions } from '../core/arguments.js'
import { readSignal } from '../core/run.js'
import { type Items, itemOf, refuseOther, withFeed } from './feed.js'
import { scopeOf } from './scope.js'

const REDUCE_OPTIONS: ReadonlySet<string> = new Set(['signal'])

/**
 * Folds items into one value, one after the other: `f(f(f(initial, a), b), c)`. `f` is any function of two parameters:
 * a task, a kernel, or one of this thread. It is a scope, as `map` is.
 *
 * @param items an array, any iterable (also of promises), or an async iterable; one item is held at a time.
 * @param initial what `f` gets first, and the result for no items.
 * @throws (rejects) what `f` or the source threw, or the reason of the cancellation; TypeError
 * (`ERR_OFFLOOP_ARG_TYPE`, `ERR_OFFLOOP_OPTION`) at once for bad arguments.
 *
 * @example
 * const total = await reduce(chunks, (sums, chunk) => add(sums, chunk), new Float64Array(1000))
 */
export function reduce<T, A>(
  items: Items<T>,
  f: (accumulator: A, item: T) => A | PromiseLike<A>,
  initial: A,
  options?: { readonly signal?: AbortSignal | undefined } | undefined,
): Promise<A> {
  const signal = readSignal(readOptions(options, REDUCE_OPTIONS).signal)
  refuseOther(items, f)
  return fold(items, f, initial, signal)
}

function fold<T, A>(
  items: Items<T>,
  f: (accumulator: A, item: T) => A | PromiseLike<A>,
  initial: A,
  signal: AbortSignal | undefined,
): Promise<A> {
  return withFeed(items, (feed) =>
    scopeOf(
      'reduce',
      async (s) => {
        let accumulator = initial
        for (;;) {
          const step = await feed.next(s.signal)
          if (step === undefined) return accumulator
          accumulator = await f(accumulator, await itemOf(step.item, s.signal))
        }
      },
      signal,
    ),
  )
}
