/** `offloop landscape`: what it reports, prints and draws. Nothing here asserts on speed or on clocks. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { info, matrix, topK } from '../dist/index.js'
import {
  type Landscape,
  logAxis,
  type Mark,
  nearest,
  painter,
  pictureOf,
  placeLabels,
  readLandscapeRequest,
  seeded,
  svgOf,
  tableOf,
  UsageError,
  type WayName,
} from '../dist/internal.js'
import { CLI, ENV, offloop } from './command.js'

const QUICK = ['landscape', '--quick', '--seconds', '0.3']
const WAYS: WayName[] = ['await', 'all', 'threads', 'processes', 'twin', 'kernel']
const folder = mkdtempSync(join(tmpdir(), 'offloop-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A landscape with these marks. */
function landscape(marks: readonly Mark[], agrees = true): Landscape {
  const rows = marks.map(({ way, atOnce }) => ({
    ...{ face: way, medianMs: 340 / atOnce, q1Ms: 1, q3Ms: 2, runs: 3, speedup: atOnce, speedupQ1: 1, speedupQ3: 1 },
    ...{ loopP99Ms: 0.1, loopMaxMs: 123.4, agrees },
  }))
  const job = { title: 'a job', parts: 8, rows, rounds: 3, idleLoopP99Ms: 1.1 }
  const machine = { version: '1.2.3', isa: 'avx2', threads: 2, platform: 'linux-x64', node: 'v20.0.0' }
  return { ...machine, engine: 'native', waiting: job, computing: job, marks, partial: false }
}

function mark(way: WayName, atOnce: number, faster: number, holdsLoop = false): Mark {
  return { way, atOnce, faster, holdsLoop }
}

const USUAL = [
  mark('await', 1, 1, true),
  mark('all', 25, 1.02, true),
  mark('threads', 1.95, 1.8),
  mark('processes', 1.9, 1.5),
  mark('twin', 26, 0.7, true),
  mark('kernel', 24, 90),
]

describe('offloop landscape', () => {
  it('prints one line of JSON: every way on both jobs, all with the same results', async () => {
    const { code, stdout, stderr } = await offloop([...QUICK, '--json'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^[^\n]+\n$/)
    const result = JSON.parse(stdout) as Landscape
    const { version, engine, isa, threads, platform, node } = info()
    expect(result).toEqual({
      ...{ version, engine, isa, threads, platform, node },
      ...{ waiting: expect.any(Object), computing: expect.any(Object), marks: expect.any(Array), partial: false },
    })
    for (const job of [result.waiting, result.computing]) {
      expect(Object.keys(job).sort()).toEqual(['idleLoopP99Ms', 'parts', 'rounds', 'rows', 'title'])
      expect(job.rounds).toBeGreaterThanOrEqual(1)
      expect(job.rows.map(({ face }) => face)).toEqual(WAYS)
      for (const { face, agrees, ...times } of job.rows) {
        expect(agrees, face).toBe(true)
        expect(Object.keys(times).sort()).toEqual(
          ['loopMaxMs', 'loopP99Ms', 'medianMs', 'q1Ms', 'q3Ms', 'runs', 'speedup', 'speedupQ1', 'speedupQ3'], // biome-ignore format: a list
        )
        for (const value of Object.values(times)) expect(value, face).toBeGreaterThanOrEqual(0)
        expect(times.medianMs, face).toBeGreaterThan(0)
      }
      expect(job.rows[0]!.speedup).toBe(1)
    }
    expect(result.marks.map(({ way }) => way)).toEqual(WAYS)
    expect(result.marks.map(({ atOnce }) => atOnce)).toEqual(result.waiting.rows.map(({ speedup }) => speedup))
    expect(result.marks.map(({ faster }) => faster)).toEqual(result.computing.rows.map(({ speedup }) => speedup))
  })

  it('prints a table and a picture in 80 columns, and writes the SVG', async () => {
    const file = join(folder, 'landscape.svg')
    const { code, stdout, stderr } = await offloop([...QUICK, '--svg', file])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '2 jobs, about 1 s\n' })
    expect(stdout).not.toContain('\x1b')
    for (const line of stdout.split('\n').slice(1)) expect(line.length, line).toBeLessThanOrEqual(80)
    for (const label of ['await, one by one', 'threads', 'processes', 'JavaScript twin', 'doing more at once']) {
      expect(stdout).toContain(label)
    }
    expect(readFileSync(file, 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/)
  })

  it('runs without native code', async () => {
    const { code, stdout } = await offloop(QUICK, { OFFLOOP_ENGINE: 'js' })
    expect(code).toBe(0)
    expect(stdout).toContain('kernel, JavaScript')
    expect(stdout).not.toContain('native kernel')
  })

  it.skipIf(process.platform === 'win32')('prints what was measured on Ctrl-C', async () => {
    const child = spawn(process.execPath, [CLI, 'landscape', '--quick', '--seconds', '900'], { env: ENV })
    let stdout = ''
    child.stdout.on('data', (data) => (stdout += data))
    // It says so once it listens.
    child.stderr.once('data', () => setTimeout(() => child.kill('SIGINT'), 1000))
    const how = await new Promise((resolve) => child.on('close', (code, signal) => resolve([code, signal])))
    expect(how).toEqual([130, null])
    expect(stdout).toContain('stopped early')
  })

  it.each([
    ['x', "Expected no argument for landscape but received 'x'"],
    ['--size 0', "for --size but received '0'"],
    ['--seconds x', "for --seconds but received 'x'"],
    ['--svg', '--svg needs a value'],
    ['--svg no/such/folder/x.svg', "writable folder for --svg but received 'no/such/folder/x.svg'"],
    ['--sgv x.svg', 'Unknown flag --sgv; did you mean --svg?'],
    ['--quick=1', '--quick takes no value'],
  ])('%s is refused', (line, message) => {
    expect(() => readLandscapeRequest(line.split(' '))).toThrow(message)
    expect(() => readLandscapeRequest(line.split(' '))).toThrow(UsageError)
  })

  it('reads its flags', () => {
    const usual = readLandscapeRequest([])
    const quick = readLandscapeRequest(['--quick', '--size', '3e4', '--json'])
    expect(usual).toMatchObject({ size: 10_000, seconds: 10, svg: undefined, json: false })
    expect(quick).toMatchObject({ size: 30_000, json: true })
    expect(quick.requests).toBeLessThan(usual.requests)
  })
})

describe('the computing job', () => {
  it('finds what topK finds, ties by the lower row', () => {
    const random = seeded(3)
    const some = (length: number) => Float32Array.from({ length }, () => Math.floor(4 * random()))
    for (const [columns, rows, k] of [
      [3, 40, 40],
      [8, 100, 7],
      [1, 5, 1],
    ] as const) {
      // biome-ignore format: a table
      const [queries, corpus] = [some(6 * columns), some(rows * columns)]
      const options = { k, metric: 'sqeuclidean' } as const
      const { indices } = topK.js(matrix(queries, 6, columns), matrix(corpus, rows, columns), options)
      expect(nearest(queries, corpus, columns, k)).toEqual(indices.data)
    }
  })
})

describe('the table', () => {
  it('has a line for each way, dashes for what was not measured, and names what disagrees', () => {
    const whole = landscape(USUAL)
    const partial = { ...whole, computing: { ...whole.computing, rows: [] }, partial: true }
    const plain = painter(false)
    expect(tableOf(whole, plain)).toMatch(/^native kernel +14\.2 ms +24\.0× +123 ms +14\.2 ms +24\.0× +123 ms$/m)
    expect(tableOf(partial, plain)).toMatch(/^threads .*–$/m)
    expect(tableOf(partial, plain)).toContain('stopped early')
    expect(tableOf(landscape([USUAL[2]!], false), plain)).toContain('WRONG: threads')
    expect(tableOf(whole, plain)).not.toContain('WRONG')
  })
})

describe('the picture', () => {
  it('puts each way where it was measured', () => {
    const lines = pictureOf(landscape(USUAL), painter(false)).split('\n')
    const at = (label: string) => {
      const y = lines.findIndex((line) => line.includes(label))
      const line = lines[y]!
      const start = line.indexOf(label)
      return { x: start, y, mark: /[●○]/.exec(line)?.[0] }
    }
    const [kernel, threads, one, twin] = ['native kernel', 'threads', 'await, one by one', 'JavaScript twin'].map(at)
    expect(kernel!.y).toBeLessThan(threads!.y)
    expect(threads!.y).toBeLessThanOrEqual(one!.y)
    expect(one!.y).toBeLessThanOrEqual(twin!.y)
    expect(kernel!.x).toBeGreaterThan(threads!.x)
    expect(twin!.x).toBeGreaterThan(threads!.x)
    expect([kernel!.mark, one!.mark]).toEqual(['●', '○'])
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80)
  })

  it('names every way, however crowded, and is nothing without marks', () => {
    const random = seeded(7)
    for (let round = 0; round < 200; round++) {
      const spread = 10 ** (round % 4)
      const marks = WAYS.map((way) => mark(way, random() * spread + 0.01, random() * spread + 0.01, random() < 0.5))
      const text = pictureOf(landscape(marks), painter(false))
      for (const label of ['one by one', 'all at once', 'threads', 'processes', 'twin', 'kernel']) {
        expect(text, `round ${round}`).toContain(label)
      }
      for (const line of text.split('\n')) expect(line.length, `round ${round}`).toBeLessThanOrEqual(80)
    }
    expect(pictureOf(landscape([]), painter(false))).toBe('')
  })

  it('has colours where they are wanted', () => {
    expect(pictureOf(landscape(USUAL), painter(true))).toContain('\x1b[32m●')
  })
})

describe('the SVG', () => {
  it('is well-formed, with a mark and a name for each way', () => {
    const svg = svgOf({ ...landscape(USUAL), node: '<&">' })
    const open: string[] = []
    for (const [, close, name, self] of svg.matchAll(/<(\/?)([a-z]+)(?:\s+[\w:-]+="[^"<]*")*\s*(\/?)>/g)) {
      if (close) expect(open.pop()).toBe(name)
      else if (!self) open.push(name!)
    }
    expect(open).toEqual([])
    expect(svg.replace(/<\/?[a-z]+(?:\s+[\w:-]+="[^"<]*")*\s*\/?>/g, '')).not.toMatch(/[<>]/)
    expect(svg).toContain('Node &lt;&amp;&quot;&gt;')
    // One for each way, two in the legend.
    expect(svg.match(/<circle /g)).toHaveLength(WAYS.length + 2)
    for (const label of ['native kernel', 'JavaScript twin', 'processes']) expect(svg).toContain(`>${label}</text>`)
    const crowd = svgOf(landscape(WAYS.map((way) => mark(way, 2, 2))))
    expect(crowd.match(/stroke-width="4"/g)).toHaveLength(WAYS.length)
  })
})

describe('axes and labels', () => {
  it('an axis spans its values, and has 1 on it', () => {
    for (const values of [[1], [0.3, 40], [5, 700], [1e-9, 1e9]]) {
      const axis = logAxis(values)
      expect(axis.ticks).toContain(1)
      expect(axis.ticks.at(-1)!).toBeGreaterThanOrEqual(10)
      for (const value of values) expect(axis.at(value)).toBeGreaterThanOrEqual(0)
      expect(axis.at(axis.ticks[0]!)).toBe(0)
      expect(axis.at(axis.ticks.at(-1)!)).toBe(1)
      expect(axis.at(3)).toBeGreaterThan(axis.at(2))
    }
  })

  it('labels lie within bounds, on no mark and on no other label', () => {
    const random = seeded(11)
    const bounds = { x: 0, y: 0, w: 60, h: 12 }
    for (let round = 0; round < 300; round++) {
      const marks = WAYS.map(() => ({ x: Math.floor(60 * random()), y: Math.floor(12 * random()), w: 1, h: 1 }))
      const sizes = WAYS.map(() => ({ w: 1 + Math.floor(20 * random()), h: 1 }))
      const labels = placeLabels(marks, sizes, bounds, 1).filter((label) => label !== undefined)
      const cells = [...labels, ...new Set(marks.map(({ x, y }) => `${x},${y}`))].flatMap((box) =>
        typeof box === 'string' ? [box] : Array.from({ length: box.w }, (_, i) => `${box.x + i},${box.y}`),
      )
      expect(new Set(cells).size, `round ${round}`).toBe(cells.length)
      for (const { x, y, w } of labels) {
        expect(x >= 0 && x + w <= 60 && y >= 0 && y < 12, `round ${round}`).toBe(true)
      }
    }
  })
})
