// Elements as keys: two's complement integers that ascend like the elements, -inf … -0, +0 … +inf, NaN (all alike).
// And the order statistics of a few keys, by one thread.
#pragma once

#include <cstdint>
#include <cstring>

#include "core/job.h"
#include "core/kernel.h"
#include "kernels/simd-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace select {

namespace hn = hwy::HWY_NAMESPACE;

constexpr int64_t kChunk = 256;  // keys at hand, in L1

template <class L>
constexpr L kMin = static_cast<L>(L{1} << (sizeof(L) * 8 - 1));
template <class L>
constexpr L kMax = static_cast<L>(~kMin<L>);
template <class L>
constexpr L kInf = sizeof(L) == 8 ? static_cast<L>(0x7FF0000000000000) : static_cast<L>(0x7F800000);
template <class L>
constexpr L kNan = sizeof(L) == 8 ? static_cast<L>(0x7FF8000000000000) : static_cast<L>(0x7FC00000);

template <class T>
using LaneOf = std::conditional_t<sizeof(T) == 8, int64_t, int32_t>;

// Where keys come from: elements of any type, behind one call per chunk, so that the rest exists once
// for each width of key. load() writes n keys and returns how many are NaN.
template <class L>
struct Source {
  const void* data;
  int64_t size;
  int64_t (*load)(const void* data, int64_t at, int64_t n, L* keys);
  int64_t bytes;  // an element's

  // A chunk that will be loaded soon.
  OFFLOOP_INLINE void Prefetch(int64_t at) const {
    const auto* from = static_cast<const char*>(data) + at * bytes;
    for (int64_t i = 0; i < kChunk * bytes; i += 64) __builtin_prefetch(from + i, 0, 2);
  }
};

template <class L, class T>
OFFLOOP_INLINE L KeyOf(T x) {
  if constexpr (std::is_floating_point_v<T>) {
    L v;
    memcpy(&v, &x, sizeof v);
    return (v & kMax<L>) > kInf<L> ? kNan<L> : static_cast<L>(v ^ ((v >> (sizeof(L) * 8 - 1)) & kMax<L>));
  } else if constexpr (std::is_same_v<T, uint32_t>) {
    return static_cast<L>(x ^ 0x80000000u);
  } else {
    return static_cast<L>(x);
  }
}
template <class T, class L>
OFFLOOP_INLINE T ElementOf(L key) {
  if constexpr (std::is_floating_point_v<T>) {
    const L v = static_cast<L>(key ^ ((key >> (sizeof(L) * 8 - 1)) & kMax<L>));
    T x;
    memcpy(&x, &v, sizeof x);
    return x;
  } else if constexpr (std::is_same_v<T, uint32_t>) {
    return static_cast<uint32_t>(key) ^ 0x80000000u;
  } else {
    return static_cast<T>(key);
  }
}

template <class T>
int64_t LoadElements(const void* data, int64_t at, int64_t n, LaneOf<T>* keys) {
  using L = LaneOf<T>;
  const T* x = static_cast<const T*>(data) + at;
  L nans = 0;
  const auto one = [&](int64_t i) {
    const L key = KeyOf<L>(x[i]);
    if constexpr (std::is_floating_point_v<T>) nans += key == kNan<L>;
    keys[i] = key;
  };
  if (n == kChunk) {
    for (int64_t i = 0; i < kChunk; ++i) one(i);
  } else {
#pragma clang loop vectorize(disable) unroll(disable)
    for (int64_t i = 0; i < n; ++i) one(i);
  }
  return nans;
}

template <class L>
int64_t LoadKeys(const void* data, int64_t at, int64_t n, L* keys) {
  memcpy(keys, static_cast<const L*>(data) + at, static_cast<size_t>(n) * sizeof(L));
  return 0;
}

template <class T>
OFFLOOP_INLINE Source<LaneOf<T>> SourceOf(In<T> x) {
  return {x.data, x.size, &LoadElements<T>, sizeof(T)};
}

// ---- A few keys, by one thread ----

// Moves the keys below the pivot to the front; returns how many there are. No branch depends on a key.
template <class L>
OFFLOOP_INLINE int64_t Partition(L* keys, int64_t n, L pivot) {
  int64_t below = 0;
  for (int64_t i = 0; i < n; ++i) {
    const L key = keys[i];
    keys[i] = keys[below];
    keys[below] = key;
    below += key < pivot;
  }
  return below;
}

template <class L>
OFFLOOP_INLINE L Middle(L a, L b, L c) {
  const L low = a < b ? a : b, high = a < b ? b : a;
  return c < low ? low : c > high ? high : c;
}

// Partitions until keys[ranks[i] - origin] is what sorting would put there; ranks ascend and lie
// within. After `budget` poor pivots the middle between the least and the greatest key is one.
template <class L>
void Arrange(L* keys, int64_t n, int64_t origin, const int64_t* ranks, int64_t count, int budget) {
  while (count > 0) {
    if (n <= 16) {
      for (int64_t i = 1; i < n; ++i) {
        const L key = keys[i];
        int64_t j = i;
        for (; j > 0 && keys[j - 1] > key; --j) keys[j] = keys[j - 1];
        keys[j] = key;
      }
      return;
    }
    L pivot;
    if (budget-- > 0) {
      const int64_t step = (n - 1) / 8;
      const auto at = [&](int64_t i) { return keys[i * step]; };
      pivot = n < 128 ? Middle(keys[0], keys[n / 2], keys[n - 1])
                      : Middle(Middle(at(0), at(3), at(6)), Middle(at(1), at(4), at(7)), Middle(at(2), at(5), at(8)));
    } else {
      L least = keys[0], greatest = keys[0];
      for (int64_t i = 1; i < n; ++i) {
        least = keys[i] < least ? keys[i] : least;
        greatest = keys[i] > greatest ? keys[i] : greatest;
      }
      if (least == greatest) return;
      using U = std::make_unsigned_t<L>;
      const U half = static_cast<U>(static_cast<U>(greatest) - static_cast<U>(least)) / 2;
      pivot = static_cast<L>(static_cast<U>(least) + half + 1);
    }
    int64_t mid = Partition(keys, n, pivot);
    if (mid == 0) {
      // The pivot is the least key: those equal to it are in place.
      mid = pivot == kMax<L> ? n : Partition(keys, n, static_cast<L>(pivot + 1));
      while (count > 0 && *ranks - origin < mid) ++ranks, --count;
    } else {
      int64_t left = 0;
      while (left < count && ranks[left] - origin < mid) ++left;
      if (left == count) {
        n = mid;
        continue;
      }
      if (left > 0) Arrange(keys, mid, origin, ranks, left, budget);
      ranks += left, count -= left;
    }
    keys += mid, n -= mid, origin += mid;
  }
}

OFFLOOP_INLINE int Budget(int64_t n) {
  int budget = 8;
  for (; n > 0; n >>= 1) budget += 2;
  return budget;
}

}  // namespace select
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
