/** The faces of scopes. */
import type { Priority } from '../core/priority.js'

/** Options of a scope, all of them for everything inside. */
export interface ScopeOptions {
  /** Milliseconds, 0 or more, until the scope is cancelled with a TimeoutError. */
  timeout?: number | undefined
  /** Cancels the scope when it aborts. */
  signal?: AbortSignal | undefined
  /** The kernels called inside have at most this many threads together, 1 to 256: what does not fit waits its turn. */
  threads?: number | undefined
  /** Of the kernels and tasks called inside, unless they say otherwise. Default: that of the scope around, or 'normal'. */
  priority?: Priority | undefined
  /** For messages. */
  name?: string | undefined
}

export interface SpawnOptions {
  /** For messages; without it, the function's own name. */
  name?: string | undefined
}

/** A block of concurrent work: what is spawned in it ends in it. */
export interface Scope {
  /** Aborts when the scope is cancelled, whoever does it; its reason says who (Cancelled or a TimeoutError). */
  readonly signal: AbortSignal
  readonly name: string | undefined
  /**
   * Starts a child now. If it fails, the scope is cancelled, and throws the failure when all have ended; it never is an
   * unhandled rejection.
   *
   * @param fn - gets a signal of its own, which aborts with the scope's or by the handle's `cancel()`
   * @returns the child's handle; await it for value or error
   * @throws Error (ERR_OFFLOOP_SCOPE_CLOSED) once the scope has ended
   */
  spawn<T>(fn: (signal: AbortSignal) => T, options?: SpawnOptions): Handle<Awaited<T>>
  /** Cancels all that runs inside. The first cancellation counts. */
  cancel(reason?: unknown): void
}

/** One child. Await it, or leave it to the scope. */
export interface Handle<T> extends PromiseLike<T> {
  /** Cancels this child alone; that is no failure of the scope. Awaiting it rejects with the reason (Cancelled). */
  cancel(reason?: unknown): void
}

/** A scope without a function for a body. */
export interface OpenScope extends Scope, AsyncDisposable {
  /**
   * Runs `fn` inside: what it calls is under the scope. If it fails, the scope is cancelled, and the failure is this
   * promise's, not thrown by `close()` again.
   */
  run<T>(fn: () => T): Promise<Awaited<T>>
  /** Waits until all inside has ended; throws what failed, as the end of `scope()` does. `await using` calls it. */
  close(): Promise<void>
}

/** How a `moveOnAfter` ended. */
export type Moved<T> =
  | { readonly cancelled: false; readonly value: T }
  | { readonly cancelled: true; readonly reason: unknown }
