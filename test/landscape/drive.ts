/** Runs a tree against the real landscape on a virtual clock, and writes down what can be observed. */
import type { Log, Outcome, Reason, Seen, Thrown } from './model.js'
import { SteppedClock } from './stepped-clock.js'
import { type Landscape, type Place, withClock } from './subject.js'
import type { Block, Step, Tree } from './tree.js'

export type Ended = { readonly value: number } | { readonly moved: unknown } | { readonly error: unknown }

export interface Observed {
  readonly log: Map<string, { at: number; outcome?: Ended; seen?: Seen }>
  /** What has the signals of scopes and children, by step; scopes make theirs when they are asked. */
  readonly signals: Map<number, { readonly signal: AbortSignal }>
  /** The errors that steps threw of their own. */
  readonly errors: Map<number, Error>
  /** What must never happen. */
  readonly complaints: string[]
}

/** Real work instead of timers: does some of it each time, and obeys what is ambient. */
export type Work = (id: number) => Promise<void>

/** A loop turn after all that is due now: promises, then setImmediate. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
/** The name of the error that a caller aborts with, beside the block's own. */
const ofCaller = (id: number): number => -1 - id
function isClosed(place: Place): boolean {
  try {
    place.spawn(() => {})
    return false
  } catch (error) {
    return (error as { code?: unknown }).code === 'ERR_OFFLOOP_SCOPE_CLOSED'
  }
}

const watched = (id: number): boolean => id % 2 === 0
const MOST_TURNS = 1_000_000

/** The AbortErrors that waits of the tree put around a reason. */
const aborts = new WeakSet<object>()
const reasonIn = (error: unknown): unknown => (aborts.has(error as object) ? (error as Error).cause : error)

interface Stack {
  readonly scopes: readonly Place[]
  readonly owners: readonly number[]
  readonly around: { readonly signal: AbortSignal } | undefined
}

export async function drive(tree: Tree, land: Landscape, work?: Work): Promise<Observed> {
  const clock = new SteppedClock(2 ** 20)
  const begun = clock.now()
  const { open } = land.contextState()
  const seen: Observed = { log: new Map(), signals: new Map(), errors: new Map(), complaints: [] }
  const { log, signals, errors, complaints } = seen
  const live = new Map<number, number>()
  const handles = new Map<number, ReturnType<Place['spawn']>>()
  const labours = new Set<() => boolean>()
  const limiter = new land.CapacityLimiter(tree.tokens)
  let checkpoints = 0

  const write = (key: string, what: { outcome?: Ended; seen?: Seen }): void => {
    if (log.has(key)) complaints.push(`${key} came twice`)
    log.set(key, { at: clock.now() - begun, ...what })
  }
  const own = (id: number, cause?: unknown): Error => {
    const error = cause === undefined ? new Error(`own ${id}`) : new Error(`own ${id}`, { cause })
    errors.set(id, error)
    return error
  }
  /** Counts what runs inside of each block around it. */
  const counted = async <T>(owners: readonly number[], what: () => Promise<T>): Promise<T> => {
    for (const id of owners) live.set(id, (live.get(id) ?? 0) + 1)
    try {
      return await what()
    } finally {
      for (const id of owners) live.set(id, live.get(id)! - 1)
    }
  }
  const observed = async <T>(id: number, what: () => Promise<T>, tell: (value: T) => Ended): Promise<T> => {
    let value: T
    try {
      value = await what()
    } catch (error) {
      write(`#${id}`, { outcome: { error } })
      throw error
    }
    write(`#${id}`, { outcome: tell(value) })
    return value
  }

  const deaf = (ms: number): Promise<void> => new Promise((resolve) => void clock.setTimeout(resolve, ms))
  /** As timers/promises do it, or as fetch does: with an AbortError around the reason, or with the reason itself. */
  const sleep = (ms: number, signal: AbortSignal, wrapped: boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const cut = (): void => {
        clock.clearTimeout(timer)
        if (!wrapped) {
          reject(signal.reason)
          return
        }
        const error = new Error('The operation was aborted', { cause: signal.reason })
        error.name = 'AbortError'
        aborts.add(error)
        reject(error)
      }
      const timer = clock.setTimeout(() => {
        signal.removeEventListener('abort', cut)
        resolve()
      }, ms)
      if (signal.aborted) cut()
      else signal.addEventListener('abort', cut, { once: true })
    })
  const labour = async (id: number, ms: number, signal: AbortSignal): Promise<void> => {
    let due = false
    const timer = clock.setTimeout(() => {
      due = true
    }, ms)
    // The clock waits for what is about to end.
    const ending = (): boolean => due || signal.aborted
    labours.add(ending)
    try {
      while (!due) await work!(id)
    } finally {
      clock.clearTimeout(timer)
      labours.delete(ending)
    }
  }

  const enclose = async (block: Block, stack: Stack): Promise<number | { moved: unknown }> => {
    const owners = [...stack.owners, block.id]
    const body = async (place: Place): Promise<number> => {
      signals.set(block.id, place)
      const inner = { scopes: [...stack.scopes, place], owners, around: place }
      await counted(owners, async () => {
        if (block.loose !== undefined) await deaf(block.loose)
        await run(block.steps, inner)
      })
      return block.id
    }
    const aborter = block.abort === undefined ? undefined : new AbortController()
    let timer: ReturnType<SteppedClock['setTimeout']> | undefined
    if (block.abort === 0) aborter!.abort(own(ofCaller(block.id)))
    else if (block.abort !== undefined)
      timer = clock.setTimeout(() => aborter!.abort(own(ofCaller(block.id))), block.abort)
    try {
      switch (block.kind) {
        case 'scope': {
          const { ms, threads } = block
          return await land.scope(body, {
            name: `b${block.id}`,
            ...(ms === undefined ? {} : { timeout: ms }),
            ...(aborter === undefined ? {} : { signal: aborter.signal }),
            ...(threads === undefined ? {} : { threads }),
          })
        }
        case 'moveOnAfter': {
          const moved = await land.moveOnAfter(block.ms!, body)
          return moved.cancelled ? { moved: moved.reason } : moved.value
        }
        case 'failAfter':
          return await land.failAfter(block.ms!, body)
        case 'shield':
          return await land.shield(body)
      }
    } finally {
      if (timer !== undefined) clock.clearTimeout(timer)
      if ((live.get(block.id) ?? 0) !== 0) complaints.push(`#${block.id} ended before what runs inside it`)
      if (!isClosed(signals.get(block.id) as Place)) complaints.push(`#${block.id} ended and took one more child`)
    }
  }
  const tell = (value: number | { moved: unknown }): Ended => (typeof value === 'number' ? { value } : value)

  const run = async (steps: readonly Step[], stack: Stack): Promise<void> => {
    for (const step of steps) {
      try {
        await perform(step, stack)
      } catch (error) {
        const { reaction } = step
        if (step.do === 'fail' || reaction.kind === 'pass') throw error
        await counted(stack.owners, () => deaf(reaction.ms))
        write(`#${step.id} cleaned up`, {})
        if (reaction.kind === 'catch') continue
        if (reaction.kind === 'replace') throw own(step.id)
        throw own(step.id, reasonIn(error))
      }
    }
  }
  const ambient = (step: Step): AbortSignal => {
    const now = land.currentAmbient()
    if (now === undefined) throw new Error(`nothing is ambient at #${step.id}`)
    const { deadline, threads, signal } = now
    write(`#${step.id} seen`, {
      seen: { deadline: deadline - begun, threads: threads === 0 ? Infinity : threads, aborted: signal.aborted },
    })
    return signal
  }

  const perform = async (step: Step, stack: Stack): Promise<void> => {
    const { id } = step
    const told = (): Ended => ({ value: id })
    switch (step.do) {
      case 'wait': {
        const current = ambient(step)
        const signal =
          step.ear > 0 ? stack.scopes.at(-1 - step.ear)!.signal : id % 2 === 0 ? current : stack.around!.signal
        if (step.ear === 0 && signal.aborted !== current.aborted) complaints.push(`#${id} has two signals that differ`)
        const wait = (): Promise<void> => {
          if (step.deaf) return deaf(step.ms)
          return step.work && work !== undefined ? labour(id, step.ms, signal) : sleep(step.ms, signal, id % 3 === 0)
        }
        await observed(id, () => counted(stack.owners, wait), told)
        return
      }
      case 'checkpoint':
        checkpoints++
        try {
          await observed(id, () => land.checkpoint(), told)
        } finally {
          checkpoints--
        }
        return
      case 'limited':
        await observed(id, () => limiter.run(() => sleep(step.ms, land.currentAmbient()!.signal, id % 3 === 0)), told)
        return
      case 'join': {
        const handle = handles.get(step.child)
        if (handle === undefined) return
        await observed(
          id,
          async () => {
            await handle
            await deaf(step.ms)
          },
          told,
        )
        return
      }
      case 'block': {
        ambient(step)
        const block = observed(id, () => enclose(step, stack), tell)
        if (step.loose === undefined) await block
        else block.catch(() => {})
        return
      }
      case 'fail':
        throw own(id)
      case 'cancel':
        stack.scopes.at(-1 - step.up)!.cancel(own(id))
        await deaf(step.ms)
        return
      case 'cancelChild':
        handles.get(step.child)?.cancel(own(id))
        await deaf(step.ms)
        return
      case 'spawn': {
        const outer = stack.scopes.length - step.up
        const handle = stack.scopes[outer - 1]!.spawn(
          (signal) => {
            const around = { signal }
            signals.set(id, around)
            const scopes = stack.scopes.slice(0, outer)
            const inner = { scopes, owners: stack.owners.slice(0, outer), around }
            const child = async (): Promise<number> => {
              await counted(inner.owners, async () => {
                await sleep(step.ms, signal, id % 3 === 0)
                await run(step.steps, inner)
              })
              return id
            }
            return observed(id, child, told)
          },
          { name: `c${id}` },
        )
        handles.set(id, handle)
        // The other half is left alone: nothing may come of a rejection that nobody looks at.
        if (watched(id)) {
          handle.then(
            (value) => write(`#${id} handle`, { outcome: { value } }),
            (error: unknown) => write(`#${id} handle`, { outcome: { error } }),
          )
        }
      }
    }
  }

  const unhandled = (error: unknown): void => void complaints.push(`unhandled rejection: ${String(error)}`)
  process.on('unhandledRejection', unhandled)
  const restore = withClock(clock)
  try {
    let ended = false
    const root = observed(tree.root.id, () => enclose(tree.root, { scopes: [], owners: [], around: undefined }), tell)
    const end = (): void => {
      ended = true
    }
    root.then(end, end)
    for (let turns = 0; ; turns++) {
      do await turn()
      while (checkpoints > 0 || [...labours].some((ending) => ending()))
      if (ended) break
      if (turns > MOST_TURNS || !clock.next()) {
        complaints.push('it never ends')
        break
      }
    }
    if (clock.pending > 0) complaints.push(`${clock.pending} timer(s) left`)
    const left = land.contextState().open - open
    if (left !== 0) complaints.push(`${left} scope(s) still open`)
    if (open === 0 && land.currentAmbient() !== undefined) complaints.push('something is ambient outside of all scopes')
    const { borrowed, waiting } = limiter.statistics()
    if (borrowed !== 0 || waiting !== 0) complaints.push(`${borrowed} token(s) borrowed, ${waiting} waiting`)
  } finally {
    restore()
    process.off('unhandledRejection', unhandled)
  }
  return seen
}

/** What differs between what had to be and what was, in words. */
export function differences(model: Log, real: Observed): string[] {
  const found = [...real.complaints]
  const show = (entry: unknown): string =>
    JSON.stringify(entry, (_, value) =>
      value instanceof Error ? `${value.name}: ${value.message}` : value === Infinity ? 'Infinity' : value,
    )
  for (const [key, { at, outcome, seen }] of model) {
    if (key.endsWith(' handle') && !watched(Number.parseInt(key.slice(1), 10))) continue
    const actual = real.log.get(key)
    const fits =
      actual !== undefined &&
      at === actual.at &&
      (seen === undefined || sameSeen(seen, actual.seen!)) &&
      (outcome === undefined || sameOutcome(outcome, actual.outcome, real))
    if (!fits) found.push(`${key}: expected ${show({ at, outcome, seen })} but got ${show(actual)}`)
  }
  for (const [key, entry] of real.log) if (!model.has(key)) found.push(`${key} must not be there: ${show(entry)}`)
  return found
}

function sameSeen(expected: Seen, actual: Seen): boolean {
  return (
    expected.aborted === actual.aborted &&
    expected.threads === actual.threads &&
    (expected.aborted || expected.deadline === actual.deadline)
  )
}

function sameOutcome(expected: Outcome, actual: Ended | undefined, real: Observed): boolean {
  if (actual === undefined) return false
  if ('value' in expected) return 'value' in actual && actual.value === expected.value
  if ('moved' in expected) return 'moved' in actual && sameError(expected.moved, actual.moved, real)
  return 'error' in actual && sameError(expected.error, actual.error, real)
}

function sameError(expected: Thrown, actual: unknown, real: Observed): boolean {
  if (expected.is === 'own') return actual === real.errors.get(expected.id)
  if (expected.is === 'several') {
    if (!(actual instanceof AggregateError)) return false
    const { errors } = actual
    return (
      errors.length === expected.errors.length && expected.errors.every((error, i) => sameError(error, errors[i], real))
    )
  }
  const reason = real.signals.get(expected.node)?.signal.reason
  return reasonIn(actual) === reason && says(expected, reason, real)
}

/** The reason's own words: the class, the code, the cause. */
function says({ why, from, node }: Reason, reason: unknown, real: Observed): boolean {
  const { name, code, cause } = reason as { name: unknown; code: unknown; cause: unknown }
  if (why === 'deadline') return name === 'TimeoutError' && code === 'ERR_OFFLOOP_TIMEOUT'
  if (code !== 'ERR_OFFLOOP_CANCELLED') return false
  if (why === 'cancel') return cause === real.errors.get(from as number)
  if (why === 'signal') return cause === real.errors.get(ofCaller(node))
  return sameError(from as Thrown, cause, real)
}
