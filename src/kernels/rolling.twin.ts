/** The twin of native/kernels/rolling.cpp: the same chunks, joined in the same order. */
import type { Float, Real } from '../base/dtypes.js'

// native/kernels/rolling.cpp has the same three.
const DIRECT = 16
const RUN = 64
const FOLD = 127

export const OF = ['sum', 'mean', 'min', 'max', 'std'] as const
const [MEAN, MIN, MAX, STD] = [1, 2, 3, 4]

export function rollingTwin(x: Real, window: number, of: number, ddof: number, out: Float): void {
  if (window <= DIRECT) direct(x, window, of, ddof, out)
  else if (of === STD) spread(x, window, ddof, out)
  else plain(x, window, of, out)
}

function direct(x: Real, window: number, of: number, ddof: number, out: Float): void {
  for (let i = 0; i < out.length; i++) {
    const end = i + window
    let value = x[i]!
    if (of === MIN) for (let k = i + 1; k < end; k++) value = Math.min(value, x[k]!)
    else if (of === MAX) for (let k = i + 1; k < end; k++) value = Math.max(value, x[k]!)
    else for (let k = i + 1; k < end; k++) value += x[k]!
    if (of === MEAN) value /= window
    else if (of === STD) {
      const mean = value / window
      value = 0
      for (let k = i; k < end; k++) value += (x[k]! - mean) * (x[k]! - mean)
      value = Math.sqrt(value / (window - ddof))
    }
    out[i] = value
  }
}

/** window = whole * chunk + rest; `far`: more whole chunks than are joined one by one. */
function cut(window: number): { chunk: number; whole: number; rest: number; far: boolean } {
  const chunk = Math.min(window, RUN)
  const whole = Math.floor(window / chunk)
  return { chunk, whole, rest: window % chunk, far: whole - 1 > FOLD }
}

// ---- Sums, minima, maxima ----

function none(of: number): number {
  return of === MIN ? Number.POSITIVE_INFINITY : of === MAX ? Number.NEGATIVE_INFINITY : -0
}
function join(of: number, a: number, b: number): number {
  return of === MIN ? Math.min(a, b) : of === MAX ? Math.max(a, b) : a + b
}

/** to[at + i]: the front of i elements of x[from, from + count), for i < chunk; returns the whole. */
function frontsOf(of: number, x: Real, from: number, count: number, chunk: number, to: Float64Array, at: number) {
  let value = none(of)
  if (of === MIN) {
    for (let i = 0; i < count; i++) {
      to[at + i] = value
      value = Math.min(value, x[from + i]!)
    }
  } else if (of === MAX) {
    for (let i = 0; i < count; i++) {
      to[at + i] = value
      value = Math.max(value, x[from + i]!)
    }
  } else {
    for (let i = 0; i < count; i++) {
      to[at + i] = value
      value += x[from + i]!
    }
  }
  if (count >= 0 && count < chunk) to[at + count] = value
  return value
}

function restsOf(of: number, x: Real, from: number, chunk: number, to: Float64Array): void {
  let value = none(of)
  if (of === MIN) for (let i = chunk - 1; i >= 0; i--) to[i] = value = Math.min(value, x[from + i]!)
  else if (of === MAX) for (let i = chunk - 1; i >= 0; i--) to[i] = value = Math.max(value, x[from + i]!)
  else for (let i = chunk - 1; i >= 0; i--) to[i] = value += x[from + i]!
}

function plain(x: Real, window: number, of: number, out: Float): void {
  const { length } = x
  const { chunk, whole, rest, far } = cut(window)
  const starts = Math.ceil(out.length / chunk)
  const totals = new Float64Array(starts + whole + 1)
  const fronts = new Float64Array(2 * chunk)
  const rests = new Float64Array(chunk)
  const fill = (k: number) => {
    const count = Math.min(chunk, length - k * chunk)
    totals[k] = frontsOf(of, x, k * chunk, count, chunk, fronts, chunk)
  }
  const total = far ? starts + whole : whole + 1
  for (let k = 1; k < total; k++) fill(k)
  const middles = far ? middleOf(of, totals, starts, whole - 1) : totals
  if (far) fill(whole)
  for (let first = 0; first < starts; first++) {
    fronts.copyWithin(0, chunk)
    fill(first + whole + 1)
    const from = first * chunk
    restsOf(of, x, from, chunk, rests)
    let middle = none(of)
    if (far) middle = middles[first]!
    else if (whole > 1) {
      middle = totals[first + 1]!
      for (let k = 2; k < whole; k++) middle = join(of, middle, totals[first + k]!)
    }
    const count = Math.min(chunk, out.length - from)
    const turn = Math.min(count, chunk - rest)
    const more = join(of, middle, totals[first + whole]!)
    if (of === MIN) {
      for (let j = 0; j < turn; j++) out[from + j] = Math.min(Math.min(rests[j]!, middle), fronts[j + rest]!)
      for (let j = turn; j < count; j++) out[from + j] = Math.min(Math.min(rests[j]!, more), fronts[j + rest]!)
    } else if (of === MAX) {
      for (let j = 0; j < turn; j++) out[from + j] = Math.max(Math.max(rests[j]!, middle), fronts[j + rest]!)
      for (let j = turn; j < count; j++) out[from + j] = Math.max(Math.max(rests[j]!, more), fronts[j + rest]!)
    } else {
      const by = of === MEAN ? window : 1
      for (let j = 0; j < turn; j++) out[from + j] = (rests[j]! + middle + fronts[j + rest]!) / by
      for (let j = turn; j < count; j++) out[from + j] = (rests[j]! + more + fronts[j + rest]!) / by
    }
  }
}

/** For each start the join of the m totals after it: spans of m, a rest and a front each. */
function middleOf(of: number, totals: Float64Array, starts: number, m: number): Float64Array {
  const fronts = new Float64Array(starts + m)
  let value = none(of)
  for (let k = 0; k < starts + m; k++) {
    if (k % m === 0) value = none(of)
    fronts[k] = value
    value = join(of, value, totals[k + 1]!)
  }
  const middle = new Float64Array(starts)
  for (let k = (Math.floor((starts - 1) / m) + 1) * m - 1; k >= 0; k--) {
    if (k % m === m - 1) value = none(of)
    value = join(of, value, totals[k + 1]!)
    if (k < starts) middle[k] = k % m === 0 ? value : join(of, value, fronts[k + m]!)
  }
  return middle
}

// ---- Standard deviations: mean, and sum of squared deviations from it ----

interface Pairs {
  readonly mean: Float64Array
  readonly squares: Float64Array
}
const pairs = (length: number): Pairs => ({ mean: new Float64Array(length), squares: new Float64Array(length) })

function spread(x: Real, window: number, ddof: number, out: Float): void {
  const { length } = x
  const { chunk, whole, rest, far } = cut(window)
  const starts = Math.ceil(out.length / chunk)
  const totals = pairs(starts + whole + 1)
  const fronts = pairs(2 * chunk)
  const rests = pairs(chunk)
  const shift = Math.abs(x[0]!) < 2 ** 1000 ? x[0]! : 0
  // What adding one element to k takes, and joining the middle, then the front, to a rest from offset k on.
  const [stepShare, stepWeight] = [new Float64Array(chunk), new Float64Array(chunk)]
  const [share, weight, lastWeight] = [new Float64Array(chunk), new Float64Array(chunk), new Float64Array(chunk)]
  for (let k = 0; k < chunk; k++) {
    stepShare[k] = 1 / (k + 1)
    stepWeight[k] = k * stepShare[k]!
    const held = chunk - k
    const between = (k < chunk - rest ? whole - 1 : whole) * chunk
    share[k] = between / (held + between)
    weight[k] = held * share[k]!
    lastWeight[k] = (held + between) * ((window - held - between) / window)
  }
  const fill = (k: number) => {
    const from = k * chunk
    const count = Math.min(chunk, length - from)
    let mean = 0
    let squares = 0
    for (let i = 0; i < count; i++) {
      fronts.mean[chunk + i] = mean
      fronts.squares[chunk + i] = squares
      const delta = x[from + i]! - shift - mean
      mean += delta * stepShare[i]!
      squares += delta * stepWeight[i]! * delta
    }
    if (count >= 0 && count < chunk) {
      fronts.mean[chunk + count] = mean
      fronts.squares[chunk + count] = squares
    }
    totals.mean[k] = mean
    totals.squares[k] = squares
  }
  const total = far ? starts + whole : whole + 1
  for (let k = 1; k < total; k++) fill(k)
  const middles = far ? middlePairs(totals, starts, whole - 1, chunk) : totals
  if (far) fill(whole)
  const divisor = window - ddof
  for (let first = 0; first < starts; first++) {
    fronts.mean.copyWithin(0, chunk)
    fronts.squares.copyWithin(0, chunk)
    fill(first + whole + 1)
    const from = first * chunk
    let mean = 0
    let squares = 0
    for (let k = 0; k < chunk; k++) {
      const i = chunk - 1 - k
      const delta = x[from + i]! - shift - mean
      rests.mean[i] = mean += delta * stepShare[k]!
      rests.squares[i] = squares += delta * stepWeight[k]! * delta
    }
    mean = 0
    squares = 0
    if (far) {
      mean = middles.mean[first]!
      squares = middles.squares[first]!
    } else if (whole > 1) {
      mean = totals.mean[first + 1]!
      squares = totals.squares[first + 1]!
      for (let k = 1; k < whole - 1; k++) {
        const part = 1 / (k + 1)
        const delta = totals.mean[first + 1 + k]! - mean
        mean += delta * part
        squares = squares + totals.squares[first + 1 + k]! + delta * (k * chunk * part) * delta
      }
    }
    const count = Math.min(chunk, out.length - from)
    const turn = Math.min(count, chunk - rest)
    for (let begin = 0, end = turn; begin < count; begin = end, end = count) {
      for (let j = begin; j < end; j++) {
        const delta = mean - rests.mean[j]!
        const both = rests.mean[j]! + delta * share[j]!
        const first2 = rests.squares[j]! + squares + delta * weight[j]! * delta
        const last = fronts.mean[j + rest]! - both
        // An infinity in the front alone would leave infinite squares: its deviation from the mean is NaN.
        const all = first2 + fronts.squares[j + rest]! + last * lastWeight[j]! * last + last * 0
        out[from + j] = Math.sqrt(all / divisor)
      }
      if (end === count) break
      const more = { mean, squares }
      merge(more, (whole - 1) * chunk, totals, first + whole, chunk)
      mean = more.mean
      squares = more.squares
    }
  }
}

/** a, of `held` elements, joined with from[k], of `count`. */
function merge(a: { mean: number; squares: number }, held: number, from: Pairs, k: number, count: number): void {
  const share = count / (held + count)
  const delta = from.mean[k]! - a.mean
  a.mean += delta * share
  a.squares = a.squares + from.squares[k]! + delta * (held * share) * delta
}

function middlePairs(totals: Pairs, starts: number, m: number, chunk: number): Pairs {
  const fronts = pairs(starts + m)
  const value = { mean: 0, squares: 0 }
  for (let k = 0; k < starts + m; k++) {
    if (k % m === 0) value.mean = value.squares = 0
    fronts.mean[k] = value.mean
    fronts.squares[k] = value.squares
    merge(value, (k % m) * chunk, totals, k + 1, chunk)
  }
  const middle = pairs(starts)
  for (let k = (Math.floor((starts - 1) / m) + 1) * m - 1; k >= 0; k--) {
    const held = m - 1 - (k % m)
    if (held === 0) value.mean = value.squares = 0
    merge(value, held * chunk, totals, k + 1, chunk)
    if (k >= starts) continue
    const joined = { ...value }
    if (k % m !== 0) merge(joined, (held + 1) * chunk, fronts, k + m, (k % m) * chunk)
    middle.mean[k] = joined.mean
    middle.squares[k] = joined.squares
  }
  return middle
}
