/** The faces of tasks. */
import type { Priority } from '../core/priority.js'
import type { TaskContext } from './task-context.js'
import type { Movable } from './wire.js'

export interface TaskOptions {
  /** Where it runs. Default: async functions on the loop, all others on a thread. */
  on?: 'loop' | 'thread' | 'process' | undefined
  /** For errors and stacks; without it, the function's own name. */
  name?: string | undefined
  /** In a process, unless `on` says otherwise: for work that keeps a core busy. */
  cpuBound?: boolean | undefined
  /**
   * Which calls start first while more wait than there are cores, and the priority of the kernels inside: 'high',
   * 'normal' (default, or the scope's) or 'low'. A call that runs is not interrupted.
   */
  priority?: Priority | undefined
  /** Milliseconds from an abort until the worker of a task that goes on is replaced. Default: 200. */
  grace?: number | undefined
  /** Of a URL and an export: the export is a generator function. */
  stream?: boolean | undefined
}

export interface CallOptions {
  /** Aborts calls; they reject with its reason. */
  signal?: AbortSignal | undefined
  /** Buffers, ports and the like among the arguments that move instead of being copied. Processes get copies. */
  transfer?: readonly Movable[] | undefined
  /** Milliseconds until a call is aborted with a TimeoutError (ERR_OFFLOOP_TIMEOUT). */
  timeout?: number | undefined
  /** Instead of the task's. */
  priority?: Priority | undefined
  /** Gets the fractions of `ctx.progress`, rising; the last is 1. An error it throws aborts the call. */
  onProgress?: ((fraction: number) => void) | undefined
}

/** A function on the loop, a thread or in a process. */
export interface Task<P extends unknown[], R> {
  (...args: P): Promise<Awaited<R>>
  /** Blocks this thread until the result is there. */
  sync(...args: P): Awaited<R>
  /** Blocks this thread: calls the function itself, here and now. */
  js(...args: P): R
  /** The same task, whose calls have these options. */
  with(options: CallOptions): Task<P, R>
}

/** A generator on the loop, a thread or in a process. */
export interface StreamTask<P extends unknown[], Y, G = AsyncIterable<Y>> {
  (...args: P): AsyncIterableIterator<Y>
  /** Blocks this thread: calls the generator itself. */
  js(...args: P): G
  /** The same task, whose calls have these options. */
  with(options: CallOptions): StreamTask<P, Y, G>
}

/** StreamTask of what gives a generator, else Task. */
export type TaskOf<P extends unknown[], R> = 0 extends R & 1
  ? Task<P, R>
  : [R] extends [never]
    ? Task<P, R>
    : [R] extends [Generator<infer Y> | AsyncGenerator<infer Y>]
      ? StreamTask<P, Y, R>
      : Task<P, R>

// biome-ignore lint/suspicious/noExplicitAny: what parameters of any function look like
type AnyFunction = (...args: any[]) => unknown
type Rest<F> = F extends (first: never, ...rest: infer P) => unknown ? P : never

export interface TaskFactory {
  <P extends unknown[], R>(fn: (...args: P) => R, options?: TaskOptions): TaskOf<P, R>
  <C extends object, P extends unknown[], R>(
    constants: C,
    fn: (constants: C, ...args: P) => R,
    options?: TaskOptions,
  ): TaskOf<P, R>
  <F extends AnyFunction>(
    url: URL | string,
    exportName: string,
    options?: TaskOptions,
  ): TaskOf<Parameters<F>, ReturnType<F>>
  /**
   * As `task`, of a function that gets a context first (after the constants): `ctx.signal`, `ctx.progress(fraction)`,
   * `ctx.checkpoint()`.
   *
   * @example
   * const count = task.withContext((ctx, n) => {
   *   for (let i = 0; i < n; i++) {
   *     ctx.checkpoint()
   *     ctx.progress(i / n)
   *   }
   *   return n
   * })
   * await count.with({ signal, onProgress: console.log })(1e6)
   */
  readonly withContext: {
    <P extends unknown[], R>(fn: (ctx: TaskContext, ...args: P) => R, options?: TaskOptions): TaskOf<P, R>
    <C extends object, P extends unknown[], R>(
      constants: C,
      fn: (constants: C, ctx: TaskContext, ...args: P) => R,
      options?: TaskOptions,
    ): TaskOf<P, R>
    <F extends AnyFunction>(
      url: URL | string,
      exportName: string,
      options?: TaskOptions,
    ): TaskOf<Rest<F>, ReturnType<F>>
  }
}

/** What `taskOf` tells. */
export interface TaskDescription {
  readonly name: string
  readonly on: 'loop' | 'thread' | 'process'
  /** It is a generator. */
  readonly stream: boolean
}
