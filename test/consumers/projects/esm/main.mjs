import { info, sort, sum } from 'offloop'
import { compare } from 'offloop/compare'

const x = Float64Array.of(3, 1, 2)
console.log(
  JSON.stringify({
    sum: await sum(x),
    sync: sum.sync(x),
    js: sum.js(x),
    sorted: [...(await sort(x))],
    compare: typeof compare,
    engine: info().engine,
  }),
)
