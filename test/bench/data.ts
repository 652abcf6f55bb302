/** Numbers for the benchmarks, seeded: the same in every run and for every competitor. */

/** Numbers in [0, 1) with 53 random bits (xorshift128, G. Marsaglia 2003). */
export function random(seed: number): () => number {
  let [a, b, c, d] = [seed | 0, 0x9e3779b9, 0x243f6a88, 0xb7e15162]
  const next = () => {
    const t = a ^ (a << 11)
    a = b
    b = c
    c = d
    d = d ^ (d >>> 19) ^ t ^ (t >>> 8)
    return d >>> 0
  }
  for (let i = 0; i < 16; i++) next()
  return () => ((next() >>> 5) * 67108864 + (next() >>> 6)) / 9007199254740992
}

/** Uniform in [0, 1). */
export function uniform(length: number, seed = 1): Float64Array<ArrayBuffer> {
  const next = random(seed)
  const x = new Float64Array(length)
  for (let i = 0; i < length; i++) x[i] = next()
  return x
}

/** Rows of standard normal numbers, each of length 1. */
export function directions(rows: number, cols: number, seed: number): Float32Array<ArrayBuffer> {
  const next = random(seed)
  const data = new Float32Array(rows * cols)
  for (let row = 0; row < rows; row++) {
    let squares = 0
    for (let i = row * cols; i < (row + 1) * cols; i += 2) {
      const radius = Math.sqrt(-2 * Math.log(1 - next())) // Box-Muller
      const angle = 2 * Math.PI * next()
      data[i] = radius * Math.cos(angle)
      data[i + 1] = radius * Math.sin(angle)
      squares += radius * radius
    }
    const scale = 1 / Math.sqrt(squares)
    for (let i = row * cols; i < (row + 1) * cols; i++) data[i]! *= scale
  }
  return data
}
