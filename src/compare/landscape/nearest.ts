/** The computing job: exact nearest neighbours, as one writes them in JavaScript, and as a kernel. */

import { alloc } from '../../core/alloc.js'
import { info } from '../../core/info.js'
import { matrix } from '../../core/matrix.js'
import { seeded } from '../../core/samples.js'
import { topK } from '../../kernels/topK.js'
import { grouped } from '../table.js'
import { onProcesses, onThreads } from './tasks.js'
import type { Job } from './types.js'

const QUERIES = 64
const COLUMNS = 128
const K = 10

/**
 * The k nearest rows to each query, by squared Euclidean distance: the loop that one writes by hand. It is shipped to
 * workers as source, so it uses nothing from outside.
 */
export function nearest(queries: Float32Array, rows: Float32Array, columns: number, k: number): Uint32Array {
  const found = new Uint32Array((queries.length / columns) * k)
  const scores = new Float64Array(k)
  for (let query = 0, at = 0; query < queries.length; query += columns, at += k) {
    scores.fill(Number.POSITIVE_INFINITY)
    for (let start = 0, row = 0; start < rows.length; start += columns, row++) {
      let score = 0
      for (let i = 0; i < columns; i++) {
        const difference = queries[query + i]! - rows[start + i]!
        score += difference * difference
      }
      let place = k
      while (place > 0 && score < scores[place - 1]!) place--
      if (place === k) continue
      scores.copyWithin(place + 1, place, k - 1)
      found.copyWithin(at + place + 1, at + place, at + k - 1)
      scores[place] = score
      found[at + place] = row
    }
  }
  return found
}

/** Searches `size` vectors in parts of their own. */
export function computingJob(size: number): Job {
  const parts = Math.max(8, 2 * info().threads)
  const rows = Math.max(K, Math.ceil(size / parts))
  const random = seeded(1)
  const queries = pixels(QUERIES, random)
  const collections = Array.from({ length: parts }, () => pixels(rows, random))
  // What a process gets is cloned; shared memory cannot be.
  const [ownQueries, own] = [queries.slice(), collections.map((collection) => collection.slice())]
  const plain = async (collection: Float32Array) => nearest(queries, collection, COLUMNS, K)

  const asked = matrix(queries, QUERIES, COLUMNS)
  const searched = collections.map((collection) => matrix(collection, rows, COLUMNS))
  const options = { k: K, metric: 'sqeuclidean' } as const
  const [onThread, inProcess] = [onThreads(nearest, 'nearest'), onProcesses(nearest, 'nearest')]
  return {
    title: `the ${K} nearest of ${grouped(parts * rows)} vectors to ${QUERIES} queries, in ${parts} parts`,
    parts,
    ways: [
      {
        name: 'await',
        async run() {
          const results: Uint32Array[] = []
          for (const collection of collections) results.push(await plain(collection))
          return results
        },
      },
      { name: 'all', run: () => Promise.all(collections.map(plain)) },
      {
        name: 'threads',
        run: () => Promise.all(collections.map((collection) => onThread(queries, collection, COLUMNS, K))),
      },
      {
        name: 'processes',
        run: () => Promise.all(own.map((collection) => inProcess(ownQueries, collection, COLUMNS, K))),
      },
      { name: 'twin', run: async () => searched.map((one) => topK.js(asked, one, options).indices.data) },
      {
        name: 'kernel',
        run: () => Promise.all(searched.map(async (one) => (await topK(asked, one, options)).indices.data)),
      },
    ],
    close() {},
  }
}

/** Vectors of whole numbers from 0 to 255: their distances are exact, so that every way finds the same ones. */
function pixels(rows: number, random: () => number): Float32Array {
  const data = alloc(Float32Array, rows * COLUMNS)
  for (let i = 0; i < data.length; i++) data[i] = Math.floor(256 * random())
  return data
}
