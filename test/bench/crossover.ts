/**
 * Where `.sync` loses to the twin: every kernel, its first two element types, 1 to 1,000,000 elements. Promised is that it
 * costs at no size more than the twin and a call's own 0.3 µs, so a value is (twin + 0.3 µs) / sync.
 */
import * as offloop from 'offloop'
import { kernelsIn } from '../../dist/internal.js'
import { type Bench, progress, quantile, type Row, settle, short, timedSync } from './common.js'
import { random } from './data.js'

const SIZES = [1, 10, 100, 1e3, 1e4, 1e5, 1e6]
const CALL_MS = 0.3e-3
const TURN_MS = 1
// A twin that takes so long, and more than twice what `.sync` does, is not run a second time.
const LONG_MS = 20

export async function benchCrossover(bench: Bench): Promise<Row[]> {
  const rows: Row[] = []
  const offenders: string[] = []
  bench.say('(twin + 0.3 µs) / sync, by number of elements')
  bench.say(`  ${''.padEnd(18)} ${SIZES.map((size) => size.toExponential(0).replace('e+', 'e').padStart(8)).join('')}`)
  for (const { kernel, definition } of kernelsIn(offloop)) {
    for (const dtype of Object.keys(definition.instances).slice(0, 2)) {
      const title = `${definition.name} ${dtype}`
      const cells: string[] = []
      let worst: readonly number[] = []
      for (const size of SIZES) {
        progress(`crossover, ${title}, ${size}`)
        const args = definition.samples(dtype, size, random(7))
        const values = await ratios(
          bench,
          () => kernel.js(...args),
          () => kernel.sync(...args),
        )
        cells.push(short(quantile(values, 0.5)).padStart(8))
        if (worst.length === 0 || quantile(values, 0.5) < quantile(worst, 0.5)) worst = values
        if (quantile(values, 0.5) < 1) offenders.push(`${title} at ${size}: ${short(quantile(values, 0.5))}`)
      }
      progress('')
      bench.say(`  ${title.padEnd(18)} ${cells.join('')}`)
      rows.push({
        name: `${title}: twin + 0.3 µs over sync, worst size`,
        values: worst,
        unit: '×',
        bar: { atLeast: 1 },
      })
    }
  }
  bench.say()
  bench.say(offenders.length === 0 ? 'no offenders' : `offenders:\n  ${offenders.join('\n  ')}`)
  bench.say()
  return rows
}

/** Turns of about a millisecond, one after the other in changing order. */
async function ratios(bench: Bench, twin: () => unknown, sync: () => unknown): Promise<number[]> {
  const [first, second] = [timedSync(sync), timedSync(twin)]
  if (second > LONG_MS && second > 2 * first) return new Array<number>(bench.rounds()).fill(second / first)
  const [twins, syncs] = [turn(twin), turn(sync)]
  await settle()
  const values: number[] = []
  for (let round = 0; round < bench.rounds(); round++) {
    let [js, native] = [0, 0]
    if (round % 2 === 0) js = twins()
    native = syncs()
    if (round % 2 === 1) js = twins()
    values.push((js + CALL_MS) / native)
  }
  return values
}

/** Milliseconds of one call, from as many as fill a turn; V8 has compiled what it will. */
function turn(call: () => unknown): () => number {
  const begun = performance.now()
  let calls = 0
  do call()
  while (++calls < 5000 && performance.now() - begun < 30)
  const batch = Math.max(1, Math.round((TURN_MS * calls) / (performance.now() - begun)))
  return () =>
    timedSync(() => {
      for (let i = 0; i < batch; i++) call()
    }) / batch
}
