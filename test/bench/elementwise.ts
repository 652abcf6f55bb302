/** Elementwise kernels on 32M elements: the machine's memory bandwidth for the same traffic, NumPy, plain JavaScript. */
import { availableParallelism } from 'node:os'
import * as offloop from 'offloop'
import { type Bench, type Competitor, quantile, type Row, timed, timedSync, versus } from './common.js'
import { uniform } from './data.js'
import { Mover, type NumPy } from './peers.js'

const ELEMENTS = 2 ** 25
type Floats = Float64Array | Float32Array

interface Case {
  readonly name: string
  readonly run: (x: Floats, y: Floats, mask: Uint8Array, out?: Floats) => Promise<unknown>
  /** Arrays of ELEMENTS floats that are read. */
  readonly reads: number
  /** Bytes an element besides: a mask's. */
  readonly besides?: number
  readonly python: string
  /** The loop as one writes it. */
  readonly plain: (x: Floats, y: Floats, mask: Uint8Array, out: Floats) => void
}

const o = (out: Floats | undefined) => (out === undefined ? {} : { out }) as never

const CASES: readonly Case[] = [
  {
    name: 'add',
    run: (x, y, _, out) => offloop.add(x, y, o(out)),
    reads: 2,
    python: 'np.add(x, y, out=out)',
    plain: (x, y, _, out) => {
      for (let i = 0; i < out.length; i++) out[i] = x[i]! + y[i]!
    },
  },
  {
    name: 'subtract',
    run: (x, y, _, out) => offloop.subtract(x, y, o(out)),
    reads: 2,
    python: 'np.subtract(x, y, out=out)',
    plain: (x, y, _, out) => {
      for (let i = 0; i < out.length; i++) out[i] = x[i]! - y[i]!
    },
  },
  {
    name: 'multiply',
    run: (x, y, _, out) => offloop.multiply(x, y, o(out)),
    reads: 2,
    python: 'np.multiply(x, y, out=out)',
    plain: (x, y, _, out) => {
      for (let i = 0; i < out.length; i++) out[i] = x[i]! * y[i]!
    },
  },
  {
    name: 'divide',
    run: (x, y, _, out) => offloop.divide(x, y, o(out)),
    reads: 2,
    python: 'np.divide(x, y, out=out)',
    plain: (x, y, _, out) => {
      for (let i = 0; i < out.length; i++) out[i] = x[i]! / y[i]!
    },
  },
  {
    name: 'minimum',
    run: (x, y, _, out) => offloop.minimum(x, y, o(out)),
    reads: 2,
    python: 'np.minimum(x, y, out=out)',
    plain: (x, y, _, out) => {
      for (let i = 0; i < out.length; i++) out[i] = Math.min(x[i]!, y[i]!)
    },
  },
  {
    name: 'maximum',
    run: (x, y, _, out) => offloop.maximum(x, y, o(out)),
    reads: 2,
    python: 'np.maximum(x, y, out=out)',
    plain: (x, y, _, out) => {
      for (let i = 0; i < out.length; i++) out[i] = Math.max(x[i]!, y[i]!)
    },
  },
  {
    name: 'where',
    run: (x, y, mask, out) => offloop.where(mask, x, y, o(out)),
    reads: 2,
    besides: 1,
    python: 'np.where(mask, x, y)',
    plain: (x, y, mask, out) => {
      for (let i = 0; i < out.length; i++) out[i] = mask[i] !== 0 ? x[i]! : y[i]!
    },
  },
  {
    name: 'axpy',
    run: (x, y, _, out) => offloop.axpy(0.3, x, y, o(out)),
    reads: 2,
    python: 'np.add(np.multiply(0.3, x, out=out), y, out=out)',
    plain: (x, y, _, out) => {
      for (let i = 0; i < out.length; i++) out[i] = 0.3 * x[i]! + y[i]!
    },
  },
  {
    name: 'abs',
    run: (x, _y, _m, out) => offloop.abs(x, o(out)),
    reads: 1,
    python: 'np.abs(x, out=out)',
    plain: (x, _y, _m, out) => {
      for (let i = 0; i < out.length; i++) out[i] = Math.abs(x[i]!)
    },
  },
  {
    name: 'sqrt',
    run: (x, _y, _m, out) => offloop.sqrt(x, o(out)),
    reads: 1,
    python: 'np.sqrt(x, out=out)',
    plain: (x, _y, _m, out) => {
      for (let i = 0; i < out.length; i++) out[i] = Math.sqrt(x[i]!)
    },
  },
  {
    name: 'square',
    run: (x, _y, _m, out) => offloop.square(x, o(out)),
    reads: 1,
    python: 'np.square(x, out=out)',
    plain: (x, _y, _m, out) => {
      for (let i = 0; i < out.length; i++) out[i] = x[i]! * x[i]!
    },
  },
  {
    name: 'reciprocal',
    run: (x, _y, _m, out) => offloop.reciprocal(x, o(out)),
    reads: 1,
    python: 'np.reciprocal(x, out=out)',
    plain: (x, _y, _m, out) => {
      for (let i = 0; i < out.length; i++) out[i] = 1 / x[i]!
    },
  },
  {
    name: 'clip',
    run: (x, _y, _m, out) => offloop.clip(x, 0.2, 0.8, o(out)),
    reads: 1,
    python: 'np.clip(x, 0.2, 0.8, out=out)',
    plain: (x, _y, _m, out) => {
      for (let i = 0; i < out.length; i++) out[i] = Math.min(Math.max(x[i]!, 0.2), 0.8)
    },
  },
  {
    name: 'scale',
    run: (x, _y, _m, out) => offloop.scale(x, 0.3, o(out)),
    reads: 1,
    python: 'np.multiply(x, 0.3, out=out)',
    plain: (x, _y, _m, out) => {
      for (let i = 0; i < out.length; i++) out[i] = x[i]! * 0.3
    },
  },
]

/** Of all kernels in f64, of the first in f32 too and without `out`. */
export async function benchElementwise(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  const rows: Row[] = []
  const mask = new Uint8Array(ELEMENTS).map((_, i) => (i * 2654435761) >>> 31)
  await numpy?.load('bytes', mask, [ELEMENTS])
  await numpy?.run('mask = bytes.view(np.bool_)')
  const random = uniform(ELEMENTS)
  for (const dtype of ['f64', 'f32'] as const) {
    const Kind = dtype === 'f64' ? Float64Array : Float32Array
    const given = dtype === 'f64' ? random : new Float32Array(random)
    await numpy?.load('x', given, [ELEMENTS])
    await numpy?.run('y = x + x.dtype.type(0.5); out = np.empty_like(x)')
    // Results of kernels, as in most programs: they are on huge pages, as the mark's arrays are.
    const x = (await offloop.add(given as Float64Array, 0)) as Floats
    const y = (await offloop.add(given as Float64Array, 0.5)) as Floats
    const out = (await offloop.add(given as Float64Array, 1)) as Floats
    const bytes = ELEMENTS * Kind.BYTES_PER_ELEMENT
    const mover = Mover.start(bytes, availableParallelism())
    if (mover !== undefined && dtype === 'f64')
      bench.say(`bandwidth: streams.c, ${availableParallelism()} threads, ${mover.compiler}`)
    for (const one of dtype === 'f64' ? CASES : CASES.slice(0, 1)) {
      const title = `${one.name} ${dtype} 32M`
      const list: Competitor[] = [{ name: one.name, run: () => timed(() => one.run(x, y, mask, out)) }]
      const moved = (one.reads + 1) * bytes + (one.besides ?? 0) * ELEMENTS
      if (mover !== undefined) {
        const way = await mover.fastest('huge', one.reads)
        const share = moved / ((one.reads + 1) * bytes)
        list.unshift({ name: 'memory', run: async () => share * (await mover.time('huge', one.reads, way)) })
      }
      if (one.name === 'add') list.push({ name: 'a fresh result', run: () => timed(() => one.run(x, y, mask)) })
      list.push({ name: 'plain loop', run: () => timedSync(() => one.plain(x, y, mask, out)) })
      if (numpy !== undefined) {
        list.push({ name: 'NumPy, out=', run: () => numpy.evaluate(one.python) })
        if (one.name === 'add') list.push({ name: 'NumPy, fresh', run: () => numpy.evaluate('x + y') })
      }
      const times = await bench.interleave(`${title}, into a given array`, list, bench.rounds(15))
      const speed = (name: string) => ((moved / quantile(times.get(name)!, 0.5)) * 1e-6).toFixed(1)
      bench.say(`  ${one.name} ${speed(one.name)} GB/s${mover === undefined ? '' : `, memory ${speed('memory')} GB/s`}`)
      rows.push(versus(`${title}: memory bandwidth reached`, times, one.name, 'memory', 0.9))
      rows.push(versus(`${title} vs plain JavaScript`, times, one.name, 'plain loop', 1))
      rows.push(versus(`${title} vs NumPy`, times, one.name, 'NumPy, out=', 1))
      if (one.name === 'add') {
        rows.push(versus(`${title}, fresh: memory bandwidth reached`, times, 'a fresh result', 'memory'))
        rows.push(versus(`${title}, fresh vs NumPy`, times, 'a fresh result', 'NumPy, fresh'))
      }
    }
    mover?.close()
  }
  return rows
}
