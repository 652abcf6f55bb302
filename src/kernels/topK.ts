import type { Dtype, TypedArray } from '../base/dtypes.js'
import { coded, wrongShape } from '../base/errors.js'
import { readArray, readChoice, readInteger, readMatrix } from '../core/arguments.js'
import { type AsyncOptions, defineKernel, instancesOf, type SyncOptions } from '../core/define.js'
import { type Matrix, type MatrixLike, matrix } from '../core/matrix.js'
import { randomArray } from '../core/samples.js'
import type { MatrixValue } from '../engine/values.js'
import { topKTwin } from './topK.twin.js'

export type Metric = 'cosine' | 'dot' | 'euclidean' | 'sqeuclidean'

export interface TopKOptions {
  /** Neighbours per query: 1 to the number of corpus rows. */
  k: number
  /** What is compared. `cosine` and `dot`: larger is nearer; the distances: smaller is nearer. */
  metric: Metric
}

/** Row numbers and scores, nearest first. */
export interface Nearest<I, S> {
  readonly indices: I
  readonly scores: S
}

type Ranked = AsyncOptions & TopKOptions
type RankedSync = SyncOptions & TopKOptions
type One<S> = Nearest<Uint32Array<ArrayBuffer>, S>
type Many<S> = Nearest<Matrix<Uint32Array<ArrayBuffer>>, Matrix<S>>
type F32 = Float32Array<ArrayBuffer>
type F64 = Float64Array<ArrayBuffer>

export interface TopK {
  /**
   * The k nearest rows of a corpus to one query, by exhaustive search.
   *
   * The scores are those of the direct formula (Σ q·c, Σ (q−c)², its root, or q·c / (|q||c|)), computed in f64 in a
   * fixed order and rounded once to the element type; the answer is exactly what scoring every pair that way and
   * sorting by (score, row) gives. So the distance of a row to itself is 0, cosine lies in [−1, 1], ties go to the
   * lower row, and neither the number of threads nor the CPU changes a bit. The cosine with a zero vector is 0;
   * a NaN score ranks last. Bytes give what the same numbers give in Float32Arrays, in less time and memory.
   *
   * @param query - Float32Array, Float64Array or (for at most 33,025 columns) Uint8Array of d elements
   * @param corpus - matrix of n rows and d columns, of the same element type
   * @param options - `k`, `metric`
   * @returns `indices` (rows, nearest first) and `scores`, k of each
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE), RangeError (ERR_OFFLOOP_ARG_VALUE, ERR_OFFLOOP_SHAPE)
   * @example
   * const { indices, scores } = await topK(query, matrix(vectors, 200_000, 384), { k: 10, metric: 'cosine' })
   */
  (query: Float32Array, corpus: MatrixLike<Float32Array>, options: Ranked): Promise<One<F32>>
  /** The k nearest rows to one query, in f64. See `topK`. */
  (query: Float64Array, corpus: MatrixLike<Float64Array>, options: Ranked): Promise<One<F64>>
  /** The k nearest rows to one query of bytes, scored in f32. See `topK`. */
  (query: Uint8Array, corpus: MatrixLike<Uint8Array>, options: Ranked): Promise<One<F32>>
  /** The k nearest rows to each row of `queries`: matrices of one row per query and k columns. See `topK`. */
  (queries: MatrixLike<Float32Array>, corpus: MatrixLike<Float32Array>, options: Ranked): Promise<Many<F32>>
  /** The k nearest rows to each row of `queries`, in f64. See `topK`. */
  (queries: MatrixLike<Float64Array>, corpus: MatrixLike<Float64Array>, options: Ranked): Promise<Many<F64>>
  /** The k nearest rows to each row of `queries`, of bytes, scored in f32. See `topK`. */
  (queries: MatrixLike<Uint8Array>, corpus: MatrixLike<Uint8Array>, options: Ranked): Promise<Many<F32>>
  /** The k nearest rows to one query, on native threads; blocks the caller until they are there. See `topK`. */
  sync(query: Float32Array, corpus: MatrixLike<Float32Array>, options: RankedSync): One<F32>
  /** The k nearest rows to one query, in f64, blocking. See `topK`. */
  sync(query: Float64Array, corpus: MatrixLike<Float64Array>, options: RankedSync): One<F64>
  /** The k nearest rows to one query of bytes, blocking. See `topK`. */
  sync(query: Uint8Array, corpus: MatrixLike<Uint8Array>, options: RankedSync): One<F32>
  /** The k nearest rows to each row of `queries`, blocking. See `topK`. */
  sync(queries: MatrixLike<Float32Array>, corpus: MatrixLike<Float32Array>, options: RankedSync): Many<F32>
  /** The k nearest rows to each row of `queries`, in f64, blocking. See `topK`. */
  sync(queries: MatrixLike<Float64Array>, corpus: MatrixLike<Float64Array>, options: RankedSync): Many<F64>
  /** The k nearest rows to each row of `queries`, of bytes, blocking. See `topK`. */
  sync(queries: MatrixLike<Uint8Array>, corpus: MatrixLike<Uint8Array>, options: RankedSync): Many<F32>
  /** Blocks this thread: the k nearest rows to one query in plain JavaScript, with the same bits. See `topK`. */
  js(query: Float32Array, corpus: MatrixLike<Float32Array>, options: TopKOptions): One<F32>
  /** Blocks this thread: the k nearest rows to one query in plain JavaScript, in f64. See `topK`. */
  js(query: Float64Array, corpus: MatrixLike<Float64Array>, options: TopKOptions): One<F64>
  /** Blocks this thread: the k nearest rows to one query of bytes in plain JavaScript. See `topK`. */
  js(query: Uint8Array, corpus: MatrixLike<Uint8Array>, options: TopKOptions): One<F32>
  /** Blocks this thread: the k nearest rows to each row of `queries` in plain JavaScript. See `topK`. */
  js(queries: MatrixLike<Float32Array>, corpus: MatrixLike<Float32Array>, options: TopKOptions): Many<F32>
  /** Blocks this thread: the k nearest rows to each row of `queries` in plain JavaScript, in f64. See `topK`. */
  js(queries: MatrixLike<Float64Array>, corpus: MatrixLike<Float64Array>, options: TopKOptions): Many<F64>
  /** Blocks this thread: the k nearest rows to each row of `queries`, of bytes, in plain JavaScript. See `topK`. */
  js(queries: MatrixLike<Uint8Array>, corpus: MatrixLike<Uint8Array>, options: TopKOptions): Many<F32>
}

const DTYPES = ['f32', 'f64', 'u8'] as const
const METRICS: readonly Metric[] = ['cosine', 'dot', 'euclidean', 'sqeuclidean']
const MAX_ROWS = 2 ** 32 - 1
/** Columns of bytes whose products add up within 31 bits. */
const MAX_BYTES = 33_025

/**
 * Nanoseconds of a call on one thread, measured. One query: each element is scored directly. More: packing the
 * queries, reading the corpus, the products, and the insertions, about k · ln(n / k) for each query.
 */
function estimate(dtype: Dtype, queries: number, rows: number, cols: number, k: number): number {
  const scale = dtype === 'f32' ? 1 : 2
  if (queries === 1 && dtype === 'u8') return 9000 + rows * (cols * 0.6 + 15)
  if (queries === 1) return 1500 + rows * (cols * 0.28 * scale + 10)
  const insertions = queries * k * Math.log(1 + rows / k) * 60
  if (dtype === 'u8') {
    return 6000 + queries * cols * 5 + rows * cols * 0.3 + queries * rows * (cols * 0.011 + 1.2) + insertions
  }
  return (
    6000 + queries * cols * 15 + rows * cols * 0.1 * scale + queries * rows * (cols * 0.016 * scale + 1) + insertions
  )
}

export const topK: TopK = /* @__PURE__ */ defineKernel<TopK>({
  name: 'topK',
  summary: 'The k nearest rows of a matrix to each query: cosine, dot, euclidean, sqeuclidean',
  agreement: 'exact',
  arity: 2,
  options: ['k', 'metric'],
  instances: {
    ...instancesOf(['f32', 'f64'], 'matrix:$ matrix:$ integer enum:4 out:u32 out:$'),
    u8: 'matrix:u8 matrix:u8 integer enum:4 out:u32 out:f32',
  },
  check([queries, corpus], options) {
    const against = readMatrix('corpus', corpus, DTYPES)
    const dtype = against.dtype
    const single = ArrayBuffer.isView(queries)
    const from = single ? asRow(queries, dtype) : readMatrix('queries', queries, [dtype])
    const { rows, cols } = against
    if (rows === 0 || cols === 0) throw wrongShape('corpus', 'at least one row and one column', `${rows} × ${cols}`)
    if (rows > MAX_ROWS) throw wrongShape('corpus', `at most ${MAX_ROWS} rows`, `${rows}`)
    if (dtype === 'u8' && cols > MAX_BYTES)
      throw wrongShape('corpus', `at most ${MAX_BYTES} columns of bytes`, `${cols}`)
    if (from.cols !== cols) {
      throw wrongShape(single ? 'query' : 'queries', `${cols} columns, as the corpus has,`, `${from.cols}`)
    }
    const k = readInteger('k', options.k, 1, rows)
    const metric = readChoice('metric', options.metric, METRICS)
    const length = from.rows * k
    if (length > MAX_ROWS) throw wrongShape('k', `at most ${MAX_ROWS} results`, `${from.rows} × ${k} = ${length}`)
    return {
      instance: dtype,
      values: [
        from,
        against,
        { kind: 'integer', value: k },
        { kind: 'enum', value: metric },
        { kind: 'out', dtype: 'u32', length, array: undefined },
        { kind: 'out', dtype: dtype === 'f64' ? 'f64' : 'f32', length, array: undefined },
      ],
      work: estimate(dtype, from.rows, rows, cols, k),
      finish({ arrays: [indices, scores] }) {
        if (single) return { indices, scores }
        return {
          indices: matrix(indices!, from.rows, k),
          scores: matrix(scores!, from.rows, k),
        }
      },
    }
  },
  twin: topKTwin,
  samples(dtype, size, random) {
    const cols = 64
    const rows = Math.max(1, Math.round(size / cols))
    const options = { k: Math.min(10, rows), metric: 'cosine' }
    const queries = matrix(randomArray(dtype as Dtype, 16 * cols, random), 16, cols)
    return [queries, matrix(randomArray(dtype as Dtype, rows * cols, random), rows, cols), options]
  },
  traffic({ values }) {
    const [queries, corpus] = values as unknown as [MatrixValue, MatrixValue]
    const elements = corpus.rows * corpus.cols
    return { bytes: elements * corpus.array.BYTES_PER_ELEMENT, flops: 2 * queries.rows * elements }
  },
})

/** One query, as a matrix of one row. */
function asRow(query: unknown, dtype: Dtype): MatrixValue {
  const own = readArray('query', query, DTYPES)
  const array = query as TypedArray
  if (own !== dtype) {
    throw coded(
      TypeError,
      'ERR_OFFLOOP_ARG_TYPE',
      `Expected the same element type for \`query\` and \`corpus\` but received ${own} and ${dtype}`,
    )
  }
  return { kind: 'matrix', array, rows: 1, cols: array.length, rowStride: array.length, colStride: 1, offset: 0 }
}
