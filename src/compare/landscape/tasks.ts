/** A function on workers: all that this folder uses of tasks. */
import { task } from '../../landscape/task.js'

type Runs<P extends unknown[], R> = (...args: P) => Promise<Awaited<R>>

export function onThreads<P extends unknown[], R>(fn: (...args: P) => R, name: string): Runs<P, R> {
  return task(fn, { on: 'thread', name }) as unknown as Runs<P, R>
}

export function onProcesses<P extends unknown[], R>(fn: (...args: P) => R, name: string): Runs<P, R> {
  return task(fn, { on: 'process', name }) as unknown as Runs<P, R>
}
