/**
 * A recording as a trace in Chrome's format, which Perfetto reads: "Trace Event Format",
 * https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsNLSqPLkc
 */
import { busyThreads, grainsByThread } from './busy.js'
import { type Slice, type Track, tracksOf } from './tracks.js'
import type { Recording } from './types.js'

export interface TraceEvent {
  /** M: a name; X: a slice; i: an instant; C: a counter; s, f: the ends of an arrow. */
  readonly ph: 'M' | 'X' | 'i' | 'C' | 's' | 'f'
  readonly name: string
  readonly cat?: string
  /** Microseconds since the program's performance.timeOrigin. */
  readonly ts: number
  readonly dur?: number
  readonly pid: number
  readonly tid: number
  readonly id?: number
  /** Of an instant: it is its thread's. */
  readonly s?: 't'
  /** Of an arrow's end: it points at the slice around it. */
  readonly bp?: 'e'
  readonly args?: Readonly<Record<string, unknown>>
}

export interface Trace {
  readonly traceEvents: readonly TraceEvent[]
  readonly displayTimeUnit: 'ms'
  readonly otherData: Readonly<Record<string, string | number>>
}

/** The whole trace; names of tracks first, then by time, outer slices before inner ones. */
export function traceOf(recording: Recording, version: string): Trace {
  const { head, tail } = recording
  const { pid } = head
  const tracks = tracksOf(recording)
  const names: TraceEvent[] = [meta('process_name', pid, 0, { name: `node ${head.script}` })]
  const slices: TraceEvent[] = []
  tracks.forEach((track, index) => {
    names.push(meta('thread_name', pid, track.tid, { name: track.name }))
    names.push(meta('thread_sort_index', pid, track.tid, { sort_index: index }))
    for (const slice of track.slices) slices.push(sliceOf(slice, track, pid))
    for (const { at, name, args } of track.instants) {
      slices.push({ ph: 'i', name, cat: 'cancel', ts: micros(at), pid, tid: track.tid, s: 't', args })
    }
  })
  const events = slices.concat(arrows(tracks, pid), delays(recording), busy(recording))
  // The sort is stable: slices come outer first.
  events.sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0))
  const { node, platform, script } = head
  const { droppedSteps, droppedGrains, engine = 'not used' } = tail
  return {
    traceEvents: names.concat(events),
    displayTimeUnit: 'ms',
    otherData: { version, node, platform, script, engine, droppedSteps, droppedGrains },
  }
}

/** With the digits of a nanosecond. */
function micros(ms: number): number {
  return Math.round(ms * 1e6) / 1e3
}

function meta(name: string, pid: number, tid: number, args: Readonly<Record<string, unknown>>): TraceEvent {
  return { ph: 'M', name, ts: 0, pid, tid, args }
}

function sliceOf({ name, category, begin, end, args }: Slice, { tid }: Track, pid: number): TraceEvent {
  const ts = micros(begin)
  // The difference of rounded ends, so that what ended together does.
  const dur = Math.round((micros(end) - ts) * 1e3) / 1e3
  return { ph: 'X', name, cat: category, ts, dur, pid, tid, args }
}

/** From each call to where it first ran. */
function arrows(tracks: readonly Track[], pid: number): TraceEvent[] {
  const calls = new Map<string, { at: number; tid: number }>()
  const runs = new Map<string, { at: number; tid: number }>()
  for (const { tid, slices } of tracks) {
    for (const { calls: call, runs: run, begin } of slices) {
      if (call !== undefined) calls.set(call, { at: begin, tid })
      if (run === undefined) continue
      const first = runs.get(run)
      if (first === undefined || begin < first.at) runs.set(run, { at: begin, tid })
    }
  }
  const events: TraceEvent[] = []
  let id = 0
  for (const [key, to] of runs) {
    const from = calls.get(key)
    if (from === undefined || from.tid === to.tid || from.at > to.at) continue
    id++
    events.push(
      { ph: 's', name: 'call', cat: 'call', id, ts: micros(from.at), pid, tid: from.tid },
      { ph: 'f', bp: 'e', name: 'call', cat: 'call', id, ts: micros(to.at), pid, tid: to.tid },
    )
  }
  return events
}

/** From when a timer was due to when it came; 0 from then on. */
function delays({ head: { pid, begin }, late }: Recording): TraceEvent[] {
  const events: TraceEvent[] = []
  const count = (at: number, ms: number) =>
    events.push({ ph: 'C', name: 'event loop delay', ts: micros(at), pid, tid: 0, args: { ms } })
  count(begin, 0)
  for (const { due, ms } of late) {
    count(due, ms)
    count(due + ms, 0)
  }
  return events
}

function busy(recording: Recording): TraceEvent[] {
  const { pid } = recording.head
  return busyThreads(grainsByThread(recording)).map(({ at, count }) => {
    return { ph: 'C', name: 'busy threads', ts: micros(at), pid, tid: 0, args: { threads: count } }
  })
}
