/** Takes items out of a source for several that ask, one at a time; closes it. */
import { setImmediate } from 'node:timers/promises'
import { onAbort } from '../base/abort.js'
import { wrongType } from '../base/errors.js'
import { current } from './context.js'

/** What map and reduce go through. */
export type Items<T> = Iterable<T | PromiseLike<T>> | AsyncIterable<T>

export interface Step<T> {
  readonly item: T | PromiseLike<T>
  readonly index: number
}

/** After so many milliseconds of code that never waits for anything, the loop gets a turn. */
const TURN_MS = 5

const ignore = (): void => {}

export class Feed<T> {
  readonly #iterator: Iterator<T | PromiseLike<T>> | AsyncIterator<T>
  readonly #waits: boolean
  #last: Promise<unknown> = Promise.resolve()
  #index = 0
  #ended = false
  /** The source has been asked and has not answered. */
  #pending = false
  #turned = performance.now()

  constructor(items: Items<T>) {
    const asynchronous = (items as Partial<AsyncIterable<T>>)[Symbol.asyncIterator]
    this.#waits = typeof asynchronous === 'function'
    this.#iterator = this.#waits ? asynchronous!.call(items) : (items as Iterable<T>)[Symbol.iterator]()
  }

  /**
   * The next item; undefined after the last. Rejects, or throws, when the signal aborts, also while the source is
   * waited for.
   */
  next(signal: AbortSignal): Step<T> | undefined | Promise<Step<T> | undefined> {
    if (!this.#waits && performance.now() - this.#turned < TURN_MS) return this.#takeNow(signal)
    const wait = this.#waits ? current()?.waitFor('source', undefined) : undefined
    const step = this.#last.then(() => this.#take(signal))
    const over = () => wait?.end()
    this.#last = step.then(over, over)
    return step
  }

  async #take(signal: AbortSignal): Promise<Step<T> | undefined> {
    if (performance.now() - this.#turned >= TURN_MS) {
      await setImmediate()
      this.#turned = performance.now()
    }
    if (!this.#waits) return this.#takeNow(signal)
    signal.throwIfAborted()
    if (this.#ended) return undefined
    try {
      const answer = Promise.resolve((this.#iterator as AsyncIterator<T>).next())
      return this.#step(await orAborted(this.#watch(answer), signal))
    } catch (error) {
      // Whatever has thrown has no more. A source still waited for, when the signal aborts, is yet to be closed.
      if (!this.#pending) this.#ended = true
      throw error
    }
  }

  #takeNow(signal: AbortSignal): Step<T> | undefined {
    signal.throwIfAborted()
    if (this.#ended) return undefined
    try {
      return this.#step((this.#iterator as Iterator<T | PromiseLike<T>>).next())
    } catch (error) {
      this.#ended = true
      throw error
    }
  }

  #step(result: IteratorResult<T | PromiseLike<T>>): Step<T> | undefined {
    if (!result.done) return { item: result.value, index: this.#index++ }
    this.#ended = true
    return undefined
  }

  #watch<A>(answer: Promise<A>): Promise<A> {
    const answered = () => {
      this.#pending = false
    }
    this.#pending = true
    answer.then(answered, answered)
    return answer
  }

  /** Tells a source that has more that nobody wants it, and waits until it has cleaned up, if it is not busy. */
  async close(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    const closed = this.#iterator.return?.()
    // An async generator answers return() after the next() before: waiting could take for ever.
    if (this.#pending) Promise.resolve(closed).catch(ignore)
    else await closed
  }
}

/** The promise, or a rejection with the signal's reason, whichever is first. */
export function orAborted<T>(promise: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      promise.then(ignore, ignore)
      return reject(signal.reason)
    }
    const unlisten = onAbort(signal, () => reject(signal.reason))
    promise.then(
      (value) => {
        unlisten()
        resolve(value)
      },
      (error) => {
        unlisten()
        reject(error)
      },
    )
  })
}

/** The item itself, of a source that may give promises. */
export function itemOf<T>(item: T | PromiseLike<T>, signal: AbortSignal): T | Promise<T> {
  const promised = typeof item === 'object' && item !== null && typeof (item as PromiseLike<T>).then === 'function'
  return promised ? orAborted(item as PromiseLike<T>, signal) : (item as T)
}

/** Closes the source where the body fails before its end. */
export async function withFeed<T, R>(items: Items<T>, body: (feed: Feed<T>) => Promise<R>): Promise<R> {
  const feed = new Feed(items)
  try {
    return await body(feed)
  } catch (error) {
    await feed.close().catch(ignore)
    throw error
  }
}

/** Refuses what is not iterable, and what cannot be called. */
export function refuseOther(items: unknown, f: unknown): void {
  const like = items as Partial<AsyncIterable<unknown> & Iterable<unknown>> | null | undefined
  if (typeof like?.[Symbol.asyncIterator] !== 'function' && typeof like?.[Symbol.iterator] !== 'function') {
    throw wrongType('items', 'an iterable or an async iterable', items)
  }
  if (typeof f !== 'function') throw wrongType('f', 'a function', f)
}
