/** offloop/landscape: waiting, threads, processes and native kernels under one kind of call and of cancellation. */
import { printOnSignal } from './debug.js'

export type { ScopeEvent, TaskEvent } from './channels.js'
export {
  type AcquireOptions,
  CapacityLimiter,
  type Lease,
  type LimiterStatistics,
} from './limiter.js'
export { type Items, type MapOptions, type Mapped, map } from './map.js'
export { reduce } from './reduce.js'
export {
  type Ambient,
  Cancelled,
  checkpoint,
  currentAmbient,
  failAfter,
  type Handle,
  type Moved,
  moveOnAfter,
  type OpenScope,
  openScope,
  type Scope,
  type ScopeOptions,
  type SpawnOptions,
  scope,
  shield,
} from './scope.js'
export { task, taskOf } from './task.js'
export type { TaskContext } from './task-context.js'
export type {
  CallOptions,
  StreamTask,
  Task,
  TaskDescription,
  TaskFactory,
  TaskOf,
  TaskOptions,
} from './task-types.js'
export { type ScopeNode, type ScopeTree, type ScopeWait, scopeTree } from './tree.js'

printOnSignal()
