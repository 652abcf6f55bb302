/** A recording in a few lines of text: what each kernel and task took, and how late the loop was. */
import { columns, duration, grouped } from '../compare/table.js'
import { grainsByThread } from './busy.js'
import { type Span, spansOf } from './spans.js'
import type { Recording } from './types.js'

/** More names than this are not listed. */
const MOST_ROWS = 20

interface Row {
  readonly name: string
  calls: number
  totalMs: number
  longestMs: number
  waitedMs: number
  threads: number
}

/** Ends with a newline; empty if nothing was called. */
export function summaryOf(recording: Recording): string {
  const rows = new Map<string, Row>()
  for (const span of spansOf(recording)) if (span.kind !== 'scope') add(rows, span)
  for (const { name, ms } of elsewhere(recording)) {
    const row = rowOf(rows, name)
    row.calls = Number.NaN
    row.totalMs += ms
    row.longestMs = row.waitedMs = row.threads = Number.NaN
  }
  if (rows.size === 0) return ''
  const sorted = [...rows.values()].sort((a, b) => b.totalMs - a.totalMs)
  const text = columns([
    ['', 'calls', 'total', 'longest', 'waited', 'threads'],
    ...sorted.slice(0, MOST_ROWS).map(cells),
  ])
  if (sorted.length > MOST_ROWS) text.push(`and ${sorted.length - MOST_ROWS} more`)
  return `${text.join('\n')}\n${loopLine(recording)}\n`
}

/** What a script did, counted: `2 scopes, 3 kernel calls, 1 task, 40 grains on 2 threads`. */
export function countsOf(recording: Recording): string {
  const ids = (steps: readonly { readonly id: number }[]) => new Set(steps.map(({ id }) => id)).size
  const { scopes, jobs, tasks } = recording
  const threads = grainsByThread(recording)
  const grains = [...threads.values()].reduce((sum, some) => sum + some.length, 0)
  const opened = ids(scopes.filter(({ kind }) => kind === 'scope'))
  const parts = [many(opened, 'scope'), many(ids(jobs), 'kernel call'), many(ids(tasks), 'task')]
  return `${parts.join(', ')}, ${many(grains, 'grain')} on ${many(threads.size, 'thread')}`
}

export function many(count: number, what: string): string {
  return `${grouped(count)} ${what}${count === 1 ? '' : 's'}`
}

/** The longest that the loop was late, and when. */
export function longestDelay({ late }: Recording): { readonly due: number; readonly ms: number } | undefined {
  return late.reduce<{ due: number; ms: number } | undefined>(
    (most, one) => (most === undefined || one.ms > most.ms ? one : most),
    undefined,
  )
}

function loopLine(recording: Recording): string {
  const longest = longestDelay(recording)
  if (longest === undefined) return 'the event loop was never held up'
  return `the event loop was held up for ${duration(longest.ms)} at most, ${duration(longest.due)} after the start`
}

function rowOf(rows: Map<string, Row>, name: string): Row {
  let row = rows.get(name)
  if (row === undefined) {
    row = { name, calls: 0, totalMs: 0, longestMs: 0, waitedMs: 0, threads: 0 }
    rows.set(name, row)
  }
  return row
}

function add(rows: Map<string, Row>, { kind, name, begin, end, started, ended, told }: Span): void {
  const row = rowOf(rows, kind === 'job' ? name : `${name} (task)`)
  const ran = started === undefined ? 0 : (ended ?? end) - started
  row.calls++
  row.totalMs += ran
  row.longestMs = Math.max(row.longestMs, ran)
  row.waitedMs = Math.max(row.waitedMs, (started ?? end) - begin)
  row.threads = Math.max(row.threads, told.threads ?? (started === undefined ? 0 : 1))
}

/** Kernels that were called in worker threads: all that is known of them is their grains. */
function elsewhere(recording: Recording): { name: string; ms: number }[] {
  const { names, tail } = recording
  const sums = new Map<number, number>()
  for (const grains of grainsByThread(recording).values()) {
    for (const { environment, instance, begin, end } of grains) {
      if (environment !== tail.environment) sums.set(instance, (sums.get(instance) ?? 0) + end - begin)
    }
  }
  return [...sums].map(([instance, ms]) => ({ name: `${names.get(instance) ?? 'kernel'} (in workers)`, ms }))
}

function cells({ name, calls, totalMs, longestMs, waitedMs, threads }: Row): string[] {
  const known = (value: number, text: (value: number) => string) => (Number.isNaN(value) ? '–' : text(value))
  return [
    name,
    known(calls, grouped),
    duration(totalMs),
    known(longestMs, duration),
    known(waitedMs, duration),
    known(threads, String),
  ]
}
