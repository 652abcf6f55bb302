/** What the commands that measure print alike. */
import type { Information } from '../core/info.js'

export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** As Node itself decides: FORCE_COLOR, NO_COLOR, and what the terminal can. */
export function wantsColor(): boolean {
  if (process.stdout.isTTY) return process.stdout.hasColors()
  return /^(|1|2|3|true)$/.test(process.env.FORCE_COLOR ?? 'absent')
}

/** What runs here, in a line. */
export function headerOf({ version, engine, reason, isa, threads, threadsSource, node }: Information): string {
  return engine === 'native'
    ? `offloop ${version}, native ${isa}, ${threads} ${threads === 1 ? 'thread' : 'threads'} (${threadsSource}), Node ${node}`
    : `offloop ${version}, JavaScript only (${reason}), Node ${node}`
}

/** Aborts on the first Ctrl-C, and ends the process on the second; `done` stops listening. */
export function stopOnInterrupt(): { readonly signal: AbortSignal; done(): void } {
  const controller = new AbortController()
  const interrupt = () => (controller.signal.aborted ? process.exit(130) : controller.abort())
  process.on('SIGINT', interrupt)
  return { signal: controller.signal, done: () => process.off('SIGINT', interrupt) }
}
