/** OFFLOOP_DEBUG=1: SIGUSR2 prints the tree of scopes. */
import { isMainThread } from 'node:worker_threads'
import { scopeTree } from './tree.js'

/**
 * Prints it to stderr whenever the loop hears of the signal. Other listeners are left as they are, and nothing keeps the
 * process alive. Windows has no such signal, and only a main thread hears signals.
 */
export function printOnSignal(): void {
  if (process.env.OFFLOOP_DEBUG !== '1' || !isMainThread || process.platform === 'win32') return
  process.on('SIGUSR2', () => process.stderr.write(`offloop, process ${process.pid}, ${scopeTree()}\n`))
}
