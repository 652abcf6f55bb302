/** The README says what is true: its kernels table is the registry's, and its examples run. */
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { kernels } from '../dist/index.js'
import { DIST, runScript } from './frame/child.js'

const FILE = new URL('../README.md', import.meta.url)
const readme = readFileSync(FILE, 'utf8')

function table(): string {
  const rows = kernels().map(({ name, summary, dtypes, agreement }) => {
    const cells = [`\`${name}\``, summary, dtypes.join(' '), agreement]
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  })
  return ['| kernel | what it does | element types | agreement |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

describe('README', () => {
  it('has the table of kernels that the registry gives', () => {
    const updated = readme.replace(
      /<!-- kernels -->[\s\S]*<!-- \/kernels -->/,
      `<!-- kernels -->\n${table()}\n<!-- /kernels -->`,
    )
    if (process.env.OFFLOOP_DOCS === 'write') writeFileSync(FILE, updated)
    else expect(readme).toBe(updated)
  })

  it('has examples that run and print what they should', async () => {
    // Those of the landscape have a test of their own: test/landscape/readme.test.ts.
    const blocks = [
      ...readme.replace(/<!-- landscape -->[\s\S]*<!-- \/landscape -->/, '').matchAll(/```js\n([\s\S]*?)```/g),
    ].map((match) => match[1]!)
    expect(blocks.length).toBeGreaterThanOrEqual(2)
    for (const block of blocks) {
      const built = block.replaceAll(/'offloop(\/landscape)?'/g, (_, part = '') => `'${DIST}${part.slice(1)}/index.js'`)
      const { code, stdout, stderr } = await runScript(built.replaceAll('dist//', 'dist/'))
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).not.toMatch(/false|undefined|NaN/)
      expect(stdout.trim()).not.toBe('')
    }
  })
})
