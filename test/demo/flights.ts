/**
 * Three million flights: what one asks of a table's columns, native beside plain JavaScript, each answer checked.
 *
 *   npm run demo:flights                        all 3,000,000
 *   npm run demo:flights -- --short             the first 200,000: for CI
 *   npm run --silent demo:flights -- --json     one line for machines
 *
 * Exit code 0: every answer agrees with plain JavaScript; 1: one does not; 2: an unknown flag.
 */
import { cpus } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  argsort,
  bincount,
  divide,
  dot,
  histogram,
  info,
  mean,
  moments,
  quantile,
  rolling,
  sort,
  subtract,
  unique,
} from 'offloop'
import { type Flights, readFlights, routeName } from './flights-data.js'
import * as byHand from './flights-plain.js'
import { colour, plain, Status, utf8 } from './terminal.js'

const ALL = 3_000_000
const SHORT = 200_000
const FLAGS = ['--short', '--json']
const ROUNDS = 5

const QS = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
const [LOW, HIGH, BINS] = [-60, 180, 24]
const WINDOW = 7
const ROUTES = 5

interface Question<T> {
  readonly name: string
  readonly ours: () => Promise<T>
  readonly plain: () => T
  /** 'same bits', or how far apart they may lie. */
  readonly within: 'same bits' | number
}

interface Answer {
  readonly name: string
  /** Milliseconds, medians. */
  readonly ours: number
  readonly plain: number
  readonly agreed: boolean
  readonly within: 'same bits' | number
}

async function correlation(x: Float64Array, y: Float64Array): Promise<number> {
  const [mx, my] = await Promise.all([mean(x), mean(y)])
  const [dx, dy] = await Promise.all([subtract(x, mx), subtract(y, my)])
  const [xx, yy, xy] = await Promise.all([dot(dx, dx), dot(dy, dy), dot(dx, dy)])
  return xy / Math.sqrt(xx * yy)
}

async function rollingByDay({ delay, day }: Flights): Promise<Float64Array> {
  const [totals, counts] = await Promise.all([bincount(day, { weights: delay }), bincount(day)])
  return rolling.mean(await divide(totals, counts), { window: WINDOW })
}

async function topRoutes(route: Uint32Array): Promise<{ route: number; flights: number }[]> {
  const { values, counts } = await unique(route, { counts: true })
  const order = await argsort(counts, { descending: true })
  return Array.from(order.subarray(0, ROUTES), (i) => ({ route: values[i]!, flights: counts[i]! }))
}

/** Numbers anywhere inside two results, compared one by one. */
function agree(a: unknown, b: unknown, within: 'same bits' | number): boolean {
  if (typeof a === 'number' && typeof b === 'number') {
    return within === 'same bits' ? Object.is(a, b) : Math.abs(a - b) <= within * Math.max(Math.abs(a), Math.abs(b))
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>]
  const keys = Object.keys(left)
  return keys.length === Object.keys(right).length && keys.every((key) => agree(left[key], right[key], within))
}

async function ask<T>(question: Question<T>, rounds: number): Promise<{ answer: Answer; result: T }> {
  const [ours, theirs]: [number[], number[]] = [[], []]
  let result!: T
  let agreed = true
  for (let round = -1; round < rounds; round++) {
    await sleep(5)
    const begun = performance.now()
    result = await question.ours()
    const between = performance.now()
    const expected = question.plain()
    const ended = performance.now()
    agreed &&= agree(result, expected, question.within)
    if (round < 0) continue
    ours.push(between - begun)
    theirs.push(ended - between)
  }
  const median = (times: number[]) => times.sort((a, b) => a - b)[times.length >> 1]!
  const { name, within } = question
  return { answer: { name, ours: median(ours), plain: median(theirs), agreed, within }, result }
}

async function main(flags: ReadonlySet<string>): Promise<void> {
  const json = flags.has('--json')
  const machine = info()
  const count = flags.has('--short') ? SHORT : ALL
  const rounds = flags.has('--short') ? 3 : ROUNDS
  const say = (line = '') => json || console.log(plain(line))
  const status = new Status()

  say(`Flights in the United States, January to June 2001 · offloop ${machine.version}`)
  say()
  status.start('reading flights-3m.parquet')
  const flights = await readFlights(count, (fraction) => status.progress(fraction))
  status.clear()
  const { delay, distance, day, route } = flights
  const days = day[count - 1]! + 1
  say(`  ${grouped(count)} flights, ${days} days, ${flights.airports.length} airports`)
  say()

  const answers: Answer[] = []
  const put = async <T>(question: Question<T>): Promise<T> => {
    status.say(plain(`${question.name} …`))
    const { answer, result } = await ask(question, rounds)
    status.clear()
    answers.push(answer)
    return result
  }
  const quantiles = await put({
    name: 'quantiles of the delay',
    ours: () => quantile(delay, QS),
    plain: () => byHand.quantiles(delay, QS),
    within: 1e-12,
  })
  const counts = await put({
    name: 'histogram of the delay',
    ours: async () => (await histogram(delay, { bins: BINS, range: [LOW, HIGH] })).counts,
    plain: () => byHand.histogram(delay, BINS, LOW, HIGH),
    within: 'same bits',
  })
  const spread = await put({
    name: 'mean and deviation',
    ours: async () => {
      const { mean, variance } = await moments(delay)
      return { mean, std: Math.sqrt(variance) }
    },
    plain: () => byHand.meanAndDeviation(delay),
    within: 1e-10,
  })
  const related = await put({
    name: 'correlation, delay and miles',
    ours: () => correlation(delay, distance),
    plain: () => byHand.correlation(delay, distance),
    within: 1e-9,
  })
  await put({
    name: 'delays, sorted',
    ours: () => sort(delay),
    plain: () => byHand.sorted(delay),
    within: 'same bits',
  })
  const weekly = await put({
    name: 'mean delay of each 7 days',
    ours: () => rollingByDay(flights),
    plain: () => byHand.rollingByDay(delay, day, days, WINDOW),
    within: 1e-9,
  })
  const routes = await put({
    name: 'busiest routes',
    ours: () => topRoutes(route),
    plain: () => byHand.topRoutes(route, ROUTES),
    within: 'same bits',
  })
  const held = await watchLoop(async () => {
    for (let i = 0; i < (flags.has('--short') ? 10 : 20); i++) {
      await Promise.all([
        quantile(delay, QS),
        histogram(delay, { bins: BINS, range: [LOW, HIGH] }),
        rollingByDay(flights),
      ])
    }
  })

  if (answers.some(({ agreed }) => !agreed)) process.exitCode = 1
  if (json) {
    const rounded = (value: number) => Number(value.toPrecision(5))
    const questions = answers.map(({ name, ours, plain, agreed }) => ({
      ...{ name, oursMs: rounded(ours), plainMs: rounded(plain), agreed },
    }))
    const line = { flights: count, medianDelay: quantiles[3], correlation: rounded(related), questions }
    console.log(JSON.stringify({ ...line, loopP99Ms: rounded(held.p99), engine: machine.engine }))
    return
  }
  say(`  minutes late   ${QS.map((q, i) => `${q * 100} %: ${quantiles[i]}`).join('   ')}`)
  say(
    `  mean ${spread.mean.toFixed(2)}, standard deviation ${spread.std.toFixed(2)}, correlation with miles ${related.toFixed(4)}`,
  )
  say()
  for (const line of bars(counts)) say(line)
  say()
  say(
    `  mean delay of each 7 days, ${dateOf(flights, WINDOW - 1)} to ${dateOf(flights, days - 1)}: ${range(weekly)} minutes`,
  )
  say(`  ${sparkline(weekly)}`)
  say()
  say(
    `  busiest routes   ${routes.map((one) => `${routeName(flights, one.route)} ${grouped(one.flights)}`).join('   ')}`,
  )
  say()
  say(row('', 'offloop', 'JavaScript', 'speed-up', 'agrees'))
  for (const { name, ours, plain: theirs, agreed, within } of answers) {
    const bound = within === 'same bits' ? within : `to ${within}`
    const verdict = agreed ? `${colour('green', '✓')} ${bound}` : colour('red', 'WRONG')
    say(row(name, `${ours.toFixed(2)} ms`, `${theirs.toFixed(1)} ms`, `${(theirs / ours).toFixed(1)} ×`, verdict))
  }
  say()
  say(
    `  While offloop computed, the event loop was held up for p99 ${held.p99.toFixed(2)} ms, max ${held.max.toFixed(1)} ms;`,
  )
  say('  plain JavaScript holds it as long as it runs.')
  say(
    `  Medians of ${rounds} interleaved runs. ${cpus()[0]?.model.trim() ?? machine.platform} · ${ranOn(machine)} · Node ${machine.node}`,
  )
}

function ranOn({ engine, threads, isa }: ReturnType<typeof info>): string {
  return engine === 'native' ? `${threads} threads, ${isa}` : 'JavaScript workers, no native code'
}

async function watchLoop(run: () => Promise<unknown>): Promise<{ p99: number; max: number }> {
  const delays = monitorEventLoopDelay({ resolution: 1 })
  delays.enable()
  await sleep(20) // it counts from its second tick on
  await run()
  await sleep(5)
  delays.disable()
  return { p99: delays.percentile(99) / 1e6, max: delays.max / 1e6 }
}

/** A histogram lying on its side, one line a bin. */
function bars(counts: Float64Array): string[] {
  const width = 56
  const most = Math.max(...counts)
  const [eighths, full] = utf8 ? [' ▏▎▍▌▋▊▉', '█'] : [' ', '#']
  return Array.from(counts, (count, bin) => {
    const length = (count / most) * width
    const rest = eighths[Math.floor((length % 1) * eighths.length)]!
    const low = LOW + (bin * (HIGH - LOW)) / BINS
    return `  ${`${low}`.padStart(5)} min ${full.repeat(Math.floor(length))}${rest.trimEnd()} ${colour('dim', grouped(count))}`
  })
}

function sparkline(values: Float64Array): string {
  const steps = utf8 ? '▁▂▃▄▅▆▇█' : '_.-=+*#%'
  const low = Math.min(...values)
  const high = Math.max(...values)
  // Two days a character, so that half a year fits a terminal.
  return Array.from({ length: Math.ceil(values.length / 2) }, (_, i) => {
    const value = values[2 * i]!
    return steps[Math.round(((value - low) / (high - low || 1)) * (steps.length - 1))]
  }).join('')
}

function range(values: Float64Array): string {
  return `${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)}`
}

function dateOf({ firstDay }: Flights, day: number): string {
  const date = new Date(firstDay.getTime() + day * 86_400_000)
  return date.toLocaleDateString('en-US', { month: 'long', day: 'numeric', timeZone: 'UTC' })
}

function grouped(value: number): string {
  return value.toLocaleString('en-US')
}

function row(name: string, ours: string, plain: string, factor: string, agrees: string): string {
  return `  ${name.padEnd(30)}${ours.padStart(10)}${plain.padStart(13)}${factor.padStart(10)}   ${agrees}`.trimEnd()
}

const flags = new Set(process.argv.slice(2))
const unknown = [...flags].find((flag) => !FLAGS.includes(flag))
if (unknown !== undefined) {
  console.error(`Expected only ${FLAGS.join(', ')} but received ${unknown}`)
  process.exitCode = 2
} else {
  await main(flags)
}
