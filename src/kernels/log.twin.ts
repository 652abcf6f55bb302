/**
 * log, log1p, log2 and log10 of one number: the operations of native/kernels/math-log-inl.h in the same order, so the
 * same bits.
 *
 * Sources: the reduction to [sqrt(1/2), sqrt(2)), the approximation of log and its coefficients are those of fdlibm's
 * e_log.c (Sun Microsystems, 1993), added up without loss; the constants in two parts of log2 and log10 are those of FreeBSD's msun
 * (e_log2.c, e_log10.c).
 */
const LN2_HIGH = 0.6931471803691238
const LN2_LOW = 1.9082149292705877e-10
const LOG2_E_HIGH = 1.4426950407214463
const LOG2_E_LOW = 1.6751713164886512e-10
const LOG10_E_HIGH = 0.4342944818781689
const LOG10_E_LOW = 2.5082946711645275e-11
const LOG10_2_HIGH = 0.30102999566361177
const LOG10_2_LOW = 3.694239077158931e-13
const LEAST_NORMAL = 2.2250738585072014e-308
const SPLIT = 4294967297 // 2^32 + 1: the upper part keeps 21 bits

const value = /* @__PURE__ */ new Float64Array(1)
const words = /* @__PURE__ */ new Int32Array(value.buffer)

/** k of x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)); x positive, normal and finite. */
function exponent(x: number): number {
  value[0] = x
  return ((words[1]! + 0x95f62) >> 20) - 1023
}
/** 2^-k by k + 1023, filled at first use. */
const inverses = /* @__PURE__ */ new Float64Array(2048)

/**
 * 2^-k for k in [-1023, 1024]. A table, since a double that is put together from words would be waited for: that is
 * twice as slow.
 */
export function inversePower(k: number): number {
  const power = inverses[k + 1023]!
  if (power !== 0) return power
  for (let i = 0; i < inverses.length; i++) inverses[i] = 2 ** (1023 - i)
  return inverses[k + 1023]!
}
/** log(1 + f) - (f - half) */
function tail(f: number, half: number): number {
  const s = f / (2 + f)
  const z = s * s
  const w = z * z
  const even = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373))
  const odd = z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)))
  return s * (half + (odd + even))
}
/** k log(2) + f without loss, and then the small rest. */
function joined(k: number, f: number, half: number, low: number): number {
  const whole = k * LN2_HIGH
  const sum = whole + f
  const lost = whole - sum + f
  return sum + (lost + (tail(f, half) + low - half))
}
/** The logarithm of what has none, or an infinite one. */
function special(x: number): number {
  return x === 0 ? Number.NEGATIVE_INFINITY : x > 0 ? x : Number.NaN
}

/** The natural logarithm. */
export function log(x: number): number {
  if (!(x > 0 && x < Number.POSITIVE_INFINITY)) return special(x)
  const tiny = x < LEAST_NORMAL
  const u = tiny ? x * 18014398509481984 : x
  const e = exponent(u)
  const k = tiny ? e - 54 : e
  const f = u * inversePower(e) - 1
  const half = 0.5 * f * f
  return joined(k, f, half, k * LN2_LOW)
}

/** log(1 + x) */
export function log1p(x: number): number {
  const u = 1 + x
  if (!(u > 0 && u < Number.POSITIVE_INFINITY)) return special(u)
  if (Math.abs(x) < 5.551115123125783e-17) return x
  const part = u - 1
  const lost = 1 - (u - part) + (x - part)
  const k = exponent(u)
  const f = u * inversePower(k) - 1
  const half = 0.5 * f * f
  return joined(k, f, half, k * LN2_LOW + lost / u)
}

/** The logarithm to base 2. */
export function log2(x: number): number {
  if (!(x > 0 && x < Number.POSITIVE_INFINITY)) return special(x)
  const tiny = x < LEAST_NORMAL
  const u = tiny ? x * 18014398509481984 : x
  const e = exponent(u)
  const k = tiny ? e - 54 : e
  const f = u * inversePower(e) - 1
  const half = 0.5 * f * f
  const c = (f - half) * SPLIT
  const high = c - (c - (f - half))
  const low = f - high - half + tail(f, half)
  const upper = high * LOG2_E_HIGH
  const rest = (low + high) * LOG2_E_LOW + low * LOG2_E_HIGH
  const sum = k + upper
  return rest + (k - sum + upper) + sum
}

/** The logarithm to base 10. */
export function log10(x: number): number {
  if (!(x > 0 && x < Number.POSITIVE_INFINITY)) return special(x)
  const tiny = x < LEAST_NORMAL
  const u = tiny ? x * 18014398509481984 : x
  const e = exponent(u)
  const k = tiny ? e - 54 : e
  const f = u * inversePower(e) - 1
  const half = 0.5 * f * f
  const c = (f - half) * SPLIT
  const high = c - (c - (f - half))
  const low = f - high - half + tail(f, half)
  const upper = high * LOG10_E_HIGH
  const k10 = k * LOG10_2_HIGH
  const rest = k * LOG10_2_LOW + (low + high) * LOG10_E_LOW + low * LOG10_E_HIGH
  const sum = k10 + upper
  return rest + (k10 - sum + upper) + sum
}
