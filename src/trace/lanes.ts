/** Which track each of the spans is drawn on, such that what overlaps on a track is nested. */
import type { Span } from './spans.js'

/**
 * Numbers of tracks, in the order of the spans, which is that of their begins. A span is drawn inside its scope if
 * that is still the innermost on its track, otherwise on the nearest free track below it, or a new one.
 */
export function lanesOf(spans: readonly Span[]): number[] {
  const lanes: Span[][] = []
  const scopes = new Map<number, { span: Span; lane: number }>()
  return spans.map((span) => {
    const outer = span.parent === undefined ? undefined : scopes.get(span.parent)
    const lane = outer !== undefined && fitsInto(span, outer, lanes) ? outer.lane : free(span, lanes, outer?.lane ?? 0)
    lanes[lane] ??= []
    lanes[lane].push(span)
    if (span.kind === 'scope') scopes.set(span.id, { span, lane })
    return lane
  })
}

function fitsInto(span: Span, outer: { span: Span; lane: number }, lanes: Span[][]): boolean {
  const open = lanes[outer.lane]!
  while (open.length > 0 && open.at(-1)!.end <= span.begin && open.at(-1) !== outer.span) open.pop()
  return open.at(-1) === outer.span && span.end <= outer.span.end
}

/** The first track from that one on where nothing is open. */
function free(span: Span, lanes: Span[][], from: number): number {
  for (let lane = from; ; lane++) {
    const open = lanes[lane]
    if (open === undefined) return lane
    while (open.length > 0 && open.at(-1)!.end <= span.begin) open.pop()
    if (open.length === 0) return lane
  }
}

/** Slices of one track, sorted by their begins, of which none may stick out of what it begins in. */
export interface Slice {
  readonly begin: number
  end: number
}

/**
 * Cuts ends that lie in a slice begun later. Such slices were never both there: it is two clocks, or the time that a
 * message takes, that make it look so.
 */
export function nest(slices: readonly Slice[]): void {
  const open: Slice[] = []
  for (const slice of slices) {
    while (open.length > 0 && open.at(-1)!.end <= slice.begin) open.pop()
    for (let outer = open.at(-1); outer !== undefined && outer.end < slice.end; outer = open.at(-1)) {
      outer.end = slice.begin
      open.pop()
    }
    open.push(slice)
  }
}
