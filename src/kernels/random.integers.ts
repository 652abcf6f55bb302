/** random.integers. */
import { wrongType, wrongValue } from '../base/errors.js'
import { type Options, readInteger, readOut } from '../core/arguments.js'
import { type Callable, defineKernel, instancesOf } from '../core/define.js'
import { drawKey, highOf, lowOf, type Numbered, readKey, readOffset } from '../core/numbered.js'
import type { Value } from '../engine/values.js'
import { finishOf, integer, keyOf, readDtype, readSize, trafficOf, workOf } from './random.define.js'
import { integersTwin, longsTwin } from './random.twin.js'
import type { RandomIntegers } from './random.types.js'

const INTEGERS = ['i32', 'u32', 'i64'] as const
const LIMITS = { i32: [-(2 ** 31), 2 ** 31], u32: [0, 2 ** 32], i64: [-(2n ** 63n), 2n ** 63n] } as const

function readBigint(name: string, value: unknown, least: bigint, most: bigint): bigint {
  const expected = `a whole number from ${least} to ${most}`
  if (typeof value !== 'bigint' && typeof value !== 'number') throw wrongType(name, expected, value)
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw wrongValue(name, expected, value)
  const whole = BigInt(value)
  if (whole < least || whole > most) throw wrongValue(name, expected, value)
  return whole
}

/** The bounds as numbers for the kernel: low and high − 1 − low, of i64 in halves. */
function readBounds(dtype: (typeof INTEGERS)[number], { low: least, high: bound }: Options): Value[] {
  if (dtype === 'i64') {
    const [from, to] = LIMITS.i64
    const low = least === undefined ? 0n : readBigint('low', least, from, to - 1n)
    const most = readBigint('high', bound, low + 1n, to) - 1n - low
    const bits = BigInt.asUintN(64, low)
    return [lowOf(bits), highOf(bits), lowOf(most), highOf(most)].map(integer)
  }
  const [from, to] = LIMITS[dtype]
  const low = least === undefined ? 0 : readInteger('low', least, from, to - 1)
  return [integer(low), integer(readInteger('high', bound, low + 1, to) - 1 - low)]
}

export const integers: RandomIntegers<Numbered> = /* @__PURE__ */ defineKernel<RandomIntegers<Numbered> & Callable>({
  name: 'random.integers',
  native: 'random',
  summary: 'Random integers within bounds, named by key and offset',
  agreement: 'exact',
  arity: 1,
  options: ['low', 'high', 'key', 'offset', 'dtype', 'out'],
  instances: {
    ...instancesOf(['i32', 'u32'], 'integer integer integer integer integer out:$'),
    i64: 'integer integer integer integer integer integer integer out:i64',
  },
  check([value], options) {
    const length = readSize(value)
    const dtype = readDtype(options, INTEGERS)
    const key = options.key === undefined ? drawKey() : readKey(options.key)
    const offset = readOffset(options, length)
    return {
      instance: dtype,
      values: [
        ...readBounds(dtype, options),
        integer(lowOf(key)),
        integer(highOf(key)),
        integer(offset),
        { kind: 'out', dtype, length, array: readOut('out', options.out, dtype, length, [], false) },
      ],
      work: workOf(length, dtype, dtype === 'i64' ? 3.6 : 1.5),
      tiny: length <= (dtype === 'i64' ? 2 : 8),
      finish: finishOf(options.key, key, offset),
    }
  },
  twin(...values: number[]) {
    if (values.length === 8) longsTwin(...(values as unknown as Parameters<typeof longsTwin>))
    else integersTwin(...(values as unknown as Parameters<typeof integersTwin>))
  },
  samples(dtype, size, random) {
    const key = keyOf(random)
    const offset = Math.floor(random() * 1e6)
    if (dtype === 'i64') {
      const low = -BigInt(Math.floor(random() * 2 ** 52)) * 2048n
      return [size, { dtype, key, offset, low, high: low + 2n ** BigInt(1 + Math.floor(random() * 63)) }]
    }
    const [from, to] = LIMITS[dtype as 'i32' | 'u32']
    const low = Math.floor(from * random())
    return [size, { dtype, key, offset, low, high: Math.min(to, low + Math.ceil(2 ** (33 * random()))) }]
  },
  traffic: trafficOf,
})
