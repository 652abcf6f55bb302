/**
 * Handwritten digits from where they differ most: two principal components of MNIST, beside plain JavaScript.
 *
 *   npm run demo:pca                        all 60,000 digits; plain JavaScript on 3,000 of them
 *   npm run demo:pca -- --quick             10,000 digits, and 1,000: for CI
 *   npm run demo:pca -- --full              plain JavaScript on all of them too
 *   npm run --silent demo:pca -- --json     one line for machines
 *
 * Exit code 0: the shares of variance are the known ones, and both find the same directions; 1: not; 2: an unknown flag.
 */
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { info, matrix, pca } from 'offloop'
import { PIXELS, readDigits } from './idx.js'
import { type Plane, principal } from './pca-plain.js'
import { encodePng } from './png.js'
import { legendText, scatterPicture, scatterText } from './scatter.js'
import { colour, plain, Status } from './terminal.js'
import { watchLoop } from './watch.js'

const DIGITS = 60_000
const FLAGS = ['--quick', '--full', '--json']
/** Shares of variance of the 60,000 training digits, in percent, as scikit-learn and NumPy give them. */
const KNOWN = [9.7047, 7.0959] as const

/** On threads. */
async function natively(data: Float32Array, rows: number): Promise<Plane> {
  const {
    components,
    explainedVarianceRatio: shares,
    projected,
  } = await pca(matrix(data, rows, PIXELS), { components: 2 })
  return {
    components: [components.data.subarray(0, PIXELS), components.data.subarray(PIXELS)],
    explainedVarianceRatio: [shares[0]!, shares[1]!],
    projected: projected.data,
  }
}

/** The first `count` digits: they come in no order. */
function floats(pixels: Uint8Array, count: number): Float32Array {
  return Float32Array.from(pixels.subarray(0, count * PIXELS), (ink) => ink / 255)
}

/** The sine of the larger angle between the directions of two planes. */
function angle(a: Plane, b: Plane): number {
  const sines = a.components.map((one, c) => {
    const other = b.components[c]!
    const cosine = one.reduce((sum, value, j) => sum + value * other[j]!, 0)
    return Math.hypot(...one.map((value, j) => value - cosine * other[j]!))
  })
  return Math.max(...sines)
}

async function main(flags: ReadonlySet<string>): Promise<void> {
  const status = new Status()
  const json = flags.has('--json')
  const count = flags.has('--quick') ? 10_000 : DIGITS
  const sampled = flags.has('--full') ? count : flags.has('--quick') ? 1000 : 3000
  const { version, engine, isa, threads } = info()
  status.say('reading the digits')
  const digits = readDigits('train', DIGITS)
  const labels = digits.labels.subarray(0, count)
  const x = floats(digits.pixels, count)
  const sample = x.subarray(0, sampled * PIXELS)

  status.start('turning')
  await natively(x.subarray(0, 500 * PIXELS), 500)
  const ours = await watchLoop(() => natively(x, count))
  const same = sampled === count ? ours.result : await natively(sample, sampled)
  status.clear()
  status.say(plain(`${sampled} digits in plain JavaScript: nothing can move here meanwhile …`))
  const begun = performance.now()
  const theirs = principal(sample, PIXELS)
  const seconds = (performance.now() - begun) / 1000
  status.clear()

  const ratios = ours.result.explainedVarianceRatio
  const known = count < DIGITS || ratios.every((ratio, c) => Math.abs(100 * ratio - KNOWN[c]!) < 1e-3)
  const sine = angle(same, theirs)
  const alike = sine < 1e-5
  if (!known || !alike) process.exitCode = 1
  const scaled = ((seconds - theirs.turning) * count) / sampled + theirs.turning
  if (json) {
    const rounded = (value: number) => Number(value.toPrecision(5))
    console.log(
      JSON.stringify({
        digits: count,
        variancePercent: ratios.map((ratio) => rounded(100 * ratio)),
        seconds: rounded(ours.seconds),
        jsSecondsScaled: rounded(scaled),
        loopP99Ms: rounded(ours.p99),
        engine,
      }),
    )
    return
  }
  const points = { places: ours.result.projected, kinds: labels }
  const coloured = process.stdout.isTTY === true && !process.env.NO_COLOR
  const file = join(tmpdir(), 'offloop-demo-pca.png')
  writeFileSync(file, encodePng(scatterPicture(points, digits.pixels)))
  const grouped = (value: number) => value.toLocaleString('en-US')
  const mark = (good: boolean) => (good ? colour('green', '✓') : colour('red', 'WRONG'))
  const time = (value: number) => `${value.toFixed(value < 10 ? 2 : 1)} s`.padStart(8)
  const lines = [
    `Principal components of MNIST · offloop ${version}`,
    '',
    `  ${grouped(count)} digits of 784 pixels, from where they differ most: each place shows its commonest digit.`,
    '',
    ...scatterText(points, coloured).map((line) => `  ${line}`),
    '',
    `  ${legendText(coloured)}`,
    '',
    `  variance     ${ratios.map((ratio) => `${(100 * ratio).toFixed(2)} %`).join(' and ')} of it${count < DIGITS ? '' : `; known: ${KNOWN.map((value) => `${value.toFixed(2)} %`).join(' and ')}   ${mark(known)}`}`,
    `  directions   as plain JavaScript finds them for ${grouped(sampled)} digits, within ${sine.toExponential(0)}   ${mark(alike)}`,
    '',
    `  offloop      ${time(ours.seconds)}   ${engine} (${isa}), ${threads} threads; the loop was held up for p99 ${ours.p99.toFixed(1)} ms, max ${ours.max.toFixed(1)} ms`,
    `  plain JS     ${time(scaled)}   ${sampled < count ? `measured on ${grouped(sampled)} digits and scaled; ` : ''}the loop was held up as long as it ran`,
    `  speed-up     ${(scaled / ours.seconds).toFixed(0).padStart(6)} ×`,
    '',
    `  Every digit as a dot: ${file}`,
  ]
  for (const line of lines) console.log(plain(line))
}

const flags = new Set(process.argv.slice(2))
const unknown = [...flags].find((flag) => !FLAGS.includes(flag))
if (unknown !== undefined) {
  console.error(`Expected only ${FLAGS.join(', ')} but received ${unknown}`)
  process.exitCode = 2
} else {
  await main(flags)
}
