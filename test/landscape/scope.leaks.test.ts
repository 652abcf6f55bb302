/** 100,000 scopes leave heap, handles and context where they were. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { ambient, contextState } from '../../dist/internal.js'
import { CapacityLimiter, moveOnAfter, openScope, scope, shield } from '../../dist/landscape/index.js'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

const outside = new AbortController()
const limiter = new CapacityLimiter(2)

/** Five scopes: with children, a deadline, a signal from outside, a cancellation, a failure, a shield. */
async function five(): Promise<void> {
  await scope(
    async ({ spawn, cancel, signal }) => {
      spawn(() => limiter.run(() => shield(() => null)))
      await moveOnAfter(60_000, () => spawn(async (own) => own.aborted))
      signal.addEventListener('abort', () => {})
      cancel()
      spawn((own) => own.throwIfAborted())
    },
    { timeout: 60_000, signal: outside.signal },
  )
  const failing = scope(({ spawn }) => {
    spawn(async () => {
      throw FAILURE
    })
  })
  await failing.catch(() => {})
  const s = openScope({ timeout: 60_000 })
  await s.run(async () => null)
  await s.close()
}
const FAILURE = new Error('failure')

async function settledHeap(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    gc()
  }
  return process.memoryUsage().heapUsed
}

it('100,000 scopes leave heap, handles and context where they were', async () => {
  const some = async (n: number) => {
    for (let i = 0; i < n; i += 50) await Promise.all(Array.from({ length: 10 }, five))
  }
  await some(5000)
  const before = await settledHeap()
  const handles = process.getActiveResourcesInfo().sort()
  await some(50_000)
  // Half of them inside one that stays: nothing gathers in an open scope either.
  await scope(async () => {
    await some(50_000)
    expect(contextState().open).toBe(1)
    expect((await settledHeap()) - before).toBeLessThan(2e6)
  })
  expect((await settledHeap()) - before).toBeLessThan(2e6)
  expect(process.getActiveResourcesInfo().sort()).toEqual(handles)
  expect(contextState()).toEqual({ open: 0, store: undefined })
  expect(ambient.get).toBeUndefined()
}, 120_000)
