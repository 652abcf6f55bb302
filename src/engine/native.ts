/** The native engine: finds the binary, checks that it is ours, and speaks its call frame. */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { constructorOf, type Dtype, type TypedArray } from '../base/dtypes.js'
import { coded, noMemory } from '../base/errors.js'
import { bytesOf } from './bytes.js'
import { lastJob, nextJob } from './ids.js'
import { onLimits } from './limits.js'
import { fresh, materialize } from './twin.js'
import type { Call, Outputs, OutValue, Plan, Report, Runnable, Sink } from './values.js'

interface Description {
  readonly kernels: Readonly<Record<string, Readonly<Record<string, { index: number; signature: string }>>>>
  readonly isa: string
  readonly levels: readonly string[]
  readonly version: string
  readonly build: string
  readonly threads: number
  readonly source: string
}

interface Addon {
  describe(): Description
  connect(onEvent: (kind: number, id: number, a: number, b: number) => unknown): ArrayBuffer
  sync(instance: number, ...arrays: unknown[]): number
  start(instance: number, ...arrays: unknown[]): void
  stop(id: number): void
  configure(cores: number, threads: number): void
  claim(rank: number, nested: boolean): number
  leave(seat: number): void
  look(): void
  trace(on: boolean): void
  drain(): Float64Array
  stats(): NativeStats
  readonly environment: number
  state(): unknown
}

/** Of the process, all threads together; native/core/pool.h says what they are. */
export interface NativeStats {
  readonly cores: number
  readonly threads: number
  readonly started: number
  readonly busy: number
  readonly held: number
  readonly claims: number
  readonly running: number
  readonly queued: number
  readonly grains: number
  readonly jobs: number
  readonly cancelled: number
  readonly scratch: number
  readonly lost: number
}

// The layout of native/napi/environment.h.
const THREADS = 0
const WORK_NS = 1
const TIMEOUT_MS = 3
const FLAGS = 4
const ID = 5
const PRIORITY = 6
const RESULTS = 8
const SLOTS = 16
const SLOT_SIZE = 8
const FLAG_PROGRESS = 1
const FLAG_INLINE = 2
const FLAG_REPORT = 4
const EVENT_PROGRESS = 1
const EVENT_GROW = 2
const EVENT_STARTED = 3
const EVENT_GRANTED = 4
// native/core/status.h
const STOPPED = 1
const TIMEOUT = 2

// Bytes of elements that V8 keeps inside a TypedArray.
const ON_HEAP = 64

export class TimeoutStatus extends Error {}

interface Pending {
  readonly call: Call
  readonly sink: Sink
  readonly arrays: (TypedArray | undefined)[]
}

export interface NativeEngine {
  readonly description: Description
  /** Why the binary cannot run this kernel, or undefined; to be asked before the first call. */
  mismatch(kernel: Runnable): string | undefined
  sync(kernel: Runnable, call: Call, plan: Plan, progress: ((fraction: number) => boolean) | undefined): Outputs
  start(kernel: Runnable, call: Call, plan: Plan, sink: Sink): () => void
  /** Asynchronous calls of this thread that have not settled, and the bytes of their arrays. */
  held(): { calls: number; bytes: number }
  /** A core for a task: its seat, or the negative of it if `onGranted` is to say when. */
  claim(rank: number, nested: boolean): number
  leave(seat: number): void
  look(): void
  onGranted: ((seat: number) => void) | undefined
  /** How the call that settles, or has just returned, went; to be read at once, where its plan asked for it. */
  report(): Report
  /** Whether grains are recorded, in the whole process. */
  trace(on: boolean): void
  /** Since the last time: thread, environment, job, instance, begin, end (ns of process.hrtime), items, lane of each. */
  drain(): Float64Array
  /** The kernel and element type of an instance, as in `sum[f64]`. */
  nameOf(instance: number): string
  /** Names this thread in records. */
  readonly environment: number
  /** The number in records of the call that was started last. */
  readonly lastJob: number
  /** The binary's file. */
  readonly path: string
  stats(): NativeStats
  state(): unknown
}

/** Throws what the loader threw if there is no binary that loads here. */
export function loadNative(): NativeEngine {
  const require = createRequire(import.meta.url)
  const { path } = require('node-gyp-build') as { path(root: string): string }
  const file = path(fileURLToPath(new URL('../..', import.meta.url)))
  return connect(require(file) as Addon, file)
}

function connect(addon: Addon, path: string): NativeEngine {
  const description = addon.describe()
  const pending = new Map<number, Pending>()
  let syncProgress: ((fraction: number) => boolean) | undefined

  const onEvent = (kind: number, id: number, a: number, b: number): unknown => {
    if (kind === EVENT_GRANTED) return engine.onGranted?.(id)
    const job = pending.get(id)
    if (job === undefined) return true
    if (kind === EVENT_PROGRESS) {
      // A blocking caller's tick: true asks the job to stop.
      if (syncProgress !== undefined && id === syncId) return syncProgress(a)
      job.sink.progress?.(a)
      return false
    }
    if (kind === EVENT_GROW) {
      const value = job.call.values[a]
      if (value?.kind !== 'grow') return undefined
      try {
        const array = fresh(value.dtype, b)
        job.arrays[outputIndex(job.call, a)] = array
        return array
      } catch {
        return undefined // the kernel reports that memory was refused
      }
    }
    if (kind === EVENT_STARTED) return job.sink.started?.(a - origin)
    pending.delete(id)
    if (a === 0) job.sink.resolve({ arrays: job.arrays as TypedArray[], f64, i64 })
    else if (a === STOPPED || a === TIMEOUT) job.sink.stopped()
    else job.sink.reject(failure(a))
    return undefined
  }
  const buffer = addon.connect(onEvent)
  const frame = new Float64Array(buffer)
  const REPORT = frame.length - 4
  // Node's hrtime and the addon's clock are one; performance.now() is the same since another zero.
  const origin = Number(process.hrtime.bigint()) / 1e6 - performance.now()
  const f64 = new Float64Array(buffer, RESULTS * 8, 8)
  const i64 = new BigInt64Array(buffer, RESULTS * 8, 8)
  let syncId = 0

  // Fresh results of some elements, where V8 keeps elements inside the object: native code would have it move them out,
  // which costs more (1 µs) than all the rest of the call. It writes here, and the elements are copied.
  const smalls: Partial<Record<Dtype, TypedArray[]>>[] = []
  const copies: TypedArray[] = [] // result, what native code writes, result, …
  const smallOf = ({ dtype, length }: OutValue, parameter: number): TypedArray => {
    smalls[parameter] ??= {}
    smalls[parameter][dtype] ??= []
    const arrays = smalls[parameter][dtype]
    return (arrays[length] ??= new (constructorOf(dtype))(new ArrayBuffer(2 * ON_HEAP), 0, length))
  }

  // Writes the numbers into the frame and the arrays that travel as arguments into `passed`, from 1 on; returns their
  // count. `copied`: whether small fresh results are to go by way of another array.
  const write = (
    { values }: Call,
    plan: Plan,
    id: number,
    progress: boolean,
    outputs: (TypedArray | undefined)[],
    passed: unknown[],
    copied: boolean,
  ): number => {
    let count = 1
    if (copies.length > 0) copies.length = 0
    for (let p = 0; p < values.length; p++) {
      const value = values[p]!
      const at = SLOTS + p * SLOT_SIZE
      frame[at] = 1
      switch (value.kind) {
        case 'in':
        case 'any':
          passed[count++] = value.array
          break
        case 'inout':
          passed[count++] = value.array
          outputs.push(value.array)
          break
        case 'out': {
          const array = materialize(value)
          frame[at + 1] = value.array === undefined ? 1 : 0
          if (copied && value.array === undefined && array.byteLength <= ON_HEAP) {
            passed[count++] = smallOf(value, p)
            copies.push(array, passed[count - 1] as TypedArray)
          } else {
            passed[count++] = array
          }
          outputs.push(array)
          break
        }
        case 'matrix':
          passed[count++] = value.array
          frame[at + 2] = value.rows
          frame[at + 3] = value.cols
          frame[at + 4] = value.rowStride
          frame[at + 5] = value.colStride
          frame[at + 6] = value.offset
          break
        case 'state':
          passed[count++] = value.state
          break
        case 'grow':
          outputs.push(undefined)
          break
        case 'result':
          break
        case 'absent':
          frame[at] = 0
          break
        default:
          frame[at + 1] = value.value
      }
    }
    frame[THREADS] = plan.threads
    frame[WORK_NS] = plan.work
    frame[TIMEOUT_MS] = plan.timeout
    frame[PRIORITY] = plan.rank
    frame[FLAGS] = (progress ? FLAG_PROGRESS : 0) | (plan.inline ? FLAG_INLINE : 0) | (plan.report ? FLAG_REPORT : 0)
    frame[ID] = id
    return count
  }

  const indexOf = (kernel: Runnable, call: Call) => kernel.indices![call.instance]!

  const engine: NativeEngine = {
    description,
    path,
    environment: addon.environment,
    onGranted: undefined,
    get lastJob() {
      return lastJob()
    },
    mismatch(kernel) {
      const theirs = description.kernels[nativeName(kernel)]
      if (theirs === undefined) return `it has no kernel '${nativeName(kernel)}'`
      const indices: Record<string, number> = {}
      for (const [instance, signature] of Object.entries(kernel.instances)) {
        const given = theirs[instance]?.signature
        if (given !== signature) {
          return `its ${nativeName(kernel)}[${instance}] takes (${given ?? 'nothing'}), this package expects (${signature})`
        }
        indices[instance] = theirs[instance]!.index
      }
      kernel.indices = indices
      return undefined
    },
    sync(kernel, call, plan, progress) {
      const arrays: (TypedArray | undefined)[] = []
      const passed: unknown[] = [indexOf(kernel, call), 0, 0, 0, 0]
      let status: number
      if (progress === undefined && !grows(call)) {
        const count = write(call, plan, plan.id ?? (plan.report ? nextJob() : 0), false, arrays, passed, true)
        status = callSync(addon, passed, count)
        for (let i = 0; i < copies.length; i += 2) copies[i]!.set(copies[i + 1] as Float64Array & BigInt64Array)
      } else {
        const count = write(call, plan, 0, progress !== undefined, arrays, passed, false)
        const [outerId, outerProgress] = [syncId, syncProgress]
        syncId = plan.id ?? nextJob()
        syncProgress = progress
        frame[ID] = syncId
        pending.set(syncId, { call, arrays, sink: undefined as unknown as Sink })
        try {
          status = callSync(addon, passed, count)
        } finally {
          pending.delete(syncId)
          syncId = outerId
          syncProgress = outerProgress
        }
      }
      if (status === TIMEOUT) throw new TimeoutStatus()
      if (status !== 0 && status !== STOPPED) throw failure(status)
      return { arrays: arrays as TypedArray[], f64, i64 }
    },
    start(kernel, call, plan, sink) {
      const id = plan.id ?? nextJob()
      const arrays: (TypedArray | undefined)[] = []
      const passed: unknown[] = [indexOf(kernel, call)]
      write(call, plan, id, sink.progress !== undefined, arrays, passed, false)
      // Held here until it settles, so that no array is collected under the job.
      pending.set(id, { call, sink, arrays })
      try {
        addon.start(...(passed as [number]))
      } catch (error) {
        pending.delete(id)
        throw error
      }
      return () => addon.stop(id)
    },
    claim: (rank, nested) => addon.claim(rank, nested),
    leave: (seat) => addon.leave(seat),
    look: () => addon.look(),
    report: () => ({
      startedAt: frame[REPORT]! - origin,
      endedAt: frame[REPORT + 1]! - origin,
      grains: frame[REPORT + 2]!,
      threads: frame[REPORT + 3]!,
    }),
    trace: (on) => addon.trace(on),
    drain: () => addon.drain(),
    nameOf(instance) {
      for (const [kernel, instances] of Object.entries(description.kernels)) {
        for (const [name, { index }] of Object.entries(instances)) if (index === instance) return `${kernel}[${name}]`
      }
      return `#${instance}`
    },
    stats: () => addon.stats(),
    held() {
      let bytes = 0
      for (const { call } of pending.values()) bytes += bytesOf(call.values)
      return { calls: pending.size, bytes }
    },
    state: () => addon.state(),
  }
  onLimits(({ cores, threads }) => addon.configure(cores, threads))
  return engine
}

function nativeName(kernel: Runnable): string {
  return kernel.native ?? kernel.name
}

// Without a spread where arguments are few: it costs as much as reading two arrays.
function callSync(addon: Addon, passed: readonly unknown[], count: number): number {
  const index = passed[0] as number
  switch (count) {
    case 1:
      return addon.sync(index)
    case 2:
      return addon.sync(index, passed[1])
    case 3:
      return addon.sync(index, passed[1], passed[2])
    case 4:
      return addon.sync(index, passed[1], passed[2], passed[3])
    case 5:
      return addon.sync(index, passed[1], passed[2], passed[3], passed[4])
    default:
      return addon.sync(...(passed as [number]))
  }
}

function outputIndex(call: Call, parameter: number): number {
  let index = 0
  for (let p = 0; p < parameter; p++) {
    const kind = call.values[p]!.kind
    if (kind === 'out' || kind === 'inout' || kind === 'grow') index++
  }
  return index
}

function grows(call: Call): boolean {
  for (const value of call.values) if (value.kind === 'grow') return true
  return false
}

function failure(status: number): Error {
  return status === 3
    ? noMemory('this call')
    : coded(Error, 'ERR_OFFLOOP_INTERNAL', `Expected a known status but received ${status}`)
}
