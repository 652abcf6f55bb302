/** A clock that stands still until it is told to go on: timers fire in order, one at a time. */

export interface Timer {
  readonly at: number
  readonly fire: () => void
}

export class SteppedClock {
  #now: number
  readonly #timers = new Set<Timer>()

  constructor(start = 0) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  setTimeout(fire: () => void, ms: number): Timer {
    const timer = { at: this.#now + ms, fire }
    this.#timers.add(timer)
    return timer
  }

  clearTimeout(timer: Timer): void {
    this.#timers.delete(timer)
  }

  get pending(): number {
    return this.#timers.size
  }

  /** Goes to the earliest timer and fires it; false if there is none. */
  next(): boolean {
    let first: Timer | undefined
    for (const timer of this.#timers) if (first === undefined || timer.at < first.at) first = timer
    if (first === undefined) return false
    this.#timers.delete(first)
    this.#now = Math.max(this.#now, first.at)
    first.fire()
    return true
  }
}
