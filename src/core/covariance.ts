/** What `cov` and `corrcoef` share: all but the divisor and the form of the result. */
import { wrongShape } from '../base/errors.js'
import type { MatrixValue } from '../engine/values.js'
import { type Options, readBoolean, readMatrix, readOut } from './arguments.js'
import { type Callable, defineKernel } from './define.js'
import { matrix } from './matrix.js'
import { PAIRS, pairsOf, pairsTwin } from './pairs.js'
import { productWork } from './product.js'
import { uniformArray } from './samples.js'

const DTYPES = ['f64', 'f32'] as const

interface Form {
  readonly name: string
  readonly summary: string
  /** The kernel of the binary that knows the form. */
  readonly native: string
  readonly form: number
  /** Names of its own options, besides `rowvar` and `out`. */
  readonly options: readonly string[]
  /** What sums over `n` observations are divided by. */
  divisor(n: number, options: Options): number
}

export function defineCovariance<F extends Callable>({ name, summary, native, form, options: own, divisor }: Form): F {
  return defineKernel<F>({
    name,
    summary,
    native,
    agreement: { bound: '3 · (n + 8) · eps of the product of two standard deviations', norm: 4000 },
    arity: 1,
    options: ['rowvar', ...own, 'out'],
    instances: { f64: PAIRS },
    check([value], options) {
      const given = readMatrix('x', value, DTYPES)
      const x: MatrixValue = readBoolean('rowvar', options.rowvar, true)
        ? given
        : { ...given, rows: given.cols, cols: given.rows, rowStride: given.colStride, colStride: given.rowStride }
      if (x.cols === 0) throw wrongShape('x', 'at least one observation', 'none')
      const by = divisor(x.cols, options)
      const out = readOut('out', options.out, 'f64', x.rows * x.rows, [x.array], false)
      return {
        instance: 'f64',
        values: pairsOf(x, x, form, by, out),
        work: 2000 + productWork('f64', x.rows, x.rows, x.cols) * 0.6 + 2.5 * x.rows * x.cols,
        finish: ({ arrays }) => matrix(arrays[0]!, x.rows, x.rows),
      }
    },
    twin: pairsTwin,
    samples(_, size, random) {
      const variables = size < 60_000 ? 1 + (size % 41) : 48
      const observations = Math.max(16, Math.round(size / variables))
      const x = uniformArray(size % 2 === 0 ? 'f64' : 'f32', variables * observations, random, -1, 1)
      return size % 3 === 0
        ? [matrix(x, variables, observations)]
        : [matrix(x, observations, variables), { rowvar: false }]
    },
    traffic({ values }) {
      const { rows, cols } = values[0] as MatrixValue
      return { bytes: rows * (cols + rows) * 8, flops: rows * (rows + 1) * cols }
    },
  })
}
