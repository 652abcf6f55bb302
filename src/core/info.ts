/** info(): what runs, and why. */
import { createRequire } from 'node:module'
import { choose } from '../engine/choose.js'
import { loopReason } from '../engine/js-mode.js'
import { threadCount } from './settings.js'

export interface Information {
  /** Version of the package. */
  readonly version: string
  /** What asynchronous and blocking calls run on. */
  readonly engine: 'native' | 'js'
  /** Why this engine, in one sentence. */
  readonly reason: string
  /** Instruction set in use: 'avx512', 'avx2', 'sse4' or 'neon'; 'none' without native code. */
  readonly isa: string
  /** Cores that tasks and kernels share. */
  readonly cores: number
  /** Threads that run kernels at once. */
  readonly threads: number
  /** Where that number comes from: 'affinity', 'cgroup', 'OFFLOOP_THREADS', 'configure()', … */
  readonly threadsSource: string
  /** Hash of the native sources that the binary was built from; undefined without one. */
  readonly build: string | undefined
  readonly platform: string
  readonly node: string
}

/**
 * What offloop runs on here: engine and why, instruction set, threads and where that number comes from, version, build.
 * Loads the binary if nothing has yet.
 *
 * @example
 * console.log(info())
 */
export function info(): Information {
  const { native, reason } = choose()
  const onLoop = native === undefined ? loopReason() : undefined
  return {
    version: packageVersion(),
    engine: native === undefined ? 'js' : 'native',
    reason: onLoop === undefined ? reason : `${reason}; twins run on the event loop: ${onLoop}`,
    isa: native?.description.isa ?? 'none',
    ...threadCount(),
    build: native?.description.build,
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
  }
}

function packageVersion(): string {
  try {
    return (createRequire(import.meta.url)('../../package.json') as { version: string }).version
  } catch {
    return 'unknown' // bundled away from its package.json
  }
}
