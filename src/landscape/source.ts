/** A function value -> source text that means the same in a worker; or an error that names what it needs from outside. */
import { coded, describe, wrongType } from '../base/errors.js'
import { HELPERS, type Outer, type Reading, readFunction } from './outer.js'

export interface ShippedFunction {
  /** An expression: evaluating it, in any realm and mode, gives the function. Strict code, as in a module. */
  readonly source: string
  readonly kind: 'plain' | 'async' | 'generator' | 'asyncGenerator'
}

/** Any function value at all. */
type AnyFunction = (...args: never[]) => unknown

const shipped = new WeakMap<object, ShippedFunction>()

/**
 * The source of a function that stands alone: arrow functions, functions and methods, async and generators.
 * It may use its parameters, what it declares itself, the globals of a Node worker, and `import()`. A variable of the
 * surrounding code that has a global's name cannot be told from that global.
 *
 * Line n of the function stays line n of the source.
 *
 * @param fn the function.
 * @param constants what it gets as its first parameter, if it does; errors take the names into account.
 * @throws TypeError (`ERR_OFFLOOP_TASK_SOURCE`) for what has no source of its own (native and bound functions,
 * classes, accessors), and for a function that uses outer variables, `this`, `super`, `new.target` or `import.meta`:
 * each is named with the line and column where it occurs.
 */
export function shipFunction(
  fn: AnyFunction,
  constants: Readonly<Record<string, unknown>> | undefined,
): ShippedFunction {
  if (typeof fn !== 'function') throw wrongType('fn', 'a function', fn)
  const known = shipped.get(fn)
  if (known !== undefined) return known
  const text = Function.prototype.toString.call(fn)
  // No function of the language can have this body.
  if (/\{\s*\[native code\]\s*\}$/.test(text)) {
    const what = fn.name.startsWith('bound ') ? 'a bound function' : 'a native function'
    throw refused('a function written in JavaScript', `${what}${called(fn)}`, 'wrap it: (...args) => f(...args)')
  }
  let reading: Reading
  try {
    reading = readFunction(text)
  } catch (error) {
    const { message } = error as Error
    throw refused('a function whose source stands alone', `${describe(fn)} (${message})`, ELSEWHERE, error)
  }
  if (reading.form === 'class') throw refused('a function', `the class ${fn.name}`, 'wrap it in a function')
  if (reading.form === 'accessor') throw refused('a function', `the accessor ${fn.name}`, 'wrap it in a function')
  if (reading.outer.length > 0) throw usesOuter(fn, reading.outer, constants)
  const result: ShippedFunction = { source: sourceOf(fn, text, reading), kind: kindOf(reading) }
  shipped.set(fn, result)
  return result
}

function kindOf({ async, generator }: Reading): ShippedFunction['kind'] {
  if (generator) return async ? 'asyncGenerator' : 'generator'
  return async ? 'async' : 'plain'
}

function sourceOf(fn: AnyFunction, text: string, reading: Reading): string {
  // A method becomes a function without a name of its own: its name is no variable inside of it.
  const code =
    reading.form === 'method'
      ? `${reading.async ? 'async ' : ''}function${reading.generator ? '*' : ''} ${text.slice(reading.parameters)}`
      : text
  const helpers = reading.helpers.map((name) => ` const ${name} = ${HELPERS[name]};`).join('')
  const mode = reading.sloppy ? '' : " 'use strict';"
  // As a property it gets the name that stack traces show.
  const name = JSON.stringify(fn.name)
  return `(function () {${mode}${helpers} return ({ [${name}]: ${code}\n})[${name}] })()`
}

const ELSEWHERE = "move it into a module: task(new URL('./work.js', import.meta.url), 'name')"

function usesOuter(fn: AnyFunction, outer: readonly Outer[], constants: Readonly<Record<string, unknown>> | undefined) {
  const places = new Map<string, string[]>()
  for (const { name, line, column } of outer) places.set(name, [...(places.get(name) ?? []), `${line}:${column}`])
  const list = [...places].map(
    ([name, at]) => `\`${name}\` (${at.slice(0, 3).join(', ')}${at.length > 3 ? ', …' : ''})`,
  )
  return refused(
    'a function that uses only its parameters and globals',
    `one${called(fn)} that uses ${list.join(', ')} from outside`,
    adviceFor([...places.keys()], constants),
  )
}

function adviceFor(names: readonly string[], constants: Readonly<Record<string, unknown>> | undefined): string {
  const advice: string[] = []
  const own = names.filter((name) => constants !== undefined && Object.hasOwn(constants, name))
  if (own.length > 0) advice.push(`take ${own.join(', ')} from the first parameter: ({ ${own.join(', ')} }, …) => …`)
  if (names.includes('require')) advice.push('use `await import()`')
  const variables = names.filter((name) => /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) && !own.includes(name))
  const passable = variables.filter((name) => !['this', 'super', 'arguments', 'require'].includes(name))
  if (passable.length > 0) {
    const object = `{ ${passable.join(', ')} }`
    advice.push(`pass it as a parameter, or as constants: task(${object}, (${object}, …) => …)`)
  }
  if (advice.length === 0) advice.push('pass what it needs as a parameter')
  return `${advice.join('; ')}; or ${ELSEWHERE}`
}

function called({ name }: AnyFunction): string {
  return name === '' ? '' : ` named ${name}`
}

function refused(expected: string, received: string, advice: string, cause?: unknown): Error {
  const message = `Expected ${expected} for \`fn\` but received ${received} (${advice})`
  return coded(TypeError, 'ERR_OFFLOOP_TASK_SOURCE', message, cause)
}
