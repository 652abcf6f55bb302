/**
 * What the code of a scope waits for: a list that each node keeps, and only `scopeTree()` reads. Its entries are linked
 * to each other: they come and go with every kernel.
 */
import type { Progress, Wait } from '../core/ambient.js'
import { clock } from './clock.js'

export type WaitKind = 'kernel' | 'task' | 'child' | 'limiter' | 'checkpoint' | 'source' | 'reader'

/** What is known when somebody asks. */
export interface Look extends Progress {
  readonly on?: 'loop' | 'thread' | 'process'
  /** In line, from 1, and how many are. */
  readonly place?: number
  readonly waiting?: number
}

export class Waits {
  /** The newest. */
  last: Entry | undefined
  /** When the code last went on, as far as that is known. */
  idleSince: number

  constructor(now: number) {
    this.idleSince = now
  }

  add(kind: WaitKind, name: string | undefined, look: (() => Look) | undefined): Entry {
    const entry = new Entry(kind, name, look, clock.now())
    this.link(entry)
    return entry
  }

  /** The node has closed: its code belongs to what is around that, if anything is. */
  moveTo(other: Waits | undefined): void {
    for (const entry of this.inOrder()) {
      entry.unlink()
      other?.link(entry)
    }
  }

  /** Oldest first. */
  inOrder(): Entry[] {
    const entries: Entry[] = []
    for (let entry = this.last; entry !== undefined; entry = entry.before) entries.push(entry)
    return entries.reverse()
  }

  private link(entry: Entry): void {
    entry.list = this
    entry.before = this.last
    if (this.last !== undefined) this.last.after = entry
    this.last = entry
  }
}

export class Entry implements Wait {
  /** Where it is, until it has ended. */
  list: Waits | undefined
  before: Entry | undefined
  after: Entry | undefined

  constructor(
    readonly kind: WaitKind,
    readonly name: string | undefined,
    readonly look: (() => Look) | undefined,
    readonly since: number,
  ) {}

  end(): void {
    if (this.list === undefined) return
    this.list.idleSince = clock.now()
    this.unlink()
  }

  unlink(): void {
    const { list, before, after } = this
    if (list === undefined) return
    if (before !== undefined) before.after = after
    if (after !== undefined) after.before = before
    else list.last = before
    this.list = this.before = this.after = undefined
  }
}
