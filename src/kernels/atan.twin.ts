/**
 * atan and atan2 of numbers: the operations of native/kernels/math-atan-inl.h, where the sources are named, in the same
 * order.
 */

const HALF_PI_LOW = 6.123233995736766e-17
const QUARTER_LOW = 3.061616997868383e-17
const ATAN_HALF = 0.4636476090008061
const ATAN_HALF_LOW = 2.2698777452961687e-17

/** (t - atan t) / t for |t| <= 7/16, z = t * t. */
function atanPart(z: number): number {
  const w = z * z
  const a =
    0.3333333333333293 +
    w *
      (0.14285714272503466 +
        w * (0.09090887133436507 + w * (0.06661073137387531 + w * (0.049768779946159324 + w * 0.016285820115365782))))
  const b =
    -0.19999999999876483 +
    w * (-0.11111110405462356 + w * (-0.0769187620504483 + w * (-0.058335701337905735 + w * -0.036531572744216916)))
  return z * a + w * b
}

export function atanOf(x: number): number {
  const a = Math.abs(x)
  if (a < 0.4375) {
    if (a < 2 ** -30) return x
    return x - x * atanPart(x * x)
  }
  let t: number
  let high: number
  let low: number
  if (a < 0.6875) {
    t = (a - 0.5) / (1 + 0.5 * a)
    high = ATAN_HALF
    low = ATAN_HALF_LOW
  } else if (a < 1.1875) {
    t = (a - 1) / (1 + a)
    high = Math.PI / 4
    low = QUARTER_LOW
  } else if (a < 2.4375) {
    t = (a - 1.5) / (1 + 1.5 * a)
    high = 0.982793723247329
    low = 1.3903311031230998e-17
  } else {
    t = -1 / a
    high = Math.PI / 2
    low = HALF_PI_LOW
  }
  const y = high - (t * atanPart(t * t) - low - t)
  return x < 0 ? -y : y
}

/** The upper 26 bits. */
function upper(x: number): number {
  const c = x * 134217729
  return c - (c - x)
}

export function atan2Of(y: number, x: number): number {
  let v = Math.abs(y)
  let u = Math.abs(x)
  if (!(v + u >= 0)) return Number.NaN
  const steep = v > u
  if (steep) {
    const less = u
    u = v
    v = less
  }
  if (u === Number.POSITIVE_INFINITY) {
    v = v === u ? 1 : 0
    u = 1
  } else if (u >= 2 ** 900) {
    v *= 2 ** -200
    u *= 2 ** -200
  } else if (u === 0) {
    u = 1
  } else if (u < 2 ** -800) {
    v *= 2 ** 600
    u *= 2 ** 600
  }
  const most = v >= u * 0.6875
  const some = v >= u * 0.4375
  const c = most ? 1 : some ? 0.5 : 0
  const numerator = v - c * u
  const part = c * v
  const denominator = u + part
  const t = numerator / denominator
  const z = t * t
  let error = 0
  if (Math.abs(t) >= 2 ** -60) {
    const product = t * denominator
    const top = upper(t)
    const bottom = t - top
    const large = upper(denominator)
    const little = denominator - large
    const lost = top * large - product + top * little + bottom * large + bottom * little
    const rest = numerator - product - lost - t * (u - denominator + part)
    error = (rest / denominator) * (1 - z)
  }
  const behind = x < 0 || (x === 0 && 1 / x < 0)
  const turn = steep ? 1 : behind ? 2 : 0
  const base = turn * (Math.PI / 2)
  const sign = steep === behind ? 1 : -1
  const added = sign * (most ? Math.PI / 4 : some ? ATAN_HALF : 0)
  const addedLow = sign * (most ? QUARTER_LOW : some ? ATAN_HALF_LOW : 0)
  const high = base + added
  const low = turn * HALF_PI_LOW + addedLow + (base - high + added)
  const tail = low + sign * (error - t * atanPart(z))
  const angle = high + (sign * t + tail)
  return y < 0 || (y === 0 && 1 / y < 0) ? -angle : angle
}
