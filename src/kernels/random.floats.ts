/** random.uniform, random.normal, random.exponential. */
import { wrongValue } from '../base/errors.js'
import { type Options, readFinite, readOut } from '../core/arguments.js'
import { type Callable, defineKernel, instancesOf } from '../core/define.js'
import { drawKey, highOf, lowOf, type Numbered, readKey, readOffset } from '../core/numbered.js'
import { finishOf, integer, keyOf, readDtype, readSize, trafficOf, workOf } from './random.define.js'
import { floatsTwin } from './random.twin.js'
import type { ExponentialOptions, NormalOptions, RandomFloats, UniformOptions } from './random.types.js'

const KINDS = ['uniform', 'normal', 'exponential'] as const
const FLOATS = ['f64', 'f32'] as const

interface Distribution {
  readonly summary: string
  readonly options: readonly string[]
  /** What an element is multiplied by, and what is added then. */
  readonly linear: (options: Options) => { shift: number; scale: number }
  /** Nanoseconds per element on one thread, as f64 and as f32. */
  readonly ns: readonly [number, number]
  readonly tiny: number
}

function defineFloats<X>(kind: (typeof KINDS)[number], distribution: Distribution): RandomFloats<Numbered & X> {
  const index = KINDS.indexOf(kind)
  const { summary, options: own, linear, ns, tiny } = distribution
  return defineKernel<RandomFloats<Numbered & X> & Callable>({
    name: `random.${kind}`,
    native: 'random',
    summary,
    agreement: 'exact',
    arity: 1,
    options: [...own, 'key', 'offset', 'dtype', 'out'],
    instances: instancesOf(FLOATS, 'enum:3 number number integer integer integer out:$'),
    check([value], options) {
      const length = readSize(value)
      const dtype = readDtype(options, FLOATS)
      const key = options.key === undefined ? drawKey() : readKey(options.key)
      const offset = readOffset(options, length)
      const { shift, scale } = linear(options)
      return {
        instance: dtype,
        values: [
          { kind: 'enum', value: index },
          { kind: 'number', value: shift },
          { kind: 'number', value: scale },
          integer(lowOf(key)),
          integer(highOf(key)),
          integer(offset),
          { kind: 'out', dtype, length, array: readOut('out', options.out, dtype, length, [], false) },
        ],
        work: workOf(length, dtype, ns[dtype === 'f64' ? 0 : 1]),
        tiny: length <= tiny,
        finish: finishOf(options.key, key, offset),
      }
    },
    twin: floatsTwin,
    samples: (dtype, size, random) => [size, { dtype, key: keyOf(random), offset: Math.floor(random() * 1e6) }],
    traffic: trafficOf,
  })
}

export const uniform: RandomFloats<Numbered & UniformOptions> = /* @__PURE__ */ defineFloats<UniformOptions>(
  'uniform',
  {
    summary: 'Uniform random numbers, named by key and offset',
    options: ['low', 'high'],
    linear({ low: least, high: bound }) {
      const low = least === undefined ? 0 : readFinite('low', least)
      const high = bound === undefined ? Math.max(1, low) : readFinite('high', bound, low)
      if (!Number.isFinite(high - low)) throw wrongValue('high', 'a finite distance from `low`', high)
      return { shift: low, scale: high - low }
    },
    ns: [1.2, 1],
    tiny: 12,
  },
)

export const normal: RandomFloats<Numbered & NormalOptions> = /* @__PURE__ */ defineFloats<NormalOptions>('normal', {
  summary: 'Normal random numbers, named by key and offset',
  options: ['loc', 'scale'],
  linear: ({ loc, scale }) => ({
    shift: loc === undefined ? 0 : readFinite('loc', loc),
    scale: scale === undefined ? 1 : readFinite('scale', scale, 0),
  }),
  ns: [3, 3.4],
  tiny: 8,
})

export const exponential: RandomFloats<Numbered & ExponentialOptions> =
  /* @__PURE__ */ defineFloats<ExponentialOptions>('exponential', {
    summary: 'Exponential random numbers, named by key and offset',
    options: ['scale'],
    linear: ({ scale }) => ({ shift: 0, scale: scale === undefined ? 1 : readFinite('scale', scale, 0) }),
    ns: [3, 3.4],
    tiny: 8,
  })
