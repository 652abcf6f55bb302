/** What the demo prints when all is measured. */
import { cpus } from 'node:os'
import type { Information } from 'offloop'
import { type Digits, PIXELS } from './idx.js'
import { colour, DRAWN_WIDTH, draw, plain } from './terminal.js'

/** A test digit and its nearest training digit: their rows, what the one is, and what the other says. */
export interface Pair {
  readonly row: number
  readonly nearest: number
  readonly is: number
  readonly taken: number
}

interface Timing {
  readonly seconds: number
  readonly p99: number
  readonly max: number
}

export interface Outcome {
  readonly machine: Information
  /** Fewer digits than all; `cut`: for want of native code. */
  readonly short: boolean
  readonly cut: boolean
  readonly count: number
  readonly sampled: number
  readonly search: Timing
  readonly twin: Timing
  readonly pairs: readonly Pair[]
  readonly wrong: readonly Pair[]
  readonly knownErrors: number
  readonly agreeing: number
  /** The sample's time, scaled to all digits searched. */
  readonly jsSeconds: number
}

/** LeCun's table, http://yann.lecun.com/exdb/mnist: K-nearest-neighbors, Euclidean (L2), no preprocessing. */
const PUBLISHED_PERCENT = 3.09

export function report(outcome: Outcome, test: Digits, training: Digits): string[] {
  const { machine, short, count, sampled, search, twin, wrong, knownErrors, agreeing, jsSeconds } = outcome
  const percent = ((100 * wrong.length) / count).toFixed(2)
  const expected = short ? `${knownErrors} expected` : `published [1]: ${PUBLISHED_PERCENT} %`
  const sampleNote = short ? '[1]' : '[2]'
  const scale = count / sampled
  const each = (time: number) => ms((time * 1000) / count)
  return [
    `  error rate   ${percent} %: ${grouped(wrong.length)} of ${grouped(count)} wrong; ${expected}   ${mark(wrong.length === knownErrors)}`,
    `  same bits    ${agreeing} of ${sampled} digits that plain JavaScript searched too   ${mark(agreeing === sampled)}`,
    '',
    row('', '', 'time', 'per digit', 'the loop was held up for'),
    row(
      'topK',
      ranOn(machine),
      seconds(search.seconds),
      each(search.seconds),
      `p99 ${ms(search.p99)}, max ${ms(search.max)}`,
    ),
    row(
      'topK.js',
      `JavaScript ${sampleNote}`,
      seconds(jsSeconds),
      each(jsSeconds),
      `${seconds(twin.max / 1000)}: as long as it ran`,
    ),
    ...(machine.engine === 'native'
      ? [row('speed-up', '', `${grouped(Math.round(jsSeconds / search.seconds))} ×`, '', '')]
      : []),
    '',
    ...gallery(outcome, test, training),
    '',
    ...(short ? [] : ["  [1] LeCun's table: K-nearest-neighbors, Euclidean (L2), no preprocessing"]),
    `  ${sampleNote} measured on ${sampled} digits${scale === 1 ? '' : `, the time scaled by ${scale}`}`,
    ...(outcome.cut
      ? [`  All 10,000 digits would take ${duration((jsSeconds * 10_000) / count)}: npm run demo -- --full`]
      : []),
    `  ${cpus()[0]?.model.trim() ?? machine.platform} · ${machine.isa} · Node ${machine.node}`,
  ]
}

function ranOn({ engine, threads }: Information): string {
  if (engine === 'js') return 'JavaScript worker'
  return `native, ${threads} ${threads === 1 ? 'thread' : 'threads'}`
}

function row(name: string, where: string, time: string, each: string, loop: string): string {
  return `  ${name.padEnd(8)} ${where.padEnd(18)}${time.padStart(8)}${each.padStart(11)}   ${loop}`.trimEnd()
}

function mark(good: boolean): string {
  return good ? colour('green', '✓') : colour('red', 'WRONG')
}

/** Three digits that were told right and two that were not, above their neighbours. */
function gallery({ pairs, wrong }: Outcome, test: Digits, training: Digits): string[] {
  const right = pairs.filter(({ is, taken }) => is === taken)
  const shown = [...distinct(right, 3), ...distinct(wrong, 2)]
  const images = (rows: number[], digits: Digits) =>
    rows.map((row) => draw(digits.pixels.subarray(row * PIXELS, (row + 1) * PIXELS)))
  const line = (label: string, cells: string[]) => `  ${label.padEnd(9)}${cells.join('  ')}`.trimEnd()
  const band = (label: string, drawn: string[][]) =>
    drawn[0]!.map((_, i) =>
      line(
        i === 2 ? label : '',
        drawn.map((lines) => lines[i]!),
      ),
    )
  const captions = shown.map(({ is, taken }) => {
    const text = plain(is === taken ? `${is} → ${taken}` : `${is} → ${taken} wrong`)
    return colour(is === taken ? 'green' : 'red', text.padStart((DRAWN_WIDTH + text.length) >> 1).padEnd(DRAWN_WIDTH))
  })
  return [
    ...band(
      'digit',
      images(
        shown.map((pair) => pair.row),
        test,
      ),
    ),
    ...band(
      'nearest',
      images(
        shown.map((pair) => pair.nearest),
        training,
      ),
    ),
    line('', captions),
  ]
}

/** The first pairs with labels of their own. */
function distinct(pairs: readonly Pair[], count: number): Pair[] {
  const chosen: Pair[] = []
  for (const pair of pairs) {
    if (chosen.length < count && chosen.every(({ is }) => is !== pair.is) && pair.is !== 1) chosen.push(pair)
  }
  return chosen
}

function grouped(value: number): string {
  return value.toLocaleString('en-US')
}

function seconds(value: number): string {
  return `${value < 100 ? value.toFixed(value < 10 ? 2 : 1) : grouped(Math.round(value))} s`
}

function ms(value: number): string {
  return `${value < 100 ? value.toFixed(value < 10 ? 2 : 1) : grouped(Math.round(value))} ms`
}

function duration(value: number): string {
  return value < 120 ? `${Math.round(value)} s` : `${Math.round(value / 60)} minutes`
}
