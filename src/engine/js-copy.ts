/** Copying in slices: this thread's loop runs between them, however many calls copy at once. */
// Of their modules: a test's fake clock replaces the globals, and would stop a copy for ever.
import { performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers'
import type { TypedArray } from '../base/dtypes.js'
import { coded } from '../base/errors.js'
import type { MatrixValue } from './values.js'

/** A copy in steps: each `next()` moves at most about CHUNK bytes. */
export type Steps = Generator<void, void>

/** A step takes well under 0.2 ms, first touch of the target included. */
const CHUNK = 1 << 17
/** A gathered element costs some ten times a copied one. */
const GATHERED = 1 << 14
/** All copies of this thread together hold the loop this long, then let it turn: 2 ms with the last step. */
const SLICE_MS = 1.5
/** So few bytes are copied at once, in about 10 µs. */
const AT_ONCE = 1 << 16

interface Task {
  readonly steps: Steps
  readonly done: (error?: unknown) => void
}

const tasks: Task[] = []
let scheduled = false

/** Runs the steps in slices and then calls `done`, with the error if one threw; returns what cancels it. */
export function runSliced(steps: Steps, bytes: number, done: (error?: unknown) => void): () => void {
  const task = { steps, done }
  if (bytes <= AT_ONCE) {
    while (!advance(task));
    return () => {}
  }
  tasks.push(task)
  schedule()
  return () => {
    const at = tasks.indexOf(task)
    if (at >= 0) tasks.splice(at, 1)
  }
}

// An immediate, not a microtask or nextTick: timers and I/O have their turn in between.
function schedule(): void {
  if (scheduled || tasks.length === 0) return
  scheduled = true
  setImmediate(slice)
}

function slice(): void {
  scheduled = false
  const end = performance.now() + SLICE_MS
  while (tasks.length > 0 && performance.now() < end) {
    // In turn, so that a small copy is not kept behind a large one.
    const task = tasks.shift()!
    tasks.push(task)
    if (advance(task)) {
      const at = tasks.indexOf(task)
      if (at >= 0) tasks.splice(at, 1)
    }
  }
  schedule()
}

/** One step; true when that was the last. */
function advance(task: Task): boolean {
  try {
    if (task.steps.next().done !== true) return false
  } catch (error) {
    task.done(error)
    return true
  }
  task.done()
  return true
}

/** from[low, high) to the front of `to`. Callers' code runs between the steps, so lengths are looked at in each. */
export function* copyRange(from: TypedArray, low: number, high: number, to: TypedArray): Steps {
  const step = CHUNK / from.BYTES_PER_ELEMENT
  for (let at = low; at < high; at += step) {
    const end = Math.min(at + step, high)
    if (from.length < high || to.length < high - low)
      throw lostMemory()
      // The same element type on both sides: bytes are moved, and NaNs keep their bits.
    ;(to as Float64Array).set((from as Float64Array).subarray(at, end), at - low)
    yield
  }
}

/** A strided matrix, row-major without gaps. */
export function* gather(matrix: MatrixValue, to: TypedArray): Steps {
  const { array, rows, cols, rowStride, colStride, offset } = matrix
  const [source, target] = [array as Float64Array, to as Float64Array]
  const { length } = source
  let at = 0
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; ) {
      const end = Math.min(cols, col + GATHERED - (at % GATHERED))
      const base = offset + row * rowStride
      if (source.length < length) throw lostMemory()
      for (; col < end; col++) target[at++] = source[base + col * colStride]!
      if (at % GATHERED === 0) yield
    }
  }
}

export function lostMemory(): Error {
  return coded(
    TypeError,
    'ERR_OFFLOOP_DETACHED',
    'Expected arrays that keep their memory during the call but received one whose buffer was transferred',
  )
}
