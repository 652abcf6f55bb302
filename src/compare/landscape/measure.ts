/** Measures the landscape: the ways of each job in turns, after their results were compared. */
import { info } from '../../core/info.js'
import { firstRuns } from '../first-runs.js'
import { measure } from '../measure.js'
import { timesOf } from '../times.js'
import { computingJob } from './nearest.js'
import { waitingJob } from './requests.js'
import type { Job, JobReport, Landscape, LandscapeOptions, Mark, WayName } from './types.js'

/** Their workers end when they have idled for a second, which the other ways may take. */
const WORKERS: ReadonlySet<WayName> = new Set(['threads', 'processes'])

export async function measureLandscape(options: LandscapeOptions): Promise<Landscape> {
  const { size, requests, delayMs, signal } = options
  const { version, engine, isa, threads, platform, node } = info()
  const waiting = await measureJob(await waitingJob(requests, delayMs), options, (fraction) =>
    options.onProgress?.('waiting', fraction / 2),
  )
  const computing = await measureJob(computingJob(size), options, (fraction) =>
    options.onProgress?.('computing', 0.5 + fraction / 2),
  )
  return {
    ...{ version, engine, isa, threads, platform, node },
    waiting,
    computing,
    marks: marksOf(waiting, computing),
    partial: signal?.aborted === true,
  }
}

async function measureJob(
  { title, parts, ways, close }: Job,
  { budgetMs, signal }: LandscapeOptions,
  onProgress: (fraction: number) => void,
): Promise<JobReport> {
  try {
    const faces = ways.map((way) => ({
      label: way.name,
      threads: 1,
      run: () => way.run(),
      prepare: WORKERS.has(way.name) ? () => way.run() : undefined,
    }))
    const begun = performance.now()
    const differences = await firstRuns(faces, signal)
    const left = Math.max(1, budgetMs / 2 - (performance.now() - begun))
    const measured = await measure(faces, { budgetMs: left, watchLoop: true, signal, onProgress })
    const idleLoopP99Ms = measured.idle.read().p99Ms
    const rows = measured.series.flatMap((series, i) => {
      if (series.runs === 0) return []
      const times = timesOf(series, measured.series[0]!, idleLoopP99Ms)
      return [{ ...times, face: ways[i]!.name, agrees: differences[i] === 'same bits' }]
    })
    return { title, parts, rows, rounds: Math.min(...measured.series.map(({ turns }) => turns.length)), idleLoopP99Ms }
  } finally {
    close()
  }
}

function marksOf(waiting: JobReport, computing: JobReport): Mark[] {
  return waiting.rows.flatMap(({ face, speedup }) => {
    const other = computing.rows.find((row) => row.face === face)
    if (other === undefined) return []
    const holdsLoop = other.loopMaxMs >= Math.max(other.medianMs / 2, computing.rows[0]!.medianMs / 4)
    return [{ way: face, atOnce: speedup, faster: other.speedup, holdsLoop }]
  })
}
