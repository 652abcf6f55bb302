/** What every topic shares: interleaved runs, medians and quartiles, rows of the final table. */
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** A bar counts only on this many pairs of one run. */
export const ENOUGH = 15

export interface Bar {
  readonly atLeast?: number
  readonly atMost?: number
  /** What has to hold: the median (default), or every single value. */
  readonly judged?: 'median' | 'worst'
}

export interface Row {
  readonly name: string
  /** One value for each pair, in the order they were run; empty if a peer is missing. */
  readonly values: readonly number[]
  readonly unit: '×' | 'ms' | 's'
  /** Without one, the row only informs. */
  readonly bar?: Bar
  /** The peer that is not there. */
  readonly missing?: string
}

export interface Options {
  readonly quick: boolean
  readonly json: boolean
}

export interface Competitor {
  readonly name: string
  /** Does the work once; resolves to the milliseconds that it took. */
  readonly run: () => number | Promise<number>
}

/** Milliseconds of one competitor by round. */
export type Times = ReadonlyMap<string, readonly number[]>

export class Bench {
  constructor(readonly options: Options) {}

  say(line = ''): void {
    if (!this.options.json) console.log(line)
  }

  rounds(count = ENOUGH): number {
    return this.options.quick ? 3 : count
  }

  /**
   * Rounds in which every competitor runs once, forwards and backwards in turn, so that a drift of the machine meets
   * all alike. One round before them is not counted. Between two runs the garbage goes, and what threads the last one
   * left spinning (OpenBLAS: 25 ms) come to rest.
   */
  async interleave(title: string, competitors: readonly Competitor[], rounds = this.rounds()): Promise<Times> {
    const times = new Map<string, number[]>(competitors.map(({ name }) => [name, []]))
    for (let round = -1; round < rounds; round++) {
      progress(`${title}: ${round < 0 ? 'warming up' : `round ${round + 1} of ${rounds}`}`)
      for (const competitor of round % 2 === 0 ? competitors : [...competitors].reverse()) {
        await settle()
        const ms = await competitor.run()
        if (round >= 0) times.get(competitor.name)!.push(ms)
      }
    }
    progress('')
    this.say(title)
    for (const [name, list] of times) this.say(`  ${name.padEnd(44)} ${spread(list, 'ms')}`)
    this.say()
    return times
  }
}

export async function settle(): Promise<void> {
  collectGarbage()
  await sleep(60)
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

export async function timed(run: () => unknown): Promise<number> {
  const begun = performance.now()
  await run()
  return performance.now() - begun
}

export function timedSync(run: () => unknown): number {
  const begun = performance.now()
  run()
  return performance.now() - begun
}

/** A row of ratios, round by round: how many times `ours` goes into `peer`. Above 1, ours is faster. */
export function versus(name: string, times: Times, ours: string, peer: string, atLeast?: number): Row {
  const [own, theirs] = [times.get(ours)!, times.get(peer)]
  const row: Row = { name, unit: '×', values: theirs?.map((ms, i) => ms / own[i]!) ?? [] }
  return { ...row, ...(atLeast === undefined ? {} : { bar: { atLeast } }), ...(theirs ? {} : { missing: peer }) }
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = Float64Array.from(values).sort()
  const at = (sorted.length - 1) * q
  const low = sorted[Math.floor(at)]!
  return low + (sorted[Math.ceil(at)]! - low) * (at % 1)
}

export function met({ values, bar, missing }: Row): boolean {
  if (bar === undefined || missing !== undefined || values.length < ENOUGH) return false
  const { atLeast = -Infinity, atMost = Infinity } = bar
  const judged = bar.judged === 'worst' ? values : [quantile(values, 0.5)]
  return judged.every((value) => value >= atLeast && value <= atMost)
}

/** `1.23 [1.20, 1.30]` */
export function spread(values: readonly number[], unit: Row['unit']): string {
  if (values.length === 0) return '-'
  const [q1, median, q3] = [0.25, 0.5, 0.75].map((q) => short(quantile(values, q)))
  return `${median} ${unit} [${q1}, ${q3}]`
}

export function short(value: number): string {
  const size = Math.abs(value)
  return size >= 1000
    ? value.toFixed(0)
    : size >= 100
      ? value.toFixed(1)
      : size >= 1
        ? value.toFixed(2)
        : value.toFixed(3)
}

export function table(rows: readonly Row[]): string[] {
  const cells = rows.map((row) => {
    const { bar, values, unit, missing } = row
    return [
      row.name,
      bar === undefined ? '' : [limit('>=', bar.atLeast), limit('<=', bar.atMost)].filter(Boolean).join(' '),
      missing === undefined ? worst(row) + spread(values, unit) : '-',
      `${values.length}`,
      verdict(row),
    ]
  })
  const lines = [['', 'bar', 'median [q1, q3]', 'n', 'met?'], ...cells]
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  return lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join(' | ')
      .trimEnd(),
  )
}

function worst({ bar, values }: Row): string {
  return bar?.judged === 'worst' && values.length > 0 ? `worst ${short(Math.max(...values))}; ` : ''
}

function limit(sign: string, value: number | undefined): string {
  return value === undefined ? '' : `${sign} ${value}`
}

export function verdict(row: Row): string {
  if (row.missing !== undefined) return `peer missing (${row.missing})${row.bar === undefined ? '' : ': unmet'}`
  if (row.bar === undefined) return ''
  if (row.values.length < ENOUGH) return `fewer than ${ENOUGH} pairs: no verdict`
  return met(row) ? 'met' : 'UNMET'
}

/** One line on a terminal that comes and goes. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}
