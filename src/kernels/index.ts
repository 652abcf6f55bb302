/** Every built-in kernel: one line each. */
export { add } from './add.js'
export { mean } from './mean.js'
export { type Sort, type SortOptions, sort } from './sort.js'
export { std } from './std.js'
export { type Sum, sum } from './sum.js'
export { type Metric, type Nearest, type TopK, type TopKOptions, topK } from './topK.js'
export { type VarianceOptions, variance } from './variance.js'
