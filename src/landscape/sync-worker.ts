/** Entry of the thread that helps a blocked caller: has its own pool run the requests, and passes the answers on. */
import { workerData } from 'node:worker_threads'
import { failureOf } from './failure.js'
import { ALIVE, ANSWERS, DEAD, type FromHelper, type HelperData, type ToHelper } from './sync-wire.js'

const { port, words } = (workerData as HelperData).offloopHelper

const wake = () => {
  Atomics.add(words, ANSWERS, 1)
  Atomics.notify(words, ANSWERS)
}
process.once('exit', () => {
  Atomics.store(words, DEAD, 1)
  wake()
})
Atomics.store(words, ALIVE, 1)

/** The calls that run, and what ends them. */
const running = new Map<number, AbortController>()

async function serve({ call, request, transfer }: Extract<ToHelper, { call: number }>): Promise<void> {
  const kill = new AbortController()
  running.set(call, kill)
  let message: FromHelper
  try {
    const { send } = await import('./pool.js')
    const answer = await send(request, { transfer, kill: kill.signal, channel: undefined })
    if (typeof answer === 'symbol') return // KILLED: nobody waits for it any more
    message = { call, answer }
  } catch (error) {
    message = { call, error: failureOf(error) }
  } finally {
    running.delete(call)
  }
  port.postMessage(message)
  wake()
}

port.on('message', (message: ToHelper) => {
  if ('abandon' in message) running.get(message.abandon)?.abort()
  else void serve(message)
})
