/** How far two results lie apart: bits, units in the last place, entries. */
import { dtypeOf, type TypedArray } from '../base/dtypes.js'

/** Where native and JavaScript differ. */
export interface Disagreement {
  /** The largest distance between two floats in units in the last place; Infinity if one alone is NaN. */
  readonly ulp: number
  /** Entries that are not the same: floats by their bits, others by value. */
  readonly differing: number
  /** Entries that were compared. */
  readonly entries: number
  /** For results that are not unique: how wrong this one is, as a share of what the bound allows. */
  readonly error?: number
  /** Set if the results differ in more than numbers: lengths, types, properties. */
  readonly structure?: string
}

/** The largest of several; undefined of none. */
export function worst(differences: readonly ('same bits' | Disagreement)[]): 'same bits' | Disagreement | undefined {
  const rank = (one: 'same bits' | Disagreement) =>
    one === 'same bits' ? -1 : one.structure === undefined ? one.ulp : Infinity
  return [...differences].sort((a, b) => rank(b) - rank(a))[0]
}

interface Tally {
  ulp: number
  differing: number
  entries: number
  structure: string | undefined
}

/** 'same bits' (any NaN equals any NaN, −0 differs from +0), or how far apart. */
export function differenceOf(expected: unknown, actual: unknown): 'same bits' | Disagreement {
  const tally: Tally = { ulp: 0, differing: 0, entries: 0, structure: undefined }
  visit(expected, actual, 'result', tally)
  const { structure, ...numbers } = tally
  if (structure !== undefined) return { ...numbers, structure }
  return numbers.differing === 0 ? 'same bits' : numbers
}

function visit(a: unknown, b: unknown, path: string, tally: Tally): void {
  const [typeA, typeB] = [kindOf(a), kindOf(b)]
  if (typeA !== typeB) {
    tally.structure ??= `${path} is ${typeA} in the twin, ${typeB} in the other`
  } else if (ArrayBuffer.isView(a)) {
    visitArrays(a as TypedArray, b as TypedArray, path, tally)
  } else if (typeof a === 'number') {
    visitFloats(Float64Array.of(a), Float64Array.of(b as number), tally)
  } else if (typeof a === 'object' && a !== null) {
    const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>]
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
      visit(left[key], right[key], Array.isArray(a) ? `${path}[${key}]` : `${path}.${key}`, tally)
    }
  } else {
    tally.entries++
    if (a !== b) tally.differing++
  }
}

function kindOf(value: unknown): string {
  if (ArrayBuffer.isView(value)) return value.constructor.name
  if (Array.isArray(value)) return 'an array'
  return value === null ? 'null' : typeof value
}

function visitArrays(a: TypedArray, b: TypedArray, path: string, tally: Tally): void {
  if (a.length !== b.length) {
    tally.structure ??= `${path} has ${a.length} elements in the twin, ${b.length} in the other`
    return
  }
  const dtype = dtypeOf(a)
  if (dtype === 'f64' || dtype === 'f32') {
    visitFloats(a as Float64Array, b as Float64Array, tally)
    return
  }
  tally.entries += a.length
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) tally.differing++
}

function visitFloats<T extends Float32Array | Float64Array>(a: T, b: T, tally: Tally): void {
  const distance = a instanceof Float32Array ? ulps32 : ulps64
  tally.entries += a.length
  for (let i = 0; i < a.length; i++) {
    if (Object.is(a[i], b[i])) continue
    tally.differing++
    tally.ulp = Math.max(tally.ulp, distance(a[i]!, b[i]!))
  }
}

const f32 = new Float32Array(2)
const i32 = new Int32Array(f32.buffer)
const f64 = new Float64Array(2)
const i64 = new BigInt64Array(f64.buffer)

/** Neighbouring floats have neighbouring numbers; −0 comes right before +0. */
function ulps32(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Infinity
  f32[0] = a
  f32[1] = b
  const rank = (bits: number) => (bits < 0 ? -1 - (bits & 0x7fffffff) : bits)
  return Math.abs(rank(i32[0]!) - rank(i32[1]!))
}

function ulps64(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Infinity
  f64[0] = a
  f64[1] = b
  const rank = (bits: bigint) => (bits < 0n ? -1n - BigInt.asUintN(63, bits) : bits)
  const distance = Number(rank(i64[0]!) - rank(i64[1]!))
  return Math.abs(distance)
}
