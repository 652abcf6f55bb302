/** The plain server: everything on the event loop, one expensive request at a time. */
import { setImmediate } from 'node:timers/promises'
import { PIXELS } from './idx.js'
import { type Job, serve } from './server-http.js'
import { nearest, statistics, waysWithout } from './server-plain.js'
import { now } from './server-plan.js'

const CONTEXT = { checkpoint() {} }

/** Of the loop, between two pieces of work: each accepts one connection only. */
const TURNS = 200

let last: Promise<unknown> = Promise.resolve()

/**
 * Has what waits go first: between two pieces of work the loop answers what is cheap and sees who has hung up, so that
 * nothing is begun for those who have, nor after its deadline.
 */
function inTurn<T>(job: Job, work: () => T): Promise<T> {
  const due = now() + job.timeoutMs
  job.begin(Number.NaN)
  const mine = last.then(async () => {
    for (let turn = 0; turn < TURNS; turn++) await setImmediate()
    job.gone.throwIfAborted()
    if (now() > due) throw new DOMException('The request waited too long', 'TimeoutError')
    job.begin()
    return work()
  })
  last = mine.catch(() => {})
  return mine
}

await serve(({ digits, norms, direct, airports }) => ({
  search: (queries, job) => inTurn(job, () => nearest(queries, digits, norms, PIXELS)),
  statistics: (delay, distance, job) => inTurn(job, () => statistics(delay, distance)),
  closing: (airport, job) => inTurn(job, () => waysWithout(CONTEXT, direct, airports.length, airport)),
}))
