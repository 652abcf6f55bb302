/** What a command line asks of `offloop compare`. */
import { type Callable, kernelsIn } from '../core/define.js'
import * as all from '../kernels/index.js'
import { didYouMean, type Flags, parse, readSeconds, readSize, readThreads, UsageError } from './arguments.js'

const FLAGS: Flags = {
  size: { type: 'string' },
  dtype: { type: 'string' },
  threads: { type: 'string' },
  sizes: { type: 'boolean' },
  seconds: { type: 'string' },
  json: { type: 'boolean' },
}

export interface Request {
  readonly kernels: ReadonlyMap<string, Callable>
  readonly size: number
  readonly dtype: string | undefined
  readonly threads: readonly number[] | undefined
  readonly sizes: boolean
  readonly seconds: number
  readonly json: boolean
}

export function readRequest(args: readonly string[]): Request {
  const { words, values } = parse(args, FLAGS)
  const text = (name: string) => values[name] as string | undefined
  if (values.sizes && values.size) throw new UsageError('Expected either --size or --sizes but received both')
  const [size, threads] = [text('size'), text('threads')]
  const dtype = text('dtype')
  return {
    kernels: choose(words, dtype),
    size: size === undefined ? 1e6 : readSize(size),
    dtype,
    threads: threads === undefined ? undefined : readThreads(threads),
    sizes: values.sizes === true,
    seconds: readSeconds(text('seconds') ?? '20'),
    json: values.json === true,
  }
}

/** The kernels named, or else all that take the element type. */
function choose(words: readonly string[], dtype: string | undefined): Map<string, Callable> {
  const known = new Map<string, { callable: Callable; dtypes: readonly string[] }>()
  for (const { kernel, definition } of kernelsIn(all)) {
    known.set(definition.name, { callable: kernel, dtypes: Object.keys(definition.instances) })
  }
  const chosen = new Map<string, Callable>()
  for (const word of words) {
    const kernel = known.get(word)
    if (kernel === undefined) throw new UsageError(`Unknown kernel '${word}'${didYouMean(word, [...known.keys()])}`)
    if (dtype !== undefined && !kernel.dtypes.includes(dtype)) {
      throw new UsageError(
        `Expected an element type of ${word} for --dtype but received '${dtype}'${didYouMean(dtype, kernel.dtypes)}`,
      )
    }
    chosen.set(word, kernel.callable)
  }
  if (words.length > 0) return chosen
  for (const [name, { callable, dtypes }] of known) {
    if (dtype === undefined || dtypes.includes(dtype)) chosen.set(name, callable)
  }
  if (chosen.size > 0) return chosen
  const dtypes = new Set([...known.values()].flatMap((kernel) => kernel.dtypes))
  throw new UsageError(`Unknown element type '${dtype}'${didYouMean(dtype!, [...dtypes])}`)
}
