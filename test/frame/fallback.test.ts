/** The fallback is real: without a usable binary JavaScript gives the same results, off the loop, and says so once. */
import { execFile } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { errorFrom, failedFrom } from '../../dist/engine/js-wire.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BINARY = ['build/Release/offloop.node', `prebuilds/${process.platform}-${process.arch}/offloop.glibc.node`]
  .map((path) => join(ROOT, path))
  .find((path) => existsSync(path))
const PERMISSION = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission'
const DENIED = [PERMISSION, '--allow-fs-read=*']

const copies: string[] = []
afterAll(() => {
  for (const path of copies) rmSync(path, { recursive: true, force: true })
})

/** A copy of the package without a binary, changed by the test. */
function copyPackage(change: (root: string) => void = () => {}): string {
  const root = mkdtempSync(join(tmpdir(), 'offloop-fallback-'))
  copies.push(root)
  cpSync(join(ROOT, 'dist'), join(root, 'dist'), { recursive: true })
  cpSync(join(ROOT, 'package.json'), join(root, 'package.json'))
  cpSync(join(ROOT, 'node_modules/node-gyp-build'), join(root, 'node_modules/node-gyp-build'), { recursive: true })
  change(root)
  return root
}

function putBinary(root: string, bytes: Buffer | string): void {
  mkdirSync(join(root, 'build/Release'), { recursive: true })
  writeFileSync(join(root, 'build/Release/offloop.node'), bytes)
}

interface Where {
  root?: string
  flags?: string[]
  env?: Record<string, string>
}

/** Runs module code in a process of its own; what it returns comes back, with its warnings and exit code. */
function run<T>(code: string, { root = ROOT, flags = [], env = {} }: Where = {}) {
  const source = `
    const warnings = []
    process.on('warning', ({ name, code, message }) => name === 'OffloopWarning' && warnings.push({ code, message }))
    const offloop = await import(${JSON.stringify(pathToFileURL(join(root, 'dist/index.js')).href)})
    const { sum, sort, topK, info, alloc, matrix } = offloop
    const random = (n, C = Float64Array) => {
      const array = new C(n)
      for (let i = 0; i < n; i++) array[i] = Math.random() - 0.5
      return array
    }
    const same = (a, b) => Buffer.compare(Buffer.from(a.buffer), Buffer.from(b.buffer)) === 0
    const turn = () => new Promise(setImmediate)
    const ticks = async (n) => { while (n-- > 0) await new Promise((resolve) => setTimeout(resolve, 1)) }
    const value = await (async () => { ${code} })()
    await turn()
    console.log(JSON.stringify({ value, warnings }))`
  const clean = { ...process.env }
  // Where the suite runs with another binary, a package without one must not find that.
  if (root !== ROOT) delete clean.OFFLOOP_PREBUILD
  for (const name of ['OFFLOOP_ENGINE', 'OFFLOOP_SILENT', 'NODE_OPTIONS']) delete clean[name]
  return new Promise<{ value: T; warnings: { code: string; message: string }[] }>((resolve, reject) => {
    execFile(
      process.execPath,
      [...flags, '--input-type=module', '-e', source],
      { env: { ...clean, ...env }, timeout: 25_000 },
      // An exit code other than 0, or a process that does not end, is an error here.
      (error, stdout) => (error ? reject(error) : resolve(JSON.parse(stdout))),
    )
  })
}

const JS: Where = { env: { OFFLOOP_ENGINE: 'js', OFFLOOP_SILENT: '1' } }

const EVERY_KERNEL = `
  const x = random(200_000), b = BigInt64Array.from({ length: 100_000 }, (_, i) => BigInt(i * 7919) << 20n)
  const queries = matrix(random(8 * 64, Float32Array), 8, 64), corpus = matrix(random(500 * 64, Float32Array), 500, 64)
  const options = { k: 5, metric: 'cosine' }
  const near = await topK(queries, corpus, options), expected = topK.js(queries, corpus, options)
  return {
    sum: Object.is(await sum(x), sum.js(x)),
    bigint: (await sum(b)) === sum.js(b),
    sort: same(await sort(x), sort.js(x)) && same(await sort(b, { descending: true }), sort.js(b, { descending: true })),
    blocking: sum.sync(x) === sum.js(x),
    topK: same(near.indices.data, expected.indices.data) && same(near.scores.data, expected.scores.data),
    engine: info().engine,
    reason: info().reason,
  }`
const RIGHT = { sum: true, bigint: true, sort: true, blocking: true, topK: true, engine: 'js' }

const missing = () => copyPackage()
const corrupted = () => copyPackage((root) => putBinary(root, 'not a binary'))
const mismatched = () =>
  copyPackage((root) => {
    putBinary(root, readFileSync(BINARY!))
    edit(join(root, 'dist/core/reduction.js'), 'boolean integer result', 'integer result')
  })
const withoutWorker = () => copyPackage((root) => rmSync(join(root, 'dist/worker.js')))
const brokenWorker = () =>
  copyPackage((root) => writeFileSync(join(root, 'dist/worker.js'), "throw new Error('broken')"))

function edit(path: string, from: string, to: string): void {
  const text = readFileSync(path, 'utf8')
  expect(text).toContain(from)
  writeFileSync(path, text.replaceAll(from, to))
}

describe('JavaScript takes over, with the same results and one warning', () => {
  const OFF_LOOP = 'offloop runs in JavaScript on one thread'
  const ON_LOOP = 'offloop runs in JavaScript on the event loop'
  it.each<[string, () => Where, RegExp, string]>([
    ['OFFLOOP_ENGINE=js', () => ({ env: { OFFLOOP_ENGINE: 'js' } }), /OFFLOOP_ENGINE=js/, OFF_LOOP],
    ['no binary', () => ({ root: missing() }), /no binary for .+ was found/, OFF_LOOP],
    ['a corrupted binary', () => ({ root: corrupted() }), /does not load/, OFF_LOOP],
    ['no binary, no worker.js', () => ({ root: withoutWorker() }), /no binary/, ON_LOOP],
    ...(BINARY === undefined
      ? []
      : ([
          ['--no-addons', () => ({ flags: ['--no-addons'] }), /--no-addons/, OFF_LOOP],
          ['permission, workers too', () => ({ flags: DENIED }), /permission model/, ON_LOOP],
          ['permission, workers allowed', () => ({ flags: [...DENIED, '--allow-worker'] }), /permission/, OFF_LOOP],
          ['a mismatched binary', () => ({ root: mismatched() }), /does not match this package: its sum/, OFF_LOOP],
        ] satisfies [string, () => Where, RegExp, string][])),
  ])('%s', async (_, where, reason, warning) => {
    const code = `await sum(random(200_000)); ${EVERY_KERNEL}`
    const { value, warnings } = await run<{ reason: string }>(code, where())
    expect(value).toMatchObject(RIGHT)
    expect(value.reason).toMatch(reason)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]!.code).toBe('OFFLOOP_FALLBACK')
    expect(warnings[0]!.message).toContain(warning)
    expect(warnings[0]!.message).toMatch(reason)
  })

  it('OFFLOOP_SILENT=1 says nothing', async () => {
    const { value, warnings } = await run(EVERY_KERNEL, { root: missing(), env: { OFFLOOP_SILENT: '1' } })
    expect(value).toMatchObject(RIGHT)
    expect(warnings).toEqual([])
  })

  it('a worker that cannot start is found out late, and then said', async () => {
    const { value, warnings } = await run(EVERY_KERNEL, { root: brokenWorker() })
    expect(value).toMatchObject(RIGHT)
    expect(warnings.at(-1)!.message).toContain(ON_LOOP)
  })

  it('OFFLOOP_ENGINE=native takes no other', async () => {
    const code = `
      const codes = []
      await sum(random(200_000)).catch((error) => codes.push(error.code))
      for (const f of [() => sum.sync(random(200_000)), info]) {
        try { f() } catch (error) { codes.push(error.code) }
      }
      return codes`
    const { value } = await run(code, { root: missing(), env: { OFFLOOP_ENGINE: 'native' } })
    expect(value).toEqual(['ERR_OFFLOOP_ENGINE', 'ERR_OFFLOOP_ENGINE', 'ERR_OFFLOOP_ENGINE'])
  })
})

describe('the loop stays free', () => {
  it('while a twin sorts', async () => {
    const code = `
      const x = random(3_000_000)
      let ticks = 0
      const timer = setInterval(() => ticks++, 2)
      const sorted = await sort(x)
      clearInterval(timer)
      return { ticks, right: sorted.every((v, i) => i === 0 || sorted[i - 1] <= v) }`
    const { value } = await run<{ ticks: number; right: boolean }>(code, JS)
    expect(value.right).toBe(true)
    expect(value.ticks).toBeGreaterThan(20)
  })

  it('small calls pass long ones', async () => {
    const code = `
      let long = 0
      const all = Promise.all([1, 2, 3, 4, 5].map(() => sort(random(1_000_000)).then(() => long++)))
      await sort(random(3000))
      const before = long
      await all
      return before`
    const { value } = await run(code, JS)
    expect(value).toBeLessThan(5)
  })
})

describe('abort', () => {
  it('settles at once what would run for minutes, and the process ends', async () => {
    const code = `
      const m = matrix(random(20_000 * 256, Float32Array), 20_000, 256), reason = new Error('enough')
      const outcomes = []
      for (let i = 0; i < 6; i++) {
        const control = new AbortController()
        const call = topK(m, m, { k: 3, metric: 'dot', signal: control.signal })
        await ticks(i * 20)
        control.abort(reason)
        outcomes.push(await call.catch((error) => error === reason))
      }
      return outcomes`
    const { value } = await run(code, JS)
    expect(value).toEqual(Array(6).fill(true))
  })

  it('leaves a permutation in place, whenever it comes', async () => {
    const code = `
      const x = random(400_000), expected = sort.js(x), outcomes = []
      for (const wait of [0, 1, 3, 10, 30, 60, 100, 150]) {
        const control = new AbortController()
        const call = sort(x, { out: x, signal: control.signal }).catch((error) => error.name)
        await ticks(wait)
        control.abort()
        await call
        outcomes.push(same(sort.js(x), expected))
        for (let i = x.length; i-- > 1; ) {
          const j = Math.floor(Math.random() * (i + 1)), v = x[i]
          x[i] = x[j]
          x[j] = v
        }
      }
      return outcomes`
    const { value } = await run(code, JS)
    expect(value).toEqual(Array(8).fill(true))
  })

  it('nothing is written after it settled, also not into shared memory', async () => {
    const code = `
      const x = random(500_000), out = alloc(Float64Array, x.length), control = new AbortController()
      await sort(x) // a warm worker
      const call = sort(x, { out, signal: control.signal }).catch((error) => error.name)
      await ticks(5)
      control.abort()
      const name = await call
      await sort(x) // as long as the aborted one still runs
      return { name, untouched: out.every((v) => v === 0) }`
    const { value } = await run<{ name: string; untouched: boolean }>(code, JS)
    if (value.name === 'AbortError') expect(value.untouched).toBe(true)
  })
})

describe('calls of every form', () => {
  it('in place, into shared and plain memory, from shared memory, empty', async () => {
    const code = `
      const x = random(300_000), expected = sort.js(x)
      const shared = alloc(Float64Array, x.length), out = new Float64Array(x.length + 9).subarray(5, x.length + 5)
      shared.set(x)
      const big = random(1_500_000)
      const results = {
        fromShared: same(await sort(shared), expected),
        intoPlain: (await sort(x, { out })) === out && same(out.slice(), expected),
        intoShared: (await sort(x, { out: shared })) === shared && same(shared, expected),
        inputKept: !same(x, expected),
        transferable: await sort(x).then((y) => structuredClone(y, { transfer: [y.buffer] }).length) === x.length,
        inPlace: (await sort(x, { out: x })) === x && same(x, expected),
        bigInPlace: same(await sort(big.slice(), { out: big }), sort.js(big)),
        offset: Object.is(await sum(big.subarray(3, 1_400_001)), sum.js(big.subarray(3, 1_400_001))),
      }
      shared.set(random(x.length))
      const shuffled = sort.js(shared)
      results.sharedInPlace = (await sort(shared, { out: shared })) === shared && same(shared, shuffled)
      return results`
    const { value } = await run<Record<string, unknown>>(code, JS)
    expect(Object.entries(value).filter(([, right]) => right !== true)).toEqual([])
  })

  it('strided matrices, of which only the reach is copied', async () => {
    const code = `
      const data = random(4_000_000, Float32Array), shared = alloc(Float32Array, data.length)
      shared.set(data)
      const shape = [400, 32], results = []
      for (const [offset, strides] of [
        [0, [32, 1]], [1000, [-2, 7]], [3_999_999, [-9_000, -3]], [17, [1, 400]], [5, [9_000, 250]], [5, [0, 1]],
      ]) {
        for (const source of [data, shared]) {
          const corpus = { data: source, shape, strides, offset }
          const queries = { data: source, shape: [3, 32], strides: [11, 2], offset: 100 }
          const options = { k: 4, metric: 'sqeuclidean' }
          const near = await topK(queries, corpus, options), expected = topK.js(queries, corpus, options)
          results.push(same(near.indices.data, expected.indices.data) && same(near.scores.data, expected.scores.data))
        }
      }
      return results`
    const { value } = await run(code, JS)
    expect(value).toEqual(Array(12).fill(true))
  })

  it('200 at once, and 40 with much memory', async () => {
    const code = `
      const inputs = Array.from({ length: 200 }, (_, i) => random(4000 + i))
      const outputs = await Promise.all(inputs.map((x) => sort(x)))
      const x = new Float64Array(2 ** 23)
      let most = 0
      for (let i = 0; i < 40; i++) {
        x[i] = 1
        if ((await sum(i % 2 ? x : x.slice())) !== i + 1) return 'wrong sum'
        most = Math.max(most, process.memoryUsage.rss())
      }
      return { right: outputs.every((y, i) => same(y, sort.js(inputs[i]))), most: most / 2 ** 20 }`
    const { value } = await run<{ right: boolean; most: number }>(code, JS)
    expect(value.right).toBe(true)
    expect(value.most).toBeLessThan(1000)
  })
})

describe('what goes wrong is one clear error', () => {
  it('buffers transferred away while a call waits, copies in, or copies back', async () => {
    const code = `
      const detach = (x) => structuredClone(null, { transfer: [x.buffer] })
      const inputs = Array.from({ length: 40 }, () => random(30_000))
      const calls = inputs.map((x) => sort(x).catch((error) => error.code))
      inputs.forEach(detach)
      const big = random(6_000_000), copying = sum(big).catch((error) => error.code)
      await ticks(1)
      detach(big)
      const x = random(400_000), out = new Float64Array(x.length)
      const late = sort(x, { out }).catch((error) => error.code)
      detach(out)
      return [...new Set(await Promise.all([...calls, copying, late]))]`
    const { value } = await run(code, JS)
    expect(value).toEqual(['ERR_OFFLOOP_DETACHED'])
  })

  it('a worker that dies fails its own call only', async () => {
    const root = copyPackage((root) => {
      const worker = join(root, 'dist/worker.js')
      const fatal = "import { parentPort as port } from 'node:worker_threads'\n"
      const rest = readFileSync(worker, 'utf8')
      writeFileSync(worker, `${fatal}port.on('message', (m) => { if (m.values[0].array[0] === 42) process.exit(3) })\n`)
      appendFileSync(worker, rest)
    })
    const code = `
      const ones = new Float64Array(400_000).fill(1), fatal = Float64Array.from(ones).fill(42)
      const calls = [ones, fatal, ones, fatal, ones, ones].map((x) => sum(x).catch((error) => error.code))
      return await Promise.all(calls)`
    const { value } = await run(code, { root, ...JS })
    const died = 'ERR_OFFLOOP_INTERNAL'
    expect(value).toEqual([400_000, died, 400_000, died, 400_000, 400_000])
  })

  it('errors keep class, code, name and message on their way', () => {
    const there = Object.assign(new RangeError('no room', { cause: new Error('why') }), {
      code: 'ERR_X',
      extra: () => {},
    })
    const { reply } = failedFrom(there, [])
    const here = errorFrom(structuredClone(reply)) as NodeJS.ErrnoException
    expect(here).toBeInstanceOf(RangeError)
    expect([here.code, here.name, here.message]).toEqual(['ERR_X', 'RangeError', 'no room'])
    expect(errorFrom(structuredClone(failedFrom('thrown', []).reply))).toBeInstanceOf(Error)
  })
})

describe('in worker threads', () => {
  it('works in a worker, and a terminated one takes its calls with it', async () => {
    const code = `
      const { Worker } = await import('node:worker_threads')
      const source = (n) => \`
        let parentPort
        import('node:worker_threads').then((threads) => { parentPort = threads.parentPort }).then(() => import('${pathToFileURL(join(ROOT, 'dist/index.js')).href}')).then(async ({ sum, sort }) => {
          parentPort.postMessage(await sum(new Float64Array(500_000).fill(2)))
          for (let i = 0; i < \${n}; i++) sort(Float64Array.from({ length: 300_000 }, Math.random))
          parentPort.postMessage('busy')
          if (\${n} > 0) setInterval(() => {}, 1000)
        })\`
      const outcomes = []
      for (const n of [0, 3]) {
        const worker = new Worker(source(n), { eval: true })
        const exit = new Promise((resolve) => worker.on('exit', resolve))
        const got = []
        await new Promise((resolve) => worker.on('message', (m) => (got.push(m), m === 'busy' && resolve())))
        if (n > 0) {
          await ticks(20)
          worker.terminate()
        }
        outcomes.push([...got, await exit])
      }
      return outcomes`
    const { value } = await run(code, JS)
    expect(value).toEqual([
      [1_000_000, 'busy', 0],
      [1_000_000, 'busy', 1],
    ])
  })

  it('flags and loaders of the user do not reach the workers', async () => {
    const loader = `data:text/javascript,${encodeURIComponent(
      "import { isMainThread } from 'node:worker_threads'; if (!isMainThread) throw new Error('loader in a worker')",
    )}`
    const code = 'return (await sum(new Float64Array(500_000).fill(1)))'
    for (const where of [
      { flags: ['--import', loader], env: JS.env! },
      { env: { ...JS.env, NODE_OPTIONS: `--import=${loader}` } },
    ]) {
      expect((await run(`${code}`, where)).value).toBe(500_000)
    }
    const said = await run(code, { flags: ['--import', loader], env: { OFFLOOP_ENGINE: 'js' } })
    expect(said.warnings.map(({ message }) => message).join()).not.toContain('event loop')
  })
})
