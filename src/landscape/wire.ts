/** What a task's call looks like on its way to a worker and back. */
import { DefaultDeserializer, deserialize, serialize } from 'node:v8'
import type { MessagePort } from 'node:worker_threads'
import { coded, describe } from '../base/errors.js'
import type { Priority } from '../core/priority.js'
import type { Began } from './channels.js'
import { errorOf, type Failure } from './failure.js'

/** Where a worker lives. */
export type Place = 'thread' | 'process'

/** What may be moved with a call: ArrayBuffers, ports, streams; what postMessage takes. */
export type Movable = NonNullable<Parameters<MessagePort['postMessage']>[1]>[number]

/** A function as source text (one expression) with the file that its own imports start from; or a module's export. */
export type Code =
  | { readonly source: string; readonly base: string | undefined }
  | { readonly url: string; readonly exportName: string }

/** What a call takes along of the scope that it is made in. */
export interface Inherited {
  /** Milliseconds left until the deadline; Infinity without one. */
  readonly remaining: number
  /** At most so many native threads; 0: no limit. */
  readonly threads: number
  readonly priority: Priority
}

export interface Request {
  readonly id: number
  readonly on: Place
  /** The task's name, for errors and stacks. */
  readonly label: string
  readonly code: Code
  /** All arguments, constants first: as they are for threads, in bytes for processes. */
  readonly args: readonly unknown[] | Uint8Array
  /** Where among the arguments the context goes. */
  readonly contextAt?: number
  /** The function is a generator whose values are sent one by one. */
  readonly stream?: true
  readonly ambient?: Inherited
  /** Somebody asks who runs it, and since when. */
  readonly report?: true
  /** Its seat in the budget of cores (threads only). */
  readonly seat?: number
  /** There is a way to speak while it runs; line.ts. */
  readonly line?: true
  readonly port?: MessagePort
  /** One word that both threads see: WAITING, STARTED, ABORTED, KILLED or DONE. */
  readonly flag?: Int32Array
}

/**
 * The states of a call on a thread, by which its two sides agree: a call is WAITING, then STARTED, unless it is ABORTED
 * first; a running one may be ABORTED, too. From any of them it becomes either DONE, by the worker, which then answers,
 * or KILLED, by the caller, and then the worker never answers.
 */
export const WAITING = 0
export const STARTED = 1
export const ABORTED = 2
export const KILLED = 3
export const DONE = 4

/** Values of a stream that may be on their way at once. */
export const WINDOW = 16

/** From the caller to a running task. */
export type Down = { readonly abort: Failure } | { readonly credit: number } | { readonly stop: true }

/** From a running task to its caller. */
export type Up = { readonly started: true | Began } | { readonly progress: number } | { readonly part: Parcel }

/** A value on its way: as it is, or in bytes. */
export type Parcel = { readonly value: unknown } | { readonly bytes: Uint8Array }

/** How a call ended. `parts` values of a stream were sent before: they come by another way, perhaps later. */
export type Answer =
  | { readonly result: Parcel; readonly parts?: number; readonly began?: Began }
  | { readonly failure: Failure; readonly parts?: number; readonly began?: Began }
  | { readonly dropped: true }

/** The task, as errors call it. */
export interface Named {
  readonly label: string
  readonly on: Place
}

/** The value of an answer; or throws the task's error, whose stack goes on with the caller's. */
export function openAnswer(answer: Answer, named: Named, caller?: string | { readonly stack?: string }): unknown {
  if ('result' in answer) return openParcel(answer.result)
  if ('dropped' in answer) throw coded(Error, 'ERR_OFFLOOP_INTERNAL', `Expected \`${named.label}\` to run once started`)
  // Read here only: a stack is turned into text when it is first read, which takes longer than most tasks' messages.
  throw errorOf(
    answer.failure,
    `${named.label} [task on a ${named.on}]`,
    typeof caller === 'object' ? caller.stack : caller,
  )
}

export function openParcel(parcel: Parcel): unknown {
  return 'bytes' in parcel ? unpack(parcel.bytes) : parcel.value
}

/** A value that certainly travels; throws ERR_OFFLOOP_TASK_CLONE, naming the part that does not. */
export function sealParcel(value: unknown, on: Place, what: string): Parcel {
  if (on === 'process') return { bytes: pack(value, what) }
  requireCloneable(value, what)
  return { value }
}

/** The arguments of a call, ready to travel; throws ERR_OFFLOOP_TASK_CLONE, naming what does not. */
export function sealArguments(
  args: readonly unknown[],
  on: Place,
  nameOf: (index: number) => string,
): readonly unknown[] | Uint8Array {
  if (on === 'process') {
    try {
      return serialize(args)
    } catch (error) {
      throw culpritOf(args, nameOf, serialize, error)
    }
  }
  if (!args.every((value) => isPlain(value, 0))) {
    try {
      structuredClone(args)
    } catch (error) {
      throw culpritOf(args, nameOf, structuredClone, error)
    }
  }
  return args
}

/** Arguments of which some move: they leave the caller now, not when a worker is free. */
export function moveArguments(
  args: readonly unknown[],
  transfer: readonly Movable[],
  nameOf: (index: number) => string,
): { readonly args: readonly unknown[]; readonly transfer: readonly Movable[] } {
  try {
    return structuredClone({ args, transfer }, { transfer: transfer as unknown as ArrayBuffer[] })
  } catch (error) {
    const still = args.map((value) => ((transfer as readonly unknown[]).includes(value) ? undefined : value))
    throw culpritOf(still, nameOf, structuredClone, error)
  }
}

function pack(value: unknown, what: string): Uint8Array {
  try {
    return serialize(value)
  } catch (error) {
    throw unclonable(value, what, serialize, error)
  }
}

class Unpacker extends DefaultDeserializer {
  // The default makes views into the whole message, which would stay as long as any of them.
  _readHostObject(): unknown {
    const parent = DefaultDeserializer.prototype as unknown as { _readHostObject(this: Unpacker): ArrayBufferView }
    const view = parent._readHostObject.call(this)
    return 'slice' in view && !Buffer.isBuffer(view) ? (view as Uint8Array).slice() : view
  }
}

export function unpack(bytes: Uint8Array): unknown {
  if (bytes.byteLength < 4096) return deserialize(bytes)
  const unpacker = new Unpacker(bytes)
  unpacker.readHeader()
  return unpacker.readValue()
}

function requireCloneable(value: unknown, what: string): void {
  if (isPlain(value, 0)) return
  try {
    structuredClone(value)
  } catch (error) {
    throw unclonable(value, what, structuredClone, error)
  }
}

const DEEP = 8
const MANY = 1000

/** Certainly cloneable, as far as a quick look can tell: saves a trial copy of what most calls take and give. */
function isPlain(value: unknown, depth: number): boolean {
  if (typeof value !== 'object') return typeof value !== 'function' && typeof value !== 'symbol'
  if (value === null || ArrayBuffer.isView(value)) return true
  if (depth > DEEP) return false
  const prototype = Object.getPrototypeOf(value)
  if (prototype === Array.prototype) {
    const list = value as unknown[]
    return list.length <= MANY && list.every((item) => isPlain(item, depth + 1))
  }
  if (prototype === Object.prototype || prototype === null) {
    // Getters run once here and once more when it is cloned; what they throw is found here.
    const parts = Object.values(value)
    return parts.length <= MANY && parts.every((item) => isPlain(item, depth + 1))
  }
  return (
    prototype === ArrayBuffer.prototype || prototype === SharedArrayBuffer.prototype || prototype === Date.prototype
  )
}

function culpritOf(
  args: readonly unknown[],
  nameOf: (index: number) => string,
  clone: (value: unknown) => unknown,
  error: unknown,
): Error {
  const at = args.findIndex((value) => refuses(value, clone))
  return at < 0 ? unclonable(args, 'the arguments', () => {}, error) : unclonable(args[at], nameOf(at), clone, error)
}

function refuses(value: unknown, clone: (value: unknown) => unknown): boolean {
  try {
    clone(value)
    return false
  } catch {
    return true
  }
}

/** Names the innermost part that cannot travel: `options.callback`, `rows[3]`. */
function unclonable(value: unknown, what: string, clone: (value: unknown) => unknown, cause: unknown): Error {
  let [part, path] = [value, what]
  for (let depth = 0; depth < DEEP; depth++) {
    if (typeof part !== 'object' || part === null || ArrayBuffer.isView(part)) break
    const inner = Object.entries(part).find(([, item]) => refuses(item, clone))
    if (inner === undefined) break
    path += Array.isArray(part) ? `[${inner[0]}]` : `.${inner[0]}`
    part = inner[1]
  }
  const shown = typeof part === 'symbol' ? 'a symbol' : describe(part)
  return coded(
    TypeError,
    'ERR_OFFLOOP_TASK_CLONE',
    `Expected a value that can be copied to another thread or process for \`${path}\` but received ${shown}`,
    cause,
  )
}
