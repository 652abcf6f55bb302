/**
 * A checked call as both engines take it: values in the order of the C++ signature.
 * Nothing in here is a caller's object, only arrays and numbers, so a worker can receive it whole.
 */
import type { Dtype, TypedArray } from '../base/dtypes.js'

export interface InValue {
  readonly kind: 'in' | 'inout' | 'any'
  readonly array: TypedArray
}
export interface OutValue {
  readonly kind: 'out'
  readonly dtype: Dtype
  readonly length: number
  /** The caller's array; without it the engine makes a fresh one. */
  readonly array: TypedArray | undefined
}
export interface MatrixValue {
  readonly kind: 'matrix'
  readonly array: TypedArray
  readonly rows: number
  readonly cols: number
  /** Strides and offset in elements. */
  readonly rowStride: number
  readonly colStride: number
  readonly offset: number
}
export interface ScalarValue {
  readonly kind: 'number' | 'integer' | 'boolean' | 'enum'
  readonly value: number
}
export interface ResultValue {
  readonly kind: 'result'
}
export interface GrowValue {
  readonly kind: 'grow'
  readonly dtype: Dtype
}
export interface StateValue {
  readonly kind: 'state'
  readonly state: unknown
}
/** An optional parameter that was not given. */
export interface AbsentValue {
  readonly kind: 'absent'
}
export type Value = InValue | OutValue | MatrixValue | ScalarValue | ResultValue | GrowValue | StateValue | AbsentValue

/** What a kernel leaves: its out, inout and grow arrays in order, and its scalar results. */
export interface Outputs {
  readonly arrays: readonly TypedArray[]
  /** Eight result slots, seen as f64 and as i64 (the same memory). Copy what you keep. */
  readonly f64: Float64Array
  readonly i64: BigInt64Array
}

/** How the plan wants a call run. */
export interface Plan {
  /** At most this many threads; 0 = all. */
  readonly threads: number
  /** Estimated time on one thread, in nanoseconds. */
  readonly work: number
  readonly inline: boolean
  /** Milliseconds until the deadline; 0 = none. */
  readonly timeout: number
  /** 0 goes first, 1 is normal, 2 goes last. */
  readonly rank: number
  /** Note when it begins and ends, and tell the sink. */
  readonly report: boolean
  /** The job's number, if it has one already. */
  readonly id?: number
}

/** How a call went; times in `performance.now()` milliseconds. */
export interface Report {
  readonly startedAt: number
  readonly endedAt: number
  readonly grains: number
  /** The most threads that ran its grains at once. */
  readonly threads: number
}

/** One way out for an engine: exactly one of these is called, once. */
export interface Sink {
  resolve(outputs: Outputs): void
  stopped(): void
  reject(error: unknown): void
  progress: ((fraction: number) => void) | undefined
  /** A thread has taken the call over, at that time; told by the native engine where the plan asks for a report. */
  started?: ((at: number) => void) | undefined
}

/** A strided matrix as a twin sees it. */
export interface MatrixArgument<T extends TypedArray = TypedArray> {
  readonly data: T
  readonly offset: number
  readonly rows: number
  readonly cols: number
  readonly rowStride: number
  readonly colStride: number
}

/** What the frame asks of a kernel's definition, of whatever face. */
export interface Runnable {
  readonly name: string
  /** The kernel of the binary that computes it, where that has another name: several callables may share one. */
  readonly native?: string
  /** The C++ parameters of each instance, spelled as native describe() spells them. */
  readonly instances: Readonly<Record<string, string>>
  // biome-ignore lint/suspicious/noExplicitAny: a twin's parameters are its own business
  readonly twin: (...values: any[]) => void
  /** The numbers of its instances in the binary; written by the native engine once it has compared signatures. */
  indices?: Readonly<Record<string, number>>
}

/**
 * `exact`: bit for bit what the twin computes. Otherwise the bound in words, and where it can be said so, as the most
 * units in the last place that native and twin may lie apart. `norm`: for tests, how far entries may lie apart, in eps of
 * their type times the largest entry of their array; whole numbers are the same.
 */
export type Agreement = 'exact' | { readonly bound: string; readonly ulp?: number; readonly norm?: number }

export interface Call {
  readonly instance: string
  readonly values: readonly Value[]
  /** Estimated nanoseconds on one thread. */
  readonly work: number
  /** Where this call promises less than its kernel. */
  readonly agreement?: Agreement
  /** So little that the twin is over before a native call: `.sync` runs it, unless told how many threads to use. */
  readonly tiny?: boolean
  /** Builds what the caller gets. */
  readonly finish: (outputs: Outputs) => unknown
}
