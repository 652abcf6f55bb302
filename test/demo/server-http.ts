/** What the three servers have in common: routes, deadlines, clients that go, and what is told of it all afterwards. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { routeName } from './flights-data.js'
import { bodyOf } from './server-body.js'
import { type Data, open } from './server-data.js'
import { HISTOGRAM, NEIGHBOURS, type Nearest, QUANTILES, type Statistics, type Ways } from './server-plain.js'
import { type Kind, now, type Spell } from './server-plan.js'

/** Flights in the answer to a cheap request. */
const PAGE = 20
const NO_TIMEOUT_MS = 60_000
const LATE_MS = 50

/** One expensive request, as the work sees it. */
export interface Job {
  readonly id: number
  /** Aborts when the client has hung up. */
  readonly gone: AbortSignal
  /** What the request allows. */
  readonly timeoutMs: number
  /** To be called as the work begins, by those who wait before. */
  begin(at?: number): void
  /** As it ends, by those who can tell better than by the promise. */
  end(at: number): void
}

/** How a server does what is expensive. Rejects with a TimeoutError where the request's time is over. */
export interface Work {
  search(queries: Uint8Array, job: Job): Promise<Nearest>
  statistics(delay: Float64Array, distance: Float64Array, job: Job): Promise<Statistics>
  closing(airport: number, job: Job): Promise<Ways>
}

/** What a server tells of the time that was measured. */
export interface ServerReport {
  readonly spells: readonly Spell[]
  readonly loopP99Ms: number
  readonly cpuMs: number
  /** Milliseconds of computing spent on starting workers in place of those that were ended. */
  readonly restartMs: number
  /** From the server's seeing that a client had gone to the end of its work. */
  readonly stoppedAfterMs: readonly number[]
}

/** Serves on loopback what `make` gives, and obeys the process that forked this one: a time when to begin, 'end'. */
export async function serve(make: (data: Data) => Work, restartMs: () => number = () => 0): Promise<void> {
  const data = open(process.argv[2]!)
  const work = make(data)
  const spells: Spell[] = []
  const stoppedAfterMs: number[] = []
  let loaded = false
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    if (!loaded) delays.reset() // an idle loop's ticks are many
    loaded = true
    const { pathname, searchParams } = new URL(request.url!, 'http://localhost')
    const [, kind, id] = pathname.split('/')
    if (kind === 'flights') return send(response, 200, page(data, Number(id)))
    const gone = new AbortController()
    let seen: number | undefined
    response.once('close', () => {
      if (response.writableFinished) return
      seen = now()
      gone.abort(new Error('the client has hung up'))
    })
    let [begun, ended] = [now(), 0]
    const job: Job = {
      id: Number(id),
      gone: gone.signal,
      timeoutMs: Number(request.headers['x-timeout-ms'] ?? NO_TIMEOUT_MS),
      begin(at = now()) {
        begun = at
      },
      end(at) {
        ended = at
      },
    }
    try {
      const result = await resultOf(kind as Kind, request, searchParams, job)
      if (!gone.signal.aborted) send(response, 200, result)
    } catch (error) {
      if (gone.signal.aborted) return
      const late = (error as Error).name === 'TimeoutError'
      if (!late) console.error(error)
      send(response, late ? 504 : 500, { error: String(error) })
    } finally {
      ended ||= now()
      if (Number.isFinite(begun)) spells.push({ id: job.id, kind: kind as Kind, begun, ended })
      if (seen !== undefined && Number.isFinite(begun)) stoppedAfterMs.push(Math.max(0, ended - seen))
    }
  }
  const resultOf = async (kind: Kind, request: IncomingMessage, query: URLSearchParams, job: Job) => {
    if (kind === 'search') return digitsOf(data, await work.search(await bodyOf(request), job))
    if (kind === 'closing') return work.closing(Number(query.get('airport')), job)
    const rows = [data.starts[Number(query.get('from'))]!, data.starts[Number(query.get('until'))]!] as const
    return summary(await work.statistics(data.delay.subarray(...rows), data.distance.subarray(...rows), job))
  }

  const server = createServer((request, response) => void answer(request, response))
  server.keepAliveTimeout = 60_000
  const delays = monitorEventLoopDelay({ resolution: 1 })
  delays.enable()
  let cpu = process.cpuUsage()
  let restarted = 0
  process.on('message', (message) => {
    if (typeof message === 'number') {
      // Heard late, since the loop was busy: then the warm-up counts, rather than what kept it busy being left out.
      if (now() - message > LATE_MS) return
      spells.length = stoppedAfterMs.length = 0
      restarted = restartMs()
      delays.reset()
      cpu = process.cpuUsage()
      return
    }
    const { user, system } = process.cpuUsage(cpu)
    const report: ServerReport = {
      ...{ spells, stoppedAfterMs },
      loopP99Ms: delays.percentile(99) / 1e6,
      cpuMs: (user + system) / 1000,
      restartMs: restartMs() - restarted,
    }
    process.send!(report)
  })
  process.once('disconnect', () => process.exit())
  server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port))
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function page(data: Data, first: number): object[] {
  return Array.from({ length: PAGE }, (_, i) => ({
    day: data.day[first + i],
    route: routeName(data, data.route[first + i]!),
    minutesLate: data.delay[first + i],
    miles: data.distance[first + i],
  }))
}

/** What most of the neighbours are; of equally many, the nearest. */
function digitsOf({ labels }: Data, { indices, scores }: Nearest): object {
  const found = Array.from({ length: indices.length / NEIGHBOURS }, (_, q) => {
    const rows = Array.from({ length: NEIGHBOURS }, (_, i) => indices[q * NEIGHBOURS + i]!)
    const votes = rows.map((row) => rows.filter((other) => labels[other] === labels[row]).length)
    return { digit: labels[rows[votes.indexOf(Math.max(...votes))]!], rows, distance: scores[q * NEIGHBOURS] }
  })
  return { text: found.map(({ digit }) => digit).join(''), found }
}

/** To six digits: sums added in another order differ in the sixteenth. */
function summary({ mean, deviation, delays, counts, miles }: Statistics): object {
  const round = (value: number) => Number(value.toPrecision(6))
  return {
    minutesLate: { mean: round(mean), deviation: round(deviation), quantiles: byShare(delays) },
    histogram: { low: HISTOGRAM.low, high: HISTOGRAM.high, counts: Array.from(counts) },
    miles: { quantiles: byShare(miles) },
  }

  function byShare(values: ArrayLike<number>): object {
    return Object.fromEntries(QUANTILES.map((q, i) => [q, round(values[i]!)]))
  }
}
