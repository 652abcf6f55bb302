/** Twins on this thread's loop, where no worker can be had; and what keeps the process alive for outstanding calls. */
import { setImmediate, setInterval } from 'node:timers'

interface Runs {
  runHere(): void
}

const waiting: Runs[] = []

/** One call per turn of the loop, so that timers and I/O have theirs between two. */
export function runOnLoop(call: Runs): void {
  waiting.push(call)
  if (waiting.length === 1) setImmediate(turn)
}

function turn(): void {
  waiting[0]!.runHere()
  waiting.shift()
  if (waiting.length > 0) setImmediate(turn)
}

const FAR = 2 ** 31 - 1
let outstanding = 0
let holding: NodeJS.Timeout | undefined

/** A promise is outstanding: the process stays, whether or not the call has a worker yet. */
export function hold(): void {
  if (outstanding++ > 0) return
  // One timer for all times: making one takes longer than a small task's messages.
  if (holding === undefined) holding = setInterval(() => {}, FAR)
  else holding.ref()
}

export function letGo(): void {
  if (--outstanding === 0) holding!.unref()
}
