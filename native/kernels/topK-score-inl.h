// The direct score, which defines the result of topK.
//
// Every number that leaves the kernel comes from Direct() and Cost() below, whose bits
// depend on the two rows alone: f64 arithmetic for both element types, 16 virtual lanes
// (lane l adds elements l, l + 16, …), joined by the fixed tree l + (l + 8), 4, 2, 1, a
// multiplication and an addition and never a fused one. The twin does the same in
// JavaScript. Sums start at +0, so that a short last step may be padded with zeros: +0
// added changes nothing.
//
// 16 lanes are two AVX-512, four AVX2 or eight SSE registers: enough chains to hide the
// addition's latency on each. With f32 promoted, AVX-512 runs 6 cycles per 64 bytes read
// (four additions and multiplications, conversions), faster than memory delivers them.
#pragma once

#include "kernels/simd-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

enum class Metric { kCosine, kDot, kEuclidean, kSqEuclidean, kCount };
enum class Form { kDot, kDotNorm, kDiff };  // Σqc; Σqc and Σcc; Σ(q−c)²

constexpr int kVirtual = 16;
using D64 = hn::ScalableTag<double>;
using V64 = hn::Vec<D64>;
constexpr int kLanes64 = HWY_LANES(double);
constexpr int kRegs = kVirtual / kLanes64;

struct Sums {
  double dot, norm;
};

HWY_INLINE V64 LoadWide(const double* p) { return hn::LoadU(D64(), p); }
HWY_INLINE V64 LoadWide(const float* p) {
  const D64 d;
  return hn::PromoteTo(d, hn::LoadU(hn::Rebind<float, D64>(), p));
}

template <class D>
HWY_INLINE double JoinLanes([[maybe_unused]] D d, hn::Vec<D> v) {
  if constexpr (hn::MaxLanes(D()) == 1) {
    return hn::GetLane(v);
  } else {
    const hn::Half<D> half;
    return JoinLanes(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}

HWY_INLINE double JoinRegisters(V64* sum) {
  for (int half = kRegs / 2; half >= 1; half /= 2)
    for (int i = 0; i < half; ++i) sum[i] = hn::Add(sum[i], sum[i + half]);
  return JoinLanes(D64(), sum[0]);
}

template <Form form, class Q, class C>
HWY_INLINE void Step(const Q* q, const C* c, V64* sum, V64* norm) {
  for (int i = 0; i < kRegs; ++i) {
    const V64 a = LoadWide(q + i * kLanes64);
    const V64 b = LoadWide(c + i * kLanes64);
    if constexpr (form == Form::kDiff) {
      const V64 diff = hn::Sub(a, b);
      sum[i] = hn::Add(sum[i], hn::Mul(diff, diff));
    } else {
      sum[i] = hn::Add(sum[i], hn::Mul(a, b));
      if constexpr (form == Form::kDotNorm) norm[i] = hn::Add(norm[i], hn::Mul(b, b));
    }
  }
}

// The last `count` elements of a row, followed by zeros.
template <class T>
HWY_NOINLINE const T* PadStep(const T* from, int64_t count, T* to) {
  for (int i = 0; i < kVirtual; ++i) to[i] = i < count ? from[i] : T{0};
  return to;
}

// With `prefetch` it also asks for the memory `ahead` bytes further on.
template <Form form, bool prefetch = false, class Q, class C>
HWY_INLINE Sums Direct(const Q* q, const C* c, int64_t dim, [[maybe_unused]] int64_t ahead = 0) {
  V64 sum[kRegs], norm[kRegs];
  for (int i = 0; i < kRegs; ++i) sum[i] = norm[i] = hn::Zero(D64());
  Q q_end[kVirtual];
  C c_end[kVirtual];
  for (int64_t at = 0; at < dim; at += kVirtual) {
    const Q* q_step = q + at;
    const C* c_step = c + at;
    if constexpr (prefetch) {
      const uintptr_t next = reinterpret_cast<uintptr_t>(c_step) + static_cast<uintptr_t>(ahead);
      __builtin_prefetch(reinterpret_cast<const void*>(next), 0, 3);
      if (sizeof(C) == 8) __builtin_prefetch(reinterpret_cast<const void*>(next + 64), 0, 3);
    }
    if (HWY_UNLIKELY(dim - at < kVirtual)) {
      q_step = PadStep(q_step, dim - at, q_end);
      c_step = PadStep(c_step, dim - at, c_end);
    }
    Step<form>(q_step, c_step, sum, norm);
  }
  Sums sums{JoinRegisters(sum), 0};
  if constexpr (form == Form::kDotNorm) sums.norm = JoinRegisters(norm);
  return sums;
}

// Rows scored side by side when one query scans a corpus. The processor's prefetcher follows each
// row on its own, so that several at once draw more from memory than one after the other: 256 MB read by
// two threads take 15 ms as one stream a thread, 13 as two, 11.5 as four, 11 as eight. As many as
// their sums fit the registers.
template <Form form>
constexpr int kAbreast = kRegs > 2                ? 4
                         : form == Form::kDotNorm ? 6
                                                  : 8;

// sums[r] = Direct<form>(q, c[r]) for kAbreast rows, step by step in turn.
template <Form form, class C>
HWY_INLINE void DirectAbreast(const double* q, const C* const* c, int64_t dim, int64_t ahead, Sums* sums) {
  V64 sum[kAbreast<form>][kRegs], norm[kAbreast<form>][kRegs];
  for (int r = 0; r < kAbreast<form>; ++r)
    for (int i = 0; i < kRegs; ++i) sum[r][i] = norm[r][i] = hn::Zero(D64());
  int64_t at = 0;
  for (; at + kVirtual <= dim; at += kVirtual) {
    for (int r = 0; r < kAbreast<form>; ++r) {
      const uintptr_t next = reinterpret_cast<uintptr_t>(c[r] + at) + static_cast<uintptr_t>(ahead);
      __builtin_prefetch(reinterpret_cast<const void*>(next), 0, 3);
      if (sizeof(C) == 8) __builtin_prefetch(reinterpret_cast<const void*>(next + 64), 0, 3);
      Step<form>(q + at, c[r] + at, sum[r], norm[r]);
    }
  }
  for (int r = 0; r < kAbreast<form> && at < dim; ++r) {
    C end[kVirtual];
    Step<form>(q + at, PadStep(c[r] + at, dim - at, end), sum[r], norm[r]);  // the query is padded already
  }
  for (int r = 0; r < kAbreast<form>; ++r) {
    sums[r] = {JoinRegisters(sum[r]), 0};
    if constexpr (form == Form::kDotNorm) sums[r].norm = JoinRegisters(norm[r]);
  }
}

HWY_INLINE double Sqrt(double x) {
  const hn::CappedTag<double, 1> one;
  return hn::GetLane(hn::Sqrt(hn::Set(one, x)));
}

// cos = Σqc / √(Σqq·Σcc), clamped to [−1, 1]; 0 if either is a zero vector. One root of
// the product and not a product of roots: √(x·x) is exactly x in binary arithmetic (Boldo,
// "Stupid is as stupid does", 2015), so that a row with itself, or with itself times a
// power of two, is exactly 1. Where the product leaves the range of f64 (f64 rows only:
// squares of f32 reach 2^±300) the roots are taken apart, and equal norms not at all.
HWY_INLINE double CosineScore(double dot, double qq, double cc) {
  if (qq == 0 || cc == 0) return dot == dot ? 0 : dot;
  const double product = qq * cc;
  const bool in_range = product >= 0x1p-960 && product <= 0x1p1000;
  const double scale = in_range ? Sqrt(product) : qq == cc ? qq : Sqrt(qq) * Sqrt(cc);
  const double score = dot / scale;
  return score > 1 ? 1 : score < -1 ? -1 : score;
}

// Smaller is better for every metric: similarities are negated, which is exact, until the end.
HWY_INLINE bool Negated(Metric metric) { return metric == Metric::kCosine || metric == Metric::kDot; }

HWY_INLINE Form FormOf(Metric metric) {
  return metric == Metric::kCosine ? Form::kDotNorm : metric == Metric::kDot ? Form::kDot : Form::kDiff;
}

// The rounded cost of a pair from its sums.
template <class T>
HWY_INLINE T CostOf(Metric metric, const Sums& sums, double qq) {
  switch (metric) {
    case Metric::kCosine:
      return -static_cast<T>(CosineScore(sums.dot, qq, sums.norm));
    case Metric::kDot:
      return -static_cast<T>(sums.dot);
    case Metric::kEuclidean:
      return static_cast<T>(Sqrt(sums.dot));
    default:
      return static_cast<T>(sums.dot);
  }
}

template <Form form, class T>
HWY_NOINLINE Sums DirectPair(const T* q, const T* c, int64_t dim) {
  return Direct<form>(q, c, dim);
}

}  // namespace
}  // namespace offloop::OFFLOOP_ISA
