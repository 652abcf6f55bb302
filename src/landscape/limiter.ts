/** CapacityLimiter: at most so many at once, first come, first served. As Trio's. */
import { onAbortOf } from '../base/abort.js'
import { wrongType, wrongValue } from '../base/errors.js'
import { ambient } from '../core/ambient.js'
import { readInteger, readOptions } from '../core/arguments.js'
import { readSignal } from '../core/run.js'
import { current } from './context.js'

export interface AcquireOptions {
  /**
   * Whom the token is for: shown by `statistics()`, and may have only one. Without it, the scope or child around is
   * shown, which may have several.
   */
  borrower?: unknown
  /** Ends the waiting. The scope around does so, too. */
  signal?: AbortSignal | undefined
}

/** One token, held until `release()` or the end of a `using` block. */
export interface Lease extends Disposable, AsyncDisposable {
  /** Gives the token back; a second call does nothing. */
  release(): void
}

export interface LimiterStatistics {
  /** Tokens in use. */
  readonly borrowed: number
  /** Tokens there are. */
  readonly total: number
  /** Calls that wait for one. */
  readonly waiting: number
  /** Who has them. */
  readonly borrowers: readonly unknown[]
}

interface Waiter {
  readonly borrower: unknown
  readonly named: boolean
  grant(lease: Lease): void
}

const OPTIONS: ReadonlySet<string> = new Set(['borrower', 'signal'])

/**
 * Lets at most so many things run at once; the rest wait in the order they came. Waiting ends with the scope around.
 *
 * @throws TypeError or RangeError (ERR_OFFLOOP_ARG_…) unless the number is whole and 0 or more, or Infinity
 * @example
 * const limiter = new CapacityLimiter(10)
 * await scope(({ spawn }) => {
 *   for (const url of urls) spawn((signal) => limiter.run(() => download(url, signal)))
 * })
 * @see https://trio.readthedocs.io/en/stable/reference-core.html#trio.CapacityLimiter
 */
export class CapacityLimiter {
  #total: number
  readonly #leases = new Map<Lease, unknown>()
  readonly #waiting = new Set<Waiter>()
  /** Borrowers that were named: each has one token or waits for one. */
  readonly #named = new Set<unknown>()

  constructor(totalTokens: number) {
    this.#total = readTotal(totalTokens)
  }

  /**
   * How many there are. May be changed: more are given to those who wait at once; fewer take effect as tokens come back.
   */
  get totalTokens(): number {
    return this.#total
  }

  set totalTokens(value: number) {
    this.#total = readTotal(value)
    this.#wake()
  }

  /** Tokens in use. */
  get borrowedTokens(): number {
    return this.#leases.size
  }

  /** Tokens that can be had at once. */
  get availableTokens(): number {
    return Math.max(0, this.#total - this.#leases.size)
  }

  statistics(): LimiterStatistics {
    return {
      borrowed: this.#leases.size,
      total: this.#total,
      waiting: this.#waiting.size,
      borrowers: [...this.#leases.values()],
    }
  }

  /**
   * Waits for a token, runs `fn` and gives the token back, however it ends.
   *
   * @returns what `fn` returns
   * @throws what `fn` throws; the reason of the scope around or of `signal`, if that ends the waiting
   */
  async run<T>(fn: () => T, options?: AcquireOptions): Promise<Awaited<T>> {
    if (typeof fn !== 'function') throw wrongType('fn', 'a function', fn)
    const lease = await this.acquire(options)
    try {
      return await fn()
    } finally {
      lease.release()
    }
  }

  /**
   * Waits for a token.
   *
   * @returns the token: `await using lease = await limiter.acquire()`, or call its `release()`
   * @throws the reason of the scope around or of `signal`, if that ends the waiting; RangeError
   *   (ERR_OFFLOOP_ARG_VALUE) for a named borrower that has a token or waits for one
   */
  async acquire(options?: AcquireOptions): Promise<Lease> {
    const { signal, borrower, named } = this.#read(options)
    const outer = ambient.get?.()?.signal
    signal?.throwIfAborted()
    outer?.throwIfAborted()
    if (named) this.#named.add(borrower)
    if (this.#free()) return this.#lend(borrower, named)
    return new Promise((resolve, reject) => {
      const wait = current()?.waitFor('limiter', undefined, () => ({
        place: [...this.#waiting].indexOf(waiter) + 1,
        waiting: this.#waiting.size,
      }))
      const waiter: Waiter = {
        borrower,
        named,
        grant: (lease) => {
          wait?.end()
          unlisten?.()
          resolve(lease)
        },
      }
      const unlisten = onAbortOf(signal, outer, ({ reason }) => {
        wait?.end()
        this.#waiting.delete(waiter)
        if (named) this.#named.delete(borrower)
        reject(reason)
      })
      this.#waiting.add(waiter)
    })
  }

  /**
   * A token, if one can be had at once; otherwise undefined.
   *
   * @throws RangeError (ERR_OFFLOOP_ARG_VALUE) for a named borrower that has a token or waits for one
   */
  tryAcquire(options?: Omit<AcquireOptions, 'signal'>): Lease | undefined {
    const { borrower, named } = this.#read(options)
    if (!this.#free()) return undefined
    if (named) this.#named.add(borrower)
    return this.#lend(borrower, named)
  }

  /** Then nobody waits: a token that comes back goes to the first who does. */
  #free(): boolean {
    return this.#leases.size < this.#total
  }

  #read(value: AcquireOptions | undefined): { signal: AbortSignal | undefined; borrower: unknown; named: boolean } {
    const options = readOptions(value, OPTIONS)
    const signal = readSignal(options.signal)
    if (options.borrower === undefined) return { signal, borrower: current()?.title, named: false }
    if (this.#named.has(options.borrower)) {
      throw wrongValue('borrower', 'one without a token', options.borrower)
    }
    return { signal, borrower: options.borrower, named: true }
  }

  #lend(borrower: unknown, named: boolean): Lease {
    const release = () => {
      if (!this.#leases.delete(lease)) return
      if (named) this.#named.delete(borrower)
      this.#wake()
    }
    const lease: Lease = { release, [Symbol.dispose]: release, [Symbol.asyncDispose]: async () => release() }
    this.#leases.set(lease, borrower)
    return lease
  }

  #wake(): void {
    for (const waiter of this.#waiting) {
      if (this.#leases.size >= this.#total) return
      this.#waiting.delete(waiter)
      waiter.grant(this.#lend(waiter.borrower, waiter.named))
    }
  }
}

function readTotal(value: unknown): number {
  return value === Infinity ? value : readInteger('totalTokens', value, 0, Number.MAX_SAFE_INTEGER)
}
