/**
 * The pools of workers, threads and processes: the only file that knows the library, tinypool. It is loaded by the
 * first call that needs a worker.
 *
 * The library starts workers, reuses, replaces and retires them. What it leaves open is closed here, through its public
 * interface: a thread that calls process.exit() emits no 'error' and its call would never settle; a process that dies
 * is reported without its code or signal; and calls queued for a worker that fails to start would wait for ever.
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { threadId } from 'node:worker_threads'
import type { Tinypool, TinypoolChannel, TinypoolWorker } from 'tinypool'
import { coded } from '../base/errors.js'
import { addonPath } from '../engine/cores.js'
import type { Answer, Movable, Place, Request } from './wire.js'

declare global {
  // The library's typings speak of the browser's Worker, which programs without the DOM's types do not have.
  interface Worker {
    readonly resourceLimits?: object
  }
}

/** A worker without work ends after this long. */
const IDLE_MS = 1000
const MOST_WORKERS = 256

/** What a worker is told as it starts. */
export interface WorkerData {
  readonly channel: string
  /** The file of the native addon, if there is one. */
  readonly addon: string | undefined
}

export interface Passing {
  readonly transfer: readonly Movable[]
  /** Aborted: the worker that runs the call is replaced, or the call withdrawn if none runs it yet. */
  readonly kill: AbortSignal | Kill | undefined
  /** The way to speak with a process. */
  readonly channel: TinypoolChannel | undefined
}

/** As much of a signal as the library needs: making an AbortController takes longer than all else about a call. */
export class Kill {
  aborted = false
  private listener: (() => void) | undefined

  once(_: 'abort', listener: () => void): void {
    this.listener = listener
  }

  off(): void {
    this.listener = undefined
  }

  abort(): void {
    this.aborted = true
    this.listener?.()
  }
}

/** A call was ended by its `kill`. */
export const ENDED: unique symbol = Symbol('ended')

type Library = typeof import('tinypool')
let library: Library | undefined
let loading: Promise<Library> | undefined
const pools: Partial<Record<Place, Tinypool>> = {}

/** Has a worker answer the request; undefined while the library is loading. Rejects with ERR_OFFLOOP_TASK_WORKER. */
export function send(request: Request, passing: Passing): Promise<Answer | typeof ENDED> {
  if (library !== undefined) return dispatch(library, request, passing)
  loading ??= import('tinypool')
  return loading.then((loaded) => dispatch((library = loaded), request, passing))
}

/** Workers that are up or starting. */
export function workers(): Record<Place, number> {
  return { thread: pools.thread?.threads.length ?? 0, process: pools.process?.threads.length ?? 0 }
}

/** Calls that a pool has not answered. */
const dispatched: Record<Place, number> = { thread: 0, process: 0 }

async function dispatch(
  { Tinypool }: Library,
  request: Request,
  { transfer, kill, channel }: Passing,
): Promise<Answer | typeof ENDED> {
  const { on, label } = request
  for (;;) {
    if (kill?.aborted) return ENDED
    dispatched[on]++
    try {
      const pool = (pools[on] ??= open(Tinypool, on))
      // Never more workers than calls: while one starts, the library would start another for each call that comes.
      pool.options.maxThreads = dispatched[on]
      const answer = pool.run(request, {
        transferList: transfer as Movable[],
        ...(kill === undefined ? {} : { signal: kill }),
        ...(channel === undefined ? {} : { channel }),
      }) as Promise<Answer>
      for (const worker of pool.threads) if (!watched.has(worker)) watch(pool, worker, on)
      return await answer
    } catch (error) {
      if (kill?.aborted) return ENDED
      // A process that was killed for an older call had answered just before: the library gave it this one, which it
      // never read. Threads do not answer once they are killed (perform.ts).
      if (on === 'process' && (error as Error | undefined)?.message === 'Terminating worker thread') continue
      throw lost(label, on, error)
    } finally {
      dispatched[on]--
    }
  }
}

/** The name of the BroadcastChannel that the threads of this thread's pool listen to. */
export const CHANNEL: string = `offloop ${process.pid} ${threadId} ${Math.random()}`

function open(Pool: Library['Tinypool'], on: Place): Tinypool {
  const file = fileURLToPath(workerUrl())
  if (!existsSync(file)) throw new Error(`no ${file} (a bundle does not contain it)`)
  const pool = new Pool({
    filename: file,
    runtime: on === 'thread' ? 'worker_threads' : 'child_process',
    minThreads: 0,
    maxThreads: MOST_WORKERS, // the library's table of workers has this size
    idleTimeout: IDLE_MS,
    // A worker that waits in Atomics.wait instead of its loop would freeze what a task has left running.
    useAtomics: false,
    trackUnmanagedFds: false,
    workerData: { channel: CHANNEL, addon: on === 'thread' ? addonPath() : undefined } satisfies WorkerData,
    // A process gets nothing but what it is given; the object itself, so that changes are seen.
    ...(on === 'process' ? { env: process.env as Record<string, string>, serialization: 'advanced' as const } : {}),
  })
  // A worker died that had no call: as it started, or idle. Calls that wait for one are told.
  pool.on('error', (error: unknown) => {
    bootError = error
    pool.cancelPendingTasks()
  })
  return pool
}

/** Our build has this module in dist/landscape or dist/parts: from both it is the same file. */
function workerUrl(): URL {
  return new URL('../landscape/worker.js', import.meta.url)
}

let bootError: unknown
const watched = new WeakSet<TinypoolWorker>()
/** How the workers ended whose deaths tinypool reports with these errors. */
const deaths = new WeakMap<object, { code: number | null; signal: string | null }>()

function watch(pool: Tinypool, worker: TinypoolWorker, on: Place): void {
  watched.add(worker)
  if (on === 'thread') {
    worker.once('exit', (code: number) => {
      if (!pool.threads.includes(worker)) return // it was told to
      const error = new Error(`exit code ${code}`)
      deaths.set(error, { code, signal: null })
      worker.emit('error', error)
    })
    return
  }
  let reported: unknown
  worker.on('error', (error: unknown) => {
    reported = error
  })
  // In the same turn as the library's own listener, before anything awaits the error.
  worker.once('exit', (code: number | null, signal: string | null) => {
    if (typeof reported === 'object' && reported !== null) deaths.set(reported, { code, signal })
  })
}

function lost(label: string, on: Place, error: unknown): Error {
  return coded(
    Error,
    'ERR_OFFLOOP_TASK_WORKER',
    `Expected \`${label}\` to end but ${howLost(on, error)}`,
    causeOf(error),
  )
}

function howLost(on: Place, error: unknown): string {
  const { name, code, message } = (error ?? {}) as Partial<NodeJS.ErrnoException>
  const death = typeof error === 'object' && error !== null ? deaths.get(error) : undefined
  if (death !== undefined) {
    if (death.signal !== null) return `its process was killed by ${death.signal}`
    return `its ${on} exited with code ${death.code} (process.exit() in a task?)`
  }
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return `its ${on} ran out of memory`
  if (name === 'CancelError') return `its ${on} did not start (${(bootError as Error)?.message ?? bootError})`
  return `its ${on} died of an error that nothing caught (${message ?? String(error)})`
}

function causeOf(error: unknown): unknown {
  if (typeof error === 'object' && error !== null && deaths.has(error)) return undefined
  return (error as Error | undefined)?.name === 'CancelError' ? bootError : error
}
