/** What the property test drives: the public face of the landscape, its clock, and work that obeys what is ambient. */
import { sum } from '../../dist/index.js'
import { clock, contextState } from '../../dist/internal.js'
import * as faces from '../../dist/landscape/index.js'
import type { SteppedClock } from './stepped-clock.js'

export const landscape = { ...faces, contextState }
export type Landscape = typeof landscape
export type { Scope as Place } from '../../dist/landscape/index.js'

/** Puts a clock in the place of the machine's; returns what undoes it. */
export function withClock(virtual: SteppedClock): () => void {
  const { now, setTimeout, clearTimeout } = clock
  Object.assign(clock, {
    now: () => virtual.now(),
    setTimeout: (callback: () => void, ms: number) => virtual.setTimeout(callback, ms),
    clearTimeout: (timer: unknown) => virtual.clearTimeout(timer as ReturnType<SteppedClock['setTimeout']>),
  })
  return () => void Object.assign(clock, { now, setTimeout, clearTimeout })
}

/** Large enough for native threads: about 60 µs on one. */
const NUMBERS = new Float64Array(2 ** 18).fill(0.5)

/** Kernels that came to their end, and that were cut off after they had begun. */
export const kernels = { ended: 0, cut: 0 }

/** A kernel that nobody passed a signal to. */
export async function work(): Promise<void> {
  const late = faces.currentAmbient()!.signal.aborted
  let total: number
  try {
    total = await sum(NUMBERS)
  } catch (error) {
    if (!late) kernels.cut++
    throw error
  }
  if (late) throw new Error('a kernel ran in a cancelled scope')
  if (total !== NUMBERS.length / 2) throw new Error(`a kernel was wrong: ${total}`)
  kernels.ended++
}
