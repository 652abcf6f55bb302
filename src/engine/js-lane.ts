/** A worker of the pool, and what the pool asks of the tasks it gives to workers. */
import type { Worker } from 'node:worker_threads'
import { coded, noMemory } from '../base/errors.js'
import type { Reply } from './js-wire.js'

export interface Task {
  readonly work: number
  /** 0 goes first. */
  readonly rank: number
  /** The lane is the task's until it calls `release` or `discard`. Its worker may still be starting. */
  begin(lane: Lane): void
  reply(message: Reply): void
  /** The worker did not start, and the lane is gone: the task waits again. */
  unbegin(): void
  /** The worker is gone, and the lane with it. */
  died(error: Error): void
  /** No worker can be had, and none has seen the task. */
  noWorker(): void
}

/** One worker, and the task it has. */
export interface Lane {
  readonly worker: Worker
  ready: boolean
  task: Task | undefined
  extra: boolean
  idleSince: number
}

/** What a call rejects with whose worker died. */
export function deathOf(error: unknown): Error {
  if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY') return noMemory('this call', error)
  const { message } = error as Error
  return coded(Error, 'ERR_OFFLOOP_INTERNAL', `Expected a result from a worker but ${message}`, error)
}
