/** How many workers run twins at once, and where the number comes from. */

interface Limit {
  threads: number
  threadsSource: string
}

let limit: Limit | undefined

export function workerLimit(): Limit {
  limit ??= initialLimit()
  return limit
}

/** From the next call that starts or ends on. */
export function limitWorkers(threads: number): void {
  limit = { threads, threadsSource: 'configure()' }
}

function initialLimit(): Limit {
  const asked = Number.parseInt(process.env.OFFLOOP_THREADS ?? '', 10)
  if (asked > 0) return { threads: Math.min(asked, 256), threadsSource: 'OFFLOOP_THREADS' }
  // getBuiltinModule: importing offloop must not load what only this engine needs.
  const { availableParallelism } = process.getBuiltinModule('node:os')
  return { threads: availableParallelism(), threadsSource: 'os.availableParallelism()' }
}
