/** What a picture draws of one track. */
import { COLORS, escaped, round, text } from '../base/svg.js'
import { duration } from '../compare/table.js'
import { kernelOf, TASK } from './colors.js'
import type { Slice, Track } from './tracks.js'
import type { Recording } from './types.js'

export interface Scale {
  /** Milliseconds. */
  readonly from: number
  readonly to: number
  /** Pixels. */
  readonly left: number
  readonly right: number
  readonly perMs: number
  x(ms: number): number
}

const ROW = 20
const LETTER = 6.4
/** Narrower slices of grains are drawn as one. */
const FINE = 0.8

type Colors = ReadonlyMap<string, string>

/** How deep each slice lies in others. What waits is drawn over what waits, not in it. */
export function rowsOf({ slices }: Track): { readonly depths: readonly number[]; readonly height: number } {
  const open: Slice[] = []
  const depths = slices.map((slice) => {
    while (open.length > 0 && open.at(-1)!.end <= slice.begin) open.pop()
    if (slice.category === 'queued' || slice.category === 'grain') return Math.max(0, open.length - 1)
    open.push(slice)
    return open.length - 1
  })
  return { depths, height: ROW * (1 + depths.reduce((a, b) => Math.max(a, b), 0)) }
}

export function drawTrack(track: Track, scale: Scale, y: number, colors: Colors): string[] {
  const { depths } = rowsOf(track)
  const parts: string[] = []
  const labels: string[] = []
  const grains: Slice[] = []
  const filled: number[] = []
  track.slices.forEach((slice, i) => {
    if (slice.category === 'grain') {
      grains.push(slice)
      return
    }
    // Thousands of calls in one pixel are one.
    const [depth, right] = [depths[i]!, scale.x(slice.end)]
    if (slice.category !== 'queued' && right < (filled[depth] ?? 0) + 0.5) return
    if (slice.category !== 'queued') filled[depth] = right
    drawSlice(slice, scale, y + depth * ROW, colors, parts, labels)
  })
  // Over the hatching of what waits.
  const halo = 'stroke="#ffffff" stroke-width="3" stroke-opacity="0.7" paint-order="stroke" stroke-linejoin="round"'
  if (labels.length > 0) parts.push(`<g ${halo}>${labels.join('')}</g>`)
  parts.push(...drawGrains(grains, scale, y, colors))
  const depthOf = new Map(track.instants.length === 0 ? [] : track.slices.map((slice, i) => [slice, depths[i]!]))
  for (const { of, at, name, args } of track.instants) {
    const [x, top] = [scale.x(at), y + depthOf.get(of)! * ROW + 5]
    const about = escaped(`${name}${args.why ? `: ${args.why}` : ''}`)
    parts.push(
      `<path d="M${round(x - 3)} ${top}l6 6m0-6l-6 6" stroke="#c0392b" stroke-width="2"><title>${about}</title></path>`,
    )
  }
  return parts
}

/** The box goes to `parts`, its name to `labels` unless it is light on dark. */
function drawSlice(slice: Slice, scale: Scale, y: number, colors: Colors, parts: string[], labels: string[]): void {
  const { name, category, begin, end, args } = slice
  const x = round(scale.x(begin))
  const width = Math.max(0.6, round(scale.x(end) - x))
  const box = `x="${x}" y="${y}" width="${round(width)}" height="${ROW - 3}" rx="2"`
  if (category === 'queued') {
    if (width >= 2) parts.push(`<rect ${box} fill="url(#queued)"/>`)
    return
  }
  const outcome = args.outcome === undefined || args.outcome === 'fulfilled' ? '' : `, ${args.outcome}`
  const about = `<title>${escaped(`${name}: ${duration(end - begin)}${outcome}`)}</title>`
  parts.push(`<rect ${box} ${styleOf(slice, colors)}>${about}</rect>`)
  const label = fitting(name, width)
  if (label === '') return
  if (category === 'run') parts.push(text(x + 4, y + 13, label, 'fill="#ffffff"'))
  else labels.push(text(x + 4, y + 13, label))
}

function styleOf({ name, category }: Slice, colors: Colors): string {
  if (category === 'scope') return 'fill="#eef2f6" stroke="#c5ced8"'
  if (category === 'run') return `fill="${TASK}"`
  const color = category === 'job' ? (colors.get(kernelOf(name)) ?? COLORS.faint) : TASK
  return `fill="${color}" fill-opacity="0.2" stroke="${color}"`
}

/** The grains of a thread as a path a kernel; a name stands on runs of them that are wide enough. */
function drawGrains(grains: readonly Slice[], scale: Scale, y: number, colors: Colors): string[] {
  const paths = new Map<string, string[]>()
  const labels: string[] = []
  for (let i = 0; i < grains.length; ) {
    const kernel = kernelOf(grains[i]!.name)
    const left = scale.x(grains[i]!.begin)
    let right = left
    let drawn = left
    const path = paths.get(kernel) ?? []
    paths.set(kernel, path)
    // A run: grains of one kernel, hardly apart.
    for (; i < grains.length && kernelOf(grains[i]!.name) === kernel; i++) {
      const [from, to] = [scale.x(grains[i]!.begin), scale.x(grains[i]!.end)]
      if (from > right + 3) break
      right = Math.max(right, to)
      if (right - drawn < FINE && grains[i + 1] !== undefined && scale.x(grains[i + 1]!.begin) - right < FINE) continue
      // A hair of white between grains that are seen one by one.
      const width = Math.max(0.4, right - drawn - (right - drawn > 3 ? 0.6 : 0))
      path.push(`M${round(drawn)} ${y}h${round(width) || 0.4}v${ROW - 3}h-${round(width) || 0.4}z`)
      const next = grains[i + 1]
      drawn = next === undefined ? right : Math.max(right, scale.x(next.begin))
    }
    const label = fitting(kernel, right - left)
    if (label === kernel) labels.push(text(left + 4, y + 13, label, 'fill="#ffffff"'))
  }
  const shapes = [...paths].map(([kernel, path]) => {
    return `<path d="${path.join('')}" fill="${colors.get(kernel) ?? COLORS.faint}"><title>${escaped(kernel)}</title></path>`
  })
  return [...shapes, ...labels]
}

/** As much of a name as there is room for. */
function fitting(name: string, width: number): string {
  const letters = Math.floor((width - 8) / LETTER)
  if (name.length <= letters) return name
  return letters < 4 ? '' : `${name.slice(0, letters - 1)}…`
}

/** The delay of the loop's timers as an area: as wide as a stall lasted, and as high, up to the highest. */
export function drawDelay(
  { late }: Recording,
  { from, to, x, left, right }: Scale,
  y: number,
  height: number,
): string[] {
  const seen = late.filter(({ due, ms }) => due + ms > from && due < to)
  const base = y + height
  // One that began before, as starting a program does, would dwarf the others.
  const inside = seen.filter(({ due }) => due >= from)
  const most = (inside.length > 0 ? inside : seen).reduce((most, { ms }) => Math.max(most, ms), 0)
  // Below, all would look like stalls.
  const full = Math.max(most, 10)
  const path = seen.map(({ due, ms }) => {
    const [begin, end] = [Math.max(left, x(due)), Math.min(right, x(due + ms))]
    const up = Math.max(0.5, Math.min(1, ms / full) * height)
    const width = Math.max(0.6, end - begin)
    return `M${round(begin)} ${round(base)}v-${round(up)}h${round(width)}v${round(up)}z`
  })
  const longest = seen.find(({ ms }) => ms === most)
  const lines = [
    `<path d="M${left} ${base}H${right}" stroke="${COLORS.grid}"/>`,
    `<path d="${path.join('')}" fill="${COLORS.holds}" fill-opacity="0.75"><title>event loop delay</title></path>`,
  ]
  if (longest === undefined) return [...lines, text(left + 4, base - 6, 'none', `fill="${COLORS.faint}"`)]
  const label = `at most ${duration(most)}`
  const end = x(longest.due + longest.ms)
  const place = end + 8 + LETTER * label.length < right ? end + 6 : x(longest.due) - 6
  const anchor = place < end ? ' text-anchor="end"' : ''
  return [...lines, text(place, y + 12, label, `fill="${COLORS.holds}"${anchor}`)]
}
