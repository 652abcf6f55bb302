/** In a worker: the function that a request names, as source text or as a module's export. */
import { pathToFileURL } from 'node:url'
import { constants, Script } from 'node:vm'
import { coded, describe } from '../base/errors.js'
import type { Code } from './wire.js'

// biome-ignore lint/suspicious/noExplicitAny: a user's function, called as the user asks
export type Any = (...args: any[]) => any

const KEPT = 256
const compiled = new Map<string, Any>()

/** The function itself. Sources are compiled once in a worker; modules are Node's to keep. */
export async function load(code: Code, label: string): Promise<Any> {
  return 'source' in code ? compile(code.source, code.base, label) : exported(await import(code.url), code)
}

export function compile(source: string, base: string | undefined, label: string): Any {
  const key = `${label} ${base} ${source}`
  let fn = compiled.get(key)
  if (fn === undefined) {
    // Its imports start from the caller's file, and frames in stacks say which task it is.
    const filename = `${base ?? pathToFileURL(`${process.cwd()}/`).href}#${encodeURIComponent(label)}`
    const script = new Script(source, {
      filename,
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    })
    fn = script.runInThisContext() as Any
    if (compiled.size >= KEPT) compiled.delete(compiled.keys().next().value!)
    compiled.set(key, fn)
  }
  return fn
}

/** The export of a module, which has to be a function. */
export function exported(module: unknown, { url, exportName }: { url: string; exportName: string }): Any {
  const value = (module as Record<string, unknown>)[exportName]
  if (typeof value === 'function') return value as Any
  throw coded(
    TypeError,
    'ERR_OFFLOOP_ARG_TYPE',
    `Expected a function for the export \`${exportName}\` of ${url} but received ${describe(value)}`,
  )
}
