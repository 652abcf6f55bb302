/** What lu, cholesky, solve, inv and det have in common: one kernel of the binary, in several forms. */
import type { Dtype, Float } from '../base/dtypes.js'
import { coded, wrongShape } from '../base/errors.js'
import { readMatrix } from '../core/arguments.js'
import { type Callable, type Definition, defineKernel } from '../core/define.js'
import { type Matrix, matrix } from '../core/matrix.js'
import { uniformArray } from '../core/samples.js'
import type { Call, MatrixValue, Outputs, Value } from '../engine/values.js'
import { FORMS, solveTwin } from './solve.twin.js'

const PARAMETERS = 'matrix:$ enum:6 matrix:$? out:$? out:$? out:i32? result:f64'
export const SOLVE: Readonly<Record<'f64' | 'f32', string>> = {
  f64: PARAMETERS.replaceAll('$', 'f64'),
  f32: PARAMETERS.replaceAll('$', 'f32'),
}
const DTYPES = ['f64', 'f32'] as const
const ABSENT = { kind: 'absent' } as const
const RESULT = { kind: 'result' } as const

export function readSquare(value: unknown): MatrixValue & { dtype: Dtype } {
  const a = readMatrix('a', value, DTYPES)
  if (a.rows !== a.cols) throw wrongShape('a', 'as many rows as columns', `${a.rows} × ${a.cols}`)
  return a
}

/** The parameters of a form; `lengths` of the results in the type of `a`. */
export function solveValues(
  a: MatrixValue & { dtype: Dtype },
  form: number,
  b: MatrixValue | undefined,
  lengths: readonly number[],
): Value[] {
  const out = (dtype: Dtype, length: number | undefined): Value =>
    length === undefined ? ABSENT : { kind: 'out', dtype, length, array: undefined }
  const order = form === FORMS.lu ? a.rows : undefined
  const { dtype } = a
  return [
    a,
    { kind: 'enum', value: form },
    b ?? ABSENT,
    out(dtype, lengths[0]),
    out(dtype, lengths[1]),
    out('i32', order),
    RESULT,
  ]
}

/** Nanoseconds on one thread of `factors` · n³ multiplications with sums and of substitutions in `columns`, measured. */
export function solveWork(dtype: Dtype, n: number, factors: number, columns: number): number {
  const each = dtype === 'f64' ? 0.04 : 0.02
  return 2000 + n * (700 * factors + n * (2.5 + each * factors * n + columns * each))
}

export function refuseSingular({ f64 }: Outputs, n: number): void {
  if (f64[0] === 0) return
  throw coded(
    RangeError,
    'ERR_OFFLOOP_SINGULAR',
    `Expected a matrix with an inverse for \`a\` but received one whose pivot ${f64[0]} of ${n} is 0`,
  )
}

export function refuseIndefinite({ f64 }: Outputs): void {
  if (f64[0] === 0) return
  throw coded(
    RangeError,
    'ERR_OFFLOOP_NOT_POSITIVE_DEFINITE',
    `Expected a positive definite matrix for \`a\` but received one whose leading minor of order ${f64[0]} is not positive`,
  )
}

/** The order of a matrix for laws and `compare`: some steps of the factorisation, and soon over in JavaScript. */
export function sampleOrder(size: number): number {
  return Math.min(Math.floor(Math.sqrt(size)), 80 + (size % 13))
}

/** A matrix whose diagonal outweighs the rest of each row: its condition is a few. */
export function dominant(dtype: string, n: number, random: () => number): Matrix<Float> {
  const a = uniformArray(dtype as Dtype, n * n, random, -1 / (n + 1), 1 / (n + 1))
  for (let i = 0; i < n; i++) a[i * n + i] = a[i * n + i]! + 1
  return matrix(a, n, n)
}

/** Entries of [-1, 1). */
export function arbitrary(dtype: string, n: number, random: () => number): Matrix<Float> {
  return matrix(uniformArray(dtype as Dtype, n * n, random, -1, 1), n, n)
}

export function solveTraffic(factors: number, { values }: Call): { bytes: number; flops: number } {
  const { rows, array } = values[0] as MatrixValue
  const columns = values[2]?.kind === 'matrix' ? values[2].cols : 0
  return {
    bytes: (2 * rows + 2 * columns) * rows * array.BYTES_PER_ELEMENT,
    flops: 2 * rows * rows * (factors * rows + columns),
  }
}

interface Square extends Pick<Definition, 'name' | 'summary' | 'agreement' | 'error'> {
  native: 'solve'
  form: keyof typeof FORMS
  /** Multiplications with sums, of n³. */
  factors: number
  /** How many results of n × n. */
  results: number
  finish: (outputs: Outputs, n: number) => unknown
  sample: (dtype: string, n: number, random: () => number) => Matrix<Float>
}

/** What takes a square matrix and nothing else: all but `solve` itself. */
export function defineSquare<F extends Callable>({ form, factors, results, finish, sample, ...own }: Square): F {
  return defineKernel<F>({
    ...own,
    arity: 1,
    options: [],
    instances: SOLVE,
    check([value]) {
      const a = readSquare(value)
      const n = a.rows
      return {
        instance: a.dtype,
        values: solveValues(a, FORMS[form], undefined, new Array<number>(results).fill(n * n)),
        work: solveWork(a.dtype, n, factors, 0),
        tiny: n < 2,
        finish: (outputs) => finish(outputs, n),
      }
    },
    twin: solveTwin,
    samples: (dtype, size, random) => [sample(dtype, sampleOrder(size), random)],
    traffic: (call) => solveTraffic(factors, call),
  })
}
