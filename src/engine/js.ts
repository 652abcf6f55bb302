/** The JavaScript engine: runs twins off the loop, in workers; on the loop where no worker can start. */
import { bytesOf } from './bytes.js'
import { runSliced } from './js-copy.js'
import { counted, type JsCounts } from './js-count.js'
import type { Lane, Task } from './js-lane.js'
import { hold, letGo, runOnLoop } from './js-loop.js'
import { jsMode } from './js-mode.js'
import { pack, requireLengths, unpack } from './js-pack.js'
import { discard, release, submit, withdraw, workerCount } from './js-pool.js'
import { giveScratch } from './js-scratch.js'
import { errorFrom, type Reply, type Request } from './js-wire.js'
import { runTwin } from './twin.js'
import type { Call, Outputs, Runnable, Sink, Value } from './values.js'

/** Runs the kernel's twin away from this thread and settles the sink once; returns what stops it. */
export function startJs(
  kernel: Runnable,
  call: Call,
  lengths: readonly number[],
  rank: number,
  sink: Sink,
): () => void {
  const job = new Job(kernel, call, lengths, rank, sink)
  inFlight.add(job)
  totals.jobs++
  hold()
  // A state (a cached plan, a merged sketch) is an object of this thread and cannot travel.
  if (jsMode() === 'loop' || call.values.some((value) => value.kind === 'state')) runOnLoop(job)
  else submit(job)
  return () => job.stop()
}

const inFlight = new Set<Job>()
const totals = { jobs: 0, settled: 0, cancelled: 0, failed: 0 }

counted.read = (): JsCounts => {
  let [waiting, bytes] = [0, 0]
  for (const job of inFlight) {
    if (job.waits) waiting++
    bytes += job.bytes
  }
  return { waiting, running: inFlight.size - waiting, workers: workerCount(), ...totals, bytes }
}

class Job implements Task {
  readonly work: number
  private phase: 'waiting' | 'filling' | 'running' | 'emptying' | 'settled' = 'waiting'
  private lane: Lane | undefined
  /** Memory that is this thread's to use again. */
  private scratch: readonly ArrayBuffer[] = []
  private bytesBack = 0
  private inPlace = false
  private cancelCopy: () => void = () => {}
  private stopping = false

  constructor(
    private readonly kernel: Runnable,
    private readonly call: Call,
    private readonly lengths: readonly number[],
    readonly rank: number,
    private readonly sink: Sink,
  ) {
    this.work = call.work
  }

  get waits(): boolean {
    return this.phase === 'waiting'
  }

  get bytes(): number {
    return bytesOf(this.call.values)
  }

  begin(lane: Lane): void {
    this.phase = 'filling'
    this.lane = lane
    this.sink.started?.(performance.now())
    try {
      requireLengths(this.call.values, this.lengths)
      const { values, scratch, fill, bytes, bytesBack, inPlace } = pack(this.call.values)
      Object.assign(this, { scratch, bytesBack, inPlace })
      this.cancelCopy = runSliced(fill, bytes, (error) => {
        if (error === undefined) this.send(lane, values, scratch)
        else this.fail(error)
      })
    } catch (error) {
      this.fail(error)
    }
  }

  private send(lane: Lane, values: readonly Value[], scratch: readonly ArrayBuffer[]): void {
    this.phase = 'running'
    this.scratch = []
    try {
      lane.worker.postMessage({ kernel: this.kernel.name, values } satisfies Request, scratch)
    } catch (error) {
      this.fail(error)
    }
  }

  reply(message: Reply): void {
    this.scratch = message.scratch
    if ('error' in message) {
      this.fail(errorFrom(message))
      return
    }
    const { arrays, steps } = unpack(this.call.values, message.arrays)
    const outputs = { arrays, f64: new Float64Array(message.results), i64: new BigInt64Array(message.results) }
    this.phase = 'emptying'
    this.cancelCopy = runSliced(steps, this.bytesBack, (error) => {
      if (error !== undefined) this.fail(error)
      else if (this.stopping) this.end(() => this.sink.stopped(), 'cancelled')
      else this.end(() => this.sink.resolve(outputs))
    })
  }

  unbegin(): void {
    this.cleanUp()
    this.lane = undefined
    this.phase = 'waiting'
  }

  died(error: Error): void {
    this.lane = undefined
    if (this.phase !== 'emptying') this.fail(error) // else its work is done
  }

  noWorker(): void {
    runOnLoop(this)
  }

  runHere(): void {
    if (this.phase === 'settled') return
    this.sink.started?.(performance.now())
    let outputs: Outputs
    try {
      requireLengths(this.call.values, this.lengths)
      outputs = runTwin(this.kernel, this.call.values)
    } catch (error) {
      this.fail(error)
      return
    }
    this.end(() => this.sink.resolve(outputs))
  }

  stop(): void {
    if (this.phase === 'settled') return
    if (this.phase === 'waiting') withdraw(this)
    if (this.phase === 'emptying' && this.inPlace) {
      // An input half written over would have lost elements; the rest follows within milliseconds.
      this.stopping = true
      return
    }
    if (this.phase === 'running') {
      const lane = this.lane!
      this.lane = undefined
      discard(lane)
    }
    this.end(() => this.sink.stopped(), 'cancelled')
  }

  private fail(error: unknown): void {
    this.end(() => this.sink.reject(error), 'failed')
  }

  private end(settle: () => void, how?: 'cancelled' | 'failed'): void {
    this.phase = 'settled'
    inFlight.delete(this)
    totals.settled++
    if (how !== undefined) totals[how]++
    this.cleanUp()
    const { lane } = this
    this.lane = undefined
    letGo()
    settle()
    if (lane !== undefined) release(lane)
  }

  private cleanUp(): void {
    this.cancelCopy()
    this.scratch.forEach(giveScratch)
    this.scratch = []
  }
}
