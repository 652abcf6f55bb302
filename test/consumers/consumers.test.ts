/** The packed tarball, installed as a user would, in projects that know nothing of this repository. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const work = mkdtempSync(join(tmpdir(), 'offloop-consumers-'))
const tarballs: Record<string, string> = {}

function run(cwd: string, command: string, ...args: string[]): string {
  // The consumer decides alone which engine it gets, whatever this suite was started with.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(OFFLOOP_|NODE_|npm_)/.test(name)))
  return execFileSync(command, args, { cwd, env, encoding: 'utf8', timeout: 60_000 })
}

function pack(folder: string): string {
  const json = run(root, 'npm', 'pack', folder, '--json', '--ignore-scripts', '--pack-destination', work)
  return join(work, (JSON.parse(json) as { filename: string }[])[0]!.filename)
}

/** The names of all packages that one needs at run time, those of its dependencies included. */
function dependenciesOf(folder: string): string[] {
  const { dependencies = {} } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  return Object.keys(dependencies).flatMap((name) => [name, ...dependenciesOf(join('node_modules', name))])
}

/** Installs the tarball into a fresh copy of projects/<name>, with no network and an empty cache. */
function install(name: string): string {
  const folder = join(work, name)
  cpSync(join(import.meta.dirname, 'projects', name), folder, { recursive: true })
  const dependencies = Object.fromEntries(Object.entries(tarballs).map(([of, file]) => [of, `file:${file}`]))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }))
  const flags = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--cache', join(work, 'cache')]
  run(folder, 'npm', 'install', ...flags)
  return folder
}

const expected = { sum: 6, sync: 6, js: 6, sorted: [1, 2, 3], compare: 'function', engine: 'native' }

beforeAll(() => {
  tarballs.offloop = pack('.')
  for (const name of dependenciesOf('.')) tarballs[name] = pack(`./node_modules/${name}`)
})
afterAll(() => rmSync(work, { recursive: true, force: true }))

describe('the packed tarball', () => {
  it('works from an ES module', () => {
    expect(JSON.parse(run(install('esm'), process.execPath, 'main.mjs'))).toEqual(expected)
  })

  it('works from CommonJS', () => {
    expect(JSON.parse(run(install('cjs'), process.execPath, 'main.cjs'))).toEqual(expected)
  })

  it('type-checks and works from TypeScript 5.7', () => {
    const folder = install('typescript')
    const compiler = join(root, 'node_modules/typescript-5.7')
    expect(JSON.parse(readFileSync(join(compiler, 'package.json'), 'utf8')).version).toMatch(/^5\.7\./)
    mkdirSync(join(folder, 'node_modules/@types'), { recursive: true })
    symlinkSync(join(root, 'node_modules/@types/node'), join(folder, 'node_modules/@types/node'))
    run(folder, process.execPath, join(compiler, 'bin/tsc'), '-p', '.')
    expect(JSON.parse(run(folder, process.execPath, 'out/main.js'))).toMatchObject(expected)
  })

  it('has no script that runs on install', () => {
    const { scripts = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    for (const hook of ['preinstall', 'install', 'postinstall', 'prepare']) expect(scripts).not.toHaveProperty(hook)
  })
})
