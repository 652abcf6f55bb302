// Householder reflections I − tau · vᵀ·v of rows v, one by one and as blocks I − Wᵀ·T·W of rows W (Schreiber & Van
// Loan, SIAM J. Sci. Stat. Comput. 10, 1989): what every decomposition by reflections stands on.
#pragma once

#include "kernels/gemm-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace reflect {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Tag = hn::ScalableTag<T>;
template <class T>
constexpr int64_t kLanes = HWY_LANES(T);
template <class T>
constexpr int64_t kLine = 64 / static_cast<int64_t>(sizeof(T));
template <class T>
using View = gemm::View<T>;
template <class T>
using Memory = gemm::Memory<gemm::Real<T>>;

// Rows that lie an odd number of cache lines apart do not share the sets of the caches.
template <class T>
HWY_INLINE int64_t PitchOf(int64_t length) {
  return ((length + kLine<T> - 1) / kLine<T> | 1) * kLine<T>;
}

// Gemm, in one copy for all who call it here.
template <class T>
HWY_NOINLINE bool Product(Job& job, Memory<T>& memory, int64_t m, int64_t n, int64_t k, T alpha, const View<T>& a,
                          const View<T>& b, T beta, T* c, int64_t step, bool upper = false) {
  return gemm::Gemm<gemm::Real<T>>(job, m, n, k, alpha, a, b, beta, c, step, upper, gemm::Nothing(), &memory);
}

struct Reflection {
  double beta, tau, inverse;  // v = (x − beta · e) · inverse
};
// What takes a vector with this first entry and this sum of the squares of the rest to (beta, 0, …).
HWY_INLINE Reflection Of(double alpha, double rest) {
  const double norm = __builtin_sqrt(alpha * alpha + rest), beta = alpha > 0 ? -norm : norm;
  return {beta, (beta - alpha) / beta, 1 / (alpha - beta)};
}

// sums[t] += Σ rows[t] · x over [0, length), whole vectors, for `count` rows.
template <class T>
HWY_NOINLINE void Dots(const T* rows, int64_t pitch, int64_t count, const T* x, int64_t length, T* sums) {
  const Tag<T> d;
  constexpr int64_t lanes = kLanes<T>;
  for (int64_t t = 0; t < count; t += 4) {
    const int64_t s1 = t + 1 < count ? pitch : 0, s2 = t + 2 < count ? 2 * pitch : 0,
                  s3 = t + 3 < count ? 3 * pitch : 0;
    const T* row = rows + t * pitch;
    auto a0 = hn::Zero(d), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
    int64_t i = 0;
    for (; i + 2 * lanes <= length; i += 2 * lanes) {
      const auto u = hn::LoadU(d, x + i), v = hn::LoadU(d, x + i + lanes);
      a0 = hn::MulAdd(hn::LoadU(d, row + i), u, a0);
      a1 = hn::MulAdd(hn::LoadU(d, row + s1 + i), u, a1);
      a2 = hn::MulAdd(hn::LoadU(d, row + s2 + i), u, a2);
      a3 = hn::MulAdd(hn::LoadU(d, row + s3 + i), u, a3);
      b0 = hn::MulAdd(hn::LoadU(d, row + i + lanes), v, b0);
      b1 = hn::MulAdd(hn::LoadU(d, row + s1 + i + lanes), v, b1);
      b2 = hn::MulAdd(hn::LoadU(d, row + s2 + i + lanes), v, b2);
      b3 = hn::MulAdd(hn::LoadU(d, row + s3 + i + lanes), v, b3);
    }
    for (; i < length; i += lanes) {
      const auto u = hn::LoadU(d, x + i);
      a0 = hn::MulAdd(hn::LoadU(d, row + i), u, a0);
      a1 = hn::MulAdd(hn::LoadU(d, row + s1 + i), u, a1);
      a2 = hn::MulAdd(hn::LoadU(d, row + s2 + i), u, a2);
      a3 = hn::MulAdd(hn::LoadU(d, row + s3 + i), u, a3);
    }
    sums[t] += hn::GetLane(hn::SumOfLanes(d, hn::Add(a0, b0)));
    if (t + 1 < count) sums[t + 1] += hn::GetLane(hn::SumOfLanes(d, hn::Add(a1, b1)));
    if (t + 2 < count) sums[t + 2] += hn::GetLane(hn::SumOfLanes(d, hn::Add(a2, b2)));
    if (t + 3 < count) sums[t + 3] += hn::GetLane(hn::SumOfLanes(d, hn::Add(a3, b3)));
  }
}

// ---- Blocks ----

// Rows [from, to) of Tᵀ, which grows with the reflections (LAPACK's larft). Row r of `gram` holds the products of
// reflection from + r with those before it, and tau[r] is its own.
template <class T>
HWY_NOINLINE void Grow(T* t, int64_t pitch, const T* gram, int64_t gram_pitch, const T* tau, int64_t from, int64_t to) {
  for (int64_t j = from; j < to; ++j, ++tau, gram += gram_pitch) {
    T* HWY_RESTRICT row = t + j * pitch;
    __builtin_memset(row, 0, static_cast<size_t>(pitch) * sizeof(T));
    for (int64_t l = 0; l < j; ++l) {
      const T by = -*tau * gram[l];
      const T* HWY_RESTRICT before = t + l * pitch;
#pragma clang loop interleave(disable) unroll(disable)
      for (int64_t c = 0; c <= l; ++c) row[c] += by * before[c];
    }
    row[j] = *tau;
  }
}

// C ← C − Wᵀ·T·W·C for `count` rows W of `length`, given both ways; `first` and `second` have count × columns elements.
template <class T>
HWY_NOINLINE bool ToColumns(Job& job, Memory<T>& memory, const View<T>& w, const View<T>& turned, const View<T>& t,
                            int64_t count, int64_t length, T* c, int64_t columns, int64_t step, T* first, T* second) {
  return Product<T>(job, memory, count, columns, length, 1, w, {c, step, 1}, 0, first, columns) &&
         Product<T>(job, memory, count, columns, count, 1, t, {first, columns, 1}, 0, second, columns) &&
         Product<T>(job, memory, length, columns, count, -1, turned, {second, columns, 1}, 1, c, step);
}

constexpr int64_t kBlock = 64;  // reflections that are applied as one

// Reflections of which v is a row: zero before `shift` + its index, 1 there.
template <class T>
struct Set {
  const T* rows;
  const T* tau;
  int64_t pitch, length, count, shift;
};

// What applies a Set, block by block.
template <class T>
struct Blocks {
  Job& job;
  Memory<T>& memory;
  T *gram = nullptr, *factor = nullptr, *first = nullptr, *second = nullptr;

  // Memory for matrices of up to `side` rows or columns.
  HWY_INLINE bool Allocate(int64_t side) {
    if (Few(side, side, side)) return true;
    gram = job.Scratch<T>(2 * kBlock * (kBlock + side));
    factor = gram + kBlock * kBlock, first = factor + kBlock * kBlock, second = first + kBlock * side;
    return gram != nullptr;
  }

  __attribute__((cold)) HWY_NOINLINE bool Factor(const T* w, int64_t pitch, int64_t count, int64_t length,
                                                 const T* tau) {
    return Product<T>(job, memory, count, count, length, 1, {w, pitch, 1}, {w, 1, pitch}, 0, gram, kBlock) &&
           job.Serial([&] { Grow(factor, kBlock, gram, kBlock, tau, 0, count); });
  }

  // Whether reflections are applied one by one.
  static HWY_INLINE bool Few(int64_t length, int64_t count, int64_t others) {
    return length <= 4096 && count <= 4096 && others <= 4096 && length * count * others <= 16 * 16 * 16;
  }

  // The same for few: the vectors that are reflected are `step` apart, their entries `stride`.
  HWY_NOINLINE bool OneByOne(const Set<T>& set, T* c, int64_t vectors, int64_t step, int64_t stride) {
    return job.Serial([&] {
      for (int64_t p = 0; p < vectors; ++p)
        for (int64_t k = set.count - 1; k >= 0; --k) {
          const T* row = set.rows + k * set.pitch;
          T* vector = c + p * step;
          T along = 0;
#pragma clang loop vectorize(disable) unroll(disable)
          for (int64_t i = k + set.shift; i < set.length; ++i) along += row[i] * vector[i * stride];
          along *= set.tau[k];
#pragma clang loop vectorize(disable) unroll(disable)
          for (int64_t i = k + set.shift; i < set.length; ++i) vector[i * stride] -= along * row[i];
        }
    });
  }

  // C ← H₁·H₂·…·C, C having as many rows as reflections have entries.
  __attribute__((cold)) HWY_NOINLINE bool FromLeft(const Set<T>& set, T* c, int64_t columns, int64_t step) {
    if (Few(set.length, set.count, columns)) return OneByOne(set, c, columns, 1, step);
    for (int64_t b = (set.count - 1) / kBlock * kBlock; b >= 0 && set.count > 0; b -= kBlock) {
      const int64_t count = set.count - b < kBlock ? set.count - b : kBlock, from = b + set.shift;
      const int64_t length = set.length - from;
      const T* w = set.rows + b * set.pitch + from;
      if (length <= 0) continue;
      if (!Factor(w, set.pitch, count, length, set.tau + b) ||
          !ToColumns<T>(job, memory, {w, set.pitch, 1}, {w, 1, set.pitch}, {factor, 1, kBlock}, count, length,
                        c + from * step, columns, step, first, second))
        return false;
    }
    return true;
  }

  // One block, to the rows of C: C − C·Wᵀ·T·W, or with `transposed` its transpose Tᵀ.
  __attribute__((cold)) HWY_NOINLINE bool ToRows(const T* w, int64_t pitch, int64_t count, int64_t length, const T* tau,
                                                 bool transposed, T* c, int64_t rows, int64_t step) {
    const View<T> t = transposed ? View<T>{factor, kBlock, 1} : View<T>{factor, 1, kBlock};
    return Factor(w, pitch, count, length, tau) &&
           Product<T>(job, memory, rows, count, length, 1, {c, step, 1}, {w, 1, pitch}, 0, first, kBlock) &&
           Product<T>(job, memory, rows, count, count, 1, {first, kBlock, 1}, t, 0, second, kBlock) &&
           Product<T>(job, memory, rows, length, count, -1, {second, kBlock, 1}, {w, pitch, 1}, 1, c, step);
  }

  // C ← C·(H₁·H₂·…)ᵀ, C having as many columns as reflections have entries.
  __attribute__((cold)) HWY_NOINLINE bool FromRight(const Set<T>& set, T* c, int64_t rows, int64_t step) {
    if (Few(set.length, set.count, rows)) return OneByOne(set, c, rows, step, 1);
    for (int64_t b = (set.count - 1) / kBlock * kBlock; b >= 0 && set.count > 0; b -= kBlock) {
      const int64_t count = set.count - b < kBlock ? set.count - b : kBlock, from = b + set.shift;
      if (set.length - from <= 0) continue;
      if (!ToRows(set.rows + b * set.pitch + from, set.pitch, count, set.length - from, set.tau + b, true, c + from,
                  rows, step))
        return false;
    }
    return true;
  }
};

}  // namespace reflect
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
