/**
 * Which scope the running code is in. The AsyncLocalStorage is on only while a scope is open: it makes every `await`
 * of the process slower on Node 20 and 22.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { ambient } from '../core/ambient.js'
import type { CancelNode } from './node.js'

let storage: AsyncLocalStorage<CancelNode> | undefined
let open = 0

/** A scope opens. */
export function enter(): void {
  if (open++ > 0) return
  storage ??= new AsyncLocalStorage()
  ambient.get = around
}

/** A scope has closed. */
export function leave(): void {
  if (--open > 0) return
  storage!.disable()
  ambient.get = undefined
}

/** Runs `fn` in a scope that is open. */
export function within<T>(node: CancelNode, fn: () => T): T {
  return storage!.run(node, fn)
}

/** The innermost open scope around. Code that a closed one left behind belongs to what is around that. */
export function current(): CancelNode | undefined {
  if (open === 0) return undefined
  let node = storage!.getStore()
  while (node?.closed) node = node.parent
  return node
}

/** The same, cancelled if its deadline has passed. */
export function around(): CancelNode | undefined {
  const node = current()
  if (node?.overdue) node.expire()
  return node
}

/** For tests: scopes that are open, and what the storage holds here. */
export function contextState(): { open: number; store: unknown } {
  return { open, store: storage?.getStore() }
}
