/** The `offloop` command, run as a user runs it. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const CLI: string = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
export const ENV = { ...process.env, FORCE_COLOR: undefined, NO_COLOR: undefined } as NodeJS.ProcessEnv

export interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export function offloop(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { env: { ...ENV, ...env } }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : ((error.code as number | undefined) ?? null), stdout, stderr }),
    )
  })
}
