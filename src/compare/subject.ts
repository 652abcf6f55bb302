/** What is compared: the faces of a kernel on the same arguments. */
import type { TypedArray } from '../base/dtypes.js'
import type { Callable, Definition } from '../core/define.js'
import { nativeFor } from '../engine/choose.js'
import { jsMode } from '../engine/js-mode.js'
import type { Agreement, Call } from '../engine/values.js'
import type { Arguments } from './arguments.js'
import type { Face } from './measure.js'

/** Anything with faces that compute the same: the first is the one that the others are measured against. */
export interface Subject {
  readonly name: string
  readonly dtype: string
  readonly size: number
  readonly faces: readonly Face[]
  readonly promised: Agreement
  readonly traffic: { readonly bytes: number; readonly flops?: number }
  /** The caller's own arrays hold the results: each run overwrites the one before. */
  readonly reuses: boolean
}

/** Calls longer than this get the signal; for shorter ones listening would be part of the time. */
const SIGNAL_NS = 5_000_000
export function kernelSubject(
  callable: Callable,
  definition: Definition,
  { positional, options, call, size }: Arguments,
  threads: readonly number[],
  signal: AbortSignal | undefined,
): Subject {
  const own = Object.keys(options).length > 0
  const twin: Face = {
    label: 'twin',
    threads: 1,
    run: own ? () => callable.js(...positional, options) : () => callable.js(...positional),
  }
  const listen = signal !== undefined && call.work > SIGNAL_NS ? { signal } : undefined
  const face = (label: string, count: number, frame: object): Face => {
    const all = { ...options, ...frame, ...listen }
    return { label, threads: count, run: () => callable(...positional, all) }
  }
  const others =
    nativeFor(definition) === undefined
      ? [face(jsMode() === 'loop' ? 'js on loop' : 'js worker', 1, {})]
      : threads.map((count) => face('native', count, { threads: count }))
  const reset = restorer(call)
  return {
    name: definition.name,
    dtype: call.instance,
    size,
    faces: [twin, ...others].map((one) => ({ ...one, reset })),
    promised: call.agreement ?? definition.agreement,
    traffic: definition.traffic(call),
    reuses: call.values.some((value) => value.kind === 'inout' || (value.kind === 'out' && value.array !== undefined)),
  }
}

/** For calls that overwrite their input: puts it back. */
function restorer(call: Call): (() => void) | undefined {
  const inputs = new Set(
    call.values.flatMap((value) => (value.kind === 'in' || value.kind === 'matrix' ? [value.array.buffer] : [])),
  )
  const changed: TypedArray[] = []
  for (const value of call.values) {
    if (value.kind === 'inout') changed.push(value.array)
    if (value.kind === 'out' && value.array !== undefined && inputs.has(value.array.buffer)) changed.push(value.array)
  }
  if (changed.length === 0) return undefined
  const copies = changed.map((array) => array.slice())
  return () => {
    for (const [i, array] of changed.entries()) (array as Float64Array).set(copies[i] as Float64Array)
  }
}
