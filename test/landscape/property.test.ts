/**
 * Random trees of scopes, children, shields, deadlines, failures and aborts, against the model of model.ts. Every run
 * takes 10,000 trees; OFFLOOP_TEST_SEED repeats one, OFFLOOP_TREES takes more or fewer.
 */
import { describe, expect, it } from 'vitest'
import { SEED } from '../support.js'
import { differences, drive, type Work } from './drive.js'
import { type Entry, type Log, predict } from './model.js'
import { calls, landscape, work } from './subject.js'
import { grow, print, smaller, type Tree } from './tree.js'

const TREES = Number(process.env.OFFLOOP_TREES ?? 10_000)
/** One tree in so many does real work. */
const REAL = 100

async function wrong(tree: Tree, work?: Work, model: Log = predict(tree)): Promise<string[]> {
  return differences(model, await drive(tree, landscape, work))
}

/** The smallest tree near this one that still fails. */
async function shrink(tree: Tree, work?: Work): Promise<Tree> {
  let tries = 0
  for (let best = tree; ; ) {
    let next: Tree | undefined
    for (const candidate of smaller(best)) {
      if (++tries > 5000) return best
      if ((await wrong(candidate, work)).length > 0) {
        next = candidate
        break
      }
    }
    if (next === undefined) return best
    best = next
  }
}

async function check(tree: Tree, work?: Work): Promise<Log> {
  const model = predict(tree)
  if ((await wrong(tree, work, model)).length === 0) return model
  const least = await shrink(tree, work)
  const told = await wrong(least, work)
  return expect.fail(
    [`the landscape and the model differ (OFFLOOP_TEST_SEED=${SEED} repeats it)`, print(least), ...told].join('\n'),
  )
}

const seedOf = (i: number): number => (SEED * 1_000_003 + i) >>> 0

describe(`random trees, seed ${SEED}`, () => {
  it('end as the model says: outcomes, reasons, order, times, and nothing after its block', {
    timeout: 120_000,
  }, async () => {
    const counts = new Map<string, number>()
    for (let i = 0; i < TREES; i++) {
      if (i % REAL === 0) continue
      const model = await check(grow(seedOf(i)))
      for (const what of kindsIn(model)) counts.set(what, (counts.get(what) ?? 0) + 1)
    }
    // What the trees must have met, or the test proves little.
    if (process.env.OFFLOOP_TREES !== undefined) console.log(Object.fromEntries(counts))
    if (TREES < 10_000) return
    for (const kind of KINDS) expect(counts.get(kind) ?? 0, kind).toBeGreaterThan(TREES / 100)
  })

  it('end so with kernels, threads and processes in place of timers', { timeout: 120_000 }, async () => {
    for (let i = 0; i < TREES; i += REAL) await check(grow(seedOf(i), true), work)
    if (process.env.OFFLOOP_TREES !== undefined) console.log(calls)
    if (TREES < 10_000) return
    const { kernel, thread, process: child } = calls
    expect(Math.min(kernel.ended, thread.ended, child.ended * 4)).toBeGreaterThan(10)
    expect(kernel.cut + thread.cut + child.cut).toBeGreaterThan(5)
  })

  it('are told apart from runs in which one thing is missing, too late, too many or of another outcome', async () => {
    for (let i = 0; i < 50; i++) {
      const tree = grow(seedOf(i))
      const model = predict(tree)
      const real = await drive(tree, landscape)
      expect(differences(model, real)).toEqual([])
      for (const [key, entry] of real.log) {
        const but = (other: typeof entry | undefined, name = key): readonly string[] => {
          const log = new Map(real.log)
          if (other === undefined) log.delete(name)
          else log.set(name, other)
          return differences(model, { ...real, log })
        }
        expect(but(undefined)).toHaveLength(1)
        expect(but({ ...entry, at: entry.at + 1 })).toHaveLength(1)
        expect(but(entry, `${key} again`)).toHaveLength(1)
        if (entry.outcome !== undefined) {
          const another = 'error' in entry.outcome ? { value: -1 } : { error: new Error('another') }
          expect(but({ ...entry, outcome: another })).toHaveLength(1)
        }
      }
    }
  })
})

const KINDS = [
  'value',
  'one failure',
  'several failures',
  'deadline',
  'cancel',
  'signal',
  'moved on',
  'a wait cut',
  'a wait in a cancelled scope',
] as const

function kindsIn(log: Log): Set<(typeof KINDS)[number]> {
  const kinds = new Set<(typeof KINDS)[number]>()
  for (const { outcome, seen } of log.values() as Iterable<Entry>) {
    if (seen?.aborted === true) kinds.add('a wait in a cancelled scope')
    if (outcome === undefined) continue
    if ('moved' in outcome) kinds.add('moved on')
    else if ('value' in outcome) kinds.add('value')
    else if (outcome.error.is === 'several') kinds.add('several failures')
    else if (outcome.error.is === 'own') kinds.add('one failure')
    else {
      kinds.add('a wait cut')
      if (outcome.error.why !== 'failure') kinds.add(outcome.error.why)
    }
  }
  return kinds
}
