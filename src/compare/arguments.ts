/** The arguments that faces are measured on: the caller's, or samples that fit into memory. */
import { coded, noMemory, wrongType, wrongValue } from '../base/errors.js'
import { readOptions } from '../core/arguments.js'
import { type Definition, definitionOf } from '../core/define.js'
import { seeded } from '../core/samples.js'
import type { Call } from '../engine/values.js'

/** Options of a call that belong to the frame: `compare` has its own. */
const FRAME = new Set(['signal', 'threads', 'timeout', 'onProgress'])
/** Elements of the small call that memory and time are estimated from. */
const PROBE = 65_536

export function definitionFor(callable: unknown): Definition {
  const definition = definitionOf(callable)
  if (definition === undefined) throw wrongType('callable', 'a kernel of offloop', callable)
  return definition
}

export interface Arguments {
  readonly positional: readonly unknown[]
  readonly options: Readonly<Record<string, unknown>>
  readonly call: Call
  readonly size: number
}

/** The caller's arguments, checked. */
export function givenArguments(definition: Definition, inputs: unknown): Arguments {
  if (!Array.isArray(inputs)) throw wrongType('inputs', 'an array of the arguments', inputs)
  const positional = inputs.slice(0, definition.arity)
  const given = readOptions(inputs[definition.arity], new Set([...FRAME, ...definition.options]))
  const options = Object.fromEntries(Object.entries(given).filter(([key]) => !FRAME.has(key)))
  const call = definition.check(positional, options)
  const sizes = call.values.map((value) =>
    value.kind === 'matrix' ? value.rows * value.cols : 'array' in value ? (value.array?.length ?? 0) : 0,
  )
  return { positional, options, call, size: Math.max(...sizes, 0) }
}

/** The kernel's own sample arguments: the same on every machine. */
export function sampleArguments(definition: Definition, dtype: string, size: number, seed: number): Arguments {
  if (size > PROBE) checkMemory(definition, dtype, size)
  try {
    const inputs = definition.samples(dtype, size, seeded(seed))
    return { ...givenArguments(definition, inputs), size }
  } catch (error) {
    // "Invalid typed array length", "Array buffer allocation failed"
    if (error instanceof RangeError && !('code' in error)) throw noMemory(`${definition.name} at size ${size}`, error)
    throw error
  }
}

/** Before anything is allocated: a system that overcommits would kill the process later. */
function checkMemory(definition: Definition, dtype: string, size: number): void {
  const needed = (bytesOf(sampleArguments(definition, dtype, PROBE, 1).call.values) * size) / PROBE
  const free = process.availableMemory?.() ?? Number.POSITIVE_INFINITY
  if (needed < 0.9 * free) return
  throw coded(
    RangeError,
    'ERR_OFFLOOP_NO_MEMORY',
    `Expected memory for ${definition.name} at size ${size} but it needs about ${gigabytes(needed)} and ${gigabytes(free)} are free`,
  )
}

/** Inputs once, results three times: the twin's, kept for the comparison, another's, and garbage. */
function bytesOf(values: Call['values']): number {
  let bytes = 0
  for (const value of values) {
    if ('array' in value && value.array !== undefined) bytes += value.array.byteLength
    else if (value.kind === 'out') bytes += 3 * 8 * value.length
  }
  return bytes
}

function gigabytes(bytes: number): string {
  const size = bytes / 1e9
  return `${size < 100 ? size.toPrecision(2) : Math.round(size)} GB`
}

export function readDtype(definition: Definition, dtype: unknown): string {
  const known = Object.keys(definition.instances)
  if (dtype === undefined) return known[0]!
  if (typeof dtype === 'string' && known.includes(dtype)) return dtype
  throw wrongValue('dtype', `one of ${known.map((name) => `'${name}'`).join(', ')}`, dtype)
}

/**
 * Milliseconds that one run of each face may take, roughly: the twin is taken to be ten times slower.
 * Throws as `compare` would for a dtype or a size that cannot be had.
 */
export function estimateMs(callable: unknown, dtype: unknown, size: number): number {
  const definition = definitionFor(callable)
  const kind = readDtype(definition, dtype)
  if (size > PROBE) checkMemory(definition, kind, size)
  const probe = Math.min(size, PROBE)
  return (12 * sampleArguments(definition, kind, probe, 1).call.work * (size / probe)) / 1e6
}
