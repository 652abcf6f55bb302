/** What all calls of a thread share: one listener for each signal, and one channel to the threads of its pool. */
import { BroadcastChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { onAbort } from '../base/abort.js'
import type { Envelope } from './line.js'
import { CHANNEL } from './pool.js'
import type { Down, Up } from './wire.js'

const hubs = new WeakMap<AbortSignal, Set<(reason: unknown) => void>>()

/** As onAbort, with one listener however many calls there are: Node warns of more than ten on a signal. */
export function onAbortTogether(signal: AbortSignal, listener: (reason: unknown) => void): () => void {
  let hub = hubs.get(signal)
  if (hub === undefined) {
    const listeners = new Set<(reason: unknown) => void>()
    const unlisten = onAbort(signal, () => {
      hubs.delete(signal)
      for (const one of listeners) one(signal.reason)
    })
    hub = listeners
    hubs.set(signal, hub)
    ends.set(hub, unlisten)
  }
  const own = hub
  own.add(listener)
  return () => {
    own.delete(listener)
    if (own.size > 0 || hubs.get(signal) !== own) return
    hubs.delete(signal)
    ends.get(own)!()
  }
}

const ends = new WeakMap<object, () => void>()

let channel: BroadcastChannel | undefined
const calls = new Map<number, (message: Up) => void>()

/** Hears what the task of one call says; returns what ends it. */
export function hearShared(id: number, listener: (message: Up) => void): () => void {
  if (channel === undefined) {
    channel = new BroadcastChannel(CHANNEL)
    channel.onmessage = (event) => dispatch((event as { data: Envelope<Up> }).data)
    channel.unref() // outstanding calls keep the process alive, not their channel
  }
  calls.set(id, listener)
  return () => calls.delete(id)
}

function dispatch({ offloop, message }: Envelope<Up>): void {
  calls.get(offloop)?.(message)
}

/** Hears what has been said up to now: an answer comes another way, and may be heard first. */
export function catchUp(): void {
  const port = channel as unknown as MessagePort | undefined // takes both, its typings one
  if (port === undefined) return
  for (let entry = receiveMessageOnPort(port); entry !== undefined; entry = receiveMessageOnPort(port)) {
    dispatch(entry.message as Envelope<Up>)
  }
}

export function speakShared(id: number, message: Down): void {
  channel!.postMessage({ offloop: id, message } satisfies Envelope<Down>)
}
