/** Which calls go first when there are more than cores. */
import { readChoice } from './arguments.js'

/** `'high'` goes before `'normal'`, and that before `'low'`; one grain in sixteen keeps any from starving. */
export type Priority = 'high' | 'normal' | 'low'

export const PRIORITIES = ['high', 'normal', 'low'] as const

/** As the engines count them: 0 goes first. */
export const RANK: Readonly<Record<Priority, number>> = { high: 0, normal: 1, low: 2 }

export function readPriority(value: unknown): Priority | undefined {
  return value === undefined ? undefined : PRIORITIES[readChoice('priority', value, PRIORITIES)]
}
