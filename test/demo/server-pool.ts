/** The same JavaScript on a pool of worker threads, one for each core, over shared memory. */
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import Tinypool from 'tinypool'
import { type Job, serve } from './server-http.js'
import { now } from './server-plan.js'
import type { Order } from './server-pool-worker.js'

const threads = availableParallelism()
/** Of each of the last jobs, when it began, by the worker's word; and in [0] what starting workers took altogether. */
const times = new Float64Array(new SharedArrayBuffer(8 * 4096))

await serve(
  ({ digits, norms, direct, airports }) => {
    const pool = new Tinypool({
      filename: fileURLToPath(new URL('server-pool-worker.js', import.meta.url)),
      minThreads: threads,
      maxThreads: threads,
      workerData: { digits, norms, direct, airports: airports.length, times },
    })
    /** A job that is aborted is withdrawn, or its worker ended and replaced: the library's way. */
    const run = async <T>(order: Order, { id, gone, timeoutMs, begin, end }: Job): Promise<T> => {
      const slot = 1 + (id % (times.length - 1))
      times[slot] = Number.NaN
      try {
        const signal = AbortSignal.any([gone, AbortSignal.timeout(timeoutMs)])
        return (await pool.run({ ...order, slot }, { signal })) as T
      } catch (error) {
        gone.throwIfAborted()
        throw (error as Error).name === 'AbortError' ? new DOMException('The time is over', 'TimeoutError') : error
      } finally {
        end(now())
        begin(times[slot])
      }
    }
    return {
      search: (queries, job) => run({ kind: 'search', queries }, job),
      statistics: (delay, distance, job) => run({ kind: 'statistics', delay, distance }, job),
      closing: (airport, job) => run({ kind: 'closing', airport }, job),
    }
  },
  () => times[0]!,
)
