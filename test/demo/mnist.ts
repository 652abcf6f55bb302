/**
 * The main job on real data: exact nearest neighbours of handwritten digits, native against plain JavaScript.
 *
 *   npm run demo                        all 10,000 test digits
 *   npm run demo -- --short             500 of them (80 where no native code runs): for CI
 *   npm run demo -- --full              all of them, even in JavaScript
 *   npm run --silent demo -- --json     one line for machines
 *
 * Exit code 0: the error rate and the bits are what they must be; 1: they are not; 2: an unknown flag.
 */
import { info, matrix, topK } from 'offloop'
import { type Digits, PIXELS, readDigits } from './idx.js'
import { type Outcome, type Pair, report } from './report.js'
import { plain, Status } from './terminal.js'
import { watchLoop } from './watch.js'

const TRAINING = 60_000
const TEST = 10_000
/** Wrong answers for that many test digits, evenly spread. NumPy's, in f64, are the same. */
const KNOWN_ERRORS: Readonly<Record<number, number>> = { [TEST]: 309, 500: 21, 80: 2 }

const FLAGS = ['--short', '--full', '--json']

/** `count` digits, evenly spread, as the rows of a matrix. */
function spread(digits: Digits, count: number) {
  const data = new Uint8Array(count * PIXELS)
  const step = (digits.count / count) * PIXELS
  for (let i = 0; i < count; i++) data.set(digits.pixels.subarray(i * step, i * step + PIXELS), i * PIXELS)
  return matrix(data, count, PIXELS)
}

async function main(flags: ReadonlySet<string>): Promise<void> {
  const status = new Status()
  const machine = info()
  const native = machine.engine === 'native'
  const cut = !native && !flags.has('--short') && !flags.has('--full')
  const short = flags.has('--short') || cut
  const count = !short ? TEST : native ? 500 : 80
  const sampled = !short ? 25 : native ? 20 : 8
  const json = flags.has('--json')

  if (!json) {
    console.log(
      plain(`Exact nearest neighbours on MNIST · offloop ${machine.version}

  ${count.toLocaleString('en-US')} test digits, each against all 60,000 training digits: squared Euclidean
  distance over 784 pixels, k = 1. Every pair is scored, nothing approximated.
`),
    )
  }
  if (cut) console.error(`  No native code here (${machine.reason}): ${count} digits, not all; --full takes all.\n`)

  status.say('reading the digits')
  const training = readDigits('train', TRAINING)
  const test = readDigits('t10k', TEST)
  const corpus = spread(training, TRAINING)
  const queries = spread(test, count)
  const sample = spread(test, sampled)
  const options = { k: 1, metric: 'sqeuclidean' } as const

  status.start('searching')
  const onProgress = (fraction: number) => status.progress(fraction)
  const search = await watchLoop(() => topK(queries, corpus, { ...options, onProgress }))
  status.clear()
  status.say(plain(`${sampled} digits in plain JavaScript: nothing can move here meanwhile …`))
  const twin = await watchLoop(() => topK.js(sample, corpus, options))
  status.clear()

  const { indices, scores } = search.result
  const pairs = Array.from(indices.data, (nearest, i): Pair => {
    const row = (i * TEST) / count
    return { row, nearest, is: test.labels[row]!, taken: training.labels[nearest]! }
  })
  let agreeing = 0
  for (let i = 0; i < sampled; i++) {
    const at = (i * count) / sampled
    // Distances are never NaN here, so Object.is compares bits.
    const same = Object.is(twin.result.scores.data[i], scores.data[at])
    if (same && twin.result.indices.data[i] === indices.data[at]) agreeing++
  }
  const outcome: Outcome = {
    ...{ machine, short, cut, count, sampled, search, twin, pairs, agreeing },
    wrong: pairs.filter(({ is, taken }) => is !== taken),
    knownErrors: KNOWN_ERRORS[count]!,
    jsSeconds: (twin.seconds * count) / sampled,
  }
  if (outcome.wrong.length !== outcome.knownErrors || agreeing < sampled) process.exitCode = 1

  if (json) {
    const rounded = (value: number) => Number(value.toPrecision(5))
    const line = {
      errorPercent: rounded((100 * outcome.wrong.length) / count),
      searchSeconds: rounded(search.seconds),
      jsSecondsScaled: rounded(outcome.jsSeconds),
      loopP99Ms: rounded(search.p99),
      engine: machine.engine,
    }
    console.log(JSON.stringify(line))
  } else {
    for (const line of report(outcome, test, training)) console.log(plain(line))
  }
}

const flags = new Set(process.argv.slice(2))
const unknown = [...flags].find((flag) => !FLAGS.includes(flag))
if (unknown !== undefined) {
  console.error(`Expected only ${FLAGS.join(', ')} but received ${unknown}`)
  process.exitCode = 2
} else {
  await main(flags)
}
