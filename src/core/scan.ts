/** Scans: cumsum and its kin, one output for each element. The C++ side is native/kernels/scan-inl.h. */
import { bytesOf, type Dtype, dtypeOf, type Fresh, type Same, type TypedArray } from '../base/dtypes.js'
import type { Value } from '../engine/values.js'
import { readArray, readOut } from './arguments.js'
import { type AsyncOptions, type Callable, defineKernel, type SyncOptions } from './define.js'
import { randomArray } from './samples.js'

export interface ScanOptions<O> {
  /** Where the result goes: an array of the result's type and the input's length; the input itself, if of that type. */
  out: O
}

type Comparable = Float64Array | Float32Array | Int32Array | Uint32Array
type None = { out?: undefined }

/** Running maxima or minima. */
export interface Extremes {
  <T extends Comparable>(x: T, options?: AsyncOptions & None): Promise<Fresh<T>>
  <T extends Comparable, O extends Same<T>>(x: T, options: AsyncOptions & ScanOptions<O>): Promise<O>
  /** On native threads; blocks the caller until the result is there. */
  sync<T extends Comparable>(x: T, options?: SyncOptions & None): Fresh<T>
  sync<T extends Comparable, O extends Same<T>>(x: T, options: SyncOptions & ScanOptions<O>): O
  /** Blocks this thread: the same in plain JavaScript. */
  js<T extends Comparable>(x: T, options?: None): Fresh<T>
  js<T extends Comparable, O extends Same<T>>(x: T, options: ScanOptions<O>): O
}

export interface ScanDefinition {
  readonly name: string
  readonly native?: string
  readonly summary: string
  /** The result's type, by the input's. */
  readonly types: Readonly<Partial<Record<Dtype, Dtype>>>
  /** A parameter between x and out. */
  readonly flag?: boolean
  // biome-ignore lint/suspicious/noExplicitAny: a twin's parameters are its own business
  readonly twin: (...values: any[]) => void
  /** Nanoseconds per element on one thread: from the caches, and from memory. */
  readonly ns: (bytes: number) => number
  readonly samples?: (dtype: Dtype, size: number, random: () => number) => TypedArray
}

export function defineScan<F extends Callable>(scan: ScanDefinition): F {
  const { name, types, flag, ns, twin } = scan
  const dtypes = Object.keys(types) as Dtype[]
  const middle: readonly Value[] = flag === undefined ? [] : [{ kind: 'boolean', value: flag ? 1 : 0 }]
  return defineKernel<F>({
    name,
    ...(scan.native === undefined ? {} : { native: scan.native }),
    summary: scan.summary,
    agreement: 'exact',
    arity: 1,
    options: ['out'],
    instances: Object.fromEntries(
      dtypes.map((dtype) => [dtype, `in:${dtype} ${flag === undefined ? '' : 'boolean '}out:${types[dtype]}`]),
    ),
    check([x], options) {
      const instance = readArray('x', x, dtypes)
      const array = x as TypedArray
      const { length } = array
      const dtype = types[instance]!
      const out = readOut('out', options.out, dtype, length, [array], dtype === instance)
      return {
        instance,
        values: [{ kind: 'in', array }, ...middle, { kind: 'out', dtype, length, array: out }],
        tiny: length <= 128,
        work: 300 + length * ns(length * (bytesOf(instance) + bytesOf(dtype))),
        finish: (outputs) => outputs.arrays[0],
      }
    },
    twin,
    samples: (dtype, size, random) => [(scan.samples ?? randomArray)(dtype as Dtype, size, random)],
    traffic({ values }) {
      const { array } = values[0] as { array: TypedArray }
      return { bytes: array.length * (array.BYTES_PER_ELEMENT + bytesOf(types[dtypeOf(array)!]!)) }
    },
  })
}

// native/kernels/scan-inl.h has the same two.
const RUN = 64
const BLOCK = 32768

/** Running sums: runs of 64 in blocks of 32,768. */
export function scanSums(x: Float64Array, out: Float64Array): void {
  const { length } = x
  let beforeBlock = -0
  for (let block = 0; block < length; block += BLOCK) {
    const blockEnd = Math.min(block + BLOCK, length)
    let beforeRun = -0
    for (let run = block; run < blockEnd; run += RUN) {
      const end = Math.min(run + RUN, blockEnd)
      let within = -0
      for (let i = run; i < end; i++) {
        within += x[i]!
        out[i] = beforeBlock + (beforeRun + within)
      }
      beforeRun += within
    }
    beforeBlock += beforeRun
  }
}
