/**
 * The core budget: tasks that compute in JavaScript and call kernels, as many as there are cores, beside two streams of
 * kernels from the main thread, in one process. Against every fixed split of workers and kernel threads, among them the
 * one without limits: as many busy workers as cores, and as many busy kernel threads besides.
 */
import { argsort, configure, info, median } from 'offloop'
import { CapacityLimiter, task } from 'offloop/landscape'
import { type Bench, type Competitor, type Row, timed, versus } from './common.js'
import { uniform } from './data.js'

const mixed = task<(steps: number, until: number, numbers: Float64Array) => Promise<number>>(
  new URL('./mixed.mjs', import.meta.url),
  'mixed',
)
/** Of the tasks in turn: alike, and some longer than others, as tasks are. */
const MIXES = [
  { title: 'alike', steps: [30, 30] },
  { title: 'one three times as long', steps: [45, 15] },
]
const CALLS = 16
const SPAN_MS = 1500
const NEVER = Number.MAX_SAFE_INTEGER

export async function benchBudget(bench: Bench): Promise<Row[]> {
  const { cores } = info()
  const streams = [uniform(500_000, 1), uniform(2_000_000, 2)]
  const lists = Array.from({ length: cores }, (_, i) => uniform(100_000, 3 + i))

  const tasks = (workers: number, steps: readonly number[], until: number) => {
    const limiter = new CapacityLimiter(workers)
    return Promise.all(lists.map((list, i) => limiter.run(() => mixed(steps[i % steps.length]!, until, list))))
  }
  const kernels = (calls: number, until: number) =>
    Promise.all(
      streams.map(async (numbers, which) => {
        let done = 0
        for (; done < calls && Date.now() < until; done++) await (which === 0 ? argsort(numbers) : median(numbers))
        return done
      }),
    )
  const rows: Row[] = []
  for (const { title, steps } of MIXES) {
    const run = (workers: number) => timed(() => Promise.all([tasks(workers, steps, NEVER), kernels(CALLS, NEVER)]))
    // A budget of more cores than there are limits nothing: then only the kernels' threads are counted.
    const split = (workers: number, threads: number): Competitor => ({
      name: workers === cores && threads === cores ? 'no limits' : `${workers} workers, ${threads} kernel threads`,
      run: () => {
        configure({ cores: Math.min(256, 4 * cores), threads })
        return run(workers)
      },
    })
    const budget: Competitor = {
      name: 'one budget',
      run: () => {
        configure({ cores, threads: cores })
        return run(cores)
      },
    }
    const sizes = [...new Set([1, Math.ceil(cores / 2), cores])]
    const splits = sizes.flatMap((workers) => sizes.map((threads) => split(workers, threads)))
    const times = await bench.interleave(
      `${cores} tasks, ${title} (JavaScript, then a sort, ${steps.join(' or ')} times), beside 2 streams of ${CALLS} kernels`,
      [budget, ...splits],
    )
    const total = ({ name }: Competitor) => times.get(name)!.reduce((a, b) => a + b)
    const best = splits.reduce((a, b) => (total(b) < total(a) ? b : a))
    rows.push(
      versus(`tasks ${title}: one budget vs the best split (${best.name})`, times, budget.name, best.name, 1 / 1.15),
      versus(`tasks ${title}: one budget vs no limits`, times, budget.name, 'no limits', 1),
    )
  }
  rows.push(await fairness(bench))
  configure({ cores, threads: cores })
  return rows

  /** What each class gets done in a while beside the other, of half of what it gets done alone. */
  async function fairness({ say, rounds }: Bench): Promise<Row> {
    configure({ cores, threads: cores })
    const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b)
    const slowest: number[] = []
    const during = <T>(start: (until: number) => T): T => start(Date.now() + SPAN_MS)
    for (let round = -1; round < rounds.call(bench, 15); round++) {
      const aloneTasks = sum(await during((until) => tasks(cores, [Infinity], until)))
      const aloneKernels = sum(await during((until) => kernels(Infinity, until)))
      const [besideTasks, besideKernels] = await during((until) =>
        Promise.all([tasks(cores, [Infinity], until).then(sum), kernels(Infinity, until).then(sum)]),
      )
      const shares = [besideTasks / (aloneTasks / 2), besideKernels / (aloneKernels / 2)]
      if (round >= 0) slowest.push(Math.min(...shares))
      say.call(bench, `  shares of tasks and kernels: ${shares.map((share) => share.toFixed(2)).join(', ')}`)
    }
    return { name: 'the slower class, of its fair share', unit: '×', values: slowest, bar: { atLeast: 0.5 } }
  }
}
