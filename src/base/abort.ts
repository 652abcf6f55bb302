/** AbortSignal, listened to without leaving listeners behind. */

/** Calls `listener` once when the signal aborts; returns what undoes it. */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  signal.addEventListener('abort', listener, { once: true })
  return () => signal.removeEventListener('abort', listener)
}

/** The same for either of two signals, once; the listener gets the one that aborted first. */
export function onAbortOf(
  one: AbortSignal | undefined,
  other: AbortSignal | undefined,
  listener: (signal: AbortSignal) => void,
): (() => void) | undefined {
  if (one === undefined || other === undefined || one === other) {
    const only = one ?? other
    return only === undefined ? undefined : onAbort(only, () => listener(only))
  }
  const unlisten = () => {
    first()
    second()
  }
  const heard = (signal: AbortSignal) => {
    unlisten()
    listener(signal)
  }
  const first = onAbort(one, () => heard(one))
  const second = onAbort(other, () => heard(other))
  return unlisten
}

/** Whichever of them has aborted. */
export function abortedOf(one: AbortSignal | undefined, other: AbortSignal | undefined): AbortSignal | undefined {
  return one?.aborted ? one : other?.aborted ? other : undefined
}

/** True for whatever behaves as an AbortSignal, of any realm. */
export function isSignal(value: unknown): value is AbortSignal {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as AbortSignal).aborted === 'boolean' &&
    typeof (value as AbortSignal).addEventListener === 'function'
  )
}
