/** Native against JavaScript: measured, verified, reported. */
import { readInteger } from '../core/arguments.js'
import type { Callable, Definition } from '../core/define.js'
import { info } from '../core/info.js'
import type { Agreement } from '../engine/values.js'
import { type Disagreement, differenceOf, worst } from './agree.js'
import { definitionFor, givenArguments, readDtype, sampleArguments } from './arguments.js'
import { formatComparison } from './format.js'
import { type Measurement, measure, type Series } from './measure.js'
import { readCommon, report } from './options.js'
import { kernelSubject, type Subject } from './subject.js'
import { compareTask, isTask } from './task.js'
import { timesOf } from './times.js'
import type {
  CompareOptions,
  CompareTaskOptions,
  Comparison,
  ComparisonRow,
  TaskComparison,
  TaskLike,
} from './types.js'

export type { Agreement } from '../engine/values.js'
export type { Disagreement } from './agree.js'
export { type FormatOptions, formatComparison, formatSizes } from './format.js'
export { formatTask } from './format-task.js'
export { compareSizes } from './sizes.js'
export type * from './types.js'

/**
 * Measures the faces of a task against each other, in turns after a warm-up: `.js` here and now, `await` on its thread or
 * process, `.sync` unless it would deadlock. Also compares their results, and watches how late the event loop is.
 *
 * The task must give the same result each time, and leave its arguments as they are (`transfer` moves them away).
 *
 * @param task - what `task()` of offloop/landscape gave
 * @param inputs - the arguments of a call; absent, none
 * @param options - time to spend, signal, progress
 * @returns times, speed-ups over `.js`, agreement and loop delay; as a string, a table
 * @throws TypeError or RangeError (ERR_OFFLOOP_…) for bad arguments; what the task throws
 * @example
 * const primes = task((n: number) => countPrimes(n), { on: 'thread' })
 * console.log(String(await compare(primes, [1e6])))
 */
export function compare<P extends readonly unknown[]>(
  task: TaskLike<P>,
  inputs?: NoInfer<P>,
  options?: CompareTaskOptions,
): Promise<TaskComparison>
/**
 * Measures the faces of a kernel against each other: the JavaScript twin on this thread, native code on one thread and
 * on all, in turns after a warm-up. Also compares their results, and watches how late the event loop is meanwhile.
 *
 * The twin blocks this thread while it runs: that is what its loop delay shows.
 *
 * @param callable - a kernel: `sum`, `sort`, …
 * @param inputs - the arguments of a call, its options last; absent, seeded sample arguments of `options.size`
 * @param options - size, dtype, threads, time to spend, signal, progress
 * @returns times, speed-ups, agreement and loop delay; as a string, a table
 * @throws TypeError or RangeError (ERR_OFFLOOP_…) for bad arguments, ERR_OFFLOOP_NO_MEMORY for a size that does not fit
 * @example
 * console.log(String(await compare(sort, [prices])))
 */
export function compare(
  callable: Callable & { readonly with?: undefined },
  inputs?: readonly unknown[],
  options?: CompareOptions,
): Promise<Comparison>
export async function compare(
  callable: Callable | TaskLike,
  inputs?: readonly unknown[],
  options?: CompareOptions,
): Promise<Comparison | TaskComparison> {
  return isTask(callable)
    ? compareTask(callable, inputs, options)
    : compareKernel(callable as Callable, inputs, options)
}

async function compareKernel(
  callable: Callable,
  inputs?: readonly unknown[],
  options?: CompareOptions,
): Promise<Comparison> {
  const definition = definitionFor(callable)
  const { own, dtype, threads, budgetMs, seed, signal, onProgress } = readCommon(options, 'size')
  const size = readInteger('size', own ?? 1_000_000, 1, Number.MAX_SAFE_INTEGER)
  const kind = readDtype(definition, dtype)
  const args = inputs === undefined ? sampleArguments(definition, kind, size, seed) : givenArguments(definition, inputs)
  const subject = kernelSubject(callable, definition, args, threads, signal)

  let expected: unknown
  const differences: ('same bits' | Disagreement)[] = []
  const measured = await measure(subject.faces, {
    budgetMs,
    watchLoop: true,
    signal,
    onProgress,
    onResult(index, value) {
      if (index === 0) expected = subject.reuses ? structuredClone(value) : value
      else
        differences.push(
          judged(differenceOf(expected, value), definition.error, [...args.positional, args.options], value),
        )
      if (index === subject.faces.length - 1) expected = undefined
    },
  })
  return report(summary(subject, measured, worst(differences)), formatComparison)
}

function summary(
  { name, dtype, size, promised, traffic }: Subject,
  { series, idle, partial }: Measurement,
  difference: 'same bits' | Disagreement | undefined,
): Comparison {
  const { engine, reason } = info()
  const idleLoopP99Ms = idle.read().p99Ms
  const ran = series.filter(({ runs }) => runs > 0)
  return {
    name,
    dtype,
    size,
    engine,
    reason,
    rows: ran.map((one) => rowOf(one, ran[0]!, traffic, idleLoopP99Ms)),
    agreement: { promised, measured: difference, ok: agrees(promised, difference) },
    rounds: Math.min(...series.map(({ turns }) => turns.length)),
    idleLoopP99Ms,
    partial,
  }
}

function rowOf(series: Series, twin: Series, traffic: Subject['traffic'], idleMs: number): ComparisonRow {
  const times = timesOf(series, twin, idleMs)
  return {
    ...times,
    threads: series.face.threads,
    gbPerSecond: traffic.bytes / times.medianMs / 1e6,
    ...(traffic.flops === undefined ? undefined : { gflopPerSecond: traffic.flops / times.medianMs / 1e6 }),
  }
}

function judged(
  difference: 'same bits' | Disagreement,
  error: Definition['error'],
  given: readonly unknown[],
  value: unknown,
): 'same bits' | Disagreement {
  if (difference === 'same bits' || difference.structure !== undefined || error === undefined) return difference
  return { ...difference, error: error(given, value) }
}

function agrees(promised: Agreement, difference: 'same bits' | Disagreement | undefined): boolean {
  if (difference === undefined || difference === 'same bits') return difference !== undefined
  if (promised === 'exact' || difference.structure !== undefined) return false
  if (difference.error !== undefined) return difference.error <= 1
  return Number.isFinite(difference.ulp) && difference.ulp <= (promised.ulp ?? Number.POSITIVE_INFINITY)
}
