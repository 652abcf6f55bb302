/** Numbers of jobs: one row for all kernels of this thread, whatever engine runs them. */

let last = 0

export function nextJob(): number {
  return ++last
}
