/** The demo's search against NumPy: all test digits against all training digits. Minutes; run only when asked for. */
import { matrix, topK } from 'offloop'
import { PIXELS, readDigits } from '../demo/idx.js'
import { type Bench, type Row, timed, versus } from './common.js'
import type { NumPy } from './peers.js'

export async function benchMnist(bench: Bench, numpy: NumPy | undefined): Promise<Row[]> {
  const load = async (name: 'train' | 'test', set: 'train' | 't10k', count: number) => {
    const { pixels } = readDigits(set, count)
    await numpy?.load(name, Float32Array.from(pixels), [count, PIXELS])
    return matrix(Uint8Array.from(pixels), count, PIXELS)
  }
  const corpus = await load('train', 'train', 60_000)
  const queries = await load('test', 't10k', 10_000)
  const times = await bench.interleave('topK, MNIST, 10,000 x 60,000 x 784, k = 1, sqeuclidean', [
    { name: 'topK', run: () => timed(() => topK(queries, corpus, { k: 1, metric: 'sqeuclidean' })) },
    ...(numpy === undefined ? [] : [{ name: 'NumPy: blocked matmul, argmin', run: () => numpy.time('digits') }]),
  ])
  return [
    { name: 'topK MNIST', values: times.get('topK')!.map((ms) => ms / 1000), unit: 's', bar: { atMost: 5 } },
    versus('topK MNIST vs NumPy', times, 'topK', 'NumPy: blocked matmul, argmin'),
  ]
}
