/**
 * A block: a cancel scope with children, which settles once and only when all of them have.
 *
 * Outcome, in this order: one failure is thrown as it is, several as an AggregateError; if something was cut off by a
 * cancellation from outside, the reason of that; if it was cut off by the block's own deadline or signal, or its body
 * by its own `cancel()`, the block's reason; otherwise what the body returned.
 */
import { coded, wrongType } from '../base/errors.js'
import { readOptions } from '../core/arguments.js'
import type { Priority } from '../core/priority.js'
import { landscape } from '../core/stats.js'
import { because } from './cancelled.js'
import { ScopeSpan, scopes } from './channels.js'
import { clock } from './clock.js'
import { current, enter, leave, within } from './context.js'
import { CancelNode, type Holder, type Kind } from './node.js'
import type { Handle, Scope, SpawnOptions } from './types.js'

const SPAWN_OPTIONS: ReadonlySet<string> = new Set(['name'])

/** Blocks that have not ended. */
let openBlocks = 0

/** Its parent is the scope of the code that makes it. */
export class Block implements Scope, Holder {
  readonly node: CancelNode
  readonly name: string | undefined
  /** Settles with the block. */
  readonly ended: Promise<unknown>
  #settle!: { resolve(value: unknown): void; reject(error: unknown): void }
  readonly #outer: Holder | undefined
  /** The body, children, and blocks opened inside. */
  #pending = 1
  #spawned = 0
  #failures: unknown[] = []
  /** Failures that somebody was given already: they are not thrown again. */
  readonly #delivered = new Set<unknown>()
  /** Something ended by a cancellation that the block itself knows. */
  #cut = false
  #bodyCut = false
  #value: unknown

  /** `standing`: it has no body, and stays until it is released. */
  constructor(
    kind: Kind,
    name: string | undefined,
    { timeout, threads, priority }: { timeout: number; threads: number; priority: Priority | undefined },
    standing: boolean,
  ) {
    const parent = current()
    enter()
    openBlocks++
    landscape.scopes ??= () => openBlocks
    this.name = name
    this.#outer = standing ? undefined : parent?.holder
    this.#outer?.hold()
    // Each field by name: spreading an object into this one took half of a scope's time.
    this.node = new CancelNode({
      parent,
      kind,
      name,
      title: name === undefined ? 'scope' : `scope ${name}`,
      holder: this,
      timeout,
      shielded: kind === 'shield',
      threads,
      priority,
    })
    if (standing) {
      this.node.bodies = 0
      this.node.standing = true
    }
    if (scopes.watched) this.node.seen = new ScopeSpan('scope', name ?? 'scope', this.node)
    this.ended = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
  }

  get signal(): AbortSignal {
    return this.node.signal
  }

  // Arrows: `scope(({ spawn, signal }) => …)` takes them off the object.
  readonly cancel = (reason?: unknown): void => this.node.cancelBy(reason)

  readonly spawn = <T>(fn: (signal: AbortSignal) => T, options?: SpawnOptions): Handle<Awaited<T>> => {
    if (typeof fn !== 'function') throw wrongType('fn', 'a function', fn)
    const given = options === undefined ? undefined : readName(readOptions(options, SPAWN_OPTIONS).name)
    const name = given ?? (fn.name === '' ? undefined : fn.name)
    this.refuseClosed('spawn')
    this.#spawned++
    const called = name ?? `${this.#spawned}`
    const node = new CancelNode({
      parent: this.node,
      kind: 'child',
      name: called,
      title: `child ${called}`,
      holder: this,
    })
    if (scopes.watched) node.seen = new ScopeSpan('child', name ?? node.title, node)
    this.#pending++
    const settled = begun(node, () => fn(node.signal)).then(
      (value) => {
        node.seen?.fulfilled(value)
        node.close()
        this.release()
        return value
      },
      (error) => {
        const cut = node.seen !== undefined && node.origin(error) !== undefined
        const given = this.endedBy(node, error)
        node.seen?.failed(given, cut)
        node.close()
        this.release()
        throw given
      },
    )
    settled.catch(() => {}) // it is the block's
    return new Child(node, settled)
  }

  /** Runs the body, once. */
  run(body: () => unknown): void {
    begun(this.node, body).then(
      (value) => {
        this.#value = value
        this.bodyOver()
        this.release()
      },
      (error) => {
        this.endedBy(this.node, error)
        this.#bodyCut = this.node.origin(error) !== undefined
        this.bodyOver()
        this.release()
      },
    )
  }

  /** Runs something inside whose promise the caller has: what it fails with is not thrown by the block again. */
  async runFor<T>(fn: () => T): Promise<Awaited<T>> {
    this.#pending++
    this.node.bodies++
    try {
      return await started(this.node, fn)
    } catch (error) {
      const cut = this.#cut
      let given = this.endedBy(this.node, error)
      this.#cut = cut // what is cut off in here, its caller hears
      // Cut off by a failing child: that failure says more than its cancellation.
      if (this.node.means === 'failure' && given === this.node.reason) given = this.#failures[0]
      this.#delivered.add(given)
      throw given
    } finally {
      this.bodyOver()
      this.release()
    }
  }

  private bodyOver(): void {
    this.node.bodies--
    if (this.#pending > 1) this.node.waits.idleSince = clock.now()
  }

  /** Takes in what a child or the body ended with; returns what tells of it best: a cancellation by its reason. */
  private endedBy(node: CancelNode, error: unknown): unknown {
    const origin = node.origin(error)
    if (origin === undefined) {
      if (!this.#failures.includes(error)) this.#failures.push(error)
      this.node.fail(node === this.node ? 'its body' : node.title, error)
      return error
    }
    // From above a shield, through a signal that was handed in: Trio, too, ends the block then.
    if (origin !== node && this.node.means === undefined) this.node.cancel('outer', origin.reason)
    // A child that was cancelled alone is nobody else's business.
    if (this.node.means !== undefined) this.#cut = true
    return node.means === undefined ? error : node.reason
  }

  refuseClosed(what: string): void {
    if (!this.node.closed) return
    const message = `Expected an open scope for \`${what}\` but received one that has ended (\`${this.node.title}\`)`
    throw coded(Error, 'ERR_OFFLOOP_SCOPE_CLOSED', message)
  }

  hold(): void {
    this.#pending++
  }

  release(): void {
    if (--this.#pending > 0) return
    const { node } = this
    const { outer } = node
    const failures = this.#failures.filter((error) => !this.#delivered.has(error))
    node.close()
    leave()
    openBlocks--
    this.#outer?.release()
    if (failures.length === 1) this.#fail(failures[0], false)
    else if (failures.length > 1) this.#fail(several(node.title, failures), false)
    else if (this.#cut && outer !== undefined) this.#fail(outer.reason, true)
    else if (
      this.#bodyCut ||
      (this.#cut && (node.means === 'deadline' || node.means === 'signal' || node.means === 'outer'))
    )
      this.#fail(node.reason, true)
    else {
      node.seen?.fulfilled(this.#value)
      this.#settle.resolve(this.#value)
    }
  }

  #fail(error: unknown, cut: boolean): void {
    this.node.seen?.failed(error, cut)
    this.#settle.reject(error)
  }
}

class Child<T> implements Handle<T> {
  readonly #node: CancelNode
  readonly #settled: Promise<T>
  readonly cancel = (reason?: unknown): void => {
    if (!this.#node.closed) this.#node.cancelBy(reason)
  }

  constructor(node: CancelNode, settled: Promise<T>) {
    this.#node = node
    this.#settled = settled
  }

  // biome-ignore lint/suspicious/noThenProperty: a handle is awaited
  then<A = T, B = never>(
    fulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    if (this.#node.closed) return this.#settled.then(fulfilled, rejected)
    const wait = current()?.waitFor('child', this.#node.name)
    return this.#settled.then(
      (value) => {
        wait?.end()
        return typeof fulfilled === 'function' ? fulfilled(value) : (value as unknown as A)
      },
      (error) => {
        wait?.end()
        if (typeof rejected === 'function') return rejected(error)
        throw error
      },
    )
  }
}

/** Starts it at once, inside the node; there, too, a thenable that does nothing before it is awaited. */
function started<T>(node: CancelNode, fn: () => T): Promise<Awaited<T>> {
  return within(node, () => new Promise<Awaited<T>>((resolve) => resolve(fn() as Awaited<T>)))
}

/** The same for what is told of the node itself: contexts that subscribers bind to it hold inside. */
function begun<T>(node: CancelNode, fn: () => T): Promise<Awaited<T>> {
  return node.seen === undefined ? started(node, fn) : node.seen.run(() => started(node, fn))
}

export function readName(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw wrongType('name', 'a string', value)
}

function several(title: string, failures: readonly unknown[]): Error {
  const message = `Expected \`${title}\` to end without a failure but ${failures.length} failed${because(failures[0])}`
  return Object.assign(new AggregateError(failures, message), { code: 'ERR_OFFLOOP_SCOPE_FAILED' as const })
}
