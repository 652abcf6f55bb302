#!/usr/bin/env node
/** The `offloop` command: finds the subcommand, and turns what it throws into one line and an exit code. */
import { createRequire } from 'node:module'
import { didYouMean, firstLine, UsageError } from './cli/arguments.js'
import { helpOn } from './cli/help.js'

type Command = (args: readonly string[]) => number | Promise<number>

const COMMANDS: Readonly<Record<string, Command>> = {
  async compare(args) {
    const { compareCommand } = await import('./cli/compare.js')
    return compareCommand(args)
  },
  async landscape(args) {
    const { landscapeCommand } = await import('./cli/landscape.js')
    return landscapeCommand(args)
  },
  async trace(args) {
    const { traceCommand } = await import('./cli/trace.js')
    return traceCommand(args)
  },
  async info(args) {
    const { infoCommand } = await import('./cli/info.js')
    return infoCommand(args)
  },
  help([topic]) {
    process.stdout.write(helpOn(topic))
    return 0
  },
}

async function main(args: readonly string[]): Promise<number> {
  const [first, ...rest] = args
  if (first === '--version' || first === '-v') {
    const { version } = createRequire(import.meta.url)('../package.json') as { version: string }
    process.stdout.write(`${version}\n`)
    return 0
  }
  if (first === undefined || first === '--help' || first === '-h') return COMMANDS.help!([])
  if (!Object.hasOwn(COMMANDS, first)) {
    const known = first.startsWith('-') ? ['--help', '--version'] : Object.keys(COMMANDS)
    throw new UsageError(
      `Unknown ${first.startsWith('-') ? `flag ${first}` : `command '${first}'`}${didYouMean(first, known)}`,
    )
  }
  // What follows a script to trace is the script's.
  const flags = first === 'trace' ? rest.slice(0, 1) : rest
  if (flags.includes('--help') || flags.includes('-h')) return COMMANDS.help!([first])
  return COMMANDS[first]!(rest)
}

/** 2 for what a caller can mend on the command line, 1 for everything else. */
function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return 2
  return (error as { code?: unknown } | null)?.code === 'ERR_OFFLOOP_NO_MEMORY' ? 2 : 1
}

// The header says why JavaScript runs; a warning as well would be noise. A traced script runs as it always does.
if (process.argv[2] !== 'trace') process.env.OFFLOOP_SILENT ??= '1'
// A closed pipe (| head) ends it quietly.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error) => {
    process.stderr.write(`offloop: ${firstLine(error)}\n`)
    process.exitCode = exitCodeOf(error)
  },
)
