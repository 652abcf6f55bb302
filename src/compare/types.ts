/** What `compare` takes and returns. */
import type { Agreement } from '../engine/values.js'
import type { Disagreement } from './agree.js'

export interface CompareOptions {
  /** Elements of the sample arguments, when none are given. Default: 1,000,000. */
  size?: number | undefined
  /** Element type of the sample arguments: 'f64', 'f32', … Default: the kernel's first. */
  dtype?: string | undefined
  /** Thread counts to run native code on. Default: 1, and all that `info()` reports. */
  threads?: readonly number[] | undefined
  /** Milliseconds to spend. One run of each face is always made, however long it takes. Default: 5000. */
  budgetMs?: number | undefined
  /** Seed of the sample arguments. Default: 1. */
  seed?: number | undefined
  /** Stops the measurement; what was measured until then is the result, with `partial: true`. */
  signal?: AbortSignal | undefined
  /** Called with fractions from 0 to 1, rising. */
  onProgress?: ((fraction: number) => void) | undefined
}

/** How long one face takes, how much faster that is, and what it does to the event loop. */
export interface FaceTimes {
  readonly face: string
  /** The time of one call, in milliseconds: median and quartiles over the rounds, each round's own median. */
  readonly medianMs: number
  readonly q1Ms: number
  readonly q3Ms: number
  /** Calls that were timed. */
  readonly runs: number
  /** How many times faster than the first face: median and quartiles of the ratios, one per round. */
  readonly speedup: number
  readonly speedupQ1: number
  readonly speedupQ3: number
  /** How late this thread's event loop was while the face ran, beyond what 99 % of an idle loop's ticks are. */
  readonly loopP99Ms: number
  readonly loopMaxMs: number
}

/** One face of a kernel, measured: `speedup` is over the twin. */
export interface ComparisonRow extends FaceTimes {
  /** 'twin' (JavaScript on this thread), 'native', or where no binary runs 'js worker' or 'js on loop'. */
  readonly face: string
  readonly threads: number
  /** Array bytes read and written, over the median. */
  readonly gbPerSecond: number
  /** Floating point operations over the median, where the kernel counts them. */
  readonly gflopPerSecond?: number
}

export interface ComparisonAgreement {
  /** 'exact', or the bound in words. */
  readonly promised: Agreement
  /** The largest difference between the twin's result and any other face's; undefined if stopped before. */
  readonly measured: 'same bits' | Disagreement | undefined
  /** Exact: the same bits. Bounded: the same structure, NaN in the same places, and no further apart than promised. */
  readonly ok: boolean
}

/** A finished comparison; as a string, a table. */
export interface Comparison {
  readonly name: string
  readonly dtype: string
  /** Elements of the largest argument. */
  readonly size: number
  readonly engine: 'native' | 'js'
  /** Why this engine, in one sentence. */
  readonly reason: string
  readonly rows: readonly ComparisonRow[]
  readonly agreement: ComparisonAgreement
  /** Rounds in which every face had its turn. */
  readonly rounds: number
  /** 99 % of the ticks of the idle loop came within this; `loopP99Ms` and `loopMaxMs` count from here. */
  readonly idleLoopP99Ms: number
  /** True if the signal stopped it. */
  readonly partial: boolean
}

/** What `compare` takes beside kernels: a task, or anything else with these faces. */
export interface TaskLike<P extends readonly unknown[] = never[]> {
  (...args: P): Promise<unknown>
  sync(...args: P): unknown
  js(...args: P): unknown
  with(options: { signal: AbortSignal }): (...args: P) => Promise<unknown>
}

export type CompareTaskOptions = Pick<CompareOptions, 'budgetMs' | 'signal' | 'onProgress'>

/** A finished comparison of a task's faces: 'js', 'thread', 'process' or 'loop', and 'sync'; as a string, a table. */
export interface TaskComparison {
  readonly name: string
  /** `speedup` is over 'js'. */
  readonly rows: readonly FaceTimes[]
  readonly agreement: {
    /** The largest difference between the result of 'js' and another's; undefined if stopped before. */
    readonly measured: 'same bits' | Disagreement | undefined
    /** True if all gave the same. */
    readonly ok: boolean
  }
  /** Rounds in which every face had its turn. */
  readonly rounds: number
  /** 99 % of the ticks of the idle loop came within this; the rows' loop delays count from here. */
  readonly idleLoopP99Ms: number
  /** True if the signal stopped it. */
  readonly partial: boolean
}

export interface CompareSizesOptions extends Omit<CompareOptions, 'size'> {
  /** Element counts. Default: 1, 10, … 10,000,000. */
  sizes?: readonly number[] | undefined
}

export interface SizeRow {
  readonly size: number
  /** Median of `.js`. */
  readonly twinMs: number
  /** Medians of `.sync` on one thread and on all. */
  readonly syncOneMs: number
  readonly syncMs: number
  /** How many times faster than the twin `.sync` is on all threads. */
  readonly speedup: number
  /** True where `.sync` runs the twin, because a native call would cost more. */
  readonly runsTwin: boolean
  /** The time on one thread that the kernel expects, from which threads and inlining are chosen. */
  readonly estimateMs: number
  /** `estimateMs / syncOneMs`: within 0.5 to 2 from 1000 elements on, or threads are chosen badly. */
  readonly estimateRatio: number
}

/** `.sync` against the twin over sizes; as a string, a table. */
export interface SizesComparison {
  readonly name: string
  readonly dtype: string
  readonly threads: number
  readonly engine: 'native' | 'js'
  readonly reason: string
  readonly rows: readonly SizeRow[]
  /** From about so many elements on `.sync` on all threads beats the twin; undefined if it never does. */
  readonly crossover: number | undefined
  readonly partial: boolean
}
