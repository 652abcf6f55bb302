/** The JavaScript engine, loaded by the first call that needs it: where a binary loads, none does. */
import type { startJs } from './js.js'
import { counted } from './js-count.js'
import { lengthsOf } from './js-lengths.js'
import type { Call, Runnable, Sink } from './values.js'

let start: typeof startJs | undefined

/** Runs the kernel's twin away from this thread and settles the sink once; returns what stops it. */
export function startLater(kernel: Runnable, call: Call, rank: number, sink: Sink): () => void {
  const lengths = lengthsOf(call.values)
  if (start !== undefined) return start(kernel, call, lengths, rank, sink)
  let stopped = false
  counted.early.add(call)
  let stop = () => {
    stopped = true
    counted.early.delete(call)
    sink.stopped()
  }
  import('./js.js').then(
    (engine) => {
      start = engine.startJs
      counted.early.delete(call)
      if (!stopped) stop = start(kernel, call, lengths, rank, sink)
    },
    (error) => {
      counted.early.delete(call)
      sink.reject(error)
    },
  )
  return () => stop()
}
