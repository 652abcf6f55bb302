/** `offloop compare`. */

import { estimateMs } from '../compare/arguments.js'
import { overviewHeader, overviewRow } from '../compare/format.js'
import {
  type Comparison,
  compare,
  compareSizes,
  formatComparison,
  formatSizes,
  type SizesComparison,
} from '../compare/index.js'
import { info } from '../core/info.js'
import { firstLine } from './arguments.js'
import { progressBar } from './bar.js'
import { headerOf, print, stopOnInterrupt, wantsColor } from './print.js'
import { readRequest } from './request.js'

/** More kernels than this get a line each instead of a table each. */
const FEW = 6

/** Returns the exit code. */
export async function compareCommand(args: readonly string[]): Promise<number> {
  const request = readRequest(args)
  const { kernels, json } = request
  const eachMs = (request.seconds * 1000) / kernels.size
  const largest = request.sizes ? 1e7 : request.size
  const expected = [...kernels.values()].map((kernel) => Math.max(eachMs, estimateMs(kernel, request.dtype, largest)))
  const totalMs = expected.reduce((a, b) => a + b)
  const color = wantsColor()
  const brief = kernels.size > FEW && !request.sizes

  const bar = progressBar(process.stderr, totalMs)
  const { signal, done: stopListening } = stopOnInterrupt()
  if (!json) {
    print(headerOf(info()))
    const many = kernels.size === 1 ? '1 kernel' : `${kernels.size} kernels`
    process.stderr.write(`${many}, about ${Math.ceil(totalMs / 1000)} s\n`)
  }
  let failed = false
  let printed = false
  let done = 0
  for (const [name, kernel] of kernels) {
    const { dtype, threads } = request
    const share = expected[done]! / totalMs
    const before = expected.slice(0, done++).reduce((a, b) => a + b, 0) / totalMs
    const onProgress = (fraction: number) => bar.show(name, before + share * fraction)
    const options = { dtype, threads, budgetMs: eachMs, signal, onProgress }
    try {
      const result = await (request.sizes
        ? compareSizes(kernel, options)
        : compare(kernel, undefined, { ...options, size: request.size }))
      bar.clear()
      if (json) print(JSON.stringify(result, infinity))
      else if (!brief || !('agreement' in result)) print(`\n${tableOf(result, color)}`)
      else print(`${printed ? '' : `\n${overviewHeader({ color })}\n`}${overviewRow(result, { color })}`)
      printed = true
      if ('agreement' in result && !result.partial && !result.agreement.ok) failed = true
    } catch (error) {
      bar.clear()
      if (isRefusal(error)) throw error
      failed = true
      process.stderr.write(`offloop: ${name} failed: ${firstLine(error)}\n`)
    }
    if (signal.aborted) break
  }
  stopListening()
  if (printed && !json) print(`\n${brief ? BRIEF : legend(request.sizes)}`)
  return signal.aborted ? 130 : failed ? 1 : 0
}

function tableOf(result: Comparison | SizesComparison, color: boolean): string {
  return 'agreement' in result ? formatComparison(result, { color }) : formatSizes(result, { color })
}

const BRIEF = `native: on all threads. loop p99: how late this thread's event loop was meanwhile,
beyond an idle loop's. Name kernels for a table of each, as in: offloop compare sort`

function legend(sizes: boolean): string {
  return sizes
    ? `estimate: the kernel's own, for one thread; !: outside 0.5 to 2 of the measured.
twin: .sync runs the twin there, being the quicker or the only one.`
    : `speed-up: over the twin, measured in turns. loop delay: how late this thread's
event loop was meanwhile, beyond 99 % of an idle loop's ticks.`
}

/** A size without memory. */
function isRefusal(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ERR_OFFLOOP_NO_MEMORY'
}

/** JSON has no Infinity: the distance between a number and NaN. */
function infinity(_key: string, value: unknown): unknown {
  return value === Infinity ? 'Infinity' : value
}
