/** What scopes give, as TypeScript sees it. */
import { expectTypeOf, it } from 'vitest'
import {
  CapacityLimiter,
  failAfter,
  type Handle,
  type Lease,
  type Moved,
  moveOnAfter,
  openScope,
  scope,
  shield,
} from '../../dist/landscape/index.js'

it('gives what bodies, children and limited functions return, awaited', () => {
  expectTypeOf(scope(async () => 1)).toEqualTypeOf<Promise<number>>()
  expectTypeOf(scope(() => 'x')).toEqualTypeOf<Promise<string>>()
  expectTypeOf(scope(({ spawn }) => spawn(async () => true))).toEqualTypeOf<Promise<boolean>>()
  expectTypeOf(failAfter(1, async () => 1)).toEqualTypeOf<Promise<number>>()
  expectTypeOf(shield(async () => 1)).toEqualTypeOf<Promise<number>>()
  expectTypeOf(moveOnAfter(1, async () => 1)).toEqualTypeOf<Promise<Moved<number>>>()
  const s = openScope()
  expectTypeOf(s.spawn(async (signal: AbortSignal) => [signal.aborted])).toEqualTypeOf<Handle<boolean[]>>()
  expectTypeOf(s.run(async () => 1)).toEqualTypeOf<Promise<number>>()
  expectTypeOf(s[Symbol.asyncDispose]()).toEqualTypeOf<PromiseLike<void>>()
  const limiter = new CapacityLimiter(1)
  expectTypeOf(limiter.run(async () => 1)).toEqualTypeOf<Promise<number>>()
  expectTypeOf(limiter.acquire()).toEqualTypeOf<Promise<Lease>>()
})

it('tells the two ways of moving on apart', async () => {
  const moved = await moveOnAfter(1, () => 1)
  if (moved.cancelled) expectTypeOf(moved.reason).toEqualTypeOf<unknown>()
  else expectTypeOf(moved.value).toEqualTypeOf<number>()
  // @ts-expect-error no value where it was cut off
  void moved.value
})
