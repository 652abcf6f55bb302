/** The addon's self-test kernel, as the tests call it. See native/kernels/probe.cpp. */

import type { Outputs, Value } from '../../dist/internal.js'
import { type Definition, defineKernel } from '../../dist/internal.js'

interface Faces<A extends unknown[], R> {
  (...args: [...A, Record<string, unknown>?]): Promise<R>
  sync(...args: [...A, Record<string, unknown>?]): R
  js(...args: [...A, Record<string, unknown>?]): R
}

const common: Pick<Definition, 'name' | 'summary' | 'agreement' | 'instances' | 'samples' | 'traffic' | 'twin'> = {
  name: 'probe',
  summary: 'self-test',
  agreement: 'exact',
  instances: {
    spin: 'integer number inout:i32? result:f64',
    kinds: 'in:f64 inout:u8 out:f32 matrix:f32 number integer boolean enum:3 any? grow:u32 state result:f64',
  },
  samples: () => [],
  traffic: () => ({ bytes: 0 }),
  twin: () => {},
}

/** Runs `grains` grains of `micros` microseconds each; adds 1 to marks[i] for grain i; returns how many ran. */
export const spin: Faces<[number, number, Int32Array?], number> = defineKernel({
  ...common,
  arity: 3,
  options: [],
  check: ([grains, micros, marks]) => ({
    instance: 'spin',
    values: [
      { kind: 'integer', value: grains as number },
      { kind: 'number', value: micros as number },
      marks === undefined ? { kind: 'absent' } : { kind: 'inout', array: marks as Int32Array },
      { kind: 'result' },
    ],
    work: 1e9,
    finish: ({ f64 }) => f64[0],
  }),
})

/** A kernel of given values: for parameters that no shipped kernel has yet. */
export function kinds(values: readonly Value[], work = 1e9): Faces<[], Outputs> {
  return defineKernel({
    ...common,
    arity: 0,
    options: [],
    check: () => ({
      instance: 'kinds',
      values,
      work,
      finish: (outputs) => ({ arrays: outputs.arrays, f64: outputs.f64.slice(), i64: outputs.i64.slice() }),
    }),
  })
}

export const total = (marks: Int32Array): number => marks.reduce((a, b) => a + b, 0)
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
