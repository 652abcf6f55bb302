/** task(): any JavaScript function behind the three faces, on the loop, on a thread or in a process. */
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { wrongType, wrongValue } from '../base/errors.js'
import { ambient } from '../core/ambient.js'
import { readBoolean, readChoice, readFinite, readOptions } from '../core/arguments.js'
import { type Priority, readPriority } from '../core/priority.js'
import { readSignal } from '../core/run.js'
import { type Always, type Ask, Call, countTasks, inheritedFrom, requestOf } from './call.js'
import { type Began, TaskSpan, tasks } from './channels.js'
import { type Any, exported } from './code.js'
import { runOnLoop, runSyncHere, streamOnLoop } from './loop.js'
import { currentAmbient } from './scope.js'
import { shipFunction } from './source.js'
import { Stream } from './stream.js'
import { deadlock, runSync } from './sync.js'
import { ended, tally } from './tally.js'
import { contextOf, type TaskContext } from './task-context.js'
import type { CallOptions, TaskDescription, TaskFactory, TaskOptions } from './task-types.js'
import type { Code, Movable, Place } from './wire.js'

const PLACES = ['loop', 'thread', 'process'] as const
const TASK_OPTIONS: ReadonlySet<string> = new Set(['on', 'name', 'cpuBound', 'priority', 'grace', 'stream'])
const CALL_OPTIONS: ReadonlySet<string> = new Set(['signal', 'transfer', 'timeout', 'priority', 'onProgress'])
const GRACE_MS = 200
/** Node's timers take no longer ones. */
const LONGEST_MS = 2 ** 31 - 1
const NEVER = new AbortController().signal

const DEFINITION: unique symbol = Symbol.for('offloop.task')

/** What runs: a function of the caller's, or a module's export. */
type Work =
  | { readonly fn: Any; readonly base: string | undefined }
  | { readonly url: string; readonly exportName: string }

interface Definition extends TaskDescription {
  readonly work: Work
  readonly constants: object | undefined
  readonly contextual: boolean
  readonly grace: number
  /** Its function gives a promise, so that nobody can wait for it on this thread. */
  readonly waits: boolean
  /** Known from the first call on. */
  code?: Code
}

interface Given {
  readonly signal: AbortSignal | undefined
  readonly transfer: readonly Movable[]
  readonly timeout: number
  readonly priority: Priority | undefined
  readonly onProgress: ((fraction: number) => void) | undefined
}

const NOTHING: Given = {
  signal: undefined,
  transfer: [],
  timeout: Infinity,
  priority: undefined,
  onProgress: undefined,
}

/**
 * Makes a task of a function: `await f(x)` runs it where it belongs, `f.sync(x)` waits for it, `f.js(x)` runs it here
 * and now. async functions stay on the event loop, where they may use what surrounds them; plain functions and
 * generators run on a thread, `cpuBound` ones in a process. There a function is a copy of its source: it may use its
 * parameters, globals and `import()`. What else it needs comes as constants, its first parameter, or it lives in a
 * module, named by URL and export, which has no such limit.
 *
 * Arguments and results are cloned as postMessage does; TypedArrays on SharedArrayBuffers are shared with threads
 * (processes get a copy), `.with({ transfer })` moves. A generator streams: `for await (const part of f(x))`, at most
 * 16 values ahead of the loop's body.
 *
 * An abort (`.with({ signal })`, `timeout`, or the scope around) drops a call that has not begun. A running one sees
 * its signal and has `grace` milliseconds to end; then its worker is replaced. Errors come back with class, message,
 * cause and a stack of both sides.
 *
 * @param fn - the function; after `constants`, a plain object that it gets as its first parameter
 * @param options - `on: 'loop' | 'thread' | 'process'`, `name`, `cpuBound`, `priority`, `grace` in milliseconds (200), `stream`
 * @throws TypeError or RangeError (ERR_OFFLOOP_ARG_…, ERR_OFFLOOP_OPTION) for bad arguments. A call rejects with
 *   TypeError ERR_OFFLOOP_TASK_SOURCE (outer variables, each named), TypeError ERR_OFFLOOP_TASK_CLONE (an argument, a
 *   result or a value that cannot be copied, named), Error ERR_OFFLOOP_TASK_WORKER (its worker died: how), a
 *   TimeoutError ERR_OFFLOOP_TIMEOUT, the signal's reason, or what the function threw; `.sync` throws
 *   ERR_OFFLOOP_DEADLOCK where it would wait for ever
 * @example
 * const primes = task((n) => {
 *   let count = 0
 *   for (let i = 2; i < n; i++) {
 *     let prime = true
 *     for (let d = 2; d * d <= i; d++) if (i % d === 0) { prime = false; break }
 *     if (prime) count++
 *   }
 *   return count
 * })
 * const [a, b] = await Promise.all([primes(1e6), primes(2e6)])
 * const resize = task(new URL('./images.js', import.meta.url), 'resize', { on: 'process' })
 */
export const task: TaskFactory = /* @__PURE__ */ Object.assign((...args: unknown[]) => define(args, false, task), {
  withContext: (...args: unknown[]) => define(args, true, task.withContext),
}) as unknown as TaskFactory

/** What a task is; undefined for anything else. */
export function taskOf(value: unknown): TaskDescription | undefined {
  return typeof value === 'function' ? (value as unknown as { [DEFINITION]?: Definition })[DEFINITION] : undefined
}

function define(args: readonly unknown[], contextual: boolean, below: object): unknown {
  const [first, second] = args
  if (typeof first === 'string' || first instanceof URL) {
    const url = readUrl(first)
    if (typeof second !== 'string') throw wrongType('exportName', 'the name of an export', second)
    const { on = 'thread', name = second, stream = false, grace, priority } = readTaskOptions(args[2])
    const work = { url, exportName: second }
    const definition = { work, name, on, stream, contextual, grace, constants: undefined, waits: true }
    return faceOf(definition, { ...NOTHING, priority })
  }
  const constants = typeof first === 'function' ? undefined : readConstants(first)
  const [fn, given] = constants === undefined ? [first, second] : [second, args[2]]
  if (typeof fn !== 'function') throw wrongType('fn', 'a function', fn)
  const kind = Object.prototype.toString.call(fn)
  const waits = kind === '[object AsyncFunction]' || kind === '[object AsyncGeneratorFunction]'
  const options = readTaskOptions(given)
  const { on = waits ? 'loop' : 'thread', name = fn.name === '' ? 'task' : fn.name, grace } = options
  const stream = kind.endsWith('GeneratorFunction]')
  if (options.stream === true && !stream) throw wrongType('fn', 'a generator function', fn)
  const work: Work = { fn: fn as Any, base: on === 'loop' ? undefined : callerFile(below) }
  const definition = { work, name, on, stream, contextual, grace, constants, waits }
  return faceOf(definition, { ...NOTHING, priority: options.priority })
}

function faceOf(definition: Definition, given: Given): unknown {
  const { name, on, stream } = definition
  const always = on === 'loop' ? undefined : alwaysOf(definition, given, on)
  const face = (...args: unknown[]): unknown => {
    if (always === undefined) return onLoop(definition, given, args)
    const site = {}
    Error.captureStackTrace(site, face)
    if (stream) return new Stream((onPart) => new Call(askOf(definition, always, args, site, onPart)))
    try {
      return new Call(askOf(definition, always, args, site)).promise
    } catch (error) {
      return Promise.reject(error)
    }
  }
  Object.defineProperty(face, 'name', { value: name })
  return Object.assign(face, {
    [DEFINITION]: definition,
    js: (...args: unknown[]) => here(definition, given, args),
    with: (options: unknown) => faceOf(definition, readCallOptions(options, given)),
    ...(stream ? {} : { sync: (...args: unknown[]) => sync(definition, given, args) }),
  })
}

/** What is the same for all calls. */
function alwaysOf(definition: Definition, given: Given, on: Place): Always {
  const { name: label, constants, contextual, grace } = definition
  const before = constants === undefined ? 0 : 1
  return {
    ...given,
    on,
    label,
    grace,
    contextAt: contextual ? before : undefined,
    nameOf: (index) => (index < before ? 'constants' : `arguments[${index - before}]`),
  }
}

function askOf(
  definition: Definition,
  always: Always,
  args: readonly unknown[],
  site: object,
  onPart?: (value: unknown) => void,
): Ask {
  const { constants } = definition
  return {
    always,
    site,
    code: codeOf(definition),
    args: constants === undefined ? args : [constants, ...args],
    onPart,
  }
}

function codeOf(definition: Definition): Code {
  const { work, constants } = definition
  if (!('fn' in work)) return work
  definition.code ??= {
    source: shipFunction(work.fn, constants as Readonly<Record<string, unknown>> | undefined).source,
    base: work.base,
  }
  return definition.code
}

function onLoop(definition: Definition, given: Given, args: readonly unknown[]): unknown {
  const invoke = (context: TaskContext) => functionOf(definition)(...argumentsOf(definition, context, args))
  const call = { ...given, label: definition.name, invoke }
  return definition.stream ? streamOnLoop(call) : runOnLoop(call)
}

function sync(definition: Definition, given: Given, args: readonly unknown[]): unknown {
  const { name, on } = definition
  if (on === 'loop') {
    if (!definition.waits)
      return runSyncHere({ label: name, priority: given.priority }, () => here(definition, given, args))
    throw deadlock(name)
  }
  const site: { stack?: string } = {}
  Error.captureStackTrace(site, sync)
  const { request, transfer } = requestOf(
    askOf(definition, alwaysOf(definition, given, on), args, site),
    inheritedFrom(currentAmbient(), given.priority),
  )
  const timeout = given.timeout === Infinity ? undefined : given.timeout
  const options = { timeout, signal: given.signal, stack: site.stack }
  if (!tasks.watched) return counted(on, (watch) => runSync({ request, transfer }, options, watch))
  const around = ambient.get?.()
  const seen = new TaskSpan({ id: request.id, name, on }, 'sync', given.priority ?? around?.priority, around?.id)
  const asking = { ...request, report: true as const }
  return seen.around(() => counted(on, (watch) => runSync({ request: asking, transfer }, options, watch), seen))
}

/** For stats(). */
function counted(
  on: Place,
  run: (watch: Pick<TaskSpan, 'begun' | 'cancelled'>) => unknown,
  seen?: TaskSpan | undefined,
): unknown {
  let how: 'fulfilled' | 'failed' | 'cancelled' = 'failed'
  const watch = {
    begun: (began: Began) => seen?.begun(began),
    cancelled(reason: unknown) {
      how = 'cancelled'
      seen?.cancelled(reason)
    },
  }
  countTasks()
  tally[on].started++
  try {
    const value = run(watch)
    how = 'fulfilled'
    return value
  } finally {
    ended(tally[on], how)
  }
}

/** The `.js` face: the function itself. */
function here(definition: Definition, { signal, onProgress }: Given, args: readonly unknown[]): unknown {
  const context = contextOf(signal ?? currentAmbient()?.signal ?? NEVER, onProgress, undefined)
  return functionOf(definition)(...argumentsOf(definition, context, args))
}

function functionOf({ work }: Definition): Any {
  if ('fn' in work) return work.fn
  return exported(createRequire(work.url)(fileURLToPath(work.url)), work)
}

function argumentsOf({ constants, contextual }: Definition, context: TaskContext, args: readonly unknown[]): unknown[] {
  return [...(constants === undefined ? [] : [constants]), ...(contextual ? [context] : []), ...args]
}

function readUrl(value: string | URL): string {
  const text = String(value)
  if (!URL.canParse(text)) throw wrongValue('url', 'a URL, as new URL(file, import.meta.url) gives', text)
  const url = new URL(text)
  if (url.protocol !== 'file:') throw wrongValue('url', "a 'file:' URL", text)
  return url.href
}

function readConstants(value: unknown): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)) return value
  throw wrongType('fn', 'a function, constants and a function, or a URL and an export', value)
}

interface ReadOptions {
  readonly on: 'loop' | Place | undefined
  readonly name: string | undefined
  readonly grace: number
  readonly stream: boolean | undefined
  readonly priority: Priority | undefined
}

function readTaskOptions(value: unknown): ReadOptions {
  const { on, name, cpuBound, grace, stream, priority } = readOptions(value, TASK_OPTIONS) as TaskOptions
  if (name !== undefined && typeof name !== 'string') throw wrongType('name', 'a string', name)
  const bound = readBoolean('cpuBound', cpuBound, false)
  const place = on === undefined ? undefined : PLACES[readChoice('on', on, PLACES)]
  return {
    on: place ?? (bound ? 'process' : undefined),
    name,
    grace: grace === undefined ? GRACE_MS : Math.min(readFinite('grace', grace, 0), LONGEST_MS),
    stream: stream === undefined ? undefined : readBoolean('stream', stream, false),
    priority: readPriority(priority),
  }
}

function readCallOptions(value: unknown, given: Given): Given {
  const { signal, transfer, timeout, priority, onProgress } = readOptions(value, CALL_OPTIONS) as CallOptions
  if (transfer !== undefined && !Array.isArray(transfer)) throw wrongType('transfer', 'an array of buffers', transfer)
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw wrongType('onProgress', 'a function', onProgress)
  return {
    signal: readSignal(signal) ?? given.signal,
    transfer: (transfer as readonly Movable[] | undefined) ?? given.transfer,
    timeout: timeout === undefined ? given.timeout : readTimeout(timeout),
    priority: readPriority(priority) ?? given.priority,
    onProgress: onProgress ?? given.onProgress,
  }
}

function readTimeout(value: unknown): number {
  if (typeof value !== 'number') throw wrongType('timeout', 'a number of milliseconds', value)
  if (!(value > 0)) throw wrongValue('timeout', 'more than 0 milliseconds', value)
  return value > LONGEST_MS ? Infinity : value
}

/** The file that calls task(): imports inside a shipped function start from there. */
function callerFile(below: object): string | undefined {
  const { prepareStackTrace } = Error
  const holder: { stack?: unknown } = {}
  Error.prepareStackTrace = (_, sites) => sites[0]?.getFileName()
  try {
    Error.captureStackTrace(holder, below as () => void)
    const file = holder.stack
    if (typeof file !== 'string') return undefined
    return /^(\/|[A-Za-z]:[\\/])/.test(file) ? pathToFileURL(file).href : file.startsWith('file:') ? file : undefined
  } finally {
    Error.prepareStackTrace = prepareStackTrace
  }
}
