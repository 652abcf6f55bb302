/**
 * A reference model of Trio's rules (https://trio.readthedocs.io/en/stable/reference-core.html#cancellation-and-timeouts),
 * as offloop states them. Synchronous, without promises, signals or timers: a queue of events, routines that are
 * generators, and a tree of nodes. It shares no code with src.
 */
import type { Block, Step, Tree } from './tree.js'

/** Why a node was cancelled; each cancelled node that was the first to be so has one, and its descendants share it. */
export interface Reason {
  readonly is: 'reason'
  readonly node: number
  readonly why: 'cancel' | 'deadline' | 'signal' | 'failure'
  /** The failure, or the step that cancelled. */
  readonly from: Thrown | number | undefined
}

export type Thrown =
  | Reason
  | { readonly is: 'own'; readonly id: number; readonly cause: Thrown | undefined }
  | { readonly is: 'several'; readonly errors: readonly Thrown[] }

export type Outcome = { readonly value: number } | { readonly moved: Reason } | { readonly error: Thrown }

export interface Seen {
  readonly deadline: number
  readonly threads: number
  readonly aborted: boolean
}

export interface Entry {
  readonly at: number
  readonly outcome?: Outcome
  readonly seen?: Seen
}

/** What is observed of a run, by the observer's name: `#7` how step 7 ended, `#7 seen` what was ambient as it began. */
export type Log = Map<string, Entry>

interface Node {
  readonly id: number
  parent: Node | undefined
  readonly shield: boolean
  readonly deadline: number
  readonly threads: number
  readonly inside: Set<Node>
  readonly waits: Set<Wait>
  reason: Reason | undefined
}

type Routine = Generator<(wait: Wait) => void, number, undefined>

interface Wait {
  readonly routine: Routine
  readonly ended: (outcome: Outcome) => void
}

/** What a member of a block ended with, and what its handle gives: of a cancellation its reason. */
type Ended = (outcome: Outcome, given: Outcome) => void

interface Open {
  readonly node: Node
  readonly failures: Thrown[]
  /** The body or a child was cut off by a cancellation that reached the block as well. */
  cut: boolean
  bodyCut: boolean
  body: Outcome | undefined
  live: number
  done: Outcome | undefined
  readonly waiting: Wait[]
}

export function predict(tree: Tree): Log {
  const log: Log = new Map()
  const timers: { at: number; fire: () => void; gone: () => boolean }[] = []
  const ready: (() => void)[] = []
  const children = new Map<number, { node: Node; open: Open; outcome: Outcome | undefined; waiting: Wait[] }>()
  const holders = { free: tree.tokens, queue: [] as { wait: Wait; node: Node }[] }
  let now = 0

  const write = (key: string, entry: Omit<Entry, 'at'>): void => {
    if (log.has(key)) throw new Error(`the model ends ${key} twice`)
    log.set(key, { at: now, ...entry })
  }

  // Routines: a wait is a function that gets the routine's continuation.
  const go = (wait: Wait, how: () => IteratorResult<(wait: Wait) => void, number>): void => {
    let result: IteratorResult<(wait: Wait) => void, number>
    try {
      result = how()
    } catch (error) {
      if (error instanceof Error) throw error // a mistake of the model's own
      wait.ended({ error: error as Thrown })
      return
    }
    if (result.done === true) wait.ended({ value: result.value })
    else result.value(wait)
  }
  const resume = (wait: Wait, error?: Thrown): void => {
    ready.push(() => go(wait, () => (error === undefined ? wait.routine.next() : wait.routine.throw(error))))
  }

  // Nodes.
  const enter = (id: number, parent: Node | undefined, block?: Block): Node => {
    const outer = block?.kind === 'shield' ? undefined : parent
    const node: Node = {
      id,
      parent,
      shield: block?.kind === 'shield',
      deadline: Math.min(block?.ms === undefined ? Infinity : now + block.ms, outer?.deadline ?? Infinity),
      threads: Math.min(block?.threads ?? Infinity, parent?.threads ?? Infinity),
      inside: new Set(),
      waits: new Set(),
      reason: outer?.reason,
    }
    parent?.inside.add(node)
    return node
  }
  const cancel = (node: Node, why: Reason['why'], from: Reason['from']): void => {
    if (node.reason !== undefined) return
    spread(node, { is: 'reason', node: node.id, why, from })
  }
  const spread = (node: Node, reason: Reason): void => {
    if (node.reason !== undefined) return
    const reach = (one: Node): void => {
      one.reason = reason
      for (const wait of one.waits) resume(wait, reason)
      one.waits.clear()
      for (const inner of one.inside) if (!inner.shield && inner.reason === undefined) reach(inner)
    }
    reach(node)
  }
  /** What a child left open belongs to what is around the child. */
  const adopt = (node: Node, parent: Node): void => {
    node.parent = parent
    parent.inside.add(node)
    if (!node.shield && parent.reason !== undefined) spread(node, parent.reason)
  }
  /** The reason of a cancelled node, at or above, if the error only tells of that. */
  const reasonIn = (error: Thrown, node: Node): Reason | undefined => {
    const cause = error.is === 'own' ? error.cause : undefined
    for (let one: Node | undefined = node; one !== undefined; one = one.parent) {
      if (one.reason !== undefined && (error === one.reason || cause === one.reason)) return one.reason
    }
    return undefined
  }

  // Waits.
  const sleep =
    (node: Node | undefined, ms: number) =>
    (wait: Wait): void => {
      if (node?.reason !== undefined) {
        resume(wait, node.reason)
        return
      }
      node?.waits.add(wait)
      const gone = (): boolean => node !== undefined && !node.waits.has(wait)
      timers.push({
        at: now + ms,
        gone,
        fire: () => {
          node?.waits.delete(wait)
          resume(wait)
        },
      })
    }
  const acquire =
    (node: Node) =>
    (wait: Wait): void => {
      if (node.reason !== undefined) {
        resume(wait, node.reason)
      } else if (holders.free > 0) {
        holders.free--
        resume(wait)
      } else {
        node.waits.add(wait)
        holders.queue.push({ wait, node })
      }
    }
  const release = (): void => {
    let next = holders.queue.shift()
    // Who was cut off does not wait any more.
    while (next !== undefined && !next.node.waits.delete(next.wait)) next = holders.queue.shift()
    if (next === undefined) holders.free++
    else resume(next.wait)
  }

  // Blocks.
  const settle = (open: Open, block: Block): void => {
    if (open.live > 0) return
    open.node.parent?.inside.delete(open.node)
    open.done = outcomeOf(open, block)
    for (const wait of open.waiting) resume(wait)
  }
  /** As Trio's Cancelled goes on to the outermost scope that is cancelled, so does a reason. */
  const outcomeOf = ({ failures, body, cut, bodyCut, node }: Open, block: Block): Outcome => {
    if (failures.length === 1) return { error: failures[0]! }
    if (failures.length > 1) return { error: { is: 'several', errors: failures } }
    const { reason, parent, shield } = node
    if (!cut || reason === undefined) return body!
    if (!shield && parent?.reason !== undefined) return { error: parent.reason }
    const mine = reason.node === node.id
    // Children that the scope cancelled by hand: then the body's value counts.
    if (!bodyCut && mine && reason.why === 'cancel') return body!
    return block.kind === 'moveOnAfter' && mine ? { moved: reason } : { error: reason }
  }
  const member = (open: Open, block: Block, node: Node, steps: readonly Step[], ended: Ended, delay?: number): void => {
    open.live++
    const wait: Wait = {
      routine: run(steps, node, scopesOf.get(open)!, node.id, delay),
      ended: (outcome) => {
        let given = outcome
        if ('error' in outcome) {
          const reason = reasonIn(outcome.error, node)
          if (reason === undefined) {
            if (!open.failures.includes(outcome.error)) open.failures.push(outcome.error)
            cancel(open.node, 'failure', outcome.error)
          } else {
            // From above a shield, through a signal that was handed in: that ends the block as well.
            if (reason !== node.reason) spread(open.node, reason)
            if (node.reason !== undefined) given = { error: node.reason }
            if (open.node.reason !== undefined) open.cut = true
            if (node === open.node) open.bodyCut = true
          }
        }
        ended(outcome, given)
        open.live--
        settle(open, block)
      },
    }
    go(wait, () => wait.routine.next())
  }
  const scopesOf = new Map<Open, readonly { open: Open; block: Block }[]>()

  function* enclose(
    block: Block,
    node: Node | undefined,
    stack: readonly { open: Open; block: Block }[],
  ): Generator<(wait: Wait) => void, number | Reason, undefined> {
    const own = enter(block.id, node, block)
    const open: Open = {
      node: own,
      failures: [],
      cut: false,
      bodyCut: false,
      body: undefined,
      live: 0,
      done: undefined,
      waiting: [],
    }
    scopesOf.set(open, [...stack, { open, block }])
    const gone = (): boolean => open.done !== undefined
    const { ms, abort } = block
    if (ms !== undefined) timers.push({ at: now + ms, gone, fire: () => cancel(own, 'deadline', undefined) })
    if (abort === 0) cancel(own, 'signal', undefined)
    else if (abort !== undefined) timers.push({ at: now + abort, gone, fire: () => cancel(own, 'signal', undefined) })
    member(
      open,
      block,
      own,
      block.steps,
      (outcome) => {
        open.body = outcome
      },
      block.loose,
    )
    if (open.done === undefined) yield (wait) => open.waiting.push(wait)
    const done = open.done!
    if ('error' in done) throw done.error
    return 'moved' in done ? done.moved : done.value
  }

  function* run(
    steps: readonly Step[],
    node: Node,
    stack: readonly { open: Open; block: Block }[],
    id: number,
    delay: number | undefined,
  ): Routine {
    // A child's delay can be cut short, that of a block's body cannot.
    if (delay !== undefined) yield sleep(stack.at(-1)!.open.node === node ? undefined : node, delay)
    for (const step of steps) {
      try {
        yield* perform(step, node, stack)
      } catch (thrown) {
        const error = thrown as Thrown
        const { reaction } = step
        if (step.do === 'fail' || reaction.kind === 'pass') throw error
        yield sleep(undefined, reaction.ms)
        write(`#${step.id} cleaned up`, {})
        if (reaction.kind === 'catch') continue
        throw { is: 'own', id: step.id, cause: reaction.kind === 'wrap' ? error : undefined } satisfies Thrown
      }
    }
    return id
  }

  /** Does something that ends, and writes down how. */
  function* observed(
    id: number,
    inner: Generator<(wait: Wait) => void, number | Reason, undefined>,
  ): ReturnType<typeof enclose> {
    try {
      const value = yield* inner
      write(`#${id}`, { outcome: typeof value === 'number' ? { value } : { moved: value } })
      return value
    } catch (error) {
      write(`#${id}`, { outcome: { error: error as Thrown } })
      throw error
    }
  }

  function* perform(
    step: Step,
    node: Node,
    stack: readonly { open: Open; block: Block }[],
  ): Generator<(wait: Wait) => void, void, undefined> {
    const seen = (): void =>
      write(`#${step.id} seen`, {
        seen: { deadline: node.deadline, threads: node.threads, aborted: node.reason !== undefined },
      })
    switch (step.do) {
      case 'wait':
        seen()
        yield* observed(
          step.id,
          (function* () {
            yield sleep(step.deaf ? undefined : step.ear > 0 ? stack.at(-1 - step.ear)!.open.node : node, step.ms)
            return step.id
          })(),
        )
        return
      case 'checkpoint':
        yield* observed(
          step.id,
          (function* () {
            if (node.reason !== undefined) throw node.reason
            yield resume
            return step.id
          })(),
        )
        return
      case 'limited':
        yield* observed(
          step.id,
          (function* () {
            yield acquire(node)
            try {
              yield sleep(node, step.ms)
            } finally {
              release()
            }
            return step.id
          })(),
        )
        return
      case 'join': {
        const child = children.get(step.child)
        if (child === undefined) return
        yield* observed(
          step.id,
          (function* () {
            if (child.outcome === undefined) yield (wait) => child.waiting.push(wait)
            if ('error' in child.outcome!) throw child.outcome.error
            yield sleep(undefined, step.ms)
            return step.id
          })(),
        )
        return
      }
      case 'block': {
        seen()
        const block = observed(step.id, enclose(step, node, stack))
        if (step.loose === undefined) {
          yield* block
          return
        }
        const around = stack.at(-1)!
        around.open.live++
        const ended = (): void => {
          around.open.live--
          settle(around.open, around.block)
        }
        const routine = (function* (): Routine {
          yield* block
          return step.id
        })()
        go({ routine, ended }, () => routine.next())
        return
      }
      case 'fail':
        throw { is: 'own', id: step.id, cause: undefined } satisfies Thrown
      case 'cancel': {
        const { open } = stack.at(-1 - step.up)!
        cancel(open.node, 'cancel', step.id)
        yield sleep(undefined, step.ms)
        return
      }
      case 'cancelChild': {
        const child = children.get(step.child)
        if (child !== undefined && child.outcome === undefined) cancel(child.node, 'cancel', step.id)
        yield sleep(undefined, step.ms)
        return
      }
      case 'spawn': {
        const { open, block } = stack.at(-1 - step.up)!
        const child = {
          node: enter(step.id, open.node),
          open,
          outcome: undefined as Outcome | undefined,
          waiting: [] as Wait[],
        }
        children.set(step.id, child)
        member(
          open,
          block,
          child.node,
          step.steps,
          (outcome, given) => {
            child.outcome = given
            open.node.inside.delete(child.node)
            for (const left of child.node.inside) adopt(left, open.node)
            write(`#${step.id}`, { outcome })
            write(`#${step.id} handle`, { outcome: given })
            for (const wait of child.waiting) resume(wait)
          },
          step.ms,
        )
      }
    }
  }

  const main = observed(tree.root.id, enclose(tree.root, undefined, []))
  resume({
    routine: (function* () {
      yield* main
      return 0
    })(),
    ended: () => {},
  })
  for (;;) {
    for (let next = ready.shift(); next !== undefined; next = ready.shift()) next()
    const due = timers.filter((timer) => !timer.gone())
    if (due.length === 0) break
    const first = due.reduce((a, b) => (b.at < a.at ? b : a))
    timers.splice(0, timers.length, ...due.filter((timer) => timer !== first))
    now = first.at
    first.fire()
  }
  if (!log.has(`#${tree.root.id}`)) throw new Error('the model never ends this tree')
  return log
}
