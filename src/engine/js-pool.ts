/**
 * The workers that run twins.
 *
 * Calls start in the order they came, on at most as many workers as limits.ts and the tasks leave, and
 * one more worker takes nothing but small calls, so that these wait for each other but never for a long one. A worker
 * whose call was aborted is never used again; it may linger inside TypedArray.prototype.sort for seconds, and
 * until it is gone it counts: there are never more than twice that and one, whatever is aborted how often.
 */
import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers'
import { Worker } from 'node:worker_threads'
import { choose, warn } from './choose.js'
import { coresHeld } from './cores.js'
import { deathOf, type Lane, type Task } from './js-lane.js'
import { jsMode, leaveWorkers, workerUrl } from './js-mode.js'
import { dropScratch } from './js-scratch.js'
import type { Reply } from './js-wire.js'
import { limits } from './limits.js'

/** Below this many estimated native nanoseconds a call is small: some 10 ms in JavaScript. */
const SMALL_NS = 1e6
const IDLE_MS = 10_000

const lanes = new Set<Lane>()
const idle: Lane[] = []
const queue: Task[] = []
let busy = 0
let extraBusy = false
let lingering = 0
/** A worker failed to start beside running ones: there are as many as there can be. */
let full = false
let dispatching = false
let timer: NodeJS.Timeout | undefined

/** Workers that take calls. */
export function workerCount(): number {
  return lanes.size
}

export function submit(task: Task): void {
  let at = queue.length
  while (at > 0 && queue[at - 1]!.rank > task.rank) at--
  queue.splice(at, 0, task)
  dispatch()
}

/** Takes back a task that has not begun. */
export function withdraw(task: Task): void {
  const at = queue.indexOf(task)
  if (at >= 0) queue.splice(at, 1)
}

/** The worker is free for the next task. */
export function release(lane: Lane): void {
  leave(lane)
  lane.idleSince = performance.now()
  idle.push(lane)
  retireLater(IDLE_MS)
  dispatch()
}

/** The worker runs on with what it has; it stops when it can, and is never used again. */
export function discard(lane: Lane): void {
  leave(lane)
  lanes.delete(lane)
  lingering++
  // 'exit' tells when; awaiting terminate() would wait for the sort that it is in.
  void lane.worker.terminate()
  retireLater(IDLE_MS)
  dispatch()
}

function leave(lane: Lane): void {
  lane.task = undefined
  if (lane.extra) extraBusy = false
  else busy--
}

function dispatch(): void {
  if (dispatching) return // a task that fails at once releases its lane from inside `begin`
  dispatching = true
  try {
    while (queue.length > 0 && assign());
  } finally {
    dispatching = false
  }
}

/** Starts one task; false if none can start now. */
function assign(): boolean {
  const extra = busy >= twins()
  if (extra && extraBusy) return false
  const at = extra ? queue.findIndex((task) => task.work < SMALL_NS) : 0
  if (at < 0) return false
  if (idle.length === 0 && (lanes.size + lingering > 2 * limits().threads || (full && lanes.size > 0))) return false
  const lane = idle.pop() ?? open()
  if (lane === undefined) return false
  const [task] = queue.splice(at, 1)
  if (extra) extraBusy = true
  else busy++
  lane.extra = extra
  lane.task = task
  task!.begin(lane)
  return true
}

/** Workers that may run twins now: what tasks leave of the cores, and at least a third. */
function twins(): number {
  const { cores, threads } = limits()
  return Math.min(threads, Math.max(cores - coresHeld(), Math.ceil(cores / 3)))
}

function open(): Lane | undefined {
  let worker: Worker
  try {
    // No flags, loaders or environment of the user's: a twin needs none, and some break a worker's start.
    worker = new Worker(workerUrl(), { name: 'offloop', execArgv: [], env: {} })
  } catch (error) {
    cannotStart(error)
    return undefined
  }
  const lane: Lane = { worker, ready: false, task: undefined, extra: false, idleSince: 0 }
  lanes.add(lane)
  worker.on('message', (message: 'ready' | Reply) => {
    if (message !== 'ready') return lane.task?.reply(message)
    lane.ready = true
    // Outstanding calls keep the process alive (js-loop.ts), never a worker. Before it is up, unref() is undone.
    worker.unref()
  })
  worker.on('messageerror', (error) => lost(lane, error))
  worker.on('error', (error) => lost(lane, error))
  worker.on('exit', (code) => {
    lost(lane, new Error(`its worker exited with code ${code}`))
    lingering--
    dispatch()
  })
  return lane
}

/** A worker died by itself. */
function lost(lane: Lane, error: unknown): void {
  if (!lanes.delete(lane)) return
  lingering++ // until 'exit'
  void lane.worker.terminate()
  const at = idle.indexOf(lane)
  if (at >= 0) idle.splice(at, 1)
  const { task } = lane
  if (task !== undefined) {
    leave(lane)
    if (lane.ready) task.died(deathOf(error))
    else {
      task.unbegin()
      queue.unshift(task)
    }
  }
  if (!lane.ready) cannotStart(error)
  dispatch()
}

function cannotStart(error: unknown): void {
  full = [...lanes].some((lane) => lane.ready)
  if (full) return
  if (jsMode() === 'worker') {
    leaveWorkers(error)
    warn(choose().reason)
  }
  for (const task of queue.splice(0)) task.noWorker()
}

function retireLater(ms: number): void {
  if (timer === undefined) timer = setTimeout(retire, ms).unref()
}

function retire(): void {
  timer = undefined
  const now = performance.now()
  while (idle.length > 0 && now - idle[0]!.idleSince >= IDLE_MS - 1) {
    const lane = idle.shift()!
    lanes.delete(lane)
    lingering++
    void lane.worker.terminate()
  }
  if (idle.length > 0) retireLater(IDLE_MS - (now - idle[0]!.idleSince))
  else if (lanes.size === 0) dropScratch()
}
