/** Tasks on the event loop: the caller's own function, called here, with the call's signal and deadline around it. */
import { clearTimeout, setTimeout } from 'node:timers'
import { onAbort } from '../base/abort.js'
import { timedOut } from '../base/errors.js'
import { currentAmbient, inherit } from './scope.js'
import { contextOf, type TaskContext } from './task-context.js'

export interface LoopCall {
  readonly label: string
  readonly signal: AbortSignal | undefined
  /** Milliseconds; Infinity: none. */
  readonly timeout: number
  readonly onProgress: ((fraction: number) => void) | undefined
  /** Calls the function. */
  readonly invoke: (context: TaskContext) => unknown
}

/** Nothing stops JavaScript on the loop: an aborted call rejects when its function has ended. */
export async function runOnLoop(call: LoopCall): Promise<unknown> {
  const around = new Surroundings(call)
  try {
    const value = await around.within(() => call.invoke(around.context))
    around.signal.throwIfAborted()
    call.onProgress?.(1)
    return value
  } catch (error) {
    around.signal.throwIfAborted()
    throw error
  } finally {
    around.close()
  }
}

/** A generator of the loop needs no window: it runs when it is asked. */
export async function* streamOnLoop(call: LoopCall): AsyncGenerator<unknown> {
  const around = new Surroundings(call)
  try {
    const generator = around.within(() => call.invoke(around.context)) as AsyncIterable<unknown> | Iterable<unknown>
    for await (const value of generator) {
      around.signal.throwIfAborted()
      yield value
    }
    around.signal.throwIfAborted()
  } finally {
    around.close()
  }
}

/** The signal that joins the caller's, the timeout's and the scope's. Throws its reason if it is aborted already. */
class Surroundings {
  readonly context: TaskContext
  private readonly controller = new AbortController()
  private readonly undo: (() => void)[] = []
  private readonly alone: boolean

  constructor(private readonly call: LoopCall) {
    const { signal, timeout, label, onProgress } = call
    const ambient = currentAmbient()
    for (const one of [signal, ambient?.signal]) {
      if (one === undefined) continue
      if (one.aborted) throw one.reason
      this.undo.push(onAbort(one, () => this.controller.abort(one.reason)))
    }
    if (timeout !== Infinity) {
      const timer = setTimeout(() => this.controller.abort(timedOut(label, timeout)), timeout)
      this.undo.push(() => clearTimeout(timer))
    }
    this.alone = signal === undefined && timeout === Infinity
    this.context = contextOf(
      this.signal,
      onProgress === undefined ? undefined : (fraction) => onProgress(Math.min(fraction, 0.999)),
      undefined,
    )
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  /** What kernels inside obey. Without anything of the call's own that is the scope around, as everywhere. */
  within<T>(fn: () => T): T {
    if (this.alone) return fn()
    const ambient = currentAmbient()
    const deadline = Math.min(ambient?.deadline ?? Infinity, performance.now() + this.call.timeout + 1)
    return inherit(
      { signal: this.signal, deadline, threads: ambient?.threads ?? 0, priority: ambient?.priority ?? 'normal' },
      fn,
    )
  }

  close(): void {
    for (const undo of this.undo) undo()
  }
}
