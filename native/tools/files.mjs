import { execFileSync } from 'node:child_process'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The package's folder. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

/** Standard output of a command; its errors go through, a failure throws. */
export function output(command, ...args) {
  return execFileSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Ends the process with one line per complaint, or says that there is none. */
export function finish(what, complaints) {
  for (const complaint of complaints) console.error(`${what}: ${complaint}`)
  if (complaints.length > 0) process.exit(1)
  console.log(`${what}: sound`)
}
