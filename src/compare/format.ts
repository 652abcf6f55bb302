/** Comparisons as tables of at most 80 columns. */
import type { Disagreement } from './agree.js'
import { columns, digits, duration, grouped, type Paint, painter, type Unit, unitFor } from './table.js'
import type { Comparison, ComparisonAgreement, ComparisonRow, SizeRow, SizesComparison } from './types.js'

export interface FormatOptions {
  /** With escape codes for a terminal. Default: false. */
  color?: boolean | undefined
}

/**
 * A comparison as a table for people: one line per face, the units in the header.
 *
 * @param comparison - what `compare` resolved with
 * @param options - `color`
 * @returns lines of at most 80 columns, without a line break at the end
 * @example
 * console.log(formatComparison(await compare(sum), { color: true }))
 */
export function formatComparison(comparison: Comparison, options: FormatOptions = {}): string {
  const paint = painter(options.color === true)
  const { name, dtype, size, rows, agreement, partial } = comparison
  const title = `${paint('bold', `${name} ${dtype}`)}, ${grouped(size)} elements: ${agreementText(agreement, paint)}`
  const stopped = partial ? [paint('yellow', 'stopped early: fewer runs than usual')] : []
  if (rows.length === 0) return [title, ...stopped].join('\n')
  const flops = rows.some(({ gflopPerSecond }) => gflopPerSecond !== undefined)
  const unit = unitFor(rows.map(({ medianMs }) => medianMs))
  const rate = flops ? 'GFLOP/s' : 'GB/s'
  const header = ['', 'threads', `median ${unit.name}`, 'quartiles', 'speed-up', rate, 'p99 ms', 'max ms']
  const [head, ...lines] = columns([header, ...rows.map((row) => cells(row, unit, flops))]) as [string, ...string[]]
  const group = 'loop delay'.padStart(head.length)
  return [title, paint('dim', group), paint('dim', head), ...lines, ...stopped].join('\n')
}

const OVERVIEW = [22, 10, 10, 9, 7, 9]

/** The header of a table with one line a kernel. */
export function overviewHeader(options: FormatOptions = {}): string {
  const head = overviewLine(['', 'twin', 'native', 'speed-up', 'GB/s', 'loop p99', 'result'])
  return painter(options.color === true)('dim', head)
}

/** A comparison as one line of such a table: the twin beside native code on all threads. */
export function overviewRow({ name, dtype, rows, agreement }: Comparison, options: FormatOptions = {}): string {
  const paint = painter(options.color === true)
  const [twin, last] = [rows[0], rows.at(-1)]
  if (twin === undefined || last === undefined) return `${name} ${dtype}: stopped`
  const line = overviewLine([
    `${name} ${dtype}`,
    duration(twin.medianMs),
    duration(last.medianMs),
    `${digits(last.speedup)}×`,
    digits(last.gbPerSecond),
    `${digits(last.loopP99Ms)} ms`,
  ])
  return `${line}  ${agreementText(agreement, paint)}`
}

function overviewLine([name, ...cells]: readonly string[]): string {
  const rest = cells.map((cell, i) => (OVERVIEW[i + 1] === undefined ? `  ${cell}` : cell.padStart(OVERVIEW[i + 1]!)))
  return name!.padEnd(OVERVIEW[0]!) + rest.join('')
}

function cells(row: ComparisonRow, unit: Unit, flops: boolean): string[] {
  return [
    row.face,
    `${row.threads}`,
    digits(row.medianMs / unit.ms),
    `${digits(row.q1Ms / unit.ms)}–${digits(row.q3Ms / unit.ms)}`,
    `${digits(row.speedup)}×`,
    digits(flops ? row.gflopPerSecond! : row.gbPerSecond),
    digits(row.loopP99Ms),
    digits(row.loopMaxMs),
  ]
}

function agreementText({ promised, measured, ok }: ComparisonAgreement, paint: Paint): string {
  if (measured === undefined) return paint('dim', 'results not compared')
  if (measured === 'same bits') return paint('green', 'same bits')
  const found = differenceText(measured)
  if (!ok) return paint('red', `WRONG, ${found}`)
  return promised === 'exact' ? found : `${found} (${promised.bound})`
}

/** What differs, in a few words. */
export function differenceText({ ulp, differing, entries, error, structure }: Disagreement): string {
  if (structure !== undefined) return structure
  if (error !== undefined) return `error ${digits(error)} of the bound`
  const many = `${grouped(differing)} of ${grouped(entries)} ${entries === 1 ? 'entry differs' : 'entries differ'}`
  if (ulp === 0) return many
  return `${many}, by up to ${ulp === Infinity ? 'NaN against a number' : `${ulpText(ulp)} ULP`}`
}

function ulpText(ulp: number): string {
  return ulp < 1e6 ? grouped(ulp) : ulp.toExponential(0).replace('+', '')
}

/**
 * A comparison over sizes as a table for people.
 *
 * @param comparison - what `compareSizes` resolved with
 * @param options - `color`
 * @returns lines of at most 80 columns, without a line break at the end
 * @example
 * console.log(formatSizes(await compareSizes(sum)))
 */
export function formatSizes(comparison: SizesComparison, options: FormatOptions = {}): string {
  const paint = painter(options.color === true)
  const { name, dtype, rows, threads, partial } = comparison
  const title = `${paint('bold', `${name} ${dtype}`)}: ${crossoverText(comparison)}`
  const stopped = partial ? [paint('yellow', 'stopped early: not all sizes were measured')] : []
  if (rows.length === 0) return [title, ...stopped].join('\n')
  const header = ['elements', 'twin', '.sync ×1', `.sync ×${threads}`, 'speed-up', 'estimate ×1', 'est./meas.  ']
  const [head, ...lines] = columns([header, ...rows.map(sizeCells)]) as [string, ...string[]]
  return [title, paint('dim', head), ...lines, ...stopped].join('\n')
}

function sizeCells(row: SizeRow): string[] {
  const off = row.size >= 1e3 && row.size <= 1e7 && (row.estimateRatio < 0.5 || row.estimateRatio > 2)
  return [
    grouped(row.size),
    duration(row.twinMs),
    duration(row.syncOneMs),
    duration(row.syncMs),
    `${digits(row.speedup)}×`,
    duration(row.estimateMs),
    row.runsTwin ? 'twin  ' : `${digits(row.estimateRatio)}${off ? ' !' : '  '}`,
  ]
}

function crossoverText({ crossover, rows, engine }: SizesComparison): string {
  if (engine === 'js') return 'no native code runs here, .sync runs the twin'
  if (crossover !== undefined) return `.sync overtakes the twin at about ${grouped(crossover)} elements`
  return rows.length === 0 ? 'nothing measured' : '.sync does not overtake the twin at these sizes'
}
