/** What the demo needs of a terminal: digits as text, a status line, colours where they can be seen. */
import { styleText } from 'node:util'

/** False where the terminal says that it is not UTF-8; then everything printed is ASCII. */
export const utf8 = speaksUtf8(process.env)

function speaksUtf8(env: NodeJS.ProcessEnv): boolean {
  if (process.platform === 'win32') return env.WT_SESSION !== undefined || env.TERM_PROGRAM === 'vscode'
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG
  return locale === undefined || /utf-?8/i.test(locale)
}

/** The text as this terminal can show it. */
export function plain(text: string): string {
  if (utf8) return text
  return text
    .replaceAll('×', 'x')
    .replaceAll('·', '-')
    .replaceAll('→', '->')
    .replaceAll('…', '...')
    .replaceAll('✓', 'ok')
}

export function colour(name: 'green' | 'red' | 'dim' | 'bold', text: string): string {
  return process.stdout.isTTY && !process.env.NO_COLOR ? styleText(name, text) : text
}

const SIDE = 28
const MARGIN = 2 // MNIST centres every digit: the rim is paper
const CELL_ROWS = 4
const CELL_COLS = 2
export const DRAWN_WIDTH = (SIDE - 2 * MARGIN) / CELL_COLS
// By quarters with ink: upper left 1, upper right 2, lower left 4, lower right 8.
const QUADRANTS = ' ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█'
const SHADES = ' .:-=+*#%@'

/** 28 × 28 pixels as 6 lines of 12 characters. */
export function draw(pixels: Uint8Array): string[] {
  const lines: string[] = []
  for (let row = MARGIN; row < SIDE - MARGIN; row += CELL_ROWS) {
    let line = ''
    for (let col = MARGIN; col < SIDE - MARGIN; col += CELL_COLS) {
      const quarters = [0, 1, 2, 3].map((q) => ink(pixels, row + 2 * (q >> 1), col + (q & 1)))
      line += utf8
        ? QUADRANTS[quarters.reduce((bits, dark, q) => bits | (dark > 0.38 ? 1 << q : 0), 0)]
        : SHADES[Math.round((quarters.reduce((a, b) => a + b) / 4) * (SHADES.length - 1))]
    }
    lines.push(line)
  }
  return lines
}

/** Ink of two pixels, one above the other, from 0 to 1. */
function ink(pixels: Uint8Array, row: number, col: number): number {
  return (pixels[row * SIDE + col]! + pixels[(row + 1) * SIDE + col]!) / 510
}

const SPINNER = utf8 ? '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏' : '|/-\\'
const BAR = 32

/** One line on standard error that a timer of the loop redraws: it moves only while the loop is free. */
export class Status {
  #timer: NodeJS.Timeout | undefined
  #fraction = 0
  #ticks = 0

  start(text: string): void {
    if (!process.stderr.isTTY) return
    const begun = performance.now()
    const paint = () => {
      const spinner = SPINNER[this.#ticks++ % SPINNER.length]
      const full = Math.round(this.#fraction * BAR)
      const bar = (utf8 ? '█' : '#').repeat(full) + (utf8 ? '░' : '.').repeat(BAR - full)
      const seconds = ((performance.now() - begun) / 1000).toFixed(1)
      const percent = Math.floor(this.#fraction * 100)
      process.stderr.write(`\r\x1b[K  ${spinner} ${text}  ${bar} ${percent} %  ${seconds} s`)
    }
    this.#fraction = 0
    paint()
    this.#timer = setInterval(paint, 80)
  }

  progress(fraction: number): void {
    this.#fraction = fraction
  }

  /** A line that stands still. */
  say(text: string): void {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K  ${text}`)
  }

  clear(): void {
    clearInterval(this.#timer)
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  }
}
