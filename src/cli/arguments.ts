/** Command lines, read strictly: anything unknown is one clear line and exit code 2. */
import { parseArgs } from 'node:util'

/** A mistake of the one who typed. */
export class UsageError extends Error {}

export interface Flag {
  readonly type: 'string' | 'boolean'
  readonly short?: string
}
export type Flags = Readonly<Record<string, Flag>>

export interface Parsed {
  readonly words: readonly string[]
  readonly values: Readonly<Record<string, string | true>>
}

export function parse(args: readonly string[], flags: Flags): Parsed {
  const { tokens } = parseArgs({ args: [...args], options: flags, strict: false, allowPositionals: true, tokens: true })
  const words: string[] = []
  const values: Record<string, string | true> = {}
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    if (token.kind !== 'option') continue
    const { name, rawName, value } = token
    const flag = Object.hasOwn(flags, name) ? flags[name]! : undefined
    if (flag === undefined) {
      throw new UsageError(
        `Unknown flag ${rawName}${didYouMean(
          rawName,
          Object.keys(flags).map((known) => `--${known}`),
        )}`,
      )
    }
    if (flag.type === 'boolean' && value !== undefined) throw new UsageError(`${rawName} takes no value`)
    if (flag.type === 'string' && !value) throw new UsageError(`${rawName} needs a value`)
    values[name] = value ?? true
  }
  return { words, values }
}

/** `; did you mean sort?`, or the names there are, if nothing is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  const distances = known.map((name) => [distance(word.toLowerCase(), name.toLowerCase()), name] as const)
  const [least, name] = distances.sort(([a], [b]) => a - b)[0] ?? [Infinity, '']
  const near = least <= Math.max(1, Math.floor(word.replace(/^-+/, '').length / 3))
  return near ? `; did you mean ${name}?` : `; there is ${list(known)}`
}

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

/** Edits (insert, delete, replace, swap neighbours) from one word to the other. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = (rows[i] = [i])
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1
      row[j] = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + change)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        row[j] = Math.min(row[j]!, rows[i - 2]![j - 2]! + 1)
      }
    }
  }
  return rows[a.length]![b.length]!
}

const NUMBER = /^\d[\d_]*(\.\d+)?(e\+?\d+)?$/i

/** `1000000`, `1_000_000` or `1e6`. */
export function readSize(text: string): number {
  const size = NUMBER.test(text) ? Number(text.replaceAll('_', '')) : Number.NaN
  if (Number.isInteger(size) && size >= 1 && size <= 1e12) return size
  throw new UsageError(`Expected a whole number of elements from 1 to 1e12 for --size but received '${text}'`)
}

export function readSeconds(text: string): number {
  const seconds = NUMBER.test(text) ? Number(text) : Number.NaN
  if (seconds > 0 && seconds <= 86_400) return seconds
  throw new UsageError(`Expected a number of seconds from 0 to 86400 for --seconds but received '${text}'`)
}

/** `1,2`: each a thread count. */
export function readThreads(text: string): number[] {
  return text.split(',').map((part) => {
    const count = /^\d+$/.test(part.trim()) ? Number(part) : 0
    if (count >= 1 && count <= 256) return count
    throw new UsageError(`Expected thread counts from 1 to 256, such as 1,2, for --threads but received '${text}'`)
  })
}

export function firstLine(error: unknown): string {
  return String((error as Error)?.message ?? error).split('\n')[0]!
}
