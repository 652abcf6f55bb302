/** Every built-in kernel: one line each. */
export { add } from './add.js'
export { type Argpartition, argpartition } from './argpartition.js'
export { type Median, median } from './median.js'
export { type Kth, type Partition, type Partitionable, partition } from './partition.js'
export {
  type Fractions,
  type NanOptions,
  type Quantile,
  type QuantileMethod,
  type QuantileOptions,
  quantile,
} from './quantile.js'
export { type Sort, type SortOptions, sort } from './sort.js'
export { type Sum, sum } from './sum.js'
export { type Metric, type Nearest, type TopK, type TopKOptions, topK } from './topK.js'
