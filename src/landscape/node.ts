/**
 * The tree of cancel scopes. A node is a scope or one of its children: it is cancelled by itself, by its deadline, or,
 * unless it is a shield, by the node above it. The rules are Trio's (https://trio.readthedocs.io, "Cancellation and
 * timeouts"): of nested deadlines the nearest wins, and a shield hides outer cancellation and outer deadlines alike.
 */
import { onAbort } from '../base/abort.js'
import { timedOut } from '../base/errors.js'
import { type Around, fewer } from '../core/ambient.js'
import type { Priority } from '../core/priority.js'
import { Room } from '../core/room.js'
import { because, Cancelled, says } from './cancelled.js'
import type { ScopeSpan } from './channels.js'
import { clock } from './clock.js'
import { type Entry, type Look, type WaitKind, Waits } from './waits.js'

/** What cancelled a node: its own `cancel()`, deadline, caller's signal or failing child; or a node above it. */
export type Means = 'cancel' | 'deadline' | 'signal' | 'failure' | 'outer'

/** Whoever waits for scopes opened inside it: nothing outlives its block. */
export interface Holder {
  hold(): void
  release(): void
}

/** What a node is to its user. A task: the scope that its function finds around it. */
export type Kind = 'scope' | 'child' | 'shield' | 'map' | 'reduce' | 'task'

export interface Place {
  readonly parent: CancelNode | undefined
  readonly kind: Kind
  readonly name: string | undefined
  /** For messages: 'scope x', 'child 3'. */
  readonly title: string
  readonly holder?: Holder | undefined
  /** Milliseconds from now. */
  readonly timeout?: number
  readonly shielded?: boolean
  readonly threads?: number
  /** Of what it stands for; without it, its own. */
  readonly id?: number
  readonly priority?: Priority | undefined
}

let last = 0

/** Node's timers take no longer ones. */
const LONGEST_MS = 2 ** 31 - 1

/** The open nodes of this thread with nothing around them. */
export const roots: Set<CancelNode> = new Set()

export class CancelNode implements Around {
  readonly id: number
  /** What is told of it, if somebody listened when it began. */
  seen: ScopeSpan | undefined
  parent: CancelNode | undefined
  readonly kind: Kind
  readonly name: string | undefined
  readonly title: string
  readonly holder: Holder | undefined
  readonly shielded: boolean
  readonly threads: number
  readonly priority: Priority
  readonly room: Room | undefined
  /** In milliseconds of the clock, as all times here. */
  readonly since: number
  readonly waits: Waits
  /** Bodies that run in it: its own, or those handed to `run()` of an open one. */
  bodies: number = 1
  /** It stays until somebody closes it. */
  standing: boolean = false
  closed = false
  /** What cancelled it; undefined while nothing has. */
  means: Means | undefined
  /** `signal.reason` once it is cancelled: one object for a node and all that it takes along. */
  reason: unknown
  cancelledAt: number = Infinity
  /** The reason of the caller's signal: it stops what was given that signal, too. */
  #given: { readonly reason: unknown } | undefined
  readonly #timeout: number
  readonly #own: number
  #timer: unknown
  #unlisten: (() => void) | undefined
  #controller: AbortController | undefined
  #children: Set<CancelNode> | undefined

  constructor(place: Place) {
    const { parent, kind, name, title, holder, timeout = Infinity, shielded = false, threads = 0 } = place
    this.id = place.id ?? ++last
    this.seen = undefined
    this.parent = parent
    this.kind = kind
    this.name = name
    this.title = title
    this.holder = holder
    this.shielded = shielded
    this.threads = fewer(threads, parent?.threads ?? 0)
    this.priority = place.priority ?? parent?.priority ?? 'normal'
    this.room = threads === 0 ? parent?.room : new Room(this.threads, parent?.room)
    this.#timeout = timeout
    this.since = clock.now()
    this.waits = new Waits(this.since)
    this.#own = this.since + timeout
    if (parent === undefined) roots.add(this)
    else {
      parent.#children ??= new Set()
      parent.#children.add(this)
      if (!shielded && parent.means !== undefined) this.#mark(parent.reason, 'outer')
    }
    if (this.#own !== Infinity) this.#arm()
  }

  /** Made when it is asked for: most scopes end without. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.means !== undefined) this.#controller.abort(this.reason)
    }
    return this.#controller.signal
  }

  /** Cancels it and all below but what is shielded; only the first call counts. */
  cancel(means: Means, reason: unknown): void {
    if (this.means !== undefined || this.closed) return
    // All are marked before any signal fires: a listener sees the whole tree cancelled.
    for (const node of this.#mark(reason, means)) {
      node.seen?.cancelled(reason)
      node.#controller?.abort(reason)
    }
  }

  #mark(reason: unknown, means: Means): CancelNode[] {
    this.means = means
    this.reason = reason
    this.cancelledAt = clock.now()
    const marked: CancelNode[] = [this]
    for (let i = 0; i < marked.length; i++) {
      for (const child of marked[i]!.#children ?? []) {
        if (child.shielded || child.means !== undefined) continue
        child.means = 'outer'
        child.reason = reason
        child.cancelledAt = this.cancelledAt
        marked.push(child)
      }
    }
    return marked
  }

  /** Its own `cancel(reason)`. */
  cancelBy(cause: unknown): void {
    if (this.means !== undefined) return
    this.cancel(
      'cancel',
      new Cancelled(`Expected \`${this.title}\` to end by itself but it was cancelled${because(cause)}`, cause),
    )
  }

  /** Something inside failed: the rest is to end. */
  fail(who: string, error: unknown): void {
    if (this.means !== undefined) return
    this.cancel(
      'failure',
      new Cancelled(`Expected \`${this.title}\` to end by itself but ${who} failed${because(error)}`, error),
    )
  }

  /** Cancels it when the caller's signal aborts. */
  obey(signal: AbortSignal): void {
    this.#follow(signal, (cause) => {
      this.#given = { reason: cause }
      const message = `Expected \`${this.title}\` to end by itself but the caller's signal was aborted${because(cause)}`
      return new Cancelled(message, cause)
    })
  }

  /** Cancels it with the very reason of a signal: that of the scope it stands for. */
  standFor(signal: AbortSignal): void {
    this.#follow(signal, (reason) => reason)
  }

  #follow(signal: AbortSignal, reasonFrom: (reason: unknown) => unknown): void {
    const abort = () => this.cancel('signal', reasonFrom(signal.reason))
    if (signal.aborted) abort()
    else this.#unlisten = onAbort(signal, abort)
  }

  #arm(): void {
    const left = this.#own - clock.now()
    // Timers may fire within a millisecond before their time.
    if (left > 0) this.#timer = clock.setTimeout(() => this.#arm(), Math.min(Math.ceil(left), LONGEST_MS))
    else this.expire()
  }

  /** Its own deadline; Infinity: none. */
  get own(): number {
    return this.#own
  }

  /** Open ones, oldest first. */
  get children(): Iterable<CancelNode> {
    return this.#children ?? []
  }

  waitFor(kind: WaitKind, name: string | undefined, look?: () => Look): Entry {
    return this.waits.add(kind, name, look)
  }

  /** Of the deadlines visible from here the nearest; of equal ones the outermost. */
  #nearest(): CancelNode {
    let nearest: CancelNode = this
    for (let node: CancelNode = this; !node.shielded && node.parent !== undefined; ) {
      node = node.parent
      if (node.#own <= nearest.#own) nearest = node
    }
    return nearest
  }

  /** The nearest deadline, in milliseconds of the clock; Infinity: none. */
  get deadline(): number {
    return this.#nearest().#own
  }

  expire(): unknown {
    const owner = this.#nearest()
    if (this.means === undefined) owner.cancel('deadline', timedOut(owner.title, owner.#timeout))
    return this.reason
  }

  /** Its deadline has passed, on a loop too busy for timers. */
  get overdue(): boolean {
    return this.means === undefined && clock.now() >= this.deadline
  }

  /** The node, at or above this one, whose cancellation an error tells of; undefined: it tells of something else. */
  origin(error: unknown): CancelNode | undefined {
    for (let node: CancelNode | undefined = this; node !== undefined; node = node.parent) {
      if (node.means === undefined) continue
      if (says(error, node.reason) || (node.#given !== undefined && says(error, node.#given.reason))) return node
    }
    return undefined
  }

  /** Cancelled from above, for all that is visible from here. */
  get outer(): CancelNode | undefined {
    return this.shielded || this.parent?.means === undefined ? undefined : this.parent
  }

  close(): void {
    this.closed = true
    if (this.#timer !== undefined) clock.clearTimeout(this.#timer)
    this.#unlisten?.()
    const { parent } = this
    if (parent === undefined) roots.delete(this)
    else parent.#children?.delete(this)
    if (this.waits.last !== undefined) this.waits.moveTo(parent?.waits)
    for (const orphan of this.#children ?? []) orphan.#moveTo(parent)
    this.#children = undefined
  }

  /** A scope left open inside one that ended (openScope) belongs to what is around that. */
  #moveTo(parent: CancelNode | undefined): void {
    this.parent = parent
    if (parent === undefined) {
      roots.add(this)
      return
    }
    parent.#children ??= new Set()
    parent.#children.add(this)
    if (!this.shielded && parent.means !== undefined) this.cancel('outer', parent.reason)
  }
}
