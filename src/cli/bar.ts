/** A progress bar on a terminal; nothing at all in a pipe. */

const WIDTH = 24
const CLEAR = '\r\x1b[K'

export interface Bar {
  /** Shows so much of the whole. */
  show(label: string, fraction: number): void
  /** Takes the bar away, so that other lines can be printed. */
  clear(): void
}

export function progressBar(stream: NodeJS.WriteStream, totalMs: number): Bar {
  if (stream.isTTY !== true || process.env.TERM === 'dumb') return { show() {}, clear() {} }
  const start = performance.now()
  let shown = Number.NEGATIVE_INFINITY
  return {
    show(label, fraction) {
      const now = performance.now()
      if (now - shown < 100) return
      shown = now
      const full = Math.round(fraction * WIDTH)
      const percent = `${Math.floor(fraction * 100)}`.padStart(3)
      const left = Math.max(0, fraction > 0.2 ? ((now - start) * (1 - fraction)) / fraction : totalMs * (1 - fraction))
      const bar = '█'.repeat(full) + '░'.repeat(WIDTH - full)
      stream.write(`${CLEAR}${label.padEnd(12)} ${bar} ${percent} %, ${Math.ceil(left / 1000)} s left`)
    },
    clear() {
      if (shown > 0) stream.write(CLEAR)
      shown = Number.NEGATIVE_INFINITY
    },
  }
}
