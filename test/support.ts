/** What several suites share: seeds, bits of results, awkward values. */
import { createHash } from 'node:crypto'
import { all, choose, type Definition, definitionOf, kernelsIn, seeded } from '../dist/internal.js'

// biome-ignore lint/suspicious/noExplicitAny: any kernel's faces
export type AnyKernel = ((...args: any[]) => Promise<any>) & { sync(...args: any[]): any; js(...args: any[]): any }

export const SEED: number = Number(process.env.OFFLOOP_TEST_SEED ?? Date.now() % 1_000_000)
if (!process.env.OFFLOOP_SEED_SHOWN) {
  process.env.OFFLOOP_SEED_SHOWN = '1'
  console.log(`seed ${SEED} (OFFLOOP_TEST_SEED=${SEED} repeats this run)`)
}

export { type Definition, definitionOf, seeded }

export const random = (salt: number): (() => number) => seeded(SEED + salt)

/** Every kernel with its definition. */
export const registry = kernelsIn(all) as unknown as { kernel: AnyKernel; definition: Definition }[]

export const native = choose().native
export const isNative: boolean = native !== undefined

export type Typed = Float64Array | Float32Array | Int32Array | Uint32Array | BigInt64Array | BigUint64Array | Uint8Array

/** A result as text that is equal exactly if every bit is (any NaN counting as one). */
export function bits(result: unknown): string {
  const hash = createHash('sha256')
  const walk = (value: unknown): void => {
    if (ArrayBuffer.isView(value)) {
      const array = value as Typed
      hash.update(`${array.constructor.name}(${array.length})`)
      const copy = array.slice()
      if (copy instanceof Float64Array || copy instanceof Float32Array) {
        for (let i = 0; i < copy.length; i++) if (Number.isNaN(copy[i])) copy[i] = Number.NaN
      }
      hash.update(new Uint8Array(copy.buffer, copy.byteOffset, copy.byteLength))
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, part] of Object.entries(value)) {
        hash.update(key)
        walk(part)
      }
    } else if (typeof value === 'number') {
      hash.update(new Uint8Array(new Float64Array([Number.isNaN(value) ? Number.NaN : value]).buffer))
    } else hash.update(`${typeof value}:${String(value)}`)
  }
  walk(result)
  return hash.digest('hex').slice(0, 24)
}

/** Whether two results have the same bits; of large arrays far quicker told than by `bits` of both. */
export function sameBits(a: unknown, b: unknown): boolean {
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) {
    const bytes = (view: ArrayBufferView) => Buffer.from(view.buffer, view.byteOffset, view.byteLength)
    return (a.constructor === b.constructor && bytes(a).equals(bytes(b))) || bits(a) === bits(b)
  }
  if (typeof a === 'object' && typeof b === 'object' && a !== null && b !== null && !ArrayBuffer.isView(a)) {
    const [left, right] = [Object.entries(a), Object.entries(b)]
    return (
      left.length === right.length &&
      left.every(([key, part], i) => right[i]![0] === key && sameBits(part, right[i]![1]))
    )
  }
  return bits(a) === bits(b)
}

/** Rebuilds the TypedArrays inside some arguments (also inside matrices); all else is kept. */
export function mapArrays(args: readonly unknown[], map: (array: Typed) => Typed): unknown[] {
  return args.map((value) => {
    if (ArrayBuffer.isView(value)) return map(value as Typed)
    if (typeof value === 'object' && value !== null && 'data' in value) {
      return { ...value, data: map((value as { data: Typed }).data) }
    }
    return value
  })
}

/** The arguments without the options, and the options. */
export function split(definition: Definition, args: readonly unknown[]): [unknown[], Record<string, unknown>] {
  return [args.slice(0, definition.arity), { ...(args[definition.arity] as object | undefined) }]
}

const AWKWARD = [
  Number.NaN,
  0,
  -0,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  5e-324,
  -5e-324,
  2 ** -1022,
  2 ** -149,
  1e-40,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  3.4028234663852886e38,
  1,
  -1,
  2 ** 53,
  0.1,
]

/** Replaces a share of the elements by special values; integers get their extremes. */
export function spice(array: Typed, share: number, next: () => number, finite = false): Typed {
  const values = finite ? AWKWARD.filter((value) => Math.abs(value) < 1e10) : AWKWARD
  const copy = array.slice() as Float64Array
  const big = (array as unknown) instanceof BigInt64Array || (array as unknown) instanceof BigUint64Array
  const float = (array as unknown) instanceof Float64Array || (array as unknown) instanceof Float32Array
  for (let i = 0; i < copy.length; i++) {
    if (next() >= share) continue
    if (float) copy[i] = values[Math.floor(next() * values.length)]!
    else if (big)
      (copy as unknown as BigInt64Array)[i] = [0n, -1n, 1n, 2n ** 63n, 2n ** 63n - 1n][Math.floor(next() * 5)]!
    else copy[i] = [0, -1, 1, 2 ** 31, 2 ** 31 - 1, 127, 128, 32768][Math.floor(next() * 8)]!
  }
  return copy as unknown as Typed
}

/** The same elements as a view that starts `offset` elements into a larger buffer. */
export function shifted(array: Typed, offset: number): Typed {
  const Kind = array.constructor as new (length: number) => Float64Array
  const larger = new Kind(array.length + offset + 3)
  const view = larger.subarray(offset, offset + array.length)
  view.set(array as Float64Array)
  return view as unknown as Typed
}

const EPS = new Map<unknown, number>([
  [Float64Array, 2 ** -52],
  [Float32Array, 2 ** -23],
])

/**
 * Where a result of a bounded kernel is further from its twin's than it allows; or where it says itself how wrong a
 * result is, what either is beyond that. A twin may refuse what native can do, and the other way round.
 */
export function tooFar(
  definition: Definition,
  args: readonly unknown[],
  twin: () => unknown,
  actual: unknown,
): string | undefined {
  if (definition.error === undefined) return apart(definition, twin(), actual)
  const error = definition.error(args, actual)
  if (!(error <= 1)) return `the error of native is ${error} of what is allowed`
  let expected: unknown
  try {
    expected = twin()
  } catch (refused) {
    if ((refused as { code?: string }).code !== undefined) return undefined
    throw refused
  }
  const own = definition.error(args, expected)
  return own <= 1 ? undefined : `the error of the twin is ${own} of what is allowed`
}

/**
 * Where two results of a bounded kernel lie further apart than it allows, or undefined. Floats by their distance in eps
 * times the largest finite entry of their array (and the least normal number: below it fused steps differ), all else
 * as `bits` sees it.
 */
function apart(definition: Definition, expected: unknown, actual: unknown, path = 'result'): string | undefined {
  const { norm = 0 } = definition.agreement as { norm?: number }
  if (typeof expected === 'number')
    return apart(definition, Float64Array.of(expected), Float64Array.of(actual as number))
  if (ArrayBuffer.isView(expected)) {
    const [a, b] = [expected as Float64Array, actual as Float64Array]
    if (a.constructor !== b.constructor || a.length !== b.length) return `${path}: another array`
    const eps = EPS.get(a.constructor)
    if (eps === undefined) return bits(a) === bits(b) ? undefined : `${path}: other numbers`
    let largest = 0
    for (const value of a) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value))
    const allowed = norm * eps * largest + (eps === 2 ** -52 ? 2 ** -1022 : 2 ** -126)
    const at = a.findIndex((value, i) => !(Object.is(value, b[i]) || Math.abs(value - b[i]!) <= allowed))
    return at < 0 ? undefined : `${path}[${at}]: ${a[at]} and ${b[at]}, allowed ${allowed}`
  }
  if (typeof expected === 'object' && expected !== null) {
    for (const [key, part] of Object.entries(expected)) {
      const found = apart(definition, part, (actual as Record<string, unknown>)[key], `${path}.${key}`)
      if (found !== undefined) return found
    }
    return undefined
  }
  return expected === actual ? undefined : `${path}: ${String(expected)} and ${String(actual)}`
}
