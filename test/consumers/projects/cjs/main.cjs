const { info, sort, sum } = require('offloop')
const { compare } = require('offloop/compare')

const x = Float64Array.of(3, 1, 2)
Promise.all([sum(x), sort(x)]).then(([total, sorted]) => {
  console.log(
    JSON.stringify({
      sum: total,
      sync: sum.sync(x),
      js: sum.js(x),
      sorted: [...sorted],
      compare: typeof compare,
      engine: info().engine,
    }),
  )
})
