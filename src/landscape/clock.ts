/** The clock of deadlines, in one object, so that tests replace it by a virtual one. */
import { clearTimeout, setTimeout } from 'node:timers'

export interface Clock {
  /** Milliseconds, as `performance.now()` counts them. */
  now(): number
  setTimeout(callback: () => void, ms: number): unknown
  clearTimeout(timer: unknown): void
}

export const clock: Clock = {
  now: () => performance.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
}
