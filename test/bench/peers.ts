/** Competitors that live in processes of their own: NumPy, and C programs that read and write memory or multiply. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { quantile, settle } from './common.js'

/** Arrays travel through files here. */
const folder = mkdtempSync(join(tmpdir(), 'offloop-bench-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

/** A child that answers every line with a line. */
class Child {
  readonly #process: ChildProcessWithoutNullStreams
  readonly #lines: AsyncIterator<string>

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    this.#process = spawn(command, args, { env })
    this.#process.on('error', () => {}) // the reading end closes, and `ask` says so
    this.#process.stdin.on('error', () => {})
    this.#process.stderr.pipe(process.stderr)
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
  }

  async ask(line: string): Promise<string> {
    this.#process.stdin.write(`${line}\n`)
    const { value, done } = await this.#lines.next()
    if (done) throw new Error(`${this.#process.spawnfile} ended`)
    return value
  }

  close(): void {
    this.#process.stdin.end()
  }
}

type TypedArray =
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array

const NUMPY_DTYPES: Readonly<Record<string, string>> = {
  Float64Array: '<f8',
  Float32Array: '<f4',
  Int32Array: '<i4',
  Uint32Array: '<u4',
  Int16Array: '<i2',
  Uint16Array: '<u2',
  Int8Array: '|i1',
  Uint8Array: '|u1',
}

export interface NumPyVersions {
  readonly python: string
  readonly numpy: string
  readonly blas: string
  readonly features: readonly string[]
}

export class NumPy {
  readonly #child: Child
  readonly versions: NumPyVersions

  private constructor(child: Child, versions: NumPyVersions) {
    this.#child = child
    this.versions = versions
  }

  /** Undefined where python3 or NumPy is not there. `avx2`: without the AVX-512 code that NumPy and OpenBLAS have. */
  static async start(avx2: boolean): Promise<NumPy | undefined> {
    try {
      execFileSync('python3', ['-c', 'import numpy'], { stdio: 'ignore' })
    } catch {
      return undefined
    }
    const env = avx2
      ? { ...process.env, NPY_DISABLE_CPU_FEATURES: 'X86_V4 AVX512_ICL', OPENBLAS_CORETYPE: 'Haswell' }
      : process.env
    const child = new Child('python3', ['-u', fileURLToPath(new URL('numpy_peer.py', import.meta.url))], env)
    return new NumPy(child, JSON.parse(await child.ask('{"do":"about"}')) as NumPyVersions)
  }

  /** Gives NumPy the same numbers. `work`: with a second array to sort in place. */
  async load(name: string, array: TypedArray, shape: readonly number[], work = false): Promise<void> {
    const path = join(folder, name)
    writeFileSync(path, new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
    const dtype = NUMPY_DTYPES[array.constructor.name]!
    await this.#child.ask(JSON.stringify({ do: 'load', name, path, dtype, shape, work }))
    rmSync(path)
  }

  /** Milliseconds of one of the functions of numpy_peer.py, by NumPy's own clock. */
  async time(what: string): Promise<number> {
    return (JSON.parse(await this.#child.ask(JSON.stringify({ do: 'time', what }))) as { ms: number }).ms
  }

  /** Runs Python: imports, definitions. False if a package is missing. */
  async run(code: string): Promise<boolean> {
    return (JSON.parse(await this.#child.ask(JSON.stringify({ do: 'run', code }))) as { ok: boolean }).ok
  }

  /** Milliseconds of a Python expression over the loaded arrays and what `run` defined, by Python's clock. */
  async evaluate(expression: string): Promise<number> {
    return (JSON.parse(await this.#child.ask(JSON.stringify({ do: 'evaluate', expression }))) as { ms: number }).ms
  }

  async value(what: string): Promise<unknown> {
    const answer = await this.#child.ask(JSON.stringify({ do: 'time', what, value: true }))
    return (JSON.parse(answer) as { value: unknown }).value
  }

  close(): void {
    this.#child.close()
  }
}

export type Pages = 'huge' | 'small'

/** A C program of this folder that moves memory of its own, or multiplies, with as many threads as the machine gives. */
class Memory {
  readonly #child: Child
  readonly compiler: string

  protected constructor(source: string, bytes: number, threads: number) {
    const program = join(folder, source)
    const path = fileURLToPath(new URL(`${source}.c`, import.meta.url))
    execFileSync('cc', ['-O3', '-march=native', '-pthread', path, '-o', program], { stdio: 'ignore' })
    this.compiler = execFileSync('cc', ['--version'], { encoding: 'utf8' }).split('\n')[0]!
    this.#child = new Child(program, [`${bytes}`, `${threads}`])
  }

  /** Milliseconds of one pass in a mode. */
  protected async pass(mode: string): Promise<number> {
    return Number(await this.#child.ask(mode)) * 1000
  }

  close(): void {
    this.#child.close()
  }
}

/** Reads memory: see bandwidth.c. */
export class Reader extends Memory {
  /** Undefined where no C compiler is, or where it does not compile. */
  static start(bytes: number, threads: number): Reader | undefined {
    try {
      return new Reader('bandwidth', bytes, threads)
    } catch {
      return undefined
    }
  }

  /** Milliseconds of one pass. `way` 0: straight through; 1: eight streams at once. */
  time(pages: Pages, way: number): Promise<number> {
    return this.pass(`${pages} ${way}`)
  }
}

/** Adds arrays into another: see streams.c. */
export class Mover extends Memory {
  /** Undefined where no C compiler is, or where it does not compile. */
  static start(bytes: number, threads: number): Mover | undefined {
    try {
      return new Mover('streams', bytes, threads)
    } catch {
      return undefined
    }
  }

  /** Milliseconds of one pass over `reads` arrays and the one they are added into, in one of three ways. */
  time(pages: Pages, reads: number, way: number): Promise<number> {
    return this.pass(`${pages} ${reads} ${way}`)
  }

  /** The way that is fastest here, by the medians of 5. */
  async fastest(pages: Pages, reads: number): Promise<number> {
    const times = [0, 1, 2].map((): number[] => [])
    for (let i = 0; i < 5; i++) for (const [way, list] of times.entries()) list.push(await this.time(pages, reads, way))
    await settle()
    const medians = times.map((list) => quantile(list, 0.5))
    return medians.indexOf(Math.min(...medians))
  }
}

/** Multiplies and adds in registers: see peak.c. */
export class Peak extends Memory {
  /** Undefined where no C compiler is, or where it does not compile. */
  static start(threads: number): Peak | undefined {
    try {
      return new Peak('peak', 0, threads)
    } catch {
      return undefined
    }
  }

  /** Milliseconds that `flops` operations take at least. */
  async time(dtype: 'f64' | 'f32', flops: number): Promise<number> {
    return ((await this.pass(dtype)) * flops) / 2 ** 31
  }
}
