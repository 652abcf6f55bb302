/** What is told of tasks and scopes, on the channels `offloop:task` and `offloop:scope`. As core/channels.ts. */

import { type Outcome, QueuedSpan, Span, Topic } from '../core/channels.js'
import type { Priority } from '../core/priority.js'

/**
 * What channel `offloop:task` carries: a step of a task's call. Times are milliseconds of `performance.now()` of the
 * thread that called.
 */
export interface TaskEvent {
  readonly type: 'queued' | 'started' | 'progress' | 'cancelled' | 'settled'
  /** The call's number, of this thread. */
  readonly id: number
  /** The task's name. */
  readonly name: string
  readonly on: 'loop' | 'thread' | 'process'
  readonly mode: 'async' | 'sync' | 'stream'
  /** When it happened. */
  readonly time: number
  /** The number of the scope or child around. */
  readonly scope?: number
  readonly priority: Priority
  /** From started on: the thread's `threadId`, or the process's `pid`. */
  readonly worker?: number
  /** progress: how much is done, more than 0 and less than 1. */
  readonly fraction?: number
  /** cancelled: why. */
  readonly reason?: unknown
  /** settled: how. 'cancelled' if what the caller gets is the reason. */
  readonly outcome?: Outcome
  /** settled: what the caller gets instead of a result. */
  readonly error?: unknown
  /** settled */
  readonly queuedAt?: number
  /** settled: absent if it never started. */
  readonly startedAt?: number
  /** settled */
  readonly endedAt?: number
}

/** What channel `offloop:scope` carries: a step of a scope, or of a child that was spawned in one. */
export interface ScopeEvent {
  readonly type: 'started' | 'cancelled' | 'settled'
  /** Its number, of this thread: scopes and children have one row. */
  readonly id: number
  /** Its `name`; 'scope', or 'child 3', without one. */
  readonly name: string
  readonly kind: 'scope' | 'child'
  /** The number of the scope or child that it is in. */
  readonly parent?: number
  /** When it happened, in milliseconds of `performance.now()`. */
  readonly time: number
  /** The nearest deadline that holds for it as it starts, in milliseconds of `performance.now()`. */
  readonly deadline?: number
  /** cancelled: why. */
  readonly reason?: unknown
  /** settled: how. 'cancelled' if a cancellation cut something off. */
  readonly outcome?: Outcome
  /** settled: what it throws. */
  readonly error?: unknown
}

/** `offloop:task`. */
export const tasks: Topic = /* @__PURE__ */ new Topic('offloop:task')
/** `offloop:scope`. */
export const scopes: Topic = /* @__PURE__ */ new Topic('offloop:scope')

/** Who runs a call, and since when: in milliseconds of process.hrtime, which all threads and processes share. */
export interface Began {
  readonly worker: number
  readonly at: number
}

/** Said by a worker that takes a call up. */
export function began(worker: number): Began {
  return { worker, at: hrtimeMs() }
}

function hrtimeMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

let last = 0

/** A number for a call of a task: one row for all of this thread. */
export function nextTask(): number {
  return ++last
}

export class TaskSpan extends QueuedSpan {
  constructor(
    { id, name, on }: { id: number; name: string; on: TaskEvent['on'] },
    mode: TaskEvent['mode'],
    priority: Priority | undefined,
    scope: number | undefined,
  ) {
    super(tasks, { id, name, on, mode, ...(scope ? { scope } : {}), priority: priority ?? 'normal' }, mode === 'sync')
  }

  begun({ worker, at }: Began): void {
    this.started(performance.now() - (hrtimeMs() - at), { worker })
  }
}

/** A call that is cancelled before it begins. */
export function refused(seen: TaskSpan, reason: unknown): void {
  seen.run(() => {
    seen.cancelled(reason)
    seen.failed(reason)
  })
}

export class ScopeSpan extends Span {
  constructor(kind: ScopeEvent['kind'], name: string, node: Opened) {
    const { id, parent, deadline } = node
    super(scopes, { id, name, kind, ...(parent?.id ? { parent: parent.id } : {}) }, false)
    this.tell('started', deadline === Infinity ? undefined : { deadline })
    if (node.means !== undefined) this.cancelled(node.reason) // under something that is cancelled, or with no time at all
  }
}

interface Opened {
  readonly id: number
  readonly parent: { readonly id: number } | undefined
  readonly deadline: number
  readonly means: string | undefined
  readonly reason: unknown
}
