/** Entry of a JS worker: runs the twins it is sent, one at a time. */
import { parentPort } from 'node:worker_threads'
import { coded } from './base/errors.js'
import { kernelsIn } from './core/define.js'
import { doneFrom, failedFrom, type Request } from './engine/js-wire.js'
import { runTwin } from './engine/twin.js'
import * as all from './kernels/index.js'

const kernels = new Map(kernelsIn(all).map(({ definition }) => [definition.name, definition]))

parentPort?.on('message', ({ kernel, values }: Request) => {
  let message: ReturnType<typeof doneFrom | typeof failedFrom>
  try {
    const definition = kernels.get(kernel)
    if (definition === undefined) {
      throw coded(Error, 'ERR_OFFLOOP_INTERNAL', `Expected a kernel of this package but received \`${kernel}\``)
    }
    message = doneFrom(runTwin(definition, values), values)
  } catch (error) {
    message = failedFrom(error, values)
  }
  parentPort!.postMessage(message.reply, message.transfer)
})
parentPort?.postMessage('ready')
