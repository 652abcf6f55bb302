/** Text in columns, numbers with their units: what the printers share. */

// Not node:util's styleText: from Node 22 on it decides by stdout, and the caller may print elsewhere.
const STYLES = { bold: [1, 22], dim: [2, 22], green: [32, 39], red: [31, 39], yellow: [33, 39] } as const

export type Paint = (style: keyof typeof STYLES, text: string) => string

export function painter(color: boolean): Paint {
  return color ? (style, text) => `\x1b[${STYLES[style][0]}m${text}\x1b[${STYLES[style][1]}m` : (_style, text) => text
}

/** Lines of cells: the first column to the left, the others to the right, two blanks in between. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  )
}

export interface Unit {
  readonly name: string
  /** Milliseconds. */
  readonly ms: number
}

const UNITS: readonly Unit[] = [
  { name: 's', ms: 1e3 },
  { name: 'ms', ms: 1 },
  { name: 'µs', ms: 1e-3 },
  { name: 'ns', ms: 1e-6 },
]

/** The largest unit in which even the shortest of the times has digits before the point, or nearly. */
export function unitFor(times: readonly number[]): Unit {
  const least = Math.min(...times)
  return UNITS.find(({ ms }) => least >= 0.1 * ms) ?? UNITS.at(-1)!
}

/** Three significant digits, never an exponent. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (value === 0) return '0'
  const size = Math.abs(value)
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3)
}

/** A time in the unit that suits it: `1.23 ms`. */
export function duration(ms: number): string {
  const unit = unitFor([ms * 0.1])
  return `${digits(ms / unit.ms)} ${unit.name}`
}

/** `1,000,000` */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}
