/** The offloop server: kernels and a task, each request in a scope that ends with its deadline or its client. */
import { histogram, matrix, moments, quantile, topK } from 'offloop'
import { scope, task } from 'offloop/landscape'
import { PIXELS } from './idx.js'
import { type Job, serve } from './server-http.js'
import { HISTOGRAM, NEIGHBOURS, QUANTILES, waysWithout } from './server-plain.js'

const { bins, low, high } = HISTOGRAM
const ways = task.withContext(waysWithout)

type Priority = 'normal' | 'low'

function within<T>({ gone, timeoutMs }: Job, work: () => Promise<T>, priority: Priority = 'normal'): Promise<T> {
  return scope(work, { signal: gone, timeout: timeoutMs, priority })
}

await serve(({ count, digits, direct, airports }) => {
  const corpus = matrix(digits, count, PIXELS)
  return {
    search: (queries, job) =>
      within(job, async () => {
        const rows = matrix(new Float32Array(queries), queries.length / PIXELS, PIXELS)
        const { indices, scores } = await topK(rows, corpus, { k: NEIGHBOURS, metric: 'sqeuclidean' })
        return { indices: indices.data, scores: scores.data }
      }),
    statistics: (delay, distance, job) =>
      within(
        job,
        async () => {
          const [{ mean, variance }, { counts }, delays, miles] = await Promise.all([
            moments(delay),
            histogram(delay, { bins, range: [low, high] }),
            quantile(delay, QUANTILES),
            quantile(distance, QUANTILES),
          ])
          return { mean, deviation: Math.sqrt(variance), counts, delays, miles }
        },
        'low',
      ),
    closing: (airport, job) => within(job, () => ways(direct, airports.length, airport)),
  }
})
