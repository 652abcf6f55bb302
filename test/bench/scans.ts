/** Running sums, differences and rolling windows of 32M doubles against copying as much memory, plain JavaScript and NumPy. */
import { availableParallelism } from 'node:os'
import { add, cummax, cumsum, diff, rolling } from 'offloop'
import { type Bench, type Competitor, type Row, timed, timedSync, versus } from './common.js'
import { uniform } from './data.js'
import { Mover, type NumPy } from './peers.js'

const ELEMENTS = 2 ** 25
const WINDOW = 1000

export async function benchScans(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  // Results of kernels, as in most programs: they are on huge pages, as the mark's arrays are.
  const x = await add(uniform(ELEMENTS), 0)
  const out = await add(x, 1)
  const fewer = out.subarray(1)
  const windows = out.subarray(WINDOW - 1)
  await numpy?.load('x', x, [ELEMENTS])
  await numpy?.run(`out = np.empty(${ELEMENTS})\nout1 = np.empty(${ELEMENTS - 1})`)
  const python = (name: string, expression: string): Competitor[] =>
    numpy === undefined ? [] : [{ name, run: () => numpy.evaluate(expression) }]
  const mover = Mover.start(x.byteLength, availableParallelism())
  const copies: Competitor[] = []
  if (mover !== undefined) {
    const way = await mover.fastest('huge', 1)
    copies.push({ name: 'copy', run: () => mover.time('huge', 1, way) })
  }
  const scans = await bench.interleave(`scans, f64, ${ELEMENTS} elements, with out`, [
    ...copies,
    { name: 'add(x, 0)', run: () => timed(() => add(x, 0, { out })) },
    { name: 'cumsum', run: () => timed(() => cumsum(x, { out })) },
    { name: 'cumsum, plain loop', run: () => timedSync(() => plainSums(x, out)) },
    ...python('np.cumsum', 'np.cumsum(x, out=out)'),
    { name: 'cummax', run: () => timed(() => cummax(x, { out })) },
    { name: 'cummax, plain loop', run: () => timedSync(() => plainMaxima(x, out)) },
    { name: 'diff', run: () => timed(() => diff(x, { out: fewer })) },
    { name: 'diff, plain loop', run: () => timedSync(() => plainDifferences(x, fewer)) },
    ...python('np.diff', 'np.subtract(x[1:], x[:-1], out=out1)'),
  ])
  mover?.close()
  const options = { window: WINDOW, out: windows }
  const rolls = await bench.interleave(`rolling, f64, ${ELEMENTS} elements, window ${WINDOW}`, [
    { name: 'mean', run: () => timed(() => rolling.mean(x, options)) },
    { name: 'running mean', run: () => timedSync(() => plainMeans(x, WINDOW, windows)) },
    { name: 'max', run: () => timed(() => rolling.max(x, options)) },
    { name: 'plain deque', run: () => timedSync(() => plainRollingMaxima(x, WINDOW, windows)) },
    { name: 'std', run: () => timed(() => rolling.std(x, options)) },
    { name: 'running std', run: () => timedSync(() => plainDeviations(x, WINDOW, windows)) },
  ])
  return [
    versus('cumsum f64 32M: copy bandwidth reached', scans, 'cumsum', 'copy', 0.9),
    versus('cumsum f64 32M vs add', scans, 'cumsum', 'add(x, 0)'),
    versus('cumsum f64 32M vs plain JavaScript', scans, 'cumsum', 'cumsum, plain loop'),
    versus('cumsum f64 32M vs NumPy', scans, 'cumsum', 'np.cumsum'),
    versus('cummax f64 32M vs plain JavaScript', scans, 'cummax', 'cummax, plain loop'),
    versus('diff f64 32M: copy bandwidth reached', scans, 'diff', 'copy', 0.9),
    versus('diff f64 32M vs plain JavaScript', scans, 'diff', 'diff, plain loop'),
    versus('diff f64 32M vs NumPy', scans, 'diff', 'np.diff'),
    versus('rolling.mean f64 32M, window 1000, vs a running sum', rolls, 'mean', 'running mean', 3),
    versus('rolling.max f64 32M, window 1000, vs a deque', rolls, 'max', 'plain deque'),
    versus('rolling.std f64 32M, window 1000, vs Welford', rolls, 'std', 'running std'),
  ]
}

function plainSums(x: Float64Array, out: Float64Array): void {
  let s = 0
  for (let i = 0; i < x.length; i++) out[i] = s += x[i]!
}

function plainMaxima(x: Float64Array, out: Float64Array): void {
  let most = Number.NEGATIVE_INFINITY
  for (let i = 0; i < x.length; i++) {
    if (x[i]! > most) most = x[i]!
    out[i] = most
  }
}

function plainDifferences(x: Float64Array, out: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = x[i + 1]! - x[i]!
}

/** The running sum as one writes it, whose errors pile up. */
function plainMeans(x: Float64Array, window: number, out: Float64Array): void {
  let s = 0
  for (let i = 0; i < window - 1; i++) s += x[i]!
  for (let i = 0; i < out.length; i++) {
    s += x[i + window - 1]!
    out[i] = s / window
    s -= x[i]!
  }
}

/** Candidates in a ring, falling. */
function plainRollingMaxima(x: Float64Array, window: number, out: Float64Array): void {
  let mask = 1
  while (mask <= window) mask *= 2
  const ring = new Int32Array(mask--)
  let [head, tail] = [0, 0]
  for (let i = 0; i < x.length; i++) {
    while (tail > head && x[ring[(tail - 1) & mask]!]! <= x[i]!) tail--
    ring[tail++ & mask] = i
    if (ring[head & mask]! <= i - window) head++
    if (i >= window - 1) out[i - window + 1] = x[ring[head & mask]!]!
  }
}

/** Mean and squares, one in and one out (after Welford). */
function plainDeviations(x: Float64Array, window: number, out: Float64Array): void {
  let [mean, squares] = [0, 0]
  for (let i = 0; i < window; i++) {
    const delta = x[i]! - mean
    mean += delta / (i + 1)
    squares += delta * (x[i]! - mean)
  }
  out[0] = Math.sqrt(squares / window)
  for (let i = 1; i < out.length; i++) {
    const [old, fresh] = [x[i - 1]!, x[i + window - 1]!]
    const before = mean
    mean += (fresh - old) / window
    squares += (fresh - old) * (fresh - mean + old - before)
    out[i] = Math.sqrt(squares / window)
  }
}
