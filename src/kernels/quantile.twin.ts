/** What quantile and median share: where a quantile lies, and the value there. */
import type { Dtype, TypedArray } from '../base/dtypes.js'
import { readArray, readChoice } from '../core/arguments.js'
import type { Call, Outputs } from '../engine/values.js'
import { arrange, type Numbers, numbersOf, pick } from './select.twin.js'

/** What to do about NaN. */
export interface NanOptions {
  /** `'propagate'` (default): any NaN makes the result NaN. `'omit'`: NaNs are left out. */
  nan?: 'propagate' | 'omit' | undefined
}

// native/kernels/partition.cpp has the same order.
export const METHODS = [
  'inverted_cdf',
  'averaged_inverted_cdf',
  'closest_observation',
  'interpolated_inverted_cdf',
  'hazen',
  'weibull',
  'linear',
  'median_unbiased',
  'normal_unbiased',
  'lower',
  'higher',
  'midpoint',
  'nearest',
] as const
export type QuantileMethod = (typeof METHODS)[number]
export const LINEAR = 6
export const MEDIAN = 13

const DTYPES: readonly Dtype[] = ['f64', 'f32', 'i32', 'u32', 'i16', 'u16', 'i8', 'u8', 'u8c']

export const INSTANCES: Record<string, string> = /* @__PURE__ */ Object.fromEntries(
  DTYPES.filter((dtype) => dtype !== 'u8c').map((dtype) => [
    `${dtype},f64`,
    `in:${dtype} in:f64 out:f64 enum:14 boolean`,
  ]),
)

/** Between which ranks a quantile lies, and how far towards the second; undefined where it is at the first. */
interface Place {
  from: number
  to: number
  gamma: number | undefined
}

function at(rank: number, n: number): Place {
  const clipped = rank > 0 ? Math.min(rank, n - 1) : 0
  return { from: clipped, to: clipped, gamma: undefined }
}

/** NumPy's virtual index for Hyndman and Fan's alpha and beta. */
function fitted(n: number, q: number, alpha: number, beta: number): number {
  return n * q + (alpha + q * (1 - alpha - beta)) - 1
}

function placeOf(method: number, n: number, q: number): Place {
  let where = (n - 1) * q
  switch (METHODS[method]) {
    case 'inverted_cdf': {
      const index = n * q - 1
      const floor = Math.floor(index)
      return at(index === floor ? floor : floor + 1, n)
    }
    case 'closest_observation': {
      const index = n * q - 1 - 0.5
      const floor = Math.floor(index)
      return at(index === floor && floor % 2 !== 0 ? floor : floor + 1, n)
    }
    case 'lower':
      return at(Math.floor(where), n)
    case 'higher':
      return at(Math.ceil(where), n)
    case 'nearest': {
      const floor = Math.floor(where)
      const over = where - floor
      return at(over > 0.5 || (over === 0.5 && floor % 2 !== 0) ? floor + 1 : floor, n)
    }
    case undefined: // the median
      return { from: (n - 1) >>> 1, to: n >>> 1, gamma: n % 2 === 0 ? 0.5 : undefined }
    case 'averaged_inverted_cdf':
      where = n * q - 1
      break
    case 'interpolated_inverted_cdf':
      where = fitted(n, q, 0, 1)
      break
    case 'hazen':
      where = fitted(n, q, 0.5, 0.5)
      break
    case 'weibull':
      where = fitted(n, q, 0, 0)
      break
    case 'median_unbiased':
      where = fitted(n, q, 1 / 3, 1 / 3)
      break
    case 'normal_unbiased':
      where = fitted(n, q, 3 / 8, 3 / 8)
      break
    case 'midpoint':
      where = 0.5 * (Math.floor(where) + Math.ceil(where))
      break
    case 'linear':
      break
  }
  // At the ends NumPy measures gamma from rank 0 or −1; both ranks are the same there, and only the sign of a zero
  // can tell.
  const floor = Math.floor(where)
  const place: Place = { from: floor, to: floor + 1, gamma: where - floor }
  if (where >= n - 1) {
    place.from = place.to = n - 1
    place.gamma = where + 1
  } else if (where < 0) {
    place.from = place.to = 0
    place.gamma = where
  }
  if (METHODS[method] === 'averaged_inverted_cdf') place.gamma = place.gamma === 0 ? 0.5 : 1
  if (METHODS[method] === 'midpoint') place.gamma = where === floor ? 0 : 0.5
  return place
}

function between(method: number, a: number, b: number, gamma: number): number {
  if (method === MEDIAN) return (a + b) / 2
  const step = b - a
  return gamma >= 0.5 ? b - step * (1 - gamma) : a + step * gamma
}

/** `q` ascends. */
export function quantileTwin(x: Numbers, q: Float64Array, out: Float64Array, method: number, omit: boolean): void {
  out.fill(Number.NaN)
  const { keys, count } = numbersOf(x)
  if (count === 0 || q.length === 0 || (count < x.length && !omit)) return
  const places = Array.from(q, (share) => placeOf(method, count, share))
  const ranks = new Float64Array(2 * q.length)
  places.forEach(({ from, to }, i) => {
    ranks[2 * i] = from
    ranks[2 * i + 1] = to
  })
  arrange(keys, 0, count - 1, ranks.slice().sort(), 0, ranks.length)
  const values = pick(x, keys, ranks, count)
  places.forEach(({ gamma }, i) => {
    const a = values[2 * i]!
    out[i] = gamma === undefined ? a : between(method, a, values[2 * i + 1]!, gamma)
  })
}

/** Nanoseconds on one thread, measured: few elements are copied, more are swept over, eight or so quantiles a sweep. */
function estimate(length: number, bytes: number, count: number): number {
  if (length <= 2048) return 900 + length * (2.4 + 0.9 * count)
  const abreast = Math.min(count, 8)
  const each = (0.4 + 0.45 * abreast) * (bytes === 8 ? 1 : 0.65) * (length * bytes < 12e6 ? 1 : 1.4)
  return 8000 * abreast + length * each * Math.max(1, Math.min(count, 160) / 8)
}

/** The call of either: `q` ascends. */
export function quantileCall(
  x: unknown,
  q: Float64Array,
  method: number,
  nan: unknown,
  finish: (outputs: Outputs) => unknown,
): Call {
  const dtype = readArray('x', x, DTYPES)
  const array = x as TypedArray
  const omit = nan === undefined ? 0 : readChoice('nan', nan, ['propagate', 'omit'])
  return {
    instance: dtype === 'u8c' ? 'u8,f64' : `${dtype},f64`,
    values: [
      { kind: 'in', array },
      { kind: 'in', array: q },
      { kind: 'out', dtype: 'f64', length: q.length, array: undefined },
      { kind: 'enum', value: method },
      { kind: 'boolean', value: omit },
    ],
    work: estimate(array.length, array.BYTES_PER_ELEMENT, q.length),
    finish,
  }
}

export const quantileTraffic = ({ values: [x] }: Call): { bytes: number } => ({
  bytes: (x as { array: TypedArray }).array.byteLength,
})
