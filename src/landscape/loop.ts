/** Tasks on the event loop: the caller's own function, called here, with the call's signal and deadline around it. */
import { clearTimeout, setTimeout } from 'node:timers'
import { onAbort } from '../base/abort.js'
import { timedOut } from '../base/errors.js'
import type { Priority } from '../core/priority.js'
import { countTasks } from './call.js'
import { nextTask, TaskSpan, tasks } from './channels.js'
import { around } from './context.js'
import { inherit } from './scope.js'
import { ended, tally } from './tally.js'
import { contextOf, type TaskContext } from './task-context.js'

export interface LoopCall {
  readonly label: string
  readonly signal: AbortSignal | undefined
  /** Milliseconds; Infinity: none. */
  readonly timeout: number
  readonly priority: Priority | undefined
  readonly onProgress: ((fraction: number) => void) | undefined
  /** Calls the function. */
  readonly invoke: (context: TaskContext) => unknown
}

/** Nothing stops JavaScript on the loop: an aborted call rejects when its function has ended. */
export function runOnLoop(call: LoopCall): Promise<unknown> {
  const seen = spanOf(call, 'async')
  return seen === undefined ? run(call, undefined) : seen.run(() => run(call, seen))
}

async function run(call: LoopCall, seen: TaskSpan | undefined): Promise<unknown> {
  let surroundings: Surroundings | undefined
  try {
    const inside = (surroundings = new Surroundings(call, seen))
    const value = await inside.within(() => call.invoke(inside.context))
    inside.signal.throwIfAborted()
    call.onProgress?.(1)
    inside.ended('fulfilled')
    seen?.fulfilled(value)
    return value
  } catch (error) {
    throw failed(error, surroundings, seen)
  } finally {
    surroundings?.close()
  }
}

/** A generator of the loop needs no window: it runs when it is asked. */
export async function* streamOnLoop(call: LoopCall): AsyncGenerator<unknown> {
  const seen = spanOf(call, 'stream')
  let surroundings: Surroundings | undefined
  try {
    const inside = (surroundings = new Surroundings(call, seen))
    const begin = () => inside.within(() => call.invoke(inside.context))
    const generator = (seen === undefined ? begin() : seen.run(begin)) as AsyncIterable<unknown> | Iterable<unknown>
    for await (const value of generator) {
      inside.signal.throwIfAborted()
      yield value
    }
    inside.signal.throwIfAborted()
  } catch (error) {
    throw failed(error, surroundings, seen)
  } finally {
    // Also where its reader has left.
    surroundings?.ended('fulfilled')
    seen?.fulfilled(undefined)
    surroundings?.close()
  }
}

/** What a call's caller gets for an error. */
function failed(error: unknown, surroundings: Surroundings | undefined, seen: TaskSpan | undefined): unknown {
  const aborted = surroundings?.signal.aborted === true
  const given = aborted ? surroundings.signal.reason : error
  surroundings?.ended(aborted ? 'cancelled' : 'failed')
  seen?.failed(given)
  return given
}

/** Of a task that blocks the loop. */
export function runSyncHere(call: Pick<LoopCall, 'label' | 'priority'>, fn: () => unknown): unknown {
  const seen = spanOf(call, 'sync')
  if (seen === undefined) return fn()
  seen.started()
  return seen.around(fn)
}

function spanOf(
  { label, priority }: Pick<LoopCall, 'label' | 'priority'>,
  mode: 'async' | 'stream' | 'sync',
): TaskSpan | undefined {
  if (!tasks.watched) return undefined
  const node = around()
  return new TaskSpan({ id: nextTask(), name: label, on: 'loop' }, mode, priority ?? node?.priority, node?.id)
}

/** The signal that joins the caller's, the timeout's and the scope's. Throws its reason if it is aborted already. */
class Surroundings {
  readonly context: TaskContext
  private readonly controller = new AbortController()
  private readonly undo: (() => void)[] = []
  private readonly alone: boolean
  private over = false

  constructor(
    private readonly call: LoopCall,
    seen: TaskSpan | undefined,
  ) {
    const { signal, timeout, label, onProgress } = call
    const ambient = around()
    const abort = (reason: unknown) => {
      seen?.cancelled(reason)
      this.controller.abort(reason)
    }
    for (const one of [signal, ambient?.signal]) {
      if (one === undefined) continue
      if (one.aborted) {
        seen?.cancelled(one.reason)
        this.close()
        throw one.reason
      }
      this.undo.push(onAbort(one, () => abort(one.reason)))
    }
    countTasks()
    tally.loop.started++
    seen?.started()
    if (timeout !== Infinity) {
      const timer = setTimeout(() => abort(timedOut(label, timeout)), timeout)
      this.undo.push(() => clearTimeout(timer))
    }
    let reached: number | undefined
    const wait = ambient?.waitFor('task', label, () => ({ on: 'loop', state: 'running', fraction: reached }))
    if (wait !== undefined) this.undo.push(() => wait.end())
    this.alone = signal === undefined && timeout === Infinity
    this.context = contextOf(
      this.signal,
      onProgress === undefined && seen === undefined
        ? undefined
        : (fraction) => {
            reached = fraction
            seen?.progress(fraction)
            onProgress?.(Math.min(fraction, 0.999))
          },
      undefined,
    )
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  /** What kernels inside obey. Without anything of the call's own that is the scope around, as everywhere. */
  within<T>(fn: () => T): T {
    if (this.alone) return fn()
    const ambient = around()
    const deadline = Math.min(ambient?.deadline ?? Infinity, performance.now() + this.call.timeout + 1)
    const { threads = 0, priority = 'normal' } = ambient ?? {}
    return inherit({ signal: this.signal, deadline, threads, priority }, fn, this.call.label)
  }

  /** For stats(); the first time counts. */
  ended(how: 'fulfilled' | 'failed' | 'cancelled'): void {
    if (this.over) return
    this.over = true
    ended(tally.loop, how)
  }

  close(): void {
    for (const undo of this.undo) undo()
  }
}
