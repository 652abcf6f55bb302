/** `offloop trace`: runs a script, and writes what it had offloop do as a trace. */
import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, mkdtempSync, constants as modes, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { info } from '../core/info.js'
import { traceOf } from '../trace/events.js'
import { timelineOf } from '../trace/picture.js'
import { readRecording } from '../trace/read.js'
import { countsOf, many, summaryOf } from '../trace/summary.js'
import type { Recording } from '../trace/types.js'
import { writeTrace } from '../trace/write.js'
import { type Flags, firstLine, parse, UsageError } from './arguments.js'

const FLAGS: Flags = { out: { type: 'string' }, picture: { type: 'string' } }

export interface TraceRequest {
  readonly out: string
  readonly picture: string | undefined
  readonly script: string
  /** The script's own. */
  readonly args: readonly string[]
}

/** Flags of ours stand before the script; all that comes after it is the script's. */
export function readTraceRequest(args: readonly string[]): TraceRequest {
  const at = scriptAt(args)
  const { values } = parse(args.slice(0, at), FLAGS)
  const [script, ...rest] = args.slice(args[at] === '--' ? at + 1 : at)
  if (script === undefined) {
    throw new UsageError('Expected a script for trace but received none; as in: offloop trace script.js')
  }
  if (!isFile(script)) throw new UsageError(`Expected a script for trace but received '${script}', which is no file`)
  const [out = 'trace.json', picture] = [values.out, values.picture] as (string | undefined)[]
  checkWritable('--out', out)
  if (picture !== undefined) checkWritable('--picture', picture)
  return { out, picture, script, args: rest }
}

/** Where our flags and their values end. */
function scriptAt(args: readonly string[]): number {
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!
    if (arg === '--' || !arg.startsWith('-')) return at
    if (Object.hasOwn(FLAGS, arg.slice(2))) at++
  }
  return args.length
}

/** As Node looks for it: it may be a folder with an index.js, or lack its extension. */
function isFile(script: string): boolean {
  try {
    return statSync(createRequire(join(process.cwd(), 'x')).resolve(resolve(script))).isFile()
  } catch {
    return false
  }
}

/** Before anything runs. */
function checkWritable(flag: string, file: string): void {
  try {
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) throw new Error('it is a folder')
    accessSync(dirname(file), modes.W_OK)
  } catch (error) {
    throw new UsageError(`Expected a file in a writable folder for ${flag} but received '${file}': ${firstLine(error)}`)
  }
}

/** Returns the script's exit code; ends by the signal that ended it. */
export async function traceCommand(args: readonly string[]): Promise<number> {
  const request = readTraceRequest(args)
  const folder = mkdtempSync(join(tmpdir(), 'offloop-trace-'))
  try {
    const file = join(folder, 'recording')
    const { code, signal } = await run(request, file)
    const recording = await readRecording(file).catch(() => undefined)
    if (recording === undefined) {
      process.stderr.write(`offloop: ${request.script} ended before anything could be recorded\n`)
    } else report(recording, request)
    return signal === null ? (code ?? 1) : endBy(signal)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

function run({ script, args }: TraceRequest, file: string): Promise<Ending> {
  // Our build has this module in dist/parts, and that one in dist/trace.
  const preload = new URL('../trace/preload.js', import.meta.url).href
  const child = spawn(process.execPath, ['--import', preload, script, ...args], {
    stdio: 'inherit',
    env: { ...process.env, OFFLOOP_TRACE_FILE: file },
  })
  const undo = passSignals(child)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      undo()
      resolve({ code, signal })
    })
  })
}

/** A script stuck in a loop, with a handler of its own, is killed at the third Ctrl-C. */
const PATIENCE = 3

/** The script is told what this process is told, and ends by itself, or not. */
function passSignals(child: ChildProcess): () => void {
  // A terminal tells both of Ctrl-C.
  const terminal = process.stdin.isTTY || process.stderr.isTTY
  let interrupts = 0
  const interrupt = () => {
    if (++interrupts >= PATIENCE) child.kill('SIGKILL')
    else if (!terminal) child.kill('SIGINT')
  }
  const terminate = () => child.kill('SIGTERM')
  const hangUp = () => child.kill('SIGHUP')
  process.on('SIGINT', interrupt).on('SIGTERM', terminate).on('SIGHUP', hangUp)
  return () => void process.off('SIGINT', interrupt).off('SIGTERM', terminate).off('SIGHUP', hangUp)
}

/** As shells expect it. Signals that do not simply end a process become their exit code. */
function endBy(signal: NodeJS.Signals): number {
  if (signal === 'SIGINT' || signal === 'SIGTERM' || signal === 'SIGHUP') {
    process.once('exit', () => process.kill(process.pid, signal))
  }
  return 128 + constants.signals[signal]
}

/** To stderr: stdout is the script's. */
function report(recording: Recording, { out, picture, script }: TraceRequest): void {
  const { version } = info()
  writeTrace(out, traceOf(recording, version))
  if (picture !== undefined) writeFileSync(picture, timelineOf(recording, version))
  const summary = summaryOf(recording)
  const { droppedSteps, droppedGrains } = recording.tail
  const lines = [
    summary === '' ? `offloop: ${script} called nothing of offloop in its main thread` : `\n${summary}`,
    ...(droppedSteps + droppedGrains === 0
      ? []
      : [`left out: ${many(droppedSteps, 'step')} of calls, ${many(droppedGrains, 'grain')}`]),
    `offloop: wrote ${[out, picture].filter((file) => file !== undefined).join(' and ')}: ${countsOf(recording)}; open ${out} in https://ui.perfetto.dev or chrome://tracing`,
  ]
  process.stderr.write(`${lines.join('\n')}\n`)
}
