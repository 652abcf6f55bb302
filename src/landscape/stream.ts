/** The caller's side of a generator in a worker: values as they come, at most WINDOW not yet taken. */
import type { Call } from './call.js'
import { WINDOW } from './wire.js'

interface Waiter<Y> {
  resolve(result: IteratorResult<Y, unknown>): void
  reject(error: unknown): void
}

/** Credit goes back for so many values at once. */
const BATCH = WINDOW / 2

export class Stream<Y> implements AsyncIterableIterator<Y, unknown, undefined> {
  private call: Call | undefined
  private readonly values: Y[] = []
  private readonly waiters: Waiter<Y>[] = []
  private end: { readonly error: unknown } | { readonly value: unknown } | undefined
  private taken = 0
  private closed = false

  /** `begin` starts the call, at the first `next()`: a generator nobody asks never starts. */
  constructor(private readonly begin: (onPart: (value: unknown) => void) => Call) {}

  next(): Promise<IteratorResult<Y, unknown>> {
    return new Promise((resolve, reject) => {
      this.waiters.push({ resolve, reject })
      try {
        if (this.call === undefined && !this.closed) this.start()
      } catch (error) {
        this.end = { error }
      }
      this.serve()
    })
  }

  /** Ends the generator in its worker, whose `finally` blocks run, and waits for that. */
  async return(value?: unknown): Promise<IteratorResult<Y, unknown>> {
    const { call } = this
    const running = call !== undefined && this.end === undefined
    this.closed = true
    this.values.length = 0
    this.serve()
    if (running) {
      call.tell({ stop: true })
      await call.promise
    }
    return { done: true, value }
  }

  async throw(error?: unknown): Promise<IteratorResult<Y, unknown>> {
    await this.return()
    throw error
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  private start(): void {
    this.call = this.begin((value) => {
      if (this.closed) return
      this.values.push(value as Y)
      this.serve()
    })
    this.call.promise.then(
      (value) => this.finish({ value }),
      (error) => {
        if (this.call!.cut) this.values.length = 0
        this.finish({ error })
      },
    )
  }

  private finish(end: { readonly error: unknown } | { readonly value: unknown }): void {
    this.end = end
    this.serve()
  }

  private serve(): void {
    while (this.waiters.length > 0) {
      if (this.values.length > 0) {
        this.waiters.shift()!.resolve({ done: false, value: this.values.shift()! })
        if (++this.taken === BATCH) {
          this.call!.tell({ credit: BATCH })
          this.taken = 0
        }
      } else if (this.closed) this.waiters.shift()!.resolve({ done: true, value: undefined })
      else if (this.end !== undefined) {
        this.closed = true // what comes after the end is nothing
        const waiter = this.waiters.shift()!
        if ('error' in this.end) waiter.reject(this.end.error)
        else waiter.resolve({ done: true, value: this.end.value })
      } else return
    }
  }
}
