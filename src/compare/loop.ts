/** How late the event loop is while something runs, through monitorEventLoopDelay. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

/** A millisecond timer's gaps need one tick before and one after what is watched. */
const MARGIN_MS = 3
/** Ticks read back from one histogram; longer watches are thinned to as many quantiles. */
const MOST_TICKS = 1000

export interface LoopDelay {
  readonly p99Ms: number
  readonly maxMs: number
}

/**
 * Collects ticks over many short stretches. A monitor that is disabled and enabled again counts the pause as one
 * delay, and monitors cannot be merged, so each stretch has its own and its ticks are read back one by one.
 */
export class LoopWatch {
  readonly #ticks: number[] = []

  /** Watches the loop while `body` runs. */
  async during<R>(body: () => Promise<R>): Promise<R> {
    const monitor = monitorEventLoopDelay({ resolution: 1 })
    monitor.enable()
    await sleep(MARGIN_MS)
    try {
      const result = await body()
      await sleep(MARGIN_MS)
      return result
    } finally {
      monitor.disable()
      const count = Math.min(monitor.count, MOST_TICKS)
      for (let i = 1; i <= count; i++) this.#ticks.push(monitor.percentile((100 * i) / count) / 1e6)
    }
  }

  clear(): void {
    this.#ticks.length = 0
  }

  /** Gaps between ticks: about 1.1 ms in an idle loop. */
  read(): LoopDelay {
    const sorted = this.#ticks.sort((a, b) => a - b)
    if (sorted.length === 0) return { p99Ms: 0, maxMs: 0 }
    return { p99Ms: sorted[Math.ceil(sorted.length * 0.99) - 1]!, maxMs: sorted.at(-1)! }
  }
}
