/**
 * The load generator, a process of its own. Cheap requests come at a fixed rate, whatever becomes of those before, and
 * their time counts from when they were due: a server that stalls is charged for all that waited. Expensive ones come
 * from a few clients that each wait for an answer, or give up, before they ask again.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, type ClientRequest, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PIXELS } from './idx.js'
import { bodyOf } from './server-body.js'
import { QUERIES } from './server-data.js'
import { type Expensive, expensiveRequests, type Kind, now, randomFrom } from './server-plan.js'

export interface LoadOptions {
  readonly port: number
  readonly seed: number
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly cheapPerSecond: number
  readonly clients: number
  readonly timeoutMs: number
  /** Digits in a search. */
  readonly pageDigits: number
  /** What there is to ask for. */
  readonly flights: number
  readonly days: number
  readonly airports: number
}

export interface LoadReport {
  readonly cheap: readonly number[]
  /** Milliseconds that cheap requests were sent after they were due. */
  readonly sentLate: readonly number[]
  /** Milliseconds until the answer came. */
  readonly answered: Readonly<Record<Kind, readonly number[]>>
  readonly seconds: number
  readonly tooLate: number
  readonly failed: number
  /** When clients hung up, by request. */
  readonly hangUps: readonly (readonly [id: number, at: number])[]
  /** What was answered to each request, hashed; 'differs' if not always the same. */
  readonly answers: Readonly<Record<string, string>>
}

const DEADLINE_MS = 20_000

class Load {
  readonly cheap: number[] = []
  readonly sentLate: number[] = []
  readonly answered: Record<Kind, number[]> = { search: [], statistics: [], closing: [] }
  readonly hangUps: [number, number][] = []
  readonly answers: Record<string, string> = {}
  tooLate = 0
  failed = 0
  measuring = false
  private ended = false
  private readonly cheapAgent = new Agent({ keepAlive: true })
  private readonly agent = new Agent({ keepAlive: true })
  /** Expensive ones. */
  private readonly outstanding = new Set<ClientRequest>()
  private readonly pixels = readFileSync(join(process.argv[2]!, 'queries'))

  constructor(private readonly options: LoadOptions) {}

  async run(): Promise<LoadReport> {
    const { seconds, warmUpSeconds, clients, seed } = this.options
    const requests = expensiveRequests(seed)
    const all = [this.cheapOnes(), ...Array.from({ length: clients }, () => this.client(requests))]
    await sleep(warmUpSeconds * 1000)
    this.measuring = true
    process.send!('measuring')
    const begun = now()
    await sleep(seconds * 1000)
    const measured = (now() - begun) / 1000
    this.measuring = false
    this.ended = true
    process.send!('measured')
    for (const open of this.outstanding) open.destroy()
    await Promise.all(all)
    const { cheap, sentLate, answered, tooLate, failed, hangUps, answers } = this
    return { cheap, sentLate, answered, tooLate, failed, hangUps, answers, seconds: measured }
  }

  private async cheapOnes(): Promise<void> {
    const { cheapPerSecond, seed, flights } = this.options
    const random = randomFrom(seed + 1)
    const begun = now()
    const sent: Promise<void>[] = []
    while (!this.ended) {
      // All that are due by now.
      for (let due = begun + (sent.length * 1000) / cheapPerSecond; due <= now(); ) {
        sent.push(this.cheapOne(`/flights/${Math.floor(random() * (flights - 100))}`, due))
        due = begun + (sent.length * 1000) / cheapPerSecond
      }
      await sleep(Math.max(0, begun + (sent.length * 1000) / cheapPerSecond - now()))
    }
    await Promise.all(sent)
  }

  private async cheapOne(path: string, due: number): Promise<void> {
    const counts = this.measuring
    const late = now() - due
    const reply = await this.ask(path, this.cheapAgent, undefined, DEADLINE_MS)
    if (!counts) return
    if (reply?.status !== 200) this.failed++
    else {
      this.cheap.push(now() - due)
      this.sentLate.push(late)
    }
  }

  private async client(requests: Generator<Expensive, never>): Promise<void> {
    while (!this.ended) {
      const one = requests.next().value
      const [path, body] = this.written(one)
      const sent = now()
      const reply = await this.ask(path, this.agent, body, one.patienceMs, () => {
        if (!this.ended) this.hangUps.push([one.id, now()])
      })
      if (reply?.status === 200) {
        const key = `${one.kind} ${one.variant}`
        const hash = createHash('sha1').update(reply.body).digest('hex')
        this.answers[key] = (this.answers[key] ?? hash) === hash ? hash : 'differs'
      }
      if (!this.measuring || reply === undefined) continue
      if (reply.status === 200) this.answered[one.kind].push(now() - sent)
      else if (reply.status === 504) this.tooLate++
      else this.failed++
    }
  }

  private written({ id, kind, variant }: Expensive): [path: string, body: Uint8Array | undefined] {
    const { pageDigits, days, airports } = this.options
    if (kind === 'search') {
      const first = ((variant * pageDigits) % (QUERIES - pageDigits)) * PIXELS
      return [`/search/${id}`, this.pixels.subarray(first, first + pageDigits * PIXELS)]
    }
    // Two thirds of the days, from anywhere in the first third.
    const from = Math.floor((variant * days) / 96)
    if (kind === 'statistics')
      return [`/statistics/${id}?from=${from}&until=${from + Math.ceil((2 * days) / 3)}`, undefined]
    return [`/closing/${id}?airport=${(variant * 7) % airports}`, undefined]
  }

  /** Undefined if nothing came: after so many milliseconds the client hangs up. */
  private ask(
    path: string,
    agent: Agent,
    body: Uint8Array | undefined,
    patienceMs: number,
    onHangUp?: () => void,
  ): Promise<{ status: number; body: Buffer } | undefined> {
    const { port, timeoutMs } = this.options
    return new Promise((resolve) => {
      const method = body === undefined ? 'GET' : 'POST'
      const headers = { 'x-timeout-ms': timeoutMs, ...(body === undefined ? {} : { 'content-length': body.length }) }
      const one = request({ host: '127.0.0.1', port, path, agent, method, headers })
      const timer = patienceMs === Infinity ? undefined : setTimeout(hangUp, patienceMs)
      const done = (reply?: { status: number; body: Buffer }) => {
        clearTimeout(timer)
        this.outstanding.delete(one)
        resolve(reply)
      }
      function hangUp() {
        onHangUp?.()
        one.destroy()
      }
      if (agent === this.agent) this.outstanding.add(one)
      one.once('response', (response) => {
        bodyOf(response).then(
          (body) => done({ status: response.statusCode!, body }),
          () => done(),
        )
      })
      one.once('error', () => done())
      one.end(body)
    })
  }
}

process.once('disconnect', () => process.exit())
process.once('message', async (options: LoadOptions) => {
  const report = await new Load(options).run()
  process.send!(report, () => process.exit())
})
