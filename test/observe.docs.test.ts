/** docs/observability.md: its examples run, and its recipe makes spans and metrics. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { DIST, runNode } from './frame/child.js'
import { isNative } from './support.js'

/** As much of @opentelemetry/api as the recipe uses, with an SDK that writes down what it is told. */
const API = `
const SPAN = Symbol('span')
class Context {
  constructor(values = new Map()) { this.values = values }
  setValue(key, value) { return new Context(new Map(this.values).set(key, value)) }
}
export const ROOT_CONTEXT = new Context()
export const SpanStatusCode = { UNSET: 0, OK: 1, ERROR: 2 }
export const told = { spans: [], gauges: [], callbacks: [] }
let manager
export const context = {
  setGlobalContextManager(given) { manager = given },
  active: () => manager.active(),
  with: (...args) => manager.with(...args),
}
class Span {
  events = []; attributes = {}; status = 0
  constructor(name, { startTime, attributes } = {}, parent) {
    Object.assign(this, { name, startTime: startTime ?? Date.now(), parent })
    Object.assign(this.attributes, attributes)
  }
  setAttribute(key, value) { this.attributes[key] = value }
  addEvent(name) { this.events.push(name) }
  recordException(error) { this.events.push(error.message) }
  setStatus({ code }) { this.status = code }
  end(time) {
    if (this.ended) throw new Error('ended twice')
    this.ended = true
    if (time !== undefined && !(time >= this.startTime && Math.abs(time - Date.now()) < 60_000)) throw new Error('time')
    told.spans.push(this)
  }
}
export const trace = {
  setSpan: (context, span) => context.setValue(SPAN, span),
  getTracer: () => ({ startSpan: (name, options, context) => new Span(name, options, context?.values.get(SPAN)) }),
}
export const metrics = {
  getMeter: () => ({
    createObservableGauge: (name) => ({ name }),
    addBatchObservableCallback: (callback, gauges) => told.callbacks.push([callback, gauges]),
  }),
}
`

const APPLICATION = `
import { context, ROOT_CONTEXT, told, trace } from '@opentelemetry/api'
import { sort, sum } from 'offloop'
import { scope, task } from 'offloop/landscape'

const x = new Float64Array(100_000).fill(1)
const own = trace.getTracer('application').startSpan('GET /report')
const near = task(async () => await sum(x), { name: 'near' })
await context.with(trace.setSpan(ROOT_CONTEXT, own), () =>
  scope(
    async ({ spawn }) => {
      await spawn(() => sort(x), { name: 'totals' })
      await near()
      await task((n) => n, { name: 'far' })(1)
    },
    { name: 'request' },
  ),
)
await scope(() => { throw new Error('no') }, { name: 'failing' }).catch(() => {})
for (const { name, parent, status, events, attributes } of told.spans) {
  console.log(name, 'in', parent?.name, status, events.join(), attributes['offloop.outcome'])
}
const seen = []
for (const [callback, gauges] of told.callbacks) callback({ observe: ({ name }, value) => seen.push(name, value) }, gauges)
console.log(seen.join())
`

let output: string[] = []
let code = ''
let folder = ''

beforeAll(async () => {
  const page = await readFile(new URL('../docs/observability.md', import.meta.url), 'utf8')
  const blocks = [...page.matchAll(/^```js\n([\s\S]*?)^```/gm)].map((match) => match[1]!)
  expect(blocks).toHaveLength(3)
  code = blocks[2]!
  folder = await mkdtemp(join(tmpdir(), 'offloop-docs-'))
  const built = (text: string) =>
    text
      .replaceAll(/'offloop(\/landscape)?'/g, (_, part = '/.') => `'${DIST}${part.slice(1)}/index.js'`)
      .replaceAll("'@opentelemetry/api'", "'./api.mjs'")
  const files = { api: API, stats: blocks[0]!, channels: blocks[1]!, recipe: code, application: APPLICATION }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, `${name}.mjs`), built(text))
  const order = ['stats', 'channels', 'recipe', 'application']
  // The events of the second example go on; they are not the rest's business.
  const main = order.map((name) => `console.log('<${name}>'); await import('./${name}.mjs')`).join('\n')
  await writeFile(join(folder, 'main.mjs'), main)
  const ended = await runNode([join(folder, 'main.mjs')])
  expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' })
  output = ended.stdout.split(/^<\w+>\n/m).slice(1)
})

afterAll(() => rm(folder, { recursive: true, force: true }))

it.runIf(isNative)('stats(): the example prints what the page says', () => {
  expect(output[0]).toBe('native 1 40000000\ntrue\n5000000\n')
})

it('channels: the example prints what the page says', async () => {
  const page = await readFile(new URL('../docs/observability.md', import.meta.url), 'utf8')
  const promised = /^```text\n(offloop:scope[\s\S]*?)^```/m.exec(page)![1]!
  // Progress comes when it comes, and the example before has had a number.
  const told = output[1]!
    .replace(/sort #\d+/g, 'sort #1')
    .split('\n')
    .filter((line) => !line.includes(': progress'))
  expect(told.map((line) => line.trimEnd())).toEqual(promised.split('\n').map((line) => line.trimEnd()))
})

it('OpenTelemetry: the recipe makes spans, each in the right one, and metrics', () => {
  const lines = output[3]!.split('\n').filter((line) => line !== '' && !line.startsWith('offloop:'))
  expect(lines).toEqual([
    'sort in totals 0 started fulfilled',
    'totals in request 0  fulfilled',
    'sum in near 0 started fulfilled',
    'near in request 0 started fulfilled',
    'far in request 0 started fulfilled',
    'request in GET /report 0  fulfilled',
    'failing in undefined 2 cancelled,no rejected',
    'offloop.pool.queued,0,offloop.pool.busy,0,offloop.bytes,0,offloop.tasks.waiting,0,offloop.scopes.open,0',
  ])
  // Every name it takes from the package is one that @opentelemetry/api has.
  const taken = /import \{ (.*) \} from '@opentelemetry\/api'/.exec(code)![1]!.split(', ')
  expect(taken).toEqual(['context', 'metrics', 'ROOT_CONTEXT', 'SpanStatusCode', 'trace'])
})
