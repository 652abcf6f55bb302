/** Every built-in kernel: one line each. */
export { abs } from './abs.js'
export { add } from './add.js'
export { type ArgMax, argmax } from './argmax.js'
export { type ArgMin, argmin } from './argmin.js'
export { type Argpartition, argpartition } from './argpartition.js'
export { type Argsort, type ArgsortOptions, argsort } from './argsort.js'
export { atan } from './atan.js'
export { atan2 } from './atan2.js'
export { type Axpy, axpy } from './axpy.js'
export { type Bincount, type BincountOptions, bincount, type Whole32 } from './bincount.js'
export { type BoxFilter, type BoxFilterOptions, boxFilter } from './boxFilter.js'
export { cbrt } from './cbrt.js'
export { type Cdist, type CdistInto, type CdistOptions, cdist, type Distance } from './cdist.js'
export { clip } from './clip.js'
export type { Convolution, ConvolveOptions } from './convolve.define.js'
export { convolve } from './convolve.js'
export { type Convolve2d, convolve2d } from './convolve2d.js'
export { type Corrcoef, type CorrcoefOptions, corrcoef } from './corrcoef.js'
export { correlate } from './correlate.js'
export { cos } from './cos.js'
export { cosh } from './cosh.js'
export { type CountNonzero, countNonzero } from './countNonzero.js'
export { type Cov, type CovOptions, cov } from './cov.js'
export { cummax } from './cummax.js'
export { cummin } from './cummin.js'
export { cumprod } from './cumprod.js'
export { type Cumsum, cumsum } from './cumsum.js'
export { type Diff, type DiffOptions, diff } from './diff.js'
export { type Digitize, type DigitizeOptions, digitize } from './digitize.js'
export { divide } from './divide.js'
export { type Dot, dot } from './dot.js'
export { exp } from './exp.js'
export { expm1 } from './expm1.js'
export type { NormOption, Transform, Transform2, TransformOptions } from './fft.define.js'
export { fft } from './fft.js'
export { fft2 } from './fft2.js'
export { type GaussianFilter, type GaussianFilterOptions, gaussianFilter } from './gaussianFilter.js'
export { type Gram, gram } from './gram.js'
export { type Histogram, type HistogramOptions, type HistogramResult, histogram } from './histogram.js'
export { type Histogram2d, type Histogram2dOptions, type Histogram2dResult, histogram2d } from './histogram2d.js'
export { ifft } from './ifft.js'
export { ifft2 } from './ifft2.js'
export { irfft } from './irfft.js'
export { log } from './log.js'
export { log1p } from './log1p.js'
export { log2 } from './log2.js'
export { log10 } from './log10.js'
export { type Matmul, type MatmulInto, type MatmulOptions, matmul } from './matmul.js'
export { type Matvec, matvec } from './matvec.js'
export { type Max, max } from './max.js'
export { maximum } from './maximum.js'
export { mean } from './mean.js'
export { type Median, median } from './median.js'
export { type MedianFilter, type MedianFilterOptions, medianFilter } from './medianFilter.js'
export { type Min, min } from './min.js'
export { minimum } from './minimum.js'
export { type Extremes, type MinMax, minmax } from './minmax.js'
export { type Moments, type MomentsKernel, moments } from './moments.js'
export { multiply } from './multiply.js'
export { type NormOptions, norm } from './norm.js'
export { type Kth, type Partition, type Partitionable, partition } from './partition.js'
export { pow } from './pow.js'
export {
  type Fractions,
  type NanOptions,
  type Quantile,
  type QuantileMethod,
  type QuantileOptions,
  quantile,
} from './quantile.js'
export {
  type Choice,
  type ChoiceOptions,
  type ExponentialOptions,
  type IntegerOptions,
  type NormalOptions,
  type Permutation,
  type Random,
  type RandomFloats,
  type RandomGenerator,
  type RandomIntegers,
  random,
  type UniformOptions,
} from './random.js'
export { type Rank, type RankMethod, type RankOptions, rank } from './rank.js'
export { reciprocal } from './reciprocal.js'
export { type Resize, type ResizeOptions, resize } from './resize.js'
export { rfft } from './rfft.js'
export { type Rolling, type RollingFunction, type RollingOptions, type RollingStdOptions, rolling } from './rolling.js'
export { type Scale, scale } from './scale.js'
export { type Searchsorted, type SearchsortedOptions, searchsorted, type ValueOf } from './searchsorted.js'
export { sin } from './sin.js'
export { sinh } from './sinh.js'
export { type Sobel, type SobelOptions, sobel } from './sobel.js'
export { type Sort, type SortOptions, sort } from './sort.js'
export { sqrt } from './sqrt.js'
export { square } from './square.js'
export { std } from './std.js'
export { subtract } from './subtract.js'
export { type Sum, sum } from './sum.js'
export { tan } from './tan.js'
export { tanh } from './tanh.js'
export { type Metric, type Nearest, type TopK, type TopKOptions, topK } from './topK.js'
export { type Transpose, transpose } from './transpose.js'
export { type Distinct, type Unique, type UniqueOptions, unique } from './unique.js'
export { type VarianceOptions, variance } from './variance.js'
export { type Where, where } from './where.js'
