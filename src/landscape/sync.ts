/**
 * `.sync` of tasks: a caller that blocks, and cannot pump a pool's messages. So each thread that calls gets a helper,
 * a thread with a pool of its own: the helper's loop is free, hears how calls end, also when their worker dies, and
 * says so through shared memory. It starts with the first such call, is used again, and keeps no process alive.
 *
 * The idea of a port and Atomics.wait is known from synckit (https://github.com/un-ts/synckit).
 */
import { existsSync } from 'node:fs'
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { coded, timedOut } from '../base/errors.js'
import { ambient } from '../core/ambient.js'
import type { TaskSpan } from './channels.js'
import { ALIVE, ANSWERS, DEAD, type FromHelper, type HelperData, type ToHelper, WORDS } from './sync-wire.js'
import { type Movable, openAnswer, type Request } from './wire.js'

export interface SyncRequest {
  readonly request: Request
  readonly transfer: readonly Movable[]
}

export interface SyncOptions {
  /** Milliseconds; undefined or Infinity: none. */
  readonly timeout: number | undefined
  /** Looked at once: nothing can abort while this thread is blocked. */
  readonly signal: AbortSignal | undefined
  /** The stack of the call, for errors. */
  readonly stack?: string | undefined
}

/** A helper that shows no life for so long never will. */
const START_MS = 30_000

/**
 * Runs a request in a worker, and blocks this thread until it has ended.
 *
 * @throws what the task threw; the signal's or the scope's reason if it is cancelled already; a TimeoutError
 * (`ERR_OFFLOOP_TIMEOUT`) when the timeout, or the deadline of the scope around, has passed, and then the task's worker
 * is replaced; `ERR_OFFLOOP_TASK_WORKER` if the worker died or none starts.
 */
export function runSync(
  { request, transfer }: SyncRequest,
  { timeout, signal, stack }: SyncOptions,
  seen?: Pick<TaskSpan, 'begun' | 'cancelled'>,
): unknown {
  const around = ambient.get?.()
  const cut = (reason: unknown) => {
    seen?.cancelled(reason)
    return reason
  }
  if (signal?.aborted) throw cut(signal.reason)
  if (around?.signal.aborted) throw cut(around.signal.reason)
  const own = timeout === undefined ? Infinity : performance.now() + timeout
  const until = Math.min(own, around?.deadline ?? Infinity)
  helper ??= new Helper()
  const entry = helper.ask(request, transfer, until)
  if (entry === undefined) throw cut(own <= until ? timedOut(`${request.label}.sync`, timeout!) : around!.expire())
  if ('error' in entry) throw openAnswer({ failure: entry.error, parts: 0 }, request, stack)
  const { answer } = entry
  if ('began' in answer && answer.began !== undefined) seen?.begun(answer.began)
  return openAnswer(answer, request, stack)
}

/** The error of a `.sync` that could never return. */
export function deadlock(label: string): Error {
  return coded(
    Error,
    'ERR_OFFLOOP_DEADLOCK',
    `Expected \`await ${label}()\` for an async function on the loop but received \`${label}.sync()\`, ` +
      "which would hold the loop that the function waits for (or give the task { on: 'thread' })",
  )
}

/** This thread's. */
let helper: Helper | undefined

class Helper {
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #words = new Int32Array(new SharedArrayBuffer(4 * WORDS))
  readonly #since = performance.now()
  #calls = 0

  constructor() {
    const url = helperUrl()
    if (!existsSync(url)) throw cannotStart(`no ${url.pathname} (a bundle does not contain it)`)
    const { port1, port2 } = new MessageChannel()
    const workerData: HelperData = { offloopHelper: { port: port2, words: this.#words } }
    try {
      // The flags of this process are for the tasks, too; but --input-type, that of -e, lets no file start.
      const flags = process.execArgv.some((flag) => flag.startsWith('--input-type')) ? { execArgv: [] } : {}
      this.#worker = new Worker(url, { name: 'offloop sync', workerData, transferList: [port2], ...flags })
    } catch (error) {
      throw cannotStart(String((error as Error).message), error)
    }
    this.#port = port1
    this.#worker.unref()
    this.#worker.on('error', () => this.#leave())
    this.#worker.on('exit', () => this.#leave())
  }

  /** The answer; undefined if there is none in time. */
  ask(request: Request, transfer: readonly Movable[], until: number): Exclude<FromHelper, undefined> | undefined {
    const call = ++this.#calls
    this.#tell({ call, request, transfer }, transfer)
    for (;;) {
      const answers = Atomics.load(this.#words, ANSWERS)
      for (let entry = this.#next(); entry !== undefined; entry = this.#next()) if (entry.call === call) return entry
      if (Atomics.load(this.#words, DEAD) === 1) throw this.#lost('it exited')
      const now = performance.now()
      if (now >= until) {
        this.#tell({ abandon: call })
        return undefined
      }
      let ms = until - now
      if (Atomics.load(this.#words, ALIVE) === 0) {
        if (now - this.#since > START_MS) throw this.#lost('it shows no life')
        ms = Math.min(ms, START_MS)
      }
      Atomics.wait(this.#words, ANSWERS, answers, ms)
    }
  }

  #tell(message: ToHelper, transfer: readonly Movable[] = []): void {
    this.#port.postMessage(message, transfer as Movable[])
  }

  /** Answers that nobody waits for any more are among them. */
  #next(): FromHelper | undefined {
    return receiveMessageOnPort(this.#port)?.message as FromHelper | undefined
  }

  #lost(how: string): Error {
    void this.#worker.terminate()
    this.#leave()
    return cannotStart(how)
  }

  #leave(): void {
    this.#port.close()
    if (helper === this) helper = undefined
  }
}

function cannotStart(why: string, cause?: unknown): Error {
  return coded(Error, 'ERR_OFFLOOP_TASK_WORKER', `Expected a thread for .sync but ${why}`, cause)
}

/** Our build has this module in dist/landscape or dist/parts: from both it is the same file. */
function helperUrl(): URL {
  return new URL('../landscape/sync-worker.js', import.meta.url)
}
