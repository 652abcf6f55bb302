import { info, matrix, sort, sum, topK } from 'offloop'
import { compare } from 'offloop/compare'

const x = Float64Array.of(3, 1, 2)
const total: number = await sum(x)
const big: bigint = sum.sync(BigInt64Array.of(1n, 2n))
const sorted: Float64Array = await sort(x, { descending: false })
const points = matrix(Float32Array.of(0, 0, 3, 4), 2, 2)
const nearest = await topK(Float32Array.of(3, 4), points, { k: 1, metric: 'euclidean' })
const indices: Uint32Array = nearest.indices
if (big !== 3n || indices[0] !== 1) throw new Error('wrong result')

// @ts-expect-error a plain array is not a TypedArray
const wrong: () => unknown = () => sum([1, 2, 3])

console.log(
  JSON.stringify({
    sum: total,
    sync: sum.sync(x),
    js: sum.js(x),
    sorted: [...sorted],
    compare: typeof compare,
    engine: info().engine,
    wrong: typeof wrong,
  }),
)
