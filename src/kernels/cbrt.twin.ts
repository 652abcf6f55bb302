/**
 * The cube root of one number: the operations of native/kernels/cbrt.cpp in the same order, so the same bits.
 *
 * Source: the estimate from the exponent, the polynomial that refines it and the closing Newton step are those of
 * FreeBSD's s_cbrt.c (Sun Microsystems, 1993; B. Evans, 2003).
 */
import { inversePower } from './log.twin.js'

const MAGIC = 6755399441055744 // adding it rounds to an integer

const value = /* @__PURE__ */ new Float64Array(1)
const words = /* @__PURE__ */ new Int32Array(value.buffer)

export function cbrt(x: number): number {
  const a = Math.abs(x)
  if (!(a > 0 && a < Number.POSITIVE_INFINITY)) return x
  const tiny = a < 2.2250738585072014e-308
  value[0] = tiny ? a * 18014398509481984 : a
  // A third of the upper word has a third of the exponent: 5 bits of the root.
  // As upper word of a double, whose lower word is 0.
  const word = words[1]! * (1 / 3) + (MAGIC + (tiny ? 696219795 : 715094163)) - MAGIC
  let t = (1 + (word & 0xfffff) * 2 ** -20) * inversePower(1023 - (word >> 20))
  const r = t * t * (t / a)
  const low = 1.87595182427177 + r * (-1.8849797954337717 + r * 1.6214297201053545)
  const high = r * r * r * (-0.758397934778766 + r * 0.14599619288661245)
  // 23 bits, no more: so that t * t is exact.
  t *= low + high
  const c = t * 1073741825
  t = c - (c - t)
  const q = a / (t * t)
  const root = t + t * ((q - t) / (t + t + q))
  return x < 0 ? -root : root
}
