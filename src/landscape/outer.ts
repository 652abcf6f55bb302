/**
 * Reads the text of one function: what kind it is, and what it uses from outside of itself.
 *
 * acorn parses, eslint-scope resolves names (the analysis behind ESLint's no-undef:
 * https://github.com/eslint/js/tree/main/packages/eslint-scope); both load with the first function that is read.
 */
import { createRequire } from 'node:module'
import type * as acorn from 'acorn'
import type * as eslintScope from 'eslint-scope'
import { workerGlobals } from './globals.js'

/** A name, or another expression, that means something outside of the function only. */
export interface Outer {
  readonly name: string
  /** From 1, counted from the start of the function's text. */
  readonly line: number
  readonly column: number
}

export interface Reading {
  /** What the text is; a method is a function whose text opens with its name. */
  readonly form: 'function' | 'method' | 'class' | 'accessor'
  readonly async: boolean
  readonly generator: boolean
  /** Where the parameters of a method start in the text. */
  readonly parameters: number
  /** The code runs in sloppy mode only, for instance since it has a `with`. */
  readonly sloppy: boolean
  readonly outer: readonly Outer[]
  /** Helpers of compilers that it uses, of those that HELPERS names. */
  readonly helpers: readonly string[]
}

/** What compilers put into functions, and what does the same in a worker. */
export const HELPERS: Readonly<Record<string, string>> = {
  __name: '(value) => value', // esbuild and tsx, for keepNames
  __vite_ssr_dynamic_import__: '(name) => import(name)', // Vitest
}

type Node = acorn.Node & { readonly [key: string]: unknown }
interface Parsers {
  readonly acorn: typeof acorn
  readonly scopes: typeof eslintScope
}
interface Root {
  readonly form: Reading['form']
  readonly node: Node
  readonly program: Node
  /** What was parsed: the text with `before` characters in front. */
  readonly input: string
  readonly before: number
}
interface Found {
  readonly name: string
  readonly node: Node
}

let parsers: Parsers | undefined

/** Throws the parser's SyntaxError for text that is not one function. */
export function readFunction(text: string): Reading {
  if (parsers === undefined) {
    const require = createRequire(import.meta.url)
    parsers = { acorn: require('acorn'), scopes: require('eslint-scope') }
  }
  let sloppy = false
  let root: Root
  try {
    root = parse(parsers, text, 'module')
  } catch (error) {
    try {
      root = parse(parsers, text, 'script')
    } catch {
      throw error
    }
    sloppy = true
  }
  const { form, node, before, input } = root
  const found: Found[] = []
  const tested = new Set<unknown>()
  if (form === 'function' || form === 'method') visitParts(node, true, found, tested)
  const helpers = new Set<string>()
  for (const { identifier } of unresolved(parsers, root, sloppy)) {
    const name = identifier.name as string
    if (Object.hasOwn(HELPERS, name)) helpers.add(name)
    else if (!tested.has(identifier) && !workerGlobals().has(name)) found.push({ name, node: identifier })
  }
  found.sort((a, b) => a.node.start - b.node.start)
  const { getLineInfo } = parsers.acorn
  return {
    form,
    async: node.async === true,
    generator: node.generator === true,
    parameters: node.start - before,
    sloppy,
    outer: found.map(({ name, node: { start } }) => {
      const { line, column } = getLineInfo(input, start)
      return { name, line, column: line === 1 ? column - before + 1 : column + 1 }
    }),
    helpers: [...helpers],
  }
}

function parse({ acorn }: Parsers, text: string, sourceType: 'module' | 'script'): Root {
  const read = (input: string) => {
    const program = acorn.parse(input, { ecmaVersion: 'latest', sourceType, ranges: true }) as unknown as Node
    return { program, input, expression: (program.body as Node[])[0]!.expression as Node }
  }
  try {
    const { expression, ...rest } = read(`(${text}\n)`)
    return { form: expression.type === 'ClassExpression' ? 'class' : 'function', node: expression, before: 1, ...rest }
  } catch (error) {
    // The text of a method starts with its name. Where that does not parse either, the first complaint is the better.
    try {
      const { expression, ...rest } = read(`({${text}\n})`)
      const property = (expression.properties as Node[])[0]!
      const form = property.kind === 'init' ? 'method' : 'accessor'
      return { form, node: property.value as Node, before: 2, ...rest }
    } catch {
      throw error
    }
  }
}

function unresolved({ scopes }: Parsers, { program, node, form }: Root, sloppy: boolean): { identifier: Node }[] {
  const manager = scopes.analyze(program as never, {
    ecmaVersion: 2026,
    sourceType: sloppy ? 'script' : 'module',
    ignoreEval: true,
  })
  const all = (manager.globalScope as unknown as { through: { identifier: Node }[] }).through
  // A computed name of a method is outside of it, and does not travel.
  return form === 'method' ? all.filter(({ identifier }) => identifier.start >= node.start) : all
}

/** Collects what means something outside only, names apart; `own`: `this` is still that of the whole function. */
function visit(node: Node, own: boolean, found: Found[], tested: Set<unknown>): void {
  if (node.type === 'FunctionExpression' || node.type === 'FunctionDeclaration') {
    visitParts(node, false, found, tested)
  } else if (node.type === 'StaticBlock') {
    visitParts(node, false, found, tested)
  } else if (node.type === 'PropertyDefinition') {
    if (node.computed === true) visit(node.key as Node, own, found, tested)
    if (node.value !== null) visit(node.value as Node, false, found, tested)
  } else if (node.type === 'MetaProperty') {
    const name = `${(node.meta as Node).name}.${(node.property as Node).name}`
    if (own || name === 'import.meta') found.push({ name, node })
  } else {
    if (own && node.type === 'ThisExpression') found.push({ name: 'this', node })
    if (own && node.type === 'Super') found.push({ name: 'super', node })
    if (node.type === 'UnaryExpression' && node.operator === 'typeof') tested.add(node.argument)
    visitParts(node, own, found, tested)
  }
}

function visitParts(node: Node, own: boolean, found: Found[], tested: Set<unknown>): void {
  for (const part of Object.values(node).flat()) {
    if (typeof (part as Node | null)?.type === 'string') visit(part as Node, own, found, tested)
  }
}
