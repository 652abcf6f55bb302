/** What a demo measures of a call: how long it takes, and how long it keeps the loop from its timers. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Watched<T> {
  readonly result: T
  readonly seconds: number
  /** How long the loop was kept from its timers, in milliseconds. */
  readonly p99: number
  readonly max: number
}

export async function watchLoop<T>(run: () => T | Promise<T>): Promise<Watched<T>> {
  const histogram = monitorEventLoopDelay({ resolution: 1 })
  histogram.enable()
  await sleep(20) // it counts from its second tick on
  const begun = performance.now()
  const result = await run()
  const seconds = (performance.now() - begun) / 1000
  await sleep(5) // a loop that was blocked says so on its next tick
  histogram.disable()
  return { result, seconds, p99: histogram.percentile(99) / 1e6, max: histogram.max / 1e6 }
}
