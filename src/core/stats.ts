/** stats(): how much work there is, and how much has been done. */
import { chosen } from '../engine/choose.js'
import { jsCounts } from '../engine/js-count.js'

/** Native code. One pool of threads serves all threads of the process: these are the numbers of the process. */
export interface PoolStats {
  /** Cores that kernels, tasks and blocking callers share. */
  readonly cores: number
  /** Threads that may run kernels at once. */
  readonly threads: number
  /** Threads that exist. */
  readonly started: number
  /** Threads that run kernels now. */
  readonly busy: number
  /** Cores taken by tasks and blocking callers now. */
  readonly held: number
  /** Asynchronous jobs that have begun and not ended. */
  readonly running: number
  /** Asynchronous jobs that wait for a thread. */
  readonly queued: number
  /** Asynchronous jobs that have begun since the process did. */
  readonly jobs: number
  /** Pieces of work that threads have taken since then. */
  readonly grains: number
  /** Jobs that were stopped, since then. */
  readonly cancelled: number
  /** Memory that running kernels have taken beside their arrays. */
  readonly scratchBytes: number
}

/** The JavaScript engine: asynchronous calls whose twins run in workers of this thread. */
export interface JsStats {
  /** Calls that wait for a worker. */
  readonly waiting: number
  /** Calls that a worker has. */
  readonly running: number
  /** Workers that there are. */
  readonly workers: number
  /** Calls since the start. */
  readonly jobs: number
  /** Calls that have ended, since the start: all of them, these two kinds included. */
  readonly settled: number
  readonly cancelled: number
  readonly failed: number
  /** Of the arrays that calls in flight read and write. */
  readonly bytes: number
}

/** Tasks of one place. */
export interface TaskStats {
  /** Calls that wait for a worker. */
  readonly waiting: number
  /** Calls that a worker has. */
  readonly running: number
  /** Workers that are up or starting. */
  readonly workers: number
  /** Calls that were given to a worker, or begun on the loop, since the start. */
  readonly started: number
  /** Calls that have ended, since the start: all of them, these two kinds included. */
  readonly settled: number
  readonly cancelled: number
  readonly failed: number
}

/** What `stats()` tells. Counters only grow; the rest is how it is now. */
export interface Stats {
  /** What this thread's kernels run on; undefined before the first call, and then `pool` is 0 all through. */
  readonly engine: 'native' | 'js' | undefined
  /** The native threads, of the whole process. */
  readonly pool: PoolStats
  /** This thread's asynchronous native calls in flight, and the bytes of the arrays that they read and write. */
  readonly native: { readonly running: number; readonly bytes: number }
  /** This thread's. */
  readonly js: JsStats
  /** This thread's. */
  readonly tasks: { readonly loop: TaskStats; readonly thread: TaskStats; readonly process: TaskStats }
  /** Scopes of this thread that have not ended. */
  readonly scopes: { readonly open: number }
}

/** What the landscape tells, once it is used: `offloop` alone does not load it. */
export const landscape: {
  tasks: (() => Stats['tasks']) | undefined
  scopes: (() => number) | undefined
} = { tasks: undefined, scopes: undefined }

/**
 * How much work there is, and how much has been done: queues, busy threads, jobs, bytes held, cancellations. It reads
 * counters and goes through the calls in flight, which takes some microseconds, and loads nothing.
 *
 * @returns plain data; `pool` is of the process, all else of the thread that asks
 * @throws nothing
 * @example
 * setInterval(() => {
 *   const { pool, native, tasks } = stats()
 *   console.log(pool.queued, pool.busy, native.bytes, tasks.thread.waiting)
 * }, 1000).unref()
 */
export function stats(): Stats {
  const choice = chosen()
  const native = choice?.native
  const pool = native?.stats()
  const held = native?.held()
  return {
    engine: choice === undefined ? undefined : native === undefined ? 'js' : 'native',
    pool: {
      cores: pool?.cores ?? 0,
      threads: pool?.threads ?? 0,
      started: pool?.started ?? 0,
      busy: pool?.busy ?? 0,
      held: pool?.held ?? 0,
      running: pool?.running ?? 0,
      queued: pool?.queued ?? 0,
      jobs: pool?.jobs ?? 0,
      grains: pool?.grains ?? 0,
      cancelled: pool?.cancelled ?? 0,
      scratchBytes: pool?.scratch ?? 0,
    },
    native: { running: held?.calls ?? 0, bytes: held?.bytes ?? 0 },
    js: jsCounts(),
    tasks: landscape.tasks?.() ?? { loop: noTasks(), thread: noTasks(), process: noTasks() },
    scopes: { open: landscape.scopes?.() ?? 0 },
  }
}

function noTasks(): TaskStats {
  return { waiting: 0, running: 0, workers: 0, started: 0, settled: 0, cancelled: 0, failed: 0 }
}
