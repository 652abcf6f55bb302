/** What the flights demo asks, as one writes it in plain JavaScript. */

export function quantiles(x: Float64Array, qs: readonly number[]): Float64Array {
  const sorted = x.slice().sort()
  return Float64Array.from(qs, (q) => {
    const at = (sorted.length - 1) * q
    const low = Math.floor(at)
    const high = Math.min(low + 1, sorted.length - 1)
    return sorted[low]! + (sorted[high]! - sorted[low]!) * (at - low)
  })
}

export function histogram(x: Float64Array, bins: number, low: number, high: number): Float64Array {
  const counts = new Float64Array(bins)
  const scale = bins / (high - low)
  for (let i = 0; i < x.length; i++) {
    const value = x[i]!
    if (value < low || value > high) continue
    counts[Math.min(Math.floor((value - low) * scale), bins - 1)]!++
  }
  return counts
}

export function meanAndDeviation(x: Float64Array): { mean: number; std: number } {
  let total = 0
  for (let i = 0; i < x.length; i++) total += x[i]!
  const mean = total / x.length
  let squares = 0
  for (let i = 0; i < x.length; i++) squares += (x[i]! - mean) ** 2
  return { mean, std: Math.sqrt(squares / x.length) }
}

export function correlation(x: Float64Array, y: Float64Array): number {
  let [sx, sy] = [0, 0]
  for (let i = 0; i < x.length; i++) {
    sx += x[i]!
    sy += y[i]!
  }
  const [mx, my] = [sx / x.length, sy / y.length]
  let [xx, yy, xy] = [0, 0, 0]
  for (let i = 0; i < x.length; i++) {
    const [dx, dy] = [x[i]! - mx, y[i]! - my]
    xx += dx * dx
    yy += dy * dy
    xy += dx * dy
  }
  return xy / Math.sqrt(xx * yy)
}

export function sorted(x: Float64Array): Float64Array {
  return x.slice().sort()
}

/** The mean of each day, then the mean of each `window` days. */
export function rollingByDay(x: Float64Array, day: Uint16Array, days: number, window: number): Float64Array {
  const totals = new Float64Array(days)
  const counts = new Float64Array(days)
  for (let i = 0; i < x.length; i++) {
    totals[day[i]!]! += x[i]!
    counts[day[i]!]!++
  }
  const means = totals.map((total, d) => total / counts[d]!)
  const out = new Float64Array(days - window + 1)
  let running = 0
  for (let d = 0; d < days; d++) {
    running += means[d]!
    if (d >= window) running -= means[d - window]!
    if (d >= window - 1) out[d - window + 1] = running / window
  }
  return out
}

export function topRoutes(route: Uint32Array, count: number): { route: number; flights: number }[] {
  const flights = new Map<number, number>()
  for (let i = 0; i < route.length; i++) flights.set(route[i]!, (flights.get(route[i]!) ?? 0) + 1)
  return [...flights]
    .map(([route, flights]) => ({ route, flights }))
    .sort((a, b) => b.flights - a.flights || a.route - b.route)
    .slice(0, count)
}
