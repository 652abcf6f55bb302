/** What a recording of a program holds. Times are performance.now() milliseconds of its main thread. */

/** A step in the life of a call or scope, as the channels `offloop:job`, `offloop:task` and `offloop:scope` tell it. */
export interface Step {
  readonly type: 'queued' | 'started' | 'cancelled' | 'settled'
  readonly id: number
  readonly name: string
  readonly time: number
  /** The scope that it belongs to. */
  readonly scope?: number
  readonly priority?: string
  /** At the end. */
  readonly outcome?: 'fulfilled' | 'rejected' | 'cancelled'
  readonly queuedAt?: number
  readonly startedAt?: number
  readonly endedAt?: number
  /** Why it was cancelled, or what it failed with: a message. */
  readonly why?: string
}

export interface JobStep extends Step {
  readonly engine: 'native' | 'js'
  readonly mode: 'async' | 'sync' | 'inline'
  readonly bytes?: number
  readonly grains?: number
  readonly threads?: number
}

export interface TaskStep extends Step {
  readonly on: 'loop' | 'thread' | 'process'
  readonly mode: 'async' | 'sync' | 'stream'
  /** threadId or pid. */
  readonly worker?: number
}

export interface ScopeStep extends Step {
  readonly kind: 'scope' | 'child'
  readonly parent?: number
  readonly deadline?: number
}

/** Numbers of a grain: OS thread, environment, job, kernel instance, begin, end (ms), items, lane. */
export const GRAIN_SIZE = 8

/** How a program began. */
export interface Head {
  readonly script: string
  readonly pid: number
  readonly node: string
  readonly platform: string
  readonly begin: number
  /** The event loop's thread as grains name theirs, where that is known. */
  readonly loopThread?: number
}

/** What is known at its end. */
export interface Tail {
  readonly time: number
  /** Beyond the limits of a recording, and not in it. */
  readonly droppedSteps: number
  readonly droppedGrains: number
  /** Undefined while nothing was called. */
  readonly engine?: string
  /** The number of the main thread's environment, in grains. */
  readonly environment?: number
}

export interface Recording {
  readonly head: Head
  /** The last there is. A program that was killed leaves what it knew some milliseconds before. */
  readonly tail: Tail
  readonly jobs: readonly JobStep[]
  readonly tasks: readonly TaskStep[]
  readonly scopes: readonly ScopeStep[]
  /** GRAIN_SIZE numbers each. */
  readonly grains: readonly number[]
  /** Names of kernel instances, by index. */
  readonly names: ReadonlyMap<number, string>
  /** Timers that came late: when they were due, and by how much. Others came in time. */
  readonly late: readonly { readonly due: number; readonly ms: number }[]
}

/** A line of a recording's file. */
export type Line =
  | readonly ['head', Head]
  | readonly ['tail', Tail]
  | readonly ['job', JobStep]
  | readonly ['task', TaskStep]
  | readonly ['scope', ScopeStep]
  | readonly ['grains', readonly number[]]
  | readonly ['name', number, string]
  | readonly ['late', number, number]
