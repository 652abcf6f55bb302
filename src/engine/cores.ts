/**
 * The cores that tasks hold: one budget with the grains of native kernels, for the whole process, where a binary loads
 * (native/core/budget.h has its rules); without one, each thread counts its own tasks.
 */
import { clearInterval, setInterval } from 'node:timers'
import { quietChoice } from './choose.js'
import { limits } from './limits.js'
import type { NativeEngine } from './native.js'
import { isSeated } from './seat.js'

type Granted = (seat: number) => void

/** Loops that wait free their cores without a word: whoever has claims waiting looks this often. */
const LOOK_MS = 2

interface Claim {
  readonly rank: number
  readonly granted: Granted
}

/** In JavaScript: in the order in which they came. */
const queue = new Set<Claim>()
/** With the native engine: by seat. */
const waiting = new Map<number, Granted>()
let held = 0
let timer: NodeJS.Timeout | undefined

/**
 * Calls `granted` once a core is free, now or later, with the number of the seat (0 without the native engine).
 * Returns what gives the core back, or withdraws the claim.
 */
export function claimCore(rank: number, granted: Granted): () => void {
  const native = engine()
  if (native === undefined) return claimHere({ rank, granted })
  native.onGranted ??= (seat) => {
    const grant = waiting.get(seat)
    waiting.delete(seat)
    look()
    grant?.(seat)
  }
  const claimed = native.claim(rank, isSeated())
  const seat = Math.abs(claimed)
  let left = false
  const leave = () => {
    if (left) return
    left = true
    waiting.delete(seat)
    look()
    native.leave(seat)
  }
  if (claimed >= 0) {
    granted(seat)
  } else {
    waiting.set(seat, granted)
    look()
  }
  return leave
}

/** The file of the addon, for the workers of tasks. */
export function addonPath(): string | undefined {
  return engine()?.path
}

/** Cores that tasks of this thread hold, where that is counted in JavaScript. */
export function coresHeld(): number {
  return held
}

/** Tasks run without a binary, too, whatever OFFLOOP_ENGINE asks of kernels. */
function engine(): NativeEngine | undefined {
  try {
    return quietChoice().native
  } catch {
    return undefined
  }
}

function look(): void {
  if (waiting.size > 0) {
    timer ??= setInterval(() => engine()!.look(), LOOK_MS).unref()
  } else if (timer !== undefined) {
    clearInterval(timer)
    timer = undefined
  }
}

function claimHere(claim: Claim): () => void {
  queue.add(claim)
  admit()
  let left = false
  return () => {
    if (left) return
    left = true
    if (!queue.delete(claim)) held--
    admit()
  }
}

function admit(): void {
  while (held < limits().cores) {
    let first: Claim | undefined
    for (const claim of queue) if (first === undefined || claim.rank < first.rank) first = claim
    if (first === undefined) return
    queue.delete(first)
    held++
    first.granted(0)
  }
}
