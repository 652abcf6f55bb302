/** A virtual clock for scopes: time passes only when nothing else can happen. */
import { clock } from '../../dist/internal.js'
import { currentAmbient } from '../../dist/landscape/index.js'

interface Timer {
  readonly at: number
  readonly callback: () => void
}

const real = { ...clock }
let now = 0
const timers = new Set<Timer>()

export function installClock(): void {
  now = 0
  timers.clear()
  clock.now = () => now
  clock.setTimeout = (callback, ms) => {
    const timer = { at: now + ms, callback }
    timers.add(timer)
    return timer
  }
  clock.clearTimeout = (timer) => timers.delete(timer as Timer)
}

export function restoreClock(): void {
  Object.assign(clock, real)
}

/** Virtual milliseconds since the start of the test. */
export const time = (): number => now
/** Timers that are set. */
export const timersSet = (): number => timers.size

/** Everything that can happen without time passing. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Lets time pass, from timer to timer, until the promise settles; gives what it gives. */
export async function run<T>(promise: PromiseLike<T>): Promise<T> {
  let settled = false
  const mark = () => {
    settled = true
  }
  promise.then(mark, mark)
  for (;;) {
    await settle()
    if (settled) return promise
    let next: Timer | undefined
    for (const timer of timers) if (next === undefined || timer.at < next.at) next = timer
    if (next === undefined) throw new Error(`nothing more happens at ${now} ms`)
    timers.delete(next)
    now = Math.max(now, next.at)
    next.callback()
  }
}

/** Waits virtual milliseconds; rejects with the reason of the scope around, as all that is awaited in Trio does. */
export function sleep(ms: number, signal: AbortSignal | undefined = currentAmbient()?.signal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const timer = clock.setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, ms)
    const abort = () => {
      clock.clearTimeout(timer)
      reject(signal!.reason)
    }
    signal?.addEventListener('abort', abort, { once: true })
  })
}

export const sleepForever = (): Promise<void> => sleep(1e9)

/** What a promise rejects with. */
export async function errorOf(promise: PromiseLike<unknown>): Promise<Error & { code?: string }> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('it did not reject')
}
