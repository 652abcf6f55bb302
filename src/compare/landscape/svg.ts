/** The diagram as an SVG file: doing more at once to the right, doing it faster upwards. */
import { COLORS, escaped, FONT, round, text } from '../../base/svg.js'
import { digits } from '../table.js'
import { type Axis, type Box, logAxis, placeLabels } from './plot.js'
import { labelOf } from './table.js'
import type { Landscape, Mark } from './types.js'

const [WIDTH, HEIGHT] = [800, 520]
/** The plot inside, in pixels. */
const PLOT = { x: 84, y: 84, w: 676, h: 340 }
const RADIUS = 7
const GAP = 5

/** A whole file: no scripts, no fonts, nothing fetched. */
export function svgOf({ marks, waiting, computing, engine, isa, threads, node, version }: Landscape): string {
  const [across, up] = [logAxis(marks.map(({ atOnce }) => atOnce)), logAxis(marks.map(({ faster }) => faster))]
  const native =
    engine === 'native' ? `native ${isa}, ${threads} ${threads === 1 ? 'thread' : 'threads'}` : 'JavaScript only'
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-labelledby="title about" font-family="${FONT}" font-size="13" fill="${COLORS.text}">`,
    '<title id="title">Doing more at once, doing it faster</title>',
    `<desc id="about">${escaped(described(marks, engine))}</desc>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(PLOT.x, 32, 'Doing more at once, doing it faster', 'font-size="20" font-weight="600"'),
    text(PLOT.x, 52, `offloop ${version}, ${native}, Node ${node}`, `fill="${COLORS.faint}"`),
    text(PLOT.x, PLOT.y - 12, '↑ doing it faster: speed-up of the computing job', 'font-weight="600"'),
    ...gridOf(across, up),
    text(
      PLOT.x + PLOT.w,
      PLOT.y + PLOT.h + 42,
      'doing more at once: speed-up of the waiting job →',
      'font-weight="600" text-anchor="end"',
    ),
    ...marksOf(marks, across, up, engine),
    text(PLOT.x, HEIGHT - 34, `waiting: ${waiting.title}`, `font-size="11" fill="${COLORS.faint}"`),
    text(PLOT.x, HEIGHT - 18, `computing: ${computing.title}`, `font-size="11" fill="${COLORS.faint}"`),
    ...legend(),
    '</svg>',
  ]
  return `${lines.join('\n')}\n`
}

function described(marks: readonly Mark[], engine: Landscape['engine']): string {
  const each = marks.map(
    ({ way, atOnce, faster }) => `${labelOf(way, engine)}: ${digits(atOnce)} times and ${digits(faster)} times`,
  )
  return `Speed-ups over plain await, one by one, of a waiting and of a computing job. ${each.join('. ')}.`
}

function gridOf(across: Axis, up: Axis): string[] {
  const right = PLOT.x + PLOT.w
  const bottom = PLOT.y + PLOT.h
  const stroke = (tick: number) => `stroke="${tick === 1 ? '#a9b4bf' : COLORS.grid}"`
  return [
    ...across.ticks.flatMap((tick) => {
      const x = round(PLOT.x + across.at(tick) * PLOT.w)
      return [
        `<path d="M${x} ${PLOT.y}V${bottom}" ${stroke(tick)}/>`,
        text(x, bottom + 18, `${tick}×`, `fill="${COLORS.faint}" text-anchor="middle"`),
      ]
    }),
    ...up.ticks.flatMap((tick) => {
      const y = round(bottom - up.at(tick) * PLOT.h)
      return [
        `<path d="M${PLOT.x} ${y}H${right}" ${stroke(tick)}/>`,
        text(PLOT.x - 10, y + 4, `${tick}×`, `fill="${COLORS.faint}" text-anchor="end"`),
      ]
    }),
  ]
}

function marksOf(marks: readonly Mark[], across: Axis, up: Axis, engine: Landscape['engine']): string[] {
  const boxes = marks.map(({ atOnce, faster }) => ({
    x: round(PLOT.x + across.at(atOnce) * PLOT.w - RADIUS),
    y: round(PLOT.y + (1 - up.at(faster)) * PLOT.h - RADIUS),
    w: 2 * RADIUS,
    h: 2 * RADIUS,
  }))
  const labels = marks.map(({ way }) => labelOf(way, engine))
  // About the width of a letter at this size; marks at the edges may lean over it.
  const sizes = labels.map((label) => ({ w: Math.ceil(6.4 * label.length), h: 16 }))
  const bounds = { x: PLOT.x - RADIUS, y: PLOT.y - RADIUS, w: PLOT.w + 2 * RADIUS, h: PLOT.h + 2 * RADIUS }
  const places = placeLabels(boxes, sizes, bounds, GAP)
  return marks.flatMap(({ holdsLoop, atOnce, faster }, i) => {
    const [box, place] = [boxes[i]!, places[i]]
    const color = holdsLoop ? COLORS.holds : COLORS.free
    const about = `${labels[i]}: ${digits(atOnce)}× and ${digits(faster)}×`
    return [
      `<circle cx="${round(box.x + RADIUS)}" cy="${round(box.y + RADIUS)}" r="${RADIUS - 1}" fill="${holdsLoop ? '#ffffff' : color}" stroke="${color}" stroke-width="2"><title>${escaped(about)}</title></circle>`,
      nameAt(place ?? beside(box, sizes[i]!.w), box, labels[i]!),
    ]
  })
}

/** Where there is no room anywhere: over what else is there. */
function beside({ x, y }: Box, w: number): Box {
  const right = x + 2 * RADIUS + GAP
  return { x: right + w <= WIDTH ? right : x - GAP - w, y: y - 1, w, h: 2 * RADIUS + 2 }
}

/** Text has no known width: it starts, ends or is centred where it is nearest to its mark. Lines do not cross it. */
function nameAt(place: Box, mark: Box, label: string): string {
  const halo = 'stroke="#ffffff" stroke-width="4" paint-order="stroke"'
  const y = place.y + 13
  if (place.x >= mark.x + mark.w) return text(place.x, y, label, halo)
  if (place.x + place.w <= mark.x) return text(place.x + place.w, y, label, `${halo} text-anchor="end"`)
  return text(place.x + place.w / 2, y, label, `${halo} text-anchor="middle"`)
}

function legend(): string[] {
  const [x, y] = [PLOT.x + PLOT.w - 180, 28]
  const line = (dy: number, fill: string, color: string, label: string) => [
    `<circle cx="${x}" cy="${y + dy}" r="5" fill="${fill}" stroke="${color}" stroke-width="2"/>`,
    text(x + 12, y + dy + 4, label, 'font-size="11"'),
  ]
  return [
    ...line(0, COLORS.free, COLORS.free, 'leaves the event loop free'),
    ...line(18, '#ffffff', COLORS.holds, 'holds it up while it computes'),
  ]
}
