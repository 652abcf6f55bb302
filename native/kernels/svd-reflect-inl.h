// Householder reflections: a matrix made triangular or bidiagonal.
//
// Matrices that are reduced lie column by column here. Both reductions wait for memory: a column's reflection needs a
// product of all that is left with a vector. For the bidiagonal form that are two, of the rows and of the columns, and
// the second vector depends on the first product; but only entry by entry but for a factor, so that both are taken
// while a few columns are in the cache (Howell et al., ACM Trans. Math. Softw. 34, 2008). What panels of kPanel columns
// and rows change in the rest is one product of matrices (Dongarra, Hammarling & Sorensen, 1989).
#pragma once

#include "kernels/reflect-inl.h"
#include "kernels/svd-merge-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace svd_reflect {

namespace hn = hwy::HWY_NAMESPACE;
using reflect::Dots;
using reflect::kLanes;
using reflect::kLine;
using reflect::Reflection;
using reflect::Tag;
using svd_merge::Arena;

constexpr int64_t kPanel = 16;          // columns of a panel
constexpr int64_t kTerms = 2 * kPanel;  // vectors that a panel of the bidiagonal form waits to subtract
constexpr int64_t kRows = 256;          // of the vectors that are combined at once
constexpr int64_t kWide = 256;          // columns of a group, at most
constexpr int64_t kGroup = 48 * 1024;   // elements of a group
constexpr int64_t kChunk = 1024;        // rows of a grain of a triangular panel
// Nothing is left to reflect where that vanishes beside entries of about 1: squares that underflow would give no
// reflection.
template <class T>
HWY_INLINE reflect::Reflection Reflect(double alpha, double rest) {
  if (!(rest > (sizeof(T) == 8 ? 1e-250 : 1e-30))) return {alpha, 0, 0};
  return reflect::Of(alpha, rest);
}

// to += Σ by[t] · rows[t] over [0, length), whole cache lines, for `count` rows. Asks the memory for as many further
// rows at `next`, if that is not null.
template <class T>
HWY_NOINLINE void Combine(const T* rows, int64_t pitch, int64_t count, const T* by, int64_t length, T* to,
                          const T* next = nullptr) {
  const Tag<T> d;
  constexpr int64_t lanes = kLanes<T>;
  for (int64_t t = 0; t < count; t += 4) {
    const bool has1 = t + 1 < count, has2 = t + 2 < count, has3 = t + 3 < count;
    const T* row = rows + t * pitch;
    const int64_t s1 = has1 ? pitch : 0, s2 = has2 ? 2 * pitch : 0, s3 = has3 ? 3 * pitch : 0;
    const auto c0 = hn::Set(d, by[t]), c1 = hn::Set(d, has1 ? by[t + 1] : T{0});
    const auto c2 = hn::Set(d, has2 ? by[t + 2] : T{0}), c3 = hn::Set(d, has3 ? by[t + 3] : T{0});
    for (int64_t i = 0; i < length; i += kLine<T>) {
      if (next != nullptr) {
        const T* ask = next + t * pitch + i;
        __builtin_prefetch(ask, 0, 2);
        __builtin_prefetch(ask + s1, 0, 2);
        __builtin_prefetch(ask + s2, 0, 2);
        __builtin_prefetch(ask + s3, 0, 2);
      }
      for (int64_t l = i; l < i + kLine<T>; l += lanes) {
        auto sum = hn::MulAdd(hn::LoadU(d, row + l), c0, hn::LoadU(d, to + l));
        sum = hn::MulAdd(hn::LoadU(d, row + s1 + l), c1, sum);
        auto other = hn::Mul(hn::LoadU(d, row + s2 + l), c2);
        other = hn::MulAdd(hn::LoadU(d, row + s3 + l), c3, other);
        hn::StoreU(hn::Add(sum, other), d, to + l);
      }
    }
  }
}

// ---- The triangular form ----

// A of m × n, m >= n, column by column, becomes its reflections; R goes to `r`, column by column, with zeros below.
template <class T>
__attribute__((cold)) HWY_NOINLINE bool Triangle(Job& job, Arena& arena, reflect::Blocks<T>& blocks, T* a, int64_t m,
                                                 int64_t n, int64_t pitch, T* tau, T* r, int64_t r_pitch) {
  constexpr int64_t kWidth = 32;
  const int64_t padded = (m + kLine<T> - 1) / kLine<T> * kLine<T>, chunks = (m + kChunk - 1) / kChunk;
  T* partial = arena.Take<T>((chunks + 1) * kWidth);
  T* diagonal = arena.Take<T>(n);
  T* panel = arena.Take<T>(kWidth * pitch);
  if (partial == nullptr || diagonal == nullptr || panel == nullptr) return false;
  for (int64_t k0 = 0; k0 < n; k0 += kWidth) {
    const int64_t width = n - k0 < kWidth ? n - k0 : kWidth, start = k0 / kLine<T> * kLine<T>;
    const int64_t grains = (padded - start + kChunk - 1) / kChunk;
    T scale[kWidth] = {};  // what the last column's reflection is taken off with, negated
    double inverse = 0;
    for (int64_t j = 0; j <= width; ++j) {
      const int64_t k = k0 + j;
      // The reflection of column k − 1 meets what is right of it, and column k the columns from itself on.
      const auto step = [&](int64_t begin, int64_t end) __attribute__((noinline)) {
        const Tag<T> d;
        for (int64_t g = begin; g < end; ++g) {
          const int64_t from = start + g * kChunk, to = from + kChunk < padded ? from + kChunk : padded;
          alignas(64) T x[kChunk];
          if (j > 0) {
            T* column = a + (k - 1) * pitch;
            const auto by = hn::Set(d, static_cast<T>(inverse));
            for (int64_t i = from; i < to; i += kLanes<T>)
              hn::StoreU(hn::Mul(hn::LoadU(d, column + i), by), d, x + i - from);
            for (int64_t i = from; i < k && i < to; ++i) x[i - from] = i == k - 1 ? 1 : 0;
            for (int64_t i = from > k ? from : k; i < to; ++i) column[i] = x[i - from];
            __builtin_memcpy(panel + (j - 1) * pitch + from, x, static_cast<size_t>(to - from) * sizeof(T));
            for (int64_t c = j; c < width; ++c) Combine<T>(x, 0, 1, scale + c, to - from, a + (k0 + c) * pitch + from);
          }
          if (j == width) continue;
          __builtin_memcpy(x, a + k * pitch + from, static_cast<size_t>(to - from) * sizeof(T));
          for (int64_t i = from; i <= k && i < to; ++i) x[i - from] = 0;
          for (int64_t c = j; c < width; ++c) partial[g * kWidth + c] = 0;
          Dots<T>(a + k * pitch + from, pitch, width - j, x, to - from, partial + g * kWidth + j);
        }
      };
      if (!job.For(grains, 1, step)) return false;
      if (j == width) break;
      double sums[kWidth] = {};
      for (int64_t g = 0; g < grains; ++g)
        for (int64_t c = j; c < width; ++c) sums[c] += static_cast<double>(partial[g * kWidth + c]);
      const Reflection found = Reflect<T>(static_cast<double>(a[k * pitch + k]), sums[j]);
      diagonal[k] = static_cast<T>(found.beta);
      tau[k] = static_cast<T>(found.tau);
      inverse = found.inverse;
      for (int64_t c = j + 1; c < width; ++c)
        scale[c] = static_cast<T>(-found.tau * (static_cast<double>(a[(k0 + c) * pitch + k]) + inverse * sums[c]));
    }
    const int64_t next = k0 + width;
    if (next < n &&
        !blocks.ToRows(panel + k0, pitch, width, m - k0, tau + k0, false, a + next * pitch + k0, n - next, pitch))
      return false;
  }
  return job.For(n, 16, [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; ++k) {
      T *from = a + k * pitch, *to = r + k * r_pitch;
      for (int64_t i = 0; i < r_pitch; ++i) to[i] = i < k ? from[i] : i == k ? diagonal[k] : T{0};
      for (int64_t i = 0; i <= k; ++i) from[i] = i == k ? 1 : 0;
    }
  });
}

// ---- The bidiagonal form ----

// A = Q·B·Pᵀ for A of m × n, m >= n, column by column: its columns become the reflections of Q.
template <class T>
struct Bidiagonal {
  Job& job;
  Arena& arena;
  gemm::Memory<gemm::Real<T>>& memory;
  int64_t m, n;
  T* a;
  int64_t pitch;         // of columns, and of what is as long
  T* across;             // reflections of P
  int64_t across_pitch;  // of rows
  T *tau_left, *tau_right;
  double *diagonal, *off;

  // A less Σ tall[t]·flat[t]ᵀ is what A would be now: in turn a column's reflection and what it takes off, and what a
  // row's takes off and its reflection.
  T *tall = nullptr, *flat = nullptr;
  T *partial = nullptr, *sums = nullptr;
  T by_column[kTerms] = {}, at_row[kTerms] = {};
  T by_row[kTerms] = {}, at_column[kTerms] = {};

  struct Grid {
    int64_t count, width;
  };
  HWY_INLINE Grid GridOf(int64_t rows, int64_t columns) const {
    const int64_t elements = rows * columns;
    int64_t count = elements / kGroup;
    if (count > 64) count = elements / (4 * kGroup) > 64 ? elements / (4 * kGroup) : 64;
    const int64_t least = (columns + kWide - 1) / kWide;
    if (count < least) count = least;
    int64_t width = (columns + count - 1) / count;
    width = (width + 3) / 4 * 4;
    return {(columns + width - 1) / width, width};
  }

  HWY_INLINE bool Allocate() {
    int64_t most = 1;
    for (int64_t k = 0; k + 1 < n; k += 1) {
      const int64_t count = GridOf(m - k, n - k - 1).count;
      if (count > most) most = count;
    }
    tall = arena.Take<T>(kTerms * pitch);
    flat = arena.Take<T>(kTerms * across_pitch + kWide + kLine<T>);
    partial = arena.Take<T>(most * pitch);
    sums = arena.Take<T>(most * (kTerms + 1));
    if (tall == nullptr || flat == nullptr || partial == nullptr || sums == nullptr) return false;
    __builtin_memset(tall, 0, static_cast<size_t>(kTerms * pitch) * sizeof(T));
    __builtin_memset(flat, 0, static_cast<size_t>(kTerms * across_pitch + kWide + kLine<T>) * sizeof(T));
    return true;
  }

  // What the groups of the pass over row k found: its reflection, and how much of each vector it takes off.
  __attribute__((cold)) HWY_NOINLINE void EndRow(int64_t k, int64_t terms, const Grid& grid) {
    T* row = flat + (terms + 1) * across_pitch;  // not yet a reflection
    double total[kTerms + 1] = {};
    for (int64_t g = 0; g < grid.count; ++g)
      for (int64_t t = 0; t < kTerms + 1; ++t) total[t] += static_cast<double>(sums[g * (kTerms + 1) + t]);
    const Reflection found = Reflect<T>(static_cast<double>(row[k + 1]), total[kTerms]);
    off[k] = found.beta;
    tau_right[k] = static_cast<T>(found.tau);
    const double scale = found.tau * found.inverse;
    for (int64_t t = 0; t <= terms; ++t)
      by_row[t] =
          static_cast<T>(-scale * (total[t] - found.beta * static_cast<double>(flat[t * across_pitch + k + 1])));
    T* to = across + k * across_pitch;
    const T by = static_cast<T>(found.inverse);
    for (int64_t c = 0; c <= k; ++c) to[c] = 0;
    for (int64_t c = k + 1; c < n; ++c) to[c] = row[c] = row[c] * by;
    to[k + 1] = row[k + 1] = 1;
    beta = found.beta, weight = scale;
  }
  double beta = 0, weight = 0;

  // Ends row k − 1, whose vector is the last of `terms` ones, where `pending`; begins column k where `column`.
  HWY_NOINLINE void Column(int64_t k, int64_t terms, bool pending, bool column, const Grid& before) {
    const Tag<T> d;
    const int64_t ready = pending ? terms - 1 : terms;
    const int64_t start = k / kLine<T> * kLine<T>, padded = (m + kLine<T> - 1) / kLine<T> * kLine<T>;
    if (pending) EndRow(k - 1, terms - 2, before);
    for (int64_t t = 0; t < terms && column; ++t) at_column[t] = -flat[t * across_pitch + k];
    T* made = tall + ready * pitch;
    T* found = tall + terms * pitch;
    T dots[kTerms + 1] = {};
    double alpha = 0;
    for (int64_t from = start; from < padded; from += kRows) {
      const int64_t length = padded - from < kRows ? padded - from : kRows;
      const T* source = a + k * pitch + from;
      alignas(64) T x[kRows];
      if (pending) {
        const auto by = hn::Set(d, static_cast<T>(weight)), less = hn::Set(d, static_cast<T>(-weight * beta));
        for (int64_t i = 0; i < length; i += kLanes<T>) {
          auto sum = hn::LoadU(d, partial + from + i);
          for (int64_t g = 1; g < before.count; ++g) sum = hn::Add(sum, hn::LoadU(d, partial + g * pitch + from + i));
          hn::Store(hn::MulAdd(by, sum, hn::Mul(less, hn::LoadU(d, source + i))), d, x + i);
        }
        Combine<T>(tall + from, pitch, ready, by_row, length, x);
        __builtin_memcpy(made + from, x, static_cast<size_t>(length) * sizeof(T));
      }
      if (!column) continue;
      __builtin_memcpy(x, source, static_cast<size_t>(length) * sizeof(T));
      Combine<T>(tall + from, pitch, terms, at_column, length, x);
      if (from <= k && k < from + length) alpha = static_cast<double>(x[k - from]);
      for (int64_t i = 0; from + i <= k && i < length; ++i) x[i] = 0;
      __builtin_memcpy(found + from, x, static_cast<size_t>(length) * sizeof(T));
      Dots<T>(tall + from, pitch, terms + 1, x, length, dots);
    }
    if (!column) return;
    const Reflection made_of = Reflect<T>(alpha, static_cast<double>(dots[terms]));
    diagonal[k] = made_of.beta;
    tau_left[k] = static_cast<T>(made_of.tau);
    const auto by = hn::Set(d, static_cast<T>(made_of.inverse));
    T* column_k = a + k * pitch;
    for (int64_t i = start; i < padded; i += kLanes<T>) hn::StoreU(hn::Mul(hn::LoadU(d, found + i), by), d, found + i);
    found[k] = 1;
    __builtin_memcpy(column_k + start, found + start, static_cast<size_t>(padded - start) * sizeof(T));
    for (int64_t i = 0; i < start; ++i) column_k[i] = 0;
    for (int64_t t = 0; t < terms; ++t) {
      at_row[t] = tall[t * pitch + k];
      by_column[t] = static_cast<T>(made_of.inverse * static_cast<double>(dots[t]) + static_cast<double>(at_row[t]));
    }
  }

  // Group g of the columns right of k: what column k's reflection takes off them, row k then, and the products of both.
  HWY_NOINLINE void Pass(int64_t k, int64_t terms, const Grid& grid, int64_t g) {
    const int64_t c0 = k + 1 + g * grid.width, c1 = c0 + grid.width < n ? c0 + grid.width : n, width = c1 - c0;
    const int64_t whole = (width + kLine<T> - 1) / kLine<T> * kLine<T>;
    const int64_t start = k / kLine<T> * kLine<T>, padded = (m + kLine<T> - 1) / kLine<T> * kLine<T>;
    const T* u = tall + terms * pitch + start;
    const T tau = tau_left[k];
    alignas(64) T taken[kWide + kLine<T>] = {}, row[kWide + kLine<T>] = {}, dots[4];
    Combine<T>(flat + c0, across_pitch, terms, by_column, whole, taken);
    Combine<T>(flat + c0, across_pitch, terms, at_row, whole, row);
    T* products = partial + g * pitch + start;
    __builtin_memset(products, 0, static_cast<size_t>(padded - start) * sizeof(T));
    for (int64_t c = c0; c < c1; c += 4) {
      const int64_t few = c1 - c < 4 ? c1 - c : 4, at = c - c0;
      const T* columns = a + c * pitch + start;
      dots[0] = dots[1] = dots[2] = dots[3] = 0;
      Dots<T>(columns, pitch, few, u, padded - start, dots);
      for (int64_t e = 0; e < few; ++e) {
        taken[at + e] = tau * (dots[e] - taken[at + e]);
        row[at + e] = columns[e * pitch + k - start] - row[at + e] - taken[at + e];
      }
      Combine<T>(columns, pitch, few, row + at, padded - start, products, c + 8 <= c1 ? columns + 4 * pitch : nullptr);
    }
    for (int64_t i = width; i < whole; ++i) taken[i] = row[i] = 0;
    T* to = flat + terms * across_pitch + c0;
    T* found = sums + g * (kTerms + 1);
    for (int64_t t = 0; t <= kTerms; ++t) found[t] = 0;
    Dots<T>(flat + c0, across_pitch, terms, row, whole, found);
    Dots<T>(taken, 0, 1, row, whole, found + terms);
    __builtin_memcpy(to, taken, static_cast<size_t>(width) * sizeof(T));
    __builtin_memcpy(to + across_pitch, row, static_cast<size_t>(width) * sizeof(T));
    if (g == 0) row[0] = 0;
    Dots<T>(row, 0, 1, row, whole, found + kTerms);
  }

  __attribute__((cold)) HWY_NOINLINE bool Run() {
    for (int64_t k0 = 0; k0 < n; k0 += kPanel) {
      const int64_t width = n - k0 < kPanel ? n - k0 : kPanel;
      Grid grid{0, 1};
      for (int64_t j = 0; j < width; ++j) {
        const int64_t k = k0 + j;
        if (!job.Serial([&] { Column(k, 2 * j, j > 0, true, grid); })) return false;
        if (k + 1 == n) return true;
        grid = GridOf(m - k, n - k - 1);
        const auto pass = [&](int64_t begin, int64_t end) {
          for (int64_t g = begin; g < end; ++g) Pass(k, 2 * j, grid, g);
        };
        if (!job.For(grid.count, 1, pass)) return false;
      }
      const int64_t next = k0 + width;
      if (!job.Serial([&] { Column(next, 2 * width, true, false, grid); })) return false;
      if (!reflect::Product<T>(job, memory, n - next, m - next, 2 * width, T{-1}, {flat + next, 1, across_pitch},
                               {tall + next, pitch, 1}, T{1}, a + next * pitch + next, pitch))
        return false;
    }
    return true;
  }
};

}  // namespace svd_reflect
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
