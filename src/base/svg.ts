/** What the pictures share: colours, fonts and how text goes into an SVG. */

export const FONT = 'system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif'
/** `free`: leaves the event loop free; `holds`: holds it up. */
export const COLORS = { text: '#1f2933', faint: '#61707f', grid: '#e3e8ee', free: '#12805c', holds: '#c05600' } as const

export function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${round(x)}" y="${round(y)}"${attributes === '' ? '' : ` ${attributes}`}>${escaped(content)}</text>`
}

export function round(value: number): number {
  return Math.round(value * 10) / 10
}

export function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
