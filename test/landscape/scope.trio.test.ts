/**
 * The examples of Trio's tutorial and reference (https://trio.readthedocs.io, tutorial and reference-core) on nurseries,
 * cancel scopes, timeouts, shields and capacity limiters, in our words, on a virtual clock: what they print is expected.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  CapacityLimiter,
  checkpoint,
  currentAmbient,
  failAfter,
  type Lease,
  moveOnAfter,
  type Scope,
  scope,
  shield,
} from '../../dist/landscape/index.js'
import { errorOf, installClock, restoreClock, run, sleep, sleepForever, time } from './virtual.js'

let printed: string[] = []
const print = (line: string) => printed.push(line)

beforeEach(() => {
  installClock()
  printed = []
})
afterEach(restoreClock)

describe("Trio's tutorial", () => {
  it('Okay, let’s see something cool already: a parent waits for its two children', async () => {
    const child = (name: string) => async () => {
      print(`${name}: started`)
      await sleep(1000)
      print(`${name}: exiting`)
    }
    const parent = async () => {
      print('parent: started')
      await scope(({ spawn }) => {
        print('parent: spawning child1')
        spawn(child('child1'))
        print('parent: spawning child2')
        spawn(child('child2'))
        print('parent: waiting for children to finish')
      })
      print('parent: all done')
    }
    await run(parent())
    expect(printed).toEqual([
      'parent: started',
      'parent: spawning child1',
      'child1: started',
      'parent: spawning child2',
      'child2: started',
      'parent: waiting for children to finish',
      'child1: exiting',
      'child2: exiting',
      'parent: all done',
    ])
    expect(time()).toBe(1000)
  })

  it('An echo client: sender and receiver, and the failure of one ends the other', async () => {
    const lost = new Error('connection closed')
    const error = await errorOf(
      run(
        scope(({ spawn }) => {
          spawn(async function sender() {
            for (;;) {
              print('sender: sending')
              await sleep(1000)
            }
          })
          spawn(async function receiver() {
            await sleep(2500)
            throw lost
          })
        }),
      ),
    )
    expect(error).toBe(lost)
    expect(printed).toEqual(['sender: sending', 'sender: sending', 'sender: sending'])
    expect(time()).toBe(2500)
  })
})

describe("Trio's reference: cancellation and timeouts", () => {
  it('A simple timeout example', async () => {
    const doHttpGet = () => sleep(60_000)
    const get = async () => {
      await moveOnAfter(30_000, async () => {
        await doHttpGet()
        print('result')
      })
      print('with block finished')
    }
    await run(get())
    expect(printed).toEqual(['with block finished'])
    expect(time()).toBe(30_000)
  })

  it('Checkpoints: a loop without I/O is cancelled at one', async () => {
    let turns = 0
    const result = moveOnAfter(50, async ({ cancel }) => {
      for (;;) {
        await checkpoint()
        if (++turns === 3) cancel('three')
      }
    })
    expect(await run(result)).toMatchObject({ cancelled: true, reason: { cause: 'three' } })
    expect(turns).toBe(3)
  })

  it('Cancellation semantics: each error knows which block it belongs to', async () => {
    const nested = async () => {
      print('starting...')
      await moveOnAfter(5000, async () => {
        await moveOnAfter(10_000, async () => {
          await sleep(20_000)
          print('sleep finished without error')
        })
        print('move_on_after(10) finished without error')
      })
      print('move_on_after(5) finished without error')
    }
    await run(nested())
    expect(printed).toEqual(['starting...', 'move_on_after(5) finished without error'])
    expect(time()).toBe(5000)
  })

  it('Cancellation semantics: cancelled_caught', async () => {
    expect((await run(moveOnAfter(5000, () => sleep(10_000)))).cancelled).toBe(true)
    expect((await run(moveOnAfter(5000, () => sleep(1000)))).cancelled).toBe(false)
  })

  it('Cancellation semantics: level triggered, a cleanup that waits is cancelled too', async () => {
    const TIMEOUT = 1000
    const moved = await run(
      moveOnAfter(TIMEOUT, async () => {
        try {
          await sleepForever() // send_hello_msg
        } finally {
          print('goodbye')
          await sleepForever() // send_goodbye_msg
        }
      }),
    )
    expect(moved.cancelled).toBe(true)
    expect(printed).toEqual(['goodbye'])
    expect(time()).toBe(TIMEOUT)
  })

  it('Cancellation semantics: a shielded cleanup runs, and its own timeout works', async () => {
    for (const [goodbye, ends] of [
      [300, 1300],
      [10_000, 1500],
    ] as const) {
      installClock()
      const moved = await run(
        moveOnAfter(1000, async () => {
          try {
            await sleepForever()
          } finally {
            await shield(() => moveOnAfter(500, () => sleep(goodbye)))
          }
        }),
      )
      expect(moved.cancelled).toBe(true)
      expect(time()).toBe(ends)
    }
  })

  it('Cancellation and primitive operations: in a cancelled scope each refuses to start', async () => {
    const limiter = new CapacityLimiter(1)
    await run(
      scope(async ({ cancel, signal }) => {
        cancel()
        for (const operation of [() => sleep(1), checkpoint, () => limiter.acquire(), () => limiter.run(() => 1)]) {
          expect(await errorOf(operation())).toBe(signal.reason)
        }
        expect(limiter.statistics().borrowed).toBe(0)
      }),
    )
    expect(time()).toBe(0)
  })

  it('Cheat sheet: carry on; recover; fail', async () => {
    const doWhatever = () => sleep(200)
    await run(moveOnAfter(100, doWhatever))
    const moved = await run(moveOnAfter(100, doWhatever))
    expect(moved.cancelled ? 'try to recover' : 'done').toBe('try to recover')
    expect(await errorOf(run(failAfter(100, doWhatever)))).toMatchObject({
      name: 'TimeoutError',
      code: 'ERR_OFFLOOP_TIMEOUT',
    })
    expect(time()).toBe(300)
  })

  it('current_effective_deadline: the nearest visible one', async () => {
    expect(currentAmbient()).toBeUndefined()
    await run(
      moveOnAfter(5000, async () => {
        expect(currentAmbient()!.deadline).toBe(5000)
        await moveOnAfter(10_000, () => expect(currentAmbient()!.deadline).toBe(5000))
        await moveOnAfter(1000, () => expect(currentAmbient()!.deadline).toBe(1000))
        await shield(async () => {
          expect(currentAmbient()!.deadline).toBe(Number.POSITIVE_INFINITY)
          await moveOnAfter(10_000, () => expect(currentAmbient()!.deadline).toBe(10_000))
        })
      }),
    )
  })
})

describe("Trio's reference: tasks let you do multiple things at once", () => {
  it('Nurseries and spawning: two calls of a child at once', async () => {
    await run(
      scope(({ spawn }) => {
        spawn(() => sleep(1000))
        spawn(() => sleep(1000))
      }),
    )
    expect(time()).toBe(1000)
  })

  it('Nurseries and spawning: a return does not cancel the children', async () => {
    expect(
      await run(
        scope(({ spawn }) => {
          spawn(() => sleep(5000))
          return 'returned'
        }),
      ),
    ).toBe('returned')
    expect(time()).toBe(5000)
  })

  it('Child tasks and cancellation: a timeout around the nursery cancels its children', async () => {
    const moved = await run(
      moveOnAfter(1000, () =>
        scope(({ spawn }) => {
          spawn(sleepForever)
          spawn(sleepForever)
        }),
      ),
    )
    expect(moved.cancelled).toBe(true)
    expect(time()).toBe(1000)
  })

  it('Child tasks and cancellation: a timeout inside, around the spawning, does nothing', async () => {
    await run(
      scope(async ({ spawn }) => {
        await moveOnAfter(1000, () => {
          spawn(() => sleep(5000))
        })
      }),
    )
    expect(time()).toBe(5000)
  })

  it('Errors in multiple child tasks: both, the first one first', async () => {
    const [missing, range] = [new Error('missing'), new RangeError('20')]
    const error = await errorOf(
      run(
        scope(({ spawn }) => {
          spawn(function broken1() {
            throw missing
          })
          spawn(function broken2() {
            throw range
          })
        }),
      ),
    )
    expect(error).toBeInstanceOf(AggregateError)
    expect((error as AggregateError).errors).toEqual([missing, range])
  })

  it('Spawning tasks without becoming a parent: a listener starts its siblings', async () => {
    const listener = async (connections: number, nursery: Scope) => {
      for (let i = 0; i < connections; i++) {
        await sleep(100)
        nursery.spawn(async () => {
          await sleep(1000)
          print(`handled ${i}`)
        })
      }
      print('listener ends')
    }
    await run(
      scope((nursery) => {
        nursery.spawn(() => listener(3, nursery))
      }),
    )
    expect(printed).toEqual(['listener ends', 'handled 0', 'handled 1', 'handled 2'])
    expect(time()).toBe(1300)
  })

  it('Spawning tasks without becoming a parent: scopes are inherited from the nursery, not from who spawns', async () => {
    await run(
      scope((nursery) => {
        nursery.spawn(() =>
          moveOnAfter(1000, () => {
            nursery.spawn(() => sleep(3000))
          }),
        )
      }),
    )
    expect(time()).toBe(3000)
  })

  it('Custom supervisors: race', async () => {
    const race = <T>(...fns: (() => Promise<T>)[]) =>
      scope(async ({ spawn, cancel }) => {
        const winner = await new Promise<T>((resolve) => {
          for (const fn of fns) spawn(async () => resolve(await fn()))
        })
        cancel()
        return winner
      })
    const jockey = (ms: number) => async () => {
      await sleep(ms)
      print(`${ms} arrives`)
      return ms
    }
    expect(await run(race(jockey(300), jockey(100), jockey(200)))).toBe(100)
    expect(printed).toEqual(['100 arrives'])
    expect(time()).toBe(100)
  })

  it('Task-local storage: each request has its own, and its helpers see it', async () => {
    const request = new AsyncLocalStorage<number>()
    const log = (message: string) => print(`request ${request.getStore()}: ${message}`)
    const handle = async (tag: number) => {
      log('started')
      await scope(({ spawn }) => {
        for (const name of ['a', 'b']) {
          spawn(async () => {
            await sleep(10 * (tag + 1))
            log(`helper ${name}`)
          })
        }
      })
      log('finished')
    }
    await run(
      scope(({ spawn }) => {
        for (const tag of [0, 1]) spawn(() => request.run(tag, () => handle(tag)))
      }),
    )
    expect(printed).toEqual([
      'request 0: started',
      'request 1: started',
      'request 0: helper a',
      'request 0: helper b',
      'request 0: finished',
      'request 1: helper a',
      'request 1: helper b',
      'request 1: finished',
    ])
  })
})

describe("Trio's reference: synchronizing and threads", () => {
  it('Fairness: two loopy children take turns with a lock', async () => {
    const lock = new CapacityLimiter(1)
    const loopyChild = (number: number) => async () => {
      for (;;) {
        await lock.run(async () => {
          print(`Child ${number} has the lock!`)
          await sleep(500)
        })
      }
    }
    await run(
      moveOnAfter(2900, () =>
        scope(({ spawn }) => {
          spawn(loopyChild(1))
          spawn(loopyChild(2))
        }),
      ),
    )
    expect(printed.map((line) => line.split(' ')[1])).toEqual(['1', '2', '1', '2', '1', '2'])
  })

  it("Trio's philosophy about managing worker threads: no user has more than 3 of 20", async () => {
    const all = new CapacityLimiter(20)
    const ofUser = new Map<string, CapacityLimiter>()
    const perUser = (user: string) => {
      if (!ofUser.has(user)) ofUser.set(user, new CapacityLimiter(3))
      return ofUser.get(user)!
    }
    let most = 0
    const running = new Map<string, number>()
    const job = async (user: string) => {
      running.set(user, (running.get(user) ?? 0) + 1)
      most = Math.max(most, all.statistics().borrowed)
      expect(running.get(user)).toBeLessThanOrEqual(3)
      await sleep(100)
      running.set(user, running.get(user)! - 1)
    }
    await run(
      scope(({ spawn }) => {
        for (let i = 0; i < 80; i++) {
          const user = `user ${i % 8}`
          spawn(() => perUser(user).run(() => all.run(() => job(user))))
        }
      }),
    )
    expect(most).toBe(20)
    expect(time()).toBe(400) // 80 jobs on 20 tokens
  })

  it('acquire_on_behalf_of: one token for each borrower, until it is released', async () => {
    const limiter = new CapacityLimiter(2)
    const borrower = { user: 1 }
    const lease: Lease = await limiter.acquire({ borrower })
    expect(limiter.statistics()).toEqual({ borrowed: 1, total: 2, waiting: 0, borrowers: [borrower] })
    expect(await errorOf(limiter.acquire({ borrower }))).toMatchObject({ code: 'ERR_OFFLOOP_ARG_VALUE' })
    lease.release()
    expect(limiter.statistics().borrowers).toEqual([])
    ;(await limiter.acquire({ borrower })).release()
  })
})
