/** The steps of a recording, joined to what they are steps of: from when to when. */
import { once } from './once.js'
import type { JobStep, Recording, ScopeStep, Step, TaskStep } from './types.js'

type Told = Partial<
  Omit<JobStep, 'mode'> & Omit<TaskStep, 'mode'> & ScopeStep & { readonly mode: JobStep['mode'] | TaskStep['mode'] }
>

export type Kind = 'scope' | 'task' | 'job'

/** A scope, a child of one, a task's call or a kernel's. */
export interface Span {
  readonly kind: Kind
  readonly id: number
  readonly name: string
  readonly begin: number
  /** The recording's end if it has not settled. */
  readonly end: number
  /** When it began to run; undefined for scopes, and for what never did. */
  readonly started: number | undefined
  /** When it had run; its caller hears of it at `end`. */
  readonly ended: number | undefined
  /** The scope it belongs to. */
  readonly parent: number | undefined
  readonly cancelledAt: number | undefined
  /** All that its steps tell; the last word on each thing. */
  readonly told: Told
  /** It blocked its caller: it ran on the thread of the event loop, or that waited for it. */
  readonly blocking: boolean
}

/** In the order of their begins, outer scopes first. */
export const spansOf: (recording: Recording) => readonly Span[] = /* @__PURE__ */ once(
  ({ scopes, tasks, jobs, tail }) => {
    const { time } = tail
    const spans = joined('scope', scopes, time).concat(joined('task', tasks, time), joined('job', jobs, time))
    return spans.sort((a, b) => a.begin - b.begin || RANK[a.kind] - RANK[b.kind] || a.id - b.id)
  },
)

const RANK: Readonly<Record<Kind, number>> = { scope: 0, task: 1, job: 2 }

function joined(kind: Kind, steps: readonly Step[], last: number): Span[] {
  const byId = new Map<number, Step[]>()
  for (const step of steps) {
    const known = byId.get(step.id)
    if (known === undefined) byId.set(step.id, [step])
    else known.push(step)
  }
  return [...byId.values()].map((steps) => join(kind, steps, last))
}

function join(kind: Kind, steps: readonly Step[], last: number): Span {
  const told: Told = steps.reduce((all, step) => Object.assign(all, step), {})
  const at = (type: Step['type']) => steps.find((step) => step.type === type)?.time
  const settled = at('settled')
  const { mode, on, outcome } = told
  const started = kind === 'scope' ? undefined : (told.startedAt ?? at('started'))
  const begin = Math.min(told.queuedAt ?? Infinity, steps[0]!.time, started ?? Infinity)
  // A call that was cancelled before it began.
  const ran = started !== undefined && (outcome !== 'cancelled' || started >= begin)
  return {
    kind,
    id: steps[0]!.id,
    name: steps[0]!.name,
    begin,
    end: Math.max(begin, settled ?? last),
    started: ran ? started : undefined,
    ended: ran ? (told.endedAt ?? settled) : undefined,
    parent: kind === 'scope' ? told.parent : told.scope,
    cancelledAt: at('cancelled'),
    told,
    blocking: kind !== 'scope' && (mode === 'inline' || (mode === 'sync' && on !== 'process')),
  }
}
