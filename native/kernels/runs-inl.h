// Running totals within short runs of an array, eight runs abreast.
//
// A running total is a chain: each step waits for the last. Eight runs side by side are eight chains, four to a
// vector: columns of four runs are gathered by transposing pairs, and put back the same way. What is computed is
// what a plain loop over each run computes, bit for bit.
#pragma once

#include "core/job.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace runs {

constexpr int64_t kAbreast = 8, kRun = 64, kTile = kAbreast * kRun;

template <class T>
struct Vector {
  typedef T Pair __attribute__((vector_size(16)));
  typedef T Quad __attribute__((vector_size(32)));
};
template <class T>
using Pair = typename Vector<T>::Pair;
template <class T>
using Quad = typename Vector<T>::Quad;

template <class T>
OFFLOOP_INLINE void Fill(T value, Quad<T>& all) {
  all = Quad<T>{value, value, value, value};
}

// Elements 0 and 1 of four runs that are `run` elements apart.
template <class T>
OFFLOOP_INLINE void LoadColumns(const T* x, int64_t run, Quad<T>& first, Quad<T>& second) {
  Pair<T> a, b, c, d;
  __builtin_memcpy(&a, x, sizeof a);
  __builtin_memcpy(&b, x + run, sizeof b);
  __builtin_memcpy(&c, x + 2 * run, sizeof c);
  __builtin_memcpy(&d, x + 3 * run, sizeof d);
  const Quad<T> even = __builtin_shufflevector(a, c, 0, 1, 2, 3), odd = __builtin_shufflevector(b, d, 0, 1, 2, 3);
  first = __builtin_shufflevector(even, odd, 0, 4, 2, 6);
  second = __builtin_shufflevector(even, odd, 1, 5, 3, 7);
}
template <class T>
OFFLOOP_INLINE void StoreColumns(const Quad<T>& first, const Quad<T>& second, T* x, int64_t run) {
  const Quad<T> even = __builtin_shufflevector(first, second, 0, 4, 2, 6);
  const Quad<T> odd = __builtin_shufflevector(first, second, 1, 5, 3, 7);
  __builtin_memcpy(x, &even, sizeof(Pair<T>));
  __builtin_memcpy(x + run, &odd, sizeof(Pair<T>));
  const Pair<T> c = __builtin_shufflevector(even, even, 2, 3), d = __builtin_shufflevector(odd, odd, 2, 3);
  __builtin_memcpy(x + 2 * run, &c, sizeof c);
  __builtin_memcpy(x + 3 * run, &d, sizeof d);
}
// One element of each.
template <class T>
OFFLOOP_INLINE void LoadColumn(const T* x, int64_t run, Quad<T>& column) {
  column = Quad<T>{x[0], x[run], x[2 * run], x[3 * run]};
}
template <class T>
OFFLOOP_INLINE void StoreColumn(const Quad<T>& column, T* x, int64_t run) {
  for (int64_t i = 0; i < 4; ++i) x[i * run] = column[i];
}

// Eight runs at once are no pattern that a processor's prefetcher follows, and none of them looks beyond a page of 4
// KB: asks for two of the lines at `ahead`, where a tile that comes later lies. It may be beyond the end.
OFFLOOP_INLINE void Ask(const char* ahead, int64_t i) {
  __builtin_prefetch(ahead + i * 64);
  __builtin_prefetch(ahead + i * 64 + 64);
}
// Where the tile after next is, for one of `tile` elements at `at`.
OFFLOOP_INLINE const char* Later(const void* x, Dtype dtype, int64_t at, int64_t tile) {
  const int64_t width = dtype == Dtype::kF32 || dtype == Dtype::kI32 || dtype == Dtype::kU32 ? 4 : 8;
  return static_cast<const char*>(x) + (at + 2 * tile) * width;
}

struct Add {
  template <class T>
  static constexpr T kNone = static_cast<T>(-0.0);  // -0 + x is x, -0 included
  template <class V>
  static OFFLOOP_INLINE void Join(const V& a, const V& b, V& to) {
    to = a + b;
  }
  template <class T>
  static OFFLOOP_INLINE T Join1(T a, T b) {
    return a + b;
  }
};

// Math.max and Math.min: NaN if either is, and +0 above -0. In any order the same.
template <bool kMax>
struct Extreme {
  typedef int64_t Bits __attribute__((vector_size(32)));
  template <class T>
  static constexpr T kNone = kMax ? -__builtin_inf() : __builtin_inf();
  static OFFLOOP_INLINE void Join(const Quad<double>& a, const Quad<double>& b, Quad<double>& to) {
    // One instruction each on x86: the second operand where they are equal or unordered. The two differ at most in the
    // sign of zero, and where there is NaN.
    const Bits one = (Bits)((kMax ? a > b : a < b) ? a : b), other = (Bits)((kMax ? b > a : b < a) ? b : a);
    const Bits unordered = (Bits)(a != a) | (Bits)(b != b);
    to = (Quad<double>)((kMax ? one & other : one | other) | unordered);
  }
  static OFFLOOP_INLINE double Join1(double a, double b) {
    if (a != a) return a;
    if (a == b) return (__builtin_signbit(a) != 0) == kMax ? b : a;
    return (kMax ? a > b : a < b) ? a : b;
  }
};
using Max = Extreme<true>;
using Min = Extreme<false>;

struct Nothing {
  OFFLOOP_INLINE void operator()(int64_t) {}
};

// Four columns of four runs.
template <class T>
OFFLOOP_INLINE void StoreFour(const Quad<T>& a, const Quad<T>& b, const Quad<T>& c, const Quad<T>& d, T* to,
                              int64_t run) {
  const Quad<T> ab02 = __builtin_shufflevector(a, b, 0, 4, 2, 6), ab13 = __builtin_shufflevector(a, b, 1, 5, 3, 7);
  const Quad<T> cd02 = __builtin_shufflevector(c, d, 0, 4, 2, 6), cd13 = __builtin_shufflevector(c, d, 1, 5, 3, 7);
  const Quad<T> row0 = __builtin_shufflevector(ab02, cd02, 0, 1, 4, 5);
  const Quad<T> row1 = __builtin_shufflevector(ab13, cd13, 0, 1, 4, 5);
  const Quad<T> row2 = __builtin_shufflevector(ab02, cd02, 2, 3, 6, 7);
  const Quad<T> row3 = __builtin_shufflevector(ab13, cd13, 2, 3, 6, 7);
  __builtin_memcpy(to, &row0, sizeof row0);
  __builtin_memcpy(to + run, &row1, sizeof row1);
  __builtin_memcpy(to + 2 * run, &row2, sizeof row2);
  __builtin_memcpy(to + 3 * run, &row3, sizeof row3);
}

// Four columns of four runs, joined one after the other from `sum` on.
template <class Op, class T, bool kStore>
OFFLOOP_INLINE void Columns(const T* x, int64_t run, Quad<T>& sum, T* to) {
  Quad<T> a, b, c, d;
  LoadColumns(x, run, a, b);
  LoadColumns(x + 2, run, c, d);
  Op::Join(sum, a, a);
  Op::Join(a, b, b);
  Op::Join(b, c, c);
  Op::Join(c, d, d);
  sum = d;
  if constexpr (kStore) StoreFour(a, b, c, d, to, run);
}

// to[i] = x[first of its run] … joined in order … x[i]; total: the last of each run. `to` may be x, or null.
// beside(i): work of another kind, done between the steps at i and i + 4 of all runs.
template <class Op, class T, bool kStore = true, class Beside = Nothing>
__attribute__((noinline)) void Prefix(const T* x, int64_t run, T* to, T* total, const char* ahead, Beside beside = {}) {
  Quad<T> low, high;
  Fill(Op::template kNone<T>, low);
  high = low;
  const int64_t half = 4 * run;
  int64_t i = 0;
  for (; i + 4 <= run; i += 4) {
    Ask(ahead, i);
    Ask(ahead, i + 2);
    Columns<Op, T, kStore>(x + i, run, low, to + i);
    Columns<Op, T, kStore>(x + half + i, run, high, to + half + i);
    beside(i);
  }
  for (; i < run; ++i) {
    Quad<T> a, c;
    LoadColumn(x + i, run, a);
    LoadColumn(x + half + i, run, c);
    Op::Join(low, a, low);
    Op::Join(high, c, high);
    if constexpr (kStore) {
      StoreColumn(low, to + i, run);
      StoreColumn(high, to + half + i, run);
    }
  }
  __builtin_memcpy(total, &low, sizeof low);
  __builtin_memcpy(total + 4, &high, sizeof high);
}

// The same totals alone, of eight runs of kRun elements that are `stride` elements apart; asks for the lines at `ahead`
// bytes further on in each.
template <class Op, class T>
__attribute__((noinline)) void Totals(const T* x, int64_t stride, T* total, int64_t ahead) {
  Quad<T> low, high;
  Fill(Op::template kNone<T>, low);
  high = low;
  for (int64_t i = 0; i < kRun; i += 4) {
    if (i % 8 == 0)
      for (int64_t r = 0; r < kAbreast; ++r)
        __builtin_prefetch(reinterpret_cast<const char*>(x + r * stride + i) + ahead, 0, 2);
    Columns<Op, T, false>(x + i, stride, low, nullptr);
    Columns<Op, T, false>(x + 4 * stride + i, stride, high, nullptr);
  }
  __builtin_memcpy(total, &low, sizeof low);
  __builtin_memcpy(total + 4, &high, sizeof high);
}

// Four columns of four runs, joined from the last to the first, from `sum` on.
template <class Op>
OFFLOOP_INLINE void ColumnsBack(const double* x, int64_t run, Quad<double>& sum, double* to) {
  Quad<double> a, b, c, d;
  LoadColumns(x, run, a, b);
  LoadColumns(x + 2, run, c, d);
  Op::Join(sum, d, d);
  Op::Join(d, c, c);
  Op::Join(c, b, b);
  Op::Join(b, a, a);
  sum = a;
  StoreFour(a, b, c, d, to, run);
}

// to[i] = the rest of its run from its end on: (… x[last] joined with x[last - 1] …) joined with x[i].
template <class Op>
__attribute__((noinline)) void Suffix(const double* x, int64_t run, double* to, const char* ahead) {
  Quad<double> low, high, a, c;
  Fill(Op::template kNone<double>, low);
  high = low;
  const int64_t half = 4 * run;
  int64_t i = run;
  while (i % 4 != 0) {
    --i;
    LoadColumn(x + i, run, a);
    LoadColumn(x + half + i, run, c);
    Op::Join(low, a, low);
    Op::Join(high, c, high);
    StoreColumn(low, to + i, run);
    StoreColumn(high, to + half + i, run);
  }
  while (i > 0) {
    i -= 4;
    Ask(ahead, i);
    Ask(ahead, i + 2);
    ColumnsBack<Op>(x + i, run, low, to + i);
    ColumnsBack<Op>(x + half + i, run, high, to + half + i);
  }
}

}  // namespace runs
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
