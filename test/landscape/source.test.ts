/** A function value -> source that means the same elsewhere, or an error that names what it needs. */
import { describe, expect, it } from 'vitest'
import { shipFunction } from '../../dist/internal.js'

type AnyFunction = (...args: never[]) => unknown

/** The function as a worker gets it: its source, evaluated where nothing of this file is in reach. */
function shippedOf(fn: unknown): (...args: unknown[]) => unknown {
  return new Function(`return ${shipFunction(fn as AnyFunction, undefined).source}`)()
}

/** A function from text, as a file without transformations would have it. */
const from = (text: string): unknown => new Function(`return ${text}`)()
const methodFrom = (text: string): unknown => {
  const object = from(`({ ${text} })`) as object
  return Reflect.get(object, Reflect.ownKeys(object)[0]!)
}

function refusalOf(fn: unknown, constants?: Record<string, unknown>): string {
  let message = ''
  try {
    shipFunction(fn as AnyFunction, constants)
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toHaveProperty('code', 'ERR_OFFLOOP_TASK_SOURCE')
    message = (error as Error).message
  }
  expect(message, 'was not refused').toMatch(/^Expected .* for `fn` but received /)
  return message
}

describe('a function that stands alone', () => {
  it.each([
    ['(a, b) => a + b'],
    ['a => a + 3'],
    ['(a) => { const double = (x) => x * 2; return double(a) + 1 }'],
    ['function (a, b) { return a + b }'],
    ['function add(a, b) { return arguments.length === 2 ? a + b : add(a, 3) }'],
    ['(a, b = a + 1) => a + b'],
    ['({ length = 2 }, ...[b, c = b]) => length + c'],
    ['(a, b) => { // a comment\n  return a + b // another\n}'],
    ['(a, b) => { var sum = 0; for (const x of [a, b]) sum += x; { function f() { return sum } return f() } }'],
    ['(a, b) => { class Add { #b = b; static one = 1; of(x) { return this.#b + x } } return new Add().of(a) }'],
    ['(a, b) => { try { throw b } catch (thrown) { return a + thrown } }'],
    ['(a, b) => { outer: for (;;) { break outer } return ({ a }).a + ({ x: b }).x }'],
    ["(a, b) => typeof window === 'undefined' ? a + b : 0"],
    ['(a, b) => eval("a") + b'],
  ])('%s', (text) => {
    expect(shippedOf(from(text))(2, 3)).toBe(5)
  })

  it.each([
    ['add(a, b) { return a + b }'],
    ['[Symbol.for("add")](a, b) { return a + b }'],
    ["'add two'(a, b) { return a + b }"],
    ['42(a, b) { return a + b }'],
    ['async(a, b) { return a + b }'],
    ['get(a, b) { return a + b }'],
    ['function(a, b) { return a + b }'],
  ])('the method %s', (text) => {
    expect(shippedOf(methodFrom(text))(2, 3)).toBe(5)
  })

  it.each([
    ['plain', () => from('() => 1')],
    ['plain', () => methodFrom('one() { return 1 }')],
    ['async', () => from('async () => 1')],
    ['async', () => from('async function one() { return 1 }')],
    ['async', () => methodFrom('async one() { return 1 }')],
    ['generator', () => from('function* () { yield 1 }')],
    ['generator', () => methodFrom('*one() { yield 1 }')],
    ['asyncGenerator', () => from('async function* () { yield 1 }')],
    ['asyncGenerator', () => methodFrom('async *one() { yield 1 }')],
  ])('is told to be %s', async (kind, make) => {
    const fn = make()
    expect(shipFunction(fn as AnyFunction, undefined).kind).toBe(kind)
    const result = shippedOf(fn)()
    if (kind === 'plain') expect(result).toBe(1)
    else if (kind === 'async') expect(await result).toBe(1)
    else if (kind === 'generator') expect([...(result as Iterable<number>)]).toEqual([1])
    else for await (const value of result as AsyncIterable<number>) expect(value).toBe(1)
  })

  it('may use every global that a worker has, and import()', async () => {
    expect(shippedOf(from('(x) => [Math, process, Buffer, performance, fetch, URL, Atomics].length + x'))(1)).toBe(8)
    expect(
      shipFunction(from("async () => (await import('node:os')).cpus().length") as () => void, undefined).kind,
    ).toBe('async')
    // As this file's own transformation writes it.
    expect(shipFunction(async () => (await import('node:os')).cpus().length, undefined).kind).toBe('async')
  })

  it('is strict code, as in a module; what is only sloppy code stays so', () => {
    expect(() => shippedOf(from('() => { Object.freeze([]).push(1) }'))()).toThrow(TypeError)
    expect(shippedOf(from('function () { return (function () { return this })() }'))()).toBeUndefined()
    expect(shippedOf(from('() => { return 010 }'))()).toBe(8)
  })

  it('keeps its name and its lines in stacks', () => {
    const three = (from('({ three: (x) => {\n\n  throw new Error(x)\n} })') as { three: unknown }).three
    const shipped = shippedOf(three)
    expect(shipped.name).toBe('three')
    let stack = ''
    try {
      shipped('thrown')
    } catch (error) {
      stack = (error as Error).stack!
    }
    // new Function puts two lines before its body.
    expect(stack).toMatch(/at three .*<anonymous>:5:9/)
  })

  it("has what compilers' helpers do", () => {
    expect(shippedOf(from('(a, b) => { const f = __name((x) => x + b, "f"); return f(a) }'))(2, 3)).toBe(5)
  })

  it('is read once', () => {
    const fn = from('(x) => x') as () => void
    expect(shipFunction(fn, undefined)).toBe(shipFunction(fn, { x: 1 }))
  })
})

describe('a function that needs something from outside', () => {
  it('is refused with the names and places of all that it uses', () => {
    const message = refusalOf(from('(x) => {\n  const y = rate * x\n  return tax(y) + rate\n}'))
    expect(message).toContain('`rate` (2:13, 3:19), `tax` (3:10) from outside')
    expect(message).toContain('task({ rate, tax }, ({ rate, tax }, …) => …)')
    expect(message).toContain('new URL(')
  })

  it.each([
    ['that reads', '(x) => x + outer', '1:12'],
    ['that calls', 'function f(x) { return outer(x) }', '1:24'],
    ['that writes', '(x) => { outer = x }', '1:10'],
    ['that uses in a default', '(x = outer) => x', '1:6'],
    ['that uses in a nested function', '(xs) => xs.map((x) => x * outer)', '1:27'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the template is of the function
    ['that uses in a template', '(x) => `${x}${outer}`', '1:15'],
    ['that uses as shorthand', '(x) => ({ x, outer })', '1:14'],
    ['that extends', '() => class extends outer {}', '1:21'],
    ['that tests and uses', "() => typeof outer === 'number' && outer", '1:36'],
    [
      'with its own of that name in another block that uses',
      '() => { { let outer = 1; outer++ } return outer }',
      '1:43',
    ],
  ])('one %s it', (_, text, place) => {
    expect(refusalOf(from(text))).toContain(`uses \`outer\` (${place}) from outside`)
  })

  it('a method that calls the outer variable of its own name, or one in its text after a computed name', () => {
    expect(refusalOf(methodFrom('outer(x) { return outer(x) }'))).toContain('`outer` (1:19)')
    const computed = from('({ ["a" + "b"](x) {\n return outer } }).ab')
    expect(refusalOf(computed)).toContain('`outer` (2:9)')
  })

  it('this, super, new.target, arguments and import.meta of the surroundings; not those of inner functions', () => {
    expect(refusalOf(from('() => this.x'))).toContain('`this` (1:7)')
    expect(refusalOf(from('function (x) { return this.x }'))).toContain('`this` (1:23)')
    expect(refusalOf(methodFrom('f() { return super.f() }'))).toContain('`super` (1:14)')
    expect(refusalOf(from('function () { return new.target }'))).toContain('`new.target` (1:22)')
    expect(refusalOf(from('() => { class A { [this.name] = 1 } }'))).toContain('`this` (1:20)')
    const outer = from('(function () { return () => arguments[0] })()')
    expect(refusalOf(outer)).toContain('`arguments` (1:7)')
    const fine = '() => { class A { x = this; static { this.y = 1 } f() { return super.f ?? new.target } } }'
    expect(shipFunction(from(fine) as () => void, undefined).kind).toBe('plain')
  })

  it('what a module has and a worker has not', () => {
    expect(refusalOf(from("() => require('node:fs')"))).toMatch(/`require` \(1:7\).*use `await import\(\)`/)
    expect(refusalOf(from('() => __dirname'))).toContain('`__dirname`')
  })

  it("what this program put on its globalThis: a worker's has it not", () => {
    const mine = '__offloopTestValue'
    Object.assign(globalThis, { [mine]: 1 })
    try {
      expect(refusalOf(from(`() => ${mine}`))).toContain(`\`${mine}\``)
    } finally {
      Reflect.deleteProperty(globalThis, mine)
    }
  })

  it('is told to take a constant from the first parameter, where it is there', () => {
    expect(refusalOf(from('(c, x) => x * rate'), { rate: 2 })).toContain(
      'take rate from the first parameter: ({ rate }, …) => …',
    )
  })
})

describe('what has no source of its own', () => {
  it('is refused by kind', () => {
    expect(refusalOf(Math.sqrt)).toContain('a native function named sqrt')
    expect(refusalOf(((x: number) => x).bind(null))).toContain('a bound function')
    expect(refusalOf(class Point {})).toContain('the class Point')
    const accessor = Object.getOwnPropertyDescriptor(from('({ get x() { return 1 } })'), 'x')?.get
    expect(refusalOf(accessor)).toContain('the accessor get x')
    const secret = from('new (class { #f() { return 1 } get f() { return this.#f } })().f')
    expect(refusalOf(secret)).toContain('source stands alone')
    expect(() => shipFunction(7 as never, undefined)).toThrow(expect.objectContaining({ code: 'ERR_OFFLOOP_ARG_TYPE' }))
  })
})
