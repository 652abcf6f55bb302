/** Entry of a worker of the task pools, thread or process: the pool library calls what it exports with each request. */
import { isMainThread } from 'node:worker_threads'
import { lineOf, listenToParent } from './line.js'
import { perform } from './perform.js'
import type { Answer, Request } from './wire.js'

if (isMainThread && process.send !== undefined) listenToParent()

export default function run(request: Request): Promise<Answer> {
  return perform(request, lineOf(request))
}
