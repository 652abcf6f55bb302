/** Every built-in kernel: one line each. */
export { type Fresh, type Same, type Sort, type Sortable, type SortOptions, sort } from './sort.js'
export { type Real, type Sum, sum } from './sum.js'
export { type Metric, type Nearest, type TopK, type TopKOptions, topK } from './topK.js'
