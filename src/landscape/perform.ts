/** In a worker: runs one request and makes its answer. Never rejects. */
import { serialize } from 'node:v8'
import { threadId } from 'node:worker_threads'
import { coded } from '../base/errors.js'
import { began } from './channels.js'
import { load } from './code.js'
import { errorOf, type Failure, failureOf } from './failure.js'
import type { WorkerLine } from './line.js'
import { inherit } from './scope.js'
import { contextOf, type TaskContext } from './task-context.js'
import {
  ABORTED,
  type Answer,
  DONE,
  type Down,
  KILLED,
  type Request,
  STARTED,
  sealParcel,
  unpack,
  WAITING,
  WINDOW,
} from './wire.js'

const NEVER = new AbortController().signal

export async function perform(request: Request, line?: WorkerLine): Promise<Answer> {
  const { flag } = request
  if (flag === undefined) return run(request, line)
  const begun = Atomics.compareExchange(flag, 0, WAITING, STARTED) === WAITING
  const answer: Answer = begun ? await run(request, line) : { dropped: true }
  // This worker is about to end. Were it to answer, the library would give it another request, which would end with it.
  if (Atomics.exchange(flag, 0, DONE) === KILLED) return new Promise(() => {})
  return answer
}

async function run(request: Request, line: WorkerLine | undefined): Promise<Answer> {
  const { flag, on, label } = request
  const running = new Run(request, line)
  const told = request.report === true ? { began: began(on === 'thread' ? threadId : process.pid) } : undefined
  try {
    if (running.signal.aborted) return { dropped: true } // an abort that overtook its request
    if (told !== undefined) line?.send({ started: told.began })
    else if (flag === undefined) line?.send({ started: true })
    const fn = await load(request.code, label)
    const value = await running.around(async () => {
      const result = fn(...running.args())
      return request.stream ? await running.pump(result) : await result
    })
    if (!request.stream && isGenerator(value)) {
      throw coded(
        TypeError,
        'ERR_OFFLOOP_ARG_TYPE',
        `Expected a plain or async function for \`${label}\` but received a generator (pass { stream: true } to task())`,
      )
    }
    const result = sealParcel(value, on, `the result of ${label}`)
    return request.stream ? { result, parts: running.parts, ...told } : { result, ...told }
  } catch (error) {
    return { failure: travelling(failureOf(error), request), parts: running.parts, ...told }
  } finally {
    line?.close()
  }
}

/** A failure whose fields a process cannot send is told without them. */
function travelling(failure: Failure, { on, label }: Request): Failure {
  if (on === 'thread') return failure
  try {
    serialize(failure)
    return failure
  } catch (error) {
    if ('thrown' in failure) {
      const message = `Expected an error that can be copied to another process from \`${label}\` but it threw shared memory`
      return failureOf(coded(TypeError, 'ERR_OFFLOOP_TASK_CLONE', message, error))
    }
    const { base, name, message, stack } = failure
    return { base, name, message, stack, fields: {} }
  }
}

class Run {
  parts = 0
  readonly signal: AbortSignal
  private readonly controller: AbortController | undefined
  private credit = WINDOW
  private stopped = false
  private wake: () => void = () => {}

  constructor(
    private readonly request: Request,
    private readonly line: WorkerLine | undefined,
  ) {
    this.controller = line === undefined ? undefined : new AbortController()
    this.signal = this.controller?.signal ?? NEVER
    line?.listen((message) => this.hear(message))
  }

  private hear(message: Down): void {
    if ('credit' in message) this.credit += message.credit
    else if ('stop' in message) this.stopped = true
    else this.controller!.abort(errorOf(message.abort))
    this.wake()
  }

  /** Inside what the caller's scope hands down, if there is anything. */
  around<T>(fn: () => T): T {
    const { ambient, label } = this.request
    if (this.controller === undefined && ambient === undefined) return fn()
    const { remaining, threads, priority } = ambient ?? { remaining: Infinity, threads: 0, priority: 'normal' }
    // The caller's own timer, which knows the reason, comes first.
    return inherit({ signal: this.signal, deadline: performance.now() + remaining + 1, threads, priority }, fn, label)
  }

  args(): unknown[] {
    const { args, contextAt } = this.request
    const all = [...((args instanceof Uint8Array ? unpack(args) : args) as unknown[])]
    if (contextAt !== undefined) all.splice(contextAt, 0, this.context())
    return all
  }

  private context(): TaskContext {
    const { flag } = this.request
    const { line } = this
    return contextOf(
      this.signal,
      line === undefined ? undefined : (fraction) => line.send({ progress: fraction }),
      flag === undefined ? undefined : () => Atomics.load(flag, 0) >= ABORTED && line?.poll(),
    )
  }

  /** Sends a generator's values, at most WINDOW ahead of what the caller has taken. Its end is the generator's. */
  async pump(generator: unknown): Promise<unknown> {
    const { line, signal, request } = this
    const iterator = iteratorOf(generator, request.label)
    for (;;) {
      line!.poll()
      while (this.credit === 0 && !this.stopped && !signal.aborted) {
        await new Promise<void>((resolve) => {
          this.wake = resolve
        })
      }
      if (this.stopped || signal.aborted) {
        await iterator.return?.()
        signal.throwIfAborted()
        return undefined
      }
      const { done, value: given } = await iterator.next()
      const value = await given // a generator may yield promises
      if (done) return value
      const part = sealParcel(value, request.on, `value ${this.parts + 1} of ${request.label}`)
      this.credit--
      this.parts++
      line!.send({ part })
      // A turn of the loop, in which a stop is heard.
      if (this.parts % WINDOW === 0) await new Promise(setImmediate)
    }
  }
}

function iteratorOf(value: unknown, label: string): AsyncIterator<unknown> | Iterator<unknown> {
  if (typeof value === 'object' && value !== null) {
    if (Symbol.asyncIterator in value) return (value as AsyncIterable<unknown>)[Symbol.asyncIterator]()
    if (Symbol.iterator in value) return (value as Iterable<unknown>)[Symbol.iterator]()
  }
  throw coded(TypeError, 'ERR_OFFLOOP_ARG_TYPE', `Expected a generator function for \`${label}\` but it returned none`)
}

function isGenerator(value: unknown): boolean {
  const tag = Object.prototype.toString.call(value)
  return tag === '[object Generator]' || tag === '[object AsyncGenerator]'
}
