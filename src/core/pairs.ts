/** Rows of matrices with each other, in plain JavaScript: the twin of native/kernels/cdist.cpp. */
import type { TypedArray } from '../base/dtypes.js'
import type { MatrixArgument, MatrixValue, Value } from '../engine/values.js'
import { productTwin } from './product.js'

/** The parameters of the binary's `cdist`. */
export const PAIRS = 'matrix matrix enum:6 number out:f64'
export const FORMS = { euclidean: 0, sqeuclidean: 1, cityblock: 2, cosine: 3, covariance: 4, correlation: 5 } as const

export function pairsOf(
  a: MatrixValue,
  b: MatrixValue,
  form: number,
  divisor: number,
  out: TypedArray | undefined,
): Value[] {
  return [
    a,
    b,
    { kind: 'enum', value: form },
    { kind: 'number', value: divisor },
    { kind: 'out', dtype: 'f64', length: a.rows * b.rows, array: out },
  ]
}

type Operand = MatrixArgument<Float64Array | Float32Array>

function dense(m: Operand): Float64Array {
  const copy = new Float64Array(m.rows * m.cols)
  for (let i = 0, to = 0; i < m.rows; i++) {
    for (let j = 0, at = m.offset + i * m.rowStride; j < m.cols; j++, at += m.colStride) copy[to++] = m.data[at]!
  }
  return copy
}

export function pairsTwin(a: Operand, b: Operand, form: number, divisor: number, out: Float64Array): void {
  if (form >= FORMS.covariance) covariances(a, form, divisor, out)
  else distances(a, b, form, out)
}

function distances(a: Operand, b: Operand, form: number, out: Float64Array): void {
  const [m, n, k] = [a.rows, b.rows, a.cols]
  const [x, y] = [dense(a), dense(b)]
  const roots = (from: Float64Array, rows: number) => {
    const norms = new Float64Array(rows)
    for (let i = 0; i < rows; i++) {
      let sum = 0
      for (let p = i * k; p < (i + 1) * k; p++) sum += from[p]! * from[p]!
      norms[i] = Math.sqrt(sum)
    }
    return norms
  }
  const [xNorms, yNorms] = form === FORMS.cosine ? [roots(x, m), roots(y, n)] : []
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0
      if (form === FORMS.cityblock)
        for (let p = i * k, q = j * k; q < (j + 1) * k; p++, q++) sum += Math.abs(x[p]! - y[q]!)
      else if (form === FORMS.cosine) {
        for (let p = i * k, q = j * k; q < (j + 1) * k; p++, q++) sum += x[p]! * y[q]!
        sum = 1 - Math.min(1, Math.max(-1, sum / (xNorms![i]! * yNorms![j]!)))
      } else {
        for (let p = i * k, q = j * k; q < (j + 1) * k; p++, q++) {
          const apart = x[p]! - y[q]!
          sum += apart * apart
        }
        if (form === FORMS.euclidean) sum = Math.sqrt(sum)
      }
      out[i * n + j] = sum
    }
  }
}

function covariances(a: Operand, form: number, divisor: number, out: Float64Array): void {
  const [m, k] = [a.rows, a.cols]
  const data = dense(a)
  for (let i = 0; i < m; i++) {
    let sum = 0
    for (let p = i * k; p < (i + 1) * k; p++) sum += data[p]!
    const mean = sum / k
    for (let p = i * k; p < (i + 1) * k; p++) data[p]! -= mean
  }
  const rows = { data, offset: 0, rows: m, cols: k, rowStride: k, colStride: 1 }
  const cols = { data, offset: 0, rows: k, cols: m, rowStride: 1, colStride: k }
  productTwin(rows, cols, 1 / divisor, 0, undefined, out)
  if (form !== FORMS.correlation) return
  const roots = Float64Array.from({ length: m }, (_, i) => Math.sqrt(out[i * m + i]!))
  for (let i = 0; i < m; i++) {
    for (let j = i; j < m; j++) {
      out[i * m + j] = Math.min(1, Math.max(-1, out[i * m + j]! / roots[i]! / roots[j]!))
      out[j * m + i] = out[i * m + j]!
    }
  }
}
