/** OFFLOOP_DEBUG=1: SIGUSR2 prints the tree of scopes, and how busy everything is. */
import { isMainThread } from 'node:worker_threads'
import { stats } from '../core/stats.js'
import { scopeTree } from './tree.js'

/**
 * Prints to stderr whenever the loop hears of the signal. Other listeners are left as they are, and nothing keeps the
 * process alive. Windows has no such signal, and only a main thread hears signals.
 */
export function printOnSignal(): void {
  if (process.env.OFFLOOP_DEBUG !== '1' || !isMainThread || process.platform === 'win32') return
  process.on('SIGUSR2', () => {
    process.stderr.write(`offloop, process ${process.pid}, ${scopeTree()}\n${busyText()}\n`)
  })
}

function busyText(): string {
  const { engine, pool, js, tasks } = stats()
  const kernels =
    engine === 'native'
      ? `${pool.running} running, ${pool.queued} queued on ${pool.busy} of ${pool.threads} threads`
      : `${js.running} running, ${js.waiting} queued in JavaScript`
  const { thread, process } = tasks
  const places = Object.entries({ thread, process }).map(
    ([place, { running, waiting }]) =>
      `${running} running, ${waiting} queued on ${place === 'thread' ? 'threads' : 'processes'}`,
  )
  return `kernels: ${engine === undefined ? 'none yet' : kernels}; tasks: ${places.join(', ')}`
}
