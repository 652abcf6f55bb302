/** scopeTree(): the open scopes of this thread, and what each of them waits for, as plain data. */
import type { Priority } from '../core/priority.js'
import { callsInFlight } from '../core/run.js'
import { outstandingTasks } from './call.js'
import { inWords } from './cancelled.js'
import { clock } from './clock.js'
import { type CancelNode, type Kind, type Means, roots } from './node.js'
import { textOf } from './tree-text.js'
import type { WaitKind } from './waits.js'

/** Something that the code of a scope or child waits for. */
export interface ScopeWait {
  /**
   * A `'kernel'`; a `'task'`; a `'child'` whose handle is awaited; a token of a `'limiter'`; the turn of a
   * `'checkpoint'`; the `'source'` or the `'reader'` of a map. Where none of these is known: `'children'`, which are all
   * that is left of it, or among them scopes that its body is in; `'close'`, of an openScope in which nothing runs; else
   * `'code'`, its own: a computation, or something that offloop does not know, as a timer or `fetch`.
   */
  readonly kind: WaitKind | 'children' | 'close' | 'code'
  /** In `performance.now()` milliseconds, as all times here. Of `'code'`: when it last went on, as far as known. */
  readonly since: number
  /** Of the kernel, task or child. */
  readonly name?: string
  /** Where the task runs. */
  readonly on?: 'loop' | 'thread' | 'process'
  /** Of a kernel or task. A kernel that the engine has taken counts as running: threads serve all jobs in turn. */
  readonly state?: 'queued' | 'running'
  /** Of a kernel that has `onProgress`, or a task that tells: from 0 to 1. */
  readonly fraction?: number
  /** In the limiter's line, from 1. */
  readonly place?: number
  /** How long that line is. */
  readonly waiting?: number
}

/** A scope or child that is open. */
export interface ScopeNode {
  /** `'task'`: what a task's function finds around it, in a worker, or on the loop if the call has options. */
  readonly kind: Kind
  /** As in the events of `offloop:scope`; of a task on the loop, its caller's. 0: none. */
  readonly id: number
  /** Of a child without a name: its number. */
  readonly name?: string
  /** When it opened. */
  readonly since: number
  /** Its own deadline. */
  readonly deadline?: number
  /** Milliseconds until the nearest deadline that holds here, its own or one above; less than 0: the loop is late. */
  readonly left?: number
  /** The limit of threads that holds here. */
  readonly threads?: number
  /** Of the kernels and tasks called here, unless they say another. */
  readonly priority: Priority
  /** It is cancelled and has not ended yet: since when, by what, and the reason's message. */
  readonly cancelled?: { readonly since: number; readonly by: Means; readonly reason: string }
  /** At least one; several if its code has started several things. */
  readonly waits: readonly ScopeWait[]
  /** Oldest first. */
  readonly children: readonly ScopeNode[]
}

/** The open scopes of a thread. As a string: a text for people, of 300 lines at most, 80 columns wide. */
export interface ScopeTree {
  /** When this was so, in `performance.now()` milliseconds of this thread. */
  readonly time: number
  /** Scopes with none around them, oldest first. */
  readonly roots: readonly ScopeNode[]
  /** Asynchronous calls of this thread that no scope waits for; tasks on the loop are not counted. */
  readonly outside: { readonly kernels: number; readonly tasks: number }
  toString(): string
}

type Growing<T> = { -readonly [K in keyof T]: T[K] }

/**
 * What is going on: the open scopes and children of this thread, each with what it waits for and since when. A copy,
 * frozen; printed, by `console.log` or as a string, it is a drawing of the tree. With `OFFLOOP_DEBUG=1` in the
 * environment, `kill -USR2 <pid>` prints it to stderr.
 *
 * @returns the tree; without roots if no scope is open
 * @example
 * setInterval(() => console.log(scopeTree()), 10_000).unref()
 * @example
 * const stuck = scopeTree().roots.filter(({ cancelled }) => cancelled && performance.now() - cancelled.since > 1000)
 */
export function scopeTree(): ScopeTree {
  const time = clock.now()
  const top: ScopeNode[] = []
  const all: Growing<ScopeNode>[] = []
  const inside = { kernels: 0, tasks: 0 }
  // A list instead of a recursion: trees may be deep.
  const open = [...roots].map((node) => ({ node, nearest: Infinity, siblings: top }))
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const { node, siblings } = one
    const nearest = node.shielded ? node.own : Math.min(one.nearest, node.own)
    const children: ScopeNode[] = []
    const found = dataOf(node, nearest - time, children, inside)
    all.push(found)
    siblings.push(found)
    for (const child of node.children) open.push({ node: child, nearest, siblings: children })
  }
  // Taken from the end, the newest came first.
  for (const node of all) {
    Object.freeze((node.children as ScopeNode[]).reverse())
    Object.freeze(node)
  }
  const outside = Object.freeze({
    kernels: callsInFlight() - inside.kernels,
    tasks: outstandingTasks() - inside.tasks,
  })
  return Object.freeze(new Tree(time, Object.freeze(top.reverse()), outside))
}

class Tree implements ScopeTree {
  constructor(
    readonly time: number,
    readonly roots: readonly ScopeNode[],
    readonly outside: ScopeTree['outside'],
  ) {}

  toString(): string {
    return textOf(this)
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return textOf(this)
  }
}

function dataOf(
  node: CancelNode,
  left: number,
  children: readonly ScopeNode[],
  inside: { kernels: number; tasks: number },
): Growing<ScopeNode> {
  const { kind, id, name, since, own, threads, priority, means } = node
  const waits = Object.freeze(waitsOf(node, inside))
  // Field by field: with a spread for each that may be missing, a large tree takes twice as long.
  const data: Growing<ScopeNode> = { kind, id, since, priority, waits, children }
  if (name !== undefined && kind !== 'map' && kind !== 'reduce') data.name = name
  if (own !== Infinity) data.deadline = own
  if (left !== Infinity) data.left = left
  if (threads !== 0) data.threads = threads
  if (means !== undefined) {
    data.cancelled = Object.freeze({ since: node.cancelledAt, by: means, reason: inWords(node.reason) })
  }
  return data
}

function waitsOf(node: CancelNode, inside: { kernels: number; tasks: number }): ScopeWait[] {
  if (node.waits.last === undefined) return [Object.freeze(unknownOf(node))]
  return node.waits.inOrder().map(({ kind, name, since, look }) => {
    const { fraction, ...seen } = look?.() ?? {}
    if (kind === 'kernel') inside.kernels++
    if (kind === 'task' && seen.on !== 'loop') inside.tasks++
    const data: Growing<ScopeWait> = { kind, since, ...seen }
    if (name !== undefined) data.name = name
    if (fraction !== undefined) data.fraction = fraction
    return Object.freeze(data)
  })
}

function unknownOf(node: CancelNode): ScopeWait {
  const since = node.waits.idleSince
  if (node.bodies === 0) return { kind: node.standing ? 'close' : 'children', since }
  for (const child of node.children) {
    if (child.kind !== 'child') return { kind: 'children', since: Math.max(since, child.since) }
  }
  return { kind: 'code', since }
}
