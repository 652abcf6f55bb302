/** The landscape as a table of at most 80 columns. */
import { columns, digits, duration, type Paint } from '../table.js'
import type { JobReport, Landscape, WayName } from './types.js'

export const LABELS: Readonly<Record<WayName, string>> = {
  await: 'await, one by one',
  all: 'await, all at once',
  threads: 'threads',
  processes: 'processes',
  twin: 'JavaScript twin',
  kernel: 'native kernel',
}

/** Without a binary a kernel is its twin in a worker. */
export function labelOf(way: WayName, engine: Landscape['engine']): string {
  return way === 'kernel' && engine === 'js' ? 'kernel, JavaScript' : LABELS[way]
}

const HEAD = ['time', 'speed-up', 'loop max']

/** One line for each way, the two jobs side by side. */
export function tableOf({ waiting, computing, engine, partial }: Landscape, paint: Paint): string {
  const ways = (Object.keys(LABELS) as WayName[]).filter((way) =>
    [...waiting.rows, ...computing.rows].some(({ face }) => face === way),
  )
  const rows = ways.map((way) => [labelOf(way, engine), ...cells(waiting, way), ...cells(computing, way)])
  const [head, ...lines] = columns([['', ...HEAD, ...HEAD], ...rows]) as [string, ...string[]]
  const middle = head.indexOf(HEAD.at(-1)!) + HEAD.at(-1)!.length
  const groups = 'waiting'.padStart(middle) + 'computing'.padStart(head.length - middle)
  const wrong = [waiting, computing].flatMap(({ rows }) => rows.filter(({ agrees }) => !agrees))
  return [
    `${paint('bold', 'waiting')}    ${waiting.title}`,
    `${paint('bold', 'computing')}  ${computing.title}`,
    '',
    paint('dim', groups),
    paint('dim', head),
    ...lines,
    ...wrong.map(({ face }) => paint('red', `WRONG: ${labelOf(face, engine)} gives another result than plain await`)),
    ...(partial ? [paint('yellow', 'stopped early: fewer runs than usual')] : []),
  ].join('\n')
}

function cells({ rows }: JobReport, way: WayName): string[] {
  const row = rows.find(({ face }) => face === way)
  if (row === undefined) return ['–', '–', '–']
  return [duration(row.medianMs), `${digits(row.speedup)}×`, delay(row.loopMaxMs)]
}

function delay(ms: number): string {
  return ms === 0 ? '0 ms' : duration(ms)
}
