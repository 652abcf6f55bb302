/** What a blocked caller and its helper thread say to each other. */
import type { MessagePort } from 'node:worker_threads'
import type { Failure } from './failure.js'
import type { Answer, Movable, Request } from './wire.js'

/** Words of the memory that both see: how many answers there are, whether the helper is up, and whether it has ended. */
export const ANSWERS = 0
export const ALIVE = 1
export const DEAD = 2
export const WORDS = 3

export interface HelperData {
  readonly offloopHelper: { readonly port: MessagePort; readonly words: Int32Array }
}

export type ToHelper =
  | { readonly call: number; readonly request: Request; readonly transfer: readonly Movable[] }
  | { readonly abandon: number }

export type FromHelper =
  | { readonly call: number; readonly answer: Answer }
  | { readonly call: number; readonly error: Failure }
