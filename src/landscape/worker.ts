/** Entry of a worker of the task pools, thread or process: the pool library calls what it exports with each request. */
import { setPriority } from 'node:os'
import { isMainThread, workerData } from 'node:worker_threads'
import { setLimits } from '../engine/limits.js'
import { rise, sit } from '../engine/seat.js'
import { lineOf, listenToParent, listenToPool } from './line.js'
import { perform } from './perform.js'
import type { WorkerData } from './pool.js'
import type { Answer, Request } from './wire.js'

let addon: string | undefined
if (isMainThread) {
  listenToParent()
  // A process holds one core of its parent's, and lets the parent's event loop go first, as our threads do.
  setPriority(5)
  setLimits({ cores: 1, threads: 1, source: 'a task in a process has one core' })
} else {
  const data = (workerData as [unknown, WorkerData])[1] // the library puts its own data first
  listenToPool(data.channel)
  addon = data.addon
}

// What gives import() in shipped functions its base is experimental on Node 20 to 24; once per worker is no news.
const { emitWarning } = process
process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
  if (String(warning).startsWith('vm.USE_MAIN_CONTEXT_DEFAULT_LOADER')) return
  Reflect.apply(emitWarning, process, [warning, ...rest])
}

export default async function run(request: Request): Promise<Answer> {
  if (request.seat === undefined || addon === undefined) return perform(request, lineOf(request))
  sit(addon, request.seat)
  const answer = await perform(request, lineOf(request))
  rise(addon)
  return answer
}
