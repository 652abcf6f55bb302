// QR of a few columns, each of which lies by itself: rows of so few would leave most lanes of a vector empty.
//
// The rows of R are kept apart, so that the passes over the rest have no special cases. Each takes off what the last
// reflection says, and adds up what the next one needs, and what T does. Columns whose squares are out of range, or
// zeros, are left to householder-inl.h.
#pragma once

#include "kernels/householder-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace householder {

template <class T>
struct Narrow {
  static constexpr int64_t kMost = 8;    // columns
  static constexpr int64_t kRows = 512;  // of a chunk, whose columns stay in the first cache
  static constexpr int64_t kSums = 2 * kMost;
  static constexpr int64_t kOut = 64;  // rows that are written at once

  Job& job;
  int64_t m, n, wide;  // of `wide` columns, the first n become reflections
  int64_t length = m - n, pitch = reflect::PitchOf<T>(m - n), chunks = (m - n + kRows - 1) / kRows;
  bool alone = m * wide * (n + 2) <= kPassed;      // all of it is one grain
  T *below = nullptr, *partial = nullptr;          // column by column; sums of each chunk
  T top[kMost][kMost] = {}, v[kMost][kMost] = {};  // a column's first n rows; a reflection's
  T gram[kMost * kMost] = {}, t[kMost * kMost] = {}, tau[kMost] = {}, y[kMost] = {}, inverse = 0;
  double sums[kSums] = {};

  static HWY_INLINE bool Fits(int64_t m, int64_t n, int64_t wide) { return n > 0 && n <= m && wide <= kMost; }

  HWY_INLINE int64_t Items() const { return alone ? 1 : (n + 3) * chunks; }

  template <class F>
  HWY_INLINE bool Each(F&& fn) {
    const auto some = [&](int64_t begin, int64_t end) {
      for (int64_t chunk = begin; chunk < end; ++chunk) {
        const int64_t from = chunk * kRows;
        fn(chunk, from, from + kRows < length ? kRows : length - from);
      }
    };
    if (!alone) return job.For(chunks, 1 + 16 / wide, some);
    some(0, chunks);
    return true;
  }

  // Columns [to, to + count) are a matrix's: the largest magnitude.
  __attribute__((cold)) HWY_NOINLINE bool Load(const gemm::View<T>& from, int64_t to, int64_t count, double& largest) {
    const gemm::View<T> columns{from.data, from.col_stride, from.row_stride};
    gemm::CopyStrided(columns, count, n, top[to], kMost);
    const auto most = MostBits(top[to], count > 0 ? (count - 1) * kMost + n : 0);
    largest = FromBits<T>(most);
    const bool ran = Each([&](int64_t chunk, int64_t i0, int64_t rows) {
      T* const first = below + to * pitch + i0;
      if (columns.col_stride == 1)
        gemm::CopyDense(columns.At(0, n + i0), count, rows, first, pitch);
      else
        gemm::CopyStrided(columns.At(0, n + i0), count, rows, first, pitch);
      auto own = MostBits(first, 0);
      for (int64_t c = 0; c < count; ++c) {
        const auto bits = MostBits(first + c * pitch, rows);
        own = bits > own ? bits : own;
        if (i0 + rows == length)
          __builtin_memset(first + c * pitch + rows, 0, static_cast<size_t>(pitch - length) * sizeof(T));
      }
      partial[chunk * kSums] = static_cast<T>(FromBits<T>(own));
    });
    for (int64_t chunk = 0; ran && chunk < chunks && Finite(largest); ++chunk)
      if (!(static_cast<double>(partial[chunk * kSums]) <= largest))
        largest = static_cast<double>(partial[chunk * kSums]);
    return ran;
  }

  // One chunk of the pass between reflections j − 1 and j.
  HWY_NOINLINE void Pass(int64_t j, int64_t chunk, int64_t from, int64_t rows) {
    const hn::ScalableTag<T> d;
    constexpr int64_t lanes = kLanes<T>;
    T* const at = below + from;
    T found[kSums] = {};
    const int64_t whole = (rows + lanes - 1) / lanes * lanes;
    if (j > 0) {
      T* const own = at + (j - 1) * pitch;
      const auto by = hn::Set(d, inverse);
      for (int64_t i = 0; i < whole; i += lanes) {
        const auto x = hn::Mul(by, hn::LoadU(d, own + i));
        hn::StoreU(x, d, own + i);
        T* to = at + j * pitch + i;
        for (int64_t c = j; c < wide; ++c, to += pitch)
          hn::StoreU(hn::NegMulAdd(x, hn::Set(d, y[c]), hn::LoadU(d, to)), d, to);
      }
      reflect::Dots(at, pitch, j - 1, own, whole, found + kMost);
    }
    T* const next = at + j * pitch;
    if (j < n)
      reflect::Dots(next, pitch, wide - j, next, whole, found + j);
    else
      for (int64_t c = n; c < wide; ++c) reflect::Dots(at + c * pitch, 0, 1, at + c * pitch, whole, found + c);
    __builtin_memcpy(partial + chunk * kSums, found, sizeof found);
  }

  // Reflection j, from the sums. False if it is not for us.
  __attribute__((cold)) HWY_NOINLINE bool Reflection(int64_t j) {
    for (int64_t s = 0; s < kSums; ++s) {
      sums[s] = 0;
      for (int64_t chunk = 0; chunk < chunks; ++chunk) sums[s] += static_cast<double>(partial[chunk * kSums + s]);
    }
    for (int64_t k = 0; k + 1 < j; ++k) {
      T sum = static_cast<T>(sums[kMost + k]);
      for (int64_t i = j - 1; i < n; ++i) sum += v[k][i] * v[j - 1][i];
      gram[(j - 1) * kMost + k] = sum;
    }
    if (j == n) return true;
    for (int64_t c = j; c < wide; ++c)
      for (int64_t i = j + 1; i < n; ++i) sums[c] += static_cast<double>(top[j][i]) * static_cast<double>(top[c][i]);
    v[j][j] = 1;
    inverse = 0;
    if (j + 1 == m) {
      for (int64_t c = j; c < wide; ++c) y[c] = 0;
      return true;
    }
    if (!(sums[j] >= kLeastSquare<T>)) return false;
    const double alpha = static_cast<double>(top[j][j]), norm = __builtin_sqrt(alpha * alpha + sums[j]);
    // As a number of type T, so that tau and v are those of one reflection.
    const auto beta = static_cast<double>(static_cast<T>(alpha < 0 ? norm : -norm));
    tau[j] = static_cast<T>((beta - alpha) / beta);
    inverse = static_cast<T>(1 / (alpha - beta));
    for (int64_t i = j + 1; i < n; ++i) v[j][i] = top[j][i] * inverse;
    top[j][j] = static_cast<T>(beta);
    for (int64_t c = j + 1; c < wide; ++c) {
      y[c] = tau[j] * (top[c][j] + inverse * static_cast<T>(sums[c]));
      for (int64_t i = j; i < n; ++i) top[c][i] -= y[c] * v[j][i];
    }
    return true;
  }

  // R is the upper triangle of `top` then: column by column. `fits`: false if this is nothing for us.
  __attribute__((cold)) HWY_NOINLINE bool Factor(const gemm::View<T>& a, const gemm::View<T>& b, bool& fits) {
    below = job.Scratch<T>(wide * pitch + chunks * kSums);
    if (below == nullptr) return false;
    partial = below + wide * pitch;
    const auto all = [&] {
      double largest, other;
      fits = false;
      if (!Load(a, 0, n, largest) || !Load(b, n, wide - n, other)) return false;
      if (!(largest <= kLargest<T> && largest >= 1 / kLargest<T>)) return true;
      for (int64_t j = 0; j <= n; ++j) {
        if (!Each([&](int64_t chunk, int64_t from, int64_t rows) { Pass(j, chunk, from, rows); })) return false;
        if (!Reflection(j)) return true;
      }
      reflect::Grow(t, kMost, gram, kMost, tau, 0, n);
      fits = true;
      return true;
    };
    return alone ? job.Serial(all) : all();
  }

  // Rows of −V·by.
  HWY_NOINLINE void Write(const T (&by)[kMost][kMost], int64_t count, T* to, int64_t from, int64_t rows) const {
    const hn::ScalableTag<T> d;
    alignas(64) T out[kMost * kOut];
    for (int64_t i0 = from; i0 < from + rows; i0 += kOut) {
      const int64_t some = from + rows - i0 < kOut ? from + rows - i0 : kOut;
      for (int64_t c = 0; c < count; ++c)
#pragma clang loop unroll(disable)
        for (int64_t i = 0; i < some; i += kLanes<T>) {
          auto value = hn::Zero(d);
#pragma clang loop unroll(disable)
          for (int64_t k = 0; k < n; ++k)
            value = hn::NegMulAdd(hn::Set(d, by[c][k]), hn::LoadU(d, below + k * pitch + i0 + i), value);
          hn::Store(value, d, out + c * kOut + i);
        }
      if (count == 1)
        __builtin_memcpy(to + i0, out, static_cast<size_t>(some) * sizeof(T));
      else
        gemm::CopyStrided(gemm::View<T>{out, 1, kOut}, some, count, to + i0 * count, count);
    }
  }

  // to = Q·(Y, 0), Y in n rows of `count` <= kMost.
  __attribute__((cold)) HWY_NOINLINE bool Apply(const T* given, int64_t count, T* to) {
    // (I − V·T·Vᵀ)·Y: what each reflection takes off.
    T by[kMost][kMost] = {};
    for (int64_t c = 0; c < count; ++c)
      for (int64_t l = 0; l < n; ++l) {
        T along = 0;
        for (int64_t i = l; i < n; ++i) along += v[l][i] * given[i * count + c];
        for (int64_t k = 0; k <= l; ++k) by[c][k] += t[l * kMost + k] * along;
      }
    for (int64_t i = 0; i < n; ++i)
      for (int64_t c = 0; c < count; ++c) {
        T value = given[i * count + c];
        for (int64_t k = 0; k <= i; ++k) value -= v[k][i] * by[c][k];
        to[i * count + c] = value;
      }
    const auto write = [&] {
      return Each([&](int64_t, int64_t from, int64_t rows) { Write(by, count, to + n * count, from, rows); });
    };
    return alone ? job.Serial(write) : write();
  }
};

}  // namespace householder
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
