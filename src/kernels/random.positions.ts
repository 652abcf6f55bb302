/** random.permutation, random.choice. */
import { wrongShape, wrongValue } from '../base/errors.js'
import { readArray, readBoolean, readInteger, readOut } from '../core/arguments.js'
import { type Callable, defineKernel } from '../core/define.js'
import { drawKey, highOf, lowOf, type Numbered, readKey, readOffset } from '../core/numbered.js'
import { uniformArray } from '../core/samples.js'
import type { Value } from '../engine/values.js'
import { finishOf, integer, keyOf, readSize, trafficOf, workOf } from './random.define.js'
import { chooseTwin, integersTwin, permuteTwin } from './random.twin.js'
import type { Choice, ChoiceOptions, Permutation } from './random.types.js'

const MOST = 2 ** 32 - 1

/** Nanoseconds of a permutation on one thread. */
function workOfPermutation(population: number, size: number): number {
  if (population <= 16384) return 500 + population * 3.5
  return 20_000 + population * 3 + Math.min(size, population) * (population > 2 ** 20 ? 9 : 6)
}

const DISTINCT = 'integer integer integer integer out:u32'

export const permutation: Permutation<Numbered> = /* @__PURE__ */ defineKernel<Permutation<Numbered> & Callable>({
  name: 'random.permutation',
  native: 'random',
  summary: 'A random permutation of the first whole numbers, named by key and offset',
  agreement: 'exact',
  arity: 1,
  options: ['key', 'offset', 'out'],
  instances: { distinct: DISTINCT },
  check([value], options) {
    const population = readInteger('population', value, 0, MOST)
    const key = options.key === undefined ? drawKey() : readKey(options.key)
    const offset = readOffset(options, population)
    const array = readOut('out', options.out, 'u32', population, [], false)
    return {
      instance: 'distinct',
      values: [
        integer(population),
        integer(lowOf(key)),
        integer(highOf(key)),
        integer(offset),
        { kind: 'out', dtype: 'u32', length: population, array },
      ],
      work: workOfPermutation(population, population),
      tiny: population <= 12,
      finish: finishOf(options.key, key, offset),
    }
  },
  twin: permuteTwin,
  samples: (_, size, random) => [size, { key: keyOf(random), offset: Math.floor(random() * 1e6) }],
  traffic: trafficOf,
})

export const choice: Choice<Numbered & ChoiceOptions> = /* @__PURE__ */ defineKernel<
  Choice<Numbered & ChoiceOptions> & Callable
>({
  name: 'random.choice',
  native: 'random',
  summary: 'Random positions, with or without replacement, alike or by weights, named by key and offset',
  agreement: 'exact',
  arity: 2,
  options: ['replace', 'p', 'key', 'offset', 'out'],
  instances: {
    u32: 'integer integer integer integer integer out:u32',
    distinct: DISTINCT,
    weights: 'in:f64 integer integer integer out:u32 result:f64',
  },
  check([value, count], options) {
    const length = readSize(count)
    const population = readInteger('population', value, length > 0 ? 1 : 0, MOST)
    const replace = readBoolean('replace', options.replace, true)
    const key = options.key === undefined ? drawKey() : readKey(options.key)
    const offset = readOffset(options, replace ? length : population)
    const { p } = options
    if (p !== undefined) {
      readArray('p', p, ['f64'])
      if ((p as Float64Array).length !== population) {
        throw wrongShape('p', `${population} elements`, `${(p as Float64Array).length}`)
      }
      if (!replace) throw wrongValue('replace', 'true where there are weights `p`', replace)
    }
    if (!replace && length > population) {
      throw wrongValue('size', `a whole number from 0 to the population, ${population},`, length)
    }
    const weights = p as Float64Array | undefined
    const array = readOut('out', options.out, 'u32', length, weights === undefined ? [] : [weights], false)
    const out: Value = { kind: 'out', dtype: 'u32', length, array }
    const source = [integer(lowOf(key)), integer(highOf(key)), integer(offset)]
    const finish = finishOf(options.key, key, offset)
    if (weights !== undefined) {
      return {
        instance: 'weights',
        values: [{ kind: 'in', array: weights }, ...source, out, { kind: 'result' }],
        work: 1500 + population * 4 + length * (4 + 0.7 * Math.log2(1 + population)),
        finish(outputs) {
          const total = outputs.f64[0]!
          if (length > 0 && !(total > 0)) {
            throw wrongValue('p', 'finite weights, none negative, with a finite sum above 0', total)
          }
          return finish(outputs)
        },
      }
    }
    if (!replace) {
      return {
        instance: 'distinct',
        values: [integer(population), ...source, out],
        work: workOfPermutation(population, length),
        tiny: population <= 12,
        finish,
      }
    }
    return {
      instance: 'u32',
      values: [integer(0), integer(Math.max(0, population - 1)), ...source, out],
      work: workOf(length, 'u32', 1.5),
      tiny: length <= 8,
      finish,
    }
  },
  twin(...values: unknown[]) {
    if (typeof values[0] !== 'number') chooseTwin(...(values as Parameters<typeof chooseTwin>))
    else if (values.length === 5) permuteTwin(...(values as Parameters<typeof permuteTwin>))
    else integersTwin(...(values as Parameters<typeof integersTwin>))
  },
  samples(dtype, size, random) {
    const source = { key: keyOf(random), offset: Math.floor(random() * 1e6) }
    if (dtype === 'u32') return [1 + Math.floor(random() * 2 ** 31), size, source]
    if (dtype === 'distinct') return [size, Math.floor(size * random()), { ...source, replace: false }]
    const population = 1 + Math.floor(random() * Math.min(size, 100_000))
    const p = uniformArray('f64', population, random, 0, 1) as Float64Array
    for (let i = 0; i < population; i += 3) p[i] = p[i]! > 0.5 ? 0 : p[i]! ** 4
    p[population - 1] = 0.25
    return [population, size, { ...source, p }]
  },
  traffic: trafficOf,
})
