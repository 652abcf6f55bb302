/** Every built-in kernel: one line each. */
export { add } from './add.js'
export { cos } from './cos.js'
export { exp } from './exp.js'
export { expm1 } from './expm1.js'
export { sin } from './sin.js'
export { type Sort, type SortOptions, sort } from './sort.js'
export { type Sum, sum } from './sum.js'
export { type Metric, type Nearest, type TopK, type TopKOptions, topK } from './topK.js'
