// Which of some centres is nearest to a point, and what the points of a centre add up to: the leaves of kmeans.
//
// What decides is the direct distance Σ (x - c)² over the columns in order, in doubles, without fused steps. Which
// centre is nearest is found quicker: |c|²/2 - x·c by fused steps in the type of x, points in lanes, and with a bound
// for all that rounding can do. Where the two nearest are closer than that, the direct distances are computed. So the
// labels are exact, whatever the instruction set.
#pragma once

#include "core/job.h"
#include "core/kernel.h"
#include "kernels/simd-inl.h"
#include "kernels/transpose-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace kmeans {

namespace hn = hwy::HWY_NAMESPACE;

constexpr uint32_t kUse = 9;         // of random words; the others are in random.cpp
constexpr int kMaxLanes = 24;        // candidates for a centre and the last centre, in whole vectors
constexpr int64_t kTerms = 1 << 20;  // differences in a grain
constexpr int64_t kStripe = 4096;    // elements of states that are joined at once
constexpr double kInfinity = __builtin_inf();

#if HWY_ARCH_ARM || (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3)
constexpr int kVectors = 4;  // of points, by
#else
constexpr int kVectors = 2;
#endif
constexpr int64_t kAhead = 64;  // columns of points that are fetched ahead
constexpr int kGroup = 4;       // centres in registers at once

HWY_INLINE int64_t Least(int64_t a, int64_t b) { return a < b ? a : b; }
HWY_INLINE int64_t Most(int64_t a, int64_t b) { return a > b ? a : b; }
HWY_INLINE bool Finite(double x) { return x - x == 0; }

// Points of a block: a grain's work, and at least four for each centre, so that sums stay few beside the points.
HWY_INLINE int64_t BlockOf(int64_t clusters, int64_t columns) {
  int64_t block = 16384;
  while (block > 1024 && block * clusters * columns > kTerms) block /= 2;
  while (block < 4 * clusters) block *= 2;
  return block;
}

template <class T>
HWY_INLINE double Square(const T* x, const double* c, int64_t d) {
  double sum = 0;
  for (int64_t j = 0; j < d; ++j) {
    const double apart = static_cast<double>(x[j]) - c[j];
    sum += apart * apart;
  }
  return sum;
}

// to[p * pad + c] = the distance of four points to each of `pad` centres, which are the columns of `across`.
template <class T>
HWY_NOINLINE void Direct(const T* const (&rows)[4], int64_t d, const double* across, int64_t pad, double* to) {
  const hn::ScalableTag<double> tag;
  const T *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3];
  for (int64_t c = 0; c < pad; c += static_cast<int64_t>(hn::MaxLanes(tag))) {
    auto s0 = hn::Zero(tag), s1 = s0, s2 = s0, s3 = s0;
    for (int64_t j = 0; j < d; ++j) {
      const auto centre = hn::LoadU(tag, across + j * pad + c);
      const auto term = [&](const T* row, auto& sum) HWY_ATTR {
        const auto apart = hn::Sub(hn::Set(tag, static_cast<double>(row[j])), centre);
        sum = hn::Add(sum, hn::Mul(apart, apart));
      };
      term(r0, s0);
      term(r1, s1);
      term(r2, s2);
      term(r3, s3);
    }
    hn::StoreU(s0, tag, to + c);
    hn::StoreU(s1, tag, to + pad + c);
    hn::StoreU(s2, tag, to + 2 * pad + c);
    hn::StoreU(s3, tag, to + 3 * pad + c);
  }
}

// The centres once more as the quick search reads them: groups of four, for each column side by side.
template <class T>
struct Quick {
  T* groups;
  T* half;     // |c|²/2, infinite for those that fill the last group
  T most;      // the greatest |c|²
  T relative;  // of |x|² + |c|²: what rounding may do to a difference of scores,
  T absolute;  // and what underflow may
};

template <class T>
constexpr int64_t kPoints = kVectors * HWY_LANES(T);

// nearest[p] of the points in lanes of `tile`, d × kPoints; -1 where rounding may have decided.
template <class T>
HWY_NOINLINE void Nearest(const T* tile, int64_t d, int64_t clusters, const Quick<T>& quick, int32_t* nearest) {
  using D = hn::ScalableTag<T>;
  using V = hn::Vec<D>;
  const D tag;
  constexpr int64_t kLanes = HWY_LANES(T);
  V first[kVectors], second[kVectors], which[kVectors], square[kVectors];
  for (int v = 0; v < kVectors; ++v) {
    first[v] = second[v] = hn::Set(tag, static_cast<T>(kInfinity));
    which[v] = square[v] = hn::Zero(tag);
  }
  for (int64_t j = 0; j < d; ++j)
    for (int v = 0; v < kVectors; ++v) {
      const V x = hn::LoadU(tag, tile + j * kPoints<T> + v * kLanes);
      square[v] = hn::MulAdd(x, x, square[v]);
    }
  for (int64_t c = 0; c < clusters; c += kGroup) {
    const T* group = quick.groups + c * d;
    V score[kGroup][kVectors];
    for (int r = 0; r < kGroup; ++r)
      for (int v = 0; v < kVectors; ++v) score[r][v] = hn::Set(tag, quick.half[c + r]);
    for (int64_t j = 0; j < d; ++j) {
      V x[kVectors];
      for (int v = 0; v < kVectors; ++v) x[v] = hn::LoadU(tag, tile + j * kPoints<T> + v * kLanes);
      for (int r = 0; r < kGroup; ++r) {
        const V centre = hn::Set(tag, group[j * kGroup + r]);
        for (int v = 0; v < kVectors; ++v) score[r][v] = hn::NegMulAdd(centre, x[v], score[r][v]);
      }
    }
    for (int r = 0; r < kGroup; ++r) {
      const V number = hn::Set(tag, static_cast<T>(c + r));
      for (int v = 0; v < kVectors; ++v) {
        const auto less = hn::Lt(score[r][v], first[v]);
        second[v] = hn::Min(second[v], hn::Max(first[v], score[r][v]));
        which[v] = hn::IfThenElse(less, number, which[v]);
        first[v] = hn::Min(first[v], score[r][v]);
      }
    }
  }
  for (int v = 0; v < kVectors; ++v) {
    // Four times over: infinite before any score is.
    const V size = hn::Mul(hn::Add(square[v], hn::Set(tag, quick.most)), hn::Set(tag, T{4}));
    const V doubt = hn::MulAdd(size, hn::Set(tag, quick.relative / 4), hn::Set(tag, quick.absolute));
    const V sure = hn::IfThenElse(hn::Gt(hn::Sub(second[v], first[v]), doubt), which[v], hn::Set(tag, T{-1}));
    const hn::Rebind<int32_t, D> whole;
    if constexpr (sizeof(T) == 8)
      hn::StoreU(hn::DemoteTo(whole, sure), whole, nearest + v * kLanes);
    else
      hn::StoreU(hn::ConvertTo(whole, sure), whole, nearest + v * kLanes);
  }
}

// state[label · d + j] += x[j] of points [begin, end) and columns [from, to), which lie `stride` apart.
template <class T>
HWY_NOINLINE void AddUp(const T* x, int64_t stride, const uint32_t* labels, int64_t begin, int64_t end, int64_t d,
                        int64_t from, int64_t to, double* state) {
  const hn::ScalableTag<double> tag;
  const hn::Rebind<T, decltype(tag)> narrow;
  constexpr int64_t kLanes = HWY_LANES(double);
  for (int64_t i = begin; i < end; ++i) {
    const T* row = x + i * stride;
    double* sum = state + static_cast<int64_t>(labels[i]) * d;
    int64_t j = from;
    for (; j + kLanes <= to; j += kLanes) {
      if constexpr (sizeof(T) == 8)
        hn::StoreU(hn::Add(hn::LoadU(tag, sum + j), hn::LoadU(tag, row + j)), tag, sum + j);
      else
        hn::StoreU(hn::Add(hn::LoadU(tag, sum + j), hn::PromoteTo(tag, hn::LoadU(narrow, row + j))), tag, sum + j);
    }
    for (; j < to; ++j) sum[j] += static_cast<double>(row[j]);
  }
}

template <class T>
HWY_NOINLINE void Transpose(const T* from, int64_t row_stride, int64_t col_stride, T* to, int64_t pitch, int64_t rows,
                            int64_t cols) {
  transpose::Block(from, row_stride, col_stride, to, pitch, rows, cols);
}

}  // namespace kmeans
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
