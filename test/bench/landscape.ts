/** What scopes leave behind: the speed of `await` in a process that has the landscape, against one that never did. */
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { type Bench, progress, type Row, versus } from './common.js'

const LANDSCAPE = new URL('../../dist/landscape/index.js', import.meta.url).href
/** The Node that runs this, and what npm has of these others. */
const OTHERS = ['20', '22', '24']
const AWAITS = 200_000
/** A process gives the least of so many. */
const TIMES = 9

/** What a process does before it awaits. */
const STATES = {
  'never imported': '',
  imported: `await import('${LANDSCAPE}')`,
  'last scope closed': `
    const { scope } = await import('${LANDSCAPE}')
    await Promise.all([1, 2, 3].map(() => scope(async (s) => { for (let i = 0; i < 100; i++) s.spawn(() => scope(awaits)) })))`,
} as const

/** The same, inside of an open scope: what the others are spared. */
const OPEN = `
  const { scope } = await import('${LANDSCAPE}')
  await scope(measure)`

function script(before: string, inside = false): string {
  return `
    async function one() { await undefined }
    async function awaits(n = 10) { for (let i = 0; i < n; i++) await one() }
    async function measure() {
      let least = Infinity
      for (let i = 0; i < ${TIMES}; i++) {
        const begun = performance.now()
        await awaits(${AWAITS})
        least = Math.min(least, performance.now() - begun)
      }
      console.log(least)
    }
    ${before}
    ${inside ? '' : 'await measure()'}`
}

export async function benchLandscape(bench: Bench): Promise<Row[]> {
  const rows: Row[] = []
  for (const { version, path } of nodes()) {
    if (path === undefined) {
      rows.push({ name: `await on Node ${version}`, values: [], unit: '×', bar: BAR, missing: `node@${version}` })
      continue
    }
    const run = (text: string) => () =>
      Number(execFileSync(path, ['--input-type=module', '--eval', text], { encoding: 'utf8' }))
    const times = await bench.interleave(`${AWAITS} awaits of an async function, Node ${version}`, [
      ...Object.entries(STATES).map(([name, before]) => ({ name, run: run(script(before)) })),
      { name: 'inside a scope', run: run(script(OPEN, true)) },
    ])
    for (const state of ['imported', 'last scope closed']) {
      rows.push(
        versus(`await, ${state}, vs never imported, Node ${version}`, times, state, 'never imported', BAR.atLeast),
      )
    }
    rows.push(
      versus(`await inside a scope vs never imported, Node ${version}`, times, 'inside a scope', 'never imported'),
    )
  }
  return rows
}

const BAR = { atLeast: 0.95 }

/** Where the Nodes are; npm fetches those that are not there. */
function* nodes(): Generator<{ version: string; path: string | undefined }> {
  const own = process.versions.node
  yield { version: own, path: process.execPath }
  for (const major of OTHERS) {
    if (own.startsWith(`${major}.`)) continue
    progress(`npx node@${major}`)
    let found: { version: string; path: string } | undefined
    try {
      const text = execFileSync('npx', ['-y', `node@${major}`, '-p', 'process.version + " " + process.execPath'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        timeout: 120_000,
        cwd: tmpdir(), // apart from this package's own bins
      })
      const [version, path] = text.trim().split(' ')
      if (version!.startsWith(`v${major}.`)) found = { version: version!.slice(1), path: path! }
    } catch {
      // No registry, or no such Node for this machine.
    }
    yield { version: found?.version ?? major, path: found?.path }
  }
}
