/** The three faces of every kernel: check, plan, start, settle. */
import { abortedOf, isSignal, onAbortOf } from '../base/abort.js'
import { timedOut, wrongType, wrongValue } from '../base/errors.js'
import { nativeFor } from '../engine/choose.js'
import { startLater } from '../engine/js-start.js'
import { TimeoutStatus } from '../engine/native.js'
import { runTwin } from '../engine/twin.js'
import type { Call, Outputs, Sink } from '../engine/values.js'
import { type Around, ambient, fewer } from './ambient.js'
import { type Options, readInteger, readOptions, refuseResizable } from './arguments.js'
import type { Definition } from './define.js'
import { INLINE_NS, planAsync, planSync } from './plan.js'
import { type Priority, RANK, readPriority } from './priority.js'
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
    if (signal?.aborted) return Promise.reject(signal.reason)
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
  if (around.signal.aborted) return Promise.reject(around.signal.reason)
  const rank = RANK[priority ?? around.priority]
  return start(kernel, call, fewer(threads, around.threads), rank, signal, around, onProgress)
}

function rankOf(priority: Priority | undefined): number {
  return priority === undefined ? 1 : RANK[priority]
}

/** A checked call, blocking. A scope's deadline does not cut it: it may be one of several that make a whole. */
export function runCallSync(kernel: Definition, call: Call): unknown {
  const around = ambient.get?.()
  return call.finish(compute(kernel, call, around?.threads ?? 0, 0, rankOf(around?.priority), undefined))
}

/** Calls of this thread that run or wait. */
let inFlight = 0

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
  if (call.work < INLINE_NS) {
    const outputs =
      native === undefined
        ? runTwin(kernel, call.values)
        : native.sync(kernel, call, planAsync(call.work, threads, rank, false), undefined)
    // Before anything of the caller's runs: scalar results are in memory that the next call uses again.
    const result = call.finish(outputs)
    onProgress?.(1)
    return Promise.resolve(result)
  }
  refuseMore('asynchronous calls', inFlight)
  const outer = around?.signal
  const room = around?.room
  return new Promise((resolve, reject) => {
    inFlight++
    let settled = false
    let leave: (() => void) | undefined
    // Until it has begun.
    let stop: () => void = () => sink.stopped()
    let thrown: { error: unknown } | undefined
    let reached = 0
    const settle = () => {
      settled = true
      inFlight--
      unlisten?.()
      leave?.()
    }
    const report = (fraction: number) => {
      if (thrown !== undefined || !(fraction > reached)) return
      reached = fraction
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
      stop()
    })
    const sink: Sink = {
      // The last fraction is kept for the end: 1 means that the result is there.
      progress: onProgress === undefined ? undefined : (fraction) => report(Math.min(fraction, 0.999)),
      resolve(outputs: Outputs) {
        settle()
        aborted ??= abortedOf(signal, outer)
        if (aborted !== undefined) return reject(aborted.reason)
        let result: unknown
        try {
          result = call.finish(outputs)
        } catch (error) {
          return reject(error)
        }
        report(1)
        if (thrown !== undefined) reject(thrown.error)
        else resolve(result)
      },
      stopped() {
        settle()
        reject(thrown !== undefined ? thrown.error : aborted?.reason)
      },
      reject(error: unknown) {
        settle()
        reject(error)
      },
    }
    const begin = () => {
      try {
        stop =
          native === undefined
            ? startLater(kernel, call, rank, sink)
            : native.start(kernel, call, planAsync(call.work, threads, rank, false), sink)
      } catch (error) {
        sink.reject(error)
      }
    }
    if (room === undefined) return begin()
    leave = room.take(native === undefined ? 1 : threads, begin)
    if (settled) leave()
  })
}

export function runSync(kernel: Definition, known: Known, args: readonly unknown[]): unknown {
  const options = args[kernel.arity] === undefined ? undefined : readOptions(args[kernel.arity], known)
  if (options === undefined) {
    const call = kernel.check(args, NO_OPTIONS)
    return call.finish(computeAround(kernel, call, 0, 0, undefined, undefined))
  }
  const threads = readThreads(options.threads)
  const timeout = readTimeout(options.timeout)
  const onProgress = readProgress(options.onProgress)
  const priority = readPriority(options.priority)
  const call = kernel.check(args, options)
  if (onProgress === undefined) return call.finish(computeAround(kernel, call, threads, timeout, priority, undefined))
  let thrown: { error: unknown } | undefined
  let reached = 0
  const outputs = computeAround(kernel, call, threads, timeout, priority, (fraction) => {
    if (fraction > reached && fraction < 1) {
      reached = fraction
      try {
        onProgress(fraction)
      } catch (error) {
        thrown = { error }
      }
    }
    return thrown !== undefined
  })
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
): Outputs {
  const around = ambient.get?.()
  if (around === undefined) return compute(kernel, call, threads, timeout, rankOf(priority), progress)
  if (around.signal.aborted) throw around.signal.reason
  const most = fewer(threads, around.threads)
  const rank = RANK[priority ?? around.priority]
  const { deadline } = around
  if (deadline === Infinity) return compute(kernel, call, most, timeout, rank, progress)
  const left = deadline - performance.now()
  if (timeout !== 0 && timeout <= left) return compute(kernel, call, most, timeout, rank, progress)
  return compute(kernel, call, most, Math.max(left, 1e-3), rank, progress, () => around.expire())
}

function compute(
  kernel: Definition,
  call: Call,
  threads: number,
  timeout: number,
  rank: number,
  progress: Blocking | undefined,
  expire?: () => unknown,
): Outputs {
  const native = nativeFor(kernel)
  if (native === undefined || (call.tiny === true && threads === 0)) return runTwin(kernel, call.values)
  try {
    return native.sync(kernel, call, planSync(call.work, threads, timeout, rank, false), progress)
  } catch (error) {
    if (error instanceof TimeoutStatus) throw expire === undefined ? timedOut(`${kernel.name}.sync`, timeout) : expire()
    throw error
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
