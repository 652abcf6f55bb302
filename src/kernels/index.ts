/** Every built-in kernel: one line each. */
export { add } from './add.js'
export { type Argsort, type ArgsortOptions, argsort } from './argsort.js'
export { type Rank, type RankMethod, type RankOptions, rank } from './rank.js'
export { type Searchsorted, type SearchsortedOptions, searchsorted, type ValueOf } from './searchsorted.js'
export { type Sort, type SortOptions, sort } from './sort.js'
export { type Sum, sum } from './sum.js'
export { type Metric, type Nearest, type TopK, type TopKOptions, topK } from './topK.js'
export { type Distinct, type Unique, type UniqueOptions, unique } from './unique.js'
