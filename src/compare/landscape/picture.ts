/** The diagram in text: doing more at once to the right, doing it faster upwards, at most 80 columns. */
import { digits, type Paint } from '../table.js'
import { logAxis, placeLabels } from './plot.js'
import { labelOf } from './table.js'
import type { Landscape, Mark } from './types.js'

const WIDTH = 72
const HEIGHT = 15
const MARGIN = 7

interface Cell {
  readonly text: string
  readonly style?: 'green' | 'yellow' | 'dim'
}

/** Lines without a line break at the end; empty if nothing was measured. */
export function pictureOf({ marks, engine }: Landscape, paint: Paint): string {
  if (marks.length === 0) return ''
  const [across, up] = [logAxis(marks.map(({ atOnce }) => atOnce)), logAxis(marks.map(({ faster }) => faster))]
  const column = (value: number) => Math.round(across.at(value) * (WIDTH - 1))
  const row = (value: number) => Math.round((1 - up.at(value)) * (HEIGHT - 1))

  const spots = gather(marks, ({ atOnce, faster }) => ({ x: column(atOnce), y: row(faster), w: 1, h: 1 }))
  const labels = spots.map((spot) => spot.marks.map(({ way }) => labelOf(way, engine)).join('; '))
  const sizes = labels.map((label) => ({ w: label.length, h: 1 }))
  const places = placeLabels(
    spots.map(({ box }) => box),
    sizes,
    { x: 0, y: 0, w: WIDTH, h: HEIGHT },
    1,
  )

  const grid: Cell[][] = Array.from({ length: HEIGHT }, () => Array.from({ length: WIDTH }, () => ({ text: ' ' })))
  const homeless: string[] = []
  for (const [i, { box, marks: here }] of spots.entries()) {
    const holds = here.some(({ holdsLoop }) => holdsLoop)
    grid[box.y]![box.x] = holds ? { text: '○', style: 'yellow' } : { text: '●', style: 'green' }
    const place = places[i]
    if (place === undefined) homeless.push(...here.map((mark) => inWords(mark, engine)))
    else for (const [j, text] of [...labels[i]!].entries()) grid[place.y]![place.x + j] = { text }
  }

  const ticks = new Map(up.ticks.map((tick) => [row(tick), tick]))
  const body = grid.map((cells, y) => {
    const tick = ticks.get(y)
    const edge = `${tick === undefined ? '' : `${tick}×`}`.padStart(MARGIN - 2) + (tick === undefined ? ' │' : ' ┤')
    return (paint('dim', edge) + cells.map(({ text, style }) => (style ? paint(style, text) : text)).join('')).trimEnd()
  })
  return [
    paint('bold', 'doing it faster ↑'),
    ...body,
    ...scale(across.ticks, column).map((line) => paint('dim', line)),
    paint('bold', 'doing more at once →'.padStart(MARGIN + WIDTH)),
    ...homeless,
    `${paint('green', '●')} leaves the event loop free   ${paint('yellow', '○')} holds it up while it computes`,
  ].join('\n')
}

/** For a mark that has no room for its name. */
function inWords({ way, atOnce, faster }: Mark, engine: Landscape['engine']): string {
  return `${labelOf(way, engine)}: ${digits(atOnce)}× to the right, ${digits(faster)}× up`
}

/** Marks in the same place are one, with all their names. */
function gather<B extends { readonly x: number; readonly y: number }>(marks: readonly Mark[], boxOf: (m: Mark) => B) {
  const spots: { box: B; marks: Mark[] }[] = []
  for (const mark of marks) {
    const box = boxOf(mark)
    const same = spots.find((spot) => spot.box.x === box.x && spot.box.y === box.y)
    if (same === undefined) spots.push({ box, marks: [mark] })
    else same.marks.push(mark)
  }
  return spots
}

/** The lower edge, and the numbers under it, as many as have room. */
function scale(ticks: readonly number[], column: (value: number) => number): [string, string] {
  const edge = Array.from({ length: WIDTH }, () => '─')
  let numbers = ''
  for (const tick of ticks) {
    const text = `${tick}×`
    const at = Math.min(column(tick), WIDTH - text.length)
    if (numbers !== '' && at < numbers.length + 1) continue
    edge[column(tick)] = '┬'
    numbers = numbers.padEnd(at) + text
  }
  const margin = ' '.repeat(MARGIN)
  return [`${margin.slice(1)}└${edge.join('')}`, margin + numbers]
}
