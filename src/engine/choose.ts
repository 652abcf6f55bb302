/** Which engine runs: native where a matching binary loads, JavaScript otherwise, and why. */
import { coded } from '../base/errors.js'
import { loopReason } from './js-mode.js'
import { loadNative, type NativeEngine } from './native.js'
import type { Runnable } from './values.js'

interface Choice {
  native: NativeEngine | undefined
  /** One sentence: why this engine. */
  reason: string
}

let choice: Choice | undefined
let told = false

/** Loads the binary on first use; importing offloop loads nothing. Warns where none loads. */
export function choose(): Readonly<Choice> {
  const chosen = quietChoice()
  if (chosen.native === undefined && !told) {
    told = true
    warn(chosen.reason)
  }
  return chosen
}

/** The same for those who ask whether there is a native engine, and run no kernel. */
export function quietChoice(): Readonly<Choice> {
  if (choice !== undefined) return choice
  const asked = process.env.OFFLOOP_ENGINE
  if (asked !== undefined && asked !== '' && asked !== 'js' && asked !== 'native') {
    throw coded(Error, 'ERR_OFFLOOP_ENGINE', `Expected 'js' or 'native' for OFFLOOP_ENGINE but received '${asked}'`)
  }
  if (asked === 'js') {
    return (choice = { native: undefined, reason: 'OFFLOOP_ENGINE=js asks for JavaScript' })
  }
  try {
    const native = loadNative()
    if (native.description.isa === 'none') throw new Error('this CPU has none of the instruction sets it was built for')
    choice = { native, reason: asked === 'native' ? 'OFFLOOP_ENGINE=native asks for it' : 'a matching binary loaded' }
  } catch (error) {
    refuse(reasonOf(error), error)
  }
  return choice as unknown as Choice
}

/** The engine that runs, if a call has chosen it yet. */
export function chosen(): Readonly<Choice> | undefined {
  return choice
}

/** The native engine if it can run this kernel. */
export function nativeFor(kernel: Runnable): NativeEngine | undefined {
  const { native } = choose()
  if (native === undefined || kernel.indices !== undefined) return native
  const mismatch = native.mismatch(kernel)
  if (mismatch !== undefined) {
    refuse(`the binary does not match this package: ${mismatch}`)
    choose()
    return undefined
  }
  return native
}

function refuse(reason: string, cause?: unknown): void {
  if (process.env.OFFLOOP_ENGINE === 'native') {
    throw coded(
      Error,
      'ERR_OFFLOOP_ENGINE',
      `Expected a binary for OFFLOOP_ENGINE=native but received none: ${reason}`,
      cause,
    )
  }
  choice = { native: undefined, reason }
}

/** One warning per thread, with a code that --disable-warning and listeners can tell. */
export function warn(reason: string): void {
  if (process.env.OFFLOOP_SILENT === '1') return
  const onLoop = loopReason()
  const where = onLoop === undefined ? `on one thread: ${reason}` : `on the event loop: ${reason}; ${onLoop}`
  process.emitWarning(`offloop runs in JavaScript ${where}. OFFLOOP_SILENT=1 hides this.`, {
    type: 'OffloopWarning',
    code: 'OFFLOOP_FALLBACK',
  })
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ERR_DLOPEN_DISABLED')
    return 'native addons are disabled (--no-addons, or a permission model without --allow-addons)'
  if (code === 'ERR_ACCESS_DENIED') return 'the permission model denies reading the binary'
  const first = String(message ?? error).split('\n')[0]!
  if (first.startsWith('No native build was found'))
    return `no binary for ${process.platform}-${process.arch} was found`
  return `the binary does not load (${first})`
}
