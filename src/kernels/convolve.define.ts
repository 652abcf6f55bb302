/** What convolve and correlate share: modes, the choice of a way, and the shape of their faces. */
import { bytesOf, type Dtype, type Float, type Fresh, type Same, type TypedArray } from '../base/dtypes.js'
import { wrongShape } from '../base/errors.js'
import { type Options, readArray, readChoice, readOut } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, type SyncOptions } from '../core/define.js'
import { randomArray } from '../core/samples.js'
import type { Call, MatrixValue } from '../engine/values.js'
import { callOf, SIGNATURE } from './fft.define.js'
import { handy, NO_PLAN, planOf } from './fft.plan.js'
import { BACK, CONVOLVE, fftTwin, PLAIN } from './fft.twin.js'

export interface ConvolveOptions {
  /** `'full'`: wherever they touch; `'same'`: as many as the longer has; `'valid'`: where they overlap wholly. */
  mode?: 'full' | 'same' | 'valid' | undefined
  /** `'direct'` sums products (the shorter one has at most 96 elements); `'fft'` transforms; `'auto'` the faster. */
  method?: 'auto' | 'direct' | 'fft' | undefined
}
type None = { out?: undefined }
type Into<O> = { out: O }

export interface Convolution {
  <T extends Float>(a: T, v: T, options?: AsyncOptions & ConvolveOptions & None): Promise<Fresh<T>>
  <T extends Float, O extends Same<T>>(a: T, v: T, options: AsyncOptions & ConvolveOptions & Into<O>): Promise<O>
  /** On native threads; blocks the caller until the result is there. */
  sync<T extends Float>(a: T, v: T, options?: SyncOptions & ConvolveOptions & None): Fresh<T>
  sync<T extends Float, O extends Same<T>>(a: T, v: T, options: SyncOptions & ConvolveOptions & Into<O>): O
  /** Blocks this thread: the same in plain JavaScript. */
  js<T extends Float>(a: T, v: T, options?: ConvolveOptions & None): Fresh<T>
  js<T extends Float, O extends Same<T>>(a: T, v: T, options: ConvolveOptions & Into<O>): O
}

const DTYPES = ['f64', 'f32'] as const
const MODES = ['full', 'same', 'valid'] as const
const METHODS = ['auto', 'direct', 'fft'] as const
/** Elements of the shorter one up to which sums of products are used, as in fft.cpp. */
const MAX_DIRECT = 96

function check(turned: boolean, a: unknown, v: unknown, options: Options): Call {
  const dtype = readArray('a', a, DTYPES)
  readArray('v', v, [dtype])
  const [left, right] = [a as TypedArray, v as TypedArray]
  if (left.length === 0) throw wrongShape('a', 'at least one element', '0')
  if (right.length === 0) throw wrongShape('v', 'at least one element', '0')
  const mode = options.mode === undefined ? (turned ? 2 : 0) : readChoice('mode', options.mode, MODES)
  const method = options.method === undefined ? 0 : readChoice('method', options.method, METHODS)
  // The convolution of the longer and the shorter one; `v` backwards makes it a correlation.
  const swap = right.length > left.length
  const [x, h] = swap ? [right, left] : [left, right]
  const most = x.length
  const taps = h.length
  if (method === 1 && taps > MAX_DIRECT) {
    throw wrongShape('v', `at most ${MAX_DIRECT} elements of the shorter array for 'direct'`, `${taps}`)
  }
  const low = (taps - 1) >> 1
  const start = mode === 0 ? 0 : mode === 2 ? taps - 1 : turned && swap ? taps - 1 - low : low
  const length = mode === 0 ? most + taps - 1 : mode === 1 ? most : most - taps + 1
  const out = options.out === undefined ? undefined : readOut('out', options.out, dtype, length, [left, right], false)
  const direct = method === 1 || (method === 0 && taps <= MAX_DIRECT)
  // Blocks of at least four times the shorter one, unless the whole fits one.
  let size = 1024
  while (size < 4 * taps) size *= 2
  size = Math.min(size, handy(length + taps - 1))
  const plan = direct ? NO_PLAN : planOf(size, true, 0)
  const blocks = Math.ceil(length / (size - taps + 1))
  const lines: MatrixValue = {
    kind: 'matrix',
    array: x,
    rows: 1,
    cols: most,
    rowStride: 0,
    colStride: turned && swap ? -1 : 1,
    offset: turned && swap ? most - 1 : 0,
  }
  const work = direct ? 500 + length * (1 + taps * 0.11) : 1500 + (2 * blocks + 1) * plan.work[0] + blocks * size
  return callOf(
    dtype,
    lines,
    { kind: 'in', array: h },
    plan,
    CONVOLVE,
    (turned && !swap ? BACK : 0) | (direct ? PLAIN : 0),
    1,
    length,
    out,
    work,
    (result) => result,
    direct && length * taps <= 32,
    start,
  )
}

export function defineConvolution(named: {
  readonly name: string
  readonly native: string
  readonly summary: string
  /** Whether `v` goes backwards. */
  readonly turned: boolean
}): Convolution {
  return defineKernel<Convolution>({
    name: named.name,
    native: named.native,
    summary: named.summary,
    agreement: 'exact',
    arity: 2,
    options: ['mode', 'method', 'out'],
    instances: SIGNATURE,
    check: ([a, v], options) => check(named.turned, a, v, options),
    twin: fftTwin,
    samples(dtype, size, random) {
      const some = size > 50_000 ? [9, 400] : [3, 31, 96, 97, 400]
      const taps = Math.max(1, Math.min(size, some[Math.floor(random() * some.length)]!))
      const mode = MODES[Math.floor(random() * 3)]!
      const a = randomArray(dtype as Dtype, Math.max(1, size), random)
      return [a, randomArray(dtype as Dtype, taps, random), { mode }]
    },
    traffic({ values }) {
      const [x, h] = values as unknown as [MatrixValue, { array: TypedArray }]
      const out = values[9] as { length: number; dtype: Dtype }
      const bytes = (x.cols + h.array.length + out.length) * bytesOf(out.dtype)
      return { bytes, flops: 2 * out.length * h.array.length }
    },
  })
}
