/** The first run of each face: its result beside that of the first face. */
import { isDeepStrictEqual } from 'node:util'
import { type Disagreement, differenceOf } from './agree.js'
import type { Face } from './measure.js'

/** 'refused': the face would deadlock, and says so; undefined: an abort came before it. */
export type FirstRun = 'same bits' | Disagreement | 'refused' | undefined

/** Runs each face once, in order, and compares results of any kind with the first face's. */
export async function firstRuns(faces: readonly Face[], signal: AbortSignal | undefined): Promise<FirstRun[]> {
  let expected: unknown
  const found: FirstRun[] = []
  for (const [i, face] of faces.entries()) {
    if (signal?.aborted) break
    try {
      const value = await face.run()
      if (i === 0) expected = value
      found.push(differenceBetween(expected, value))
    } catch (error) {
      if (signal?.aborted) break
      if ((error as { code?: unknown } | null)?.code !== 'ERR_OFFLOOP_DEADLOCK') throw error
      found.push('refused')
    }
  }
  return faces.map((_, i) => found[i])
}

/** As for numbers; what is no number (maps, dates, …) is equal or not. */
function differenceBetween(expected: unknown, value: unknown): 'same bits' | Disagreement {
  const difference = differenceOf(expected, value)
  if (difference !== 'same bits' || isDeepStrictEqual(expected, value)) return difference
  return { ulp: 0, differing: 0, entries: 0, structure: 'results differ' }
}
