/** The `offloop` command, as a user types it. Nothing here asserts on speed or on clocks. */
import { execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { kernels } from '../dist/index.js'
import { helpOn, progressBar, readRequest, UsageError } from '../dist/internal.js'
import { CLI, ENV, offloop, type Run } from './command.js'

const QUICK = ['--size', '1e4', '--seconds', '0.3']

describe('offloop', () => {
  it('helps', async () => {
    const main = await offloop([])
    expect(main).toMatchObject({ code: 0, stderr: '' })
    expect(main.stdout).toContain('compare')
    expect(await offloop(['--help'])).toEqual(main)
    expect(await offloop(['help'])).toEqual(main)
    const compare = await offloop(['help', 'compare'])
    expect(compare.stdout).toContain('--threads')
    expect(await offloop(['compare', '--help'])).toEqual(compare)
    for (const line of (main.stdout + compare.stdout + helpOn('trace')).split('\n'))
      expect(line.length).toBeLessThanOrEqual(80)
  })

  it('tells its version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
    expect(await offloop(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  it('informs', async () => {
    const text = await offloop(['info'])
    expect(text).toMatchObject({ code: 0, stderr: '' })
    expect(text.stdout).toContain(process.version)
    const json = JSON.parse((await offloop(['info', '--json'], { OFFLOOP_ENGINE: 'js' })).stdout)
    expect(json).toMatchObject({ engine: 'js', isa: 'none', reason: 'OFFLOOP_ENGINE=js asks for JavaScript' })
  })

  it.each([
    [['compar'], "Unknown command 'compar'; did you mean compare?"],
    [['--hepl'], 'Unknown flag --hepl; did you mean --help?'],
    [['info', 'x'], "Expected no argument for info but received 'x'"],
    [['compare', 'smu'], "Unknown kernel 'smu'; did you mean sum?"],
    [['compare', '--sise', '3'], 'Unknown flag --sise; did you mean --size?'],
    [['compare', '--size', 'NaN'], "for --size but received 'NaN'"],
    [['compare', 'sum', '--size', '1e12'], 'Expected memory for sum at size 1000000000000'],
    [['compare', '--threads', '0'], "for --threads but received '0'"],
  ])('%j: one line, exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await offloop(args)
    expect(stderr).toContain(message)
    expect(stderr).toMatch(/^offloop: [^\n]+\n$/)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })

  it.each([
    ['--json=1', '--json takes no value'],
    ['--size', '--size needs a value'],
    ['--size=', '--size needs a value'],
    ['--size -5', "for --size but received '-5'"],
    ['--size 1.5', "for --size but received '1.5'"],
    ['--size 0', "for --size but received '0'"],
    ['--size 1e99', "for --size but received '1e99'"],
    ['--size --json', "for --size but received '--json'"],
    ['--threads 1,x', "for --threads but received '1,x'"],
    ['--threads 1e9', "for --threads but received '1e9'"],
    ['--threads 1,,2', "for --threads but received '1,,2'"],
    ['--dtype f65', "Unknown element type 'f65'"],
    ['sort --dtype i8', "Expected an element type of sort for --dtype but received 'i8'"],
    ['--seconds 0', "for --seconds but received '0'"],
    ['--sizes --size 3', 'either --size or --sizes'],
    ['constructor', "Unknown kernel 'constructor'"],
    ['--constructor', 'Unknown flag --constructor'],
    ['-x', 'Unknown flag -x'],
  ])('compare %s is refused', (line, message) => {
    expect(() => readRequest(line.split(' '))).toThrow(message)
    expect(() => readRequest(line.split(' '))).toThrow(UsageError)
    expect(() => helpOn('me')).toThrow("Unknown command 'me'; there is compare, landscape, trace, info and help")
  })
})

describe('offloop compare', () => {
  it('prints a table, without a bar or escape codes in a pipe', async () => {
    const { code, stdout, stderr } = await offloop(['compare', 'sum', ...QUICK])
    expect(code).toBe(0)
    expect(stderr).toBe('1 kernel, about 1 s\n')
    expect(stdout).toMatch(/^offloop \d/)
    expect(stdout).toContain('sum f64, 10,000 elements: same bits')
    expect(stdout).not.toContain('\x1b')
    for (const line of stdout.split('\n').slice(1)) expect(line.length).toBeLessThanOrEqual(80)
  })

  it('colours when told to', async () => {
    const { stdout } = await offloop(['compare', 'sum', ...QUICK], { FORCE_COLOR: '1' })
    expect(stdout).toContain('\x1b[')
  })

  it('says why JavaScript runs', async () => {
    const { stdout, stderr } = await offloop(['compare', 'sum', ...QUICK], { OFFLOOP_ENGINE: 'js' })
    expect(stdout).toContain('JavaScript only (OFFLOOP_ENGINE=js asks for JavaScript)')
    expect(stdout).toContain('js worker')
    expect(stderr).not.toContain('Warning')
  })

  it('prints JSON, one line for each kernel, and nothing else', async () => {
    const { stdout, stderr } = await offloop([
      'compare',
      'sum',
      'sort',
      '--json',
      '--dtype',
      'f32',
      '--threads',
      '1',
      ...QUICK,
    ])
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(stderr).toBe('')
    expect(lines.map(({ name, dtype, size, partial }) => [name, dtype, size, partial])).toEqual([
      ['sum', 'f32', 10_000, false],
      ['sort', 'f32', 10_000, false],
    ])
    expect(lines[0].rows.length).toBe(2)
  })

  it('goes over sizes', async () => {
    const { code, stdout } = await offloop(['compare', 'sum', '--sizes', '--seconds', '0.5'])
    expect(code).toBe(0)
    expect(stdout).toContain('10,000,000')
    expect(stdout).toContain('est./meas.')
  })

  it.skipIf(process.platform === 'win32')('prints what was measured on Ctrl-C', async () => {
    const child = spawn(process.execPath, [CLI, 'compare', 'sum', 'sort', '--size', '1e4', '--seconds', '900'], {
      env: ENV,
    })
    let stdout = ''
    child.stdout.on('data', (data) => (stdout += data))
    // It says so once it listens.
    child.stderr.once('data', () => setTimeout(() => child.kill('SIGINT'), 1000))
    const how = await new Promise((resolve) => child.on('close', (code, signal) => resolve([code, signal])))
    expect(how).toEqual([130, null])
    expect(stdout).toContain('10,000 elements')
    expect(stdout).toContain('stopped early')
  })

  it('gives many kernels a line each', async () => {
    const { code, stdout } = await offloop(['compare', '--size', '1e3', '--seconds', '0.1'])
    expect(code).toBe(0)
    for (const { name } of kernels())
      expect(stdout).toMatch(
        new RegExp(`^${name.replace('.', '\\.')} .*(same bits|entries differ, .*|error .* of the bound .*)$`, 'm'),
      )
  }, 60_000)

  it.skipIf(process.platform === 'win32')('is quiet when the pipe closes', async () => {
    const command = `"${process.execPath}" "${CLI}" compare sum sum --size 1e4 --seconds 0.3 | head -1`
    const { stdout, stderr } = await new Promise<Run>((resolve) =>
      execFile('sh', ['-c', command], { env: ENV }, (_error, stdout, stderr) => resolve({ code: 0, stdout, stderr })),
    )
    expect(stdout).toMatch(/^offloop [^\n]+\n$/)
    expect(stderr).toBe('1 kernel, about 1 s\n')
  })
})

describe('the bar', () => {
  it('draws on a terminal only', () => {
    const written: string[] = []
    const stream = (isTTY: boolean) =>
      ({ isTTY, write: (text: string) => written.push(text) }) as unknown as NodeJS.WriteStream
    const pipe = progressBar(stream(false), 1000)
    pipe.show('sum', 0.5)
    pipe.clear()
    expect(written).toEqual([])
    const terminal = progressBar(stream(true), 1000)
    terminal.show('sum', 0.5)
    terminal.clear()
    const [begin, end] = ['\r\x1b[Ksum ', '\r\x1b[K']
    expect(written[0]).toContain(begin)
    expect(written[0]).toContain(`${'█'.repeat(12)}${'░'.repeat(12)}  50 %`)
    expect(written[1]).toBe(end)
  })
})
