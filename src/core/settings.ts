/** configure(): settings of this process, and what the machine gives. */
import { choose } from '../engine/choose.js'
import { limitWorkers, workerLimit } from '../engine/js-limit.js'
import { readBoolean, readInteger, readOptions } from './arguments.js'

export const MAX_THREADS = 256

export interface Configuration {
  /** Threads that run kernels at once, in this process: 1 to 256. Default: what the process really has. */
  threads?: number | undefined
  /**
   * Mark the buffers of asynchronous calls untransferable, for good, so that none can be pulled away under a running
   * kernel: an attempt copies the buffer on Node 20 and throws on newer versions. Default: false.
   */
  guard?: boolean | undefined
}

export const settings: { threads: number | undefined; guard: boolean } = { threads: undefined, guard: false }

/**
 * Changes settings of the process; what is not named stays.
 *
 * @throws TypeError or RangeError for a bad value; nothing is changed then
 * @example
 * configure({ threads: 4 })
 */
export function configure(configuration: Configuration): void {
  const options = readOptions(configuration, new Set(['threads', 'guard']))
  const threads = options.threads === undefined ? undefined : readInteger('threads', options.threads, 1, MAX_THREADS)
  const guard = readBoolean('guard', options.guard, settings.guard)
  if (threads !== undefined) {
    settings.threads = threads
    choose().native?.configure(threads)
    limitWorkers(threads)
  }
  settings.guard = guard
}

/** Threads in force, and where the number comes from. */
export function threadCount(): { threads: number; threadsSource: string } {
  const { native } = choose()
  if (settings.threads !== undefined) return { threads: settings.threads, threadsSource: 'configure()' }
  if (native === undefined) return workerLimit()
  const { threads, source } = native.description
  return { threads, threadsSource: source }
}
