/** Seeded numbers for laws, `compare` and benchmarks: the same arguments on every machine. */
import { constructorOf, type Dtype, type TypedArray } from '../base/dtypes.js'

/** A generator of numbers in [0, 1) with 32 random bits (mulberry32, T. Ettinger, public domain algorithm). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Floats in [-1, 1), integers over their whole range. */
export function randomArray(dtype: Dtype, length: number, random: () => number): TypedArray {
  const array = new (constructorOf(dtype))(length)
  if (dtype === 'f32' || dtype === 'f64') {
    const floats = array as Float64Array
    for (let i = 0; i < length; i++) floats[i] = random() * 2 - 1
  } else {
    const words = new Uint32Array(array.buffer, 0, Math.floor(array.byteLength / 4))
    for (let i = 0; i < words.length; i++) words[i] = random() * 4294967296
    const bytes = new Uint8Array(array.buffer, words.byteLength)
    for (let i = 0; i < bytes.length; i++) bytes[i] = random() * 256
  }
  return array
}

/** Floats in [low, high). */
export function randomBetween(
  dtype: Dtype,
  length: number,
  random: () => number,
  low: number,
  high: number,
): TypedArray {
  const array = new (constructorOf(dtype))(length) as Float64Array
  for (let i = 0; i < length; i++) array[i] = low + random() * (high - low)
  return array
}
