/** Numbers of jobs: one row for all kernels of this thread, whatever engine runs them. */

let last = 0

/** The last one given. */
export function lastJob(): number {
  return last
}

export function nextJob(): number {
  return ++last
}
