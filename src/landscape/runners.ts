/** The children of a map's scope: each takes an item, calls the function, puts the result down, and begins anew. */
import { type Feed, type Items, itemOf, type Step } from './feed.js'
import type { Scope } from './scope.js'

/** In place of the result of an item that is left out. */
export const SKIPPED: unique symbol = Symbol('skipped')

export interface Run<T> {
  readonly items: Items<T>
  readonly f: (item: T) => unknown
  readonly concurrency: number
  readonly onError: 'throw' | 'skip' | ((error: unknown, item: T, index: number) => unknown)
  readonly ordered: boolean
}

/**
 * Starts them, one at first; each that gets an item starts another, up to the concurrency.
 *
 * @param put gets the result, or SKIPPED, of each item.
 * @param room resolves when there is room for one more result.
 */
export function runners<T>(
  s: Pick<Scope, 'spawn'>,
  feed: Feed<T>,
  run: Run<T>,
  put: (index: number, result: unknown) => void,
  room?: (signal: AbortSignal) => Promise<void>,
): void {
  let started = 0
  const start = () => {
    started++
    s.spawn(async (signal) => {
      for (;;) {
        if (room !== undefined) await room(signal)
        const step = await feed.next(signal)
        if (step === undefined) return
        if (started < run.concurrency) start()
        put(step.index, await resultOf(run, step, signal))
      }
    })
  }
  start()
}

async function resultOf<T>({ f, onError }: Run<T>, { item, index }: Step<T>, signal: AbortSignal): Promise<unknown> {
  const value = await itemOf(item, signal)
  try {
    return await f(value)
  } catch (error) {
    if (onError === 'throw' || signal.aborted) throw error
    return onError === 'skip' ? SKIPPED : await onError(error, value, index)
  }
}
