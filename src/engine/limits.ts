/** How many cores this process uses, and how many threads run kernels: what was asked for, and what the machine says. */

export interface Limits {
  /** Cores that tasks and kernels share. */
  readonly cores: number
  /** Threads that run kernels at once; no more than `cores`, unless asked for. */
  readonly threads: number
  /** Where `threads` comes from. */
  readonly source: string
}

let asked: Limits | undefined
let found: Limits | undefined
let listener: ((limits: Limits) => void) | undefined

/** For the whole process, from now on. */
export function setLimits(limits: Limits): void {
  asked = limits
  listener?.(limits)
}

/** What was asked for, if anything was; the native engine finds its own numbers. */
export function askedLimits(): Limits | undefined {
  return asked
}

/** Called with what is asked for, already or later. */
export function onLimits(listen: (limits: Limits) => void): void {
  listener = listen
  if (asked !== undefined) listen(asked)
}

/** For what runs in JavaScript. */
export function limits(): Limits {
  found ??= measured()
  return asked ?? found
}

function measured(): Limits {
  const wanted = Number.parseInt(process.env.OFFLOOP_THREADS ?? '', 10)
  if (wanted > 0) {
    const threads = Math.min(wanted, 256)
    return { cores: threads, threads, source: 'OFFLOOP_THREADS' }
  }
  // getBuiltinModule: importing offloop must not load what only this engine needs.
  const threads = process.getBuiltinModule('node:os').availableParallelism()
  return { cores: threads, threads, source: 'os.availableParallelism()' }
}
