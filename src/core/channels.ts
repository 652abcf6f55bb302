/**
 * Seeing what runs: what happens to a call is told on channels of node:diagnostics_channel. Without a subscriber that
 * costs the question whether there is one, and nothing is made.
 */
import { type Channel, channel, type TracingChannel, tracingChannel } from 'node:diagnostics_channel'
import { bytesOf } from '../engine/bytes.js'
import { nextJob } from '../engine/ids.js'
import type { Call, Report, Runnable } from '../engine/values.js'
import type { Priority } from './priority.js'

/** How a call, a child or a scope ended. */
export type Outcome = 'fulfilled' | 'rejected' | 'cancelled'

/**
 * What channel `offloop:job` carries: a step of a kernel's call. Times are milliseconds of `performance.now()` of the
 * thread that called.
 *
 * @example
 * diagnostics_channel.subscribe('offloop:job', (message) => {
 *   const event = message as JobEvent
 *   if (event.type === 'settled') console.log(event.name, event.endedAt - event.queuedAt)
 * })
 */
export interface JobEvent {
  readonly type: 'queued' | 'started' | 'progress' | 'cancelled' | 'settled'
  /** The call's number, of this thread. */
  readonly id: number
  /** The kernel's name. */
  readonly name: string
  /** What runs it: native code, or the kernel's twin in JavaScript. */
  readonly engine: 'native' | 'js'
  /** 'inline': an asynchronous call so small that it ran at once on this thread. */
  readonly mode: 'async' | 'sync' | 'inline'
  /** When it happened. */
  readonly time: number
  /** The number of the scope or child around. */
  readonly scope?: number
  readonly priority: Priority
  /** Of the arrays that it reads and writes. */
  readonly bytes: number
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
  /** settled: the pieces that it was cut into; 0 if it ran in one go, as in JavaScript. */
  readonly grains?: number
  /** settled: threads that worked on it. */
  readonly threads?: number
}

/** A name's two kinds of channel: one object a step, and a call's life for those who bind a context to it. */
export class Topic {
  readonly plain: Channel
  readonly tracing: TracingChannel

  constructor(name: string) {
    this.plain = channel(name)
    this.tracing = tracingChannel(name)
  }

  /** Whether anybody listens. */
  get watched(): boolean {
    const { plain, tracing } = this
    return (
      plain.hasSubscribers ||
      tracing.start.hasSubscribers ||
      tracing.end.hasSubscribers ||
      tracing.asyncStart.hasSubscribers ||
      tracing.asyncEnd.hasSubscribers ||
      tracing.error.hasSubscribers
    )
  }
}

/** `offloop:job`: kernels. */
export const jobs: Topic = /* @__PURE__ */ new Topic('offloop:job')

type About = { readonly id: number; readonly name: string; readonly [key: string]: unknown }

/** A life, told step by step. It is made only while somebody listens, so that whoever comes later hears no half of it. */
export class Span {
  readonly #topic: Topic
  readonly #about: About
  readonly #told: boolean
  readonly #context: (About & { result?: unknown; error?: unknown }) | undefined
  /** There is no promise: what it ends with is there when `run` is over. */
  readonly #blocking: boolean
  #inside = false
  #reason: { readonly reason: unknown } | undefined
  #settled = false

  constructor(topic: Topic, about: About, blocking: boolean) {
    this.#topic = topic
    this.#about = about
    this.#blocking = blocking
    this.#told = topic.plain.hasSubscribers
    this.#context = { ...about }
  }

  /** Somebody listens to the steps, not only to beginning and end. */
  get told(): boolean {
    return this.#told
  }

  get id(): number {
    return this.#about.id
  }

  /** Why it was cancelled, if it was. */
  get reason(): { readonly reason: unknown } | undefined {
    return this.#reason
  }

  tell(type: string, more: object | undefined, time: number = performance.now()): void {
    if (this.#told && !this.#settled) this.#topic.plain.publish({ type, ...this.#about, time, ...more })
  }

  /** Runs what is called, in the contexts that subscribers bind to it. */
  run<T>(fn: () => T): T {
    const context = this.#context
    if (context === undefined) return fn()
    const { start, end } = this.#topic.tracing
    this.#inside = true
    try {
      return start.runStores(context, fn)
    } finally {
      this.#inside = false
      end.publish(context)
      if (this.#settled && !this.#blocking) this.#continue(context)
    }
  }

  /** Only the first reason counts. */
  cancelled(reason: unknown): void {
    if (this.#reason !== undefined) return
    this.tell('cancelled', { reason })
    this.#reason = { reason }
  }

  fulfilled(result: unknown): void {
    this.#settle('fulfilled', undefined, result)
  }

  /** `cut`: it was cut off by a cancellation. Without it: if the error is the reason of one. */
  failed(error: unknown, cut: boolean = this.#reason !== undefined && this.#reason.reason === error): void {
    this.#settle(cut ? 'cancelled' : 'rejected', { error }, undefined)
  }

  /** What is told besides at the end. */
  protected last(_outcome: Outcome): object | undefined {
    return undefined
  }

  #settle(outcome: Outcome, failure: { readonly error: unknown } | undefined, result: unknown): void {
    if (this.#settled) return
    const last = this.last(outcome)
    this.tell('settled', { outcome, ...failure, ...last })
    this.#settled = true
    const context = this.#context
    if (context === undefined) return
    if (failure === undefined) context.result = result
    else {
      context.error = failure.error
      this.#topic.tracing.error.publish(context)
    }
    if (!this.#blocking && !this.#inside) this.#continue(context)
  }

  #continue(context: object): void {
    const { asyncStart, asyncEnd } = this.#topic.tracing
    asyncStart.publish(context)
    asyncEnd.publish(context)
  }
}

/** A life that begins with waiting. */
export class QueuedSpan extends Span {
  readonly queuedAt: number = performance.now()
  startedAt: number | undefined
  #beginning: object | undefined

  constructor(topic: Topic, about: About, blocking: boolean) {
    super(topic, about, blocking)
    this.tell('queued', undefined, this.queuedAt)
  }

  /** Only the first time counts. */
  started(at: number = performance.now(), more?: object): void {
    if (this.startedAt !== undefined) return
    this.startedAt = at
    this.#beginning = more
    this.tell('started', more, at)
  }

  progress(fraction: number): void {
    if (fraction > 0 && fraction < 1) this.tell('progress', { ...this.#beginning, fraction })
  }

  /** What runs here and now. */
  around<T>(fn: () => T): T {
    return this.run(() => {
      try {
        const result = fn()
        this.fulfilled(result)
        return result
      } catch (error) {
        this.failed(error)
        throw error
      }
    })
  }

  protected override last(outcome: Outcome): object {
    if (outcome === 'fulfilled') this.started()
    const { queuedAt, startedAt } = this
    return {
      queuedAt,
      ...(startedAt === undefined ? {} : { startedAt }),
      endedAt: performance.now(),
      ...this.#beginning,
    }
  }
}

export class JobSpan extends QueuedSpan {
  #report: Report | undefined

  constructor(
    kernel: Runnable,
    call: Call,
    engine: JobEvent['engine'],
    mode: JobEvent['mode'],
    priority: Priority,
    scope: number | undefined,
  ) {
    const within = scope ? { scope } : {}
    const bytes = bytesOf(call.values)
    super(jobs, { id: nextJob(), name: kernel.name, engine, mode, ...within, priority, bytes }, mode === 'sync')
  }

  /** What the engine knows better than the thread that waits. */
  reported(report: Report): void {
    this.#report = report
    if (report.startedAt > this.queuedAt - 1) this.started(Math.max(report.startedAt, this.queuedAt))
  }

  protected override last(outcome: Outcome): object {
    const last = super.last(outcome)
    const report = this.#report
    const { startedAt } = this
    if (startedAt === undefined) return { ...last, grains: 0, threads: 0 }
    if (report === undefined) return { ...last, grains: 0, threads: 1 }
    return {
      ...last,
      endedAt: Math.max(report.endedAt, startedAt),
      grains: report.grains,
      threads: report.threads || 1,
    }
  }
}
