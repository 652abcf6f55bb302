/** topK: the ten nearest of 200,000 directions by cosine, for one query and for a hundred, against NumPy. */
import { matrix, topK } from 'offloop'
import { type Bench, type Row, timed, timedSync, versus } from './common.js'
import { directions } from './data.js'
import type { NumPy } from './peers.js'

export const ROWS = 200_000
export const COLS = 384
const QUERIES = 100

const ONE = 'NumPy: c @ q, argpartition, argsort'
const MANY = 'NumPy: q @ c.T, argpartition'

export async function benchTopK(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  const corpus = matrix(directions(ROWS, COLS, 2), ROWS, COLS)
  const queries = matrix(directions(QUERIES, COLS, 3), QUERIES, COLS)
  const query = queries.data.slice(0, COLS)
  await numpy?.load('corpus', corpus.data, [ROWS, COLS])
  await numpy?.load('queries', queries.data, [QUERIES, COLS])
  const options = { k: 10, metric: 'cosine' } as const

  if (numpy !== undefined) {
    const theirs = (await numpy.value('top_many')) as number[]
    const ours = (await topK(queries, corpus, options)).indices.data
    const same = theirs.filter((row, i) => ours.subarray(i - (i % 10), i - (i % 10) + 10).includes(row)).length
    bench.say(`topK finds ${same} of the ${theirs.length} rows that NumPy finds`)
  }
  const shape = `f32, ${ROWS} x ${COLS}, k = 10, cosine`
  const one = await bench.interleave(
    `topK, one query, ${shape}`,
    [
      { name: 'topK', run: () => timed(() => topK(query, corpus, options)) },
      { name: 'topK.sync', run: () => timedSync(() => topK.sync(query, corpus, options)) },
      ...(numpy === undefined ? [] : [{ name: ONE, run: () => numpy.time('top_one') }]),
      { name: 'topK.js', run: () => timedSync(() => topK.js(query, corpus, options)) },
    ],
    bench.rounds(21),
  )
  const many = await bench.interleave(`topK, ${QUERIES} queries, ${shape}`, [
    { name: 'topK', run: () => timed(() => topK(queries, corpus, options)) },
    ...(numpy === undefined ? [] : [{ name: MANY, run: () => numpy.time('top_many') }]),
  ])
  return [
    versus('topK 200k x 384, 1 query, vs NumPy', one, 'topK', ONE, 1.5),
    versus('topK 200k x 384, 1 query, vs topK.js', one, 'topK', 'topK.js'),
    versus('topK 200k x 384, 100 queries, vs NumPy', many, 'topK', MANY, 2.5),
  ]
}
