/**
 * A page of statistics, made to be traced: kernels, a task and a search with a deadline at once; at the end, JavaScript
 * that holds the event loop.
 *
 *   npx offloop trace --picture trace.svg test/demo/dashboard.mjs
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { histogram, matrix, moments, quantile, sort, topK } from '../../dist/index.js'
import { moveOnAfter, scope, task } from '../../dist/landscape/index.js'

const prices = new Float64Array(4_000_000).map((_, i) => (i * 7919) % 1_000_003)
const vectors = matrix(new Float32Array(60_000 * 128).map(Math.random), 60_000, 128)
const queries = matrix(new Float32Array(256 * 128).map(Math.random), 256, 128)
const render = task(
  (rows) => {
    let html = ''
    for (let i = 0; i < rows; i++) html += `<tr><td>${i}</td><td>${Math.sqrt(i).toFixed(3)}</td></tr>`
    return html.length
  },
  { on: 'thread', name: 'render' },
)
await sleep(20) // so that what making them took is not in the picture

await scope(
  async ({ spawn }) => {
    spawn(
      async () => {
        const { mean } = await moments(prices)
        const [[low, high]] = await Promise.all([
          quantile(prices, [0.01, 0.99]),
          histogram(prices, { bins: 50, range: [0, 2 * mean] }),
        ])
        console.log(`mean ${mean.toFixed(0)}, 98 % from ${low} to ${high}`)
        await sort(prices)
      },
      { name: 'statistics' },
    )
    spawn(() => moveOnAfter(25, () => topK(queries, vectors, { k: 10, metric: 'cosine' }), { name: '25 ms' }), {
      name: 'search',
    })
    spawn(() => render(30_000), { name: 'page' })
  },
  { name: 'dashboard' },
)
moments.sync(prices)
await scope(() => sort.js(prices.subarray(0, 250_000)), { name: 'plain JavaScript' })
