/**
 * x modulo pi/2, and sin, cos and tan of what is left, in the operations and the order of
 * native/kernels/math-trig-inl.h and native/core/reduce.cpp, whose comments name the sources.
 */

/** The reduced angle: high and low part. */
export const angle: Float64Array = /* @__PURE__ */ new Float64Array(2)

/** 2/pi in pieces of 24 bits, after 36 zeros. */
const TWO_OVER_PI = [
  0, 2607, 9975524, 14958930, 10470005, 8200019, 5102605, 11938137, 9684025, 270309, 1456829, 15449174, 1798726,
  14918692, 14495232, 6591214, 10525977, 2215905, 14594507, 1219187, 15632419, 6247147, 11814990, 10077954, 7030263,
  14947225, 1926040, 3486623, 4835397, 16301023, 9601969, 16746879, 16638041, 8453874, 15800501, 10528465, 16175975,
  15528572, 11574132, 16016374, 6940158, 10671954, 8105086, 12476183, 11784307, 10451109, 2698918, 12563963, 1177813,
  13665632, 3343471,
]
const PIECES = 8
const MASK = 0xffffff
const SCALE = 2 ** 24
const STEP = 2 ** -24

const number = /* @__PURE__ */ new Float64Array(1)
const words = /* @__PURE__ */ new Uint32Array(/* @__PURE__ */ number.buffer) // little-endian, as all of offloop
const f = /* @__PURE__ */ new Float64Array(PIECES)
const p = /* @__PURE__ */ new Int32Array(PIECES)

/** ReduceHuge of native/core/reduce.cpp: products of 24 bits are exact in a double. */
function reduceHuge(x: number): number {
  if (!(x - x === 0)) {
    angle[0] = angle[1] = Number.NaN
    return 0
  }
  number[0] = x
  const exponent = (words[1]! >>> 20) - 1023
  const [m0, m1, m2] = [
    words[0]! & MASK,
    (words[0]! >>> 24) | ((words[1]! & 0xffff) << 8),
    ((words[1]! >>> 16) & 15) | 16,
  ]
  const first = exponent - 54 + 36
  const at = Math.floor(first / 24)
  const shift = first % 24
  for (let i = 0; i < PIECES; i++) {
    f[i] = ((TWO_OVER_PI[at + i]! << shift) | (TWO_OVER_PI[at + i + 1]! >>> (24 - shift))) & MASK
  }
  let carry = 0
  for (let i = PIECES - 1; i >= 0; i--) {
    carry += m0 * f[i]!
    if (i + 1 < PIECES) carry += m1 * f[i + 1]!
    if (i + 2 < PIECES) carry += m2 * f[i + 2]!
    const rest = Math.floor(carry * STEP)
    p[i] = carry - rest * SCALE
    carry = rest
  }
  const quadrant = (p[0]! + 0x200000) >>> 22
  const below = (p[0]! & 0x200000) !== 0
  if (below) for (let i = 0; i < PIECES; i++) p[i]! ^= MASK
  p[0]! &= 0x3fffff
  let lead = 0
  let unit = 2 ** -22
  while (lead < 3 && p[lead] === 0) {
    lead++
    unit *= STEP
  }
  const a = p[lead]!
  const b = p[lead + 1]! * STEP
  const rest = (p[lead + 2]! + p[lead + 3]! * STEP) * (STEP * STEP)
  const whole = a + b
  const product = whole * 1.5707963267948966
  const error =
    a * 1.5707963109016418 - product + a * 1.5893254712295857e-8 + b * 1.5707963109016418 + b * 1.5893254712295857e-8
  const tail = error + (whole * 6.123233995736766e-17 + rest * 1.5707963267948966)
  const high = product + tail
  const low = product - high + tail
  const scale = below ? -unit : unit
  angle[0] = high * scale
  angle[1] = low * scale
  return quadrant & 3
}

/** Leaves x - n pi/2 in `angle` and returns n, of which only the last two bits mean something; x >= 0 or NaN. */
export function reduce(x: number): number {
  if (!(x < 1647099)) return reduceHuge(x)
  const n = x * 0.6366197723675814 + 6755399441055744 - 6755399441055744
  const a = x - n * 1.5707963267341256
  const second = n * 6.077100506303966e-11
  const b = a - second
  const third = n * 2.0222662487111665e-21
  const c = b - third
  const tail = a - b - second + (b - c - third) - n * 8.4784276603689e-32
  const high = c + tail
  angle[0] = high
  angle[1] = c - high + tail
  return n
}

export function sinPart(x: number, y: number): number {
  const z = x * x
  const w = z * z
  const v = z * x
  const r =
    0.00833333333332249 +
    z * (-0.0001984126982985795 + z * 0.0000027557313707070068) +
    z * w * (-2.5050760253406863e-8 + z * 1.58969099521155e-10)
  return x - (z * (0.5 * y - v * r) - y - v * -0.16666666666666632)
}

export function cosPart(x: number, y: number): number {
  const z = x * x
  const w = z * z
  const r =
    z * (0.0416666666666666 + z * (-0.001388888888887411 + z * 0.00002480158728947673)) +
    w * w * (-2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11))
  const half = 0.5 * z
  const rest = 1 - half
  return rest + (1 - rest - half + (z * r - x * y))
}

export function sinOf(x: number): number {
  const size = Math.abs(x)
  if (size < 0.785) return size < 2 ** -27 ? x : sinPart(x, 0)
  const n = reduce(size)
  const y = n & 1 ? cosPart(angle[0]!, angle[1]!) : sinPart(angle[0]!, angle[1]!)
  return x < 0 === ((n & 2) === 0) ? -y : y
}

export function cosOf(x: number): number {
  const size = Math.abs(x)
  if (size < 0.785) return cosPart(size, 0)
  const n = reduce(size)
  const y = n & 1 ? sinPart(angle[0]!, angle[1]!) : cosPart(angle[0]!, angle[1]!)
  return (n + 1) & 2 ? -y : y
}

/** The upper 26 bits. */
function upper(x: number): number {
  const c = x * 134217729
  return c - (c - x)
}

function tanPart(high: number, low: number, odd: boolean): number {
  const rest = high < 0 ? -low : low
  let x = Math.abs(high)
  let y = rest
  const near = x >= 0.67434
  if (near) {
    x = 0.7853981633974483 - x + (3.061616997868383e-17 - rest)
    y = 0
  }
  const z = x * x
  const w = z * z
  let r =
    0.13333333333320124 +
    w *
      (0.021869488294859542 +
        w *
          (0.0035920791075913124 +
            w * (0.0005880412408202641 + w * (7.817944429395571e-5 + w * -1.8558637485527546e-5))))
  const v =
    0.05396825397622605 +
    w *
      (0.0088632398235993 +
        w *
          (0.0014562094543252903 + w * (0.0002464631348184699 + w * (7.140724913826082e-5 + w * 2.590730518636337e-5))))
  const cube = z * x
  r = y + z * (cube * (r + z * v) + y) + 0.3333333333333341 * cube
  let t = x + r
  if (near) {
    const side = odd ? -1 : 1
    t = side - 2 * (x - ((t * t) / (t + side) - r))
  } else if (odd) {
    const quotient = -1 / t
    const top = upper(t)
    const guess = upper(quotient)
    t = guess + quotient * (1 + guess * top + guess * (r - (top - x)))
  }
  return high < 0 ? -t : t
}

export function tanOf(x: number): number {
  const size = Math.abs(x)
  if (size < 0.785) return size < 2 ** -27 ? x : tanPart(x, 0, false)
  const n = reduce(size)
  const y = tanPart(angle[0]!, angle[1]!, (n & 1) !== 0)
  return x < 0 ? -y : y
}
