/** How kernels learn of the scope they are called in. Without an open scope `get` is undefined, and nothing is paid. */

import type { Priority } from './priority.js'
import type { Room } from './room.js'

/** What a call inherits from the scope around it. */
export interface Ambient {
  /** Aborts when the scope is cancelled, its deadline and scopes around it included. */
  readonly signal: AbortSignal
  /** In `performance.now()` milliseconds of this thread; Infinity: none. */
  readonly deadline: number
  /** At most this many threads; 0: no limit. */
  readonly threads: number
  /** Of its kernels and tasks. */
  readonly priority: Priority
}

/** What is known of something waited for, when somebody asks. */
export interface Progress {
  readonly state?: 'queued' | 'running'
  /** From 0 to 1; undefined: nobody told. */
  readonly fraction?: number | undefined
}

/** Something that the code of a scope waits for. */
export interface Wait {
  /** It came, or failed. */
  end(): void
}

/** The scope around the running code. */
export interface Around extends Ambient {
  /** Its number in what the channels tell; 0: it has none. */
  readonly id: number
  /** Notes that the code here waits for something, for `scopeTree()`; `look` is called when somebody asks. */
  waitFor(kind: 'kernel', name: string, look: () => Progress): Wait
  /** Where its kernels take their threads from, if it or a scope around it limits them. */
  readonly room: Room | undefined
  /** Its deadline has come: cancels the scope that set it, if the timer has not yet, and returns `signal.reason`. */
  expire(): unknown
}

/** `get` is set by the landscape while a scope is open. What it returns is cancelled already if its deadline passed. */
export const ambient: { get: (() => Around | undefined) | undefined } = { get: undefined }

/** The smaller of two limits of threads, where 0 is none. */
export function fewer(a: number, b: number): number {
  return a === 0 || (b !== 0 && b < a) ? b : a
}
