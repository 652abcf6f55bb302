/** Where twins run: in workers, or on the loop where no worker can start, and why. */
import { existsSync } from 'node:fs'

/** undefined: not looked yet; null: workers start, as far as can be told without starting one. */
let obstacle: string | null | undefined

/** 'worker': twins run off the loop. 'loop': no worker can start here, so that they run on it. */
export function jsMode(): 'worker' | 'loop' {
  return loopReason() === undefined ? 'worker' : 'loop'
}

/** Why twins run on the loop; undefined if they do not. */
export function loopReason(): string | undefined {
  if (obstacle === undefined) obstacle = lookForObstacle() ?? null
  return obstacle ?? undefined
}

/** No worker starts after all: from now on twins run on the loop. */
export function leaveWorkers(error: unknown): void {
  const { code, message } = error as NodeJS.ErrnoException
  obstacle = `no worker starts (${code ?? String(message ?? error).split('\n')[0]})`
}

/** Only called once `jsMode()` has said 'worker'. */
export function workerUrl(): URL {
  return new URL('../worker.js', import.meta.url)
}

// What can be told at once is told at once, so that the one warning about the engine can say it.
function lookForObstacle(): string | undefined {
  // Our build puts this module into a file of that name. In a user's bundle its URL is the bundle's, and
  // '../worker.js' may be somebody else's file.
  if (!/\/parts\/offloop-\w+\.js$/.test(String(import.meta.url))) return 'a bundle does not contain its worker.js'
  const { permission } = process as { permission?: { has(scope: string): boolean } }
  if (permission?.has('worker') === false) return 'the permission model denies workers (no --allow-worker)'
  try {
    if (!existsSync(workerUrl())) return 'its worker.js is missing'
  } catch {
    return 'its worker.js cannot be read'
  }
  return undefined
}
