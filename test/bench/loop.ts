/** Is the loop free while each kernel runs? Its delay beside that of the same run's idle loop. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { matrix, sort, sum, topK } from 'offloop'
import { type Bench, progress, quantile, type Row, settle } from './common.js'
import { directions, uniform } from './data.js'
import { COLS, ROWS } from './topk.js'

const WINDOW_MS = 1000
const TIMER_MS = 2

interface Delays {
  /** p99 and largest, in milliseconds, of monitorEventLoopDelay and of how late a timer of our own came. */
  readonly monitor: number
  readonly timer: number
  readonly stall: number
}

/** Watches the loop until `work`, called again and again, has filled the window. */
async function watch(work: () => Promise<unknown>): Promise<Delays> {
  const monitor = monitorEventLoopDelay({ resolution: 1 })
  const late: number[] = []
  let timer: NodeJS.Timeout
  const tick = () => {
    const due = performance.now() + TIMER_MS
    timer = setTimeout(() => {
      late.push(performance.now() - due)
      tick()
    }, TIMER_MS)
  }
  monitor.enable()
  tick()
  await sleep(20) // the monitor counts from its second tick on
  const begun = performance.now()
  do await work()
  while (performance.now() - begun < WINDOW_MS)
  await sleep(5)
  monitor.disable()
  clearTimeout(timer!)
  return {
    monitor: monitor.percentile(99) / 1e6,
    timer: quantile(late, 0.99),
    stall: Math.max(monitor.max / 1e6, ...late),
  }
}

export async function benchLoop(bench: Bench): Promise<Row[]> {
  const rows: Row[] = []
  for (const { name, what, work } of subjects()) {
    const idle: Delays[] = []
    const busy: Delays[] = []
    await work()
    for (let round = 0; round < bench.rounds(); round++) {
      progress(`loop, ${name}: round ${round + 1} of ${bench.rounds()}`)
      await settle()
      idle.push(await watch(() => sleep(WINDOW_MS)))
      await settle()
      busy.push(await watch(work))
    }
    progress('')
    const of = (list: readonly Delays[], pick: keyof Delays) => list.map((delays) => delays[pick])
    const beyond = (pick: keyof Delays) => busy.map((delays, i) => delays[pick] - idle[i]![pick])
    const median = (list: readonly Delays[], pick: keyof Delays) => quantile(of(list, pick), 0.5).toFixed(2)
    bench.say(`loop while ${what}, windows of ${WINDOW_MS} ms or more, in ms`)
    for (const [label, list] of [
      ['idle', idle],
      [name, busy],
    ] as const) {
      const stall = Math.max(...of(list, 'stall')).toFixed(1)
      bench.say(
        `  ${label.padEnd(44)} p99 ${median(list, 'monitor')} (monitor), ${median(list, 'timer')} (timer); stall <= ${stall}`,
      )
    }
    bench.say()
    rows.push(
      { name: `loop, ${name}: p99 beyond idle, monitor`, values: beyond('monitor'), unit: 'ms', bar: { atMost: 5 } },
      { name: `loop, ${name}: p99 beyond idle, 2 ms timer`, values: beyond('timer'), unit: 'ms', bar: { atMost: 5 } },
      {
        name: `loop, ${name}: longest stall`,
        values: of(busy, 'stall'),
        unit: 'ms',
        bar: { atMost: 20, judged: 'worst' },
      },
      { name: `loop, idle before ${name}: longest stall`, values: of(idle, 'stall'), unit: 'ms' },
    )
  }
  return rows
}

function* subjects(): Generator<{ name: string; what: string; work: () => Promise<unknown> }> {
  const x = uniform(2 ** 25)
  yield { name: 'sum', what: 'sum of 32M f64 runs again and again', work: () => sum(x) }
  const out = new Float64Array(x.length)
  yield {
    name: 'sort into out',
    what: 'sort of 32M f64 into one array runs again and again',
    work: () => sort(x, { out }),
  }
  // Allocating 256 MB makes V8 collect garbage, at once and on the loop: this row has that in it.
  yield { name: 'sort, fresh copies', what: 'sort of 32M f64 makes copy after copy', work: () => sort(x) }
  const corpus = matrix(directions(ROWS, COLS, 2), ROWS, COLS)
  const queries = matrix(directions(400, COLS, 3), 400, COLS)
  yield {
    name: 'topK',
    what: 'topK of 400 queries in 200,000 x 384 runs',
    work: () => topK(queries, corpus, { k: 10, metric: 'cosine' }),
  }
}
