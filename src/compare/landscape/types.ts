/** What `offloop landscape` measures and reports: ways to do two jobs, one that waits and one that computes. */
import type { FaceTimes } from '../types.js'

/**
 * `await`: one part after the other on the event loop. `all`: all parts at once on the event loop. `threads`,
 * `processes`: a task for each part. `twin`: a kernel's JavaScript. `kernel`: its native code.
 */
export type WayName = 'await' | 'all' | 'threads' | 'processes' | 'twin' | 'kernel'

export interface Way {
  readonly name: WayName
  /** Does the whole job once. */
  run(): Promise<unknown>
}

export interface Job {
  /** What it does, in a line. */
  readonly title: string
  /** What the ways do one after the other, all at once, on workers. */
  readonly parts: number
  /** The first is what the others are measured against. */
  readonly ways: readonly Way[]
  /** Gives back what the job holds open. */
  close(): void
}

/** One way's times: `speedup` is over `await`, `face` is the way's name. */
export interface WayTimes extends FaceTimes {
  readonly face: WayName
  /** True if its first result was the same as that of `await`. */
  readonly agrees: boolean
}

export interface JobReport {
  readonly title: string
  readonly parts: number
  readonly rows: readonly WayTimes[]
  /** Rounds in which every way had its turn. */
  readonly rounds: number
  /** 99 % of the ticks of the idle loop came within this; the rows' loop delays count from here. */
  readonly idleLoopP99Ms: number
}

/** A way's place in the diagram. */
export interface Mark {
  readonly way: WayName
  /** Speed-up of the waiting job. */
  readonly atOnce: number
  /** Speed-up of the computing job. */
  readonly faster: number
  /** True if the computing job once held the event loop up for half of its own time, and a quarter of that of `await`. */
  readonly holdsLoop: boolean
}

export interface Landscape {
  readonly version: string
  readonly engine: 'native' | 'js'
  readonly isa: string
  readonly threads: number
  readonly platform: string
  readonly node: string
  readonly waiting: JobReport
  readonly computing: JobReport
  /** The ways that both jobs were measured on. */
  readonly marks: readonly Mark[]
  /** True if the signal stopped it. */
  readonly partial: boolean
}

export interface LandscapeOptions {
  /** Vectors that the computing job searches. */
  readonly size: number
  /** Requests of the waiting job. */
  readonly requests: number
  /** Milliseconds that the waiting job's server takes over each. */
  readonly delayMs: number
  /** Milliseconds to spend in all; each way is run at least twice, however long it takes. */
  readonly budgetMs: number
  readonly signal?: AbortSignal | undefined
  /** Called with the job at work and the fraction of the whole, rising. */
  readonly onProgress?: ((job: 'waiting' | 'computing', fraction: number) => void) | undefined
}
