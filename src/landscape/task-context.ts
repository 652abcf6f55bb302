/** What `task.withContext` hands to a function: the caller's signal, progress, and a point to stop at. */

export interface TaskContext {
  /** Aborts when the caller does, when a `timeout` passes, or when the scope around the call is cancelled. */
  readonly signal: AbortSignal
  /** Tells the caller's `onProgress` a fraction from 0 to 1; passed on at most 60 times a second, rising only. */
  progress(fraction: number): void
  /**
   * Throws `signal.reason` if the call was aborted. On a thread a loop without any `await` sees it too; in a process
   * an abort is heard only between turns of its loop.
   */
  checkpoint(): void
}

const APART_MS = 1000 / 60

export function contextOf(
  signal: AbortSignal,
  report: ((fraction: number) => void) | undefined,
  look: (() => unknown) | undefined,
): TaskContext {
  let reached = 0
  let last = -Infinity
  return {
    signal,
    progress(fraction) {
      if (report === undefined || !(fraction > reached)) return
      const now = performance.now()
      if (now - last < APART_MS && fraction < 1) return
      reached = fraction
      last = now
      report(fraction)
    },
    checkpoint() {
      look?.()
      signal.throwIfAborted()
    },
  }
}
