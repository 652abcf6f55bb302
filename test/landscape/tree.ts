/** Programs of scopes as plain data: what the model predicts and the driver runs, both from the same tree. */
import { seeded } from '../support.js'

/** What a step does about an error that comes out of it. Times are milliseconds on the virtual clock, up to 2^30. */
export type Reaction =
  | { readonly kind: 'pass' }
  /** Swallows it, cleans up for `ms` (deaf to cancellation), goes on. */
  | { readonly kind: 'catch'; readonly ms: number }
  /** Cleans up, then throws an error of its own without a cause. */
  | { readonly kind: 'replace'; readonly ms: number }
  /** Cleans up, then throws an error of its own whose `cause` it is. */
  | { readonly kind: 'wrap'; readonly ms: number }

interface Common {
  readonly id: number
  readonly reaction: Reaction
}

export interface Block extends Common {
  readonly do: 'block'
  readonly kind: 'scope' | 'moveOnAfter' | 'failAfter' | 'shield'
  /** The deadline, if there is one. */
  readonly ms?: number
  /** The caller's signal aborts so long after the block was entered; 0: before. Scopes only. */
  readonly abort?: number
  readonly threads?: number
  /** Nobody awaits it: what is around it has to. Its body is deaf so long before its first step. */
  readonly loose?: number
  readonly steps: readonly Step[]
}

/** A wait that cancellation cuts short, or not if it is deaf. */
export interface Wait extends Common {
  readonly do: 'wait'
  readonly ms: number
  readonly deaf: boolean
  /** Obeys the signal of the scope so many levels out, which was handed in, instead of the one around. */
  readonly ear: number
  /** Done by kernels or tasks, where they are had. */
  readonly work: boolean
}

export type Step =
  | Block
  | Wait
  | (Common & { readonly do: 'checkpoint' })
  /** Holds one of the tree's tokens for a while. */
  | (Common & { readonly do: 'limited'; readonly ms: number })
  /** Waits for a child, without an ear for cancellation of its own. */
  | (Common & { readonly do: 'join'; readonly child: number; readonly ms: number })
  | (Common & { readonly do: 'fail' })
  /** A child of the nearest open scope, or of one `up` levels out. It waits for `ms` before its first step. */
  | (Common & { readonly do: 'spawn'; readonly up: number; readonly ms: number; readonly steps: readonly Step[] })
  /** Cancels, and then is deaf for `ms`. */
  | (Common & { readonly do: 'cancel'; readonly up: number; readonly ms: number })
  | (Common & { readonly do: 'cancelChild'; readonly child: number; readonly ms: number })

export interface Tree {
  readonly seed: number
  readonly tokens: number
  readonly root: Block
}

const PASS: Reaction = { kind: 'pass' }

interface Place {
  /** How many scopes are open around the step. */
  readonly open: number
  /** Children of the nearest scope whose handles can be seen. */
  readonly children: readonly number[]
}

/**
 * The tree of a seed. Every duration is drawn apart, in units of 2^-16 ms (deadlines: 1 ms, as timers have it): sums of
 * them are exact, and no two events meet at one time unless one follows from the other. What might run beside its own
 * consequences (a child that was spawned, a sibling that was awaited or cancelled, the end of a cleanup) waits first, for the same
 * reason.
 */
export function grow(seed: number, work = false): Tree {
  const random = seeded(seed)
  const chance = (p: number): boolean => random() < p
  const below = (n: number): number => Math.floor(random() * n)
  const ms = (part = 1): number => Math.floor((random() + random() * 2 ** -32) * part * 2 ** 46) / 2 ** 16
  const deadline = (): number => 1 + below(2 ** 30)
  let ids = 0
  let budget = 4 + below(28)

  const reaction = (likely: number): Reaction => {
    if (!chance(likely)) return PASS
    const kind = (['catch', 'catch', 'replace', 'replace', 'wrap'] as const)[below(5)]!
    return { kind, ms: ms(0.2) }
  }
  const wait = (open: number): Wait => {
    const deaf = chance(0.15)
    const ear = open > 1 && chance(0.12) ? 1 + below(open - 1) : 0
    const real = work && ear === 0
    return { do: 'wait', id: ids++, ms: ms(deaf ? 0.3 : 1), deaf, ear, work: real, reaction: reaction(0.45) }
  }
  const block = (place: Place, depth: number): Block => {
    const id = ids++
    const kind = (['scope', 'scope', 'scope', 'moveOnAfter', 'failAfter', 'shield'] as const)[below(6)]!
    const timed = kind === 'moveOnAfter' || kind === 'failAfter' || (kind === 'scope' && chance(0.15))
    return {
      do: 'block',
      id,
      kind,
      ...(timed ? { ms: deadline() } : {}),
      ...(kind === 'scope' && chance(0.15) ? { abort: chance(0.2) ? 0 : ms() } : {}),
      ...(kind === 'scope' && chance(0.2) ? { threads: 1 + below(4) } : {}),
      ...(depth > 0 && chance(0.1) ? { loose: ms(0.5) } : {}),
      steps: steps({ open: place.open + 1, children: [] }, depth + 1),
      reaction: depth === 0 ? PASS : reaction(0.35),
    }
  }
  const steps = (place: Place, depth: number): Step[] => {
    const list: Step[] = []
    const children = [...place.children]
    const here = (): Place => ({ open: place.open, children })
    for (let count = (depth < 3 ? 3 : 1) + below(4); count > 0 && budget > 0; count--) {
      budget--
      const draw = random()
      if (draw < 0.28) list.push(wait(place.open))
      else if (draw < 0.44 && depth < 5) list.push(block(here(), depth))
      else if (draw < 0.78 && depth < 5) {
        const id = ids++
        const up = chance(0.2) ? below(place.open) : 0
        const inner = steps({ open: place.open - up, children: up === 0 ? [...children] : [] }, depth + 1)
        list.push({ do: 'spawn', id, up, ms: ms(0.3), steps: inner, reaction: PASS })
        if (up === 0) children.push(id)
      } else if (draw < 0.81) list.push({ do: 'checkpoint', id: ids++, reaction: reaction(0.2) })
      else if (draw < 0.85) list.push({ do: 'limited', id: ids++, ms: ms(0.4), reaction: reaction(0.2) })
      else if (draw < 0.94) {
        const child = children[below(children.length)]
        if (child === undefined) continue
        if (chance(0.6)) list.push({ do: 'join', id: ids++, child, ms: ms(0.2), reaction: reaction(0.3) })
        else list.push({ do: 'cancelChild', id: ids++, child, ms: ms(0.2), reaction: PASS })
      } else if (draw < 0.97) {
        list.push({ do: 'cancel', id: ids++, up: below(place.open), ms: ms(0.2), reaction: PASS })
      } else list.push({ do: 'fail', id: ids++, reaction: PASS })
    }
    return list
  }
  return { seed, tokens: 1 + below(2), root: block({ open: 0, children: [] }, 0) }
}

/** Trees a little smaller than this one, the smallest first. */
export function* smaller(tree: Tree): Generator<Tree> {
  for (const steps of fewer(tree.root.steps)) yield { ...tree, root: { ...tree.root, steps } }
  for (const root of plainer(tree.root)) yield { ...tree, root }
}

function* fewer(steps: readonly Step[]): Generator<readonly Step[]> {
  for (let i = 0; i < steps.length; i++) yield [...steps.slice(0, i), ...steps.slice(i + 1)]
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i]!
    const put = (other: Step): readonly Step[] => [...steps.slice(0, i), other, ...steps.slice(i + 1)]
    if (step.reaction.kind !== 'pass') yield put({ ...step, reaction: PASS })
    if ('steps' in step) for (const inner of fewer(step.steps)) yield put({ ...step, steps: inner })
    if (step.do === 'block') for (const other of plainer(step)) yield put(other)
  }
}

function* plainer(block: Block): Generator<Block> {
  const { ms, abort, threads, loose, ...others } = block
  const rest = { ...others, ...(loose === undefined ? {} : { loose }) }
  const kept = { ...(ms === undefined ? {} : { ms }), ...(abort === undefined ? {} : { abort }) }
  if (threads !== undefined) yield { ...rest, ...kept }
  if (abort !== undefined) yield { ...rest, ...(ms === undefined ? {} : { ms }) }
  if (ms !== undefined || block.kind === 'shield') yield { ...rest, kind: 'scope' }
}

/** The tree as a person reads it. */
export function print(tree: Tree): string {
  const lines: string[] = [`seed ${tree.seed}, ${tree.tokens} token(s)`]
  const time = (ms: number): string => (ms / 2 ** 20).toFixed(2) // of 1024
  const show = (step: Step, indent: string): void => {
    const { id, reaction } = step
    const after = reaction.kind === 'pass' ? '' : ` else ${reaction.kind} after ${time(reaction.ms)}`
    const parts: string[] = []
    if (step.do === 'block') {
      parts.push(step.kind)
      if (step.ms !== undefined) parts.push(`timeout ${time(step.ms)}`)
      if (step.abort !== undefined) parts.push(`caller aborts after ${time(step.abort)}`)
      if (step.threads !== undefined) parts.push(`threads ${step.threads}`)
      if (step.loose !== undefined) parts.push(`that nobody awaits, begins after ${time(step.loose)}`)
    } else parts.push(step.do)
    if (step.do === 'wait') {
      parts.push(time(step.ms))
      if (step.deaf) parts.push('deaf')
      if (step.ear > 0) parts.push(`for the signal ${step.ear} up`)
      if (step.work) parts.push('work')
    } else if (step.do !== 'block' && 'ms' in step) parts.push(time(step.ms))
    if ('child' in step) parts.push(`#${step.child}`)
    if ('up' in step && step.up > 0) parts.push(`${step.up} up`)
    lines.push(`${indent}#${id} ${parts.join(' ')}${after}`)
    if ('steps' in step) for (const inner of step.steps) show(inner, `${indent}  `)
  }
  show(tree.root, '  ')
  return lines.join('\n')
}
