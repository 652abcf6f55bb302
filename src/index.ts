/** offloop: numeric kernels off the event loop, on every core. */
import { kernelsIn } from './core/define.js'
import * as all from './kernels/index.js'

export type { Float, Fresh, Real, Same, Sortable } from './base/dtypes.js'
export type { ErrorCode } from './base/errors.js'
export type { Accumulator, Snapshot, StateOptions } from './core/accumulator.js'
export { alloc } from './core/alloc.js'
export type { JobEvent, Outcome } from './core/channels.js'
export type { AsyncOptions, SyncOptions } from './core/define.js'
export type { Binary, ElementwiseOptions, Precise, Ternary, Unary } from './core/elementwise.js'
export type { Border, BorderOptions, FreshPixels, Image, ImageLike, Pixels, SamePixels } from './core/image.js'
export { type Information, info } from './core/info.js'
export { type Matrix, type MatrixLike, matrix } from './core/matrix.js'
export type { Along, AlongInto, Chunks, NaNOption, Reduction, StreamOptions, Whole } from './core/reduction.js'
export { type Configuration, configure } from './core/settings.js'
export { type JsStats, type PoolStats, type Stats, stats, type TaskStats } from './core/stats.js'
export * from './kernels/index.js'

/** What kernels() tells of each. */
export interface KernelDescription {
  readonly name: string
  readonly summary: string
  /** Element types it takes. */
  readonly dtypes: readonly string[]
  /** 'exact', or the bound within which native and JavaScript agree. */
  readonly agreement: string
}

/**
 * The kernels of this version, by name.
 *
 * @example
 * for (const { name, summary } of kernels()) console.log(name, summary)
 */
export function kernels(): KernelDescription[] {
  return kernelsIn(all)
    .map(({ definition: { name, summary, instances, agreement } }) => ({
      name,
      summary,
      dtypes: Object.keys(instances),
      agreement: agreement === 'exact' ? 'exact' : agreement.bound,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}
