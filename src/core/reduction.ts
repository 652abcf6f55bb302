/**
 * Reductions: many elements -> a state of a few numbers -> a value. Over an array, over all of a matrix, along an axis of
 * one, over chunks (core/accumulator.ts). The C++ side is native/core/reduction.h. A kernel of this kind brings a
 * reducer, which is its twin, and a cost.
 */
import { type Dtype, dtypeOf, type Real, type TypedArray } from '../base/dtypes.js'
import { wrongShape, wrongType } from '../base/errors.js'
import type { Call, MatrixArgument, MatrixValue, Outputs, Value } from '../engine/values.js'
import { type Accumulator, makeAccumulator, type Reducing, runStream, type StateOptions } from './accumulator.js'
import { type Options, readArray, readChoice, readInteger, readMatrix, readOptions, readOut } from './arguments.js'
import { joinBlocks, reduceBlocks } from './blocks.js'
import { type AsyncOptions, type Callable, type Definition, defineKernel, type SyncOptions } from './define.js'
import type { MatrixLike } from './matrix.js'
import { randomArray } from './samples.js'

/** What is done with NaN. */
export interface NaNOption {
  /** 'propagate' (the default): NaN among the elements makes the result NaN. 'omit': they are left out. */
  nan?: 'propagate' | 'omit' | undefined
}

/** Over the whole array or matrix. */
export interface Whole {
  axis?: undefined
  out?: undefined
}

/** Along an axis of a matrix. */
export interface Along {
  /** 0: one result for each column. 1: one for each row. */
  axis: 0 | 1
  out?: undefined
}

/** Along an axis, into an array of the caller. */
export interface AlongInto<T> {
  axis: 0 | 1
  /** Where the results go: as many elements as there are columns (rows). */
  out: T
}

export type Chunks<T> = Iterable<T> | AsyncIterable<T>

/** Options of a stream: those of an asynchronous call but for the progress, whose end is not known. */
export type StreamOptions = Pick<AsyncOptions, 'signal' | 'threads' | 'priority'>

/** A reduction of numbers to one number. `O`: options of its own. */
export interface Reduction<O = NaNOption> {
  (x: Real | MatrixLike<Real>, options?: AsyncOptions & O & Whole): Promise<number>
  /** One result for each column (axis 0) or row (axis 1) of a matrix. */
  (x: MatrixLike<Real>, options: AsyncOptions & O & Along): Promise<Float64Array<ArrayBuffer>>
  <T extends Float64Array>(x: MatrixLike<Real>, options: AsyncOptions & O & AlongInto<T>): Promise<T>
  /** On native threads; blocks the caller until the result is there. */
  sync(x: Real | MatrixLike<Real>, options?: SyncOptions & O & Whole): number
  sync(x: MatrixLike<Real>, options: SyncOptions & O & Along): Float64Array<ArrayBuffer>
  sync<T extends Float64Array>(x: MatrixLike<Real>, options: SyncOptions & O & AlongInto<T>): T
  /** Blocks this thread: the same in plain JavaScript, with the same bits. */
  js(x: Real | MatrixLike<Real>, options?: O & Whole): number
  js(x: MatrixLike<Real>, options: O & Along): Float64Array<ArrayBuffer>
  js<T extends Float64Array>(x: MatrixLike<Real>, options: O & AlongInto<T>): T
  /**
   * The same, of elements that come in chunks: push them, and `value()` has the bits of one call over all of them,
   * however they were cut. See `Accumulator`.
   */
  state(options?: O & StateOptions): Accumulator<number, [Real]>
  /**
   * The same, of more than memory holds: takes chunks from an iterable, one after another, and never blocks the loop.
   * The result has the bits of one call over all of them.
   *
   * @param chunks - TypedArrays of one type, from any iterable or async iterable
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE); what the iterable throws; `signal.reason`
   */
  stream(chunks: Chunks<Real>, options?: O & StreamOptions): Promise<number>
}

/** A reduction in plain JavaScript, step for step what the C++ struct of the same kernel does. */
export interface Reducer {
  begin(): void
  /**
   * Takes x[begin .. end), at most UNIT elements, of which the first is element `at` of its array, row or column.
   * Without NaN where the caller omits them.
   */
  unit(x: Real, begin: number, end: number, at: number): void
  /** The state of the block whose units were taken, as a new array. */
  end(): number[]
  /** The state of both, left to right: a new array, or one of the two, changed. */
  join(left: number[], right: number[]): number[]
  finish(state: ArrayLike<number>, parameter: number): number
}

/** How 64-bit integers are reduced, whose state is a bigint (undefined: of nothing). */
export interface LongReducer {
  twin(x: BigInt64Array | BigUint64Array, result: { f64: Float64Array; i64: BigInt64Array }): void
  read(outputs: { i64: BigInt64Array }): bigint
  join(left: bigint, right: bigint): bigint
}

export interface ReductionDefinition {
  readonly name: string
  readonly summary: string
  readonly native?: string
  /** Element types of whole arrays; along an axis those without 64-bit integers. */
  readonly dtypes: readonly Dtype[]
  /** Numbers in a state. */
  readonly slots: number
  /** Names of the options of its own. */
  readonly options?: readonly string[]
  /** Without the `nan` option. */
  readonly noNaN?: boolean
  /** Which of several reductions the binary is to do, from the checked options. Default 0. */
  readonly form?: (options: Options) => number
  /** What `finish` needs besides the state. Default 0. */
  readonly parameter?: (options: Options) => number
  readonly reducer: (form: number, dtype: Dtype) => Reducer
  readonly long?: LongReducer
  /** Nanoseconds on one thread of so many elements in one array. */
  readonly work: (elements: number, bytes: number, dtype: Dtype, form: number) => number
  /** What a whole call gives; default: `finish`. Such a reduction has no axis. */
  readonly value?: (state: ArrayLike<number>, parameter: number) => unknown
  /** Looks at every value before the caller gets it; may throw. */
  readonly verify?: (value: number) => void
  /** Thrown for no elements at all, where there is no value. */
  readonly empty?: string
}

/** Elements of one leaf of the tree, and those that a reducer is given at once: native/core/reduction.h. */
export const BLOCK = 16384
export const UNIT = 1024
const LINES = 8

// Values that every call shares.
const RESULT = { kind: 'result' } as const
const BOOLEANS = [0, 1].map((value) => ({ kind: 'boolean', value }) as const)
const INTEGERS = [0, 1, 2, 3].map((value) => ({ kind: 'integer', value }) as const)

const NANS = ['propagate', 'omit'] as const
const LONGS: readonly Dtype[] = ['i64', 'u64']
const COLUMNS = 0
const ALL = 2

// ---- The twin ----

let spare: Float64Array | undefined
const unitOf = (): Float64Array => (spare ??= new Float64Array(UNIT))

/** x[begin .. end) without NaN, in `to`; how many are left. */
function compact(x: Real, begin: number, end: number, to: Float64Array): number {
  let kept = 0
  for (let i = begin; i < end; i++) {
    const value = x[i]!
    to[kept] = value
    if (!Number.isNaN(value)) kept++
  }
  return kept
}

function hasNaN(x: Real, begin: number, end: number): boolean {
  for (let i = begin; i < end; i++) if (Number.isNaN(x[i])) return true
  return false
}

/** The state of x[begin .. end), a block at most, whose first element is number `at` of its line. */
function reduceBlock(reducer: Reducer, x: Real, begin: number, end: number, at: number, omit: boolean): number[] {
  reducer.begin()
  for (let i = begin; i < end; i += UNIT) {
    const stop = Math.min(i + UNIT, end)
    if (omit && hasNaN(x, i, stop)) {
      const buffer = unitOf()
      reducer.unit(buffer, 0, compact(x, i, stop, buffer), at + i - begin)
    } else reducer.unit(x, i, stop, at + i - begin)
  }
  return reducer.end()
}

function reduceWhole(reducer: Reducer, x: Real, omit: boolean): number[] {
  if (x.length <= BLOCK) return reduceBlock(reducer, x, 0, x.length, 0, omit)
  const leaf = (begin: number, end: number) => reduceBlock(reducer, x, begin, end, begin, omit)
  return reduceBlocks(x.length, BLOCK, leaf, reducer.join)!
}

let tile: Float64Array | undefined

function reduceAlong(
  reducer: Reducer,
  m: MatrixArgument<Real>,
  axis: number,
  omit: boolean,
  parameter: number,
  out: Float64Array,
): void {
  const { data, offset, rows, cols, rowStride, colStride } = m
  const down = axis === COLUMNS
  const [count, length] = axis === ALL ? [1, rows * cols] : down ? [cols, rows] : [rows, cols]
  const [step, stride] = axis === ALL ? [0, 1] : down ? [colStride, rowStride] : [rowStride, colStride]
  if (stride === 1 && axis !== ALL) {
    for (let line = 0; line < count; line++) {
      const from = offset + line * step
      if (length <= BLOCK) {
        out[line] = reducer.finish(reduceBlock(reducer, data, from, from + length, 0, omit), parameter)
        continue
      }
      const leaf = (begin: number, end: number) => reduceBlock(reducer, data, from + begin, from + end, begin, omit)
      out[line] = reducer.finish(reduceBlocks(length, BLOCK, leaf, reducer.join)!, parameter)
    }
    return
  }
  tile ??= new Float64Array(LINES * BLOCK)
  for (let first = 0; first < count; first += LINES) {
    const lines = Math.min(LINES, count - first)
    const blocks: number[][][] = length > BLOCK ? Array.from({ length: lines }, () => []) : []
    for (let begin = 0; begin < length || begin === 0; begin += BLOCK) {
      const n = Math.min(BLOCK, length - begin)
      if (axis === ALL) gatherAll(m, begin, n, tile)
      else {
        for (let i = 0; i < n; i++) {
          const from = offset + first * step + (begin + i) * stride
          for (let l = 0; l < lines; l++) tile[l * BLOCK + i] = data[from + l * step]!
        }
      }
      for (let l = 0; l < lines; l++) {
        const state = reduceBlock(reducer, tile, l * BLOCK, l * BLOCK + n, begin, omit)
        if (length > BLOCK) blocks[l]!.push(state)
        else out[first + l] = reducer.finish(state, parameter)
      }
    }
    for (let l = 0; l < blocks.length; l++) {
      out[first + l] = reducer.finish(joinBlocks(blocks[l]!, reducer.join), parameter)
    }
  }
}

/** Elements [begin, begin + n) of the matrix in row-major order. */
function gatherAll(m: MatrixArgument<Real>, begin: number, n: number, to: Float64Array): void {
  let row = Math.floor(begin / m.cols)
  let col = begin % m.cols
  for (let i = 0; i < n; i++) {
    to[i] = m.data[m.offset + row * m.rowStride + col * m.colStride]!
    if (++col === m.cols) {
      col = 0
      row++
    }
  }
}

// ---- The definition ----

export function defineReduction<F extends Callable>(kernel: ReductionDefinition): F {
  const { name, dtypes, slots, long, value, empty, verify } = kernel
  const verified = (result: number): number => {
    verify?.(result)
    return result
  }
  const short = dtypes.filter((dtype) => !LONGS.includes(dtype))
  const accepted: readonly Dtype[] = dtypes.includes('u8') ? [...dtypes, 'u8c'] : dtypes
  const acceptedAlong: readonly Dtype[] = dtypes.includes('u8') ? [...short, 'u8c'] : short
  const own = [...(kernel.options ?? []), ...(kernel.noNaN === true ? [] : ['nan'])]
  const formOf = kernel.form ?? (() => 0)
  const parameterOf = kernel.parameter ?? (() => 0)
  const instances: Record<string, string> = {}
  for (const dtype of dtypes) {
    instances[dtype] =
      `in:${dtype} boolean integer result:${long !== undefined && LONGS.includes(dtype) ? 'i64' : 'f64'}`
  }
  if (value === undefined) instances.axis = 'matrix enum:3 boolean integer number out:f64'

  const omits = (options: Options): boolean =>
    options.nan !== undefined && readChoice('nan', options.nan, NANS) === 1 && kernel.noNaN !== true

  const whole = (array: TypedArray, dtype: Dtype, omit: boolean, form: number, finish: Call['finish']): Call => ({
    instance: dtype === 'u8c' ? 'u8' : dtype,
    values: [{ kind: 'in', array }, BOOLEANS[omit ? 1 : 0]!, INTEGERS[form]!, RESULT],
    work: kernel.work(array.length, array.byteLength, dtype, form),
    finish,
  })

  const finishOf = (dtype: Dtype, form: number, parameter: number): Call['finish'] => {
    if (long !== undefined && LONGS.includes(dtype)) return long.read
    if (value !== undefined) return (outputs) => value(outputs.f64, parameter)
    const { finish } = kernel.reducer(form, dtype)
    return (outputs) => verified(finish(outputs.f64, parameter))
  }

  const along = (m: MatrixValue & { dtype: Dtype }, axis: number, options: Options, omit: boolean, form: number) => {
    const { dtype, rows, cols } = m
    const length = axis === ALL ? 1 : axis === COLUMNS ? cols : rows
    const each = axis === ALL ? rows * cols : axis === COLUMNS ? rows : cols
    if (empty !== undefined && each === 0 && length > 0) throw wrongShape('x', empty, 'none')
    const out = readOut('out', options.out, 'f64', length, [m.array], false)
    const bytes = rows * cols * m.array.BYTES_PER_ELEMENT
    const dense = axis !== ALL && (axis === COLUMNS ? m.rowStride : m.colStride) === 1
    const values: Value[] = [
      m,
      { kind: 'enum', value: axis },
      BOOLEANS[omit ? 1 : 0]!,
      INTEGERS[form]!,
      { kind: 'number', value: parameterOf(options) },
      { kind: 'out', dtype: 'f64', length, array: out },
    ]
    const finish = (outputs: Outputs) => {
      const values = outputs.arrays[0] as Float64Array
      if (verify !== undefined) values.forEach(verified)
      return axis === ALL ? values[0] : values
    }
    const gather = dense ? 0 : rows * cols * (bytes < 2e6 ? 0.6 : 1.5)
    const work = kernel.work(rows * cols, bytes, dtype, form) + length * 80 + gather
    return { instance: 'axis', values, work, finish }
  }

  const reducing: Reducing = {
    name,
    operands: ['chunk'],
    dtypes: accepted,
    options: own,
    settle(options) {
      omits(options)
      formOf(options)
      parameterOf(options)
    },
    call: ([array], options) => {
      const dtype = dtypeOf(array)!
      const isLong = long !== undefined && LONGS.includes(dtype)
      const read = isLong ? long.read : (outputs: Outputs) => Array.from(outputs.f64.subarray(0, slots))
      return whole(array!, dtype, omits(options), formOf(options), read)
    },
    join: (left, right, options, dtype) =>
      typeof left === 'bigint'
        ? long!.join(left, right as bigint)
        : kernel.reducer(formOf(options), dtype).join([...(left as number[])], right as number[]),
    value(state, options, dtype, count) {
      if (empty !== undefined && count === 0) throw wrongShape('chunk', empty, 'none')
      if (typeof state === 'bigint') return state
      const parameter = parameterOf(options)
      const numbers = state as number[]
      return value === undefined
        ? verified(kernel.reducer(formOf(options), dtype).finish(numbers, parameter))
        : value(numbers, parameter)
    },
  }

  const definition: Definition = {
    name,
    summary: kernel.summary,
    ...(kernel.native === undefined ? {} : { native: kernel.native }),
    agreement: 'exact',
    arity: 1,
    options: value === undefined ? [...own, 'axis', 'out'] : own,
    instances,
    check([x], options) {
      const omit = omits(options)
      const form = formOf(options)
      const given = dtypeOf(x)
      if (given !== undefined) {
        const array = x as TypedArray
        const dtype = array.length > 0 && accepted.includes(given) ? given : readArray('x', x, accepted)
        if (options.axis !== undefined) throw wrongType('x', 'a matrix (for `axis`)', x)
        if (options.out !== undefined) throw wrongType('out', 'none without `axis`', options.out)
        if (empty !== undefined && array.length === 0) throw wrongShape('x', empty, 'none')
        return whole(array, dtype, omit, form, finishOf(dtype, form, parameterOf(options)))
      }
      if (typeof x !== 'object' || x === null || !('data' in x)) throw notArray(x, accepted)
      if (options.axis !== undefined) {
        const axis = readInteger('axis', options.axis, 0, 1)
        return along(readMatrix('x', x, acceptedAlong), axis, options, omit, form)
      }
      if (options.out !== undefined) throw wrongType('out', 'none without `axis`', options.out)
      const m = readMatrix('x', x, accepted)
      const { array, dtype, rows, cols, offset } = m
      if ((m.colStride === 1 || cols === 1) && (m.rowStride === cols || rows === 1)) {
        if (empty !== undefined && rows * cols === 0) throw wrongShape('x', empty, 'none')
        const elements = array.subarray(offset, offset + rows * cols)
        return whole(elements, dtype, omit, form, finishOf(dtype, form, parameterOf(options)))
      }
      if (value !== undefined) throw wrongShape('x', 'a matrix without gaps, in row-major order,', 'other strides')
      return along(readMatrix('x', x, acceptedAlong), ALL, options, omit, form)
    },
    twin(x: TypedArray | MatrixArgument<Real>, ...rest: unknown[]) {
      if ('data' in x) {
        const [axis, omit, form, parameter, out] = rest as [number, boolean, number, number, Float64Array]
        reduceAlong(kernel.reducer(form, dtypeOf(x.data)!), x, axis, omit, parameter, out)
        return
      }
      const [omit, form, result] = rest as [boolean, number, { f64: Float64Array; i64: BigInt64Array }]
      const dtype = dtypeOf(x)!
      if (long !== undefined && LONGS.includes(dtype)) long.twin(x as BigInt64Array, result)
      else result.f64.set(reduceWhole(kernel.reducer(form, dtype), x as Real, omit))
    },
    samples(dtype, size, random) {
      const count = empty === undefined ? size : Math.max(1, size)
      if (dtype !== 'axis') return [randomArray(dtype as Dtype, count, random)]
      const kind = random() < 0.5 ? short[0]! : short[Math.floor(random() * short.length)]!
      const widths = [1, 3, 8, 20, Math.ceil(Math.sqrt(count)), 20_000]
      const cols = Math.max(1, Math.min(widths[Math.floor(random() * widths.length)]!, count))
      const rows = Math.floor(count / cols)
      const turned = random() < 0.5
      const [shape, strides] = turned
        ? [
            [cols, rows],
            [1, cols],
          ]
        : [
            [rows, cols],
            [cols, 1],
          ]
      const axis = random() < 0.5 ? 0 : 1
      return [{ data: randomArray(kind, rows * cols, random), shape, strides, offset: 0 }, { axis }]
    },
    traffic({ values: [x] }) {
      if (x?.kind !== 'matrix') return { bytes: (x as { array: TypedArray }).array.byteLength }
      return { bytes: x.rows * x.cols * x.array.BYTES_PER_ELEMENT }
    },
  }
  return withStreams<F>(definition, reducing)
}

/** A kernel with the faces `state` and `stream` besides. */
export function withStreams<F extends Callable>(definition: Definition, reducing: Reducing): F {
  const known = new Set([...reducing.options, 'start', 'snapshot'])
  const streaming = new Set([...reducing.options, 'signal', 'threads', 'priority'])
  return Object.assign(defineKernel<Callable>(definition), {
    state: (options?: unknown) => makeAccumulator(definition, reducing, readOptions(options, known)),
    stream: async (chunks: unknown, options?: unknown) =>
      runStream(definition, reducing, chunks, readOptions(options, streaming)),
  }) as unknown as F
}

function notArray(x: unknown, accepted: readonly Dtype[]): Error {
  try {
    readArray('x', x, accepted)
  } catch (error) {
    return error as Error
  }
  return wrongType('x', 'a TypedArray or a matrix', x)
}
