/** `map`: a function over many items, a few at a time, within a scope. */
import { availableParallelism } from 'node:os'
import { wrongType, wrongValue } from '../base/errors.js'
import { ambient } from '../core/ambient.js'
import { readBoolean, readInteger, readOptions } from '../core/arguments.js'
import { readSignal } from '../core/run.js'
import { type Items, refuseOther, withFeed } from './feed.js'
import { iterate } from './iterate.js'
import { type Run, runners, SKIPPED } from './runners.js'
import { scopeOf } from './scope.js'

export type { Items } from './feed.js'

export interface MapOptions<T, R> {
  /** At most this many items at a time; by default the processor's cores, or the `threads` of the scope around. */
  readonly concurrency?: number | undefined
  /** Aborting it cancels what runs, and rejects. */
  readonly signal?: AbortSignal | undefined
  /**
   * What an item's failure means. `'throw'` (default): the others are cancelled and map rejects. `'skip'`: the item has
   * no result. A function: what it returns is the result, and what it throws is a failure.
   */
  readonly onError?: 'throw' | 'skip' | ((error: unknown, item: T, index: number) => R | PromiseLike<R>) | undefined
  /** Results in the order of the items (default), or, if false, in the order in which they are there. */
  readonly ordered?: boolean | undefined
}

/** The results, as an array or one by one. Nothing starts before they are asked for. */
export interface Mapped<R> extends PromiseLike<R[]>, AsyncIterable<R> {
  /** As of a promise. */
  catch<E>(onRejected: (reason: unknown) => E | PromiseLike<E>): Promise<R[] | E>
  /** As of a promise. */
  finally(onSettled: () => void): Promise<R[]>
}

const MAP_OPTIONS: ReadonlySet<string> = new Set(['concurrency', 'signal', 'onError', 'ordered'])
const MOST = 65_536

/**
 * Calls `f` with every item, a few at a time. `f` is any function: a task, a kernel, or one of this thread.
 *
 * `await map(…)` gives an array. `for await (const result of map(…))` gives results one by one and holds few of them:
 * no more than twice `concurrency` items are out of the source and not yet taken, so that a slow reader slows the
 * source down; leaving the loop cancels what runs and closes the source. Each loop, and the first `await`, goes through
 * the items anew.
 *
 * It is a scope: calls that run are cancelled when one fails, when `signal` aborts or when the scope around is
 * cancelled, and all have ended when it settles. A source that is just being waited for is not.
 *
 * @param items an array, any iterable (also of promises), or an async iterable.
 * @param f what is called with each item, and nothing else.
 * @returns the results, in the order of the items.
 * @throws (rejects) what `f` threw, several as one AggregateError, what the source threw, or the reason of the
 * cancellation; TypeError or RangeError (`ERR_OFFLOOP_ARG_TYPE`, `ERR_OFFLOOP_ARG_VALUE`, `ERR_OFFLOOP_OPTION`) at once
 * for bad arguments.
 *
 * @example
 * const sizes = await map(urls, async (url) => (await fetch(url)).arrayBuffer(), { concurrency: 8 })
 * for await (const thumbnail of map(files, resize)) await save(thumbnail) // const resize = task(…)
 */
export function map<T, R>(
  items: Items<T>,
  f: (item: T) => R,
  options?: MapOptions<T, Awaited<R>> | undefined,
): Mapped<Awaited<R>> {
  const { concurrency, signal, onError, ordered } = readOptions(options, MAP_OPTIONS)
  refuseOther(items, f)
  const run = {
    items,
    f: f as (item: T) => unknown,
    concurrency: concurrency === undefined ? undefined : readInteger('concurrency', concurrency, 1, MOST),
    signal: readSignal(signal),
    onError: readOnError<T>(onError),
    ordered: readBoolean('ordered', ordered, true),
  }
  return new Results<T, Awaited<R>>(run)
}

type Settings<T> = Omit<Run<T>, 'concurrency'> & {
  readonly concurrency: number | undefined
  readonly signal: AbortSignal | undefined
}

class Results<T, R> implements Mapped<R> {
  readonly #settings: Settings<T>
  #array: Promise<R[]> | undefined

  constructor(settings: Settings<T>) {
    this.#settings = settings
  }

  // biome-ignore lint/suspicious/noThenProperty: it is awaited
  then<A = R[], B = never>(
    onFulfilled?: ((value: R[]) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#array ??= collect<T, R>(this.#run(), this.#settings.signal)
    return this.#array.then(onFulfilled, onRejected)
  }

  catch<E>(onRejected: (reason: unknown) => E | PromiseLike<E>): Promise<R[] | E> {
    return this.then(undefined, onRejected)
  }

  finally(onSettled: () => void): Promise<R[]> {
    return this.then().finally(onSettled)
  }

  [Symbol.asyncIterator](): AsyncGenerator<R, void, undefined> {
    return iterate<T, R>(this.#run(), this.#settings.signal)
  }

  /** With the concurrency of the place where the results are asked for. */
  #run(): Run<T> {
    const { concurrency } = this.#settings
    if (concurrency !== undefined) return { ...this.#settings, concurrency }
    const cores = availableParallelism()
    const threads = ambient.get?.()?.threads ?? 0
    return { ...this.#settings, concurrency: threads === 0 ? cores : Math.min(cores, threads) }
  }
}

async function collect<T, R>(run: Run<T>, signal: AbortSignal | undefined): Promise<R[]> {
  const results: unknown[] = []
  const put = (index: number, value: unknown) => {
    if (run.ordered) results[index] = value
    else if (value !== SKIPPED) results.push(value)
  }
  await withFeed(run.items, (feed) => scopeOf('map', (s) => runners(s, feed, run, put), signal))
  return results.filter((value) => value !== SKIPPED) as R[]
}

function readOnError<T>(value: unknown): Run<T>['onError'] {
  if (value === undefined) return 'throw'
  if (value === 'throw' || value === 'skip' || typeof value === 'function') return value as Run<T>['onError']
  const expected = "'throw', 'skip' or a function"
  throw typeof value === 'string' ? wrongValue('onError', expected, value) : wrongType('onError', expected, value)
}
