/** Matrices: strided views over one TypedArray, as scijs and stdlib ndarrays are. */
import { constructorOf, type Dtype, dtypeOf, type TypedArray } from '../base/dtypes.js'
import { wrongShape, wrongType, wrongValue } from '../base/errors.js'

/** What every function takes as a matrix: `data`, `shape`, and optionally `strides` (or `stride`) and `offset`. */
export interface MatrixLike<T> {
  readonly data: T
  readonly shape: readonly number[]
  readonly stride?: readonly number[]
  readonly strides?: readonly number[]
  readonly offset?: number
}

/** A matrix that offloop made: row-major unless its strides say otherwise. */
export interface Matrix<T> extends MatrixLike<T> {
  readonly strides: readonly number[]
  readonly offset: number
}

export interface MatrixFactory {
  /**
   * A rows × cols matrix over `data`, row-major, without a copy.
   *
   * @param data - a TypedArray of at least rows × cols elements
   * @throws RangeError (ERR_OFFLOOP_SHAPE) if `data` is too short
   * @example
   * const corpus = matrix(new Float32Array(200_000 * 384), 200_000, 384)
   */
  <T extends TypedArray>(data: T, rows: number, cols: number): Matrix<T>
  /**
   * A new matrix from an array of rows (arrays of numbers, or TypedArrays), all of one length.
   *
   * @param rows - the rows
   * @param dtype - element type, `'f64'` unless given
   * @throws RangeError (ERR_OFFLOOP_SHAPE) if the rows differ in length
   * @example
   * const m = matrix.from([[1, 2], [3, 4]], 'f32')
   */
  from<D extends keyof Elements = 'f64'>(
    rows: readonly (readonly number[] | ArrayLike<number>)[],
    dtype?: D,
  ): Matrix<Elements[D]>
}

export interface Elements {
  f32: Float32Array<ArrayBuffer>
  f64: Float64Array<ArrayBuffer>
  i32: Int32Array<ArrayBuffer>
  u32: Uint32Array<ArrayBuffer>
  i16: Int16Array<ArrayBuffer>
  u16: Uint16Array<ArrayBuffer>
  i8: Int8Array<ArrayBuffer>
  u8: Uint8Array<ArrayBuffer>
}

function create<T extends TypedArray>(data: T, rows: number, cols: number): Matrix<T> {
  if (dtypeOf(data) === undefined) throw wrongType('data', 'a TypedArray', data)
  count('rows', rows)
  count('cols', cols)
  if (data.length < rows * cols) {
    throw wrongShape('data', `at least ${rows} × ${cols} = ${rows * cols} elements`, `${data.length}`)
  }
  return { data, shape: [rows, cols], strides: [cols, 1], offset: 0 }
}

function count(name: string, value: number): void {
  if (typeof value !== 'number') throw wrongType(name, 'a whole number', value)
  if (!Number.isSafeInteger(value) || value < 0) throw wrongValue(name, 'a whole number of at least 0', value)
}

function from(rows: readonly ArrayLike<number>[], dtype: Dtype = 'f64'): Matrix<TypedArray> {
  if (!Array.isArray(rows)) throw wrongType('rows', 'an array of rows', rows)
  if (!['f32', 'f64', 'i32', 'u32', 'i16', 'u16', 'i8', 'u8'].includes(dtype)) {
    throw wrongValue('dtype', "one of 'f32', 'f64', 'i32', 'u32', 'i16', 'u16', 'i8', 'u8'", dtype)
  }
  const cols = rows.length === 0 ? 0 : (rows[0]?.length ?? 0)
  const data = new (constructorOf(dtype))(rows.length * cols) as Float64Array
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    if (typeof row !== 'object' || row === null || typeof row.length !== 'number') {
      throw wrongType(`rows[${i}]`, 'an array of numbers', row)
    }
    if (row.length !== cols) throw wrongShape(`rows[${i}]`, `${cols} elements, as in the first row,`, `${row.length}`)
    for (let j = 0; j < cols; j++) {
      const element = row[j]
      if (typeof element !== 'number') throw wrongType(`rows[${i}][${j}]`, 'a number', element)
      data[i * cols + j] = element
    }
  }
  return create(data, rows.length, cols)
}

export const matrix: MatrixFactory = /* @__PURE__ */ Object.assign(create, { from }) as MatrixFactory
