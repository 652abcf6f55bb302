/**
 * Records what a program has offloop do, into a file as it goes: however the program ends, the file has it. It leaves
 * no trace in the program but a timer that does not keep it alive: a signal handler, for one, would change what its own
 * handlers do.
 */
import { subscribe } from 'node:diagnostics_channel'
import { openSync, writeSync } from 'node:fs'
import { setInterval } from 'node:timers'
import { choose } from '../engine/choose.js'
import type { NativeEngine } from '../engine/native.js'
import { GRAIN_SIZE, type Line, type Step, type Tail } from './types.js'

/** Of steps, and of grains: a trace of more takes viewers minutes, and a program's memory is not ours. */
const MOST = 500_000
/** Between two looks at the loop's delay: a stall of as long as that is seen. */
const TICK_MS = 5
/** Late by less is how timers are. */
const LATE_MS = 1
const FLUSH_MS = 50
const REST_MS = 1000
const FLUSH_CHARACTERS = 1 << 18

export interface RecordOptions {
  /** Steps, and grains, that are kept at most. */
  readonly most?: number
}

/** Starts; what `head` of the recording says of the script is what `process.argv` says. */
export function record(file: string, { most = MOST }: RecordOptions = {}): void {
  new Recorder(file, most).start()
}

class Recorder {
  readonly #file: number
  readonly #most: number
  #text = ''
  #flushed = 0
  #told = 0
  #ended = false
  #steps = 0
  #grains = 0
  #lates = 0
  #native: NativeEngine | undefined
  #watching = false
  readonly #named = new Set<number>()
  readonly #originMs = origin()

  constructor(file: string, most: number) {
    this.#file = openSync(file, 'a')
    this.#most = most
  }

  start(): void {
    const { pid, version, platform, arch } = process
    const begin = performance.now()
    // Linux numbers a process's first thread like the process.
    const loop = platform === 'linux' ? { loopThread: pid } : {}
    const script = process.argv[1] ?? ''
    this.#write(['head', { script, pid, node: version, platform: `${platform}-${arch}`, begin, ...loop }])
    subscribe('offloop:job', (message) => this.#step('job', message as Step))
    subscribe('offloop:task', (message) => this.#step('task', message as Step))
    subscribe('offloop:scope', (message) => this.#step('scope', message as Step))
    // Its kernels may be the only ones.
    process.on('worker', () => this.#watchGrains())
    let due = begin + TICK_MS
    const look = () => {
      const now = performance.now()
      if (now - due >= LATE_MS && this.#lates++ < this.#most) this.#write(['late', rounded(due), rounded(now - due)])
      due = now + TICK_MS
      if (now - this.#flushed >= FLUSH_MS) this.#flush(now)
    }
    setInterval(look, TICK_MS).unref()
    process.on('exit', () => {
      look()
      this.#ended = true
      this.#flush(performance.now())
    })
  }

  #step(kind: 'job' | 'task' | 'scope', step: Step): void {
    if ((step.type as string) === 'progress') return
    this.#watchGrains()
    if (this.#steps++ >= this.#most) return
    try {
      this.#write([kind, plain(step)] as unknown as Line)
    } catch {} // published by something else: not a step
  }

  /** Grains, from the first sign of use on: who never calls offloop never loads its binary. */
  #watchGrains(): void {
    if (this.#watching) return
    this.#watching = true
    try {
      const native = choose().native
      native?.trace(true)
      this.#native = native
    } catch {} // the program hears of it by its own call
  }

  #write(line: Line): void {
    this.#text += `${JSON.stringify(line)}\n`
    const now = performance.now()
    if (this.#ended || this.#text.length >= FLUSH_CHARACTERS || now - this.#flushed >= FLUSH_MS) this.#flush(now)
  }

  #flush(now: number): void {
    this.#flushed = now
    this.#drain()
    // A server at rest leaves a line a second.
    if (this.#text === '' && now - this.#told < REST_MS && !this.#ended) return
    this.#told = now
    const { environment } = this.#native ?? {}
    const tail: Tail = {
      time: rounded(now),
      droppedSteps: Math.max(0, this.#steps - this.#most),
      droppedGrains: Math.max(0, this.#grains - this.#most) + (this.#native?.stats().lost ?? 0),
      ...(this.#watching ? { engine: engineName() } : {}),
      ...(environment === undefined ? {} : { environment }),
    }
    const text = `${this.#text}${JSON.stringify(['tail', tail])}\n`
    this.#text = ''
    try {
      writeSync(this.#file, text)
    } catch {} // a full disk is not the program's trouble
  }

  #drain(): void {
    const records = this.#native?.drain()
    if (records === undefined || records.length === 0) return
    const all = records.length / GRAIN_SIZE
    const kept = Math.max(0, Math.min(all, this.#most - this.#grains))
    this.#grains += all
    if (kept === 0) return
    const numbers: number[] = []
    for (let at = 0; at < kept * GRAIN_SIZE; at += GRAIN_SIZE) {
      const [thread, environment, job, instance, begin, end, items, lane] = records.subarray(at, at + GRAIN_SIZE)
      if (!this.#named.has(instance!)) {
        this.#named.add(instance!)
        this.#text += `${JSON.stringify(['name', instance, this.#native!.nameOf(instance!)])}\n`
      }
      numbers.push(thread!, environment!, job!, instance!, this.#ms(begin!), this.#ms(end!), items!, lane!)
    }
    this.#text += `${JSON.stringify(['grains', numbers])}\n`
  }

  #ms(hrtime: number): number {
    return rounded(hrtime / 1e6 - this.#originMs)
  }
}

/** process.hrtime() where performance.now() is 0, in milliseconds: the closest pair of a few readings. */
function origin(): number {
  let best = { width: Infinity, at: 0 }
  for (let i = 0; i < 9; i++) {
    const before = performance.now()
    const time = Number(process.hrtime.bigint()) / 1e6
    const after = performance.now()
    if (after - before < best.width) best = { width: after - before, at: time - (before + after) / 2 }
  }
  return best.at
}

/** To a nanosecond. */
function rounded(ms: number): number {
  return Math.round(ms * 1e6) / 1e6
}

function engineName(): string {
  try {
    const { native, reason } = choose()
    return native === undefined ? `JavaScript only (${reason})` : `native ${native.description.isa}`
  } catch (error) {
    return String((error as Error).message)
  }
}

/** Reasons and errors by their messages: they may hold anything. */
function plain(step: Step): Step {
  const { error, reason, ...rest } = step as Step & { error?: unknown; reason?: unknown }
  delete (rest as { result?: unknown }).result
  const cause = error ?? reason
  return cause === undefined ? rest : { ...rest, why: messageOf(cause) }
}

function messageOf(cause: unknown): string {
  try {
    return String((cause as Error)?.message ?? cause).slice(0, 200)
  } catch {
    return 'something that has no text'
  }
}
