/** The transforms: against mpmath, against their definition in double-double, and the laws of Fourier transforms. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fft, fft2, ifft, ifft2, irfft, matrix, rfft } from '../../dist/index.js'
import { bits, random } from '../support.js'

const oracle = JSON.parse(readFileSync(new URL('./fft.oracle.json', import.meta.url), 'utf8')) as Record<
  string,
  [number, number, number][]
>
const next = random(77)
const noise = (length: number) => Float64Array.from({ length }, () => next() * 2 - 1)

/** As in fft.oracle.py. */
function numbers(n: number, seed: number): Float64Array {
  let state = BigInt(seed)
  return Float64Array.from({ length: n }, () => {
    state = (state * 1103515245n + 12345n) % 2n ** 31n
    return Number((state >> 16n) % 1024n) - 512
  })
}

/** Relative error in the Euclidean norm. */
function error(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let wrong = 0
  let all = 0
  for (let i = 0; i < expected.length; i++) {
    wrong += (actual[i]! - expected[i]!) ** 2
    all += expected[i]! ** 2
  }
  return Math.sqrt(wrong / (all || 1))
}
const bound = (n: number) => 3 * 2 ** -52 * Math.max(1, Math.log2(n))

const complex = (x: ArrayLike<number>) => {
  const pairs = new Float64Array(2 * x.length)
  for (let i = 0; i < x.length; i++) pairs[2 * i] = x[i]!
  return pairs
}

describe('fft', () => {
  it('is what mpmath computes', () => {
    for (const [length, picks] of Object.entries(oracle)) {
      const n = Number(length)
      const x = numbers(2 * n, n)
      for (const spectrum of [fft.sync(x, { threads: 1 }), fft.js(x)]) {
        const got = picks.flatMap(([k]) => [spectrum[2 * k]!, spectrum[2 * k + 1]!])
        expect(
          error(
            got,
            picks.flatMap(([, re, im]) => [re, im]),
          ),
          `n = ${n}`,
        ).toBeLessThan(bound(n))
      }
    }
  })

  it('is exact for an impulse, and a constant has one line', () => {
    for (const n of [8, 12, 100, 1024, 5000]) {
      const impulse = new Float64Array(2 * n)
      impulse[0] = 1
      const flat = fft.sync(impulse, { threads: 1 })
      for (let k = 0; k < n; k++) if (flat[2 * k] !== 1 || flat[2 * k + 1] !== 0) throw new Error(`n = ${n}, ${k}`)
      const line = fft.sync(complex(new Float64Array(n).fill(1)), { threads: 1 })
      expect(line[0]).toBe(n)
      line[0] = 0
      expect(Math.max(...line.map(Math.abs))).toBeLessThan(n * 1e-15)
    }
  })

  it('shifts: a delay turns each line by its frequency, for every kind of length', () => {
    for (const n of [20, 62, 243, 257, 961, 1000, 2047, 4096, 6561, 8192, 10_007, 16_384, 30_030]) {
      const x = noise(2 * n)
      const delayed = new Float64Array(2 * n)
      delayed.set(x.subarray(0, 2 * n - 2), 2)
      delayed.set(x.subarray(2 * n - 2))
      const [a, b] = [fft.sync(x), fft.sync(delayed)]
      const turned = new Float64Array(2 * n)
      for (let k = 0; k < n; k++) {
        const [c, s] = [Math.cos((-2 * Math.PI * k) / n), Math.sin((-2 * Math.PI * k) / n)]
        turned[2 * k] = a[2 * k]! * c - a[2 * k + 1]! * s
        turned[2 * k + 1] = a[2 * k]! * s + a[2 * k + 1]! * c
      }
      expect(error(b, turned), `n = ${n}`).toBeLessThan(2 * bound(n))
      expect(error(ifft.sync(a), x), `n = ${n}, back`).toBeLessThan(bound(n))
    }
  })

  it('keeps the energy with ortho, and knows the three norms', () => {
    const x = noise(2 * 360)
    const energy = (y: Float64Array) => y.reduce((all, value) => all + value * value, 0)
    const backward = fft.sync(x)
    expect(energy(fft.sync(x, { norm: 'ortho' }))).toBeCloseTo(energy(x), 10)
    expect(
      error(
        fft.sync(x, { norm: 'forward' }),
        backward.map((value) => value / 360),
      ),
    ).toBeLessThan(1e-15)
    for (const norm of ['backward', 'ortho', 'forward'] as const) {
      expect(error(ifft.sync(fft.sync(x, { norm }), { norm }), x)).toBeLessThan(bound(360))
      expect(error(irfft.sync(rfft.sync(x, { norm }), { norm }), x)).toBeLessThan(bound(720))
    }
  })

  it('gives rows and columns the bits that they have as arrays', async () => {
    for (const [rows, n] of [
      [9, 7],
      [5, 64],
      [64, 5],
      [3, 37],
      [17, 1000],
    ] as const) {
      const data = noise(rows * 2 * n)
      const x = matrix(data, rows, 2 * n)
      const across = await fft(x)
      expect(across.shape).toEqual([rows, 2 * n])
      for (let r = 0; r < rows; r++) {
        const row = data.slice(r * 2 * n, (r + 1) * 2 * n)
        expect(bits(across.data.slice(r * 2 * n, (r + 1) * 2 * n))).toBe(bits(fft.js(row)))
      }
      const down = fft.sync(x, { axis: 0 })
      expect(bits(down)).toBe(bits(fft.js(x, { axis: 0 })))
      for (const c of [0, n - 1]) {
        const column = new Float64Array(2 * rows)
        const got = new Float64Array(2 * rows)
        for (let r = 0; r < rows; r++) {
          column.set(data.subarray((r * n + c) * 2, (r * n + c) * 2 + 2), 2 * r)
          got.set(down.data.subarray((r * n + c) * 2, (r * n + c) * 2 + 2), 2 * r)
        }
        expect(bits(got)).toBe(bits(fft.sync(column)))
      }
    }
  })

  it('cuts a line to n, or fills it up with zeros', () => {
    const x = noise(20)
    const long = new Float64Array(64)
    long.set(x)
    expect(bits(fft.sync(x, { n: 32 }))).toBe(bits(fft.js(long)))
    expect(bits(fft.sync(x, { n: 4, threads: 1 }))).toBe(bits(fft.js(x.slice(0, 8))))
    expect(bits(rfft.sync(x, { n: 33 }))).toBe(bits(rfft.js(long.slice(0, 33))))
    const m = matrix(noise(6 * 10), 6, 10)
    for (const axis of [0, 1] as const) {
      for (const n of [3, 11]) {
        for (const transform of [fft, ifft, rfft, irfft]) {
          expect(bits(transform.sync(m, { axis, n })), `${axis} ${n}`).toBe(bits(transform.js(m, { axis, n })))
        }
      }
    }
  })

  it('works in place and into out, and takes strided rows', () => {
    for (const n of [6, 48, 1024, 8192, 1009]) {
      const x = noise(2 * n)
      const expected = bits(fft.js(x))
      expect(bits(fft.sync(x, { out: x }))).toBe(expected)
    }
    const wide = noise(4 * 32)
    const part = { data: wide, shape: [4, 16], strides: [32, 1], offset: 8 }
    const copy = new Float64Array(64)
    for (let r = 0; r < 4; r++) copy.set(wide.subarray(r * 32 + 8, r * 32 + 24), r * 16)
    expect(bits(fft.sync(part).data)).toBe(bits(fft.js(matrix(copy, 4, 16)).data))
    const turned = { data: wide, shape: [32, 4], strides: [1, 32] }
    expect(bits(rfft.sync(turned, { axis: 0 }))).toBe(bits(rfft.js(turned, { axis: 0 })))
    expect(bits(rfft.sync(turned))).toBe(bits(rfft.js(turned)))
  })

  it('gives the same bits wherever in a line of memory the result begins', () => {
    for (const n of [4096, 16_384, 24_576]) {
      const x = noise(2 * n)
      for (const call of [fft, ifft]) {
        const expected = bits(call.js(x))
        for (let at = 0; at < 8; at++) {
          const all = new Float64Array(2 * n + 16).fill(7)
          expect(bits(call.sync(x, { out: all.subarray(at, at + 2 * n) })), `${n} points at ${at}`).toEqual(expected)
          expect(all.subarray(0, at).every((value) => value === 7)).toBe(true)
          expect(all.subarray(at + 2 * n).every((value) => value === 7)).toBe(true)
        }
      }
    }
  })

  it('gives many rows, more than the caches hold, the bits that each has alone', () => {
    const [rows, n] = [264, 1000]
    const data = noise(rows * 2 * n)
    const across = fft.sync(matrix(data, rows, 2 * n)).data
    const real = rfft.sync(matrix(data, rows, 2 * n)).data
    for (let r = 0; r < rows; r += 50) {
      const row = data.slice(r * 2 * n, (r + 1) * 2 * n)
      expect(bits(across.slice(r * 2 * n, (r + 1) * 2 * n))).toBe(bits(fft.js(row)))
      expect(bits(real.slice(r * 2 * (n + 1), (r + 1) * 2 * (n + 1)))).toBe(bits(rfft.js(row)))
    }
    expect(bits(fft.sync(matrix(data, rows, 2 * n), { out: data }).data)).toBe(bits(across))
  })

  it('leaves out what lies beyond a cut of a length with a large prime, even if infinite', () => {
    for (const n of [37, 1021]) {
      const x = noise(2 * n + 20)
      const expected = bits(fft.js(x.slice(0, 2 * n)))
      x.fill(Infinity, 2 * n)
      expect(bits(fft.sync(x, { n, threads: 1 }))).toBe(expected)
      expect(bits(fft.js(x, { n }))).toBe(expected)
    }
  })

  it('rounds f32 once, from f64', () => {
    const x = Float32Array.from(noise(2 * 300))
    expect(bits(fft.sync(x))).toBe(bits(Float32Array.from(fft.js(Float64Array.from(x)))))
  })

  it('answers calls at once that need the same convolution', async () => {
    const x = noise(2 * 9973)
    const all = await Promise.all([fft(x), fft(x), fft(x)])
    for (const one of all) expect(bits(one)).toBe(bits(fft.js(x)))
  })

  it('refuses what has no transform', () => {
    const code = (call: () => unknown) => {
      try {
        call()
      } catch (thrown) {
        return (thrown as { code: string }).code
      }
      return undefined
    }
    expect(code(() => fft.sync(new Float64Array(3)))).toBe('ERR_OFFLOOP_SHAPE')
    expect(code(() => fft.sync(new Float64Array(0)))).toBe('ERR_OFFLOOP_SHAPE')
    expect(code(() => rfft.sync(new Float64Array(0)))).toBe('ERR_OFFLOOP_SHAPE')
    expect(code(() => irfft.sync(new Float64Array(2)))).toBe('ERR_OFFLOOP_SHAPE')
    expect(code(() => fft.sync(new Int32Array(4) as never))).toBe('ERR_OFFLOOP_ARG_TYPE')
    expect(code(() => fft.sync(new Float64Array(4), { n: 0 }))).toBe('ERR_OFFLOOP_ARG_VALUE')
    expect(code(() => fft.sync(new Float64Array(4), { norm: 'none' as never }))).toBe('ERR_OFFLOOP_ARG_VALUE')
    expect(code(() => fft.sync(matrix(new Float64Array(9), 3, 3)))).toBe('ERR_OFFLOOP_SHAPE')
    expect(code(() => fft.sync({ data: new Float64Array(16), shape: [2, 4], strides: [8, 2] }))).toBe(
      'ERR_OFFLOOP_SHAPE',
    )
    expect(code(() => fft.sync(new Float64Array(4), { out: new Float64Array(6) }))).toBe('ERR_OFFLOOP_SHAPE')
    const x = new Float64Array(12)
    expect(code(() => fft.sync(x.subarray(0, 8), { out: x.subarray(2, 10) }))).toBe('ERR_OFFLOOP_OVERLAP')
    expect(code(() => fft2.sync(new Float64Array(4) as never))).toBe('ERR_OFFLOOP_ARG_TYPE')
  })
})

describe('rfft and irfft', () => {
  it('are half of fft, and the way back', () => {
    for (const n of [1, 2, 3, 4, 5, 6, 30, 31, 34, 127, 128, 1000, 1001, 2018, 4099, 20_000, 65_536]) {
      const x = noise(n)
      const spectrum = rfft.sync(x, { threads: 1 })
      const m = Math.floor(n / 2) + 1
      expect(error(spectrum, fft.js(complex(x)).subarray(0, 2 * m)), `n = ${n}`).toBeLessThan(2 * bound(n))
      expect(spectrum.length).toBe(2 * m)
      expect(spectrum[1]).toBe(0)
      const back = irfft.sync(spectrum, { n, threads: 1 })
      expect(error(back, x), `n = ${n}, back`).toBeLessThan(2 * bound(n))
      expect(bits(back)).toBe(bits(irfft.js(spectrum, { n })))
    }
  })
})

describe('fft2', () => {
  it('is the transform of rows, then of columns, and ifft2 the way back', () => {
    for (const [rows, n] of [
      [1, 1],
      [4, 6],
      [37, 41],
      [32, 128],
    ] as const) {
      const x = matrix(noise(rows * 2 * n), rows, 2 * n)
      const both = fft2.sync(x)
      expect(bits(both)).toBe(bits(fft.js(fft.js(x), { axis: 0 })))
      expect(bits(both)).toBe(bits(fft2.js(x)))
      expect(error(ifft2.sync(both).data, x.data)).toBeLessThan(2 * bound(rows * n))
      const data = x.data.slice()
      expect(bits(fft2.sync(matrix(data, rows, 2 * n), { out: data }))).toBe(bits(both))
    }
  })
})
