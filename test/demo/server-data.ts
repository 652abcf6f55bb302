/** What the servers of the demo have in memory: read once, written as plain columns, opened by each server's process. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { alloc } from 'offloop'
import { MAX_AIRPORTS, readFlights } from './flights-data.js'
import { PIXELS, readDigits } from './idx.js'

export interface Size {
  /** Training digits. */
  readonly digits: number
  readonly flights: number
}

export const FULL: Size = { digits: 60_000, flights: 3_000_000 }
export const SHORT: Size = { digits: 20_000, flights: 300_000 }

/** All of it in shared memory, so that workers see it without a copy. */
export interface Data {
  readonly count: number
  /** `count` × PIXELS, 0 to 255. */
  readonly digits: Float32Array
  readonly labels: Uint8Array
  /** Sums of squared pixels of each digit. */
  readonly norms: Float64Array
  /** Minutes; miles. */
  readonly delay: Float64Array
  readonly distance: Float64Array
  readonly day: Uint16Array
  readonly route: Uint32Array
  /** The first flight of each day, then how many flights there are. */
  readonly starts: readonly number[]
  readonly airports: readonly string[]
  /** airports × airports: the miles of a direct flight, Infinity where there is none. */
  readonly direct: Float64Array
}

interface Described {
  readonly size: Size
  readonly airports: readonly string[]
  readonly starts: readonly number[]
}

/** Test digits, which are searched for. */
export const QUERIES = 10_000

/** Reads the flights, which takes seconds in JavaScript, and leaves their columns in `folder`. */
export async function prepare(folder: string, size: Size, share: (fraction: number) => void): Promise<void> {
  const { delay, distance, day, route, airports } = await readFlights(size.flights, share)
  const starts = Array.from({ length: day[size.flights - 1]! + 1 }, (_, d) => day.indexOf(d))
  const count = airports.length
  const direct = new Float64Array(count * count).fill(Number.POSITIVE_INFINITY)
  for (let i = 0; i < count; i++) direct[i * count + i] = 0
  for (let i = 0; i < size.flights; i++) {
    direct[Math.floor(route[i]! / MAX_AIRPORTS) * count + (route[i]! % MAX_AIRPORTS)] = distance[i]!
  }
  for (const [name, column] of Object.entries({ delay, distance, day, route, direct })) {
    writeFileSync(join(folder, name), column)
  }
  const training = readDigits('train', FULL.digits)
  writeFileSync(join(folder, 'pixels'), training.pixels.subarray(0, size.digits * PIXELS))
  writeFileSync(join(folder, 'labels'), training.labels.subarray(0, size.digits))
  writeFileSync(join(folder, 'queries'), readDigits('t10k', QUERIES).pixels)
  const described: Described = { size, airports, starts: [...starts, size.flights] }
  writeFileSync(join(folder, 'data.json'), JSON.stringify(described))
}

export function open(folder: string): Data {
  const { size, airports, starts } = JSON.parse(readFileSync(join(folder, 'data.json'), 'utf8')) as Described
  const column = <T extends Float64Array | Uint16Array | Uint32Array>(array: T, name: string): T => {
    new Uint8Array(array.buffer).set(readFileSync(join(folder, name)))
    return array
  }
  const digits = alloc(Float32Array, size.digits * PIXELS)
  digits.set(readFileSync(join(folder, 'pixels')))
  const norms = alloc(Float64Array, size.digits)
  for (let i = 0; i < digits.length; i++) norms[Math.floor(i / PIXELS)]! += digits[i]! ** 2
  const { flights } = size
  return {
    ...{ count: size.digits, digits, norms, starts, airports },
    labels: readFileSync(join(folder, 'labels')),
    delay: column(alloc(Float64Array, flights), 'delay'),
    distance: column(alloc(Float64Array, flights), 'distance'),
    day: column(alloc(Uint16Array, flights), 'day'),
    route: column(alloc(Uint32Array, flights), 'route'),
    direct: column(alloc(Float64Array, airports.length ** 2), 'direct'),
  }
}
