/** Grains, gathered: a thread at a time, and how many threads at a time. */
import { once } from './once.js'
import { GRAIN_SIZE, type Recording } from './types.js'

export interface Grain {
  readonly thread: number
  readonly environment: number
  readonly job: number
  /** Index of the kernel instance. */
  readonly instance: number
  readonly begin: number
  end: number
  readonly items: number
  readonly lane: number
}

/** The grains of each OS thread, in the order of their begins. */
export const grainsByThread: (recording: Recording) => Map<number, Grain[]> = /* @__PURE__ */ once(gathered)

function gathered({ grains }: Recording): Map<number, Grain[]> {
  const threads = new Map<number, Grain[]>()
  for (let at = 0; at + GRAIN_SIZE <= grains.length; at += GRAIN_SIZE) {
    const [thread, begin] = [grains[at]!, grains[at + 4]!]
    const grain: Grain = {
      thread,
      environment: grains[at + 1]!,
      job: grains[at + 2]!,
      instance: grains[at + 3]!,
      begin,
      end: Math.max(begin, grains[at + 5]!),
      items: grains[at + 6]!,
      lane: grains[at + 7]!,
    }
    const known = threads.get(thread)
    if (known === undefined) threads.set(thread, [grain])
    else known.push(grain)
  }
  for (const some of threads.values()) some.sort((a, b) => a.begin - b.begin || b.end - a.end)
  return threads
}

/** Times without a grain that are shorter than this are not told apart from work. */
const GAP_MS = 0.02

/** How many threads run grains, whenever that changes; the last is 0. */
export function busyThreads(threads: ReadonlyMap<number, readonly Grain[]>): { at: number; count: number }[] {
  const changes: { at: number; by: number }[] = []
  for (const grains of threads.values()) {
    for (let i = 0; i < grains.length; ) {
      const { begin } = grains[i]!
      let { end } = grains[i]!
      for (i++; i < grains.length && grains[i]!.begin <= end + GAP_MS; i++) end = Math.max(end, grains[i]!.end)
      changes.push({ at: begin, by: 1 }, { at: end, by: -1 })
    }
  }
  changes.sort((a, b) => a.at - b.at || a.by - b.by)
  const counts: { at: number; count: number }[] = []
  let count = 0
  for (const { at, by } of changes) {
    count += by
    if (counts.at(-1)?.at === at) counts.pop()
    counts.push({ at, count })
  }
  return counts
}
