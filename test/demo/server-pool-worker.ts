/** A worker of the pool: looks at what all share, and does as it is told. */
import { workerData } from 'node:worker_threads'
import { PIXELS } from './idx.js'
import { nearest, statistics, waysWithout } from './server-plain.js'
import { now } from './server-plan.js'

export type Order =
  | { readonly kind: 'search'; readonly queries: Uint8Array }
  | { readonly kind: 'statistics'; readonly delay: Float64Array; readonly distance: Float64Array }
  | { readonly kind: 'closing'; readonly airport: number }

interface Shared {
  readonly digits: Float32Array
  readonly norms: Float64Array
  readonly direct: Float64Array
  readonly airports: number
  readonly begun: Float64Array
  /** [0]: how many have been. */
  readonly ready: Float64Array
}

const CONTEXT = { checkpoint() {} }
// The library puts its own data first.
const { digits, norms, direct, airports, begun, ready } = (workerData as [unknown, Shared])[1]
ready[++ready[0]!] = now()

export default function run(order: Order & { readonly slot: number }): unknown {
  begun[order.slot] = now()
  if (order.kind === 'search') return nearest(order.queries, digits, norms, PIXELS)
  if (order.kind === 'statistics') return statistics(order.delay, order.distance)
  return waysWithout(CONTEXT, direct, airports, order.airport)
}
