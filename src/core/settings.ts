/** configure(): settings of this process, and what the machine gives. */
import { queueFull } from '../base/errors.js'
import { choose } from '../engine/choose.js'
import { askedLimits, limits, setLimits } from '../engine/limits.js'
import { readBoolean, readInteger, readOptions } from './arguments.js'

export const MAX_THREADS = 256
const MOST_QUEUED = 2 ** 31 - 1

export interface Configuration {
  /**
   * Cores that this process keeps busy, 1 to 256: tasks on threads and in processes, kernels, and callers that block,
   * all together. Default: what the process really has, or `threads` if that is set.
   */
  cores?: number | undefined
  /** Threads that run kernels at once, 1 to 256. Default: `cores`. */
  threads?: number | undefined
  /**
   * Asynchronous kernels of this thread that may run or wait at once, and tasks that may wait at once on threads, and
   * in processes. One more rejects with ERR_OFFLOOP_QUEUE_FULL; what was accepted is never dropped. Default: 65,536.
   */
  maxQueue?: number | undefined
  /**
   * Mark the buffers of asynchronous calls untransferable, for good, so that none can be pulled away under a running
   * kernel: an attempt copies the buffer on Node 20 and throws on newer versions. Default: false.
   */
  guard?: boolean | undefined
}

const OPTIONS: ReadonlySet<string> = new Set(['cores', 'threads', 'maxQueue', 'guard'])

export const settings: {
  cores: number | undefined
  threads: number | undefined
  maxQueue: number
  guard: boolean
} = { cores: undefined, threads: undefined, maxQueue: 65_536, guard: false }

/**
 * Changes settings of the process; what is not named stays.
 *
 * @throws TypeError or RangeError for a bad value; nothing is changed then
 * @example
 * configure({ cores: 4 })
 */
export function configure(configuration: Configuration): void {
  const options = readOptions(configuration, OPTIONS)
  const read = (name: string, most: number) =>
    options[name] === undefined ? undefined : readInteger(name, options[name], 1, most)
  const cores = read('cores', MAX_THREADS)
  const threads = read('threads', MAX_THREADS)
  const maxQueue = read('maxQueue', MOST_QUEUED)
  const guard = readBoolean('guard', options.guard, settings.guard)
  settings.cores = cores ?? settings.cores
  settings.threads = threads ?? settings.threads
  settings.maxQueue = maxQueue ?? settings.maxQueue
  settings.guard = guard
  if (cores === undefined && threads === undefined) return
  const most = (settings.cores ?? settings.threads)!
  setLimits({ cores: most, threads: settings.threads ?? most, source: 'configure()' })
}

/** Throws if there are so many already. */
export function refuseMore(what: string, count: number): void {
  if (count >= settings.maxQueue) throw queueFull(what, settings.maxQueue)
}

/** Threads and cores in force, and where the numbers come from. */
export function threadCount(): { cores: number; threads: number; threadsSource: string } {
  const { native } = choose()
  const asked = askedLimits() ?? (native === undefined ? limits() : undefined)
  if (asked !== undefined) return { cores: asked.cores, threads: asked.threads, threadsSource: asked.source }
  const { threads, source } = native!.description
  return { cores: threads, threads, threadsSource: source }
}
