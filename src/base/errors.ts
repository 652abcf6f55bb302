/** Every error offloop throws: one sentence shape, one stable code each. Changing a code is a major version. */

export type ErrorCode =
  | 'ERR_OFFLOOP_ARG_TYPE' // TypeError: a value of the wrong type
  | 'ERR_OFFLOOP_ARG_VALUE' // RangeError: the right type, a value outside the range or the choices
  | 'ERR_OFFLOOP_SHAPE' // RangeError: lengths, shapes or strides that do not fit each other
  | 'ERR_OFFLOOP_OVERLAP' // RangeError: `out` shares part of its memory with an input
  | 'ERR_OFFLOOP_SINGULAR' // RangeError: a matrix that has no inverse
  | 'ERR_OFFLOOP_NOT_POSITIVE_DEFINITE' // RangeError: a matrix without a Cholesky factor
  | 'ERR_OFFLOOP_NO_CONVERGENCE' // Error: an iteration that did not come to its end (NaN or infinity in its input)
  | 'ERR_OFFLOOP_DETACHED' // TypeError: an array whose buffer was transferred away
  | 'ERR_OFFLOOP_RESIZABLE' // TypeError: a resizable buffer on an asynchronous call
  | 'ERR_OFFLOOP_OPTION' // TypeError: an option that the function does not have
  | 'ERR_OFFLOOP_NO_MEMORY' // RangeError: an allocation that could not be had
  | 'ERR_OFFLOOP_TIMEOUT' // Error named TimeoutError: the deadline of a .sync call passed
  | 'ERR_OFFLOOP_TASK_CLONE' // TypeError: an argument or a result of a task that cannot be copied
  | 'ERR_OFFLOOP_TASK_WORKER' // Error: the worker of a task died or did not start
  | 'ERR_OFFLOOP_TASK_SOURCE' // TypeError: a function that cannot travel as source, or needs something from outside
  | 'ERR_OFFLOOP_DEADLOCK' // Error: a .sync call that would wait for its own thread
  | 'ERR_OFFLOOP_QUEUE_FULL' // Error: as many calls as `maxQueue` allows run or wait already
  | 'ERR_OFFLOOP_ENGINE' // Error: OFFLOOP_ENGINE=native, and no binary can be used
  | 'ERR_OFFLOOP_CANCELLED' // Cancelled: the reason of a scope or child that was cancelled
  | 'ERR_OFFLOOP_SCOPE_CLOSED' // Error: a child for a scope that has ended
  | 'ERR_OFFLOOP_SCOPE_FAILED' // AggregateError: several failures inside one scope
  | 'ERR_OFFLOOP_INTERNAL' // Error: a defect of offloop

type Constructor = new (message: string, options?: ErrorOptions) => Error

export function coded(
  kind: Constructor,
  code: ErrorCode,
  message: string,
  cause?: unknown,
): Error & { code: ErrorCode } {
  const error = cause === undefined ? new kind(message) : new kind(message, { cause })
  return Object.assign(error, { code })
}

export function wrongType(name: string, expected: string, value: unknown): Error {
  return coded(
    TypeError,
    'ERR_OFFLOOP_ARG_TYPE',
    `Expected ${expected} for \`${name}\` but received ${describe(value)}`,
  )
}

export function wrongValue(name: string, expected: string, value: unknown): Error {
  return coded(
    RangeError,
    'ERR_OFFLOOP_ARG_VALUE',
    `Expected ${expected} for \`${name}\` but received ${describe(value)}`,
  )
}

export function wrongShape(name: string, expected: string, received: string): Error {
  return coded(RangeError, 'ERR_OFFLOOP_SHAPE', `Expected ${expected} for \`${name}\` but received ${received}`)
}

export function noMemory(what: string, cause?: unknown): Error {
  return coded(RangeError, 'ERR_OFFLOOP_NO_MEMORY', `Expected memory for ${what} but the system refused it`, cause)
}

export function queueFull(what: string, most: number): Error {
  return coded(
    Error,
    'ERR_OFFLOOP_QUEUE_FULL',
    `Expected fewer than ${most} ${what} at once (configure({ maxQueue })) but received one more`,
  )
}

export function timedOut(name: string, ms: number): Error {
  const error = coded(Error, 'ERR_OFFLOOP_TIMEOUT', `Expected \`${name}\` to end within ${ms} ms but it did not`)
  error.name = 'TimeoutError'
  return error
}

/** A value in a few words: `Float64Array(3)`, `'x'`, `an array`, `null`. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.length > 40 ? `'${value.slice(0, 37)}...'` : `'${value}'`
    case 'bigint':
      return `${value}n`
    case 'function':
      return value.name === '' ? 'a function' : `function ${value.name}`
    case 'object': {
      if (value === null) return 'null'
      if (ArrayBuffer.isView(value)) {
        const length = (value as unknown as { length?: number }).length
        return length === undefined ? 'a DataView' : `${value.constructor.name}(${length})`
      }
      if (Array.isArray(value)) {
        return Array.isArray(value[0]) ? `an array of ${value.length} arrays` : `an array of ${value.length}`
      }
      const name = (value as { constructor?: { name?: string } }).constructor?.name
      return name === undefined || name === 'Object' ? 'an object' : `an instance of ${name}`
    }
    default:
      return String(value)
  }
}
