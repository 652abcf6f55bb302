/**
 * A call's life: it waits for a worker, runs, and settles once.
 *
 * An abort drops a call that has not begun. One that runs is told, and has `grace` milliseconds to end; then its
 * worker is replaced. It is the worker that runs this very call which is replaced: a call that has answered is beyond
 * the reach of its own kill.
 */
import { AsyncResource } from 'node:async_hooks'
import { clearTimeout, setTimeout } from 'node:timers'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { abortedOf } from '../base/abort.js'
import { timedOut } from '../base/errors.js'
import type { Ambient } from '../core/ambient.js'
import { type Priority, RANK } from '../core/priority.js'
import { refuseMore } from '../core/settings.js'
import { landscape } from '../core/stats.js'
import { claimCore } from '../engine/cores.js'
import { hold, letGo } from '../engine/js-loop.js'
import { nextTask, refused, TaskSpan, tasks } from './channels.js'
import { around } from './context.js'
import { failureOf } from './failure.js'
import { catchUp, hearShared, onAbortTogether, speakShared } from './hubs.js'
import type { Envelope } from './line.js'
import type { CancelNode } from './node.js'
import { ENDED, Kill, type Passing, send, workers } from './pool.js'
import { ended, tally } from './tally.js'
import {
  ABORTED,
  type Code,
  DONE,
  type Down,
  type Inherited,
  KILLED,
  type Movable,
  moveArguments,
  openAnswer,
  openParcel,
  type Place,
  type Request,
  STARTED,
  sealArguments,
  type Up,
  WAITING,
} from './wire.js'

/** What a task says about all of its calls. */
export interface Always {
  readonly on: Place
  readonly label: string
  readonly contextAt: number | undefined
  readonly grace: number
  readonly transfer: readonly Movable[]
  readonly signal: AbortSignal | undefined
  /** Milliseconds from the call; Infinity: none. */
  readonly timeout: number
  /** Without it, that of the scope around. */
  readonly priority: Priority | undefined
  readonly onProgress: ((fraction: number) => void) | undefined
  /** What an argument is called in errors. */
  readonly nameOf: (index: number) => string
}

/** One call. */
export interface Ask {
  readonly always: Always
  readonly code: Code
  /** Constants first, if there are any. */
  readonly args: readonly unknown[]
  /** Gets a stream's values as they come. */
  readonly onPart: ((value: unknown) => void) | undefined
  /** Has the stack of the call. */
  readonly site: { readonly stack?: string }
}

/** A request for a worker, ready to travel; with what moves along. Throws ERR_OFFLOOP_TASK_CLONE. */
export function requestOf(
  ask: Ask,
  ambient: Inherited | undefined,
): { request: Request; transfer: readonly Movable[] } {
  const { on, label, contextAt, nameOf, transfer } = ask.always
  const moved = on === 'thread' && transfer.length > 0 ? moveArguments(ask.args, transfer, nameOf) : undefined
  const args = moved?.args ?? sealArguments(ask.args, on, nameOf)
  const request: { -readonly [K in keyof Request]: Request[K] } = { id: nextTask(), on, label, code: ask.code, args }
  if (contextAt !== undefined) request.contextAt = contextAt
  if (ask.onPart !== undefined) request.stream = true
  if (ambient !== undefined) request.ambient = ambient
  return { request, transfer: moved === undefined ? [] : [...moved.transfer] }
}

/** The ambient scope as a request takes it along. */
export function inheritedFrom(
  ambient: Omit<Ambient, 'signal'> | undefined,
  priority: Priority | undefined,
): Inherited | undefined {
  if (ambient === undefined && priority === undefined) return undefined
  const remaining = ambient === undefined ? Infinity : ambient.deadline - performance.now()
  return { remaining, threads: ambient?.threads ?? 0, priority: priority ?? ambient!.priority }
}

const queues: Record<Place, { running: number; waiting: Set<Call> }> = {
  thread: { running: 0, waiting: new Set() },
  process: { running: 0, waiting: new Set() },
}

/** Calls whose promises are outstanding. */
let unsettled = 0

export function outstandingTasks(): number {
  return unsettled
}

/** Calls that run and wait, for tests. */
export function callCounts(place: Place): { running: number; waiting: number } {
  return { running: queues[place].running, waiting: queues[place].waiting.size }
}

function spanOf({ always, onPart }: Ask, id: number, ambient: CancelNode | undefined): TaskSpan {
  const { label, on, priority } = always
  const mode = onPart === undefined ? 'async' : 'stream'
  return new TaskSpan({ id, name: label, on }, mode, priority ?? ambient?.priority, ambient?.id)
}

/** For stats(). */
export function countTasks(): void {
  landscape.tasks ??= () => {
    const up = workers()
    const of = (place: Place) => ({ ...callCounts(place), workers: up[place], ...tally[place] })
    const { loop } = tally
    const running = loop.started - loop.settled
    return { loop: { waiting: 0, running, workers: 0, ...loop }, thread: of('thread'), process: of('process') }
  }
}

export class Call {
  readonly promise: Promise<unknown>
  private resolve!: (value: unknown) => void
  private reject!: (error: unknown) => void
  private request: Request
  private readonly transfer: Movable[]
  private readonly undo: (() => void)[] = []
  /** Gives its core back, or leaves the queue for one. */
  private leave: () => void = () => {}
  private kill: Kill | undefined
  private readonly timers: NodeJS.Timeout[] = []
  private speak: ((message: Down) => void) | undefined
  private port: MessagePort | undefined
  private passing: Passing['channel']
  private started = false
  private answered = false
  private settled = false
  private aborted: { readonly reason: unknown } | undefined
  private reached = 0
  private received = 0
  private expected = Infinity
  private complete: () => void = () => {}
  private readonly seen: TaskSpan | undefined

  /** In the scope of the call, whoever hears the message. */
  private readonly onProgress: Always['onProgress']

  constructor(private readonly ask: Ask) {
    const { on, signal, priority, onProgress } = ask.always
    refuseMore(`waiting tasks in a ${on}`, queues[on].waiting.size)
    this.onProgress = onProgress && AsyncResource.bind(onProgress)
    const ambient = around()
    const past = abortedOf(signal, ambient?.signal)
    if (past !== undefined) {
      if (tasks.watched) refused(spanOf(ask, nextTask(), ambient), past.reason)
      throw past.reason
    }
    const { request, transfer } = requestOf(ask, inheritedFrom(ambient, priority))
    this.request = request
    this.transfer = transfer as Movable[]
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    if (!tasks.watched) {
      this.begin(ambient)
      return
    }
    const seen = spanOf(ask, request.id, ambient)
    this.request = { ...request, report: true }
    this.seen = seen
    seen.run(() => this.begin(ambient))
  }

  private begin(ambient: CancelNode | undefined): void {
    const { on, label, signal, timeout, priority } = this.ask.always
    const queue = queues[on]
    countTasks()
    hold()
    unsettled++
    const stoppable = signal !== undefined || ambient !== undefined || timeout !== Infinity
    const speaks = this.onProgress !== undefined || this.ask.onPart !== undefined || this.seen !== undefined
    if (stoppable || speaks) this.openLine()
    for (const one of [signal, ambient?.signal]) {
      if (one !== undefined) this.undo.push(onAbortTogether(one, (reason) => this.abort(reason)))
    }
    if (timeout !== Infinity) {
      const timer = setTimeout(() => this.abort(timedOut(label, timeout)), timeout)
      this.undo.push(() => clearTimeout(timer))
    }
    const wait = ambient?.waitFor('task', label, () => ({ on, state: this.state, fraction: this.reached || undefined }))
    if (wait !== undefined) this.undo.push(() => wait.end())
    queue.waiting.add(this)
    this.leave = claimCore(RANK[priority ?? ambient?.priority ?? 'normal'], (seat) => {
      queue.waiting.delete(this)
      queue.running++
      tally[on].started++
      if (on === 'thread' && seat !== 0) this.request = { ...this.request, seat }
      void this.run().finally(() => {
        queue.running--
        this.leave()
      })
    })
  }

  /** It was aborted, by whatever means: what it has sent counts no more. */
  get cut(): boolean {
    return this.aborted !== undefined
  }

  /** While its worker starts, too, it is queued. */
  private get state(): 'queued' | 'running' {
    if (queues[this.ask.always.on].waiting.has(this)) return 'queued'
    const { flag } = this.request
    const begun = flag === undefined ? this.started : Atomics.load(flag, 0) !== WAITING
    return begun ? 'running' : 'queued'
  }

  /** Says something to the running task. */
  tell(message: Down): void {
    if (!this.answered) this.speak?.(message)
  }

  abort(reason: unknown): void {
    if (this.settled || this.aborted !== undefined) return
    this.aborted = { reason }
    this.seen?.cancelled(reason)
    if (queues[this.ask.always.on].waiting.delete(this)) {
      this.leave()
      this.fail(reason)
      return
    }
    const begun = this.markAborted()
    this.tell({ abort: failureOf(reason) })
    // Its worker stays taken until it has answered or is replaced.
    if (!this.answered) this.timers.push(setTimeout(() => this.end(), this.ask.always.grace))
    if (!begun) this.fail(reason)
  }

  /** True if the function may have begun. */
  private markAborted(): boolean {
    const { flag } = this.request
    if (flag === undefined) return this.started
    if (Atomics.compareExchange(flag, 0, WAITING, ABORTED) === WAITING) return false
    Atomics.compareExchange(flag, 0, STARTED, ABORTED)
    return true
  }

  /** Has its worker replaced, unless the answer is on its way. */
  private end(): void {
    const { flag } = this.request
    if (flag !== undefined) {
      const state = Atomics.load(flag, 0)
      if (state === DONE) return
      // The worker may have moved on to DONE just now.
      if (Atomics.compareExchange(flag, 0, state, KILLED) === DONE) return
    }
    this.kill!.abort()
  }

  private openLine(): void {
    const { id, on } = this.request
    this.kill = new Kill()
    if (on === 'thread') {
      const flag = new Int32Array(new SharedArrayBuffer(4)).fill(WAITING)
      if (this.ask.onPart === undefined) {
        this.undo.push(hearShared(id, (message) => this.hear(message)))
        this.speak = (message) => speakShared(id, message)
        this.request = { ...this.request, line: true, flag }
        return
      }
      const { port1, port2 } = new MessageChannel()
      this.port = port1
      port1.on('message', (message: Up) => this.hear(message))
      this.speak = (message) => port1.postMessage(message)
      this.transfer.push(port2)
      this.request = { ...this.request, line: true, port: port2, flag }
      return
    }
    const early: Down[] = []
    this.speak = (message) => early.push(message)
    this.passing = {
      onMessage: (post) => {
        this.speak = (message) => post({ offloop: id, message } satisfies Envelope<Down>)
        for (const message of early) this.speak(message)
      },
      postMessage: (envelope: Partial<Envelope<Up>> | undefined) => {
        if (envelope?.offloop === id) this.hear(envelope.message!)
      },
    }
    this.request = { ...this.request, line: true }
  }

  private hear(message: Up): void {
    if ('started' in message) {
      this.started = true
      if (message.started !== true) this.seen?.begun(message.started)
    } else if ('progress' in message) this.report(Math.min(message.progress, 0.999))
    else {
      this.received++
      if (!this.settled) this.ask.onPart?.(openParcel(message.part))
      if (this.received >= this.expected) this.complete()
    }
  }

  private report(fraction: number): void {
    if (this.settled || this.aborted !== undefined || !(fraction > this.reached)) return
    this.reached = fraction
    this.seen?.progress(fraction)
    try {
      this.onProgress?.(fraction)
    } catch (error) {
      this.abort(error)
    }
  }

  /** Sends it to a worker; resolves once the worker is free again. */
  async run(): Promise<void> {
    const { ask, request, transfer, kill } = this
    try {
      const answer = await send(request, { transfer, kill, channel: this.passing })
      this.answered = true
      if (answer === ENDED || this.aborted !== undefined) return this.fail(this.aborted?.reason)
      if (this.onProgress !== undefined || this.seen !== undefined) catchUp()
      if ('began' in answer && answer.began !== undefined) this.seen?.begun(answer.began)
      if ('parts' in answer && answer.parts! > this.received) await this.rest(answer.parts!)
      const value = openAnswer(answer, ask.always, ask.site)
      this.report(1)
      if (this.aborted === undefined) this.fulfil(value)
      else this.fail((this.aborted as { reason: unknown }).reason)
    } catch (error) {
      this.answered = true
      this.fail(this.aborted === undefined ? error : this.aborted.reason)
    } finally {
      this.timers.forEach(clearTimeout)
      this.port?.close()
    }
  }

  /** The answer may overtake the last values. */
  private rest(parts: number): Promise<void> {
    this.expected = parts
    return new Promise((resolve) => {
      this.complete = resolve
    })
  }

  private fulfil(value: unknown): void {
    if (!this.settle()) return
    ended(tally[this.ask.always.on], 'fulfilled')
    this.seen?.fulfilled(value)
    this.resolve(value)
  }

  private fail(error: unknown): void {
    if (!this.settle()) return
    ended(tally[this.ask.always.on], this.aborted === undefined ? 'failed' : 'cancelled')
    this.seen?.failed(error)
    this.reject(error)
  }

  /** False if it has settled before. */
  private settle(): boolean {
    if (this.settled) return false
    this.settled = true
    for (const undo of this.undo) undo()
    letGo()
    unsettled--
    return true
  }
}
