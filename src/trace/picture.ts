/** A recording as an SVG timeline: no scripts, no fonts, nothing fetched. */
import { COLORS, escaped, FONT, round, text } from '../base/svg.js'
import { duration } from '../compare/table.js'
import { colorsOf, TASK } from './colors.js'
import { drawDelay, drawTrack, rowsOf, type Scale } from './draw.js'
import { countsOf, longestDelay } from './summary.js'
import { type Track, tracksOf } from './tracks.js'
import type { Recording } from './types.js'

const WIDTH = 1200
/** The plot inside, in pixels. */
const [LEFT, RIGHT, TOP] = [150, 1180, 84]
const GAP = 10
const DELAY_HEIGHT = 36
const TITLE_HEIGHT = 22
/** More tracks of a kind are counted, not drawn. */
const MOST: Readonly<Record<Track['kind'], number>> = { loop: 1, calls: 12, worker: 8, thread: 16 }

export function timelineOf(recording: Recording, version: string): string {
  const { head, tail } = recording
  const tracks = tracksOf(recording)
  const scale = scaleOf(recording, tracks)
  const colors = colorsOf(tracks)
  const body: string[] = []
  let y = TOP
  const label = (at: number, content: string) =>
    body.push(text(LEFT - 10, at, content, `fill="${COLORS.faint}" text-anchor="end"`))

  label(y + DELAY_HEIGHT / 2 + 4, 'event loop delay')
  body.push(...drawDelay(recording, scale, y, DELAY_HEIGHT))
  y += DELAY_HEIGHT + GAP
  for (const kind of ['loop', 'calls', 'worker', 'thread'] as const) {
    const some = tracks.filter((track) => track.kind === kind && track.slices.length > 0)
    const shown = some.slice(0, MOST[kind])
    shown.forEach((track, index) => {
      const rows = rowsOf(track)
      label(y + 15, TITLES[kind](index, track))
      body.push(...drawTrack(track, scale, y, colors))
      y += rows.height + 4
    })
    if (some.length > shown.length) {
      body.push(text(LEFT, y + 11, `and ${some.length - shown.length} more`, `font-size="11" fill="${COLORS.faint}"`))
      y += 18
    }
    if (some.length > 0) y += GAP - 4
  }
  const bottom = y
  const height = bottom + 24 + TITLE_HEIGHT + 20
  const about = `${tail.engine ?? 'offloop not used'}, Node ${head.node}`
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title about" font-family="${FONT}" font-size="12" fill="${COLORS.text}">`,
    `<title id="title">Trace of ${escaped(nameOf(head.script))}</title>`,
    `<desc id="about">${escaped(described(recording))}</desc>`,
    QUEUED,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(LEFT, 32, nameOf(head.script), 'font-size="20" font-weight="600"'),
    text(LEFT, 54, `offloop ${version}, ${about}: ${countsOf(recording)}`, `font-size="13" fill="${COLORS.faint}"`),
    ...axisOf(scale, bottom),
    ...body,
    ...legend(colors, bottom + 24 + TITLE_HEIGHT),
    '</svg>',
  ]
  return `${lines.join('\n')}\n`
}

const TITLES: Readonly<Record<Track['kind'], (index: number, track: Track) => string>> = {
  loop: () => 'event loop blocked',
  calls: (index) => (index === 0 ? 'scopes and calls' : ''),
  worker: (_, { name }) => name.replace('tasks on ', 'task '),
  thread: (index) => `kernel thread ${index + 1}`,
}

/** What waits. */
const QUEUED = `<defs><pattern id="queued" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V6" stroke="${COLORS.faint}" stroke-width="2" stroke-opacity="0.45"/></pattern></defs>`

function nameOf(script: string): string {
  return script.replace(/.*[/\\]/, '')
}

function described(recording: Recording): string {
  const longest = longestDelay(recording)
  const late = longest === undefined ? 'never held up' : `held up for ${duration(longest.ms)} at most`
  return `A timeline: ${countsOf(recording)}. The event loop was ${late}.`
}

/** From the first thing that happened to the last: how long Node took to start is of no interest. */
function scaleOf({ tail, head }: Recording, tracks: readonly Track[]): Scale {
  let [first, last] = [Infinity, -Infinity]
  for (const { slices } of tracks) {
    for (const { begin, end } of slices) {
      first = Math.min(first, begin)
      last = Math.max(last, end)
    }
  }
  if (first > last) [first, last] = [head.begin, Math.max(tail.time, head.begin + 1)]
  const margin = (last - first) * 0.015
  const [from, to] = [Math.max(0, first - margin), last + margin]
  const perMs = (RIGHT - LEFT) / (to - from)
  return { from, to, left: LEFT, right: RIGHT, perMs, x: (ms) => LEFT + (ms - from) * perMs }
}

function axisOf({ from, to, x }: Scale, bottom: number): string[] {
  const step = niceStep((to - from) / 10)
  const lines: string[] = []
  const labels: string[] = []
  const digits = step >= 1 ? 0 : Math.ceil(-Math.log10(step))
  for (let tick = Math.ceil(from / step); tick * step <= to; tick++) {
    const at = round(x(tick * step))
    lines.push(`M${at} ${TOP - 8}V${bottom}`)
    if (at < LEFT + 16) continue // the unit stands there
    labels.push(
      text(at, bottom + 16, `${(tick * step).toFixed(digits)}`, `fill="${COLORS.faint}" text-anchor="middle"`),
    )
  }
  const unit = text(LEFT - 10, bottom + 16, 'ms since start', `fill="${COLORS.faint}" text-anchor="end"`)
  return [`<path d="${lines.join('')}" stroke="${COLORS.grid}"/>`, ...labels, unit]
}

/** 1, 2 or 5 times a power of ten, and no less than `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least * 0.999)!
}

function legend(colors: ReadonlyMap<string, string>, y: number): string[] {
  const entries = [...colors].map(([name, color]) => ({ name, fill: color }))
  const all = [...entries, { name: 'task', fill: TASK }, { name: 'queued', fill: 'url(#queued)' }]
  let x = LEFT
  const parts: string[] = []
  for (const { name, fill } of all) {
    const width = 30 + 7 * name.length
    if (x + width > RIGHT) break
    parts.push(`<rect x="${round(x)}" y="${y - 10}" width="12" height="12" rx="2" fill="${fill}"/>`)
    parts.push(text(x + 17, y, name))
    x += width
  }
  return parts
}
