/** The import rules of src/README.md and native/README.md, proved. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

function filesUnder(folder: string, extension: RegExp): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && extension.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath ?? entry.path, entry.name)))
}

// Lower number = lower room. A file may import from its own room or from lower ones.
const ROOMS: Record<string, number> = {
  base: 0,
  engine: 1,
  core: 2,
  kernels: 3,
  compiler: 3,
  landscape: 3,
  compare: 4,
  trace: 5,
  cli: 6, // what the command is made of
  top: 7, // index.ts, cli.ts, worker.ts
}
const roomOf = (file: string): string => {
  const parts = relative('src', file).split('/')
  return parts.length === 1 ? 'top' : parts[0]!
}

interface Import {
  from: string
  to: string
  typeOnly: boolean
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  const found: Import[] = []
  for (const match of text.matchAll(
    /^\s*(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)|^\s*import\s+'([^']+)'/gm,
  )) {
    found.push({ from: file, to: match[2] ?? match[3] ?? match[4]!, typeOnly: match[1] !== undefined })
  }
  return found
}

const sources = filesUnder('src', /\.ts$/)
const imports = sources.flatMap(importsOf)
const inside = imports
  .filter(({ to }) => to.startsWith('.'))
  .map((one) => ({ ...one, to: relative(ROOT, resolve(ROOT, one.from, '..', one.to)).replace(/\.js$/, '.ts') }))

describe('src', () => {
  it('has only the rooms that are known, and every import leads to a file', () => {
    for (const file of sources) expect(ROOMS, file).toHaveProperty(roomOf(file))
    for (const { from, to } of inside) expect(sources, `${from} imports ${to}`).toContain(to)
    expect(inside.length).toBeGreaterThan(40)
  })

  it('imports sideways within a room, or down; never up', () => {
    for (const { from, to } of inside) {
      const [a, b] = [roomOf(from), roomOf(to)]
      expect(a === b || ROOMS[a]! > ROOMS[b]!, `${from} imports ${to}`).toBe(true)
    }
  })

  it('has no circles between files, types apart', () => {
    const edges = new Map<string, string[]>()
    for (const { from, to, typeOnly } of inside) if (!typeOnly) edges.set(from, [...(edges.get(from) ?? []), to])
    const state = new Map<string, 'open' | 'done'>()
    const visit = (file: string, path: string[]): void => {
      if (state.get(file) === 'done') return
      expect(state.get(file), [...path, file].join(' -> ')).toBeUndefined()
      state.set(file, 'open')
      for (const next of edges.get(file) ?? []) visit(next, [...path, file])
      state.set(file, 'done')
    }
    for (const file of sources) visit(file, [])
  })

  it('depends at run time on Node and few packages, each known to one room only', () => {
    const users: Record<string, RegExp> = {
      acorn: /^src\/landscape\//,
      'eslint-scope': /^src\/landscape\//,
      tinypool: /^src\/landscape\/pool\.ts$/,
    }
    for (const { from, to, typeOnly } of imports) {
      if (to.startsWith('.') || to.startsWith('node:') || typeOnly) continue
      expect(users, `${from} imports ${to}`).toHaveProperty([to])
      expect(from, to).toMatch(users[to]!)
    }
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { dependencies: object }
    expect(Object.keys(manifest.dependencies)).toEqual(['acorn', 'eslint-scope', 'node-gyp-build', 'tinypool'])
  })

  it('names binary files in one place, and AsyncLocalStorage nowhere outside the landscape', () => {
    for (const file of sources) {
      const text = readFileSync(join(ROOT, file), 'utf8')
      if (file !== 'src/engine/native.ts') expect(text, file).not.toMatch(/node-gyp-build['"]|\.node['"]/)
      if (roomOf(file) !== 'landscape') expect(text, file).not.toMatch(/import .*AsyncLocalStorage/)
    }
  })

  it('has one C++ file for every kernel file, or names the kernel it shares one with; and one export line', () => {
    const kernels = sources.filter(
      (file) => /^src\/kernels\/[a-zA-Z0-9]+\.ts$/.test(file) && !file.endsWith('index.ts'),
    )
    const native = filesUnder('native/kernels', /^[a-zA-Z0-9]+\.cpp$/)
      .filter((file) => !file.includes('/common/'))
      .map((file) => file.replace(/.*\/|\.cpp$/g, ''))
    const names = kernels.map((file) => file.replace(/.*\/|\.ts$/g, ''))
    const shared = new Set<string>()
    for (const name of names) {
      if (native.includes(name)) continue
      const text = readFileSync(join(ROOT, `src/kernels/${name}.ts`), 'utf8')
      const uses = /^ +native: '(\w+)',$/m.exec(text)?.[1]
      expect(native, name).toContain(uses)
      shared.add(uses!)
    }
    for (const name of native) if (name !== 'probe' && !shared.has(name)) expect(names).toContain(name)
    const lines = readFileSync(join(ROOT, 'src/kernels/index.ts'), 'utf8').split('\n')
    for (const name of names) expect(lines.filter((line) => line.endsWith(`from './${name}.js'`))).toHaveLength(1)
  })
})

describe('native', () => {
  const all = filesUnder('native', /\.(h|cpp)$/)
  const includes = all.flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(/^#include [<"]([^>"]+)[>"]/gm)].map(([, to]) => ({
      from: file,
      to: to!,
    })),
  )

  it('mentions Node in addon.cpp and napi/ only', () => {
    for (const file of all) {
      if (/^native\/(addon\.cpp|napi\/)/.test(file)) continue
      expect(readFileSync(join(ROOT, file), 'utf8'), file).not.toMatch(/Napi::|napi_[a-z]|node_api|\bv8::/)
    }
  })

  it('includes addon -> napi -> core <- kernels, and nothing else', () => {
    for (const { from, to } of includes) {
      if (from.startsWith('native/core/')) expect(to, from).not.toMatch(/^(napi|kernels|hwy)\//)
      if (from.startsWith('native/kernels/')) expect(to, from).not.toMatch(/^napi\/|^core\/(pool|thread|isa)\.h/)
      if (from.startsWith('native/napi/')) expect(to, from).not.toMatch(/^(kernels|hwy)\//)
    }
  })

  it('has no threads, locks or atomics of its own in kernels beyond single words', () => {
    for (const { from, to } of includes) {
      if (from.startsWith('native/kernels/'))
        expect(to, from).not.toMatch(/^(thread|mutex|condition_variable|vector|algorithm|functional|string)$/)
    }
  })
})
