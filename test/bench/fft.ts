/** Transforms against FFTW (patient plans of at most 8 s), SciPy and the twins; lengths against powers of two. */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { convolve, fft, matrix, rfft } from 'offloop'
import { type Bench, type Competitor, type Row, timed, timedSync, versus } from './common.js'
import { uniform } from './data.js'
import type { NumPy } from './peers.js'

/** Calls of a round: some 10 ms, since wide vectors are slow in the first fraction of one after a pause. */
const REPEATS = 3000

export async function benchFft(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  const threads = availableParallelism()
  const peer = readFileSync(new URL('./fftw_peer.py', import.meta.url), 'utf8')
  const fftw = (await numpy?.run(peer)) ?? false
  const scipy = (await numpy?.run('import scipy.fft as sf, scipy.signal as ss')) ?? false
  if (!fftw) bench.say('FFTW is missing (Debian: libfftw3-dev), or a C compiler.')
  const say = (what: string, there: boolean, expression: string): Competitor[] =>
    there ? [{ name: what, run: () => numpy!.evaluate(expression) }] : []
  const rows: Row[] = []

  const plan = async (name: string, n: number, count: number, workers: number, real: boolean) => {
    if (fftw) await numpy!.run(`${name} = fftw.prepare(${n}, ${count}, ${workers}, ${real ? 1 : 0}, 8.0)`)
  }

  // Small: blocking, on one thread, into an array that is there already and into a fresh one.
  {
    const n = 1024
    const x = uniform(2 * n)
    const out = new Float64Array(2 * n)
    await plan('p1024', n, 1, 1, false)
    await numpy?.load('small', x, [2 * n])
    const repeat = (call: () => void) =>
      timedSync(() => {
        for (let i = 0; i < REPEATS; i++) call()
      })
    const times = await bench.interleave(
      `fft, f64, 1024 points, ${REPEATS} calls`,
      [
        { name: 'fft.sync, out', run: () => repeat(() => fft.sync(x, { out })) },
        ...say('FFTW', fftw, `fftw.run(p1024, ${REPEATS})`),
        { name: 'fft.sync', run: () => repeat(() => fft.sync(x)) },
        ...say('scipy.fft', scipy, `[sf.fft(small.view(complex)) for _ in range(${REPEATS})]`),
        { name: 'fft.js', run: () => repeat(() => fft.js(x, { out })) },
      ],
      bench.rounds(41),
    )
    rows.push(
      versus('fft.sync 1024, into out, vs FFTW', times, 'fft.sync, out', 'FFTW', 0.6),
      versus('fft.sync 1024 vs FFTW', times, 'fft.sync', 'FFTW'),
      versus('fft.sync 1024 vs SciPy', times, 'fft.sync', 'scipy.fft', 3),
      versus('fft.sync 1024 vs fft.js', times, 'fft.sync, out', 'fft.js'),
    )
  }

  for (const [n, count, least] of [
    [2 ** 16, 1, 3],
    [2 ** 20, 1, 2.5],
    [1024, 1024, 3],
  ] as const) {
    const x = uniform(2 * n * count)
    const name = count === 1 ? `2^${Math.log2(n)}` : `${count} x ${n}`
    const out = new Float64Array(x.length)
    const real = x.subarray(0, n * count)
    const outReal = new Float64Array((n + 2) * count)
    const lines = matrix(x, count, 2 * n)
    const reals = matrix(real, count, n)
    await plan('big', n, count, threads, false)
    await numpy?.load('x', x, [count, 2 * n])
    const times = await bench.interleave(
      `fft, f64, ${name} points`,
      [
        { name: 'fft', run: () => timed(() => fft(lines, { out })) },
        ...say('FFTW', fftw, 'fftw.run(big, 1)'),
        ...say('scipy.fft', scipy, 'sf.fft(x.view(complex))'),
        ...say('scipy.fft, workers', scipy, `sf.fft(x.view(complex), workers=${threads})`),
        { name: 'rfft', run: () => timed(() => rfft(reals, { out: outReal })) },
        { name: 'fft.js', run: () => timedSync(() => fft.js(lines, { out })) },
      ],
      bench.rounds(21),
    )
    rows.push(
      versus(`fft ${name} vs FFTW, ${threads} threads`, times, 'fft', 'FFTW', 0.8),
      versus(`fft ${name} vs SciPy`, times, 'fft', 'scipy.fft', least),
      versus(`fft ${name} vs SciPy, ${threads} workers`, times, 'fft', 'scipy.fft, workers'),
      versus(`rfft ${name} vs fft`, times, 'rfft', 'fft', 1.7),
      versus(`fft ${name} vs fft.js`, times, 'fft', 'fft.js'),
    )
  }

  // Awkward lengths: by the point, against the next power of two.
  for (const n of [1021, 5003, 30_030, 65_521, 371_293, 524_287]) {
    const next = 2 ** Math.ceil(Math.log2(n))
    const [x, y] = [uniform(2 * n), uniform(2 * next)]
    const [xo, yo] = [new Float64Array(2 * n), new Float64Array(2 * next)]
    const calls = Math.ceil(50_000 / n)
    const each = (from: Float64Array, out: Float64Array) => () =>
      timedSync(() => {
        for (let i = 0; i < calls; i++) fft.sync(from, { out })
      }) /
      (from.length / 2)
    const times = await bench.interleave(
      `fft.sync, f64, ${n} and ${next} points, by the point`,
      [
        { name: 'length', run: each(x, xo) },
        { name: 'power of two', run: each(y, yo) },
      ],
      bench.rounds(15),
    )
    rows.push(versus(`fft ${n}, by the point, vs ${next}`, times, 'length', 'power of two', 1 / 6))
  }

  const [a, v] = [uniform(2 ** 20), uniform(1001)]
  await numpy?.load('a', a, [a.length])
  await numpy?.load('v', v, [v.length])
  const times = await bench.interleave(
    'convolve, f64, 2^20 with 1001',
    [
      { name: 'convolve', run: () => timed(() => convolve(a, v, { mode: 'same' })) },
      ...say('scipy.signal.oaconvolve', scipy, "ss.oaconvolve(a, v, 'same')"),
      ...say('np.convolve', numpy !== undefined, "np.convolve(a, v, 'same')"),
    ],
    bench.rounds(15),
  )
  rows.push(
    versus('convolve f64 2^20 with 1001 vs SciPy oaconvolve', times, 'convolve', 'scipy.signal.oaconvolve'),
    versus('convolve f64 2^20 with 1001 vs NumPy', times, 'convolve', 'np.convolve'),
  )
  return rows
}
