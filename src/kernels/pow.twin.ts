/**
 * a^b of two numbers: the operations of native/kernels/pow.cpp in the same order, so the same bits.
 *
 * Source: the scheme and the coefficients are those of fdlibm's e_pow.c (Sun Microsystems, 1993): log2(a) and
 * b * log2(a) in two doubles each, then 2^z.
 */
import { scaled } from './exp.twin.js'
import { inversePower } from './log.twin.js'

const MAGIC = 6755399441055744 // adding it rounds to an integer
const SPLIT = 134217729 // 2^27 + 1: Veltkamp's splitting into halves

const value = /* @__PURE__ */ new Float64Array(1)
const words = /* @__PURE__ */ new Int32Array(value.buffer)

/** a^b, as IEEE 754 has it: 1^b is 1 and (-1)^±Infinity is 1, which Math.pow makes NaN. */
export function pow(a: number, b: number): number {
  const magnitude = Math.abs(a)
  if (!(magnitude > 0 && magnitude < Number.POSITIVE_INFINITY && Math.abs(b) < Number.POSITIVE_INFINITY)) {
    if (a === 1 || b === 0) return 1
    if (magnitude === 1 && !Number.isNaN(b)) return 1
    return a ** b // exact: 0, infinite or NaN
  }
  if (a > 0) return positive(a, b)
  const whole = Math.floor(b) === b
  if (!whole) return Number.NaN
  return Math.floor(b * 0.5) === b * 0.5 ? positive(magnitude, b) : -positive(magnitude, b)
}

function positive(a: number, b: number): number {
  const tiny = a < 2.2250738585072014e-308
  const normal = tiny ? a * 18014398509481984 : a
  value[0] = normal
  const e = (words[1]! >> 20) - 1023
  let n = tiny ? e - 54 : e
  let m = normal * inversePower(e)

  // |a| = 2^n m with m near the base, 1 or 1.5.
  let base = 1
  let dpHigh = 0
  let dpLow = 0
  if (m > 1.7320508) {
    m *= 0.5
    n++
  } else if (m > 1.2247448) {
    base = 1.5
    dpHigh = 0.5849624872207642
    dpLow = 1.350039202129749e-8
  }

  // s = (m - base) / (m + base) in two parts, and log(m / base) = 2s + 2/3 s^3 + …
  const difference = m - base
  const inverse = 1 / (m + base)
  const s = difference * inverse
  const sHigh = upper(s)
  const tHigh = upper(m + base)
  const tLow = m - (tHigh - base)
  const sLow = inverse * (difference - sHigh * tHigh - sHigh * tLow)
  const s2 = s * s
  const series =
    0.5999999999999946 +
    s2 *
      (0.4285714285785502 +
        s2 * (0.33333332981837743 + s2 * (0.272728123808534 + s2 * (0.23066074577556175 + s2 * 0.20697501780033842))))
  const r = s2 * s2 * series + sLow * (sHigh + s)
  const square = sHigh * sHigh
  const uHigh = upper(3 + square + r)
  const uLow = r - (uHigh - 3 - square)
  const u = sHigh * uHigh
  const v = sLow * uHigh + uLow * s
  const pHigh = upper(u + v)
  const pLow = v - (pHigh - u)
  const zHigh = pHigh * 0.9617967009544373 // 2 / (3 log 2), in two parts
  const zLow = pHigh * -7.028461650952758e-9 + pLow * 0.9617966939259756 + dpLow
  const lHigh = upper(zHigh + zLow + dpHigh + n)
  const lLow = zLow - (lHigh - n - dpHigh - zHigh)

  // b log2(|a|) in two parts. A larger b gives the same result, if |a| is not 1.
  const exponent = b > 2 ** 66 ? 2 ** 66 : b < -(2 ** 66) ? -(2 ** 66) : b
  const eHigh = upper(exponent)
  let yLow = (exponent - eHigh) * lHigh + exponent * lLow
  let yHigh = eHigh * lHigh
  const whole = yHigh + yLow
  if (Math.abs(whole) > 1100) {
    yHigh = whole < 0 ? -1100 : 1100
    yLow = 0
  }

  // 2^k 2^y
  const k = yHigh + yLow + MAGIC - MAGIC
  yHigh -= k
  const y = upper(yHigh + yLow)
  const wHigh = y * 0.6931471824645996
  const wLow = (yLow - (y - yHigh)) * Math.LN2 + y * -1.904654299957768e-9
  const z = wHigh + wLow
  const rest = wLow - (z - wHigh)
  const t = z * z
  const q =
    0.16666666666666602 +
    t *
      (-0.0027777777777015593 +
        t * (0.00006613756321437934 + t * (-0.0000016533902205465252 + t * 4.1381367970572385e-8)))
  const p = z - t * q
  const sum = 1 + z
  const lost = 1 - sum + z
  return scaled(sum + (lost + ((z * p) / (2 - p) + (rest + z * rest))), k)
}

/** The upper 26 bits of x. */
function upper(x: number): number {
  const c = x * SPLIT
  return c - (c - x)
}
