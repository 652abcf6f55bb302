/** Elementary functions of 8M elements, exact and fast, against plain JavaScript, NumPy and numexpr. */
import {
  atan,
  atan2,
  cbrt,
  cos,
  cosh,
  exp,
  expm1,
  info,
  log,
  log1p,
  log2,
  log10,
  pow,
  sin,
  sinh,
  tan,
  tanh,
} from 'offloop'
import { type Bench, type Competitor, type Row, timed, timedSync, versus } from './common.js'
import { random } from './data.js'
import type { NumPy } from './peers.js'

const ELEMENTS = 2 ** 23

type Range = readonly [low: number, high: number]

interface Topic {
  readonly name: string
  readonly ours: (...args: never[]) => Promise<unknown>
  /** Of x[i] (and y[i]), in JavaScript. */
  readonly plain: string
  /** Of NumPy. */
  readonly numpy: string
  /** The whole expression of x (and y), where numexpr has the function. */
  readonly numexpr?: string
  readonly range: Range
  /** Of y, if it is another. */
  readonly second?: Range
  /** The bars: exact and fast doubles, fast floats. */
  readonly barred?: true
}

const TOPICS: readonly Topic[] = [
  { name: 'exp', ours: exp, plain: 'Math.exp(x[i])', numpy: 'exp', numexpr: 'exp(x)', range: [-20, 20], barred: true },
  { name: 'expm1', ours: expm1, plain: 'Math.expm1(x[i])', numpy: 'expm1', numexpr: 'expm1(x)', range: [-20, 20] },
  { name: 'log', ours: log, plain: 'Math.log(x[i])', numpy: 'log', numexpr: 'log(x)', range: [0, 1000], barred: true },
  { name: 'log1p', ours: log1p, plain: 'Math.log1p(x[i])', numpy: 'log1p', numexpr: 'log1p(x)', range: [-1, 100] },
  { name: 'log2', ours: log2, plain: 'Math.log2(x[i])', numpy: 'log2', range: [0, 1000] },
  { name: 'log10', ours: log10, plain: 'Math.log10(x[i])', numpy: 'log10', numexpr: 'log10(x)', range: [0, 1000] },
  {
    name: 'pow',
    ours: pow,
    plain: 'x[i] ** y[i]',
    numpy: 'power',
    numexpr: 'x ** y',
    range: [0, 100],
    second: [-20, 20],
  },
  { name: 'cbrt', ours: cbrt, plain: 'Math.cbrt(x[i])', numpy: 'cbrt', range: [-1000, 1000] },
  {
    name: 'sin',
    ours: sin,
    plain: 'Math.sin(x[i])',
    numpy: 'sin',
    numexpr: 'sin(x)',
    range: [-100, 100],
    barred: true,
  },
  { name: 'cos', ours: cos, plain: 'Math.cos(x[i])', numpy: 'cos', numexpr: 'cos(x)', range: [-100, 100] },
  { name: 'tan', ours: tan, plain: 'Math.tan(x[i])', numpy: 'tan', numexpr: 'tan(x)', range: [-100, 100] },
  { name: 'atan', ours: atan, plain: 'Math.atan(x[i])', numpy: 'arctan', numexpr: 'arctan(x)', range: [-10, 10] },
  {
    name: 'atan2',
    ours: atan2,
    plain: 'Math.atan2(x[i], y[i])',
    numpy: 'arctan2',
    numexpr: 'arctan2(x, y)',
    range: [-10, 10],
  },
  { name: 'tanh', ours: tanh, plain: 'Math.tanh(x[i])', numpy: 'tanh', numexpr: 'tanh(x)', range: [-5, 5] },
  { name: 'sinh', ours: sinh, plain: 'Math.sinh(x[i])', numpy: 'sinh', numexpr: 'sinh(x)', range: [-10, 10] },
  { name: 'cosh', ours: cosh, plain: 'Math.cosh(x[i])', numpy: 'cosh', numexpr: 'cosh(x)', range: [-10, 10] },
]

type Values = Float64Array | Float32Array
type Loop = (x: Values, y: Values, out: Values) => void

export async function benchMath(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  const hasNumexpr = (await numpy?.run(`import numexpr; numexpr.set_num_threads(${info().threads})`)) ?? false
  const rows: Row[] = []
  for (const topic of TOPICS) {
    for (const Kind of [Float64Array, Float32Array]) rows.push(...(await one(bench, numpy, hasNumexpr, topic, Kind)))
  }
  return rows
}

async function one(
  bench: Bench,
  numpy: NumPy | undefined,
  hasNumexpr: boolean,
  { name, ours, plain, numpy: theirs, numexpr, range, second = range, barred }: Topic,
  Kind: typeof Float64Array | typeof Float32Array,
): Promise<Row[]> {
  const dtype = Kind === Float64Array ? 'f64' : 'f32'
  const pair = plain.includes('y[i]')
  const [x, y] = [numbers(Kind, range, 1), numbers(Kind, second, 2)]
  const [out, other] = [new Kind(ELEMENTS), new Kind(ELEMENTS)]
  const args = pair ? [x, y] : [x]
  const run = (precision: 'exact' | 'fast') =>
    (ours as (...args: unknown[]) => Promise<unknown>)(...args, { out, precision })
  // Code of its own for each: a loop that is handed a function calls it, and is handed both kinds of arrays.
  const loop = new Function('x', 'y', 'out', `for (let i = 0; i < out.length; i++) out[i] = ${plain}`) as Loop
  const competitors: Competitor[] = [
    { name: 'exact', run: () => timed(() => run('exact')) },
    { name: 'fast', run: () => timed(() => run('fast')) },
    { name: 'plain JavaScript', run: () => timedSync(() => loop(x, y, other)) },
  ]
  if (numpy !== undefined) {
    await numpy.load('x', x, [ELEMENTS])
    if (pair) await numpy.load('y', y, [ELEMENTS])
    await numpy.run('o = np.empty_like(x)')
    const call = `np.${theirs}(${pair ? 'x, y' : 'x'}, out=o)`
    competitors.push({ name: 'NumPy', run: () => numpy.evaluate(call) })
    if (hasNumexpr && numexpr !== undefined) {
      const expression = `numexpr.evaluate('${numexpr}', out=o)`
      competitors.push({ name: 'numexpr', run: () => numpy.evaluate(expression) })
    }
  }
  const title = `${name} ${dtype} 8M`
  const times = await bench.interleave(`${title}, in [${range}), out given`, competitors, bench.rounds())
  const bar = (value: number): number | undefined => (barred === undefined ? undefined : value)
  return [
    versus(`${title}, exact vs JavaScript`, times, 'exact', 'plain JavaScript', dtype === 'f64' ? bar(7) : undefined),
    versus(`${title}, fast vs JavaScript`, times, 'fast', 'plain JavaScript', bar(dtype === 'f64' ? 12 : 35)),
    versus(`${title}, fast vs NumPy`, times, 'fast', 'NumPy', dtype === 'f32' ? bar(4) : undefined),
    ...(numexpr === undefined
      ? []
      : [versus(`${title}, fast vs numexpr`, times, 'fast', 'numexpr', dtype === 'f64' ? bar(2) : undefined)]),
  ]
}

function numbers(Kind: typeof Float64Array | typeof Float32Array, range: Range, seed: number): Values {
  const [low, high] = range
  const next = random(seed)
  const x = new Kind(ELEMENTS)
  for (let i = 0; i < ELEMENTS; i++) x[i] = low + (high - low) * next()
  return x
}
