/**
 * Measures faces against each other: warm-up, then rounds in which each face has its turn, so that whatever else the
 * machine does falls on all of them alike. It knows nothing of kernels.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { LoopWatch } from './loop.js'
import { median } from './statistics.js'

/** One way to run the measured thing. */
export interface Face {
  readonly label: string
  readonly threads: number
  /** Runs it once; a promise is awaited. */
  run(): unknown
  /** Untimed, before each run: restores what a run in place has changed. */
  readonly reset?: (() => void) | undefined
  /** Untimed, before each turn: warms up what cools down while the others have theirs. */
  readonly prepare?: (() => Promise<unknown>) | undefined
}

export interface Series {
  readonly face: Face
  /** Milliseconds per call, one for each timing. */
  readonly times: number[]
  /** Calls that were timed. */
  runs: number
  /** The median of each round's turn: a fast moment has more calls, and counts no more for it. */
  readonly turns: number[]
  readonly loop: LoopWatch
  /** Calls to one timing, so that a timing is long against the clock. */
  inner: number
}

export interface Measurement {
  readonly series: readonly Series[]
  /** The loop with nothing to do, watched in turns with the faces. */
  readonly idle: LoopWatch
  /** Stopped before its first full round, or before its time was up. */
  readonly partial: boolean
}

export interface MeasureOptions {
  readonly budgetMs: number
  /** Also watch the event loop's delay; costs some milliseconds per turn. */
  readonly watchLoop: boolean
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((fraction: number) => void) | undefined
  /** Takes the result of each face's first run, in the order of the faces. */
  readonly onResult?: (index: number, value: unknown) => void
}

const TIMING_MS = 0.2
const LONGEST_TURN_MS = 50

export async function measure(faces: readonly Face[], options: MeasureOptions): Promise<Measurement> {
  const { budgetMs, watchLoop, signal } = options
  const start = performance.now()
  const turnMs = Math.min(LONGEST_TURN_MS, Math.max(1, (0.7 * budgetMs) / (faces.length * 20)))
  const series = faces.map((face): Series => ({ face, times: [], runs: 0, turns: [], loop: new LoopWatch(), inner: 1 }))
  let reached = 0
  const report = () => {
    const fraction = Math.min(0.999, (performance.now() - start) / budgetMs)
    if (fraction > reached) options.onProgress?.((reached = fraction))
  }
  const turn = async (one: Series, ms: number, onResult?: (value: unknown) => void) => {
    if (signal?.aborted) return
    await one.face.prepare?.()
    const body = () => takeTurn(one, ms, signal, onResult)
    await (watchLoop ? one.loop.during(body) : body())
    report()
  }

  const idle = new LoopWatch()
  const rest = async (ms: number) => {
    if (watchLoop && !signal?.aborted) await idle.during(() => sleep(ms))
  }
  await rest(2 * turnMs)
  for (const [index, one] of series.entries()) await turn(one, 0, (value) => options.onResult?.(index, value))
  // What takes most of the time once is not run again: its first run counts.
  const first = series.reduce((total, one) => total + (one.times[0] ?? 0), 0)
  if (first < budgetMs / 2 && !signal?.aborted) {
    for (const one of series) {
      // Compilers and caches are warm after this much of one run, too.
      if (one.times[0]! < 2 * turnMs) {
        one.inner = callsPerTiming(one)
        await turn(one, 2 * turnMs)
        one.inner = callsPerTiming(one)
      }
    }
    if (!signal?.aborted) series.forEach(forget)
    const end = start + budgetMs
    for (let round = 0, roundMs = 0; round === 0 || performance.now() + roundMs < end; round++) {
      if (signal?.aborted) break
      const begun = performance.now()
      for (const one of series) await turn(one, turnMs)
      await rest(turnMs / 2)
      roundMs = performance.now() - begun
    }
  }
  const partial = signal?.aborted === true
  if (!partial) options.onProgress?.(1)
  return { series, idle, partial }
}

/** Times a face over and over for `ms`, at least once, letting the loop turn in between. */
async function takeTurn(
  series: Series,
  ms: number,
  signal: AbortSignal | undefined,
  onResult: ((value: unknown) => void) | undefined,
): Promise<void> {
  const { face, inner } = series
  const end = performance.now() + ms
  const times: number[] = []
  try {
    do {
      face.reset?.()
      let value: unknown
      const begun = performance.now()
      for (let i = 0; i < inner; i++) {
        value = face.run()
        if (isThenable(value)) value = await value
      }
      times.push((performance.now() - begun) / inner)
      onResult?.(value)
      await new Promise(setImmediate)
    } while (performance.now() < end && !signal?.aborted)
  } catch (error) {
    if (!signal?.aborted) throw error // else the run was stopped, and is not counted
  }
  if (times.length === 0) return
  series.times.push(...times)
  series.runs += times.length * inner
  series.turns.push(median(times))
}

function callsPerTiming({ face, times }: Series): number {
  return face.reset === undefined ? Math.max(1, Math.ceil(TIMING_MS / median(times))) : 1
}

/** Drops the warm-up. */
function forget(series: Series): void {
  series.times.length = series.turns.length = series.runs = 0
  series.loop.clear()
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
