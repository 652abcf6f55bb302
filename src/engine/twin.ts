/** Runs a twin here and now on checked values: the `.js` face, tiny calls, and the body of a JS worker. */
import { constructorOf, type TypedArray } from '../base/dtypes.js'
import { noMemory } from '../base/errors.js'
import type { Outputs, OutValue, Runnable, Value } from './values.js'

/** The array of an output: the caller's, or a fresh one. */
export function materialize(value: OutValue): TypedArray {
  return value.array ?? fresh(value.dtype, value.length)
}

export function fresh(dtype: OutValue['dtype'], length: number): TypedArray {
  const build = constructorOf(dtype)
  try {
    return new build(length)
  } catch (error) {
    throw noMemory(`${build.name}(${length})`, error)
  }
}

// One for all calls of this thread: a twin runs to its end without a pause, and its results are read at once.
// (Three fresh objects a call cost 500 ns, more than the sum of a hundred elements.)
const results = new ArrayBuffer(64)
const f64 = new Float64Array(results)
const i64 = new BigInt64Array(results)
const scalars = { f64, i64 }

export function runTwin(kernel: Runnable, values: readonly Value[]): Outputs {
  const arrays: (TypedArray | undefined)[] = []
  const parameters = values.map((value) => {
    switch (value.kind) {
      case 'in':
      case 'any':
        return value.array
      case 'inout':
        arrays.push(value.array)
        return value.array
      case 'out': {
        const array = materialize(value)
        arrays.push(array)
        return array
      }
      case 'matrix':
        return {
          data: value.array,
          offset: value.offset,
          rows: value.rows,
          cols: value.cols,
          rowStride: value.rowStride,
          colStride: value.colStride,
        }
      case 'boolean':
        return value.value !== 0
      case 'result':
        return scalars
      case 'grow': {
        const at = arrays.push(undefined) - 1
        return (length: number) => {
          const array = fresh(value.dtype, length)
          arrays[at] = array
          return array
        }
      }
      case 'state':
        return value.state
      case 'absent':
        return undefined
      default:
        return value.value
    }
  })
  kernel.twin(...parameters)
  return { arrays: arrays as TypedArray[], f64, i64 }
}
