/** Order statistics. */

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** Interpolated between neighbours, as NumPy does; NaN of nothing. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = Float64Array.from(values).sort()
  const at = q * (sorted.length - 1)
  const low = sorted[Math.floor(at)] ?? Number.NaN
  const high = sorted[Math.ceil(at)] ?? Number.NaN
  return low + (high - low) * (at - Math.floor(at))
}
