/** QR and least squares against NumPy (LAPACK on OpenBLAS). */
import { lstsq, matrix, qr } from 'offloop'
import { type Bench, type Competitor, type Row, timed, versus } from './common.js'
import { uniform } from './data.js'
import type { NumPy } from './peers.js'

export async function benchQr(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  const rows: Row[] = []
  for (const [dtype, m, n, bar] of [
    ['f64', 2000, 2000, 0.8],
    ['f32', 2000, 2000, undefined],
    ['f64', 20_000, 100, undefined],
  ] as const) {
    const data = uniform(m * n, 1).map((x) => x - 0.5)
    const a = matrix((dtype === 'f64' ? data : Float32Array.from(data)) as Float64Array, m, n)
    await numpy?.load('a', a.data, [m, n])
    const peer: Competitor[] =
      numpy === undefined ? [] : [{ name: 'np.linalg.qr', run: () => numpy.evaluate('np.linalg.qr(a)') }]
    const times = await bench.interleave(`qr ${dtype}, ${m} × ${n}`, [
      { name: 'qr', run: () => timed(() => qr(a)) },
      ...peer,
    ])
    rows.push(versus(`qr ${dtype} ${m} x ${n} vs NumPy`, times, 'qr', 'np.linalg.qr', bar))
  }
  const [a, b] = [matrix(uniform(2000 * 500, 2), 2000, 500), uniform(2000, 3)]
  await numpy?.load('a', a.data, [2000, 500])
  await numpy?.load('b', b, [2000])
  const peer: Competitor[] =
    numpy === undefined ? [] : [{ name: 'np.linalg.lstsq', run: () => numpy.evaluate('np.linalg.lstsq(a, b)') }]
  const times = await bench.interleave('lstsq f64, 2000 × 500', [
    { name: 'lstsq', run: () => timed(() => lstsq(a, b)) },
    ...peer,
  ])
  rows.push(versus('lstsq f64 2000 x 500 vs NumPy', times, 'lstsq', 'np.linalg.lstsq'))
  return rows
}
