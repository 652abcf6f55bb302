/** The twin's side of Job::Reduce: block results joined pairwise by block index. */

/**
 * Calls leaf(begin, end) on each block of [0, items) and joins what it returns: ((0+1)+(2+3))+…
 * The tree depends on the number of items alone, as in native/core/job.h.
 */
export function reduceBlocks<S>(
  items: number,
  block: number,
  leaf: (begin: number, end: number) => S,
  join: (left: S, right: S) => S,
): S | undefined {
  const counter: (S | undefined)[] = [] // counter[l] holds 2^l blocks
  for (let begin = 0; begin < items; begin += block) {
    let state = leaf(begin, Math.min(begin + block, items))
    let level = 0
    for (; counter[level] !== undefined; level++) {
      state = join(counter[level] as S, state)
      counter[level] = undefined
    }
    counter[level] = state
  }
  let total: S | undefined
  for (const state of counter) {
    if (state !== undefined) total = total === undefined ? state : join(state, total)
  }
  return total
}

/** The same of states that are there already, of at least one block; the list is used up. */
export function joinBlocks<S>(states: S[], join: (left: S, right: S) => S): S {
  for (let step = 1; step < states.length; step *= 2) {
    for (let i = 0; i + step < states.length; i += 2 * step) states[i] = join(states[i] as S, states[i + step] as S)
  }
  return states[0] as S
}
