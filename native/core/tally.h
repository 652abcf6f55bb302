// Tallies, as the frame sees them: bin numbers -> how many elements each bin has, or the sum of their weights.
//
// Every thread (or slice, where order matters) has tables of its own, joined at the end. That is here, compiled once;
// a kernel brings the function that finds bins.
#pragma once

#include "core/reduction.h"

namespace offloop {

constexpr int64_t kTallyChunk = 512;             // elements whose bins are asked for at once
constexpr int64_t kMostBins = int64_t{1} << 28;  // results of at most 2 GiB

// to[i] = the bin of element at + i, for n <= kTallyChunk of them; `bins` for those that are in none.
using FindBins = void (*)(const void* context, int64_t at, int64_t n, uint32_t* to);

// counts[k] = how many of `size` elements are in bin k, or the sum of their weights (which may be null).
Status RunTally(Job& job, int64_t size, int64_t bins, const Any* weights, double* counts, FindBins find,
                const void* context);

// The least and the greatest element; not finite if any one is NaN or infinite.
struct Extent {
  double lo, hi;
  bool finite;
};

// `extent` stays as it is if there are no elements.
Status RunExtent(Job& job, const Any& x, Extent& extent);

}  // namespace offloop
