// A = Uᵀ·U of a symmetric positive definite matrix, on all threads of a job, by halves as lu-inl.h.
#pragma once

#include "kernels/triangular-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace cholesky {

namespace hn = hwy::HWY_NAMESPACE;
using gemm::View;
using triangular::Steps;

constexpr int64_t kBlock = 64;  // rows of the last step

template <class T>
HWY_INLINE T Sqrt(T x) {
  const hn::CappedTag<T, 1> one;
  return hn::GetLane(hn::Sqrt(hn::Set(one, x)));
}

// The factor of `rows` rows in their place, row by row; returns the first row without a pivot, or -1. Vectors start at
// whole multiples of their length, and so write some of what lies left of the diagonal.
template <class T>
HWY_NOINLINE int64_t FactorBlock(T* a, int64_t pitch, int64_t rows) {
  const hn::ScalableTag<T> d;
  constexpr int64_t lanes = HWY_LANES(T);
  const int64_t whole = rows / lanes * lanes;
  for (int64_t i = 0; i < rows; ++i) {
    T* const row = a + i * pitch;
    if (!(row[i] > 0)) return i;
    const T root = Sqrt(row[i]);
    const auto roots = hn::Set(d, root);
    int64_t j = i / lanes * lanes;
    for (; j < whole; j += lanes) hn::StoreU(hn::Div(hn::LoadU(d, row + j), roots), d, row + j);
#pragma clang loop vectorize(disable) unroll(disable)
    for (; j < rows; ++j) row[j] /= root;
    for (int64_t r = i + 1; r < rows; ++r) {
      const T by = row[r];
      const auto bys = hn::Set(d, by);
      T* const to = a + r * pitch;
      for (j = r / lanes * lanes; j < whole; j += lanes)
        hn::StoreU(hn::NegMulAdd(bys, hn::LoadU(d, row + j), hn::LoadU(d, to + j)), d, to + j);
#pragma clang loop vectorize(disable) unroll(disable)
      for (; j < rows; ++j) to[j] -= by * row[j];
    }
  }
  return -1;
}

// U in place of the upper triangle of an n × n matrix; what is left of the diagonal becomes unspecified.
template <class T>
struct Factor {
  Steps<T>& steps;
  T* a;
  int64_t pitch;
  int64_t failed = -1;

  // Rows and columns [first, last). False also once a pivot is missing.
  HWY_NOINLINE bool Run(int64_t first, int64_t last) {
    T* const corner = a + first * pitch + first;
    if (last - first <= kBlock)
      return steps.Serial([&] {
        const int64_t at = FactorBlock(corner, pitch, last - first);
        if (at >= 0) failed = first + at;
      }) && failed < 0;
    const int64_t k = ((last - first) / 2 + kBlock - 1) / kBlock * kBlock, rest = last - first - k;
    T *const right = corner + k, *const below = right + k * pitch;
    return Run(first, first + k) &&
           triangular::Solve(steps, View<T>{corner, 1, pitch}, false, false, k, right, pitch, rest) &&
           steps.Product(rest, rest, k, -1, {right, 1, pitch}, {right, pitch, 1}, 1, below, pitch, true) &&
           Run(first + k, last);
  }
};

}  // namespace cholesky
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
