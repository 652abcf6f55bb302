/** The tracks of a trace: the event loop, scopes and calls, workers, threads that run grains. */
import { type Grain, grainsByThread } from './busy.js'
import { lanesOf, nest } from './lanes.js'
import { once } from './once.js'
import { type Span, spansOf } from './spans.js'
import type { Recording } from './types.js'

export type Category = 'scope' | 'job' | 'task' | 'queued' | 'run' | 'grain'

export interface Slice {
  readonly name: string
  readonly category: Category
  readonly begin: number
  end: number
  readonly args: Readonly<Record<string, unknown>>
  /** It is this call, or runs a part of it: keys of arrows. */
  readonly calls?: string
  readonly runs?: string
}

export interface Instant {
  /** What it happened to. */
  readonly of: Slice
  readonly at: number
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
}

export interface Track {
  readonly kind: 'loop' | 'calls' | 'worker' | 'thread'
  readonly tid: number
  readonly name: string
  /** By their begins, outer ones first; nested or apart. */
  readonly slices: Slice[]
  readonly instants: Instant[]
}

// Numbers of their own: those of the system may collide with those of tracks that are no thread.
const LOOP = 1
const CALLS = 100
const WORKERS = 1_000_000
const THREADS = 2_000_000

export const tracksOf: (recording: Recording) => readonly Track[] = /* @__PURE__ */ once(laidOut)

function laidOut(recording: Recording): Track[] {
  const spans = spansOf(recording)
  const loop = trackOf('loop', LOOP, 'event loop: blocking calls')
  const threads = threadsOf(
    recording,
    loop,
    new Map(spans.map(({ kind, id, name }) => [kind === 'job' ? id : 0, name])),
  )
  for (const span of spans) if (span.blocking) put(loop, span)
  const calls = callsOf(spans.filter(({ blocking }) => !blocking))
  const tracks = [loop, ...calls, ...workersOf(spans), ...threads]
  for (const { slices } of tracks) {
    slices.sort((a, b) => a.begin - b.begin || b.end - a.end)
    nest(slices)
  }
  return tracks.filter(({ kind, slices }) => kind === 'loop' || slices.length > 0)
}

function trackOf(kind: Track['kind'], tid: number, name: string): Track {
  return { kind, tid, name, slices: [], instants: [] }
}

function callsOf(spans: readonly Span[]): Track[] {
  const tracks: Track[] = []
  lanesOf(spans).forEach((lane, i) => {
    for (let next = tracks.length; next <= lane; next++) {
      tracks.push(trackOf('calls', CALLS + next, `scopes and calls ${next + 1}`))
    }
    put(tracks[lane]!, spans[i]!)
  })
  return tracks
}

/** A span as a slice; with the time that it waited as one inside. */
function put(track: Track, span: Span): void {
  const { kind, id, name, begin, end, started, cancelledAt, blocking, told } = span
  const key = `${kind} ${id}`
  const arrow = blocking || kind === 'scope' ? {} : { calls: key }
  const slice: Slice = { name, category: kind, begin, end, args: argumentsOf(span), ...arrow }
  track.slices.push(slice)
  const until = kind === 'scope' ? begin : Math.min(started ?? end, end)
  if (!blocking && until > begin) {
    track.slices.push({ name: 'queued', category: 'queued', begin, end: until, args: { call: key } })
  }
  if (cancelledAt !== undefined) {
    track.instants.push({ of: slice, at: cancelledAt, name: `${name} cancelled`, args: { why: told.why ?? '' } })
  }
}

const TOLD = ['kind', 'engine', 'mode', 'on', 'priority', 'bytes', 'grains', 'threads', 'outcome', 'why'] as const

function argumentsOf({ id, told, parent, started, ended }: Span): Record<string, unknown> {
  const args: Record<string, unknown> = { id }
  for (const key of TOLD) if (told[key] !== undefined) args[key] = told[key]
  if (told.outcome === undefined) args.outcome = 'unfinished'
  if (parent !== undefined) args.scope = parent
  if (told.deadline !== undefined && Number.isFinite(told.deadline)) args.deadlineMs = told.deadline
  if (started !== undefined && ended !== undefined) args.ranMs = Math.round((ended - started) * 1e6) / 1e6
  return args
}

/** What each worker, thread or process, ran. */
function workersOf(spans: readonly Span[]): Track[] {
  const tracks = new Map<string, Track>()
  for (const { kind, id, name, started, ended, end, told } of spans) {
    const { on, worker } = told
    if (kind !== 'task' || started === undefined || worker === undefined || on === 'loop' || on === undefined) continue
    const key = `${on} ${worker}`
    let track = tracks.get(key)
    if (track === undefined) {
      track = trackOf('worker', WORKERS + tracks.size, `tasks on ${on} ${worker}`)
      tracks.set(key, track)
    }
    const slice = { begin: started, end: Math.max(started, ended ?? end), args: { task: id }, runs: `task ${id}` }
    track.slices.push({ name, category: 'run', ...slice })
  }
  return [...tracks.values()]
}

/** Who ran grains; those of the event loop's own thread go to its track. */
function threadsOf(recording: Recording, loop: Track, calls: ReadonlyMap<number, string>): Track[] {
  const tracks: Track[] = []
  const { head, tail, names } = recording
  for (const [thread, grains] of [...grainsByThread(recording)].sort(([a], [b]) => a - b)) {
    const own = thread === head.loopThread
    const track = own ? loop : trackOf('thread', THREADS + tracks.length, `kernels on thread ${thread}`)
    if (!own) tracks.push(track)
    for (const grain of grains) {
      const ours = tail.environment === undefined || grain.environment === tail.environment
      track.slices.push(sliceOf(grain, names.get(grain.instance) ?? 'kernel', ours, calls.get(grain.job)))
    }
  }
  return tracks
}

/** Called as the call that it belongs to, if that is known: quantile runs partition. */
function sliceOf(grain: Grain, instance: string, ours: boolean, call: string | undefined): Slice {
  const { job, items, lane, begin, end, environment } = grain
  const slice = { category: 'grain', begin, end } as const
  if (!ours) return { ...slice, name: instance, args: { job, items, lane, instance, environment } }
  return { ...slice, name: call ?? instance, args: { job, items, lane, instance }, runs: `job ${job}` }
}
