import type { Options } from '../core/arguments.js'
import type { Callable } from '../core/define.js'
import { drawKey, type Numbered, readKey, readOffset, sourceOf } from '../core/numbered.js'
import { exponential, normal, uniform } from './random.floats.js'
import { integers } from './random.integers.js'
import { choice, permutation } from './random.positions.js'
import type { ChoiceOptions, Random, RandomGenerator } from './random.types.js'

export type * from './random.types.js'

const NAMES = ['uniform', 'normal', 'exponential', 'integers', 'permutation', 'choice'] as const

/** How many numbers a call uses. */
function countOf(name: (typeof NAMES)[number], [first, size, options]: readonly unknown[]): number {
  const distinct = name !== 'choice' || (options as ChoiceOptions | undefined)?.replace === false
  const count = distinct ? first : size
  return Number.isSafeInteger(count) && (count as number) > 0 ? (count as number) : 0
}

function generatorOf(options: Numbered = {}): RandomGenerator {
  const key = options.key === undefined ? drawKey() : readKey(options.key)
  let offset = readOffset(options as Options, 0)
  const generator: Record<string, unknown> = {}
  for (const name of NAMES) {
    const kernel = random[name] as unknown as Callable
    const last = name === 'choice' ? 2 : 1
    const goingOn = (face: Callable | Callable['sync']) => {
      return (...args: unknown[]): unknown => {
        const given = { ...(args[last] as object | undefined), key, offset }
        const result: unknown = face(...Array.from({ length: last }, (_, i) => args[i]), given)
        offset += countOf(name, args)
        return result
      }
    }
    generator[name] = Object.assign(goingOn(kernel), { sync: goingOn(kernel.sync), js: goingOn(kernel.js) })
  }
  return Object.defineProperties(generator, {
    key: { value: key, enumerable: true },
    offset: { get: () => offset, enumerable: true },
  }) as unknown as RandomGenerator
}

export const random: Random = {
  uniform,
  normal,
  exponential,
  integers,
  permutation,
  choice,
  key: drawKey,
  sourceOf,
  generator: generatorOf,
}
