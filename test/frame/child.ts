/** Runs a script in a process of its own, against the built package. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const DIST: string = new URL('../../dist/', import.meta.url).href

export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** `script` is an ES module's text, in which DIST stands for the URL of the built package's folder. */
export async function runScript(
  script: string,
  flags: string[] = [],
  env: Record<string, string> = {},
): Promise<Ended> {
  // A file, not -e: the --input-type that -e needs would be inherited by workers with { eval: true }.
  const folder = await mkdtemp(join(tmpdir(), 'offloop-'))
  try {
    const file = join(folder, 'script.mjs')
    await writeFile(file, script.replaceAll('DIST/', DIST))
    return await runNode([...flags, file], env)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export function runNode(args: string[], env: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: { ...process.env, OFFLOOP_SILENT: '1', ...env },
      timeout: 60_000,
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (data) => {
      stdout += data
    })
    child.stderr.on('data', (data) => {
      stderr += data
    })
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
}
