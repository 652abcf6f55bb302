/** Beginnings and ends: workers, terminate, exit, idle, memory. Each in a process of its own. */
import { describe, expect, it } from 'vitest'
import { isNative } from '../support.js'
import { runScript } from './child.js'

// Worker({ eval }) text is CommonJS: import() instead of import.
const evalWorker = (body: string) =>
  `new Worker(${JSON.stringify(
    `const { parentPort } = require('node:worker_threads')
     const ready = Promise.all([import('DIST/index.js'), import('DIST/internal.js')])
     ready.then(async ([{ sum, sort, topK, matrix, info }, { choose }]) => { ${body} })`,
  )}, { eval: true })`

describe('a process', () => {
  it('stays alive for an outstanding call, and ends when idle', async () => {
    const { code, stdout } = await runScript(`
      import { sort } from 'DIST/index.js'
      sort(new Float64Array(3_000_000).map((_, i) => (i * 7919) % 1000003)).then((x) => console.log('done', x[0]))
    `)
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'done 0\n' })
  })

  it('may exit with jobs in flight', async () => {
    for (const delay of [0, 3, 20]) {
      const { code, signal, stderr } = await runScript(`
        import { sort, sum } from 'DIST/index.js'
        const x = new Float64Array(3_000_000).map((_, i) => Math.sin(i))
        for (let i = 0; i < 6; i++) sort(x), sum(x)
        setTimeout(() => process.exit(7), ${delay})
      `)
      expect({ code, signal, stderr }).toEqual({ code: 7, signal: null, stderr: '' })
    }
  })

  it('may be ended by an uncaught error with jobs in flight', async () => {
    const { code, signal, stderr } = await runScript(`
      import { sort } from 'DIST/index.js'
      const x = new Float64Array(4_000_000).map((_, i) => Math.sin(i))
      sort(x, { out: x })
      setTimeout(() => { throw new Error('mine') }, 5)
    `)
    expect(code).toBe(1)
    expect(signal).toBe(null)
    expect(stderr).toContain('mine')
  })
})

describe('worker threads', () => {
  it('load the addon in eight at once, without the main thread, and share one pool', async () => {
    const { code, stdout, stderr } = await runScript(`
      import { Worker } from 'node:worker_threads'
      const answers = await Promise.all(Array.from({ length: 8 }, () => new Promise((resolve, reject) => {
        const worker = ${evalWorker(`
          const x = new Float64Array(500_000).map((_, i) => i)
          const totals = await Promise.all([sum(x), sum(x), sum(x)])
          const stats = choose().native?.stats()
          parentPort.postMessage({ totals, engine: info().engine, threads: info().threads, jobs: stats?.jobs })`)}
        worker.once('message', resolve).once('error', reject)
      })))
      const { choose } = await import('DIST/internal.js')
      console.log(JSON.stringify({ answers, jobs: choose().native?.stats().jobs, threads: choose().native?.stats().threads }))
    `)
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const { answers, jobs, threads } = JSON.parse(stdout) as {
      answers: { totals: number[]; engine: string; threads: number; jobs: number }[]
      jobs: number
      threads: number
    }
    for (const answer of answers) expect(answer.totals).toEqual(Array(3).fill(124999750000))
    if (!isNative) return
    expect(jobs).toBe(24) // seen from the main thread: the workers' jobs ran on the pool it sees
    for (const answer of answers) expect(answer.threads).toBe(threads)
  })

  it('may be terminated with jobs in flight, again and again', async () => {
    const { code, signal, stdout, stderr } = await runScript(`
      import { Worker } from 'node:worker_threads'
      import { sum } from 'DIST/index.js'
      const x = new Float64Array(100_000).fill(1)
      for (let round = 0; round < 15; round++) {
        const workers = Array.from({ length: 3 }, () => ${evalWorker(`
          const x = new Float64Array(1_000_000).map((_, i) => Math.sin(i))
          parentPort.postMessage('go')
          for (;;) await Promise.all([sort(x), sort(x, { out: x }), sum(x), topK(x.subarray(0, 100), matrix(x, 10_000, 100), { k: 3, metric: 'dot' })])`)})
        await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))))
        await new Promise((resolve) => setTimeout(resolve, round))
        await Promise.all(workers.map((worker) => worker.terminate()))
      }
      const { choose } = await import('DIST/internal.js')
      console.log(await sum(x), choose().native?.stats().busy ?? 0)
    `)
    expect({ code, signal, stdout, stderr }).toEqual({ code: 0, signal: null, stdout: '100000 0\n', stderr: '' })
  }, 60_000)

  it('work as the only place offloop is used, then end', async () => {
    const { code, stdout } = await runScript(`
      import { Worker } from 'node:worker_threads'
      for (let i = 0; i < 3; i++) {
        const worker = ${evalWorker(`parentPort.postMessage((await sort(new Float64Array([3, 1, 2]))).join())`)}
        // Both listeners at once: a worker that ends delivers its last message and 'exit' in one go.
        const ended = new Promise((resolve) => worker.once('exit', resolve))
        console.log(await new Promise((resolve) => worker.once('message', resolve)))
        await ended
      }
    `)
    expect({ code, stdout }).toEqual({ code: 0, stdout: '1,2,3\n1,2,3\n1,2,3\n' })
  })

  it('may scribble over an input while it is used: the result is unspecified, nothing else happens', async () => {
    const { code, signal, stdout, stderr } = await runScript(`
      import { Worker } from 'node:worker_threads'
      import { alloc, sort, sum, topK, matrix } from 'DIST/index.js'
      const x = alloc(Float64Array, 400_000)
      const f = alloc(Float32Array, 400_000)
      for (let i = 0; i < x.length; i++) x[i] = f[i] = Math.sin(i)
      const stop = new Int32Array(new SharedArrayBuffer(4))
      const worker = new Worker(\`
        const { x, f, stop } = require('node:worker_threads').workerData
        const bits = new Uint32Array(x.buffer), words = new Uint32Array(f.buffer)
        let state = 1
        while (Atomics.load(stop, 0) === 0) {
          for (let i = 0; i < 10_000; i++) {
            state = (Math.imul(state, 1664525) + 1013904223) >>> 0
            bits[state % bits.length] = Math.imul(state, 2654435761)
            words[state % words.length] = Math.imul(state, 2246822519)
          }
        }
      \`, { eval: true, workerData: { x, f, stop } })
      await new Promise((resolve) => worker.once('online', resolve))
      const corpus = matrix(f, 4000, 100)
      for (let i = 0; i < 12; i++) {
        await Promise.all([sort(x), sort(x, { out: x }), sort(f, { descending: true, out: f }), sum(x)])
        for (const metric of ['cosine', 'dot', 'euclidean', 'sqeuclidean']) {
          const { indices } = await topK(matrix(f, 40, 100), corpus, { k: 9, metric })
          for (const index of indices.data) if (index >= 4000) throw new Error('index ' + index)
          await topK(f.subarray(0, 100), corpus, { k: 4000, metric })
        }
      }
      Atomics.store(stop, 0, 1)
      console.log('survived')
    `)
    expect({ code, signal, stdout, stderr }).toEqual({ code: 0, signal: null, stdout: 'survived\n', stderr: '' })
  }, 60_000)
})

describe.runIf(isNative)('memory', () => {
  it('stays under 1 GB for a hundred blocking calls with 64 MB results', async () => {
    const { code, stdout } = await runScript(`
      import { sort } from 'DIST/index.js'
      const x = new Int32Array(16 * 2 ** 20) // all equal: the cheapest 64 MB to sort
      let total = 0
      for (let i = 0; i < 100; i++) total += sort.sync(x).length
      console.log(total / 2 ** 20, process.resourceUsage().maxRSS < 1_000_000)
    `)
    expect({ code, stdout }).toEqual({ code: 0, stdout: '1600 true\n' })
  }, 60_000)

  it('is given back by ten thousand small calls', async () => {
    const { code, stdout } = await runScript(
      `
      import { sum, sort } from 'DIST/index.js'
      const x = new Float64Array(20_000).fill(1)
      const round = async () => { for (let i = 0; i < 50; i++) await Promise.all(Array.from({ length: 40 }, () => i % 2 ? sum(x) : sort(x))) }
      await round(); gc(); const before = process.memoryUsage()
      for (let i = 0; i < 5; i++) await round()
      gc(); gc(); const after = process.memoryUsage()
      console.log(after.heapUsed - before.heapUsed < 4e6, after.external - before.external < 20e6)
    `,
      ['--expose-gc'],
    )
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'true true\n' })
  }, 60_000)
})
