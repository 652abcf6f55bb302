/** The same JavaScript on a pool of worker threads, one for each core, over shared memory. */
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import Tinypool from 'tinypool'
import { type Job, serve } from './server-http.js'
import { now } from './server-plan.js'
import type { Order } from './server-pool-worker.js'

const threads = availableParallelism()
/** When each of the last jobs began, and when each worker was ready, by the workers' word. */
const begun = new Float64Array(new SharedArrayBuffer(8 * 4096))
const ready = new Float64Array(new SharedArrayBuffer(8 * 4096))
/** When workers were ended. */
const killed: number[] = []

await serve(
  ({ digits, norms, direct, airports }) => {
    const pool = new Tinypool({
      filename: fileURLToPath(new URL('server-pool-worker.js', import.meta.url)),
      minThreads: threads,
      maxThreads: threads,
      workerData: { digits, norms, direct, airports: airports.length, begun, ready },
    })
    /** A job that is aborted is withdrawn, or its worker ended and replaced: the library's way. */
    const run = async <T>(order: Order, { id, gone, timeoutMs, begin, end }: Job): Promise<T> => {
      const slot = id % begun.length
      begun[slot] = Number.NaN
      try {
        const signal = AbortSignal.any([gone, AbortSignal.timeout(timeoutMs)])
        return (await pool.run({ ...order, slot }, { signal })) as T
      } catch (error) {
        if ((error as Error).name === 'AbortError' && begun[slot]! > 0) killed.push(now())
        gone.throwIfAborted()
        throw (error as Error).name === 'AbortError' ? new DOMException('The time is over', 'TimeoutError') : error
      } finally {
        end(now())
        begin(begun[slot])
      }
    }
    return {
      search: (queries, job) => run({ kind: 'search', queries }, job),
      statistics: (delay, distance, job) => run({ kind: 'statistics', delay, distance }, job),
      closing: (airport, job) => run({ kind: 'closing', airport }, job),
    }
  },
  // From the end of each to the beginning of the one in its place.
  () => killed.reduce((sum, at, i) => sum + Math.max(0, (ready[1 + threads + i] ?? 0) - at), 0),
)
