/** Where native `.sync` overtakes the twin, and whether the kernel's own estimate of its work is right. */
import { wrongType } from '../base/errors.js'
import { readInteger } from '../core/arguments.js'
import type { Callable, Definition } from '../core/define.js'
import { info } from '../core/info.js'
import { nativeFor } from '../engine/choose.js'
import { type Arguments, definitionFor, readDtype, sampleArguments } from './arguments.js'
import { formatSizes } from './format.js'
import { type Face, measure } from './measure.js'
import { readCommon, report } from './options.js'
import { median } from './statistics.js'
import type { CompareSizesOptions, SizeRow, SizesComparison } from './types.js'

const SIZES = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7]

/**
 * Measures a kernel's `.sync` against its twin over sizes: from where on native code is the faster, and how well the
 * kernel's estimate of its work, from which inlining and threads are chosen, fits the time on one thread.
 *
 * @param callable - a kernel
 * @param options - sizes, dtype, threads (the largest is used), time to spend in all, signal, progress
 * @returns one row per size, and the crossover; as a string, a table
 * @throws TypeError or RangeError (ERR_OFFLOOP_…) for bad arguments, ERR_OFFLOOP_NO_MEMORY for a size that does not fit
 * @example
 * const { crossover } = await compareSizes(sum)
 */
export async function compareSizes(callable: Callable, options?: CompareSizesOptions): Promise<SizesComparison> {
  const definition = definitionFor(callable)
  const { own, dtype, threads, budgetMs, seed, signal, onProgress } = readCommon(options, 'sizes')
  if (own !== undefined && !Array.isArray(own)) throw wrongType('sizes', 'an array of sizes', own)
  const sizes = ((own as unknown[]) ?? SIZES).map((size, i) =>
    readInteger(`sizes[${i}]`, size, 1, Number.MAX_SAFE_INTEGER),
  )
  const kind = readDtype(definition, dtype)
  const count = Math.max(...threads)
  const rows: SizeRow[] = []
  for (const [i, size] of sizes.entries()) {
    const args = sampleArguments(definition, kind, size, seed)
    const { series } = await measure(syncFaces(callable, args, count), {
      budgetMs: budgetMs / sizes.length,
      watchLoop: false,
      signal,
      onProgress: onProgress && ((fraction) => onProgress((i + fraction) / sizes.length)),
    })
    if (signal?.aborted) break
    const [twin, one, all] = series.map(({ turns }) => median(turns)) as [number, number, number]
    const ratios = series[0]!.turns.map((ms, round) => ms / series[2]!.turns[round]!)
    rows.push(rowOf(definition, args, [twin, one, all], median(ratios)))
  }
  const { engine, reason } = info()
  const partial = signal?.aborted === true
  return report(
    { name: definition.name, dtype: kind, threads: count, engine, reason, rows, crossover: crossoverOf(rows), partial },
    formatSizes,
  )
}

function syncFaces(callable: Callable, { positional, options }: Arguments, threads: number): Face[] {
  const own = Object.keys(options).length > 0
  return [
    {
      label: 'twin',
      threads: 1,
      run: own ? () => callable.js(...positional, options) : () => callable.js(...positional),
    },
    syncFace(callable, positional, { ...options, threads: 1 }, 1),
    // As most callers write it: without a thread count.
    syncFace(callable, positional, threads === info().threads ? own && options : { ...options, threads }, threads),
  ]
}

function syncFace(callable: Callable, positional: readonly unknown[], options: object | false, threads: number): Face {
  const run = options === false ? () => callable.sync(...positional) : () => callable.sync(...positional, options)
  return { label: 'sync', threads, run }
}

function rowOf(
  definition: Definition,
  { call, size }: Arguments,
  [twinMs, syncOneMs, syncMs]: [number, number, number],
  speedup: number,
): SizeRow {
  const estimateMs = call.work / 1e6
  return {
    size,
    twinMs,
    syncOneMs,
    syncMs,
    speedup,
    runsTwin: nativeFor(definition) === undefined || call.tiny === true,
    estimateMs,
    estimateRatio: estimateMs / syncOneMs,
  }
}

/** From the last size at which native code is slower, straight on a logarithmic scale to the next. */
function crossoverOf(rows: readonly SizeRow[]): number | undefined {
  const native = rows.filter(({ runsTwin }) => !runsTwin).sort((a, b) => a.size - b.size)
  let last = native.length - 1
  while (last >= 0 && native[last]!.speedup >= 1) last--
  const after = native[last + 1]
  const before = native[last]
  if (after === undefined || before === undefined) return after?.size
  const share = Math.log(1 / before.speedup) / Math.log(after.speedup / before.speedup)
  return Math.round(Number((before.size * (after.size / before.size) ** share).toPrecision(2)))
}
