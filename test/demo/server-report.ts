/** What the demo of the servers prints. */
import { availableParallelism, cpus } from 'node:os'
import { info } from 'offloop'
import type { Size } from './server-data.js'
import type { ServerReport } from './server-http.js'
import type { LoadOptions, LoadReport } from './server-load.js'
import { afterHangUp, IMPATIENT, KINDS, type Kind, MIX, PATIENCE_MS, percentile, type Spell } from './server-plan.js'
import { colour } from './terminal.js'

export const SERVERS = [
  { name: 'javascript', label: 'plain JavaScript' },
  { name: 'pool', label: 'worker pool' },
  { name: 'offloop', label: 'offloop' },
] as const

export type ServerName = (typeof SERVERS)[number]['name']

/** One server's turn. */
export interface Run {
  readonly name: ServerName
  readonly server: ServerReport
  readonly load: LoadReport
}

const WHAT: Readonly<Record<Kind, string>> = { search: 'search', statistics: 'statistics', closing: 'JS task' }

function expensivePerSecond({ load }: Run): number {
  return KINDS.reduce((sum, kind) => sum + load.answered[kind].length, 0) / load.seconds
}

/** What was computed for clients that had gone. */
function afterGone({ server, load }: Run): Spell[] {
  return afterHangUp(server.spells, new Map(load.hangUps))
}

function wastedMs(run: Run): number {
  return afterGone(run).reduce((sum, { begun, ended }) => sum + ended - begun, run.server.restartMs)
}

/** How many requests were answered by more than one server, and which of them not alike. */
export function compareAnswers(runs: readonly Run[]): { compared: number; differing: string[] } {
  const seen = new Map<string, string[]>()
  for (const { load } of runs) {
    for (const [key, hash] of Object.entries(load.answers)) seen.set(key, [...(seen.get(key) ?? []), hash])
  }
  const several = [...seen].filter(([, hashes]) => hashes.length > 1)
  const differing = [...seen].filter(([, hashes]) => hashes.some((hash) => hash !== hashes[0] || hash === 'differs'))
  return { compared: several.length, differing: differing.map(([key]) => key) }
}

export function jsonLine(run: Run): object {
  const { name, server, load } = run
  const round = (value: number) => Number(value.toPrecision(5))
  const ended = afterGone(run).map(({ begun, ended }) => ended - begun)
  const stopped = server.stoppedAfterMs
  return {
    server: name,
    cheapP50Ms: round(percentile(load.cheap, 0.5)),
    cheapP99Ms: round(percentile(load.cheap, 0.99)),
    expensivePerSecond: round(expensivePerSecond(run)),
    loopP99Ms: round(server.loopP99Ms),
    wastedMs: round(wastedMs(run)),
    hangUps: load.hangUps.length,
    hungUpWhileRunning: ended.length,
    // From the server's seeing it, and from the client's doing it, to the end of the work.
    stoppedAfterMs: { p50: round(percentile(stopped, 0.5)), p95: round(percentile(stopped, 0.95)) },
    hangUpToEndMs: { p50: round(percentile(ended, 0.5)), p95: round(percentile(ended, 0.95)) },
    cpuSeconds: round(server.cpuMs / 1000),
    seconds: round(load.seconds),
    answered: Object.fromEntries(
      KINDS.map((kind) => {
        const times = load.answered[kind]
        return [kind, { count: times.length, p50Ms: round(percentile(times, 0.5)) }]
      }),
    ),
    tooLate: load.tooLate,
    failed: load.failed,
    // How late the load generator itself was.
    sentLateP99Ms: round(percentile(load.sentLate, 0.99)),
  }
}

export function report(runs: readonly Run[], size: Size, load: Omit<LoadOptions, 'port'>): string[] {
  const machine = info()
  const { compared, differing } = compareAnswers(runs)
  const failed = runs.reduce((sum, run) => sum + run.load.failed, 0)
  const mix = KINDS.map((kind) => MIX[kind]).join(' : ')
  return [
    `One small HTTP server, three ways · offloop ${machine.version}`,
    '',
    `  cheap       ${load.cheapPerSecond} a second, whatever becomes of those before: a page of flights, as JSON`,
    `  expensive   ${load.clients} clients that wait for each answer, at most ${load.timeoutMs / 1000} s; ${mix} of`,
    `              search      the nearest 5 of ${grouped(size.digits)} MNIST digits to each of ${load.pageDigits}`,
    `              statistics  moments, histogram and quantiles over two thirds of ${grouped(size.flights)} flights`,
    '              JS task     all shortest ways between the airports while one is closed',
    `              1 in ${IMPATIENT} hangs up after ${PATIENCE_MS[0]} ms to ${PATIENCE_MS[1] / 1000} s if there is no answer by then`,
    '',
    row('', 'cheap p50', 'p99', 'expensive', 'loop p99', 'wasted', 'stopped after'),
    ...runs.map((run) => {
      const { label } = SERVERS.find(({ name }) => name === run.name)!
      const stopped = run.server.stoppedAfterMs
      return row(
        label,
        ms(percentile(run.load.cheap, 0.5)),
        ms(percentile(run.load.cheap, 0.99)),
        `${figures(expensivePerSecond(run))} /s`,
        ms(run.server.loopP99Ms),
        `${((100 * wastedMs(run)) / (1000 * run.load.seconds * availableParallelism())).toFixed(1)} %`,
        ms(percentile(stopped, 0.5)),
      )
    }),
    '',
    row('an answer takes', ...KINDS.map((kind) => WHAT[kind]), '', '', ''),
    ...runs.map((run) => {
      const { label } = SERVERS.find(({ name }) => name === run.name)!
      return row(label, ...KINDS.map((kind) => ms(percentile(run.load.answered[kind], 0.5))), '', '', '')
    }),
    '',
    ...moral(runs),
    '',
    `  The same answers: ${compared} requests that more than one server answered   ${mark(differing.length === 0, `DIFFERENT: ${differing.slice(0, 3).join(', ')}`)}`,
    ...(failed === 0 ? [] : [`  ${failed} requests failed   ${mark(false, 'WRONG')}`]),
    '  cheap: from when a request was due. wasted: computing for clients that had hung up, and replacing',
    '  workers, of what the cores can do; stopped after: median from the hang-up seen to the end of the',
    `  work. ${load.seconds} s each, the load from the same ${availableParallelism()} cores.`,
    `  ${cpus()[0]?.model.trim() ?? machine.platform} · ${machine.engine === 'native' ? machine.isa : 'no native code'} · Node ${machine.node}`,
  ]
}

/** What it shows. */
function moral(runs: readonly Run[]): string[] {
  const [plain, pool, ours] = runs as [Run, Run, Run]
  const times = (other: Run) => figures(expensivePerSecond(ours) / expensivePerSecond(other))
  return [
    `  Beside the same work offloop answers 99 % of the cheap requests within ${ms(percentile(ours.load.cheap, 0.99))}, and ${times(plain)} × as`,
    `  many expensive ones as plain JavaScript on the loop, ${times(pool)} × as many as a pool of workers.`,
  ]
}

function mark(good: boolean, otherwise: string): string {
  return good ? colour('green', '✓') : colour('red', otherwise)
}

function row(name: string, ...cells: readonly string[]): string {
  const widths = [11, 11, 12, 11, 9, 15]
  return `  ${name.padEnd(17)}${cells.map((cell, i) => cell.padStart(widths[i]!)).join('')}`.trimEnd()
}

function grouped(value: number): string {
  return value.toLocaleString('en-US')
}

/** Three of them. */
function figures(value: number): string {
  if (!Number.isFinite(value)) return '-'
  return value >= 100 ? grouped(Math.round(value)) : value.toFixed(value < 10 ? 2 : 1)
}

function ms(value: number): string {
  return Number.isFinite(value) ? `${figures(value)} ms` : '-'
}
