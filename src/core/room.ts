/** How many threads the kernels of a scope may have at once. What does not fit waits its turn: first come, first served. */
export class Room {
  readonly threads: number
  readonly #outer: Room | undefined
  readonly #waiting = new Set<{ readonly need: number; enter(): void }>()
  #free: number

  /** `outer`: the room around, in which whatever is in here takes room, too. */
  constructor(threads: number, outer: Room | undefined) {
    this.threads = threads
    this.#free = threads
    this.#outer = outer
  }

  /** Calls `begin` once so many threads are free, now or later. Returns what gives them back, or leaves the queue. */
  take(threads: number, begin: () => void): () => void {
    const need = Math.min(threads, this.threads)
    let inside = false
    let left = false
    let leaveOuter: (() => void) | undefined
    const ticket = {
      need,
      enter: () => {
        this.#waiting.delete(ticket)
        this.#free -= need
        inside = true
        if (this.#outer === undefined) begin()
        else leaveOuter = this.#outer.take(need, begin)
      },
    }
    this.#waiting.add(ticket)
    this.#admit()
    return () => {
      if (left) return
      left = true
      this.#waiting.delete(ticket)
      if (inside) this.#free += need
      leaveOuter?.()
      this.#admit()
    }
  }

  #admit(): void {
    for (const ticket of this.#waiting) {
      if (ticket.need > this.#free) return
      ticket.enter()
    }
  }
}
