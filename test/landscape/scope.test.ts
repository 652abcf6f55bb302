/** The rules of scopes, each once, on a virtual clock. */
import { getEventListeners, once } from 'node:events'
import { setTimeout as realSleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { clock, contextState, inherit } from '../../dist/internal.js'
import {
  type Ambient,
  Cancelled,
  checkpoint,
  currentAmbient,
  failAfter,
  moveOnAfter,
  openScope,
  type Scope,
  scope,
  shield,
} from '../../dist/landscape/index.js'
import { runScript } from '../frame/child.js'
import { errorOf, installClock, restoreClock, run, settle, sleep, sleepForever, time, timersSet } from './virtual.js'

let unhandled: unknown[] = []
const onUnhandled = (error: unknown) => unhandled.push(error)

beforeEach(() => {
  installClock()
  unhandled = []
  process.on('unhandledRejection', onUnhandled)
})
afterEach(async () => {
  await settle()
  process.off('unhandledRejection', onUnhandled)
  restoreClock()
  expect(unhandled).toEqual([])
  expect(timersSet()).toBe(0)
  expect(contextState()).toEqual({ open: 0, store: undefined })
})

const fails = (ms: number, error: unknown) => async () => {
  await sleep(ms)
  throw error
}

describe('a scope', () => {
  it('gives what its body returns, once all children have ended', async () => {
    let ended = 0
    const value = await run(
      scope(async ({ spawn }) => {
        spawn(async () => {
          await sleep(50)
          ended++
        })
        await sleep(10)
        return 'value'
      }),
    )
    expect([value, ended, time()]).toEqual(['value', 1, 50])
    expect(await scope(() => 7)).toBe(7)
  })

  it('throws the first failure as it is, after the siblings it cancelled have ended', async () => {
    const broken = new Error('broken')
    let cleaned = false
    const error = await errorOf(
      run(
        scope(
          ({ spawn }) => {
            spawn(fails(10, broken), { name: 'reader' })
            spawn(async (signal) => {
              try {
                await sleepForever()
              } finally {
                expect(signal.reason).toBeInstanceOf(Cancelled)
                expect(signal.reason).toMatchObject({ code: 'ERR_OFFLOOP_CANCELLED', cause: broken })
                expect(signal.reason.message).toBe(
                  'Expected `scope load` to end by itself but child reader failed: broken',
                )
                await shield(() => sleep(5))
                cleaned = true
              }
            })
          },
          { name: 'load' },
        ),
      ),
    )
    expect([error, cleaned, time()]).toEqual([broken, true, 15])
  })

  it('throws several failures as one AggregateError, each once, the first one first', async () => {
    const [one, two, three] = [new Error('one'), new Error('two'), new Error('three')]
    const error = (await errorOf(
      run(
        scope(async ({ spawn }) => {
          const first = spawn(fails(10, one))
          spawn(async () => {
            try {
              await sleepForever()
            } catch {
              throw two
            }
          })
          spawn(async () => {
            try {
              await sleepForever()
            } finally {
              await shield(fails(5, three))
            }
          })
          await first // throws `one` once more
        }),
      ),
    )) as AggregateError & { code: string }
    expect(error).toBeInstanceOf(AggregateError)
    expect(error.errors).toEqual([one, two, three])
    expect(error.code).toBe('ERR_OFFLOOP_SCOPE_FAILED')
    expect(error.message).toBe('Expected `scope` to end without a failure but 3 failed: one')
    expect(time()).toBe(15)
  })

  it('is cancelled by what its body throws, also at once', async () => {
    const broken = new Error('broken')
    const ends: unknown[] = []
    const child = async (signal: AbortSignal) => {
      await sleepForever().finally(() => ends.push(signal.reason.message))
    }
    for (const wait of [0, 10]) {
      const error = await errorOf(
        run(
          scope(({ spawn }) => {
            spawn(child)
            if (wait > 0) return fails(wait, broken)()
            throw broken
          }),
        ),
      )
      expect(error).toBe(broken)
    }
    expect(ends).toEqual(Array(2).fill('Expected `scope` to end by itself but its body failed: broken'))
  })

  it('survives failures that cannot be looked at', async () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const circular = new AggregateError([], 'circular')
    circular.errors.push(circular)
    const getter = Object.defineProperty(new Error(), 'cause', {
      get() {
        throw new Error('in a getter')
      },
    })
    for (const failure of [proxy, circular, getter]) {
      const caught: unknown[] = []
      await scope(({ spawn }) => {
        spawn(() => {
          throw failure
        })
        return checkpoint().then(checkpoint)
      }).catch((error) => caught.push(error))
      expect(caught[0] === failure).toBe(true)
    }
  })

  it('keeps falsy failures and values', async () => {
    const nothing = await scope(() => {
      throw undefined
    }).then(
      () => 'resolved',
      (error) => error,
    )
    expect(nothing).toBeUndefined()
    expect(await scope(({ spawn }) => spawn(() => 0))).toBe(0)
  })

  it('waits for children of children, also after its body has ended', async () => {
    const ends: number[] = []
    await run(
      scope(({ spawn }) => {
        const grow = async (depth: number) => {
          await sleep(10)
          ends.push(time())
          if (depth > 1) spawn(() => grow(depth - 1))
        }
        spawn(() => grow(3))
      }),
    )
    expect(ends).toEqual([10, 20, 30])
  })

  it('waits for a scope inside that nobody awaits', async () => {
    let inner = 0
    await run(
      scope(({ spawn }) => {
        void scope(() => sleep(30)).then(() => inner++)
        spawn(() => {
          void moveOnAfter(100, () => sleep(40)).then(() => inner++)
        })
      }),
    )
    expect([inner, time()]).toEqual([2, 40])
  })

  it('refuses children once it has ended', async () => {
    let kept: Scope | undefined
    await scope((s) => {
      kept = s
    })
    expect(() => kept!.spawn(() => 1)).toThrow(
      expect.objectContaining({
        code: 'ERR_OFFLOOP_SCOPE_CLOSED',
        message: 'Expected an open scope for `spawn` but received one that has ended (`scope`)',
      }),
    )
    kept!.cancel('too late')
    expect(kept!.signal.aborted).toBe(false)
  })

  it('starts children of a cancelled scope with their signal aborted', async () => {
    const seen: boolean[] = []
    await run(
      scope(async ({ spawn, cancel }) => {
        cancel()
        spawn((signal) => seen.push(signal.aborted))
        await shield(() => sleep(1))
        spawn((signal) => seen.push(signal.aborted))
        await moveOnAfter(10, ({ signal }) => seen.push(signal.aborted))
      }),
    )
    expect(seen).toEqual([true, true, true])
  })

  it('marks the whole tree before any listener hears of it', async () => {
    const heard: boolean[][] = []
    await scope(async ({ spawn, cancel, signal }) => {
      const children: AbortSignal[] = []
      for (let i = 0; i < 3; i++) {
        spawn(async (own) => {
          children.push(own)
          await scope(async (inner) => {
            inner.signal.addEventListener('abort', () => heard.push(children.map((one) => one.aborted)))
            await sleepForever()
          })
        })
      }
      signal.addEventListener('abort', () => {
        spawn((own) => heard.push([own.aborted]))
      })
      cancel()
    })
    expect(heard[0]).toEqual([true])
    expect(heard).toHaveLength(4)
  })
})

describe('cancellation', () => {
  it('by cancel(): the value if the body returned, else a Cancelled that says why', async () => {
    const body =
      (cut: boolean) =>
      async ({ spawn, cancel }: Scope) => {
        spawn(sleepForever)
        spawn(async () => {
          await sleep(10)
          cancel('enough')
        })
        if (cut) await sleepForever()
        return 'value'
      }
    expect(await run(scope(body(false)))).toBe('value')
    const error = await errorOf(run(scope(body(true), { name: 'x' })))
    expect(error).toBeInstanceOf(Cancelled)
    expect(error).toMatchObject({ name: 'Cancelled', code: 'ERR_OFFLOOP_CANCELLED', cause: 'enough' })
    expect(error.message).toBe('Expected `scope x` to end by itself but it was cancelled: enough')
  })

  it('by the deadline: a TimeoutError, but only if it cut something off', async () => {
    const late = await errorOf(run(scope(sleepForever, { timeout: 50, name: 'x' })))
    expect(late).toMatchObject({ name: 'TimeoutError', code: 'ERR_OFFLOOP_TIMEOUT' })
    expect(late.message).toBe('Expected `scope x` to end within 50 ms but it did not')
    expect(time()).toBe(50)
    const child = scope(
      ({ spawn }) => {
        spawn(sleepForever)
        return 'value'
      },
      { timeout: 50 },
    )
    expect((await errorOf(run(child))).name).toBe('TimeoutError')
    // One that does not look at its signal ends as it likes.
    const deaf = scope(
      async ({ signal }) => {
        await shield(() => sleep(70))
        return signal.aborted
      },
      { timeout: 50 },
    )
    expect(await run(deaf)).toBe(true)
    expect(await run(scope(() => 'no time', { timeout: 0 }))).toBe('no time')
    expect(await run(scope(({ signal }) => signal.aborted, { timeout: 0 }))).toBe(true)
  })

  it("by the caller's signal: a Cancelled with its reason as cause", async () => {
    const controller = new AbortController()
    const reason = new Error('user left')
    const running = scope(
      async ({ spawn }) => {
        spawn(() => sleep(1e9, controller.signal)) // rejects with the caller's reason itself
        await sleepForever()
      },
      { signal: controller.signal },
    )
    await settle()
    controller.abort(reason)
    const error = await errorOf(running)
    expect(error).toMatchObject({ code: 'ERR_OFFLOOP_CANCELLED', cause: reason })
    expect(error.message).toBe("Expected `scope` to end by itself but the caller's signal was aborted: user left")
    const { signal } = controller
    const still = new AbortController()
    await scope(() => 1, { signal: still.signal })
    expect(getEventListeners(still.signal, 'abort')).toHaveLength(0)
    expect(await scope((s) => s.signal.aborted, { signal })).toBe(true)
    expect(await errorOf(scope(sleepForever, { signal }))).toMatchObject({ cause: reason })
  })

  it('from outside passes inner scopes with one and the same reason, and ends at the scope that was cancelled', async () => {
    const seen: unknown[] = []
    const moved = await run(
      moveOnAfter(50, async ({ signal }) => {
        try {
          await scope(async ({ spawn }) => {
            spawn(async (own) => {
              await sleepForever().finally(() => seen.push(own.reason))
            })
            await failAfter(100, () => scope(sleepForever))
          })
        } catch (error) {
          seen.push(error, signal.reason)
          throw error
        }
      }),
    )
    expect(moved.cancelled).toBe(true)
    expect(new Set([...seen, moved.cancelled && moved.reason]).size).toBe(1)
    expect(seen).toHaveLength(3)
  })

  it('of a scope and of what is around it: the outer one is what passes on', async () => {
    const seen: unknown[] = []
    const outer = await run(
      moveOnAfter(20, async ({ signal }) => {
        try {
          await moveOnAfter(10, () => shield(() => sleep(30)).then(checkpoint))
        } catch (error) {
          seen.push(error === signal.reason)
          throw error
        }
      }),
    )
    expect(outer.cancelled).toBe(true)
    expect(seen).toEqual([true])
  })

  it('counts errors that have the reason as cause, and no others', async () => {
    const elsewhere = new AbortController()
    elsewhere.abort(new Error('elsewhere'))
    const ways: [(signal: AbortSignal) => Promise<unknown>, boolean][] = [
      [(signal) => realSleep(60_000, undefined, { signal }), true],
      [(signal) => once(new EventTarget(), 'x', { signal }), true],
      [(signal) => sleep(1e9, signal).catch((cause) => Promise.reject(new Error('wrapped', { cause }))), true],
      [(signal) => Promise.any([sleep(1e9, signal), realSleep(60_000, undefined, { signal })]), true],
      [(signal) => sleep(1e9, signal).catch(() => Promise.reject(new DOMException('other', 'AbortError'))), false],
      [(signal) => sleep(1e9, signal).catch(() => realSleep(60_000, undefined, { signal: elsewhere.signal })), false],
    ]
    for (const [way, counts] of ways) {
      const result = run(moveOnAfter(10, ({ signal }) => way(signal)))
      if (counts) expect(await result).toMatchObject({ cancelled: true })
      else expect((await errorOf(result)).name).toBe('AbortError')
    }
  })

  it('does not lose a failure beside it', async () => {
    const broken = new Error('broken')
    const failing = (ms: number) =>
      moveOnAfter(ms, async ({ spawn }) => {
        spawn(async () => {
          try {
            await sleepForever()
          } catch {
            throw broken
          }
        })
        await sleepForever()
      })
    expect(await errorOf(run(failing(10)))).toBe(broken)
    expect(await errorOf(run(moveOnAfter(5, () => failing(10))))).toBe(broken)
  })

  it('counts once: the first reason stays', async () => {
    const error = await errorOf(
      run(
        scope(
          async ({ cancel }) => {
            cancel('first')
            cancel('second')
            await shield(() => sleep(20))
            await checkpoint()
          },
          { timeout: 10 },
        ),
      ),
    )
    expect(error.cause).toBe('first')
  })
})

describe('deadlines', () => {
  it('of nested ones the nearest wins, whichever is outside', async () => {
    for (const [outer, inner] of [
      [10, 20],
      [20, 10],
      [10, 10],
    ] as const) {
      installClock()
      const running = failAfter(outer, () => failAfter(inner, sleepForever), { name: 'outer' })
      expect((await errorOf(run(running))).message).toContain(inner < outer ? '`scope` to' : '`scope outer` to')
      expect(time()).toBe(10)
    }
  })

  it('passed on a loop too busy for timers: the next checkpoint says so, of equal ones the outer', async () => {
    const busy = failAfter(
      10,
      () =>
        failAfter(10, async () => {
          clock.now = () => 10
          await checkpoint()
        }),
      { name: 'outer' },
    )
    expect((await errorOf(busy)).message).toContain('`scope outer` to end within 10 ms')
  })

  it('longer than a timer can be, or infinite', async () => {
    expect((await run(moveOnAfter(2 ** 40, sleepForever))).cancelled).toBe(false)
    installClock()
    expect((await run(moveOnAfter(2 ** 40, () => sleep(2 ** 41)))).cancelled).toBe(true)
    expect(time()).toBe(2 ** 40)
    expect(await run(moveOnAfter(Number.POSITIVE_INFINITY, () => sleep(5)))).toEqual({
      cancelled: false,
      value: undefined,
    })
  })
})

describe('a shield', () => {
  it('holds cancellation and deadlines from outside back, and gives its value', async () => {
    const running = scope(
      async ({ signal }) => {
        const value = await shield(async (s) => {
          await sleep(30)
          expect([signal.aborted, s.signal.aborted]).toEqual([true, false])
          s.spawn((own) => expect(own.aborted).toBe(false))
          await checkpoint()
          return 'saved'
        })
        expect(value).toBe('saved')
        await checkpoint()
      },
      { timeout: 10 },
    )
    expect((await errorOf(run(running))).name).toBe('TimeoutError')
    expect(time()).toBe(30)
  })

  it('leaves deadlines inside at work', async () => {
    const running = moveOnAfter(10, () => shield(() => moveOnAfter(20, sleepForever)))
    expect(await run(running)).toMatchObject({ cancelled: false, value: { cancelled: true } })
    expect(time()).toBe(20)
    installClock()
    const own = moveOnAfter(2, () => shield(sleepForever, { timeout: 5, name: 'own' }))
    expect((await errorOf(run(own))).message).toContain('`scope own` to end within 5 ms')
  })

  it('passes a cancellation on that comes in by a signal of outside', async () => {
    const seen: unknown[] = []
    const moved = await run(
      moveOnAfter(10, async ({ signal: outside }) => {
        await shield(async ({ spawn }) => {
          spawn(async (own) => {
            await sleepForever().finally(() => seen.push(own.reason === outside.reason))
          })
          await sleep(1e9, outside)
        })
      }),
    )
    expect(moved.cancelled).toBe(true)
    expect(seen).toEqual([true])
  })
})

describe('a child', () => {
  it('gives value or error to whoever awaits its handle', async () => {
    const broken = new Error('broken')
    const running = scope(async ({ spawn }) => {
      expect(await spawn(async () => 5)).toBe(5)
      expect(await spawn(() => 6)).toBe(6)
      expect(await errorOf(spawn(fails(1, broken)))).toBe(broken)
    })
    expect(await errorOf(run(running))).toBe(broken)
  })

  it('is cancelled alone by its handle, which is no failure of the scope', async () => {
    const value = await run(
      scope(async ({ spawn, signal }) => {
        const child = spawn((own) => realSleep(60_000, undefined, { signal: own }), { name: 'poll' })
        const sibling = spawn(() => sleep(10).then(() => 'sibling'))
        child.cancel('enough')
        const error = await errorOf(child)
        expect(error).toMatchObject({ code: 'ERR_OFFLOOP_CANCELLED', cause: 'enough' })
        expect(error.message).toBe('Expected `child poll` to end by itself but it was cancelled: enough')
        expect(signal.aborted).toBe(false)
        child.cancel('again')
        return sibling
      }),
    )
    expect(value).toBe('sibling')
  })

  it('passes on what it is cut off by to the scope around that was cancelled, not to its own handle’s', async () => {
    const running = scope(
      ({ spawn }) => {
        const child = spawn(() => shield(() => sleep(20)).then(checkpoint))
        child.cancel()
      },
      { timeout: 10 },
    )
    expect((await errorOf(run(running))).name).toBe('TimeoutError')
  })

  it('is named by its function, or counted', async () => {
    const messages: string[] = []
    await scope(({ spawn }) => {
      const named = async (signal: AbortSignal) => {
        await sleepForever().finally(() => messages.push(signal.reason.message))
      }
      spawn(named).cancel()
      spawn(async (signal) => {
        await sleepForever().finally(() => messages.push(signal.reason.message))
      }).cancel()
    })
    expect(messages).toEqual(
      ['named', '2'].map((name) => `Expected \`child ${name}\` to end by itself but it was cancelled`),
    )
  })
})

describe('moveOnAfter and failAfter', () => {
  it('move on with a reason, also by their own cancel()', async () => {
    expect(await run(moveOnAfter(10, () => 'value'))).toEqual({ cancelled: false, value: 'value' })
    const late = await run(moveOnAfter(10, sleepForever))
    expect(late).toMatchObject({ cancelled: true, reason: { name: 'TimeoutError' } })
    const own = await run(
      moveOnAfter(10, async ({ cancel }) => {
        cancel('enough')
        await checkpoint()
      }),
    )
    expect(own).toMatchObject({ cancelled: true, reason: { cause: 'enough' } })
    // Nothing was cut off.
    expect(await moveOnAfter(0, () => 'value')).toEqual({ cancelled: false, value: 'value' })
  })

  it('throw failures, and what cancels from outside', async () => {
    const broken = new Error('broken')
    for (const within of [moveOnAfter, failAfter] as (typeof failAfter)[]) {
      expect(await errorOf(run(within(10, fails(1, broken))))).toBe(broken)
      const signal = AbortSignal.abort(broken)
      expect(await errorOf(run(within(10, checkpoint, { signal })))).toMatchObject({ cause: broken })
    }
  })
})

describe('openScope', () => {
  it('waits for its children when it is closed, and throws what failed', async () => {
    const s = openScope({ name: 'open' })
    expect(s.name).toBe('open')
    s.spawn(() => sleep(20))
    await run(s.close())
    expect(time()).toBe(20)
    expect(() => s.spawn(() => 1)).toThrow(expect.objectContaining({ code: 'ERR_OFFLOOP_SCOPE_CLOSED' }))
    await s.close() // again: the same
    const broken = new Error('broken')
    const failing = openScope()
    failing.spawn(fails(1, broken))
    await run(sleep(5))
    expect(failing.signal.aborted).toBe(true)
    expect(await errorOf(failing[Symbol.asyncDispose]())).toBe(broken)
  })

  it('is around what run() calls, not around its caller', async () => {
    const s = openScope({ threads: 1, timeout: 10 })
    expect(currentAmbient()).toBeUndefined()
    expect(await s.run(() => currentAmbient()?.threads)).toBe(1)
    expect((await errorOf(run(s.run(sleepForever)))).name).toBe('TimeoutError')
    await s.close() // the caller of run() has it
    const late = openScope({ timeout: 10 })
    late.spawn(sleepForever)
    expect((await errorOf(run(late.close()))).name).toBe('TimeoutError')
  })

  it('gives a failure once: to run() if that is where it came out', async () => {
    const broken = new Error('broken')
    const s = openScope()
    s.spawn(fails(10, broken))
    expect(await errorOf(run(s.run(sleepForever)))).toBe(broken)
    await s.close()
    const other = openScope()
    other.spawn(sleepForever)
    expect(await errorOf(run(other.run(fails(0, broken))))).toBe(broken)
    await run(other.close())
    expect(await errorOf(other.run(() => 1))).toMatchObject({ code: 'ERR_OFFLOOP_SCOPE_CLOSED' })
  })

  it('left open inside another belongs to what is around that', async () => {
    const left: ReturnType<typeof openScope>[] = []
    const moved = await run(
      moveOnAfter(50, async () => {
        await scope(() => left.push(openScope()))
        const [s] = left
        expect(s!.signal.aborted).toBe(false)
        await s!.run(sleepForever)
      }),
    )
    expect(moved.cancelled).toBe(true)
    expect(left[0]!.signal.aborted).toBe(true)
    left[0]!.spawn(() => 1)
    await left[0]!.close()
  })
})

describe('the context', () => {
  it('is off before the first scope, between scopes and after the last', async () => {
    expect(contextState().open).toBe(0)
    let after: Promise<unknown> | undefined
    const held = new AbortController()
    await scope(async () => {
      expect(contextState().open).toBe(1)
      after = new Promise((resolve) => held.signal.addEventListener('abort', resolve)).then(() => currentAmbient())
      await scope(() => expect(contextState().open).toBe(2))
    })
    expect(contextState()).toEqual({ open: 0, store: undefined })
    held.abort()
    expect(await after).toBeUndefined()
  })

  it('turns the hooks of promises off with the last scope', async () => {
    // Without hooks a promise has no id of its own, and all that runs in one turn has the same.
    const { stdout } = await runScript(`
      import { executionAsyncId } from 'node:async_hooks'
      import { openScope, scope } from 'DIST/landscape/index.js'
      const hooked = async () => {
        await null
        const first = executionAsyncId()
        await null
        return executionAsyncId() !== first
      }
      const seen = [await hooked(), await scope(hooked), await hooked()]
      const s = openScope()
      seen.push(await s.run(() => scope(hooked)))
      await s.close()
      seen.push(await hooked())
      console.log(seen.join())
    `)
    // From Node 24 on, contexts need no hooks at all.
    const inside = Number.parseInt(process.versions.node, 10) < 24
    expect(stdout.trim()).toBe([false, inside, false, inside, false].join())
  })

  it('of code that a scope left behind is what is around that scope', async () => {
    await scope(async () => {
      let resume = () => {}
      let late: Promise<Ambient | undefined> | undefined
      const outside = currentAmbient()
      await scope(() => {
        late = new Promise<void>((resolve) => {
          resume = resolve
        }).then(() => currentAmbient())
      })
      resume()
      expect(await late).toBe(outside)
    })
  })

  it('follows timers, streams of promises and async generators', async () => {
    await scope(async () => {
      const here = currentAmbient()
      expect(here).toBeDefined()
      await new Promise<void>((resolve) =>
        setTimeout(() => {
          expect(currentAmbient()).toBe(here)
          resolve()
        }, 1),
      )
      async function* numbers() {
        for (let i = 0; i < 2; i++) {
          await null
          expect(currentAmbient()).toBe(here)
          yield i
        }
      }
      for await (const i of numbers()) expect(i).toBeLessThan(2)
    })
  })

  it('keeps two scopes at once apart', async () => {
    const seen = (threads: number) =>
      scope(
        async () => {
          await sleep(5)
          await Promise.all([sleep(3), checkpoint()])
          return currentAmbient()?.threads
        },
        { threads },
      )
    expect(await run(Promise.all([seen(1), seen(2), scope(() => seen(3), { threads: 2 })]))).toEqual([1, 2, 2])
  })
})

describe('inherit', () => {
  it('stands for a distant scope: its very reason, its deadline, its threads', async () => {
    const distant = new AbortController()
    const from: Ambient = { signal: distant.signal, deadline: 50, threads: 3, priority: 'normal' }
    expect(inherit(from, () => [currentAmbient()!.deadline, currentAmbient()!.threads])).toEqual([50, 3])
    expect(() =>
      inherit(from, () => {
        throw new Error('thrown')
      }),
    ).toThrow('thrown')
    expect(currentAmbient()).toBeUndefined()
    expect((await errorOf(run(inherit(from, sleepForever)))).name).toBe('TimeoutError')
    const reason = new Error('there')
    const waiting = inherit({ ...from, deadline: Number.POSITIVE_INFINITY }, () => scope(sleepForever))
    distant.abort(reason)
    expect(await errorOf(waiting)).toBe(reason)
    expect(await errorOf(inherit(from, checkpoint))).toBe(reason)
  })
})

describe('a deadline that is not over', () => {
  it('keeps the process alive, and one of an ended scope does not', async () => {
    const { code, stdout } = await runScript(`
      import { moveOnAfter, scope } from 'DIST/landscape/index.js'
      const moved = await moveOnAfter(20, ({ signal }) => new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      }))
      await scope(() => 1, { timeout: 1e8 })
      console.log(moved.cancelled, process.getActiveResourcesInfo().includes('Timeout'))
    `)
    expect([code, stdout]).toEqual([0, 'true false\n'])
  })
})

describe('arguments', () => {
  it('are refused with the name of what is wrong', async () => {
    const bad: [() => unknown, string, string][] = [
      [() => scope(undefined as never), 'ERR_OFFLOOP_ARG_TYPE', '`body`'],
      [() => scope(() => 1, { timeout: '1' as never }), 'ERR_OFFLOOP_ARG_TYPE', '`timeout`'],
      [() => scope(() => 1, { timeout: -1 }), 'ERR_OFFLOOP_ARG_VALUE', '`timeout`'],
      [() => scope(() => 1, { timeout: Number.NaN }), 'ERR_OFFLOOP_ARG_VALUE', '`timeout`'],
      [() => scope(() => 1, { signal: {} as never }), 'ERR_OFFLOOP_ARG_TYPE', '`signal`'],
      [() => scope(() => 1, { threads: 0 }), 'ERR_OFFLOOP_ARG_VALUE', '`threads`'],
      [() => scope(() => 1, { name: 1 as never }), 'ERR_OFFLOOP_ARG_TYPE', '`name`'],
      [() => scope(() => 1, { deadline: 1 } as never), 'ERR_OFFLOOP_OPTION', '`deadline`'],
      [() => moveOnAfter('1' as never, () => 1), 'ERR_OFFLOOP_ARG_TYPE', '`ms`'],
      [() => moveOnAfter(-1, () => 1), 'ERR_OFFLOOP_ARG_VALUE', '`ms`'],
      [() => moveOnAfter(1, () => 1, { timeout: 1 } as never), 'ERR_OFFLOOP_OPTION', '`timeout`'],
      [() => failAfter(1, 1 as never), 'ERR_OFFLOOP_ARG_TYPE', '`body`'],
      [() => shield(1 as never), 'ERR_OFFLOOP_ARG_TYPE', '`body`'],
      [() => scope(({ spawn }) => spawn(1 as never)), 'ERR_OFFLOOP_ARG_TYPE', '`fn`'],
      [() => scope(({ spawn }) => spawn(() => 1, { name: 1 as never })), 'ERR_OFFLOOP_ARG_TYPE', '`name`'],
      [() => scope(({ spawn }) => spawn(() => 1, { title: '1' } as never)), 'ERR_OFFLOOP_OPTION', '`title`'],
      [async () => openScope({ timeout: -1 }), 'ERR_OFFLOOP_ARG_VALUE', '`timeout`'],
    ]
    for (const [call, code, name] of bad) {
      const error = await errorOf(call() as Promise<unknown>)
      expect(error.code, String(call)).toBe(code)
      expect(error.message).toContain(name)
    }
    expect(() => openScope({ threads: 1.5 })).toThrow(expect.objectContaining({ code: 'ERR_OFFLOOP_ARG_VALUE' }))
  })
})
