/** The results of a map one by one, a few ahead of the reader. */
import { current } from './context.js'
import { Feed, orAborted } from './feed.js'
import { type Run, runners, SKIPPED } from './runners.js'
import { scopeOf } from './scope.js'

/** Wakes all that wait. */
class Bell {
  #ring: () => void = () => {}
  #rung: Promise<void> | undefined

  wait(): Promise<void> {
    this.#rung ??= new Promise((resolve) => {
      this.#ring = resolve
    })
    return this.#rung
  }

  ring(): void {
    this.#rung = undefined
    this.#ring()
  }
}

export async function* iterate<T, R>(run: Run<T>, signal: AbortSignal | undefined): AsyncGenerator<R, void, undefined> {
  const most = 2 * run.concurrency
  const ready = new Map<number, unknown>()
  const [arrival, departure] = [new Bell(), new Bell()]
  let arrived = 0
  let read = 0
  /** Items out of the source, or about to be, whose results are not read. */
  let held = 0

  const room = async (aborted: AbortSignal) => {
    const wait = held < most ? undefined : current()?.waitFor('reader', undefined)
    try {
      while (held >= most) await orAborted(departure.wait(), aborted)
    } finally {
      wait?.end()
    }
    held++
  }
  const leave = () => {
    held--
    departure.ring()
  }
  const put = (index: number, result: unknown) => {
    if (run.ordered) ready.set(index, result)
    else if (result !== SKIPPED) ready.set(arrived++, result)
    else leave()
    arrival.ring()
  }

  const feed = new Feed(run.items)
  let end: { readonly failed: boolean; readonly error?: unknown } | undefined
  let stop = () => {}
  const ended = scopeOf(
    'map',
    (s) => {
      stop = () => s.cancel('its results are read no further')
      runners(s, feed, run, put, room)
    },
    signal,
  )
    .then(
      () => {
        end = { failed: false }
      },
      (error: unknown) => {
        end = { failed: true, error }
      },
    )
    .then(() => arrival.ring())

  const finish = async () => {
    stop()
    await ended
    const closing = feed.close()
    if (end!.failed) {
      await closing.catch(() => {})
      throw end!.error
    }
    await closing
  }
  try {
    for (;;) {
      if (ready.has(read)) {
        const result = ready.get(read)
        ready.delete(read++)
        leave()
        if (result !== SKIPPED) yield result as R
      } else if (end !== undefined) return
      else await arrival.wait()
    }
  } finally {
    // Both at the end and where the reader leaves the loop: what has failed is told either way.
    await finish()
  }
}
