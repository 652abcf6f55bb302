/** `offloop info`. */
import { info } from '../core/info.js'
import { parse, UsageError } from './arguments.js'

export function infoCommand(args: readonly string[]): number {
  const { words, values } = parse(args, { json: { type: 'boolean' } })
  if (words.length > 0) throw new UsageError(`Expected no argument for info but received '${words[0]}'`)
  const known = info()
  const { version, engine, reason, isa, threads, threadsSource, build, platform, node } = known
  const lines = [
    ['version', version],
    ['engine', `${engine} (${reason})`],
    ['instruction set', isa],
    ['threads', `${threads} (${threadsSource})`],
    ['native build', build ?? 'none'],
    ['platform', platform],
    ['Node', node],
  ]
  const text = values.json
    ? JSON.stringify(known)
    : lines.map(([name, value]) => `${name!.padEnd(17)}${value}`).join('\n')
  process.stdout.write(`${text}\n`)
  return 0
}
