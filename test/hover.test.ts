/** Editor hovers, asked of the oldest TypeScript that is supported, as an editor asks. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript-5.7'
import { describe, expect, it } from 'vitest'

const INDEX = fileURLToPath(new URL('../dist/index.js', import.meta.url))
const FILE = fileURLToPath(new URL('./hover-example.ts', import.meta.url))
const TEXT = `
import { sort, sum, topK, matrix } from '${INDEX}'
declare const f32: Float32Array
const sorted = sort(f32)
const total = sum(f32)
const found = topK(f32, matrix(f32, 2, 3), { k: 1, metric: 'dot' })
sum.js(f32); sort.sync(f32)
`

const host: ts.LanguageServiceHost = {
  getCompilationSettings: () => ({
    strict: true,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    types: [],
    noEmit: true,
  }),
  getScriptFileNames: () => [FILE],
  getScriptVersion: () => '1',
  getScriptSnapshot: (name) => {
    if (name === FILE) return ts.ScriptSnapshot.fromString(TEXT)
    return ts.sys.fileExists(name) ? ts.ScriptSnapshot.fromString(readFileSync(name, 'utf8')) : undefined
  },
  getCurrentDirectory: () => fileURLToPath(new URL('..', import.meta.url)),
  getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
  fileExists: ts.sys.fileExists,
  readFile: ts.sys.readFile,
}
const service = ts.createLanguageService(host)

function hover(marker: string): { text: string; docs: string } {
  const at = TEXT.indexOf(marker) + marker.length - 1
  const info = service.getQuickInfoAtPosition(FILE, at)
  return { text: ts.displayPartsToString(info?.displayParts), docs: ts.displayPartsToString(info?.documentation) }
}

describe('an editor shows', () => {
  it('what each call gives', () => {
    expect(
      service.getSemanticDiagnostics(FILE).map((one) => ts.flattenDiagnosticMessageText(one.messageText, '\n')),
    ).toEqual([])
    expect(hover('const sorted').text).toBe('const sorted: Promise<Float32Array<ArrayBuffer>>')
    expect(hover('const total').text).toBe('const total: Promise<number>')
    expect(hover('const found').text).toContain('Promise<')
  })

  it('what each face is, in words', () => {
    expect(hover('= sort').docs).toMatch(/^A sorted copy, in the order of/)
    expect(hover('= sum').docs).toMatch(/^Sum of all elements/)
    expect(hover('sum.js').docs).toMatch(/^Blocks this thread/)
    expect(hover('sort.sync').docs).toMatch(/blocks the caller/)
  })
})
