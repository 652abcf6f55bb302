/** The README's table "Python / .NET -> offloop": each line has a snippet, and each snippet runs. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { DIST, runScript } from '../frame/child.js'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const section = /<!-- landscape -->([\s\S]*)<!-- \/landscape -->/.exec(readme)?.[1] ?? ''
const rows = [...section.matchAll(/^\| ([^|]+) \|/gm)].map(([, first]) => first!.replaceAll('`', '')).slice(2)
const snippets = [...section.matchAll(/^```js\n\/\/ (.*)\n([\s\S]*?)^```/gm)].map(([, title, code], index) => ({
  title: title!,
  code: code!,
  index,
}))

/** What each snippet prints. One process runs them all, a file after the other, on warm workers. */
let printed: string[] = []

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'offloop-readme-'))
  try {
    const imports = snippets.map(({ code, index }) => {
      const file = join(folder, `${index}.mjs`)
      const built = code.replaceAll(
        /'offloop(\/landscape)?'/g,
        (_, folder = '') => `'${DIST}${folder.slice(1)}/index.js'`,
      )
      writeFileSync(file, built.replaceAll('dist//', 'dist/'))
      return `await import('${pathToFileURL(file)}'); console.log('<end>')`
    })
    const { code, stdout, stderr } = await runScript(imports.join('\n'))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    printed = stdout.split('<end>\n')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

describe('the table Python / .NET -> offloop', () => {
  it('has a snippet for each line, in its order', () => {
    expect(rows).toHaveLength(7)
    expect(snippets).toHaveLength(7)
    for (const [index, row] of rows.entries()) expect(row.startsWith(snippets[index]!.title), row).toBe(true)
  })

  it.each(snippets)('$title', ({ code, index }) => {
    const output = printed[index]!
    expect(output.trim()).not.toBe('')
    expect(output).not.toMatch(/undefined|NaN/)
    // What the comments beside console.log promise, up to a colon.
    for (const [, promised] of code.matchAll(/console\.log\(.*\) \/\/ ([^:\n]+)/g)) expect(output).toContain(promised)
  })
})
