/** Eigenvalues and eigenvectors, and what stands on them, against NumPy (LAPACK on OpenBLAS). */
import { eigh, type Matrix, matrix, pca } from 'offloop'
import { type Bench, type Row, timed, timedSync, versus } from './common.js'
import { uniform } from './data.js'
import type { NumPy } from './peers.js'

export async function benchEigh(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  return [
    ...(await decompose(bench, numpy, 'f64', 1000, true, 0.7)),
    ...(await decompose(bench, numpy, 'f64', 1000, false)),
    ...(await decompose(bench, numpy, 'f32', 1000, true)),
    ...(await decompose(bench, numpy, 'f64', 200, true)),
    ...(await components(bench, numpy)),
  ]
}

async function decompose(
  bench: Bench,
  numpy: NumPy | undefined,
  dtype: 'f64' | 'f32',
  n: number,
  vectors: boolean,
  atLeast?: number,
): Promise<Row[]> {
  const data = uniform(n * n, 1).map((value) => value - 0.5)
  const a = matrix((dtype === 'f64' ? data : Float32Array.from(data)) as Float64Array, n, n) as Matrix<Float64Array>
  const small = n < 500
  const repeats = small ? 10 : 1
  const theirs = `np.linalg.${vectors ? 'eigh' : 'eigvalsh'}`
  const ours = small ? 'eigh.sync' : 'eigh'
  await numpy?.load('a', a.data, [n, n])
  await numpy?.run(`def values():\n  for _ in range(${repeats}): ${theirs}(a)`)
  const times = await bench.interleave(`${theirs} ${dtype}, n = ${n}, ${repeats} times`, [
    {
      name: ours,
      run: () =>
        small
          ? timedSync(() => {
              for (let i = 0; i < repeats; i++) eigh.sync(a, { vectors })
            })
          : timed(() => eigh(a, { vectors })),
    },
    ...(numpy === undefined ? [] : [{ name: theirs, run: () => numpy.evaluate('values()') }]),
  ])
  const title = `${ours} ${dtype} ${n}${vectors ? '' : ', values'}`
  return [versus(`${title} vs NumPy`, times, ours, theirs, atLeast)]
}

/** Of the size of a third of MNIST. */
async function components(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  const [rows, cols] = [20_000, 784]
  const data = Float32Array.from(uniform(rows * cols, 2), (value, i) => value * (1 + (i % 7)))
  const x = matrix(data, rows, cols)
  await numpy?.load('x', data, [rows, cols])
  await numpy?.run(
    [
      'def components():',
      '  vectors = np.linalg.eigh(np.cov(x, rowvar=False))[1][:, :-3:-1]',
      '  return (x - x.mean(axis=0)) @ vectors',
    ].join('\n'),
  )
  const times = await bench.interleave(`two components of ${rows} × ${cols} f32`, [
    { name: 'pca', run: () => timed(() => pca(x, { components: 2 })) },
    ...(numpy === undefined ? [] : [{ name: 'np.cov, eigh', run: () => numpy.evaluate('components()') }]),
  ])
  return [versus('pca f32 20k x 784, 2 components vs NumPy', times, 'pca', 'np.cov, eigh')]
}
