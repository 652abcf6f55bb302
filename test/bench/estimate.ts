/**
 * Every kernel's own estimate of its work over the time measured on one native thread. Measured is a whole native
 * call, its fixed cost of a few hundred ns included; it goes below the public faces, which may pick the twin.
 */
import * as offloop from 'offloop'
import { type Definition, definitionOf, nativeFor } from '../../dist/internal.js'
import { type Bench, progress, quantile, type Row, settle, short, timedSync } from './common.js'
import { random } from './data.js'

const SIZES = [1e3, 1e4, 1e5, 1e6, 1e7]
const RIGHT = { atLeast: 0.5, atMost: 2 }

export async function benchEstimate(bench: Bench): Promise<Row[]> {
  const rows: Row[] = []
  bench.say('estimate over measured, one native thread, by number of elements')
  bench.say(`  ${''.padEnd(12)} ${SIZES.map((size) => power(size).padStart(8)).join('')}`)
  for (const callable of Object.values(offloop)) {
    const definition = definitionOf(callable)
    if (definition === undefined) continue
    for (const dtype of Object.keys(definition.instances)) {
      const title = `${definition.name} ${dtype}`
      const bySize: number[][] = []
      for (const size of SIZES) {
        progress(`estimate, ${title}, ${size}`)
        bySize.push(await measure(bench, definition, dtype, size))
      }
      progress('')
      bench.say(`  ${title.padEnd(12)} ${bySize.map((values) => short(quantile(values, 0.5)).padStart(8)).join('')}`)
      const off = (values: number[]) => Math.abs(Math.log(quantile(values, 0.5)))
      const farthest = bySize.reduce((worst, values) => (off(values) > off(worst) ? values : worst))
      const size = SIZES[bySize.indexOf(farthest)]!
      rows.push({ name: `estimate, ${title}, farthest off at ${power(size)}`, values: farthest, unit: '×', bar: RIGHT })
    }
  }
  bench.say()
  return rows
}

function power(size: number): string {
  return size.toExponential(0).replace('e+', 'e')
}

/** Estimate over measured, one value a round. */
async function measure(bench: Bench, definition: Definition, dtype: string, size: number): Promise<number[]> {
  const sample = definition.samples(dtype, size, random(7))
  const args = sample.slice(0, definition.arity)
  const options = (sample[definition.arity] ?? {}) as Readonly<Record<string, unknown>>
  const native = nativeFor(definition)
  if (native === undefined) return []
  const { work } = definition.check(args, options)
  const once = () => {
    const call = definition.check(args, options)
    call.finish(
      native.sync(definition, call, { threads: 1, work, inline: true, timeout: 0, rank: 1, report: false }, undefined),
    )
  }
  // Short calls in batches of about 2 ms, and until V8 has compiled what it will.
  const begun = performance.now()
  let calls = 0
  do once()
  while (++calls < 2000 && performance.now() - begun < 50)
  const batch = Math.max(1, Math.round((2 * calls) / (performance.now() - begun)))
  const values: number[] = []
  await settle()
  for (let round = 0; round < bench.rounds(); round++) {
    const ms = timedSync(() => {
      for (let i = 0; i < batch; i++) once()
    })
    values.push(work / ((ms / batch) * 1e6))
  }
  return values
}
