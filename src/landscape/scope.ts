/** Scopes, as users call them: nothing that starts inside outlives its block. Trio's rules, in promises. */
import { setImmediate } from 'node:timers'
import { wrongType, wrongValue } from '../base/errors.js'
import { type Ambient, ambient } from '../core/ambient.js'
import { readOptions } from '../core/arguments.js'
import { readPriority } from '../core/priority.js'
import { readSignal, readThreads } from '../core/run.js'
import { Block, readName } from './block.js'
import { clock } from './clock.js'
import { around, current, enter, leave, within } from './context.js'
import { CancelNode, type Kind } from './node.js'
import type { Moved, OpenScope, Scope, ScopeOptions } from './types.js'

export type { Ambient } from '../core/ambient.js'
export { Cancelled } from './cancelled.js'
export type { Handle, Moved, OpenScope, Scope, ScopeOptions, SpawnOptions } from './types.js'

const OPTIONS: ReadonlySet<string> = new Set(['timeout', 'signal', 'threads', 'priority', 'name'])
const OPTIONS_OF_MOVE: ReadonlySet<string> = new Set(['signal', 'threads', 'priority', 'name'])

/**
 * Runs `body` and all that it spawns; settles only when all of them have ended.
 *
 * The first failure cancels the rest. Cancellation, deadline and thread limit hold for everything called inside,
 * kernels and tasks included, without passing a signal on: a kernel in a cancelled scope rejects and its threads stop,
 * and `.sync` obeys the deadline. An error counts as cancellation, not as failure, if it is the reason of a scope
 * around it or has it as `cause`, as those of `fetch` and of Node's timers do.
 *
 * @param body - gets the scope, whose `spawn` starts children
 * @param options - `timeout` in milliseconds, `signal`, `threads`, `priority`, `name`
 * @returns what `body` returns
 * @throws the failure; an AggregateError (ERR_OFFLOOP_SCOPE_FAILED) of several, the first one first; Cancelled
 *   (ERR_OFFLOOP_CANCELLED) or a TimeoutError (ERR_OFFLOOP_TIMEOUT) if a cancellation cut something off; TypeError or
 *   RangeError (ERR_OFFLOOP_ARG_…, ERR_OFFLOOP_OPTION) for bad arguments
 * @example
 * const [total, page] = await scope(async ({ spawn }) => {
 *   const total = spawn(() => sum(prices))
 *   const page = spawn((signal) => fetch(url, { signal }))
 *   return [await total, await page]
 * }, { timeout: 500 })
 * @see https://trio.readthedocs.io/en/stable/reference-core.html#nurseries-and-spawning
 */
export async function scope<T>(body: (s: Scope) => T, options?: ScopeOptions): Promise<Awaited<T>> {
  const block = open('scope', body, options)
  return (await block.ended) as Awaited<T>
}

/** A scope of the package's own: what it is called goes into messages, its kind into the tree. */
export async function scopeOf<T>(
  kind: 'map' | 'reduce',
  body: (s: Scope) => T,
  signal: AbortSignal | undefined,
): Promise<Awaited<T>> {
  const block = open(kind, body, { name: kind, signal })
  return (await block.ended) as Awaited<T>
}

/**
 * A scope to open and close by hand, for `await using` or a class that starts work in one method and ends it in
 * another. It holds for what its `run(fn)` and `spawn(fn)` call, not for the code after it. `close()` waits for the
 * children without cancelling them; call `cancel()` first to stop them.
 *
 * @param options - as for `scope`
 * @throws TypeError or RangeError (ERR_OFFLOOP_ARG_…, ERR_OFFLOOP_OPTION) for bad options
 * @example
 * await using s = openScope({ timeout: 1000 })
 * s.spawn(() => sum(a))
 * const total = await s.run(() => sum(b))
 */
export function openScope(options?: ScopeOptions): OpenScope {
  const { name, signal, ...place } = readScope(options, OPTIONS)
  const block = new Block('scope', name, place, true)
  block.node.seen?.run(() => {})
  if (signal !== undefined) block.node.obey(signal)
  let closing = false
  const close = async (): Promise<void> => {
    if (!closing) {
      closing = true
      block.node.standing = false
      block.release()
    }
    await block.ended
  }
  const run = async <T>(fn: () => T): Promise<Awaited<T>> => {
    readBody('fn', fn)
    block.refuseClosed('run')
    return await block.runFor(fn)
  }
  return {
    get signal() {
      return block.signal
    },
    name,
    spawn: block.spawn,
    cancel: block.cancel,
    run,
    close,
    [Symbol.asyncDispose]: close,
  }
}

/**
 * Gives `body` so many milliseconds, and moves on without an error when they are over and it has ended.
 *
 * @param ms - 0 or more; Infinity for no limit
 * @param body - gets the scope
 * @returns `{ cancelled: false, value }`, or `{ cancelled: true, reason }` if the time or the scope's own `cancel()` cut
 *   it off
 * @throws as `scope` does; cancellation from outside passes through
 * @example
 * const best = await moveOnAfter(50, () => topK(query, corpus, { k: 10, metric: 'cosine' }))
 * if (best.cancelled) console.log('no answer in time')
 */
export async function moveOnAfter<T>(
  ms: number,
  body: (s: Scope) => T,
  options?: Omit<ScopeOptions, 'timeout'>,
): Promise<Moved<Awaited<T>>> {
  const timeout = readMs('ms', ms)
  const block = open('scope', body, { ...readOptions(options, OPTIONS_OF_MOVE), timeout })
  try {
    return { cancelled: false, value: (await block.ended) as Awaited<T> }
  } catch (error) {
    const { means, reason } = block.node
    if (error !== reason || (means !== 'deadline' && means !== 'cancel')) throw error
    return { cancelled: true, reason }
  }
}

/**
 * Gives `body` so many milliseconds: `scope(body, { timeout: ms })`.
 *
 * @param ms - 0 or more; Infinity for no limit
 * @param body - gets the scope
 * @returns what `body` returns
 * @throws a TimeoutError (ERR_OFFLOOP_TIMEOUT) if the time cut it off; as `scope` does
 * @example
 * const total = await failAfter(100, () => sum(prices))
 */
export async function failAfter<T>(
  ms: number,
  body: (s: Scope) => T,
  options?: Omit<ScopeOptions, 'timeout'>,
): Promise<Awaited<T>> {
  const timeout = readMs('ms', ms)
  const block = open('scope', body, { ...readOptions(options, OPTIONS_OF_MOVE), timeout })
  return (await block.ended) as Awaited<T>
}

/**
 * Holds cancellation and deadlines from outside back until `body` has ended: for what must be finished, as a cleanup.
 * Scopes and deadlines inside work as always, so give it one.
 *
 * @param body - gets the scope
 * @param options - as for `scope`
 * @returns what `body` returns
 * @throws as `scope` does
 * @example
 * try {
 *   await serve(connection)
 * } finally {
 *   await shield(() => moveOnAfter(500, () => connection.sayGoodbye()))
 * }
 */
export async function shield<T>(body: (s: Scope) => T, options?: ScopeOptions): Promise<Awaited<T>> {
  const block = open('shield', body, options)
  return (await block.ended) as Awaited<T>
}

/**
 * Gives the event loop a turn, and rejects if the scope around is cancelled or its deadline has passed: for long loops
 * that await nothing else.
 *
 * @throws the reason of the scope: Cancelled or a TimeoutError
 * @example
 * for (const row of rows) {
 *   await checkpoint()
 *   work(row)
 * }
 */
export async function checkpoint(): Promise<void> {
  const wait = current()?.waitFor('checkpoint', undefined)
  await new Promise<void>((resolve) => setImmediate(resolve))
  wait?.end()
  const node = around()
  if (node?.means !== undefined) throw node.reason
}

/** What the code here inherits, if a scope is open around it: what a call on another thread passes on. */
export function currentAmbient(): Ambient | undefined {
  return ambient.get?.()
}

/**
 * Runs `fn` in a scope that stands for a distant one, in another thread or process: cancelled with its very reason,
 * with its deadline and threads. The scope ends when `fn` has, or the promise that it returned. `task`: which one runs
 * in it.
 */
export function inherit<T>(from: Ambient, fn: () => T, task?: string): T {
  const { signal, deadline, threads, priority } = from
  const id = current()?.id ?? 0
  enter()
  const timeout = deadline === Infinity || signal.aborted ? Infinity : Math.max(0, deadline - clock.now())
  const place = { parent: undefined, kind: 'task', name: task, title: 'scope', timeout, threads, priority, id } as const
  const node = new CancelNode(place)
  node.standFor(signal)
  const end = () => {
    node.close()
    leave()
  }
  let later = false
  try {
    return within(node, () => {
      const result = fn()
      later = typeof (result as PromiseLike<unknown> | undefined)?.then === 'function'
      return later ? (Promise.resolve(result).finally(end) as T) : result
    })
  } finally {
    if (!later) end()
  }
}

/** Checks what a caller gave, and starts. */
function open(kind: Kind, body: unknown, options: unknown): Block {
  const fn = readBody('body', body)
  const { name, signal, ...place } = readScope(options, OPTIONS)
  const block = new Block(kind, name, place, false)
  if (signal !== undefined) block.node.obey(signal)
  block.run(() => fn(block))
  return block
}

function readScope(
  value: unknown,
  known: ReadonlySet<string>,
): Required<Pick<ScopeOptions, 'name' | 'signal' | 'priority'>> & { timeout: number; threads: number } {
  const options = readOptions(value, known)
  return {
    name: readName(options.name),
    timeout: options.timeout === undefined ? Infinity : readMs('timeout', options.timeout),
    signal: readSignal(options.signal),
    threads: readThreads(options.threads),
    priority: readPriority(options.priority),
  }
}

function readBody(name: string, value: unknown): (block: Block) => unknown {
  if (typeof value !== 'function') throw wrongType(name, 'a function', value)
  return value as (block: Block) => unknown
}

function readMs(name: string, value: unknown): number {
  if (typeof value !== 'number') throw wrongType(name, 'a number of milliseconds', value)
  if (!(value >= 0)) throw wrongValue(name, '0 milliseconds or more', value)
  return value
}
