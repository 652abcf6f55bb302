/**
 * Why a server wants its computing elsewhere: cheap requests beside expensive ones, answered by plain JavaScript, by a
 * pool of workers and by offloop in turn, under the same load.
 *
 *   npm run demo:server                        60,000 digits and 3,000,000 flights, some 70 seconds
 *   npm run demo:server -- --short             a third and a tenth of them, for 2.5 seconds a server: for CI
 *   npm run --silent demo:server -- --json     a line for each server, for machines
 *
 * Exit code 0: the servers' answers are the same; 1: they are not, or a request failed; 2: an unknown flag.
 */
import { type ChildProcess, type ForkOptions, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { FULL, prepare, SHORT } from './server-data.js'
import type { ServerReport } from './server-http.js'
import type { LoadOptions, LoadReport } from './server-load.js'
import { now } from './server-plan.js'
import { compareAnswers, jsonLine, type Run, report, SERVERS, type ServerName } from './server-report.js'
import { plain, Status } from './terminal.js'

const FLAGS = ['--short', '--json']
const SEED = 5
const LOAD = { cheapPerSecond: 100, clients: 6, timeoutMs: 8000, pageDigits: 32 }

const HERE = dirname(fileURLToPath(import.meta.url))
const PACKAGES = ['offloop', 'tinypool']
const OPTIONS: ForkOptions = { serialization: 'advanced', execArgv: [] }

/** The servers as one deploys them, in JavaScript: TypeScript's loader would be in every process and worker. */
function build(folder: string): void {
  const files = [...SERVERS.map(({ name }) => `server-${name}.ts`), 'server-pool-worker.ts', 'server-load.ts']
  buildSync({
    entryPoints: files.map((file) => join(HERE, file)),
    ...{ outdir: folder, bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'error' },
    external: PACKAGES.flatMap((name) => [name, `${name}/*`]),
  })
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  mkdirSync(join(folder, 'node_modules'))
  const require = createRequire(import.meta.url)
  for (const name of PACKAGES) {
    symlinkSync(dirname(require.resolve(`${name}/package.json`)), join(folder, 'node_modules', name), 'junction')
  }
}

/** What a child process sends next. */
async function told<T>(child: ChildProcess): Promise<T> {
  const stop = new AbortController()
  try {
    const { signal } = stop
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]) => message as T),
      once(child, 'exit', { signal }).then(([code, killedBy]) => {
        throw new Error(`Expected a word of process ${child.pid} but it ended (${code ?? killedBy})`)
      }),
    ])
  } finally {
    stop.abort()
  }
}

async function measure(name: ServerName, folder: string, load: Omit<LoadOptions, 'port'>): Promise<Run> {
  const server = fork(join(folder, `server-${name}.js`), [folder], OPTIONS)
  const children = [server]
  try {
    const port = await told<number>(server)
    const generator = fork(join(folder, 'server-load.js'), [folder], OPTIONS)
    children.push(generator)
    generator.send({ ...load, port } satisfies LoadOptions)
    await told(generator) // 'measuring'
    server.send(now())
    await told(generator) // 'measured'
    server.send('end')
    const [ofServer, ofLoad] = await Promise.all([told<ServerReport>(server), told<LoadReport>(generator)])
    return { name, server: ofServer, load: ofLoad }
  } finally {
    for (const child of children) child.kill()
  }
}

async function main(flags: ReadonlySet<string>): Promise<void> {
  const json = flags.has('--json')
  const short = flags.has('--short')
  const size = short ? SHORT : FULL
  const status = new Status()
  const folder = mkdtempSync(join(tmpdir(), 'offloop-server-'))
  try {
    status.start('reading the flights')
    await prepare(folder, size, (fraction) => status.progress(fraction))
    status.clear()
    build(folder)
    const { starts, airports } = JSON.parse(readFileSync(join(folder, 'data.json'), 'utf8'))
    const load = {
      ...{ ...LOAD, seed: SEED, seconds: short ? 2.5 : 15, warmUpSeconds: short ? 0.5 : 2 },
      ...{ flights: size.flights, days: starts.length - 1, airports: airports.length },
    }
    const runs: Run[] = []
    for (const { name, label } of SERVERS) {
      status.say(plain(`${label} …`))
      runs.push(await measure(name, folder, load))
      status.clear()
      await sleep(200)
    }
    const failed = runs.some((run) => run.load.failed > 0)
    if (failed || compareAnswers(runs).differing.length > 0) process.exitCode = 1
    if (json) for (const run of runs) console.log(JSON.stringify(jsonLine(run)))
    else for (const line of report(runs, size, load)) console.log(plain(line))
  } finally {
    status.clear()
    rmSync(folder, { recursive: true, force: true })
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
