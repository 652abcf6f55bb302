/** Entry of a worker of the task pools, thread or process: the pool library calls what it exports with each request. */
import { isMainThread, workerData } from 'node:worker_threads'
import { lineOf, listenToParent, listenToPool } from './line.js'
import { perform } from './perform.js'
import type { Answer, Request } from './wire.js'

if (isMainThread) listenToParent()
else listenToPool((workerData as [unknown, string])[1]) // the library puts its own data first

// What gives import() in shipped functions its base is experimental on Node 20 to 24; once per worker is no news.
const { emitWarning } = process
process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
  if (String(warning).startsWith('vm.USE_MAIN_CONTEXT_DEFAULT_LOADER')) return
  Reflect.apply(emitWarning, process, [warning, ...rest])
}

export default function run(request: Request): Promise<Answer> {
  return perform(request, lineOf(request))
}
