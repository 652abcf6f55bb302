/** How many calls of tasks began and ended, and how. */
import type { TaskStats } from '../core/stats.js'

type Tally = { -readonly [K in 'started' | 'settled' | 'cancelled' | 'failed']: TaskStats[K] }

const nothing = (): Tally => ({ started: 0, settled: 0, cancelled: 0, failed: 0 })

export const tally: Record<'loop' | 'thread' | 'process', Tally> = {
  loop: nothing(),
  thread: nothing(),
  process: nothing(),
}

/** A call has ended: with a result, or not, and then perhaps because it was cancelled. */
export function ended(own: Tally, how: 'fulfilled' | 'failed' | 'cancelled'): void {
  own.settled++
  if (how !== 'fulfilled') own[how]++
}
