/**
 * Random numbers against NumPy's quickest generator (SFC64), into arrays that are there; and against what the machine
 * allows: the time to fill the array past the caches, and the time to compute the numbers within them.
 */
import { availableParallelism } from 'node:os'
import { random } from 'offloop'
import { type Bench, type Row, timed, timedSync, versus } from './common.js'
import { Mover, type NumPy } from './peers.js'

const ELEMENTS = 2 ** 25
const WITHIN = 2 ** 14 // 128 KB
const POSITIONS = 2 ** 23

export async function benchRandom(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  const out = new Float64Array(ELEMENTS)
  const small = new Float64Array(WITHIN)
  const singles = new Float32Array(ELEMENTS)
  const integers = new Uint32Array(ELEMENTS)
  const order = new Uint32Array(POSITIONS)
  await numpy?.run('rng = np.random.Generator(np.random.SFC64(1))')
  await numpy?.run(`out = np.zeros(${ELEMENTS}); singles = np.zeros(${ELEMENTS}, np.float32)`)
  const peer = (name: string, code: string) => (numpy === undefined ? [] : [{ name, run: () => numpy.evaluate(code) }])
  const threads = availableParallelism()
  // A quarter of the result: it holds eight arrays of that.
  const mover = Mover.start(2 * ELEMENTS, threads)
  /** The same numbers in pieces that stay in the caches, on one thread; as long as all threads together would take. */
  const within = (name: 'uniform' | 'normal') => () => {
    const ms = timedSync(() => {
      for (let offset = 0; offset < ELEMENTS; offset += WITHIN) {
        const options = { key: 1, offset, out: small, threads: 1 }
        if (name === 'uniform') random.uniform.sync(WITHIN, options)
        else random.normal.sync(WITHIN, options)
      }
    })
    return ms / threads
  }
  const floats = await bench.interleave(`random, f64, ${ELEMENTS} elements`, [
    { name: 'uniform', run: () => timed(() => random.uniform(ELEMENTS, { key: 1, out })) },
    ...peer('rng.random', 'rng.random(out=out)'),
    { name: 'uniform within the caches', run: within('uniform') },
    ...(mover === undefined ? [] : [{ name: 'fill', run: async () => 4 * (await mover.time('small', 0, 0)) }]),
    { name: 'normal', run: () => timed(() => random.normal(ELEMENTS, { key: 1, out })) },
    ...peer('rng.standard_normal', 'rng.standard_normal(out=out)'),
    { name: 'normal within the caches', run: within('normal') },
    { name: 'exponential', run: () => timed(() => random.exponential(ELEMENTS, { key: 1, out })) },
    ...peer('rng.standard_exponential', 'rng.standard_exponential(out=out)'),
  ])
  mover?.close()
  const others = await bench.interleave('random, other kinds', [
    { name: 'uniform f32', run: () => timed(() => random.uniform(ELEMENTS, { key: 1, out: singles })) },
    ...peer('rng.random f32', 'rng.random(out=singles, dtype=np.float32)'),
    { name: 'integers', run: () => timed(() => random.integers(ELEMENTS, { key: 1, high: 1000, out: integers })) },
    ...peer('rng.integers', `rng.integers(0, 1000, ${ELEMENTS}, dtype=np.uint32)`),
    { name: 'permutation', run: () => timed(() => random.permutation(POSITIONS, { key: 1, out: order })) },
    ...peer('rng.permutation', `rng.permutation(${POSITIONS})`),
  ])
  const allowed = (name: string): Row => {
    const [own, arithmetic, fill] = [name, `${name} within the caches`, 'fill'].map((of) => floats.get(of))
    const limit = arithmetic?.map((ms, i) => (ms + (fill?.[i] ?? 0)) / own![i]!) ?? []
    const row: Row = {
      name: `${name} f64 32M, of fill and arithmetic`,
      values: limit,
      unit: '×',
      bar: { atLeast: 0.8 },
    }
    return fill === undefined ? { ...row, values: [], missing: 'fill' } : row
  }
  return [
    versus('uniform f64 32M vs NumPy SFC64', floats, 'uniform', 'rng.random', 6),
    allowed('uniform'),
    versus('normal f64 32M vs NumPy SFC64', floats, 'normal', 'rng.standard_normal', 4.5),
    allowed('normal'),
    versus('exponential f64 32M vs NumPy SFC64', floats, 'exponential', 'rng.standard_exponential'),
    versus('uniform f32 32M vs NumPy SFC64', others, 'uniform f32', 'rng.random f32'),
    versus('integers u32 32M vs NumPy SFC64', others, 'integers', 'rng.integers'),
    versus('permutation 8M vs NumPy SFC64', others, 'permutation', 'rng.permutation'),
  ]
}
