/** In the worker of a task: its seat in the budget of cores. */
import { createRequire } from 'node:module'

let seated = false
let native: { sit(seat: number): void } | undefined

/** A task with this seat runs on this thread: while its loop waits, it holds no core. `addon`: the binary's file. */
export function sit(addon: string, seat: number): void {
  try {
    // The same file as node-gyp-build finds, so that it is loaded once.
    native ??= createRequire(import.meta.url)(addon) as NonNullable<typeof native>
    native.sit(seat)
    seated = true
  } catch {
    // The seat is held until the task has ended, whatever its loop does.
  }
}

/** The task has ended: a loop that waits for the next one frees nothing. */
export function rise(addon: string): void {
  sit(addon, 0)
}

/** Tasks that this thread starts are a task's. */
export function isSeated(): boolean {
  return seated
}
