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

/** A few tens of microseconds of plain JavaScript. */
const spin = (n: number): number => {
  let total = 0
  for (let i = 0; i < 20_000; i++) total += i % 2
  return n + total - 10_000
}
const onThread = faces.task(spin)
const inProcess = faces.task(spin, { on: 'process' })

/** Calls that came to their end, and that were cut off after they had begun. */
export const calls = { kernel: { ended: 0, cut: 0 }, thread: { ended: 0, cut: 0 }, process: { ended: 0, cut: 0 } }

/** A kernel or a task that nobody passed a signal to. */
export async function work(id: number): Promise<void> {
  const kind = id % 2 === 0 ? 'kernel' : id % 8 === 1 ? 'process' : 'thread'
  const late = faces.currentAmbient()!.signal.aborted
  let right: boolean
  try {
    if (kind === 'kernel') right = (await sum(NUMBERS)) === NUMBERS.length / 2
    else right = (await (kind === 'thread' ? onThread : inProcess)(id)) === id
  } catch (error) {
    if (!late) calls[kind].cut++
    throw error
  }
  if (late) throw new Error(`a ${kind} call ran in a cancelled scope`)
  if (!right) throw new Error(`a ${kind} call was wrong`)
  calls[kind].ended++
}
