/**
 * States: a reduction over elements that come in chunks, with the bits of one call over all of them.
 *
 * The tree over blocks of 16,384 elements (Job::Reduce) is kept as one number line: elements since the last block's end
 * wait in `tail`, whole blocks become nodes, and two nodes that are halves of a larger one are joined. A state that
 * starts inside a block keeps the elements up to that block's end in `head`, so that the state of the elements before
 * it can be completed by merging. Nodes stand at absolute block numbers: merged states are the tree of the whole.
 */
import { abortedOf, onAbortOf } from '../base/abort.js'
import { constructorOf, type Dtype, dtypeOf, nameOf, type TypedArray } from '../base/dtypes.js'
import { coded, wrongShape, wrongType, wrongValue } from '../base/errors.js'
import type { Call } from '../engine/values.js'
import { ambient } from './ambient.js'
import { type Options, readArray, readInteger } from './arguments.js'
import type { Definition } from './define.js'
import { type Priority, readPriority } from './priority.js'
import { readSignal, readThreads, runCall, runCallSync } from './run.js'

export interface StateOptions {
  /** The number of the first element, if others come before it in a state that this one will be merged into. */
  start?: number | undefined
  /** What `snapshot()` of another state gave, to go on from there; `start` and all options are in it. */
  snapshot?: Snapshot | undefined
}

/** A state as plain data: for structuredClone, a worker or another process. */
export interface Snapshot {
  readonly kernel: string
  readonly options: Readonly<Record<string, unknown>>
  readonly start: number
  readonly count: number
  readonly dtype: string | undefined
  readonly head: readonly TypedArray[]
  readonly tail: readonly TypedArray[]
  readonly nodes: readonly Node[]
}

interface Node {
  /** The state of blocks at · 2^level up to (at + 1) · 2^level. */
  readonly level: number
  readonly at: number
  readonly state: unknown
}

/** A reduction of chunks. `V`: its value; `C`: the arguments of push. */
export interface Accumulator<V, C extends readonly unknown[]> {
  /**
   * Takes the next elements; blocks while it does, on native threads where there are many. The chunk is the caller's
   * again afterwards.
   *
   * @throws TypeError (ERR_OFFLOOP_ARG_TYPE) if the chunk is no TypedArray, or of another type than those before
   */
  push(...chunk: C): this
  /**
   * Takes the elements of another state of the same reduction and options, which start where these end. It is left as
   * it is.
   *
   * @throws RangeError (ERR_OFFLOOP_ARG_VALUE) if it starts elsewhere
   */
  merge(other: Accumulator<V, C>): this
  /** The value of the elements so far. */
  value(): V
  /** Elements so far. */
  readonly count: number
  /** The number of the first. */
  readonly start: number
  /** A copy as plain data, for structuredClone; `state({ snapshot })` makes a state of it again. */
  snapshot(): Snapshot
}

/** What a state asks of its reduction. States are structured-clonable. */
export interface Reducing {
  readonly name: string
  /** Names of a chunk's arrays. */
  readonly operands: readonly string[]
  readonly dtypes: readonly Dtype[]
  /** Names of the options of its own. */
  readonly options: readonly string[]
  /** Throws if one of them is not allowed. */
  readonly settle: (options: Options) => void
  /** A call over arrays whose `finish` gives the state. */
  readonly call: (arrays: readonly TypedArray[], options: Options) => Call
  /** A new state: neither argument changes. */
  readonly join: (left: unknown, right: unknown, options: Options, dtype: Dtype) => unknown
  readonly value: (state: unknown, options: Options, dtype: Dtype, count: number) => unknown
}

const BLOCK = 16384

/** Elements that wait for their block to be whole. */
class Waiting {
  arrays: TypedArray[] = []
  length = 0
  constructor(readonly capacity: number) {}

  /** Takes what fits of chunk[from ..); how many that was. */
  take(chunk: readonly TypedArray[], from: number): number {
    const n = Math.min(this.capacity - this.length, chunk[0]!.length - from)
    if (n <= 0) return 0
    for (let k = 0; k < chunk.length; k++) {
      const source = chunk[k]!
      this.arrays[k] ??= new (constructorOf(dtypeOf(source)!))(this.capacity)
      ;(this.arrays[k] as Float64Array).set(source.subarray(from, from + n) as Float64Array, this.length)
    }
    this.length += n
    return n
  }

  views(): TypedArray[] {
    return this.length === 0 ? [] : this.arrays.map((array) => array.subarray(0, this.length))
  }
}

class State implements Accumulator<unknown, TypedArray[]> {
  readonly #definition: Definition
  readonly #reducing: Reducing
  readonly #options: Options
  readonly #start: number
  readonly #head: Waiting
  readonly #tail = new Waiting(BLOCK)
  readonly #nodes: Node[] = []
  #dtype: Dtype | undefined
  #count = 0
  #busy = false

  constructor(definition: Definition, reducing: Reducing, options: Options, start: number) {
    this.#definition = definition
    this.#reducing = reducing
    this.#options = options
    this.#start = start
    this.#head = new Waiting((BLOCK - (start % BLOCK)) % BLOCK)
  }

  get count(): number {
    return this.#count
  }

  get start(): number {
    return this.#start
  }

  push(...chunk: TypedArray[]): this {
    this.#check(chunk)
    for (const piece of this.#pieces(chunk)) {
      const call = this.#reducing.call(piece.arrays, this.#options)
      this.#insert(piece.level, piece.at, runCallSync(this.#definition, call))
    }
    return this
  }

  /** The same without blocking; one at a time. */
  async pushLater(
    chunk: TypedArray[],
    threads: number,
    priority: Priority | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    this.#check(chunk)
    this.#busy = true
    for (const piece of this.#pieces(chunk)) {
      const call = this.#reducing.call(piece.arrays, this.#options)
      this.#insert(piece.level, piece.at, await runCall(this.#definition, call, threads, priority, signal, undefined))
    }
    this.#busy = false
  }

  #check(chunk: readonly TypedArray[]): void {
    const { operands, dtypes } = this.#reducing
    if (this.#busy) throw coded(Error, 'ERR_OFFLOOP_INTERNAL', 'Expected one push at a time')
    const allowed = this.#dtype === undefined ? dtypes : [this.#dtype]
    let dtype = readArray(operands[0]!, chunk[0], allowed)
    for (let k = 1; k < operands.length; k++) {
      dtype = readArray(operands[k]!, chunk[k], [dtype])
      if (chunk[k]!.length !== chunk[0]!.length) {
        throw wrongShape(
          operands[k]!,
          `${chunk[0]!.length} elements, as \`${operands[0]}\` has,`,
          `${chunk[k]!.length}`,
        )
      }
    }
    this.#dtype ??= dtype
  }

  /** Takes a chunk in; yields the arrays of each node that it completes, one by one. */
  *#pieces(chunk: readonly TypedArray[]): Generator<{ arrays: readonly TypedArray[]; level: number; at: number }> {
    const { length } = chunk[0]!
    let from = this.#head.take(chunk, 0)
    this.#count += from
    while (from < length) {
      const position = this.#start + this.#count
      const block = Math.floor(position / BLOCK)
      const whole = Math.floor((length - from) / BLOCK)
      if (this.#tail.length > 0 || whole === 0) {
        const n = this.#tail.take(chunk, from)
        from += n
        this.#count += n
        if (this.#tail.length === BLOCK) {
          this.#tail.length = 0
          yield { arrays: this.#tail.arrays, level: 0, at: block }
        }
      } else {
        // The largest node that may stand here.
        let level = 0
        while (2 ** (level + 1) <= whole && block % 2 ** (level + 1) === 0) level++
        const n = 2 ** level * BLOCK
        const arrays = chunk.map((array) => array.subarray(from, from + n))
        from += n
        this.#count += n
        yield { arrays, level, at: block / 2 ** level }
      }
    }
  }

  #insert(level: number, at: number, state: unknown): void {
    const nodes = this.#nodes
    for (;;) {
      const last = nodes.at(-1)
      if (at % 2 === 0 || last?.level !== level || last.at !== at - 1) break
      nodes.pop()
      state = this.#join(last.state, state)
      level++
      at = (at - 1) / 2
    }
    nodes.push({ level, at, state })
  }

  #join(left: unknown, right: unknown): unknown {
    return this.#reducing.join(left, right, this.#options, this.#dtype!)
  }

  merge(other: unknown): this {
    if (!(other instanceof State) || other.#reducing.name !== this.#reducing.name) {
      throw wrongType('other', `a state of ${this.#reducing.name}`, other)
    }
    for (const name of this.#reducing.options) {
      const [a, b] = [this.#options[name], other.#options[name]]
      if (a !== b) throw wrongValue('other', `a state with \`${name}\`: ${String(a)}`, b)
    }
    const end = this.#start + this.#count
    if (other.#start !== end)
      throw wrongValue('other', `a state that starts there: state({ start: ${end} })`, other.#start)
    if (other.#count === 0) return this
    const dtype = other.#dtype!
    if (this.#dtype !== undefined && this.#dtype !== dtype) {
      throw wrongType('other', `a state of ${nameOf(this.#dtype)}`, new (constructorOf(dtype))(0))
    }
    // Copies first: `other` may be this state's own past.
    const [head, tail, nodes] = [other.#head.views(), other.#tail.views(), [...other.#nodes]]
    this.#dtype = dtype
    if (head.length > 0) this.push(...head)
    for (const { level, at, state } of nodes) this.#insert(level, at, state)
    this.#count = other.#start + other.#count - this.#start - (tail[0]?.length ?? 0)
    if (tail.length > 0) this.push(...tail)
    return this
  }

  value(): unknown {
    const { call, value, operands } = this.#reducing
    const stateOf = (arrays: readonly TypedArray[]) => runCallSync(this.#definition, call(arrays, this.#options))
    const dtype = this.#dtype ?? this.#reducing.dtypes[0]!
    let nodes: Node[] = [...this.#nodes]
    const last = Math.floor((this.#start + this.#count) / BLOCK)
    if (this.#head.length > 0)
      nodes.unshift({ level: 0, at: Math.floor(this.#start / BLOCK), state: stateOf(this.#head.views()) })
    if (this.#tail.length > 0) nodes.push({ level: 0, at: last, state: stateOf(this.#tail.views()) })
    if (nodes.length === 0) {
      const none = operands.map(() => new (constructorOf(dtype))(0))
      return value(stateOf(none), this.#options, dtype, 0)
    }
    // Level by level: halves that are both there are joined, others go up alone.
    for (let level = 0; nodes.length > 1; level++) {
      const next: Node[] = []
      for (const node of nodes) {
        if (node.level > level) {
          next.push(node)
          continue
        }
        const at = Math.floor(node.at / 2)
        const left = next.at(-1)
        if (left !== undefined && left.level === level + 1 && left.at === at && node.at % 2 === 1) {
          next[next.length - 1] = { ...left, state: this.#join(left.state, node.state) }
        } else next.push({ level: level + 1, at, state: node.state })
      }
      nodes = next
    }
    return value(nodes[0]!.state, this.#options, dtype, this.#count)
  }

  snapshot(): Snapshot {
    const copy = (waiting: Waiting) => waiting.views().map((array) => array.slice())
    return {
      kernel: this.#reducing.name,
      options: { ...this.#options },
      start: this.#start,
      count: this.#count,
      dtype: this.#dtype,
      head: copy(this.#head),
      tail: copy(this.#tail),
      nodes: this.#nodes.map((node) => ({ ...node })),
    }
  }

  static restore(definition: Definition, reducing: Reducing, snapshot: Snapshot): State {
    const whole = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0
    const { kernel, options, start, count, dtype, head, tail, nodes } = snapshot ?? {}
    const lists = [head, tail, nodes].every(Array.isArray)
    if (kernel !== reducing.name || !whole(start) || !whole(count) || !lists || typeof options !== 'object') {
      throw wrongValue('snapshot', `what snapshot() of a state of ${reducing.name} gave`, snapshot)
    }
    const state = new State(definition, reducing, options, start)
    reducing.settle(options)
    if (dtype !== undefined) state.#dtype = dtype as Dtype
    if (head.length > 0) state.push(...head)
    for (const { level, at, state: value } of nodes) state.#insert(level, at, value)
    state.#count = count - (tail[0]?.length ?? 0)
    if (tail.length > 0) state.push(...tail)
    if (state.#count !== count) throw wrongValue('snapshot', 'one that is whole', snapshot)
    return state
  }
}

export function makeAccumulator(definition: Definition, reducing: Reducing, options: Options): State {
  const { start, snapshot, ...own } = options
  if (snapshot !== undefined) return State.restore(definition, reducing, snapshot as Snapshot)
  reducing.settle(own)
  const first = start === undefined ? 0 : readInteger('start', start, 0, Number.MAX_SAFE_INTEGER)
  return new State(definition, reducing, own, first)
}

export async function runStream(
  definition: Definition,
  reducing: Reducing,
  chunks: unknown,
  options: Options,
): Promise<unknown> {
  const { signal: given, threads: wanted, priority: urgency, ...own } = options
  const signal = readSignal(given)
  const threads = readThreads(wanted)
  const priority = readPriority(urgency)
  const state = makeAccumulator(definition, reducing, own)
  const outer = ambient.get?.()?.signal
  abortedOf(signal, outer)?.throwIfAborted()
  const iterator = iteratorOf(chunks)
  let stop: (() => void) | undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = onAbortOf(signal, outer, ({ reason }) => reject(reason))
  })
  aborted.catch(() => {}) // it is looked at only while something is awaited
  let done = false
  try {
    for (;;) {
      const next = await (stop === undefined ? iterator.next() : Promise.race([iterator.next(), aborted]))
      done = next.done === true
      if (done) return state.value()
      abortedOf(signal, outer)?.throwIfAborted()
      const chunk: unknown = next.value
      if (reducing.operands.length > 1 && !Array.isArray(chunk)) {
        throw wrongType('chunk', `an array of ${reducing.operands.length} TypedArrays`, chunk)
      }
      await state.pushLater((reducing.operands.length > 1 ? chunk : [chunk]) as TypedArray[], threads, priority, signal)
    }
  } finally {
    stop?.()
    // Not awaited: a source that hangs must not hold up the abort.
    if (!done) void Promise.resolve(iterator.return?.()).catch(() => {})
  }
}

function iteratorOf(chunks: unknown): AsyncIterator<unknown> | Iterator<unknown> {
  if (typeof chunks === 'object' && chunks !== null) {
    const source = chunks as { [Symbol.asyncIterator]?: unknown; [Symbol.iterator]?: unknown }
    const make = source[Symbol.asyncIterator] ?? source[Symbol.iterator]
    if (typeof make === 'function' && !ArrayBuffer.isView(chunks)) return make.call(chunks) as Iterator<unknown>
  }
  throw wrongType('chunks', 'an iterable of TypedArrays', chunks)
}
