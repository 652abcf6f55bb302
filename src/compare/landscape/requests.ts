/** The waiting job: answers of a slow server, over loopback sockets. */
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { mean } from '../../kernels/mean.js'
import { onProcesses, onThreads } from './tasks.js'
import type { Job } from './types.js'

/** Numbers in an answer: a power of two of small whole numbers, so that every way's mean is the same. */
const NUMBERS = 512

/**
 * The mean of a server's answer. It is shipped to workers as source, so it uses nothing from outside.
 *
 * @param port - of a server on 127.0.0.1 that answers whoever connects with doubles, and closes
 * @param meanOf - computes the mean; absent, a loop
 */
export async function ask(port: number, meanOf?: (x: Float64Array) => number | Promise<number>): Promise<number> {
  const { connect } = process.getBuiltinModule('node:net')
  const bytes = await new Promise<Buffer>((resolve, reject) => {
    const pieces: Buffer[] = []
    const socket = connect(port, '127.0.0.1')
    socket.on('data', (piece) => pieces.push(piece as Buffer))
    socket.on('error', reject)
    socket.on('end', () => resolve(Buffer.concat(pieces)))
  })
  const x = new Float64Array(Uint8Array.from(bytes).buffer)
  if (meanOf !== undefined) return meanOf(x)
  let total = 0
  for (const value of x) total += value
  return total / x.length
}

/** Asks a server of this process that takes `delayMs` over each request. */
export async function waitingJob(requests: number, delayMs: number): Promise<Job> {
  const answer = new Uint8Array(Float64Array.from({ length: NUMBERS }, (_, i) => (i * 37) % 256).buffer)
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    setTimeout(() => socket.end(answer), delayMs)
  })
  server.listen(0, '127.0.0.1', requests)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const all = <R>(one: () => R | Promise<R>) => Promise.all(Array.from({ length: requests }, one))
  const [onThread, inProcess] = [onThreads(ask, 'ask'), onProcesses(ask, 'ask')]
  return {
    title: `${requests} requests, ${delayMs} ms each at the server, and the mean of each answer`,
    parts: requests,
    ways: [
      {
        name: 'await',
        async run() {
          const results: number[] = []
          for (let i = 0; i < requests; i++) results.push(await ask(port))
          return results
        },
      },
      { name: 'all', run: () => all(() => ask(port)) },
      { name: 'threads', run: () => all(() => onThread(port)) },
      { name: 'processes', run: () => all(() => inProcess(port)) },
      { name: 'twin', run: () => all(() => ask(port, (x) => mean.js(x))) },
      { name: 'kernel', run: () => all(() => ask(port, (x) => mean(x))) },
    ],
    close: () => server.close(),
  }
}
