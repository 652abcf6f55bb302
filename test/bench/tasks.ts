/**
 * A small task's way there and back: ours against the pool library's own.
 *
 * Between two calls the caller computes for 0.1 ms, which is in nobody's time. A call made at once after an answer finds
 * the worker still awake, which no program's calls do: tinypool's round trip is then 40 to 60 µs, and 150 to 180 as soon
 * as 5 µs pass between answer and call (2 cores, Node 20): the difference is the waking of the thread.
 */
import { task } from 'offloop/landscape'
import Tinypool from 'tinypool'
import { type Bench, type Row, versus } from './common.js'

const CALLS = 500
const WARM = 50
const APART_MS = 0.1
/** At most 1.3 times the library's own. */
const BAR = 1 / 1.3

export async function benchTasks(bench: Bench): Promise<Row[]> {
  const rows: Row[] = []
  for (const on of ['thread', 'process'] as const) {
    const pool = new Tinypool({
      filename: new URL('./add.mjs', import.meta.url).href,
      ...(on === 'process'
        ? { runtime: 'child_process', env: process.env as Record<string, string>, serialization: 'advanced' }
        : {}),
      minThreads: 1,
    })
    // As ours has to: a worker that waits in Atomics.wait would freeze whatever a task has left running there.
    const looping = new Tinypool({
      filename: new URL('./add.mjs', import.meta.url).href,
      minThreads: 1,
      useAtomics: false,
    })
    const add = task(({ a, b }: { a: number; b: number }) => a + b, { on })
    const { signal } = new AbortController()
    const stoppable = add.with({ signal })
    const many = (call: (x: { a: number; b: number }) => Promise<unknown>) => async () => {
      let ms = 0
      for (let i = 0; i < WARM; i++) await call({ a: i, b: 1 }) // workers retire between two runs
      for (let i = 0; i < CALLS; i++) {
        const free = performance.now() + APART_MS
        while (performance.now() < free);
        const begun = performance.now()
        await call({ a: i, b: 1 })
        ms += performance.now() - begun
      }
      return ms
    }
    const competitors = [
      { name: `task on a ${on}`, run: many(add) },
      { name: `task on a ${on}, with a signal`, run: many(stoppable) },
      { name: 'tinypool', run: many((x) => pool.run(x)) },
      ...(on === 'thread' ? [{ name: 'tinypool, useAtomics: false', run: many((x) => looping.run(x)) }] : []),
      { name: 'tinypool, with a signal', run: many((x) => pool.run(x, { signal: new AbortController().signal })) },
    ]
    const times = await bench.interleave(`${CALLS} small tasks, one after the other, on a ${on}`, competitors)
    await pool.destroy()
    await looping.destroy()
    if (on === 'thread')
      rows.push(
        versus('the same, vs tinypool, useAtomics: false', times, 'task on a thread', 'tinypool, useAtomics: false'),
      )
    rows.push(
      versus(`a task's round trip, ${on}, vs tinypool`, times, `task on a ${on}`, 'tinypool', BAR),
      versus(
        `the same with a signal, ${on}, vs tinypool`,
        times,
        `task on a ${on}, with a signal`,
        'tinypool, with a signal',
      ),
    )
  }
  return rows
}
