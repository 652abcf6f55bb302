// Sorting within one core's cache: the leaves of `sort`.
//
// SortLeaf(order, src, dst, n) writes the n elements of src to dst in order (src == dst, or
// disjoint). Everything outside a leaf sees elements; only inside one do keys exist, so a sort
// that stops between leaves leaves elements behind, never keys.
//
// Keys. u = v ^ flip ascends like the values (floats: like their bits). Floats are then folded,
// all bits but the sign's inverted where it is set: a two's complement integer whose order is -inf … -0, +0 … +inf, NaN
// (NaNs are made positive and quiet before `flip`). One instantiation per lane width so serves six
// dtypes and both directions, which keeps an instruction set under 72 KB of code.
// Below AVX-512 there is no 64-bit integer min/max (compare and two blends, 5 uops against 2), so
// f64 leaves sort doubles there; NaNs and the zeros' signs are counted and put back by hand.
//
// The pieces are Highway's vqsort (Wassenberg, Blacher, Giesen, Sanders: "Vectorized and
// performance-portable Quicksort", arXiv 2205.05982): sampling, Partition, BaseCase. Its recursion
// is ours, for three reasons found by reading 1.0.3: AllEqual ends a loop on a value it has seen
// before, which a thread scribbling over the array turns into a read past the end; padding with
// the largest finite float and stepping pivots by epsilon missort infinities; and its special
// cases for few keys are half its code, where one more partition by "less than" does as well.
// Everything here is bounded by indices, whatever the data do meanwhile.
#pragma once

#include <hwy/contrib/sort/traits-inl.h>

#include <cstdint>
#include <cstring>

#include "kernels/simd-inl.h"
// Partition steps back from a pointer by adding a wrapped size_t: in bounds, but UBSan objects.
#pragma clang attribute push(__attribute__((no_sanitize("pointer-overflow"))), apply_to = function)
#include <hwy/contrib/sort/vqsort-inl.h>
#pragma clang attribute pop

namespace offloop::OFFLOOP_ISA {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
namespace hs = hwy::HWY_NAMESPACE::detail;

// How elements of lane type L (int32_t or int64_t, whatever the dtype) compare.
template <class L>
struct Order {
  L flip;     // u = v ^ flip
  bool real;  // a float
};

template <class L>
constexpr L kMin = static_cast<L>(L{1} << (sizeof(L) * 8 - 1));
template <class L>
constexpr L kMax = static_cast<L>(~kMin<L>);
template <class L>
constexpr L kInf = sizeof(L) == 8 ? static_cast<L>(0x7FF0000000000000) : static_cast<L>(0x7F800000);
template <class L>
constexpr L kNan = sizeof(L) == 8 ? static_cast<L>(0x7FF8000000000000) : static_cast<L>(0x7FC00000);

template <class L>
OFFLOOP_INLINE L Key(const Order<L>& order, L v) {
  if (!order.real) return static_cast<L>(v ^ order.flip);
  if ((v & kMax<L>) > kInf<L>) return kNan<L>;
  const L u = static_cast<L>(v ^ order.flip);
  return u < 0 ? static_cast<L>(u ^ kMax<L>) : u;
}

// NaNs become the one that sorts last. Vectors of elements, not of keys.
template <class D, class V, class L = hn::TFromD<D>>
HWY_INLINE V Tidy(D d, const Order<L>& order, V v) {
  const V abs = hn::And(v, hn::Set(d, kMax<L>));
  return hn::IfThenElse(hn::Gt(abs, hn::Set(d, kInf<L>)), hn::Set(d, static_cast<L>(kNan<L> ^ order.flip)), v);
}

template <class D, class V>
HWY_INLINE V Fold(D d, V u) {
  return hn::Xor(u, hn::And(hn::BroadcastSignBit(u), hn::Set(d, kMax<hn::TFromD<D>>)));
}

// Traits for vqsort's parts. Order by Lt, except as stated.
template <class L>
struct LeafBase : hs::TraitsLane<hs::OrderAscending<L>> {
  OFFLOOP_INLINE L Before(L key) const { return static_cast<L>(key - 1); }
  OFFLOOP_INLINE bool IsFirst(L key) const { return key == kMin<L>; }
};

// Doubles, without NaN. min(a, b) and max(b, a) both return their second operand if the two are
// equal, so x86 keeps one zero of each sign; the compare-and-blend of vqsort costs two uops more.
template <>
struct LeafBase<double> : hs::TraitsLane<hs::OrderAscending<double>> {
  template <class D>
  HWY_INLINE void Sort2(D, hn::Vec<D>& a, hn::Vec<D>& b) const {
    const hn::Vec<D> low = hn::Min(a, b);
    b = hn::Max(b, a);
    a = low;
  }
  template <class D>
  HWY_INLINE hn::Vec<D> SortPairsDistance1(D d, hn::Vec<D> v) const {
    hn::Vec<D> swapped = this->ReverseKeys2(d, v);
    Sort2(d, v, swapped);
    return this->OddEvenKeys(swapped, v);
  }
  template <class D>
  HWY_INLINE hn::Vec<D> SortPairsReverse4(D d, hn::Vec<D> v) const {
    hn::Vec<D> swapped = this->ReverseKeys4(d, v);
    Sort2(d, v, swapped);
    return this->OddEvenPairs(d, swapped, v);
  }
  template <class D>
  HWY_INLINE hn::Vec<D> LastValue(D d) const {
    return hn::Set(d, __builtin_inf());
  }
  OFFLOOP_INLINE double Before(double key) const {
    if (key == 0) return -0x0.0000000000001p-1022;
    int64_t bits;
    memcpy(&bits, &key, 8);
    bits += key > 0 ? -1 : 1;
    memcpy(&key, &bits, 8);
    return key;
  }
  OFFLOOP_INLINE bool IsFirst(double key) const { return key == -__builtin_inf(); }
};

template <class L>
using LeafTraits = hs::SharedTraits<LeafBase<L>>;

template <class L>
struct LeafState {
  L* end;
  L* buffer;
  hs::Generator random;
};

// Below this many bytes a range's pivot is the median of one vector, itself lane-wise medians of
// vectors spread over the range: sampling as vqsort does costs as much as partitioning there.
// Leaves of 16,384 doubles: 208 ms per 32M instead of 242 (AVX-512). Sorting twice vqsort's base
// case by networks and a bitonic merge was no faster: it wins on full blocks only.
constexpr int64_t kCheapBytes = 8192;

template <class D, class St, class L>
HWY_INLINE L CheapPivot(D d, St st, const L* keys, int64_t n, L* buffer, bool* heavy) {
  constexpr int64_t kN = HWY_LANES(L), kVectors = kN < 8 ? 9 : 3;
  const int64_t step = (n - kN) / kVectors;
  const L* at = keys + step / 2;
  const auto median = [&](int64_t i) HWY_ATTR {
    const L* from = at + i * step;
    return hs::MedianOf3(st, hn::LoadU(d, from), hn::LoadU(d, from + step), hn::LoadU(d, from + 2 * step));
  };
  auto m = median(0);
  if constexpr (kVectors == 9) m = hs::MedianOf3(st, m, median(3), median(6));
  m = st.SortPairsDistance1(d, m);
  if constexpr (kN >= 4) {
    m = st.SortPairsReverse4(d, m);
    m = st.SortPairsDistance1(d, m);
  }
  if constexpr (kN >= 8) {
    m = st.SortPairsReverse8(d, m);
    m = st.SortPairsDistance2(d, m);
    m = st.SortPairsDistance1(d, m);
  }
  if constexpr (kN >= 16) {
    m = st.SortPairsReverse16(d, m);
    m = st.SortPairsDistance4(d, m);
    m = st.SortPairsDistance2(d, m);
    m = st.SortPairsDistance1(d, m);
  }
  hn::Store(m, d, buffer);
  constexpr int64_t kMid = kN / 2 - 1, kAside = kN / 8 + (kN >= 8);
  const L pivot = buffer[kMid];
  *heavy = kN >= 4 ? buffer[kMid - kAside] == pivot && buffer[kMid + kAside + 1] == pivot : buffer[1] == pivot;
  return pivot;
}

// vqsort's pivot.
template <class D, class St, class L>
HWY_INLINE L SampledPivot(D d, St st, L* keys, int64_t n, LeafState<L>& state, bool* heavy) {
  constexpr int64_t kSamples = 3 * 64 / sizeof(L), kMid = kSamples / 2, kAside = kSamples / 8;
  L* s = state.buffer;
  hs::DrawSamples(d, st, keys, static_cast<size_t>(n), s, state.random);
  hs::SortSamples(d, st, s);
  *heavy = s[kMid - kAside] == s[kMid] && s[kMid + kAside] == s[kMid];
  return s[kMid];
}

// The right part by recursion, the left one by the loop: the depth budget bounds both.
template <class L>
void SortKeys(L* keys, int64_t n, LeafState<L>& state, int depth) {
  const hn::SortTag<L> d;
  const LeafTraits<L> st;
  const auto partition = [&](int64_t count, L pivot) HWY_ATTR {
    return static_cast<int64_t>(
        hs::Partition(d, st, keys, static_cast<size_t>(count), hn::Set(d, pivot), state.buffer));
  };
  while (n > static_cast<int64_t>(hwy::SortConstants::BaseCaseNum(HWY_LANES(L)))) {
    if (depth-- == 0) return hs::HeapSort(st, keys, static_cast<size_t>(n));
    bool heavy = false;
    const bool cheap = n * static_cast<int64_t>(sizeof(L)) <= kCheapBytes;
    const L pivot =
        cheap ? CheapPivot(d, st, keys, n, state.buffer, &heavy) : SampledPivot(d, st, keys, n, state, &heavy);
    int64_t bound = partition(n, pivot);
    if (bound < n) SortKeys(keys + bound, n - bound, state, depth);
    if (heavy || bound == n) {
      // Keys equal to the pivot are in place after one more partition.
      if (st.IsFirst(pivot)) return;
      if (bound > static_cast<int64_t>(2 * HWY_LANES(L))) bound = partition(bound, st.Before(pivot));
    }
    n = bound;
  }
  hs::BaseCase(d, st, keys, state.end, static_cast<size_t>(n), state.buffer);
}

template <class L>
HWY_NOINLINE void SortKeys(L* keys, int64_t n) {
  HWY_ALIGN L buffer[hwy::SortConstants::BufNum<L>(HWY_LANES(L))] = {};
  LeafState<L> state{keys + n, buffer, hs::Generator(static_cast<uint64_t>(n))};
  int depth = 4;
  for (int64_t m = n; m > 0; m >>= 1) depth += 2;
  SortKeys(keys, n, state, depth);
}

// dst = function(src), vector by vector; the tail as a vector of its own.
template <class L, class F>
HWY_INLINE void Map(const L* src, L* dst, int64_t n, F&& function) {
  const hn::ScalableTag<L> d;
  constexpr int64_t kN = HWY_LANES(L);
  int64_t i = 0;
  for (; i + kN <= n; i += kN) hn::StoreU(function(d, hn::LoadU(d, src + i)), d, dst + i);
  if (i < n) {
    HWY_ALIGN L tail[kN] = {};
    for (int64_t j = 0; j < n - i; ++j) tail[j] = src[i + j];
    hn::Store(function(d, hn::Load(d, tail)), d, tail);
    for (int64_t j = 0; j < n - i; ++j) dst[i + j] = tail[j];
  }
}

// Copies, with NaNs made equal.
template <class L>
HWY_NOINLINE void Prepare(const Order<L>& order, const L* src, L* dst, int64_t n) {
  if (order.real)
    Map(src, dst, n, [&](auto d, auto v) HWY_ATTR { return Tidy(d, order, v); });
  else if (src != dst)
    memcpy(dst, src, static_cast<size_t>(n) * sizeof(L));
}

#if HWY_TARGET > HWY_AVX3
// The doubles of a leaf as doubles: NaN as +inf, and both put back after.
[[maybe_unused]] HWY_NOINLINE void SortDoubles(const Order<int64_t>& order, const int64_t* src, int64_t* dst,
                                               int64_t n) {
  const hn::ScalableTag<int64_t> d;
  const auto flip = hn::Set(d, order.flip), max = hn::Set(d, kMax<int64_t>), inf = hn::Set(d, kInf<int64_t>);
  const auto min = hn::Set(d, kMin<int64_t>);
  auto nans = hn::Zero(d), minus = hn::Zero(d);  // counted as -1 each
  Map(src, dst, n, [&](auto, auto v) HWY_ATTR {
    const auto u = hn::Xor(v, flip);
    const auto nan = hn::Gt(hn::And(u, max), inf);
    nans = hn::Add(nans, hn::VecFromMask(d, nan));
    minus = hn::Add(minus, hn::VecFromMask(d, hn::Eq(u, min)));
    return hn::IfThenElse(nan, inf, u);
  });
  // Map pads the last vector with zero elements: counted as minus zeros if they flip to it.
  const int64_t pad =
      (order.flip == kMin<int64_t>) ? (HWY_LANES(int64_t) - n % HWY_LANES(int64_t)) % HWY_LANES(int64_t) : 0;
  const int64_t nan_count = -hn::GetLane(hn::SumOfLanes(d, nans));
  const int64_t minus_count = -hn::GetLane(hn::SumOfLanes(d, minus)) - pad;
  SortKeys(reinterpret_cast<double*>(dst), n);
  if (minus_count > 0) {
    int64_t lo = 0, hi = n;  // the first zero: below it u has its sign bit and something else
    while (lo < hi) {
      const int64_t mid = lo + (hi - lo) / 2;
      if (dst[mid] < 0 && dst[mid] != kMin<int64_t>)
        lo = mid + 1;
      else
        hi = mid;
    }
    for (int64_t i = lo; i < n && (dst[i] & kMax<int64_t>) == 0; ++i) dst[i] = i - lo < minus_count ? kMin<int64_t> : 0;
  }
  for (int64_t i = n - nan_count; i < n; ++i) dst[i] = kNan<int64_t>;
  if (order.flip != 0) Map(dst, dst, n, [&](auto, auto u) HWY_ATTR { return hn::Xor(u, flip); });
}
#endif

template <class L>
HWY_NOINLINE void SortLeaf(const Order<L>& order, const L* src, L* dst, int64_t n) {
#if HWY_TARGET > HWY_AVX3
  if constexpr (sizeof(L) == 8) {
    if (order.real) return SortDoubles(order, src, dst, n);
  }
#endif
  const hn::ScalableTag<L> d;
  const auto flip = hn::Set(d, order.flip);
  if (order.real)
    Map(src, dst, n, [&](auto, auto v) HWY_ATTR { return Fold(d, hn::Xor(Tidy(d, order, v), flip)); });
  else if (order.flip != 0)
    Map(src, dst, n, [&](auto, auto v) HWY_ATTR { return hn::Xor(v, flip); });
  else if (src != dst)
    memcpy(dst, src, static_cast<size_t>(n) * sizeof(L));
  SortKeys(dst, n);
  if (order.real)
    Map(dst, dst, n, [&](auto, auto k) HWY_ATTR { return hn::Xor(Fold(d, k), flip); });
  else if (order.flip != 0)
    Map(dst, dst, n, [&](auto, auto k) HWY_ATTR { return hn::Xor(k, flip); });
}

}  // namespace
}  // namespace offloop::OFFLOOP_ISA
