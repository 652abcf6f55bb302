// The built package on this CPU, real or emulated: `node native/tools/smoke.mjs [isa]`.
// CI runs it as `qemu-x86_64 -cpu Nehalem`, where one stray AVX instruction is the end.
import assert from 'node:assert/strict'
import { info, matrix, sort, sum, topK } from '../../dist/index.js'

const { engine, isa, build, reason } = info()
assert.equal(engine, 'native', reason)
if (process.argv[2]) assert.equal(isa, process.argv[2])

const random = (() => {
  let state = 1
  return () => (state = (state * 48271) % 2147483647) / 2147483647
})()
const x = Float64Array.from({ length: 100_000 }, random)
assert.equal(await sum(x), sum.js(x))
assert.equal(sum.sync(x), sum.js(x))
for (const y of [
  x,
  Float32Array.from(x),
  Int32Array.from(x, (v) => v * 1e6),
  BigInt64Array.from(x, (v) => BigInt((v * 1e9) | 0)),
]) {
  assert.deepEqual(await sort(y), sort.js(y))
}
const corpus = matrix(Float32Array.from({ length: 500 * 64 }, random), 500, 64)
const query = corpus.data.slice(64 * 7, 64 * 8)
const nearest = await topK(query, corpus, { k: 3, metric: 'sqeuclidean' })
assert.equal(nearest.indices[0], 7)
assert.equal(nearest.scores[0], 0)
console.log(`smoke: engine ${engine}, isa ${isa}, build ${build}`)
