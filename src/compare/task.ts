/** A task's faces against each other: here and now, where it runs, and from synchronous code. */
import { wrongType } from '../base/errors.js'
import { readOptions } from '../core/arguments.js'
import { definitionOf } from '../core/define.js'
import { worst } from './agree.js'
import { firstRuns } from './first-runs.js'
import { formatTask } from './format-task.js'
import { type Face, measure } from './measure.js'
import { PACE, readPace, report } from './options.js'
import { timesOf } from './times.js'
import type { TaskComparison, TaskLike } from './types.js'

const TASK: unique symbol = Symbol.for('offloop.task')

/** A function with a task's faces. What is known by its faces alone needs no import of the landscape. */
export function isTask(callable: unknown): callable is TaskLike<readonly unknown[]> {
  if (typeof callable !== 'function' || definitionOf(callable) !== undefined) return false
  const { sync, js, with: configured } = callable as unknown as Record<string, unknown>
  return [sync, js, configured].every((face) => typeof face === 'function')
}

/** Where its calls run, as a task of the landscape says: 'thread', 'process' or 'loop'. */
function placeOf(task: object): string {
  return (task as { [TASK]?: { readonly on?: string } })[TASK]?.on ?? 'await'
}

export async function compareTask(
  task: TaskLike<readonly unknown[]>,
  inputs: unknown = [],
  options?: unknown,
): Promise<TaskComparison> {
  if (!Array.isArray(inputs)) throw wrongType('inputs', 'an array of the arguments', inputs)
  const { budgetMs, signal, onProgress } = readPace(readOptions(options, new Set(PACE)))
  const run = signal === undefined ? task : task.with({ signal })
  const faces: Face[] = [
    { label: 'js', threads: 1, run: () => task.js(...inputs) },
    { label: placeOf(task), threads: 1, run: () => run(...inputs) },
    { label: 'sync', threads: 1, run: () => task.sync(...inputs) },
  ]
  const first = await firstRuns(faces, signal)
  const able = faces.filter((_, i) => first[i] !== 'refused')
  const { series, idle, partial } = await measure(able, { budgetMs, watchLoop: true, signal, onProgress })
  const idleLoopP99Ms = idle.read().p99Ms
  const ran = series.filter(({ runs }) => runs > 0)
  const measured = worst(first.slice(1).filter((one) => one !== undefined && one !== 'refused'))
  const value: TaskComparison = {
    name: task.name,
    rows: ran.map((one) => timesOf(one, ran[0]!, idleLoopP99Ms)),
    agreement: { measured, ok: measured === 'same bits' },
    rounds: Math.min(...series.map(({ turns }) => turns.length)),
    idleLoopP99Ms,
    partial,
  }
  return report(value, formatTask)
}
