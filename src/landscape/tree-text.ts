/** The tree of scopes as a text for people: lines of at most 80 columns, and not more of them than one can read. */
import type { ScopeNode, ScopeTree, ScopeWait } from './tree.js'

const COLUMNS = 80
/** Of nodes and what they wait for; for each node one more may say what is left out. */
const MOST_LINES = 180
const MOST_CHILDREN = 20
const MOST_WAITS = 5
const MOST_LEVELS = 16

/** What a node's line says only where it is not as above. */
type Limits = Pick<ScopeNode, 'threads' | 'priority'>
const OUTSIDE: Limits = { priority: 'normal' }

const CANCELLED_BY = {
  cancel: 'by cancel()',
  deadline: 'by its deadline',
  signal: 'by its signal',
  failure: 'by a failure',
  outer: 'from above',
} as const

/** What the line says already, of the sentences that reasons are. */
const KNOWN = /^Expected .*? but (it was cancelled|the caller's signal was aborted)?(: )?/s

const PLACES = { loop: 'on the loop', thread: 'on a thread', process: 'in a process' } as const

export function textOf({ roots, outside, time }: ScopeTree): string {
  const { sizes, scopes } = count(roots)
  const children = sizes - scopes
  const head =
    sizes === 0
      ? 'no scope is open'
      : `open: ${many(scopes, 'scope')}${children > 0 ? `, ${many(children, 'child', 'children')}` : ''}`
  const lines = [head]
  const shown = choose(roots)
  drawAll(roots, '', shown, time, OUTSIDE, lines)
  const others = [
    ...(outside.kernels > 0 ? [many(outside.kernels, 'kernel')] : []),
    ...(outside.tasks > 0 ? [many(outside.tasks, 'task')] : []),
  ]
  if (others.length > 0) lines.push(`outside any scope: ${others.join(', ')}`)
  return lines.join('\n')
}

/** The nodes with most above them in sight: level by level, the oldest of each. */
function choose(roots: readonly ScopeNode[]): Set<ScopeNode> {
  const shown = new Set<ScopeNode>()
  let left = MOST_LINES
  let level = roots.slice(0, MOST_CHILDREN)
  for (let depth = 0; depth < MOST_LEVELS && level.length > 0; depth++) {
    const next: ScopeNode[] = []
    for (const node of level) {
      left -= 1 + (node.cancelled === undefined ? 0 : 1) + Math.min(node.waits.length, MOST_WAITS + 1)
      if (left < 0) return shown
      shown.add(node)
      next.push(...node.children.slice(0, MOST_CHILDREN))
    }
    level = next
  }
  return shown
}

/** How many nodes there are, and how many of them are no children. */
function count(nodes: readonly ScopeNode[]): { sizes: number; scopes: number } {
  const stack = [...nodes]
  let [sizes, scopes] = [0, 0]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    sizes++
    if (node.kind !== 'child') scopes++
    for (const child of node.children) stack.push(child)
  }
  return { sizes, scopes }
}

function drawAll(
  nodes: readonly ScopeNode[],
  before: string,
  shown: ReadonlySet<ScopeNode>,
  time: number,
  around: Limits,
  lines: string[],
): void {
  const visible = nodes.filter((node) => shown.has(node))
  const hidden = nodes.filter((node) => !shown.has(node))
  for (const [i, node] of visible.entries()) {
    const last = hidden.length === 0 && i === visible.length - 1
    lines.push(cut(`${before}${last ? '└─ ' : '├─ '}${nodeText(node, time, around)}`))
    const below = `${before}${last ? '   ' : '│  '}`
    const details = `${below}${node.children.length > 0 ? '│  ' : '   '}`
    for (const detail of detailsOf(node, time)) lines.push(cut(details + detail))
    drawAll(node.children, below, shown, time, node, lines)
  }
  if (hidden.length > 0) lines.push(`${before}└─ … and ${grouped(count(hidden).sizes)} more`)
}

function nodeText(node: ScopeNode, time: number, around: Limits): string {
  const { kind, name, since, deadline, left, threads, priority, cancelled } = node
  const parts = [name === undefined ? kind : `${kind} ${plain(name)}`, `open ${duration(time - since)}`]
  if (deadline !== undefined && cancelled === undefined)
    parts.push(left! >= 0 ? `${duration(left!)} left` : `late by ${duration(-left!)}`)
  if (threads !== undefined && threads !== around.threads) parts.push(many(threads, 'thread'))
  if (priority !== around.priority) parts.push(`${priority} priority`)
  return parts.join(', ')
}

function detailsOf({ cancelled, waits }: ScopeNode, time: number): string[] {
  const details: string[] = []
  if (cancelled !== undefined) {
    const { by, reason, since } = cancelled
    const why = by === 'deadline' || by === 'outer' ? '' : plain(reason.replace(KNOWN, ''))
    details.push(`cancelled ${duration(time - since)} ago ${CANCELLED_BY[by]}${why === '' ? '' : `: ${why}`}`)
  }
  for (const wait of waits.slice(0, MOST_WAITS)) {
    details.push(`waits ${duration(time - wait.since)} for ${waitText(wait)}`)
  }
  if (waits.length > MOST_WAITS) details.push(`… and for ${grouped(waits.length - MOST_WAITS)} more`)
  return details
}

function waitText({ kind, name = '', on, state, fraction, place, waiting }: ScopeWait): string {
  const doing = fraction === undefined ? state : `${state}, ${Math.floor(100 * fraction)} %`
  switch (kind) {
    case 'kernel':
      return `kernel ${name}: ${doing}`
    case 'task':
      return `task ${plain(name)} ${PLACES[on!]}: ${doing}`
    case 'child':
      return `child ${plain(name)}`
    case 'limiter':
      return `a token of a CapacityLimiter: place ${place} of ${waiting}`
    case 'checkpoint':
      return 'a turn of the loop (checkpoint)'
    case 'source':
      return 'the next item of its source'
    case 'reader':
      return 'the reader of its results'
    case 'children':
      return 'its children'
    case 'close':
      return 'its close()'
    case 'code':
      return 'its own code'
  }
}

/** 0.42 ms, 380 ms, 1.2 s, 3 min 20 s, 2 h 5 min. */
export function duration(ms: number): string {
  if (ms < 9.95) return `${Number(Math.max(ms, 0).toPrecision(2))} ms`
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`
  const s = Math.round(ms / 1000)
  if (s < 60) return `${s} s`
  const min = Math.floor(s / 60)
  return min < 60 ? `${min} min ${s % 60} s` : `${Math.floor(min / 60)} h ${min % 60} min`
}

function many(n: number, one: string, more = `${one}s`): string {
  return `${grouped(n)} ${n === 1 ? one : more}`
}

function grouped(n: number): string {
  return n.toLocaleString('en-US')
}

/** On one line: names and messages are anybody's. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
}

function cut(line: string): string {
  const characters = [...line]
  return characters.length <= COLUMNS ? line : `${characters.slice(0, COLUMNS - 1).join('')}…`
}
