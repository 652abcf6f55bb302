/** How much memory a call works on. */
import { constructorOf } from '../base/dtypes.js'
import type { Value } from './values.js'

/** Bytes of the arrays that are read and written, each counted once; those that grow while it runs are not known. */
export function bytesOf(values: readonly Value[]): number {
  let bytes = 0
  for (const value of values) {
    switch (value.kind) {
      case 'in':
      case 'any':
      case 'inout':
        bytes += value.array.byteLength
        break
      case 'out':
        bytes += value.array?.byteLength ?? value.length * constructorOf(value.dtype).BYTES_PER_ELEMENT
        break
      case 'matrix':
        bytes += value.rows * value.cols * value.array.BYTES_PER_ELEMENT
    }
  }
  return bytes
}
