/**
 * sinh, cosh and tanh of numbers: the operations of native/kernels/math-hyperbolic-inl.h, where the sources are named, in
 * the same order.
 */
import { powerOfTwo } from './exp.twin.js'

/** 2^(j/32) in two parts each. */
const POWERS = [
  1.0, 0.0, 1.0218971486541166, 5.109225028973444e-17, 1.0442737824274138, 8.551889705537965e-17, 1.0671404006768237,
  -7.899853966841582e-17, 1.0905077326652577, -3.046782079812471e-17, 1.1143867425958924, 1.0410278456845571e-16,
  1.1387886347566916, 8.912812676025408e-17, 1.1637248587775775, 3.8292048369240935e-17, 1.189207115002721,
  3.982015231465646e-17, 1.215247359980469, -7.712630692681488e-17, 1.241857812073484, 4.658027591836937e-17,
  1.2690509571917332, 2.667932131342186e-18, 1.2968395546510096, 2.5382502794888315e-17, 1.3252366431597413,
  -2.8587312100388614e-17, 1.3542555469368927, 7.70094837980299e-17, 1.383909881963832, -6.770511658794786e-17,
  // biome-ignore lint/suspicious/noApproximativeNumericConstant: one of a row, 2^(16/32) to the last bit
  1.4142135623730951, -9.667293313452913e-17, 1.4451808069770467, -3.0237581349939873e-17, 1.4768261459394993,
  -3.483994556892796e-17, 1.5091644275934228, -1.016455327754295e-16, 1.5422108254079407, 7.949834809697621e-17,
  1.5759808451078865, -1.0136916471278304e-17, 1.6104903319492543, 2.4707192569797888e-17, 1.645755478153965,
  -1.0125679913674773e-16, 1.681792830507429, 8.199010020581497e-17, 1.718619298122478, -1.851380418263111e-17,
  1.7562521603732995, 2.960140695448873e-17, 1.7947090750031072, 1.8227458427912087e-17, 1.8340080864093424,
  3.283107224245627e-17, 1.8741676341103, -6.122763413004143e-17, 1.9152065613971474, -1.0619946056195963e-16,
  1.9571441241754002, 8.960767791036668e-17,
]

/** e^x / 2^k in two parts. */
const parts = /* @__PURE__ */ new Float64Array(2)

/** Leaves e^x / 2^k in `parts` and returns k; x in [0, 720]. */
function expParts(x: number): number {
  const n = x * 46.16624130844683 + 6755399441055744 - 6755399441055744
  const r = x - n * 0.021660849392446835 - n * 5.145609244655338e-14
  const at = (n & 31) * 2
  const table = POWERS[at]!
  const p = r + r * r * (0.5 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720)))))
  const rest = POWERS[at + 1]! + table * p
  const high = table + rest
  parts[0] = high
  parts[1] = table - high + rest
  return n >> 5
}

/** Half of e^a + sign e^-a. */
function half(a: number, sign: number): number {
  const k = expParts(a > 711 ? 711 : a)
  const scale = powerOfTwo(k - 2)
  const e = parts[0]!
  const low = scale * parts[1]!
  let inverse = 0
  if (a < 40) {
    const first = 1 / e
    inverse = (0.0625 / scale) * (first - first * (first * parts[1]!)) // 2^(-k - 2)
  }
  return 2 * (scale * e + (low + sign * inverse))
}

export function sinhOf(x: number): number {
  const a = Math.abs(x)
  if (a >= 1) return x < 0 ? -half(a, -1) : half(a, -1)
  if (!(a >= 2 ** -28)) return x
  const z = x * x
  const p =
    1 / 6 +
    z *
      (1 / 120 +
        z *
          (1 / 5040 +
            z *
              (1 / 362880 +
                z * (1 / 39916800 + z * (1 / 6227020800 + z * (1 / 1307674368000 + z * (1 / 355687428096000)))))))
  return x + x * z * p
}

export function coshOf(x: number): number {
  const a = Math.abs(x)
  return a >= 0 ? half(a, 1) : x
}

export function tanhOf(x: number): number {
  let a = Math.abs(x)
  if (!(a >= 2 ** -28)) return x
  if (a < 0.625) {
    const z = x * x
    const p = -1614.6876844170845 + z * (-99.28772310019185 + z * -0.9643991794250523)
    const q = 4844.063053251255 + z * (2235.4883906010045 + z * (112.81167849163293 + z))
    return x + x * ((z * p) / q)
  }
  if (a > 20) a = 20
  const scale = powerOfTwo(expParts(a + a))
  const high = scale * parts[0]!
  const sum = high + 1
  const low = high - sum + 1 + scale * parts[1]!
  const t = 2 / sum
  const top = 1 - t
  const y = top + (1 - top - t + t * (low * (t * 0.5)))
  return x < 0 ? -y : y
}
