/** Singular value decompositions against NumPy (LAPACK's gesdd over OpenBLAS). */
import { type Matrix, matrix, svd } from 'offloop'
import { type Bench, type Competitor, type Row, timed, versus } from './common.js'
import { uniform } from './data.js'
import type { NumPy } from './peers.js'

export async function benchSvd(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  return [
    ...(await one(bench, numpy, 'f64', 1000, 1000, true, 0.7)),
    ...(await one(bench, numpy, 'f64', 1000, 1000, false)),
    ...(await one(bench, numpy, 'f32', 1000, 1000, true)),
    ...(await one(bench, numpy, 'f64', 10_000, 100, true)),
    ...(await one(bench, numpy, 'f64', 100, 100, true)),
  ]
}

async function one(
  bench: Bench,
  numpy: NumPy | undefined,
  dtype: 'f64' | 'f32',
  rows: number,
  cols: number,
  vectors: boolean,
  atLeast?: number,
): Promise<Row[]> {
  const data = uniform(rows * cols, 1).map((value) => value * 2 - 1)
  const a = matrix(dtype === 'f64' ? data : Float32Array.from(data), rows, cols) as Matrix<Float64Array>
  const repeats = rows * cols <= 10_000 ? 20 : 1
  const theirs = 'np.linalg.svd'
  await numpy?.load('a', a.data, [rows, cols])
  const call = `np.linalg.svd(a, ${vectors ? 'full_matrices=False' : 'compute_uv=False'})`
  await numpy?.run(`def svds():\n  for _ in range(${repeats}): ${call}`)
  const competitors: Competitor[] = [
    {
      name: 'svd',
      run: () =>
        timed(async () => {
          for (let i = 0; i < repeats; i++) await (vectors ? svd(a) : svd(a, { vectors: false }))
        }),
    },
    ...(numpy === undefined ? [] : [{ name: theirs, run: () => numpy.evaluate('svds()') }]),
  ]
  const what = `svd ${dtype} ${rows} × ${cols}${vectors ? '' : ', values alone'}`
  const times = await bench.interleave(`${what}, ${repeats} times`, competitors)
  return [versus(`${what} vs NumPy`, times, 'svd', theirs, atLeast)]
}
