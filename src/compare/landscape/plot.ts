/** What both pictures share: logarithmic axes, and labels beside marks. */

export interface Axis {
  readonly ticks: readonly number[]
  /** From 0 at the low end to 1 at the high end. */
  at(value: number): number
}

/** Ends at whole ticks around the values, 1 and room under the least among them; at least a decade long. */
export function logAxis(values: readonly number[]): Axis {
  const steps = [1e-3, 1e-2, 1e-1, 1, 10, 100, 1e3, 1e4, 1e5].flatMap((power) => [power, 2 * power, 5 * power])
  const [least, most] = [Math.min(1, ...values), Math.max(10, ...values)]
  const first = Math.max(
    0,
    steps.findLastIndex((step) => step < least),
  )
  const last = steps.findIndex((step) => step >= most)
  const [low, high] = [steps[first]!, steps[last === -1 ? steps.length - 1 : last]!]
  return {
    ticks: steps.slice(first, steps.indexOf(high) + 1).map((step) => Number(step.toPrecision(1))),
    at: (value) => Math.min(1, Math.max(0, Math.log(value / low) / Math.log(high / low))),
  }
}

/** From its upper left corner to the right and down. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}

/**
 * A place for each mark's label: beside it, else under or over it, where nothing else is; undefined where there is none.
 *
 * @param marks - where the marks are
 * @param sizes - of the labels
 * @param bounds - what the labels must stay in
 * @param gap - between what stands side by side
 */
export function placeLabels(
  marks: readonly Box[],
  sizes: readonly { readonly w: number; readonly h: number }[],
  bounds: Box,
  gap: number,
): (Box | undefined)[] {
  const taken = [...marks]
  return marks.map((mark, i) => {
    const place = around(mark, sizes[i]!, gap).find(
      (box) => isInside(box, bounds) && !taken.some((other) => other !== mark && overlaps(widened(box, gap), other)),
    )
    if (place !== undefined) taken.push(place)
    return place
  })
}

function around(mark: Box, { w, h }: { readonly w: number; readonly h: number }, gap: number): Box[] {
  const middle = Math.round(mark.y + (mark.h - h) / 2)
  const [under, over] = [mark.y + mark.h, mark.y - h]
  const centre = Math.round(mark.x + (mark.w - w) / 2)
  const end = mark.x + mark.w - w
  return [
    { x: mark.x + mark.w + gap, y: middle, w, h },
    { x: mark.x - gap - w, y: middle, w, h },
    ...[centre, mark.x, end].flatMap((x) => [
      { x, y: under, w, h },
      { x, y: over, w, h },
    ]),
  ]
}

function widened({ x, y, w, h }: Box, by: number): Box {
  return { x: x - by, y, w: w + 2 * by, h }
}

function isInside(box: Box, bounds: Box): boolean {
  return (
    box.x >= bounds.x &&
    box.y >= bounds.y &&
    box.x + box.w <= bounds.x + bounds.w &&
    box.y + box.h <= bounds.y + bounds.h
  )
}

function overlaps(a: Box, b: Box): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}
