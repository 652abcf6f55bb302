/** Elementary functions of 8M elements, into an array that is there, against plain JavaScript, NumPy and numexpr. */
import * as offloop from 'offloop'
import { type Bench, type Competitor, type Row, timed, timedSync, versus } from './common.js'
import { uniform } from './data.js'
import type { NumPy } from './peers.js'

const ELEMENTS = 2 ** 23

type Floats = Float64Array | Float32Array
type Options = { precision: 'exact' | 'fast'; out: Floats }
interface Face {
  (x: Floats, options: Options): Promise<unknown>
  (a: Floats, b: Floats, options: Options): Promise<unknown>
}

interface Subject {
  readonly name: string
  readonly low: number
  readonly high: number
  /** Of two operands: the second one's range. */
  readonly second?: readonly [number, number]
  /** Where NumPy's name is another; numexpr has only those of its own. */
  readonly numpy?: string
  readonly numexpr?: string
  /** What has to be reached: exact and fast doubles and fast floats, as many times plain JavaScript. */
  readonly bars?: { exact: number; fast: number; numexpr: number; single: number; singleNumpy: number }
}

const BARS = { exact: 7, fast: 12, numexpr: 2, single: 35, singleNumpy: 4 }
const SUBJECTS: readonly Subject[] = [
  { name: 'exp', low: -20, high: 20, numexpr: 'exp(x)', bars: BARS },
  { name: 'log', low: 0, high: 1000, numexpr: 'log(x)', bars: BARS },
  { name: 'expm1', low: -20, high: 20, numexpr: 'expm1(x)' },
  { name: 'log1p', low: -1, high: 100, numexpr: 'log1p(x)' },
  { name: 'log2', low: 0, high: 1000 },
  { name: 'log10', low: 0, high: 1000, numexpr: 'log10(x)' },
  { name: 'cbrt', low: -1000, high: 1000 },
  { name: 'pow', low: 0, high: 100, second: [-20, 20], numpy: 'power', numexpr: 'x ** y' },
]

/** The loop as one writes it; one function each, so that V8 sees one kind of array and one kind of call. */
function plain(subject: Subject): (x: Floats, y: Floats, out: Floats) => void {
  const call = subject.second === undefined ? `Math.${subject.name}(x[i])` : 'x[i] ** y[i]'
  return new Function('x', 'y', 'out', `for (let i = 0; i < x.length; i++) out[i] = ${call}`) as never
}

function scaled(source: Floats, low: number, high: number): Floats {
  return source.map((value) => low + value * (high - low)) as Floats
}

export async function benchFunctions(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  const rows: Row[] = []
  const random = uniform(ELEMENTS)
  const faces = new Map(Object.entries(offloop)) as Map<string, unknown>
  const hasNumexpr = (await numpy?.run('import numexpr')) ?? false
  for (const subject of SUBJECTS) {
    const { name, bars } = subject
    const face = faces.get(name) as Face
    for (const dtype of ['f64', 'f32'] as const) {
      const source = dtype === 'f64' ? random : new Float32Array(random)
      const x = scaled(source, subject.low, subject.high)
      const y = subject.second === undefined ? x : scaled(source.toReversed(), ...subject.second)
      const out = source.slice()
      const ours = (precision: 'exact' | 'fast') =>
        timed(() => (y === x ? face(x, { precision, out }) : face(x, y, { precision, out })))
      const loop = plain(subject)
      const competitors: Competitor[] = [
        { name: 'exact', run: () => ours('exact') },
        { name: 'fast', run: () => ours('fast') },
        { name: 'plain loop', run: () => timedSync(() => loop(x, y, out)) },
      ]
      if (numpy !== undefined) {
        await numpy.load('x', x, [ELEMENTS])
        await numpy.load('y', y, [ELEMENTS])
        await numpy.run('o = np.empty_like(x)')
        const operands = subject.second === undefined ? 'x' : 'x, y'
        const expression = `np.${subject.numpy ?? name}(${operands}, out=o)`
        competitors.push({ name: 'NumPy', run: () => numpy.evaluate(expression) })
        if (hasNumexpr && subject.numexpr !== undefined) {
          const compiled = `numexpr.evaluate('${subject.numexpr}', out=o)`
          competitors.push({ name: 'numexpr', run: () => numpy.evaluate(compiled) })
        }
      }
      const times = await bench.interleave(`${name}, ${dtype}, ${ELEMENTS} elements`, competitors)
      const title = `${name} ${dtype} 8M`
      const double = dtype === 'f64'
      rows.push(
        versus(`${title}, exact vs plain JavaScript`, times, 'exact', 'plain loop', double ? bars?.exact : undefined),
      )
      rows.push(
        versus(`${title}, fast vs plain JavaScript`, times, 'fast', 'plain loop', double ? bars?.fast : bars?.single),
      )
      rows.push(versus(`${title}, fast vs NumPy`, times, 'fast', 'NumPy', double ? undefined : bars?.singleNumpy))
      if (subject.numexpr !== undefined) {
        rows.push(versus(`${title}, fast vs numexpr`, times, 'fast', 'numexpr', double ? bars?.numexpr : undefined))
      }
    }
  }
  return rows
}
