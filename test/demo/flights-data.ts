/** The flights of `vega-datasets`: three million departures in the United States, January to June 2001. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { decompress } from 'fzstd'
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead } from 'hyparquet'

const DAY_MS = 86_400_000

/** One entry a flight, in the order of the file: by time of departure. */
export interface Flights {
  readonly count: number
  /** Arrival behind schedule, in minutes; negative: early. */
  readonly delay: Float64Array
  /** Miles. */
  readonly distance: Float64Array
  /** Days since the first of January. */
  readonly day: Uint16Array
  /** origin * airports + destination */
  readonly route: Uint32Array
  readonly airports: readonly string[]
  readonly firstDay: Date
}

interface Chunk {
  columnName: string
  columnData: ArrayLike<unknown>
  rowStart: number
}

/** `share`: told the part of the rows read so far. `limit`: only so many rows, from the start; at most all. */
export async function readFlights(limit: number, share: (fraction: number) => void): Promise<Flights> {
  // The package offers its code only: from there to its data.
  const main = createRequire(import.meta.url).resolve('vega-datasets')
  const file = await asyncBufferFromFile(join(dirname(main), '../data/flights-3m.parquet'))
  const [delay, distance] = [new Float64Array(limit), new Float64Array(limit)]
  const [day, route] = [new Uint16Array(limit), new Uint32Array(limit)]
  const airports: string[] = []
  const codes = new Map<string, number>()
  const codeOf = (airport: string): number => {
    let code = codes.get(airport)
    if (code === undefined) {
      code = airports.push(airport) - 1
      codes.set(airport, code)
    }
    return code
  }
  const firstDay = new Date(Date.UTC(2001, 0, 1))
  const compressors = { ZSTD: (input: Uint8Array, length: number) => decompress(input, new Uint8Array(length)) }
  const metadata = await parquetMetadataAsync(file)
  let at = 0
  for (const group of metadata.row_groups) {
    if (at >= limit) break
    const rowEnd = at + Number(group.num_rows)
    const onChunk = ({ columnName, columnData, rowStart }: Chunk) => {
      const count = Math.min(columnData.length, limit - rowStart)
      const column = columnData as never[]
      if (columnName === 'delay') for (let i = 0; i < count; i++) delay[rowStart + i] = Number(column[i])
      else if (columnName === 'distance') for (let i = 0; i < count; i++) distance[rowStart + i] = Number(column[i])
      else if (columnName === 'date') {
        const start = firstDay.getTime()
        for (let i = 0; i < count; i++) day[rowStart + i] = ((column[i] as Date).getTime() - start) / DAY_MS
      } else {
        // Airports are numbered as they come: a route is two numbers below MAX_AIRPORTS.
        const weight = columnName === 'origin' ? MAX_AIRPORTS : 1
        for (let i = 0; i < count; i++) route[rowStart + i]! += codeOf(column[i]!) * weight
      }
    }
    await parquetRead({ file, metadata, compressors, rowStart: at, rowEnd, onChunk })
    at = rowEnd
    share(Math.min(at, limit) / limit)
  }
  return { count: limit, delay, distance, day, route, airports, firstDay }
}

export const MAX_AIRPORTS = 512

export function routeName(flights: Pick<Flights, 'airports'>, route: number): string {
  return `${flights.airports[Math.floor(route / MAX_AIRPORTS)]} → ${flights.airports[route % MAX_AIRPORTS]}`
}
