/** `offloop trace`: what it runs, records, writes and draws. Nothing here asserts on speed. */
import { spawn } from 'node:child_process'
import { channel } from 'node:diagnostics_channel'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  countsOf,
  type Recording,
  readRecording,
  readTraceRequest,
  record,
  seeded,
  summaryOf,
  type Trace,
  type TraceEvent,
  timelineOf,
  traceOf,
  UsageError,
  writeTrace,
} from '../dist/internal.js'
import { CLI, ENV, offloop } from './command.js'
import { DIST } from './frame/child.js'
import { isNative } from './support.js'

const folder = mkdtempSync(join(tmpdir(), 'offloop-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A file of this text, in the folder of the tests. */
function script(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text.replaceAll('DIST/', DIST))
  return file
}

function readTrace(file: string): Trace {
  return JSON.parse(readFileSync(file, 'utf8')) as Trace
}

/** Fails unless it is what viewers of the format expect: types, order, nesting, names, arrows that hit. */
function check({ traceEvents, displayTimeUnit, otherData }: Trace): void {
  expect(displayTimeUnit).toBe('ms')
  expect(otherData).toMatchObject({ node: expect.any(String), script: expect.any(String) })
  const named = new Set<number>()
  const open = new Map<number, TraceEvent[]>()
  const arrows = new Map<number, number>()
  let last = 0
  for (const event of traceEvents) {
    // A call of expect for each would take seconds.
    const must = (holds: boolean, what: string) => {
      if (!holds) expect.fail(`${what}: ${JSON.stringify(event)}`)
    }
    const { ph, name, ts, dur = Number.NaN, pid, tid, args = {} } = event
    must(typeof name === 'string' && name !== '', 'a name')
    must(Number.isInteger(pid) && Number.isInteger(tid), 'whole numbers')
    must(Number.isFinite(ts) && ts >= last, 'in order')
    last = ts
    if (ph === 'M' && name === 'thread_name') named.add(tid)
    if (ph === 'C') must(Object.values(args).length === 1 && Object.values(args).every(isCount), 'one count')
    if (ph === 'M' || ph === 'C') continue
    must(named.has(tid), 'a track with a name')
    const around = open.get(tid) ?? []
    open.set(tid, around)
    // Sums of microseconds are not exact.
    const past = ph === 'X' ? ts + 5e-4 : ts - 5e-4
    while (around.length > 0 && around.at(-1)!.ts + around.at(-1)!.dur! < past) around.pop()
    if (ph === 'X') {
      must(dur >= 0 && typeof event.cat === 'string', 'a duration and a category')
      const outer = around.at(-1)
      must(outer === undefined || ts + dur <= outer.ts + outer.dur! + 1e-3, `within ${JSON.stringify(outer)}`)
      around.push(event)
    } else if (ph === 's' || ph === 'f') {
      must(around.length > 0, 'at a slice')
      arrows.set(event.id!, (arrows.get(event.id!) ?? 0) + (ph === 's' ? 1 : -1))
    } else must(ph === 'i' && event.s === 't', 'a known kind')
  }
  expect([...arrows].filter(([, balance]) => balance !== 0)).toEqual([])
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && Number.isFinite(value)
}

const slices = ({ traceEvents }: Trace) => traceEvents.filter(({ ph }) => ph === 'X')
const find = (trace: Trace, name: string, cat: string) => slices(trace).find((e) => e.name === name && e.cat === cat)!
const nameOf = ({ traceEvents }: Trace, track: number) =>
  traceEvents.find(({ name, tid }) => name === 'thread_name' && tid === track)?.args?.name

const job = { engine: 'native', mode: 'async', bytes: 8 } as const
const HEAD = { script: '/a/b.js', pid: 10, node: 'v20.0.0', platform: 'linux-x64', begin: 1, loopThread: 10 }
const TAIL = { time: 100, droppedSteps: 0, droppedGrains: 0, engine: 'native avx2', environment: 1 }

/** Two children at once, calls in and out of scopes, a task, all that can befall a call. */
const SAMPLE: Recording = {
  head: HEAD,
  tail: TAIL,
  scopes: [
    { type: 'started', id: 1, name: 'page', kind: 'scope', time: 10, deadline: 500 },
    { type: 'started', id: 2, name: 'left', kind: 'child', parent: 1, time: 10 },
    { type: 'started', id: 3, name: 'right', kind: 'child', parent: 1, time: 11 },
    { type: 'cancelled', id: 3, name: 'right', kind: 'child', parent: 1, time: 20, why: 'too late' },
    {
      type: 'settled',
      id: 3,
      name: 'right',
      kind: 'child',
      parent: 1,
      time: 21,
      outcome: 'cancelled',
      why: 'too late',
    },
    { type: 'settled', id: 2, name: 'left', kind: 'child', parent: 1, time: 30, outcome: 'fulfilled' },
    { type: 'settled', id: 1, name: 'page', kind: 'scope', time: 31, outcome: 'fulfilled' },
  ],
  jobs: [
    { ...job, type: 'queued', id: 1, name: 'sort', scope: 2, time: 12 },
    { ...job, type: 'started', id: 1, name: 'sort', scope: 2, time: 14 },
    {
      ...{ ...job, type: 'settled', id: 1, name: 'sort', scope: 2, time: 28, outcome: 'fulfilled' },
      ...{ queuedAt: 12, startedAt: 14, endedAt: 27, grains: 3, threads: 2 },
    },
    { ...job, type: 'queued', id: 2, name: 'topK', scope: 3, time: 12 },
    { ...job, type: 'cancelled', id: 2, name: 'topK', scope: 3, time: 20, why: 'too late' },
    { ...job, type: 'settled', id: 2, name: 'topK', scope: 3, time: 20.5, outcome: 'cancelled', why: 'too late' },
    { ...job, type: 'started', id: 3, name: 'sum', mode: 'sync', time: 40 },
    { ...job, type: 'settled', id: 3, name: 'sum', mode: 'sync', time: 45, outcome: 'fulfilled', startedAt: 40 },
    { ...job, type: 'queued', id: 4, name: 'sort', time: 90 },
  ],
  tasks: [
    { type: 'queued', id: 1, name: 'parse', on: 'thread', mode: 'async', time: 50 },
    { type: 'started', id: 1, name: 'parse', on: 'thread', mode: 'async', time: 55, worker: 3 },
    { type: 'settled', id: 1, name: 'parse', on: 'thread', mode: 'async', time: 61, worker: 3, outcome: 'fulfilled' },
    { type: 'started', id: 2, name: 'again', on: 'thread', mode: 'async', time: 60, worker: 3 },
    { type: 'settled', id: 2, name: 'again', on: 'thread', mode: 'async', time: 70, worker: 3, outcome: 'rejected' },
  ],
  // biome-ignore format: a table
  grains: [
    21, 1, 1, 0, 14, 18, 100, 0,
    22, 1, 1, 0, 15, 19, 100, 1,
    21, 1, 1, 0, 18, 26, 100, 0,
    10, 1, 3, 1, 41, 44, 100, 0,
    22, 2, 1, 1, 56, 58, 100, 0, // of a worker's call, whose number is one of ours, too
  ],
  names: new Map([
    [0, 'sort[f64]'],
    [1, 'sum[f64]'],
  ]),
  late: [{ due: 39, ms: 7 }],
}

describe('a trace', () => {
  const trace = traceOf(SAMPLE, '1.2.3')

  it('is well-formed, and says what it is of', () => {
    check(trace)
    expect(trace.otherData).toMatchObject({ version: '1.2.3', script: '/a/b.js', engine: 'native avx2' })
    expect(trace.traceEvents[0]).toMatchObject({ name: 'process_name', pid: 10, args: { name: 'node /a/b.js' } })
  })

  it('has scopes as nested slices, and what runs beside them on tracks of its own', () => {
    const [page, left, right] = ['page', 'left', 'right'].map((name) => find(trace, name, 'scope'))
    expect(page).toMatchObject({ ts: 10_000, dur: 21_000, args: { outcome: 'fulfilled', deadlineMs: 500 } })
    expect(left!.tid).toBe(page!.tid)
    expect(right!.tid).not.toBe(page!.tid)
    expect(find(trace, 'sort', 'job').tid).toBe(left!.tid)
    expect(find(trace, 'topK', 'job')).toMatchObject({ tid: right!.tid, args: { outcome: 'cancelled', scope: 3 } })
    expect(trace.traceEvents.filter(({ ph }) => ph === 'i').map(({ tid, args }) => [tid, args?.why])).toEqual([
      [right!.tid, 'too late'],
      [right!.tid, 'too late'],
    ])
  })

  it('marks what waited, and what has not ended', () => {
    const queued = slices(trace).filter(({ name }) => name === 'queued')
    expect(queued.map(({ ts, dur, args }) => [ts, dur, args?.call])).toEqual([
      [12_000, 8500, 'job 2'],
      [12_000, 2000, 'job 1'],
      [50_000, 5000, 'task 1'],
      [90_000, 10_000, 'job 4'],
    ])
    expect(slices(trace).at(-2)).toMatchObject({ name: 'sort', dur: 10_000, args: { outcome: 'unfinished' } })
  })

  it('has blocking calls, with their grains, on the track of the event loop', () => {
    const sum = slices(trace).filter(({ tid }) => nameOf(trace, tid) === 'event loop: blocking calls')
    expect(sum.map(({ name, cat }) => [name, cat])).toEqual([
      ['sum', 'job'],
      ['sum', 'grain'],
    ])
  })

  it('has a track for each worker and for each thread, and arrows from calls to them', () => {
    const at = (tid: number) => slices(trace).filter((event) => event.tid === tid)
    const runs = at(find(trace, 'parse', 'run').tid)
    // The second began before this thread heard of the first one's end.
    expect(runs.map(({ name, ts, dur }) => [name, ts, dur])).toEqual([
      ['parse', 55_000, 5000],
      ['again', 60_000, 10_000],
    ])
    const threads = ['kernels on thread 21', 'kernels on thread 22'].map((track) =>
      slices(trace)
        .filter(({ tid }) => nameOf(trace, tid) === track)
        .map(({ name, ts, args }) => [name, ts, args?.environment]),
    )
    // biome-ignore format: a table
    expect(threads).toEqual([
      [['sort', 14_000, undefined], ['sort', 18_000, undefined]],
      [['sort', 15_000, undefined], ['sum[f64]', 56_000, 2]],
    ])
    const arrows = trace.traceEvents.filter(({ ph }) => ph === 's' || ph === 'f')
    expect(arrows.map(({ ph, ts }) => `${ph} ${ts}`)).toEqual([
      's 12000',
      'f 14000',
      's 50000',
      'f 55000',
      's 60000',
      'f 60000',
    ])
  })

  it('counts how late the loop was, and busy threads', () => {
    const counter = (counted: string) =>
      trace.traceEvents.filter(({ ph, name }) => ph === 'C' && name === counted).map(({ ts, args }) => [ts, args])
    expect(counter('event loop delay')).toEqual([
      [1000, { ms: 0 }],
      [39_000, { ms: 7 }],
      [46_000, { ms: 0 }],
    ])
    expect(counter('busy threads').map(([ts, args]) => [ts, (args as { threads: number }).threads])).toEqual([
      ...[[14_000, 1], [15_000, 2], [19_000, 1], [26_000, 0]], // biome-ignore format: a table
      ...[[41_000, 1], [44_000, 0], [56_000, 1], [58_000, 0]], // biome-ignore format: a table
    ])
  })

  it('is well-formed whatever happened', () => {
    const random = seeded(5)
    const upTo = (limit: number) => Math.floor(random() * limit)
    for (let round = 0; round < 40; round++) {
      const recording = randomRecording(upTo, random)
      check(traceOf(recording, '1.2.3'))
      expect(timelineOf(recording, '1.2.3')).not.toMatch(/NaN|Infinity|undefined/)
    }
    check(traceOf({ ...SAMPLE, jobs: [], tasks: [], scopes: [], grains: [], late: [] }, '1.2.3'))
  })

  it('is written as JSON, however many events there are', () => {
    const file = join(folder, 'many.json')
    const event = trace.traceEvents.at(-1)!
    const traceEvents = Array.from({ length: 5001 }, (_, i) => ({ ...event, ts: i }))
    writeTrace(file, { ...trace, traceEvents })
    expect(JSON.stringify(readTrace(file).traceEvents)).toBe(JSON.stringify(traceEvents))
    writeTrace(file, { ...trace, traceEvents: [] })
    expect(readTrace(file).traceEvents).toEqual([])
  })
})

/** Scopes in scopes, calls in and out of them; ends are where they may not be. */
function randomRecording(upTo: (limit: number) => number, random: () => number): Recording {
  const jobs: Recording['jobs'][number][] = []
  const scopes: Recording['scopes'][number][] = []
  const tasks: Recording['tasks'][number][] = []
  const grains: number[] = []
  for (let id = 1; id <= 30; id++) {
    const [time, length] = [random() * 50, random() * 30]
    const parent = upTo(2) === 0 || id === 1 ? {} : { parent: 1 + upTo(id - 1) }
    const scope = upTo(2) === 0 ? {} : { scope: 1 + upTo(30) }
    const kind = upTo(2) === 0 ? 'scope' : 'child'
    scopes.push({ type: 'started', id, name: `s${id}`, kind, time, ...parent })
    if (upTo(9) > 0) scopes.push({ type: 'settled', id, name: `s${id}`, kind, time: time + length, ...parent })
    const mode = (['async', 'sync', 'inline'] as const)[upTo(3)]!
    jobs.push({ ...job, type: 'queued', id, name: 'sum', time, mode, ...scope })
    if (upTo(2) > 0) jobs.push({ ...job, type: 'started', id, name: 'sum', mode, time: time + length / 2, ...scope })
    jobs.push({ ...job, type: 'settled', id, name: 'sum', mode, time: time + length, ...scope })
    const task = { id, name: 'task', on: 'thread', mode: 'async', worker: upTo(3), ...scope } as const
    tasks.push({ ...task, type: 'started', time }, { ...task, type: 'settled', time: time + length })
    const begin = random() * 80
    grains.push(upTo(3) * 10, 1, id, 0, begin, begin + random() * 10, 5, 0)
  }
  return { ...SAMPLE, jobs, scopes, tasks, grains }
}

describe('the summary', () => {
  it('has a line for each kernel and task', () => {
    const lines = summaryOf(SAMPLE).trimEnd().split('\n')
    expect(lines.map((line) => line.replaceAll(/ {2,}/g, ' | ').trim())).toEqual([
      '| calls | total | longest | waited | threads',
      'sort | 2 | 13.0 ms | 13.0 ms | 10.0 ms | 2',
      'again (task) | 1 | 10.0 ms | 10.0 ms | 0 ns | 1',
      'parse (task) | 1 | 6.00 ms | 6.00 ms | 5.00 ms | 1',
      'sum | 1 | 5.00 ms | 5.00 ms | 0 ns | 1',
      'sum[f64] (in workers) | – | 2.00 ms | – | – | –',
      'topK | 1 | 0 ns | 0 ns | 8.50 ms | 0',
      'the event loop was held up for 7.00 ms at most, 39.0 ms after the start',
    ])
    expect(countsOf(SAMPLE)).toBe('1 scope, 4 kernel calls, 2 tasks, 5 grains on 3 threads')
  })
})

describe('the picture', () => {
  it('is well-formed, and names what ran', () => {
    const svg = timelineOf({ ...SAMPLE, head: { ...HEAD, script: '/a/<&">.js' } }, '1.2.3')
    const tags = /<(\/?)([a-z]+)(?:\s+[\w:-]+="[^"<]*")*\s*(\/?)>/gi
    const open: string[] = []
    for (const [, close, name, self] of svg.matchAll(tags)) {
      if (close) expect(open.pop()).toBe(name)
      else if (!self) open.push(name!)
    }
    expect(open).toEqual([])
    expect(svg.replaceAll(tags, '')).not.toMatch(/[<>]/)
    expect(svg).toContain('&lt;&amp;&quot;&gt;.js')
    for (const label of ['page', 'left', 'sort', 'parse', 'at most 7.00 ms', 'kernel thread 2', 'task thread 3']) {
      expect(svg).toContain(`>${label}</text>`)
    }
  })

  it('stays small, however much ran', () => {
    const grains = Array.from({ length: 8000 }, (_, i) => [20 + (i % 2), 1, 1, i % 5 === 0 ? 1 : 0, i, i + 0.9, 1, 0])
    const jobs = Array.from({ length: 1000 }, (_, id) =>
      (['queued', 'settled'] as const).map((type, i) => ({ ...job, type, id, name: 'sort', time: 8 * id + 4 * i })),
    )
    const svg = timelineOf({ ...SAMPLE, grains: grains.flat(), jobs: jobs.flat() }, '1.2.3')
    expect(svg.length).toBeLessThan(250_000)
  })
})

describe('a recording', () => {
  it('keeps so much, counts the rest, and takes any reason', async () => {
    const file = join(folder, 'recording')
    record(file, { most: 3 })
    const reason = { toString: () => { throw new Error('no text') } } // biome-ignore format: short
    for (let id = 1; id <= 5; id++) {
      channel('offloop:task').publish({ type: 'progress', id, time: id, fraction: 0.5 })
      channel('offloop:task').publish({ type: 'cancelled', id, name: 'x', on: 'thread', time: id, reason })
    }
    await expect
      .poll(async () => (await readRecording(file))?.tail, { timeout: 10_000 })
      .toMatchObject({ droppedSteps: 2, droppedGrains: 0 })
    const recording = (await readRecording(file))!
    expect(recording.tasks.map(({ id, type, why }) => [id, type, why])).toEqual(
      [1, 2, 3].map((id) => [id, 'cancelled', 'something that has no text']),
    )
    // As a program leaves it that is killed while it writes.
    writeFileSync(file, `${readFileSync(file, 'utf8').trimEnd()}\n["task",{"ty`)
    expect((await readRecording(file))?.tasks).toHaveLength(3)
    writeFileSync(file, '')
    expect(await readRecording(file)).toBeUndefined()
  })
})

describe('offloop trace', () => {
  const WORK = `
    import { sort, sum } from 'DIST/index.js'
    import { scope, task } from 'DIST/landscape/index.js'
    const x = Float64Array.from({ length: 400_000 }, (_, i) => (i * 7919) % 10007)
    const total = task((n) => { let sum = 0; for (let i = 0; i < n; i++) sum += i; return sum }, { on: 'thread', name: 'total' })
    await scope(async ({ spawn }) => {
      spawn(() => sort(x), { name: 'sorting' })
      spawn(() => total(1000), { name: 'summing' })
    }, { name: 'both' })
    sum.sync(x)
    console.log(JSON.stringify([process.argv.slice(2), process.execArgv, process.env.OFFLOOP_TRACE_FILE ?? null]))`

  it('runs a script with its arguments, writes trace and picture, and ends as the script does', async () => {
    const [out, picture] = [join(folder, 'work.json'), join(folder, 'work.svg')]
    const file = script('work.mjs', `${WORK}\nprocess.exit(3)`)
    const { code, stdout, stderr } = await offloop([
      'trace',
      '--out',
      out,
      `--picture=${picture}`,
      file,
      '--help',
      '-x',
    ])
    expect({ code, stdout }).toEqual({ code: 3, stdout: '[["--help","-x"],[],null]\n' })
    expect(stderr).toMatch(/^sort +1 /m)
    expect(stderr).toContain(`offloop: wrote ${out} and ${picture}: 1 scope, 2 kernel calls, 1 task, `)
    expect(readFileSync(picture, 'utf8')).toContain('>total</text>')
    const trace = readTrace(out)
    check(trace)
    for (const [name, cat] of [
      ['sort', 'job'],
      ['sum', 'job'],
      ['total', 'task'],
      ['total', 'run'],
    ] as const) {
      // biome-ignore format: a list
      expect(slices(trace).filter((event) => event.name === name && event.cat === cat), name).toHaveLength(1)
    }
    expect(slices(trace).filter(({ cat }) => cat === 'scope')).toHaveLength(3)
    const grains = slices(trace).filter(({ cat }) => cat === 'grain')
    expect(new Set(grains.map(({ name }) => name.replace(/\W.*/, '')))).toEqual(
      new Set(isNative ? ['sort', 'sum'] : []),
    )
    const ends = slices(trace).map(({ ts, dur }) => ts + dur!)
    const began = find(trace, 'sort', 'job').ts
    for (const grain of grains) expect(grain.ts).toBeGreaterThanOrEqual(began - 1)
    for (const grain of grains) expect(grain.ts + grain.dur!).toBeLessThanOrEqual(Math.max(...ends) + 1)
    expect(trace.traceEvents.some(({ name, ph }) => ph === 'C' && name === 'event loop delay')).toBe(true)
  })

  it('works without native code, and with a script that throws', async () => {
    const out = join(folder, 'js.json')
    const file = script('js.mjs', `${WORK}\nthrow new Error('thrown')`)
    const { code, stderr } = await offloop(['trace', '--out', out, file], { OFFLOOP_ENGINE: 'js', OFFLOOP_SILENT: '1' })
    expect(code).toBe(1)
    expect(stderr).toContain('Error: thrown')
    expect(stderr).toContain('1 scope, 2 kernel calls, 1 task, 0 grains on 0 threads')
    const trace = readTrace(out)
    check(trace)
    expect(trace.otherData.engine).toBe('JavaScript only (OFFLOOP_ENGINE=js asks for JavaScript)')
    expect(find(trace, 'sort', 'job').args).toMatchObject({ engine: 'js', outcome: 'fulfilled' })
  })

  it.skipIf(process.platform === 'win32')('passes signals on, and says where nothing was called', async () => {
    const out = join(folder, 'none.json')
    const file = script('none.cjs', 'setInterval(() => {}, 1000); console.log(require.main === module)')
    const child = spawn(process.execPath, [CLI, 'trace', '--out', out, file], { env: ENV })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (data) => {
      stdout += data
      child.kill('SIGTERM')
    })
    child.stderr.on('data', (data) => (stderr += data))
    const how = await new Promise((resolve) => child.on('close', (code, signal) => resolve([code, signal])))
    expect({ how, stdout }).toEqual({ how: [null, 'SIGTERM'], stdout: 'true\n' })
    expect(stderr).toContain('none.cjs called nothing of offloop')
    expect(stderr).toContain('0 scopes, 0 kernel calls, 0 tasks, 0 grains on 0 threads')
    check(readTrace(out))
    expect(readTrace(out).otherData.engine).toBe('not used')
  })

  it.each([
    ['', 'Expected a script for trace but received none'],
    ['--out x.json', 'Expected a script for trace but received none'],
    ['no-such.js', "Expected a script for trace but received 'no-such.js', which is no file"],
    ['--out no/such/x.json package.json', "writable folder for --out but received 'no/such/x.json'"],
    ['--picture src package.json', "writable folder for --picture but received 'src': it is a folder"],
    ['--uot x.json package.json', 'Unknown flag --uot; did you mean --out?'],
    ['--out', '--out needs a value'],
  ])('%s is refused', (line, message) => {
    const args = line.split(' ').filter((word) => word !== '')
    expect(() => readTraceRequest(args)).toThrow(message)
    expect(() => readTraceRequest(args)).toThrow(UsageError)
  })

  it('reads flags before the script, and leaves those after it alone', () => {
    const file = script('any.js', '')
    expect(readTraceRequest([file])).toEqual({ out: 'trace.json', picture: undefined, script: file, args: [] })
    expect(readTraceRequest(['--picture', 'p.svg', file, '--out', 'x'])).toMatchObject({
      picture: 'p.svg',
      args: ['--out', 'x'],
    })
    expect(readTraceRequest(['--out=y.json', '--', file, '--', 'x'])).toMatchObject({
      out: 'y.json',
      args: ['--', 'x'],
    })
    // As node finds it.
    expect(readTraceRequest([file.slice(0, -3)])).toMatchObject({ script: file.slice(0, -3) })
  })
})
