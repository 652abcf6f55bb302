/** random in plain JavaScript, with the bits of native/kernels/random.cpp, whose comments name the sources. */
import type { Outputs } from '../engine/values.js'
import { log } from './log.twin.js'
import {
  Blocks,
  CHOICE,
  INTEGERS,
  LONG,
  NORMAL,
  SHUFFLE,
  TOSS,
  UNIFORM,
  UNIFORM32,
  upperOf,
  words,
} from './philox.twin.js'

const WORD = 4294967296
const UNIT24 = 2 ** -24
const UNIT53 = 2 ** -53
const UNIT62 = 2 ** -62
const UNIT64 = 2 ** -64

/** The upper 53 bits of a 64-bit word as a whole number. */
function upper53(high: number, low: number): number {
  return (high >>> 0) * 2097152 + (low >>> 11)
}
/** All 64 bits, the lowest of them set, rounded to a double in (0, 1]. */
function unit64(high: number, low: number): number {
  return ((high >>> 0) * WORD + ((low | 1) >>> 0)) * UNIT64
}

type Floats = Float64Array | Float32Array

/** The two elements of a block: the first unless `skip`, the second where there is room. */
function uniform(out: Floats, at: number, skip: number, most: number, shift: number, step: number): void {
  if (skip === 0) out[at] = upper53(words[0]!, words[1]!) * step + shift
  if (at + 1 < most) out[at + 1] = upper53(words[2]!, words[3]!) * step + shift
}
function exponential(out: Floats, at: number, skip: number, most: number, scale: number): void {
  if (skip === 0) out[at] = scale * (0 - log(unit64(words[0]!, words[1]!)))
  if (at + 1 < most) out[at + 1] = scale * (0 - log(unit64(words[2]!, words[3]!)))
}
/** Box-Muller, from an angle within 45 degrees of the axis. */
function normal(out: Floats, at: number, skip: number, most: number, shift: number, scale: number): void {
  const radius = Math.sqrt(-2 * log(unit64(words[0]!, words[1]!)))
  const top = words[2]!
  const turn = (((top & 0x3fffffff) - 0x20000000) * WORD + ((words[3]! | 1) >>> 0)) * UNIT62
  const x = turn * 1.5707963267948966
  const z = x * x
  const s =
    -0.16666666666666632 +
    z *
      (0.00833333333332249 +
        z *
          (-0.0001984126982985795 +
            z * (0.0000027557313707070068 + z * (-2.5050760253406863e-8 + z * 1.58969099521155e-10))))
  const c =
    0.0416666666666666 +
    z *
      (-0.001388888888887411 +
        z *
          (0.00002480158728947673 +
            z * (-2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11))))
  const sin = x + x * z * s
  const size = 1 + z * (-0.5 + z * c)
  const cos = top < 0 ? -size : size
  const swapped = (top & 0x40000000) !== 0
  if (skip === 0) out[at] = radius * (swapped ? sin : cos) * scale + shift
  if (at + 1 < most) out[at + 1] = radius * (swapped ? cos : sin) * scale + shift
}

export function floatsTwin(
  kind: number,
  shift: number,
  scale: number,
  key0: number,
  key1: number,
  offset: number,
  out: Floats,
): void {
  if (kind === UNIFORM && out.BYTES_PER_ELEMENT === 4) {
    uniforms32(shift, scale, key0, key1, offset, out)
    return
  }
  const skip = offset % 2
  const blocks = new Blocks(key0, key1, kind, Math.floor(offset / 2))
  const { length } = out
  // A loop for each, so that V8 can put the function into it.
  if (kind === UNIFORM) {
    for (let at = -skip; at < length; at += 2) {
      blocks.next()
      uniform(out, at, at < 0 ? 1 : 0, length, shift, scale * UNIT53)
    }
  } else if (kind === NORMAL) {
    for (let at = -skip; at < length; at += 2) {
      blocks.next()
      normal(out, at, at < 0 ? 1 : 0, length, shift, scale)
    }
  } else {
    for (let at = -skip; at < length; at += 2) {
      blocks.next()
      exponential(out, at, at < 0 ? 1 : 0, length, scale)
    }
  }
}

function uniforms32(shift: number, scale: number, key0: number, key1: number, offset: number, out: Floats): void {
  const blocks = new Blocks(key0, key1, UNIFORM32, Math.floor(offset / 4))
  for (let at = -(offset % 4); at < out.length; at += 4) {
    blocks.next()
    const end = Math.min(4, out.length - at)
    for (let i = Math.max(0, -at); i < end; i++) out[at + i] = (words[i ^ 1]! >>> 8) * UNIT24 * scale + shift
  }
}

/** The upper 64 bits of a 64-bit word times most + 1, shifted to an integer in [0, most]; most < 2³². */
function bounded(high: number, low: number, most: number): number {
  const l = low >>> 0
  const h = high >>> 0
  const below = upperOf(l, most) + ((Math.imul(l, most) >>> 0) + l >= WORD ? 1 : 0)
  return upperOf(h, most) + Math.floor(((Math.imul(h, most) >>> 0) + h + below) / WORD)
}

export function integersTwin(
  low: number,
  most: number,
  key0: number,
  key1: number,
  offset: number,
  out: Int32Array | Uint32Array,
): void {
  const blocks = new Blocks(key0, key1, INTEGERS, Math.floor(offset / 2))
  for (let at = -(offset % 2); at < out.length; at += 2) {
    blocks.next()
    if (at >= 0) out[at] = low + bounded(words[0]!, words[1]!, most)
    if (at + 1 < out.length) out[at + 1] = low + bounded(words[2]!, words[3]!, most)
  }
}

/** The upper 64 of the 192 bits of a block times most + 1: school multiplication of 32-bit digits. */
export function longsTwin(
  low0: number,
  low1: number,
  most0: number,
  most1: number,
  key0: number,
  key1: number,
  offset: number,
  out: BigInt64Array,
): void {
  const halves = new Uint32Array(out.buffer, out.byteOffset, 2 * out.length)
  const blocks = new Blocks(key0, key1, LONG, offset)
  for (let i = 0; i < out.length; i++) {
    blocks.next()
    // Digit k of the block times most + 1; what is carried may exceed 32 bits.
    let digit4 = 0
    let carry = 0
    let p4 = 0
    for (let k = 0; k < 6; k++) {
      let high = 0
      let sum = carry
      if (k < 4) {
        const word = words[k ^ 1]! >>> 0
        sum += word + (Math.imul(word, most0) >>> 0)
        high += upperOf(word, most0)
      }
      if (k > 0 && k < 5) {
        const word = words[(k - 1) ^ 1]! >>> 0
        sum += Math.imul(word, most1) >>> 0
        high += upperOf(word, most1)
      }
      carry = high + Math.floor(sum / WORD)
      digit4 = p4
      p4 = sum % WORD
    }
    const sum = digit4 + low0
    halves[2 * i] = sum
    halves[2 * i + 1] = p4 + low1 + (sum >= WORD ? 1 : 0)
  }
}

// ---- Permutations ----

const BUCKET = 16384

function shuffle(key0: number, key1: number, first: number, x: Uint32Array, begin: number, end: number): void {
  // From the last on: the upper word of a block, then the lower one.
  for (let i = end - 1; i >= begin; ) {
    const number = first + i
    const block = new Blocks(key0, key1, SHUFFLE, Math.floor(number / 2))
    block.next()
    for (let half = number % 2; half >= 0 && i >= begin; half--, i--) {
      const range = i - begin + 1
      const below = Math.floor(((words[2 * half + 1]! >>> 0) * range) / WORD)
      const other = begin + Math.floor(((words[2 * half]! >>> 0) * range + below) / WORD)
      const last = x[i]!
      x[i] = x[other]!
      x[other] = last
    }
  }
}

export function permuteTwin(population: number, key0: number, key1: number, offset: number, out: Uint32Array): void {
  let bits = 0
  while (population / 2 ** bits >= BUCKET + 1) bits++
  if (bits === 0) {
    const all = out.length < population ? new Uint32Array(population) : out
    for (let i = 0; i < population; i++) all[i] = i
    shuffle(key0, key1, offset, all, 0, population)
    if (all !== out) out.set(all.subarray(0, out.length))
    return
  }
  const buckets = 2 ** bits
  const shift = 32 - bits
  const each = (use: (i: number, bucket: number) => void) => {
    const blocks = new Blocks(key0, key1, TOSS, Math.floor(offset / 4))
    for (let at = -(offset % 4); at < population; at += 4) {
      blocks.next()
      const end = Math.min(4, population - at)
      for (let i = Math.max(0, -at); i < end; i++) use(at + i, words[i ^ 1]! >>> shift)
    }
  }
  const counts = new Float64Array(buckets)
  each((_, bucket) => counts[bucket]!++)
  const next = new Float64Array(buckets)
  let total = 0
  let needed = 0
  for (; needed < buckets && total < out.length; needed++) {
    next[needed] = total
    total += counts[needed]!
  }
  const all = total === out.length ? out : new Uint32Array(total)
  each((i, bucket) => {
    if (bucket < needed) all[next[bucket]!++] = i
  })
  for (let bucket = 0; bucket < needed; bucket++) {
    const end = next[bucket]!
    shuffle(key0, key1, offset, all, end - counts[bucket]!, end)
  }
  if (all !== out) out.set(all.subarray(0, out.length))
}

// ---- Weights ----

export function chooseTwin(
  p: Float64Array,
  key0: number,
  key1: number,
  offset: number,
  out: Uint32Array,
  result: Outputs,
): void {
  const sums = new Float64Array(p.length)
  let total = 0
  let last = 0
  let sound = true
  for (let i = 0; i < p.length; i++) {
    const weight = p[i]!
    sound = sound && weight >= 0
    const sum = total + weight
    if (sum > total) last = i
    sums[i] = total = sum
  }
  result.f64[0] = sound && total - total === 0 ? total : Number.NaN
  if (!(result.f64[0] > 0)) return
  const pick = (high: number, low: number): number => {
    const target = upper53(high, low) * UNIT53 * total
    let begin = 0
    let end = last
    while (begin < end) {
      const middle = (begin + end) >>> 1
      if (sums[middle]! > target) end = middle
      else begin = middle + 1
    }
    return begin
  }
  const blocks = new Blocks(key0, key1, CHOICE, Math.floor(offset / 2))
  for (let at = -(offset % 2); at < out.length; at += 2) {
    blocks.next()
    if (at >= 0) out[at] = pick(words[0]!, words[1]!)
    if (at + 1 < out.length) out[at + 1] = pick(words[2]!, words[3]!)
  }
}
