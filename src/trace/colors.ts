/** Colours of kernels in a picture: those that took longest get one each. */
import { COLORS } from '../base/svg.js'
import type { Track } from './tracks.js'

const KERNELS = [COLORS.free, '#2f6fb5', '#b3872d', '#3a9aa8', '#a8456b', '#6b7f2a'] as const
const OTHER = '#7b8794'
export const TASK = '#7a5ab5'

/** Colours by names of kernels, the longest-running first. */
export function colorsOf(tracks: readonly Track[]): Map<string, string> {
  const times = new Map<string, number>()
  for (const { slices } of tracks) {
    for (const { name, category, begin, end } of slices) {
      if (category !== 'grain' && category !== 'job') continue
      const kernel = kernelOf(name)
      times.set(kernel, (times.get(kernel) ?? 0) + end - begin)
    }
  }
  const sorted = [...times].sort((a, b) => b[1] - a[1])
  return new Map(sorted.map(([name], i) => [name, KERNELS[i] ?? OTHER]))
}

/** An instance's kernel: `sum` of `sum[f64]`. */
export function kernelOf(name: string): string {
  return /^[\w.]+/.exec(name)?.[0] ?? name
}
