/** The way to speak with a running task: a port to a thread, messages with the call's number to a process. */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { Down, Request, Up } from './wire.js'

/** A running task's end. */
export interface WorkerLine {
  send(message: Up): void
  listen(listener: (message: Down) => void): void
  /** Hears what has come, without waiting for the loop: threads only. */
  poll(): void
  close(): void
}

/** What travels between processes beside the pool library's own messages. */
export interface Envelope<M> {
  readonly offloop: number
  readonly message: M
}

export function lineOf(request: Request): WorkerLine | undefined {
  if (!request.line) return undefined
  return request.port === undefined ? processLine(request.id) : threadLine(request.port)
}

function threadLine(port: MessagePort): WorkerLine {
  let hear: (message: Down) => void = () => {}
  return {
    send: (message) => port.postMessage(message),
    listen(listener) {
      hear = listener
      port.on('message', hear)
    },
    poll() {
      for (let entry = receiveMessageOnPort(port); entry !== undefined; entry = receiveMessageOnPort(port)) {
        hear(entry.message as Down)
      }
    },
    // The caller closes the port, once it has all that was sent.
    close: () => port.off('message', hear),
  }
}

const listeners = new Map<number, (message: Down) => void>()
/** Messages that overtook their request: an abort is sent another way. */
const early = new Map<number, Down[]>()
let highest = -1
let listening = false

/** Called once as a process worker starts. */
export function listenToParent(): void {
  if (listening) return
  listening = true
  process.on('message', (envelope: Partial<Envelope<Down>> | undefined) => {
    const id = envelope?.offloop
    if (typeof id !== 'number') return
    const listener = listeners.get(id)
    if (listener !== undefined) listener(envelope!.message!)
    else if (id > highest) early.set(id, [...(early.get(id) ?? []), envelope!.message!])
  })
  // The parent is gone, or a task disconnected: nobody will hear the result.
  process.on('disconnect', () => process.exit())
}

function processLine(id: number): WorkerLine {
  highest = id
  return {
    send: (message) => process.send?.({ offloop: id, message } satisfies Envelope<Up>),
    listen(listener) {
      listeners.set(id, listener)
      for (const message of early.get(id) ?? []) listener(message)
      early.clear()
    },
    poll() {},
    close: () => listeners.delete(id),
  }
}
