/** The three faces of every kernel: check, plan, start, settle. */
import { abortedOf, isSignal, onAbortOf } from '../base/abort.js'
import { timedOut, wrongType, wrongValue } from '../base/errors.js'
import { nativeFor } from '../engine/choose.js'
import { startLater } from '../engine/js-start.js'
import { type NativeEngine, TimeoutStatus } from '../engine/native.js'
import { runTwin } from '../engine/twin.js'
import type { Call, Outputs, Plan, Sink } from '../engine/values.js'
import { type Around, ambient, fewer } from './ambient.js'
import { type Options, readInteger, readOptions, refuseResizable } from './arguments.js'
import { JobSpan, jobs } from './channels.js'
import type { Definition } from './define.js'
import { INLINE_NS, planAsync, planSync } from './plan.js'
import { PRIORITIES, type Priority, RANK, readPriority } from './priority.js'
import { MAX_THREADS, refuseMore, settings } from './settings.js'

type Known = ReadonlySet<string>
type Progress = (fraction: number) => void

export function runAsync(kernel: Definition, known: Known, args: readonly unknown[]): Promise<unknown> {
  try {
    const options = readOptions(args[kernel.arity], known)
    const signal = readSignal(options.signal)
    const threads = readThreads(options.threads)
    const onProgress = readProgress(options.onProgress)
    const priority = readPriority(options.priority)
    const call = kernel.check(args, options)
    if (signal?.aborted) return refuse(kernel, call, priority, signal.reason)
    return runCall(kernel, call, threads, priority, signal, onProgress)
  } catch (error) {
    return Promise.reject(error)
  }
}

/**
 * A checked call, asynchronously, under the scope around it: a promise of what its `finish` makes. Throws what refuses
 * the arrays.
 */
export function runCall(
  kernel: Definition,
  call: Call,
  threads: number,
  priority: Priority | undefined,
  signal: AbortSignal | undefined,
  onProgress: Progress | undefined,
): Promise<unknown> {
  for (const value of call.values) {
    if (!('array' in value) || value.array === undefined) continue
    refuseResizable(value.array)
    if (settings.guard) guard(value.array.buffer)
  }
  const around = ambient.get?.()
  if (around === undefined) return start(kernel, call, threads, rankOf(priority), signal, undefined, onProgress)
  if (around.signal.aborted) return refuse(kernel, call, priority, around.signal.reason)
  const rank = RANK[priority ?? around.priority]
  return start(kernel, call, fewer(threads, around.threads), rank, signal, around, onProgress)
}

function rankOf(priority: Priority | undefined): number {
  return priority === undefined ? 1 : RANK[priority]
}

/** It is cancelled before it begins. */
function refuse(kernel: Definition, call: Call, priority: Priority | undefined, reason: unknown): Promise<never> {
  if (jobs.watched) {
    const around = ambient.get?.()
    const seen = spanOf(kernel, call, rankOf(priority ?? around?.priority), around)
    seen.run(() => {
      seen.cancelled(reason)
      seen.failed(reason)
    })
  }
  return Promise.reject(reason)
}

/** Of an asynchronous call. */
function spanOf(kernel: Definition, call: Call, rank: number, around: Around | undefined): JobSpan {
  const engine = nativeFor(kernel) === undefined ? 'js' : 'native'
  return new JobSpan(kernel, call, engine, call.work < INLINE_NS ? 'inline' : 'async', PRIORITIES[rank]!, around?.id)
}

/** A checked call, blocking. A scope's deadline does not cut it: it may be one of several that make a whole. */
export function runCallSync(kernel: Definition, call: Call): unknown {
  const around = ambient.get?.()
  const threads = around?.threads ?? 0
  const rank = rankOf(around?.priority)
  if (!jobs.watched) return call.finish(compute(kernel, call, threads, 0, rank, undefined))
  const seen = seenSync(kernel, call, threads, rank, around)
  return seen.around(() => call.finish(compute(kernel, call, threads, 0, rank, undefined, undefined, seen)))
}

/** Calls of this thread that run or wait. */
let inFlight = 0

/** Asynchronous calls of this thread that have not settled. */
export function callsInFlight(): number {
  return inFlight
}

function start(
  kernel: Definition,
  call: Call,
  threads: number,
  rank: number,
  signal: AbortSignal | undefined,
  around: Around | undefined,
  onProgress: Progress | undefined,
): Promise<unknown> {
  const native = nativeFor(kernel)
  const inline = call.work < INLINE_NS
  if (!inline) refuseMore('asynchronous calls', inFlight)
  if (!jobs.watched) {
    if (inline) return Promise.resolve(here(native, kernel, call, threads, rank, onProgress, undefined))
    return away(native, kernel, call, threads, rank, signal, around, onProgress, undefined)
  }
  const seen = spanOf(kernel, call, rank, around)
  if (inline) return Promise.resolve(seen.around(() => here(native, kernel, call, threads, rank, onProgress, seen)))
  return seen.run(() => away(native, kernel, call, threads, rank, signal, around, onProgress, seen))
}

/** At once, on this thread. */
function here(
  native: NativeEngine | undefined,
  kernel: Definition,
  call: Call,
  threads: number,
  rank: number,
  onProgress: Progress | undefined,
  seen: JobSpan | undefined,
): unknown {
  seen?.started()
  const outputs =
    native === undefined
      ? runTwin(kernel, call.values)
      : native.sync(kernel, call, numbered(planAsync(call.work, threads, rank, seen !== undefined), seen), undefined)
  if (native !== undefined) seen?.reported(native.report())
  // Before anything of the caller's runs: scalar results are in memory that the next call uses again.
  const result = call.finish(outputs)
  onProgress?.(1)
  return result
}

/** The plan of a job that somebody watches. */
function numbered(plan: Plan, seen: JobSpan | undefined): Plan {
  return seen === undefined ? plan : { ...plan, id: seen.id }
}

function away(
  native: NativeEngine | undefined,
  kernel: Definition,
  call: Call,
  threads: number,
  rank: number,
  signal: AbortSignal | undefined,
  around: Around | undefined,
  onProgress: Progress | undefined,
  seen: JobSpan | undefined,
): Promise<unknown> {
  const outer = around?.signal
  return new Promise((resolve, reject) => {
    inFlight++
    let settled = false
    let entered = false
    /** The native engine has it, and will report. */
    let taken = false
    const wait = around?.waitFor('kernel', kernel.name, () => ({
      state: entered ? 'running' : 'queued',
      fraction: reached || undefined,
    }))
    let leave: (() => void) | undefined
    // Until it has begun.
    let stop: () => void = () => sink.stopped()
    let thrown: { error: unknown } | undefined
    let reached = 0
    const settle = () => {
      settled = true
      inFlight--
      if (taken) seen?.reported(native!.report())
      wait?.end()
      unlisten?.()
      leave?.()
    }
    const report = (fraction: number) => {
      if (thrown !== undefined || !(fraction > reached)) return
      reached = fraction
      seen?.progress(fraction)
      try {
        onProgress?.(fraction)
      } catch (error) {
        thrown = { error }
        stop()
      }
    }
    let aborted: AbortSignal | undefined
    const unlisten = onAbortOf(signal, outer, (first) => {
      aborted = first
      seen?.cancelled(first.reason)
      stop()
    })
    const fail = (error: unknown) => {
      seen?.failed(error)
      reject(error)
    }
    const sink: Sink = {
      // The last fraction is kept for the end: 1 means that the result is there.
      progress:
        onProgress === undefined && seen?.told !== true ? undefined : (fraction) => report(Math.min(fraction, 0.999)),
      started: seen === undefined ? undefined : (atMs) => seen.started(atMs),
      resolve(outputs: Outputs) {
        settle()
        aborted ??= abortedOf(signal, outer)
        if (aborted !== undefined) {
          seen?.cancelled(aborted.reason)
          return fail(aborted.reason)
        }
        let result: unknown
        try {
          result = call.finish(outputs)
        } catch (error) {
          return fail(error)
        }
        report(1)
        if (thrown !== undefined) return fail(thrown.error)
        seen?.fulfilled(result)
        resolve(result)
      },
      stopped() {
        settle()
        fail(thrown !== undefined ? thrown.error : aborted?.reason)
      },
      reject(error: unknown) {
        settle()
        fail(error)
      },
    }
    const begin = () => {
      entered = true
      try {
        stop =
          native === undefined
            ? startLater(kernel, call, rank, sink)
            : native.start(kernel, call, numbered(planAsync(call.work, threads, rank, seen !== undefined), seen), sink)
        taken = native !== undefined
      } catch (error) {
        sink.reject(error)
      }
    }
    if (around?.room === undefined) return begin()
    leave = around.room.take(native === undefined ? 1 : threads, begin)
    if (settled) leave()
  })
}

export function runSync(kernel: Definition, known: Known, args: readonly unknown[]): unknown {
  const options = args[kernel.arity] === undefined ? undefined : readOptions(args[kernel.arity], known)
  if (options === undefined) {
    const call = kernel.check(args, NO_OPTIONS)
    if (jobs.watched) return watchSync(kernel, call, 0, 0, undefined, undefined)
    return call.finish(computeAround(kernel, call, 0, 0, undefined, undefined, undefined))
  }
  const threads = readThreads(options.threads)
  const timeout = readTimeout(options.timeout)
  const onProgress = readProgress(options.onProgress)
  const priority = readPriority(options.priority)
  const call = kernel.check(args, options)
  if (jobs.watched) return watchSync(kernel, call, threads, timeout, priority, onProgress)
  return finishSync(kernel, call, threads, timeout, priority, onProgress, undefined)
}

function seenSync(kernel: Definition, call: Call, threads: number, rank: number, around: Around | undefined): JobSpan {
  const engine = nativeSync(kernel, call, threads) === undefined ? 'js' : 'native'
  return new JobSpan(kernel, call, engine, 'sync', PRIORITIES[rank]!, around?.id)
}

function watchSync(
  kernel: Definition,
  call: Call,
  threads: number,
  timeout: number,
  priority: Priority | undefined,
  onProgress: Progress | undefined,
): unknown {
  const around = ambient.get?.()
  const most = fewer(threads, around?.threads ?? 0)
  const seen = seenSync(kernel, call, most, rankOf(priority ?? around?.priority), around)
  return seen.around(() => finishSync(kernel, call, threads, timeout, priority, onProgress, seen))
}

function finishSync(
  kernel: Definition,
  call: Call,
  threads: number,
  timeout: number,
  priority: Priority | undefined,
  onProgress: Progress | undefined,
  seen: JobSpan | undefined,
): unknown {
  if (onProgress === undefined) {
    return call.finish(computeAround(kernel, call, threads, timeout, priority, undefined, seen))
  }
  let thrown: { error: unknown } | undefined
  let reached = 0
  const progress = (fraction: number) => {
    if (fraction > reached && fraction < 1) {
      reached = fraction
      seen?.progress(fraction)
      try {
        onProgress(fraction)
      } catch (error) {
        thrown = { error }
      }
    }
    return thrown !== undefined
  }
  const outputs = computeAround(kernel, call, threads, timeout, priority, progress, seen)
  if (thrown !== undefined) throw thrown.error
  const result = call.finish(outputs)
  onProgress(1)
  return result
}

const NO_OPTIONS: Options = Object.freeze({})

type Blocking = (fraction: number) => boolean

/** Under the scope around it: its cancellation, its deadline if that is nearer, its threads, its priority. */
function computeAround(
  kernel: Definition,
  call: Call,
  threads: number,
  timeout: number,
  priority: Priority | undefined,
  progress: Blocking | undefined,
  seen: JobSpan | undefined,
): Outputs {
  const around = ambient.get?.()
  if (around === undefined) return compute(kernel, call, threads, timeout, rankOf(priority), progress, undefined, seen)
  if (around.signal.aborted) {
    seen?.cancelled(around.signal.reason)
    throw around.signal.reason
  }
  const most = fewer(threads, around.threads)
  const rank = RANK[priority ?? around.priority]
  const { deadline } = around
  if (deadline === Infinity) return compute(kernel, call, most, timeout, rank, progress, undefined, seen)
  const left = deadline - performance.now()
  if (timeout !== 0 && timeout <= left) return compute(kernel, call, most, timeout, rank, progress, undefined, seen)
  return compute(kernel, call, most, Math.max(left, 1e-3), rank, progress, () => around.expire(), seen)
}

/** The native engine, unless the twin is over before a native call. */
function nativeSync(kernel: Definition, call: Call, threads: number): NativeEngine | undefined {
  const native = nativeFor(kernel)
  return call.tiny === true && threads === 0 ? undefined : native
}

function compute(
  kernel: Definition,
  call: Call,
  threads: number,
  timeout: number,
  rank: number,
  progress: Blocking | undefined,
  expire?: () => unknown,
  seen?: JobSpan,
): Outputs {
  const native = nativeSync(kernel, call, threads)
  seen?.started()
  if (native === undefined) return runTwin(kernel, call.values)
  try {
    const plan = planSync(call.work, threads, timeout, rank, seen !== undefined)
    const outputs = native.sync(kernel, call, numbered(plan, seen), progress)
    seen?.reported(native.report())
    return outputs
  } catch (error) {
    if (!(error instanceof TimeoutStatus)) throw error
    seen?.reported(native.report())
    const reason = expire === undefined ? timedOut(`${kernel.name}.sync`, timeout) : expire()
    seen?.cancelled(reason)
    throw reason
  }
}

export function runTwinFace(kernel: Definition, known: Known, args: readonly unknown[]): unknown {
  const call = kernel.check(args, readOptions(args[kernel.arity], known))
  return call.finish(runTwin(kernel, call.values))
}

function guard(buffer: ArrayBufferLike): void {
  // getBuiltinModule: worker_threads takes 3 ms to load, and importing offloop must stay quick.
  if (buffer instanceof ArrayBuffer) process.getBuiltinModule('node:worker_threads').markAsUntransferable(buffer)
}

export function readSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined || isSignal(value)) return value
  throw wrongType('signal', 'an AbortSignal', value)
}

export function readThreads(value: unknown): number {
  return value === undefined ? 0 : readInteger('threads', value, 1, MAX_THREADS)
}

function readProgress(value: unknown): Progress | undefined {
  if (value === undefined || typeof value === 'function') return value as Progress | undefined
  throw wrongType('onProgress', 'a function', value)
}

function readTimeout(value: unknown): number {
  if (value === undefined) return 0
  if (typeof value !== 'number') throw wrongType('timeout', 'a number of milliseconds', value)
  if (!(value > 0)) throw wrongValue('timeout', 'more than 0 milliseconds', value)
  return value === Infinity ? 0 : value
}
