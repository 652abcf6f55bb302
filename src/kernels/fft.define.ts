/** What the transforms share: arguments to a call, and the shape of their faces. */
import { bytesOf, type Dtype, type Float, type Fresh, type Same, type TypedArray } from '../base/dtypes.js'
import { wrongShape } from '../base/errors.js'
import { type Options, readArray, readChoice, readInteger, readMatrix, readOut } from '../core/arguments.js'
import {
  type AsyncOptions,
  type Callable,
  defineKernel,
  instancesOf,
  type Samples,
  type SyncOptions,
} from '../core/define.js'
import { type Matrix, type MatrixLike, matrix } from '../core/matrix.js'
import { randomArray } from '../core/samples.js'
import { choose } from '../engine/choose.js'
import type { Call, MatrixValue, Value } from '../engine/values.js'
import { type Plan, planOf } from './fft.plan.js'
import { COMPLEX, DOWN, fftTwin, HERMITIAN, INVERSE, KNOWN, REAL_LINE, TWO } from './fft.twin.js'

export interface NormOption {
  /**
   * Which direction is divided by the length n: the inverse one (`'backward'`, the default), the forward one, or both by
   * its root (`'ortho'`).
   */
  norm?: 'backward' | 'ortho' | 'forward' | undefined
}
export interface TransformOptions extends NormOption {
  /** Elements of a transformed line: the input is cut to this length, or filled up with zeros. */
  n?: number | undefined
  /** Of a matrix: 1 transforms each row (the default), 0 each column. */
  axis?: 0 | 1 | undefined
}
type None = { out?: undefined }
type Into<O> = { out: O }

/** A transform of an array, or of each line of a matrix. */
export interface Transform {
  <T extends Float>(x: T, options?: AsyncOptions & TransformOptions & None): Promise<Fresh<T>>
  <T extends Float, O extends Same<T>>(x: T, options: AsyncOptions & TransformOptions & Into<O>): Promise<O>
  /** Each row of a matrix, or with `axis: 0` each column. */
  <T extends Float>(x: MatrixLike<T>, options?: AsyncOptions & TransformOptions & None): Promise<Matrix<Fresh<T>>>
  <T extends Float, O extends Same<T>>(
    x: MatrixLike<T>,
    options: AsyncOptions & TransformOptions & Into<O>,
  ): Promise<Matrix<O>>
  /** On native threads; blocks the caller until the result is there. */
  sync<T extends Float>(x: T, options?: SyncOptions & TransformOptions & None): Fresh<T>
  sync<T extends Float, O extends Same<T>>(x: T, options: SyncOptions & TransformOptions & Into<O>): O
  /** Each line of a matrix, blocking. */
  sync<T extends Float>(x: MatrixLike<T>, options?: SyncOptions & TransformOptions & None): Matrix<Fresh<T>>
  sync<T extends Float, O extends Same<T>>(
    x: MatrixLike<T>,
    options: SyncOptions & TransformOptions & Into<O>,
  ): Matrix<O>
  /** Blocks this thread: the same in plain JavaScript. */
  js<T extends Float>(x: T, options?: TransformOptions & None): Fresh<T>
  js<T extends Float, O extends Same<T>>(x: T, options: TransformOptions & Into<O>): O
  /** Each line of a matrix in plain JavaScript. */
  js<T extends Float>(x: MatrixLike<T>, options?: TransformOptions & None): Matrix<Fresh<T>>
  js<T extends Float, O extends Same<T>>(x: MatrixLike<T>, options: TransformOptions & Into<O>): Matrix<O>
}

/** A transform of both axes of a matrix. */
export interface Transform2 {
  <T extends Float>(x: MatrixLike<T>, options?: AsyncOptions & NormOption & None): Promise<Matrix<Fresh<T>>>
  <T extends Float, O extends Same<T>>(
    x: MatrixLike<T>,
    options: AsyncOptions & NormOption & Into<O>,
  ): Promise<Matrix<O>>
  /** On native threads; blocks the caller until the result is there. */
  sync<T extends Float>(x: MatrixLike<T>, options?: SyncOptions & NormOption & None): Matrix<Fresh<T>>
  sync<T extends Float, O extends Same<T>>(x: MatrixLike<T>, options: SyncOptions & NormOption & Into<O>): Matrix<O>
  /** Blocks this thread: the same in plain JavaScript. */
  js<T extends Float>(x: MatrixLike<T>, options?: NormOption & None): Matrix<Fresh<T>>
  js<T extends Float, O extends Same<T>>(x: MatrixLike<T>, options: NormOption & Into<O>): Matrix<O>
}

const DTYPES = ['f64', 'f32'] as const
const NORMS = ['backward', 'ortho', 'forward'] as const
const MAX_LENGTH = 2 ** 28

export const SIGNATURE: Record<string, string> = /* @__PURE__ */ instancesOf(
  DTYPES,
  'matrix:$ in:$? in:f64 inout:f64? inout:f64? enum:5 integer integer number out:$',
)

// Values of every call. They are of one shape, and made once: calls of some hundred elements are mostly this.
const scalar = (kind: 'enum' | 'integer' | 'number', value: number): Value => ({ kind, value })
const ABSENT = /* @__PURE__ */ Object.freeze({ kind: 'absent', value: 0 }) as Value
const ZERO = /* @__PURE__ */ scalar('integer', 0)
const ONE = /* @__PURE__ */ scalar('number', 1)
const KINDS = /* @__PURE__ */ [0, 1, 2, 3, 4].map((value) => scalar('enum', value))
const FLAGS = /* @__PURE__ */ Array.from({ length: 32 }, (_, value) => scalar('integer', value))

/** An array, or a matrix, of numbers; `pairs`: two for each element. */
function readLines(x: unknown, pairs: boolean): MatrixValue & { dtype: Dtype } {
  if (ArrayBuffer.isView(x)) {
    const dtype = readArray('x', x, DTYPES)
    const array = x as TypedArray
    const cols = array.length
    if (pairs && cols % 2 !== 0) throw wrongShape('x', 'an even number of elements, re and im in turn,', `${cols}`)
    return { kind: 'matrix', dtype, array, rows: 1, cols, rowStride: cols, colStride: 1, offset: 0 }
  }
  const value = readMatrix('x', x, DTYPES)
  if (!pairs) return value
  if (value.cols % 2 !== 0) {
    throw wrongShape('x', 'an even number of columns, re and im in turn,', `${value.cols}`)
  }
  if (value.colStride !== 1 && value.cols > 0) {
    throw wrongShape('x', 're and im side by side, a column stride of 1,', `${value.colStride}`)
  }
  return value
}

/** What a direction is multiplied by: of n elements in all. */
function readScale(norm: unknown, inverse: boolean, n: number): number {
  const choice = norm === undefined ? 0 : readChoice('norm', norm, NORMS)
  if (choice === 1) return 1 / Math.sqrt(n)
  return (choice === 0) === inverse ? 1 / n : 1
}

function readLength(n: unknown, otherwise: number, least: string): number {
  if (n !== undefined) return readInteger('n', n, 1, MAX_LENGTH)
  if (otherwise < 1) throw wrongShape('x', least, `${Math.max(0, otherwise)}`)
  if (otherwise > MAX_LENGTH) throw wrongShape('x', `at most ${MAX_LENGTH} elements a line`, `${otherwise}`)
  return otherwise
}

// Scratch of native calls that have ended: fresh memory costs a page fault every 4 KB. A call that fails drops its own.
const MAX_SCRATCH = 2 ** 23
const free: Float64Array[] = []

function takeScratch(length: number): Float64Array | undefined {
  if (length > MAX_SCRATCH || choose().native === undefined) return undefined
  for (let i = 0; i < free.length; i++) {
    if (free[i]!.length >= length) return free.splice(i, 1)[0]
  }
  return new Float64Array(length)
}

function keepScratch(scratch: Float64Array): void {
  let all = scratch.length
  for (const { length } of free) all += length
  while (free.length > 0 && all > MAX_SCRATCH) all -= free.shift()!.length
  free.push(scratch)
}

/** The call of a plan: its arguments in the order of the C++ signature. */
export function callOf(
  dtype: Dtype,
  x: MatrixValue,
  other: Value,
  plan: Plan,
  op: number,
  flags: number,
  scale: number,
  length: number,
  out: TypedArray | undefined,
  work: number,
  finish: (out: TypedArray) => unknown,
  tiny: boolean,
  second: number = plan.second,
): Call {
  const known = plan.spectrum === 0 || plan.filled !== undefined
  const chirp: Value =
    plan.spectrum === 0 ? ABSENT : { kind: 'inout', array: plan.filled ?? new Float64Array(plan.spectrum) }
  const kept = plan.scratch === 0 ? undefined : takeScratch(plan.scratch)
  const values: Value[] = [
    x,
    other,
    plan.given,
    chirp,
    kept === undefined ? ABSENT : { kind: 'inout', array: kept },
    KINDS[op]!,
    second === 0 ? ZERO : scalar('integer', second),
    FLAGS[known ? flags | KNOWN : flags]!,
    scale === 1 ? ONE : scalar('number', scale),
    { kind: 'out', dtype, length, array: out },
  ]
  if (kept === undefined && plan.spectrum === 0) {
    return { instance: dtype, values, work, tiny, finish: ({ arrays }) => finish(arrays[0]!) }
  }
  return {
    instance: dtype,
    values,
    work: work + (known ? 0 : plan.work[0] + plan.work[1]),
    tiny,
    finish({ arrays }) {
      if (kept !== undefined) keepScratch(kept)
      if (plan.spectrum !== 0) plan.filled ??= arrays[0] as Float64Array
      return finish(arrays[arrays.length - 1]!)
    },
  }
}

function check(op: number, inverse: boolean, x: unknown, options: Options): Call {
  const lines = readLines(x, op !== REAL_LINE)
  const single = ArrayBuffer.isView(x)
  const down = !single && options.axis !== undefined && readInteger('axis', options.axis, 0, 1) === 0
  if (single && options.axis !== undefined) readInteger('axis', options.axis, 0, 0)
  const from = op === REAL_LINE ? 1 : 2
  const to = op === HERMITIAN ? 1 : 2
  const given = down ? lines.rows : lines.cols / from
  const count = down ? lines.cols / from : lines.rows
  const n =
    op === HERMITIAN
      ? readLength(options.n, 2 * (given - 1), 'at least two elements a line, or `n`,')
      : readLength(options.n, given, 'at least one element a line')
  const scale = readScale(options.norm, op === HERMITIAN || inverse, n)
  const length = op === REAL_LINE ? Math.floor(n / 2) + 1 : n
  const { array, dtype } = lines
  const same =
    op === COMPLEX && n === given && lines.rowStride === lines.cols && array.length === lines.rows * lines.cols
  const size = count * length * to
  const out = options.out === undefined ? undefined : readOut('out', options.out, dtype, size, [array], same)
  const plan = planOf(n, op !== COMPLEX, 0)
  return callOf(
    dtype,
    lines,
    ABSENT,
    plan,
    op,
    (inverse ? INVERSE : 0) | (down ? DOWN : 0),
    scale,
    size,
    out,
    900 + count * plan.work[0] * (down && n > 16 ? 1.4 : 1) * (dtype === 'f32' ? 1.2 : 1),
    single ? whole : (result) => (down ? matrix(result, length, count * to) : matrix(result, count, length * to)),
    count * n <= 8,
  )
}

const whole = (result: TypedArray) => result

function check2(inverse: boolean, x: unknown, options: Options): Call {
  if (ArrayBuffer.isView(x)) readMatrix('x', x, DTYPES)
  const lines = readLines(x, true)
  const { rows, cols, array, dtype } = lines
  const n = readLength(undefined, cols / 2, 'at least one column of pairs')
  readLength(undefined, rows, 'at least one row')
  const scale = readScale(options.norm, inverse, n * rows)
  const same = lines.rowStride === cols && array.length === rows * cols
  const out = options.out === undefined ? undefined : readOut('out', options.out, dtype, rows * cols, [array], same)
  const plan = planOf(n, false, rows)
  const work = 900 + rows * plan.work[0] + n * plan.work[1] * 1.4
  const flags = inverse ? INVERSE : 0
  const shape = (result: TypedArray) => matrix(result, rows, cols)
  return callOf(dtype, lines, ABSENT, plan, TWO, flags, scale, rows * cols, out, work, shape, rows * n <= 4)
}

/** Lengths that are cut in all ways: as asked up to some thousand, above that nice ones. */
function lengthOf(size: number): number {
  const n = Math.max(1, Math.floor(size / 2))
  if (n <= 12_000) return n
  return n < 40_000 ? 5 * Math.floor(n / 5) : 3 * 2 ** Math.floor(Math.log2(n / 3))
}

const traffic: (call: Call) => { bytes: number; flops: number } = ({ values }) => {
  const x = values[0] as MatrixValue
  const out = values[9] as { length: number; dtype: Dtype }
  const numbers = x.rows * x.cols
  return {
    bytes: (numbers + out.length) * bytesOf(out.dtype),
    flops: 2.5 * numbers * Math.log2(Math.max(2, x.cols / 2)),
  }
}

/** What the file of a transform says of it. */
interface Named {
  readonly name: string
  readonly native: string
  readonly summary: string
  readonly inverse: boolean
}

function define<F extends Callable>(
  { name, native, summary }: Named,
  options: readonly string[],
  read: (x: unknown, options: Options) => Call,
  samples: Samples,
): F {
  return defineKernel<F>({
    name,
    native,
    summary,
    agreement: 'exact',
    arity: 1,
    options,
    instances: SIGNATURE,
    check: ([x], given) => read(x, given),
    twin: fftTwin,
    samples,
    traffic,
  })
}

export function defineTransform(named: Named & { readonly op: number }): Transform {
  const { op, inverse } = named
  return define<Transform>(
    named,
    ['n', 'axis', 'norm', 'out'],
    (x, options) => check(op, inverse, x, options),
    (dtype, size, random) => {
      if (op === REAL_LINE) return [randomArray(dtype as Dtype, Math.max(1, lengthOf(2 * size)), random)]
      const pairs = lengthOf(size)
      return [randomArray(dtype as Dtype, 2 * (op === HERMITIAN ? pairs + 1 : pairs), random)]
    },
  )
}

export function defineTransform2(named: Named): Transform2 {
  return define<Transform2>(
    named,
    ['norm', 'out'],
    (x, options) => check2(named.inverse, x, options),
    (dtype, size, random) => {
      const rows = Math.max(1, Math.round(Math.sqrt(size / 2)))
      const cols = 2 * Math.max(1, Math.round(size / 2 / rows))
      return [matrix(randomArray(dtype as Dtype, rows * cols, random), rows, cols)]
    },
  )
}
