/** CapacityLimiter: first come, first served, and nothing lost. */
import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CapacityLimiter, type Lease, moveOnAfter, scope } from '../../dist/landscape/index.js'
import { errorOf, installClock, restoreClock, run, settle, sleep, sleepForever } from './virtual.js'

beforeEach(installClock)
afterEach(restoreClock)

describe('a CapacityLimiter', () => {
  it('lends its tokens in the order of asking, and says who has them', async () => {
    const limiter = new CapacityLimiter(2)
    const order: number[] = []
    await run(
      scope(({ spawn }) => {
        for (let i = 0; i < 6; i++) {
          const one = () =>
            limiter.run(async () => {
              order.push(i)
              expect(limiter.borrowedTokens).toBeLessThanOrEqual(2)
              await sleep(10 * (6 - i))
            })
          spawn(one, { name: `n${i}` })
        }
        expect(limiter.statistics()).toEqual({
          borrowed: 2,
          total: 2,
          waiting: 4,
          borrowers: ['child n0', 'child n1'],
        })
      }),
    )
    expect(order).toEqual([0, 1, 2, 3, 4, 5])
    expect(limiter.statistics()).toEqual({ borrowed: 0, total: 2, waiting: 0, borrowers: [] })
  })

  it('gives the token back however its function ends, and gives its value or error', async () => {
    const limiter = new CapacityLimiter(1)
    const broken = new Error('broken')
    expect(await limiter.run(() => 5)).toBe(5)
    for (const fn of [() => Promise.reject(broken), () => thrown(broken)]) {
      expect(await errorOf(limiter.run(fn))).toBe(broken)
      expect(limiter.availableTokens).toBe(1)
    }
  })

  it('lends nobody the token of one that gave up waiting', async () => {
    const limiter = new CapacityLimiter(1)
    const first = await limiter.acquire()
    const gaveUp = await run(moveOnAfter(10, () => limiter.run(() => 'ran')))
    expect(gaveUp.cancelled).toBe(true)
    expect(limiter.statistics().waiting).toBe(0)
    const controller = new AbortController()
    const waiting = limiter.acquire({ signal: controller.signal, borrower: 'b' })
    const next = limiter.acquire()
    await settle()
    controller.abort('enough')
    expect(await waiting.catch((reason) => reason)).toBe('enough')
    first.release()
    first.release() // gives one back, once
    const second = await next
    expect(limiter.tryAcquire()).toBeUndefined()
    second.release()
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
    ;(await limiter.acquire({ borrower: 'b' })).release()
    expect(limiter.statistics()).toEqual({ borrowed: 0, total: 1, waiting: 0, borrowers: [] })
    expect(await limiter.acquire({ signal: controller.signal }).catch((reason) => reason)).toBe('enough')
  })

  it('lends no token past those who wait', async () => {
    const limiter = new CapacityLimiter(1)
    const first = limiter.tryAcquire()!
    const waiting = limiter.acquire()
    limiter.totalTokens = 0
    first.release()
    expect(limiter.tryAcquire()).toBeUndefined()
    limiter.totalTokens = 2
    const second = await waiting
    expect(limiter.tryAcquire()).toBeDefined()
    second.release()
  })

  it('may grow and shrink', async () => {
    const limiter = new CapacityLimiter(1)
    const leases: Lease[] = []
    const waiting = Promise.all(Array.from({ length: 4 }, () => limiter.acquire().then((lease) => leases.push(lease))))
    await settle()
    expect(leases).toHaveLength(1)
    limiter.totalTokens = 3
    await settle()
    expect(leases).toHaveLength(3)
    limiter.totalTokens = 1
    expect(limiter.availableTokens).toBe(0)
    leases[0]!.release()
    leases[1]!.release()
    await settle()
    expect(leases).toHaveLength(3)
    limiter.totalTokens = Number.POSITIVE_INFINITY
    await waiting
    expect(limiter.statistics()).toMatchObject({ borrowed: 2, total: Number.POSITIVE_INFINITY })
  })

  it('has leases for `using` and `await using`', async () => {
    const limiter = new CapacityLimiter(1)
    ;(await limiter.acquire())[Symbol.dispose]()
    await (await limiter.acquire())[Symbol.asyncDispose]()
    expect(limiter.borrowedTokens).toBe(0)
  })

  it('keeps no token of a cancelled scope', async () => {
    const limiter = new CapacityLimiter(3)
    const moved = moveOnAfter(10, ({ spawn }) => {
      for (let i = 0; i < 10; i++) spawn(() => limiter.run(sleepForever))
    })
    expect((await run(moved)).cancelled).toBe(true)
    expect(limiter.statistics()).toEqual({ borrowed: 0, total: 3, waiting: 0, borrowers: [] })
  })

  it('refuses bad arguments', async () => {
    for (const total of [-1, 1.5, Number.NaN]) {
      expect(() => new CapacityLimiter(total)).toThrow(
        expect.objectContaining({ code: 'ERR_OFFLOOP_ARG_VALUE', message: expect.stringContaining('`totalTokens`') }),
      )
    }
    const limiter = new CapacityLimiter(1)
    expect(() => {
      limiter.totalTokens = '2' as never
    }).toThrow(expect.objectContaining({ code: 'ERR_OFFLOOP_ARG_TYPE' }))
    expect(limiter.totalTokens).toBe(1)
    expect(await errorOf(limiter.run(1 as never))).toMatchObject({ code: 'ERR_OFFLOOP_ARG_TYPE' })
    expect(await errorOf(limiter.acquire({ tokens: 2 } as never))).toMatchObject({ code: 'ERR_OFFLOOP_OPTION' })
    expect(await errorOf(limiter.acquire({ signal: 1 as never }))).toMatchObject({ code: 'ERR_OFFLOOP_ARG_TYPE' })
    expect(() => limiter.tryAcquire({ borrower: limiter }) && limiter.tryAcquire({ borrower: limiter })).toThrow(
      expect.objectContaining({ code: 'ERR_OFFLOOP_ARG_VALUE' }),
    )
  })
})

function thrown(error: Error): never {
  throw error
}
