/** Factors, solutions, inverses and determinants against NumPy and SciPy (LAPACK on OpenBLAS). */
import { cholesky, det, inv, lu, type Matrix, matrix, solve } from 'offloop'
import { type Bench, type Competitor, type Row, timed, timedSync, versus } from './common.js'
import { uniform } from './data.js'
import type { NumPy } from './peers.js'

const IMPORTS = 'import scipy.linalg as sl'
const SMALL = 100
const REPEATS = 200

export async function benchLinalg(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  const scipy = (await numpy?.run(IMPORTS)) ?? false
  return [
    ...(await factors(bench, numpy, scipy)),
    ...(await others(bench, numpy)),
    ...(await single(bench, numpy)),
    ...(await small(bench, numpy)),
  ]
}

function general(n: number): Matrix<Float64Array> {
  return matrix(
    uniform(n * n, 1).map((value) => value * 2 - 1),
    n,
    n,
  )
}

/** A correlation that falls with the square of the distance. */
function definite(n: number): Matrix<Float64Array> {
  const data = new Float64Array(n * n)
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) data[i * n + j] = (i === j ? 2 : 1) / (1 + (i - j) ** 2)
  return matrix(data, n, n)
}

const peer = (numpy: NumPy | undefined, name: string, there = numpy !== undefined): Competitor[] =>
  there ? [{ name, run: () => numpy!.evaluate(name) }] : []

async function factors(bench: Bench, numpy: NumPy | undefined, scipy: boolean): Promise<Row[]> {
  const n = 2000
  const [a, s, b] = [general(n), definite(n), uniform(n, 2)]
  await numpy?.load('a', a.data, [n, n])
  await numpy?.load('s', s.data, [n, n])
  await numpy?.load('b', b, [n])
  const positive = { assumeA: 'positive definite' } as const
  const times = await bench.interleave(`factors and solutions, f64, n = ${n}`, [
    { name: 'lu', run: () => timed(() => lu(a)) },
    ...peer(numpy, 'sl.lu_factor(a)', scipy),
    { name: 'cholesky', run: () => timed(() => cholesky(s)) },
    ...peer(numpy, 'np.linalg.cholesky(s)'),
    { name: 'solve', run: () => timed(() => solve(a, b)) },
    ...peer(numpy, 'np.linalg.solve(a, b)'),
    { name: 'solve, positive definite', run: () => timed(() => solve(s, b, positive)) },
    ...peer(numpy, "sl.solve(s, b, assume_a='pos')", scipy),
  ])
  return [
    versus(`cholesky f64 ${n} vs NumPy`, times, 'cholesky', 'np.linalg.cholesky(s)', 1),
    versus(`lu f64 ${n} vs SciPy's lu_factor`, times, 'lu', 'sl.lu_factor(a)', 1),
    versus(`solve f64 ${n} vs NumPy`, times, 'solve', 'np.linalg.solve(a, b)', 1),
    versus(
      `solve f64 ${n}, positive definite, vs SciPy`,
      times,
      'solve, positive definite',
      "sl.solve(s, b, assume_a='pos')",
    ),
  ]
}

async function others(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  const n = 1000
  const a = general(n)
  for (let i = 0; i < n * n; i++) a.data[i]! *= 0.06 // NumPy's determinant would overflow, and ours not
  await numpy?.load('a', a.data, [n, n])
  const times = await bench.interleave(`inverse and determinant, f64, n = ${n}`, [
    { name: 'inv', run: () => timed(() => inv(a)) },
    ...peer(numpy, 'np.linalg.inv(a)'),
    { name: 'det', run: () => timed(() => det(a)) },
    ...peer(numpy, 'np.linalg.det(a)'),
  ])
  return [
    versus(`inv f64 ${n} vs NumPy`, times, 'inv', 'np.linalg.inv(a)'),
    versus(`det f64 ${n} vs NumPy`, times, 'det', 'np.linalg.det(a)'),
  ]
}

async function single(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  const n = 2000
  const a = matrix(Float32Array.from(general(n).data), n, n)
  const b = Float32Array.from(uniform(n, 2))
  await numpy?.load('a', a.data, [n, n])
  await numpy?.load('b', b, [n])
  const times = await bench.interleave(`solution, f32, n = ${n}`, [
    { name: 'solve', run: () => timed(() => solve(a, b)) },
    ...peer(numpy, 'np.linalg.solve(a, b)'),
  ])
  return [versus(`solve f32 ${n} vs NumPy`, times, 'solve', 'np.linalg.solve(a, b)')]
}

async function small(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  const [a, b] = [general(SMALL), uniform(SMALL, 2)]
  await numpy?.load('a', a.data, [SMALL, SMALL])
  await numpy?.load('b', b, [SMALL])
  await numpy?.run(`def solutions():\n  for _ in range(${REPEATS}): np.linalg.solve(a, b)`)
  const repeat = (face: (...args: [typeof a, typeof b]) => unknown) =>
    timedSync(() => {
      for (let i = 0; i < REPEATS; i++) face(a, b)
    })
  const times = await bench.interleave(`solution, f64, n = ${SMALL}, ${REPEATS} times`, [
    { name: 'solve.sync', run: () => repeat(solve.sync) },
    { name: 'solve.js', run: () => repeat(solve.js) },
    ...peer(numpy, 'solutions()'),
  ])
  return [
    versus(`solve.sync f64 ${SMALL} vs NumPy`, times, 'solve.sync', 'solutions()'),
    versus(`solve.sync f64 ${SMALL} vs plain JavaScript`, times, 'solve.sync', 'solve.js'),
  ]
}
