/** The passes that transforms are made of: native/kernels/fft-inl.h, a column at a time. */

const HALF = Math.SQRT1_2

type Pass = (
  ar: Float64Array,
  ai: Float64Array,
  br: Float64Array,
  bi: Float64Array,
  m: number,
  s: number,
  table: Float64Array,
  at: number,
) => void

const pass2: Pass = (ar, ai, br, bi, m, s, table, at) => {
  for (let p = 0; p < m; p++) {
    const w = at + 2 * p * s
    const wr = table[w]!
    const wi = table[w + 1]!
    for (let q = 0; q < s; q++) {
      const i0 = p * s + q
      const i1 = i0 + m * s
      const o0 = 2 * p * s + q
      const o1 = o0 + s
      const x0r = ar[i0]!
      const x0i = ai[i0]!
      const x1r = ar[i1]!
      const x1i = ai[i1]!
      br[o0] = x0r + x1r
      bi[o0] = x0i + x1i
      const yr = x0r - x1r
      const yi = x0i - x1i
      br[o1] = p > 0 ? yr * wr - yi * wi : yr
      bi[o1] = p > 0 ? yr * wi + yi * wr : yi
    }
  }
}

const pass4: Pass = (ar, ai, br, bi, m, s, table, at) => {
  const step = m * s
  for (let p = 0; p < m; p++) {
    const w = at + 2 * p * s
    const w1r = table[w]!
    const w1i = table[w + 1]!
    const w2r = table[at + 4 * p * s]!
    const w2i = table[at + 4 * p * s + 1]!
    const w3r = table[at + 6 * p * s]!
    const w3i = table[at + 6 * p * s + 1]!
    for (let q = 0; q < s; q++) {
      const i = p * s + q
      const o = 4 * p * s + q
      const ar0 = ar[i]!
      const ai0 = ai[i]!
      const ar1 = ar[i + step]!
      const ai1 = ai[i + step]!
      const ar2 = ar[i + 2 * step]!
      const ai2 = ai[i + 2 * step]!
      const ar3 = ar[i + 3 * step]!
      const ai3 = ai[i + 3 * step]!
      const s02r = ar0 + ar2
      const s02i = ai0 + ai2
      const d02r = ar0 - ar2
      const d02i = ai0 - ai2
      const s13r = ar1 + ar3
      const s13i = ai1 + ai3
      const d13r = ar1 - ar3
      const d13i = ai1 - ai3
      const y1r = d02r + d13i
      const y1i = d02i - d13r
      const y2r = s02r - s13r
      const y2i = s02i - s13i
      const y3r = d02r - d13i
      const y3i = d02i + d13r
      br[o] = s02r + s13r
      bi[o] = s02i + s13i
      if (p > 0) {
        br[o + s] = y1r * w1r - y1i * w1i
        bi[o + s] = y1r * w1i + y1i * w1r
        br[o + 2 * s] = y2r * w2r - y2i * w2i
        bi[o + 2 * s] = y2r * w2i + y2i * w2r
        br[o + 3 * s] = y3r * w3r - y3i * w3i
        bi[o + 3 * s] = y3r * w3i + y3i * w3r
      } else {
        br[o + s] = y1r
        bi[o + s] = y1i
        br[o + 2 * s] = y2r
        bi[o + 2 * s] = y2i
        br[o + 3 * s] = y3r
        bi[o + 3 * s] = y3i
      }
    }
  }
}

const pass8: Pass = (ar, ai, br, bi, m, s, table, at) => {
  const step = m * s
  for (let p = 0; p < m; p++) {
    const u = 2 * p * s
    const w1r = table[at + u]!
    const w1i = table[at + u + 1]!
    const w2r = table[at + 2 * u]!
    const w2i = table[at + 2 * u + 1]!
    const w3r = table[at + 3 * u]!
    const w3i = table[at + 3 * u + 1]!
    const w4r = table[at + 4 * u]!
    const w4i = table[at + 4 * u + 1]!
    const w5r = table[at + 5 * u]!
    const w5i = table[at + 5 * u + 1]!
    const w6r = table[at + 6 * u]!
    const w6i = table[at + 6 * u + 1]!
    const w7r = table[at + 7 * u]!
    const w7i = table[at + 7 * u + 1]!
    for (let q = 0; q < s; q++) {
      const i = p * s + q
      const o = 8 * p * s + q
      const x0r = ar[i]!
      const x0i = ai[i]!
      const x1r = ar[i + step]!
      const x1i = ai[i + step]!
      const x2r = ar[i + 2 * step]!
      const x2i = ai[i + 2 * step]!
      const x3r = ar[i + 3 * step]!
      const x3i = ai[i + 3 * step]!
      const x4r = ar[i + 4 * step]!
      const x4i = ai[i + 4 * step]!
      const x5r = ar[i + 5 * step]!
      const x5i = ai[i + 5 * step]!
      const x6r = ar[i + 6 * step]!
      const x6i = ai[i + 6 * step]!
      const x7r = ar[i + 7 * step]!
      const x7i = ai[i + 7 * step]!
      // The even ones,
      let sr = x0r + x4r
      let si = x0i + x4i
      let dr = x0r - x4r
      let di = x0i - x4i
      let tr = x2r + x6r
      let ti = x2i + x6i
      let fr = x2r - x6r
      let fi = x2i - x6i
      const e0r = sr + tr
      const e0i = si + ti
      const e2r = sr - tr
      const e2i = si - ti
      const e1r = dr + fi
      const e1i = di - fr
      const e3r = dr - fi
      const e3i = di + fr
      // the odd ones,
      sr = x1r + x5r
      si = x1i + x5i
      dr = x1r - x5r
      di = x1i - x5i
      tr = x3r + x7r
      ti = x3i + x7i
      fr = x3r - x7r
      fi = x3i - x7i
      const o0r = sr + tr
      const o0i = si + ti
      const o2r = sr - tr
      const o2i = si - ti
      const g1r = dr + fi
      const g1i = di - fr
      const g3r = dr - fi
      const g3i = di + fr
      const o1r = (g1r + g1i) * HALF
      const o1i = (g1i - g1r) * HALF
      const o3r = (g3i - g3r) * HALF
      const o3i = (g3r + g3i) * HALF
      // and both.
      const y1r = e1r + o1r
      const y1i = e1i + o1i
      const y5r = e1r - o1r
      const y5i = e1i - o1i
      const y2r = e2r + o2i
      const y2i = e2i - o2r
      const y6r = e2r - o2i
      const y6i = e2i + o2r
      const y3r = e3r + o3r
      const y3i = e3i - o3i
      const y7r = e3r - o3r
      const y7i = e3i + o3i
      const y4r = e0r - o0r
      const y4i = e0i - o0i
      br[o] = e0r + o0r
      bi[o] = e0i + o0i
      if (p > 0) {
        br[o + s] = y1r * w1r - y1i * w1i
        bi[o + s] = y1r * w1i + y1i * w1r
        br[o + 2 * s] = y2r * w2r - y2i * w2i
        bi[o + 2 * s] = y2r * w2i + y2i * w2r
        br[o + 3 * s] = y3r * w3r - y3i * w3i
        bi[o + 3 * s] = y3r * w3i + y3i * w3r
        br[o + 4 * s] = y4r * w4r - y4i * w4i
        bi[o + 4 * s] = y4r * w4i + y4i * w4r
        br[o + 5 * s] = y5r * w5r - y5i * w5i
        bi[o + 5 * s] = y5r * w5i + y5i * w5r
        br[o + 6 * s] = y6r * w6r - y6i * w6i
        bi[o + 6 * s] = y6r * w6i + y6i * w6r
        br[o + 7 * s] = y7r * w7r - y7i * w7i
        bi[o + 7 * s] = y7r * w7i + y7i * w7r
      } else {
        br[o + s] = y1r
        bi[o + s] = y1i
        br[o + 2 * s] = y2r
        bi[o + 2 * s] = y2i
        br[o + 3 * s] = y3r
        bi[o + 3 * s] = y3i
        br[o + 4 * s] = y4r
        bi[o + 4 * s] = y4i
        br[o + 5 * s] = y5r
        bi[o + 5 * s] = y5i
        br[o + 6 * s] = y6r
        bi[o + 6 * s] = y6i
        br[o + 7 * s] = y7r
        bi[o + 7 * s] = y7i
      }
    }
  }
}

const sums = /* @__PURE__ */ new Float64Array(64)

/** An odd prime: the sums and differences of x[k] and x[prime - k] serve two results each. */
function passPrime(
  prime: number,
  ar: Float64Array,
  ai: Float64Array,
  br: Float64Array,
  bi: Float64Array,
  m: number,
  s: number,
  table: Float64Array,
  at: number,
): void {
  const step = m * s
  const halves = (prime - 1) / 2
  for (let p = 0; p < m; p++) {
    for (let q = 0; q < s; q++) {
      const i = p * s + q
      const o = prime * p * s + q
      const xr = ar[i]!
      const xi = ai[i]!
      let allR = xr
      let allI = xi
      for (let k = 0; k < halves; k++) {
        const up = i + (k + 1) * step
        const down = i + (prime - 1 - k) * step
        const ur = ar[up]!
        const ui = ai[up]!
        const dr = ar[down]!
        const di = ai[down]!
        sums[4 * k] = ur + dr
        sums[4 * k + 1] = ui + di
        sums[4 * k + 2] = ur - dr
        sums[4 * k + 3] = ui - di
        allR += sums[4 * k]!
        allI += sums[4 * k + 1]!
      }
      br[o] = allR
      bi[o] = allI
      for (let j = 1; j <= halves; j++) {
        let cr = xr
        let ci = xi
        let sr = 0
        let si = 0
        let turn = 0
        for (let k = 0; k < halves; k++) {
          turn = turn + j < prime ? turn + j : turn + j - prime
          const cos = table[at + 2 * step * turn]!
          const sin = table[at + 2 * step * turn + 1]!
          cr += sums[4 * k]! * cos
          ci += sums[4 * k + 1]! * cos
          sr += sums[4 * k + 2]! * sin
          si += sums[4 * k + 3]! * sin
        }
        const y1r = cr - si
        const y1i = ci + sr
        const y2r = cr + si
        const y2i = ci - sr
        const o1 = o + j * s
        const o2 = o + (prime - j) * s
        if (p > 0) {
          const w1 = at + 2 * p * j * s
          const w2 = at + 2 * p * (prime - j) * s
          br[o1] = y1r * table[w1]! - y1i * table[w1 + 1]!
          bi[o1] = y1r * table[w1 + 1]! + y1i * table[w1]!
          br[o2] = y2r * table[w2]! - y2i * table[w2 + 1]!
          bi[o2] = y2r * table[w2 + 1]! + y2i * table[w2]!
        } else {
          br[o1] = y1r
          bi[o1] = y1i
          br[o2] = y2r
          bi[o2] = y2i
        }
      }
    }
  }
}

function nextRadix(length: number): number {
  if (length % 2 === 0) {
    const twos = 31 - Math.clz32(length & -length)
    return twos === 1 ? 2 : twos % 3 === 0 ? 8 : 4
  }
  let prime = 3
  while (length % prime !== 0) prime += 2
  return prime
}

/** Buffers of a column: transforms go from one to the other and back. */
export let ar: Float64Array = /* @__PURE__ */ new Float64Array(64)
export let ai: Float64Array = /* @__PURE__ */ new Float64Array(64)
let br: Float64Array = /* @__PURE__ */ new Float64Array(64)
let bi: Float64Array = /* @__PURE__ */ new Float64Array(64)

/** Makes room for n elements. */
export function reserve(n: number): void {
  if (ar.length >= n) return
  ar = new Float64Array(n)
  ai = new Float64Array(n)
  br = new Float64Array(n)
  bi = new Float64Array(n)
}

/** Transforms the n elements in ar and ai, where the result is afterwards. */
export function column(n: number, table: Float64Array, at: number): void {
  let length = n
  let s = 1
  while (length > 1) {
    const radix = nextRadix(length)
    const m = (length / radix) | 0
    if (radix === 8) pass8(ar, ai, br, bi, m, s, table, at)
    else if (radix === 4) pass4(ar, ai, br, bi, m, s, table, at)
    else if (radix === 2) pass2(ar, ai, br, bi, m, s, table, at)
    else passPrime(radix, ar, ai, br, bi, m, s, table, at)
    const r = ar
    const i = ai
    ar = br
    ai = bi
    br = r
    bi = i
    length = m
    s *= radix
  }
}
