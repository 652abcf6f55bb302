import type { Value } from './values.js'

/** The lengths of the arrays as checked: a call may wait, and a buffer can be transferred away meanwhile. */
export function lengthsOf(values: readonly Value[]): readonly number[] {
  return values.map((value) => ('array' in value ? (value.array?.length ?? 0) : 0))
}
