/**
 * exp and expm1 of one number: the operations of native/kernels/math-exp-inl.h in the same order, so the same bits.
 *
 * Sources: reduction, rational approximations and their coefficients are those of e_exp.c and s_expm1.c of fdlibm
 * (Sun Microsystems, 1993). The last steps are put together anew, by error-free additions: they need no cases and err
 * less.
 */

/** Adding it rounds a small number to the nearest integer: 1.5 * 2^52. */
const MAGIC = 6755399441055744
const LN2_HIGH = 0.6931471803691238
const LN2_LOW = 1.9082149292705877e-10
const LOG2_E = Math.LOG2E

const power = /* @__PURE__ */ new Float64Array(1)
const powerWords = /* @__PURE__ */ new Int32Array(power.buffer)

/** 2^k for whole k in [-1022, 1023]. */
export function powerOfTwo(k: number): number {
  powerWords[1] = (k + 1023) << 20
  return power[0]!
}

/** y * 2^k for whole k in [-1100, 1100] and y near 1, rounded once where the result is denormal. */
export function scaled(y: number, k: number): number {
  if (k >= -1021 && k <= 1023) return y * powerOfTwo(k)
  const half = k >> 1
  return y * powerOfTwo(half) * powerOfTwo(k - half)
}

/** e^x. */
export function exp(value: number): number {
  const x = value > 720 ? 720 : value < -750 ? -750 : value
  const k = x * LOG2_E + MAGIC - MAGIC
  const high = x - k * LN2_HIGH
  const low = k * LN2_LOW
  const r = high - low
  const t = r * r
  const p =
    0.16666666666666602 +
    t *
      (-0.0027777777777015593 +
        t * (0.00006613756321437934 + t * (-0.0000016533902205465252 + t * 4.1381367970572385e-8)))
  const c = r - t * p
  // 1 + high without loss, and then the small rest.
  const sum = 1 + high
  const lost = 1 - sum + high
  return scaled(sum + (lost + ((r * c) / (2 - c) - low)), k)
}

/** e^x - 1. */
export function expm1(value: number): number {
  if (Math.abs(value) < 5.551115123125783e-17) return value
  const x = value > 720 ? 720 : value < -40 ? -40 : value
  const k = x * LOG2_E + MAGIC - MAGIC
  const high = x - k * LN2_HIGH
  const low = k * LN2_LOW
  const r = high - low
  const c = high - r - low
  const half = 0.5 * r
  const s = r * half
  const q =
    1 +
    s *
      (-0.03333333333333313 +
        s *
          (0.0015873015872548146 +
            s * (-0.0000793650757867488 + s * (0.000004008217827329362 + s * -2.0109921818362437e-7))))
  const t = 3 - q * half
  let e = s * ((q - t) / (6 - r * t))
  e = r * (e - c) - c - s
  const inverse = powerOfTwo(k > 64 ? -64 : -k)
  const a = 1 - inverse
  const rest = 1 - a - inverse
  const sum = a + r
  const part = sum - a
  const lost = a - (sum - part) + (r - part)
  return scaled(sum + (lost + rest - e), k)
}
