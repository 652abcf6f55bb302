/** Coloured points as half blocks for a terminal, or as a picture. */
import { PIXELS } from './idx.js'
import type { Picture } from './png.js'
import { utf8 } from './terminal.js'

/** Points in a plane, each of one of ten kinds. */
export interface Points {
  /** x, y, x, y, … */
  readonly places: Float64Array | Float32Array
  readonly kinds: Uint8Array
}

// Tableau's ten colours, and the nearest of a terminal's 256.
const COLOURS = [0x4e79a7, 0xf28e2b, 0xe15759, 0x76b7b2, 0x59a14f, 0xedc948, 0xb07aa1, 0xff9da7, 0x9c755f, 0x6f7a80]
const ANSI = [67, 208, 167, 80, 71, 221, 134, 217, 137, 246]

/** The colour with half of its light: ink of that kind. */
const shade = (colour: number) => (colour >> 1) & 0x7f7f7f

interface Window {
  readonly left: number
  readonly top: number
  /** Width and height of the plane that is seen. */
  readonly width: number
  readonly height: number
}

/** What holds all but one point in a thousand on each side, and a little more. */
function windowOf({ places }: Points): Window {
  const span = (from: number) => {
    const values = places.filter((_, i) => i % 2 === from).sort()
    const at = (q: number) => values[Math.round(q * (values.length - 1))]!
    const margin = 0.04 * (at(0.999) - at(0.001))
    return [at(0.001) - margin, at(0.999) + margin] as const
  }
  const [[left, right], [bottom, top]] = [span(0), span(1)]
  return { left, top, width: right - left, height: top - bottom }
}

/** How many points of each kind lie in each cell of a grid over the window. */
function countsOf({ places, kinds }: Points, view: Window, rows: number, cols: number): Uint32Array {
  const counts = new Uint32Array(rows * cols * 10)
  for (let i = 0; i < kinds.length; i++) {
    const col = Math.floor(((places[2 * i]! - view.left) / view.width) * cols)
    const row = Math.floor(((view.top - places[2 * i + 1]!) / view.height) * rows)
    if (col < 0 || row < 0 || col >= cols || row >= rows) continue
    counts[(row * cols + col) * 10 + kinds[i]!]!++
  }
  return counts
}

/** The commonest kind of a cell; -1 if it has at most `few` points. */
function commonest(counts: Uint32Array, cell: number, few: number): number {
  let [most, found, all] = [0, -1, 0]
  for (let kind = 0; kind < 10; kind++) {
    const count = counts[cell * 10 + kind]!
    all += count
    if (count > most) [most, found] = [count, kind]
  }
  return all > few ? found : -1
}

/** Lines of at most 76 characters: two cells in each, in colours, or the digits themselves. */
export function scatterText(points: Points, coloured: boolean): string[] {
  const view = windowOf(points)
  const cols = 76
  const halves = coloured && utf8
  // A character is about twice as high as it is wide.
  const rows = Math.min(40, Math.round((cols * view.height) / view.width / 2)) * (halves ? 2 : 1)
  const counts = countsOf(points, view, rows, cols)
  const few = points.kinds.length / (rows * cols) / 20
  const kind = (row: number, col: number) => commonest(counts, row * cols + col, few)
  const lines: string[] = []
  for (let row = 0; row < rows; row += halves ? 2 : 1) {
    let line = ''
    for (let col = 0; col < cols; col++) {
      const upper = kind(row, col)
      if (!halves) {
        const text = upper < 0 ? ' ' : String(upper)
        line += coloured && upper >= 0 ? `\x1b[38;5;${ANSI[upper]}m${text}\x1b[0m` : text
        continue
      }
      const lower = kind(row + 1, col)
      if (upper < 0 && lower < 0) line += ' '
      else if (upper < 0) line += `\x1b[38;5;${ANSI[lower]}m▄\x1b[0m`
      else if (lower < 0) line += `\x1b[38;5;${ANSI[upper]}m▀\x1b[0m`
      else line += `\x1b[38;5;${ANSI[upper]};48;5;${ANSI[lower]}m▀\x1b[0m`
    }
    lines.push(line.trimEnd())
  }
  return lines
}

export function legendText(coloured: boolean): string {
  return COLOURS.map((_, kind) => (coloured ? `\x1b[38;5;${ANSI[kind]}m■ ${kind}\x1b[0m` : `${kind}`)).join('  ')
}

/** Every point as a dot, and amid each kind one of its digits. `pixels`: 28 × 28 of ink for each point. */
export function scatterPicture(points: Points, pixels: Uint8Array): Picture {
  const view = windowOf(points)
  const width = 1000
  const height = Math.round((width * view.height) / view.width)
  const data = new Uint8Array(width * height * 3).fill(255)
  const blend = (x: number, y: number, colour: number, share: number) => {
    if (x < 0 || y < 0 || x >= width || y >= height) return
    for (let c = 0; c < 3; c++) {
      const at = (y * width + x) * 3 + c
      data[at] = data[at]! + share * (((colour >> (16 - 8 * c)) & 255) - data[at]!)
    }
  }
  const { places, kinds } = points
  const seen = (i: number) =>
    [
      ((places[2 * i]! - view.left) / view.width) * width,
      ((view.top - places[2 * i + 1]!) / view.height) * height,
    ] as const
  for (let i = 0; i < kinds.length; i++) {
    const [x, y] = seen(i)
    const radius = 1.6
    for (let py = Math.floor(y - radius); py <= y + radius; py++) {
      for (let px = Math.floor(x - radius); px <= x + radius; px++) {
        const cover = radius - Math.hypot(px + 0.5 - x, py + 0.5 - y)
        if (cover > 0) blend(px, py, COLOURS[kinds[i]!]!, 0.55 * Math.min(1, cover))
      }
    }
  }
  for (let kind = 0; kind < 10; kind++) drawDigit(kind)
  return { data, shape: [height, width, 3] }

  function drawDigit(kind: number): void {
    const own = Array.from(kinds.keys()).filter((i) => kinds[i] === kind)
    if (own.length === 0) return
    const middle = (part: number) => own.map((i) => places[2 * i + part]!).sort((a, b) => a - b)[own.length >> 1]!
    const [x, y] = [middle(0), middle(1)]
    let [best, nearest] = [Number.POSITIVE_INFINITY, 0]
    for (const i of own) {
      const apart = Math.hypot(places[2 * i]! - x, places[2 * i + 1]! - y)
      if (apart < best) [best, nearest] = [apart, i]
    }
    const scale = 2
    const side = 28 * scale
    const [left, top] = seen(nearest).map((at) => Math.round(at - side / 2)) as [number, number]
    const ink = (px: number, py: number) => {
      const [col, row] = [Math.floor(px / scale), Math.floor(py / scale)]
      if (col < 0 || row < 0 || col > 27 || row > 27) return 0
      return pixels[nearest * PIXELS + row * 28 + col]! / 255
    }
    // Paper around the ink, so that it can be seen among the dots.
    for (let py = -4; py < side + 4; py++) {
      for (let px = -4; px < side + 4; px++) {
        let near = 0
        for (let dy = -4; dy <= 4; dy += 2) {
          for (let dx = -4; dx <= 4; dx += 2) near = Math.max(near, ink(px + dx, py + dy))
        }
        blend(left + px, top + py, 0xffffff, 0.9 * near)
        blend(left + px, top + py, shade(COLOURS[kind]!), ink(px, py))
      }
    }
  }
}
