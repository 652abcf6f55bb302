/**
 * The ways to speak with a running task, seen from the task: a port of its own for a stream on a thread, a channel that
 * all threads of a pool share for everything else (a port for each call would take longer than a small task does), and
 * the library's channel for a process. What is shared carries the number of the call.
 */
import { BroadcastChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { Down, Request, Up } from './wire.js'

/** A running task's end. */
export interface WorkerLine {
  send(message: Up): void
  listen(listener: (message: Down) => void): void
  /** Hears what has come, without waiting for the loop: threads only. */
  poll(): void
  close(): void
}

/** What travels where others speak, too. */
export interface Envelope<M> {
  readonly offloop: number
  readonly message: M
}

export function lineOf(request: Request): WorkerLine | undefined {
  if (request.line !== true) return undefined
  if (request.port !== undefined) return portLine(request.port)
  return request.on === 'thread' ? sharedLine(request.id) : processLine(request.id)
}

function portLine(port: MessagePort): WorkerLine {
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

function dispatch(envelope: Partial<Envelope<Down>> | undefined): void {
  if (typeof envelope?.offloop === 'number') listeners.get(envelope.offloop)?.(envelope.message!)
}

let shared: BroadcastChannel | undefined

/** Called once as a thread starts, with the name of its pool's channel. */
export function listenToPool(name: string): void {
  shared = new BroadcastChannel(name)
  shared.onmessage = (event) => dispatch((event as { data: Partial<Envelope<Down>> }).data)
  shared.unref()
}

function sharedLine(id: number): WorkerLine {
  const channel = shared!
  const port = channel as unknown as MessagePort // takes both, its typings one
  return {
    send: (message) => channel.postMessage({ offloop: id, message } satisfies Envelope<Up>),
    listen: (listener) => listeners.set(id, listener),
    poll() {
      for (let entry = receiveMessageOnPort(port); entry !== undefined; entry = receiveMessageOnPort(port)) {
        dispatch(entry.message as Partial<Envelope<Down>>)
      }
    },
    close: () => listeners.delete(id),
  }
}

/** Messages that overtook their request: an abort is sent another way. */
const early = new Map<number, Down[]>()
let highest = -1

/** Called once as a process starts. */
export function listenToParent(): void {
  process.on('message', (envelope: Partial<Envelope<Down>> | undefined) => {
    const id = envelope?.offloop
    if (typeof id !== 'number') return
    if (id > highest) early.set(id, [...(early.get(id) ?? []), envelope!.message!])
    else dispatch(envelope)
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
