/** Principal components in plain JavaScript, as one writes it: the covariances, and two vectors that are turned. */

export interface Plane {
  /** Two rows of unit length. */
  readonly components: readonly [Float64Array, Float64Array]
  readonly explainedVarianceRatio: readonly [number, number]
  /** Two coordinates for each row. */
  readonly projected: Float64Array
}

const dot = (a: Float64Array, b: Float64Array) => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
const along = (a: Float64Array, scale: number, b: Float64Array) => {
  for (let i = 0; i < a.length; i++) a[i]! += scale * b[i]!
}
const normalize = (a: Float64Array) => {
  const length = Math.sqrt(dot(a, a))
  for (let i = 0; i < a.length; i++) a[i]! /= length
  return length
}

const BLOCK = 128

/** The product of two columns of a block, in four sums that do not wait for each other. */
function blockDot(turned: Float64Array, a: number, b: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0]
  for (const end = a + BLOCK; a < end; a += 4, b += 4) {
    s0 += turned[a]! * turned[b]!
    s1 += turned[a + 1]! * turned[b + 1]!
    s2 += turned[a + 2]! * turned[b + 2]!
    s3 += turned[a + 3]! * turned[b + 3]!
  }
  return s0 + s1 + (s2 + s3)
}

/** The two eigenvectors of greatest eigenvalue of a symmetric matrix, by orthogonal iteration. */
function leading(
  covariances: Float64Array,
  cols: number,
  times: (vector: Float64Array) => Float64Array = (vector) =>
    Float64Array.from(vector, (_, i) => dot(covariances.subarray(i * cols, (i + 1) * cols), vector)),
): { vectors: [Float64Array, Float64Array]; values: [number, number] } {
  let first = Float64Array.from({ length: cols }, (_, i) => 1 + (i % 3))
  let second = Float64Array.from({ length: cols }, (_, i) => (i % 2 === 0 ? 1 : -1))
  normalize(first)
  normalize(second)
  const values: [number, number] = [0, 0]
  for (let turn = 0; turn < 1000; turn++) {
    const [before, next] = [second, [times(first), times(second)]]
    ;[first, second] = next as [Float64Array<ArrayBuffer>, Float64Array<ArrayBuffer>]
    values[0] = normalize(first)
    along(second, -dot(first, second), first)
    values[1] = normalize(second)
    if (Math.abs(dot(before, second)) > 1 - 1e-14) break
  }
  // The sign that scikit-learn chooses: the largest element is positive.
  for (const vector of [first, second]) {
    let most = 0
    for (const value of vector) if (Math.abs(value) > Math.abs(most)) most = value
    if (most < 0) along(vector, -2, vector.slice())
  }
  return { vectors: [first, second], values }
}

/** `turning`: the seconds that do not depend on the number of rows. */
export function principal(x: Float32Array, cols: number): Plane & { readonly turning: number } {
  const rows = x.length / cols
  const mean = new Float64Array(cols)
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) mean[j]! += x[i * cols + j]! / rows
  // In blocks of rows, of which every column lies in a row: they stay in the cache while all pairs meet.
  const covariances = new Float64Array(cols * cols)
  const turned = new Float64Array(cols * BLOCK)
  for (let begin = 0; begin < rows; begin += BLOCK) {
    const count = Math.min(BLOCK, rows - begin)
    turned.fill(0)
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < cols; j++) turned[j * BLOCK + i] = x[(begin + i) * cols + j]! - mean[j]!
    }
    for (let j = 0; j < cols; j++) {
      for (let k = j; k < cols; k++) covariances[j * cols + k]! += blockDot(turned, j * BLOCK, k * BLOCK) / (rows - 1)
    }
  }
  let total = 0
  for (let j = 0; j < cols; j++) {
    total += covariances[j * cols + j]!
    for (let k = 0; k < j; k++) covariances[j * cols + k] = covariances[k * cols + j]!
  }
  const begun = performance.now()
  const { vectors, values } = leading(covariances, cols)
  const turning = (performance.now() - begun) / 1000
  const projected = new Float64Array(2 * rows)
  for (let i = 0; i < rows; i++) {
    for (let c = 0; c < 2; c++) {
      const vector = vectors[c]!
      let sum = 0
      for (let j = 0; j < cols; j++) sum += (x[i * cols + j]! - mean[j]!) * vector[j]!
      projected[2 * i + c] = sum
    }
  }
  return {
    components: vectors,
    explainedVarianceRatio: [values[0] / total, values[1] / total],
    projected,
    turning,
  }
}
