/**
 * The peers side by side: `npm run bench [-- topics… --quick --json --avx2-peers]`. See README.md.
 */
import { cpus, loadavg, release, totalmem } from 'node:os'
import { info } from 'offloop'
import { benchBudget } from './budget.js'
import { Bench, met, quantile, type Row, table, verdict } from './common.js'
import { benchCrossover } from './crossover.js'
import { benchEigh } from './eigh.js'
import { benchElementwise } from './elementwise.js'
import { benchEstimate } from './estimate.js'
import { benchFft } from './fft.js'
import { benchHistogram } from './histogram.js'
import { benchImages } from './images.js'
import { benchImport } from './import.js'
import { benchKmeans } from './kmeans.js'
import { benchLandscape } from './landscape.js'
import { benchLinalg } from './linalg.js'
import { benchLoop } from './loop.js'
import { benchMath } from './math.js'
import { benchMatmul } from './matmul.js'
import { benchMnist } from './mnist.js'
import { benchOrder } from './order.js'
import { NumPy } from './peers.js'
import { benchQr } from './qr.js'
import { benchRandom } from './random.js'
import { benchReductions } from './reductions.js'
import { benchScans } from './scans.js'
import { benchSelect } from './select.js'
import { benchSort } from './sort.js'
import { benchSum } from './sum.js'
import { benchSvd } from './svd.js'
import { benchSync } from './sync.js'
import { benchTasks } from './tasks.js'
import { benchTopK } from './topk.js'

type Topic = (bench: Bench, numpy: NumPy | undefined) => Promise<Row[]>
const TOPICS: Readonly<Record<string, Topic>> = {
  sum: benchSum,
  reductions: benchReductions,
  sort: benchSort,
  scans: benchScans,
  order: benchOrder,
  select: benchSelect,
  topk: benchTopK,
  math: benchMath,
  sync: benchSync,
  elementwise: benchElementwise,
  histogram: benchHistogram,
  loop: benchLoop,
  estimate: benchEstimate,
  crossover: benchCrossover,
  import: benchImport,
  matmul: benchMatmul,
  linalg: benchLinalg,
  qr: benchQr,
  eigh: benchEigh,
  svd: benchSvd,
  kmeans: benchKmeans,
  random: benchRandom,
  fft: benchFft,
  images: benchImages,
  landscape: benchLandscape,
  budget: benchBudget,
  tasks: benchTasks,
  mnist: benchMnist,
}
const UNASKED = Object.keys(TOPICS).filter((topic) => topic !== 'mnist')
const FLAGS = ['--quick', '--json', '--avx2-peers']

async function main(chosen: readonly string[], flags: ReadonlySet<string>): Promise<void> {
  const bench = new Bench({ quick: flags.has('--quick'), json: flags.has('--json') })
  const numpy = await NumPy.start(flags.has('--avx2-peers'))
  const ours = info()
  const machine = {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    load: loadavg()[0]!,
    node: ours.node,
    offloop: `${ours.version}, ${ours.engine}, ${ours.isa}, ${ours.threads} threads (${ours.threadsSource})`,
    numpy: numpy === undefined ? 'missing' : describe(numpy),
  }
  bench.say(`${machine.cpu}, ${machine.cores} cores, ${machine.memoryGB} GB, ${machine.system}, Node ${machine.node}`)
  bench.say(`offloop ${machine.offloop}`)
  bench.say(`NumPy ${machine.numpy}${flags.has('--avx2-peers') ? ', held to AVX2' : ''}`)
  if (machine.load > 0.5) bench.say(`The machine is busy (load ${machine.load.toFixed(1)}): expect noise.`)
  bench.say()
  const rows: Row[] = []
  for (const topic of chosen) rows.push(...(await TOPICS[topic]!(bench, numpy)))
  numpy?.close()
  for (const line of table(rows)) bench.say(line)
  if (flags.has('--json')) console.log(JSON.stringify({ machine, rows: rows.map(plainRow) }))
}

function describe({ versions }: NumPy): string {
  const { numpy, python, blas, features } = versions
  return `${numpy}, Python ${python}, ${blas}, ${features.at(-1) ?? 'baseline'}`
}

function plainRow(row: Row) {
  const [q1, median, q3] = [0.25, 0.5, 0.75].map((q) => (row.values.length === 0 ? null : quantile(row.values, q)))
  const { name, unit, bar, missing, values } = row
  return { name, unit, bar, median, q1, q3, n: values.length, missing, met: bar && met(row), verdict: verdict(row) }
}

const words = process.argv.slice(2)
const unknown = words.find((word) => !(word in TOPICS) && !FLAGS.includes(word))
if (unknown !== undefined) {
  console.error(`Expected only ${[...Object.keys(TOPICS), ...FLAGS].join(', ')} but received ${unknown}`)
  process.exitCode = 2
} else if (info().engine !== 'native') {
  console.error(`Expected native code to measure but have none: ${info().reason}`)
  process.exitCode = 1
} else {
  const asked = words.filter((word) => !FLAGS.includes(word))
  await main(asked.length === 0 ? UNASKED : asked, new Set(words))
}
