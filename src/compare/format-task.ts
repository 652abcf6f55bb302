/** A comparison of a task's faces as a table of at most 80 columns. */
import { differenceText, type FormatOptions } from './format.js'
import { columns, digits, type Paint, painter, unitFor } from './table.js'
import type { TaskComparison } from './types.js'

/**
 * A comparison of a task as a table for people: one line per face, the units in the header.
 *
 * @param comparison - what `compare` resolved with
 * @param options - `color`
 * @returns lines of at most 80 columns, without a line break at the end
 * @example
 * console.log(formatTask(await compare(primes, [1e6]), { color: true }))
 */
export function formatTask(comparison: TaskComparison, options: FormatOptions = {}): string {
  const paint = painter(options.color === true)
  const { name, rows, agreement, partial } = comparison
  const title = `${paint('bold', `task ${name}`)}: ${agreementText(agreement, paint)}`
  const stopped = partial ? [paint('yellow', 'stopped early: fewer runs than usual')] : []
  if (rows.length === 0) return [title, ...stopped].join('\n')
  const unit = unitFor(rows.map(({ medianMs }) => medianMs))
  const header = ['', `median ${unit.name}`, 'quartiles', 'speed-up', 'p99 ms', 'max ms']
  const lines = rows.map((row) => [
    row.face,
    digits(row.medianMs / unit.ms),
    `${digits(row.q1Ms / unit.ms)}–${digits(row.q3Ms / unit.ms)}`,
    `${digits(row.speedup)}×`,
    digits(row.loopP99Ms),
    digits(row.loopMaxMs),
  ])
  const [head, ...body] = columns([header, ...lines]) as [string, ...string[]]
  return [title, paint('dim', 'loop delay'.padStart(head.length)), paint('dim', head), ...body, ...stopped].join('\n')
}

function agreementText({ measured }: TaskComparison['agreement'], paint: Paint): string {
  if (measured === undefined) return paint('dim', 'results not compared')
  return measured === 'same bits' ? paint('green', 'same result') : paint('red', differenceText(measured))
}
