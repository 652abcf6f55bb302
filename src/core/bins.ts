/** What histograms and their like read from a caller: edges, bins, ranges and weights. */
import { type Dtype, dtypeOf, type Real, type TypedArray } from '../base/dtypes.js'
import { wrongShape, wrongType, wrongValue } from '../base/errors.js'
import { fresh } from '../engine/twin.js'
import { readArray, readInteger } from './arguments.js'

/** Sorted numbers: a TypedArray or an array. */
export type Edges = Real | readonly number[]

export const REALS: readonly Dtype[] = ['f64', 'f32', 'i32', 'u32', 'i16', 'u16', 'i8', 'u8', 'u8c']

/** Results of at most 2 GiB. */
export const MAX_BINS: number = 2 ** 28

/** A list of numbers as a new Float64Array; NaN is refused. */
export function readNumbers(name: string, value: unknown): Float64Array<ArrayBuffer> {
  if (Array.isArray(value)) {
    const wrong = value.findIndex((element) => typeof element !== 'number')
    if (wrong >= 0) throw wrongType(`${name}[${wrong}]`, 'a number', value[wrong])
  } else {
    const dtype = dtypeOf(value)
    if (dtype === undefined || !REALS.includes(dtype)) {
      throw wrongType(name, 'sorted numbers (a TypedArray or an array)', value)
    }
    readArray(name, value, REALS)
  }
  const numbers = new Float64Array(value as readonly number[])
  for (let i = 0; i < numbers.length; i++) {
    if (Number.isNaN(numbers[i])) throw wrongValue(`${name}[${i}]`, 'a number', numbers[i])
  }
  return numbers
}

/** Edges of bins, at least two, none less than the one before it. */
export function readEdges(name: string, value: unknown): Float64Array<ArrayBuffer> {
  const edges = readNumbers(name, value)
  if (edges.length < 2) throw wrongShape(name, 'at least two edges', `${edges.length}`)
  for (let i = 1; i < edges.length; i++) {
    if (edges[i]! < edges[i - 1]!) {
      throw wrongValue(`${name}[${i}]`, `no less than the edge before it (${edges[i - 1]})`, edges[i])
    }
  }
  return edges
}

/** Room for the edges of `count` bins, with the ends of a range where there is one. */
export function makeEdges(count: number, range: readonly [number, number] | undefined): Float64Array<ArrayBuffer> {
  const edges = fresh('f64', count + 1) as Float64Array<ArrayBuffer>
  if (range !== undefined) {
    edges[0] = range[0]
    edges[count] = range[1]
  }
  return edges
}

export function readCount(name: string, value: unknown): number {
  return readInteger(name, value, 1, MAX_BINS)
}

/** Two finite numbers, the second not less; half a unit is added on both sides where they are equal. */
export function readRange(name: string, value: unknown): [number, number] | undefined {
  if (value === undefined) return undefined
  const pair = value as ArrayLike<unknown>
  if (typeof value !== 'object' || value === null || pair.length !== 2) throw wrongType(name, 'two numbers', value)
  for (let i = 0; i < 2; i++) {
    if (typeof pair[i] !== 'number') throw wrongType(`${name}[${i}]`, 'a finite number', pair[i])
    if (!Number.isFinite(pair[i])) throw wrongValue(`${name}[${i}]`, 'a finite number', pair[i])
  }
  const [lo, hi] = [pair[0] as number, pair[1] as number]
  if (lo > hi) throw wrongValue(`${name}[1]`, `no less than \`${name}[0]\` (${lo})`, hi)
  return lo === hi ? [lo - 0.5, hi + 0.5] : [lo, hi]
}

/** A weight for each element, or undefined. */
export function readWeights(value: unknown, length: number): TypedArray | undefined {
  if (value === undefined) return undefined
  readArray('weights', value, REALS)
  const weights = value as TypedArray
  if (weights.length !== length) throw wrongShape('weights', `${length} elements, as \`x\` has,`, `${weights.length}`)
  return weights
}
