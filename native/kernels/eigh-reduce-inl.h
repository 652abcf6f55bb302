// A symmetric matrix to tridiagonal form and back: A = Q·T·Qᵀ, Q a product of reflections.
//
// The reflections of a panel of columns are gathered before the rest of the matrix meets them, in one product of
// matrices (Dongarra, Sorensen & Hammarling, J. Comput. Appl. Math. 27, 1989). What is left of the work, and the slower
// half, is a product of the rest and a vector for each column: it reads one triangle, once, on all threads. Going back,
// blocks of reflections are products too (Schreiber & Van Loan, SIAM J. Sci. Stat. Comput. 10, 1989).
//
// Only the upper triangle is kept up to date; rows are padded with zeros to whole vectors, so that loops have no tails.
#pragma once

#include "kernels/reflect-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace eigh {

namespace hn = hwy::HWY_NAMESPACE;

using reflect::kLanes;
template <class T>
using Lanes = reflect::Tag<T>;

constexpr int64_t kPanel = 32;           // columns of which the rest of the matrix hears at once
constexpr int64_t kAlone = 320;          // columns: a product of fewer is over before another thread has come
constexpr int64_t kPieceArea = 1 << 19;  // elements, at most, of a piece of that product: half a millisecond
constexpr double kSerial = 400e3;  // elements that the body's own thread goes through between two looks for a stop
constexpr int64_t kCopyRows = 16;

HWY_INLINE double Sqrt(double x) {
  const hn::CappedTag<double, 1> one;
  return hn::GetLane(hn::Sqrt(hn::Set(one, x)));
}

// Of rows with a vector to spare.
template <class T>
HWY_INLINE int64_t PitchOf(int64_t n) {
  return reflect::PitchOf<T>(n + kLanes<T>);
}

// to[r] = rows[r * pitch + ·] · x for `count` rows, over whole vectors from `from` to `end`.
template <class T>
HWY_NOINLINE void Dots(const T* rows, int64_t pitch, int64_t count, const T* x, int64_t from, int64_t end, T* to) {
  from -= from % kLanes<T>;
  __builtin_memset(to, 0, static_cast<size_t>(count) * sizeof(T));
  reflect::Dots(rows + from, pitch, count, x + from, end - from, to);
}

// y = scale·(y - Σ by[r]·rows[r * pitch + ·]), over whole vectors from `from` to `end`.
template <class T>
HWY_NOINLINE void Subtract(const T* rows, int64_t pitch, int64_t count, const T* by, T scale, int64_t from, int64_t end,
                           T* y) {
  const Lanes<T> d;
  constexpr int64_t lanes = kLanes<T>;
  const auto times = hn::Set(d, scale);
  int64_t c = from - from % lanes;
  for (; c + 4 * lanes <= end; c += 4 * lanes) {
    auto y0 = hn::LoadU(d, y + c), y1 = hn::LoadU(d, y + c + lanes);
    auto y2 = hn::LoadU(d, y + c + 2 * lanes), y3 = hn::LoadU(d, y + c + 3 * lanes);
    const T* row = rows + c;
    for (int64_t r = 0; r < count; ++r, row += pitch) {
      const auto k = hn::Set(d, by[r]);
      y0 = hn::NegMulAdd(k, hn::LoadU(d, row), y0);
      y1 = hn::NegMulAdd(k, hn::LoadU(d, row + lanes), y1);
      y2 = hn::NegMulAdd(k, hn::LoadU(d, row + 2 * lanes), y2);
      y3 = hn::NegMulAdd(k, hn::LoadU(d, row + 3 * lanes), y3);
    }
    hn::StoreU(hn::Mul(times, y0), d, y + c);
    hn::StoreU(hn::Mul(times, y1), d, y + c + lanes);
    hn::StoreU(hn::Mul(times, y2), d, y + c + 2 * lanes);
    hn::StoreU(hn::Mul(times, y3), d, y + c + 3 * lanes);
  }
  for (; c < end; c += lanes) {
    auto y0 = hn::LoadU(d, y + c);
    for (int64_t r = 0; r < count; ++r) y0 = hn::NegMulAdd(hn::Set(d, by[r]), hn::LoadU(d, rows + r * pitch + c), y0);
    hn::StoreU(hn::Mul(times, y0), d, y + c);
  }
}

// y += A·x for what `count` rows from `i` on, right of the diagonal and on it, say about both.
template <int count, class T>
HWY_INLINE void SymmetricRows(const T* a, int64_t pitch, int64_t i, int64_t end, const T* HWY_RESTRICT x,
                              T* HWY_RESTRICT y) {
  const Lanes<T> d;
  constexpr int64_t lanes = kLanes<T>;
  const T* rows[count];
  hn::Vec<Lanes<T>> by[count], sum[count];
  for (int r = 0; r < count; ++r) {
    rows[r] = a + (i + r) * pitch;
    by[r] = hn::Set(d, x[i + r]);
    sum[r] = hn::Zero(d);
  }
  int64_t c = i - i % lanes;
  for (; c < i + count; c += lanes) {
    const auto v = hn::LoadU(d, x + c);
    auto w = hn::LoadU(d, y + c);
    for (int r = 0; r < count; ++r) {
      const int64_t left = i + r + 1 - c;  // of the row's first element right of the diagonal
      const auto right = hn::Not(hn::FirstN(d, static_cast<size_t>(left < 0 ? 0 : left)));
      const auto element = hn::IfThenElseZero(right, hn::LoadU(d, rows[r] + c));
      sum[r] = hn::MulAdd(element, v, sum[r]);
      w = hn::MulAdd(element, by[r], w);
    }
    hn::StoreU(w, d, y + c);
  }
  for (; c < end; c += lanes) {
    const auto v = hn::LoadU(d, x + c);
    auto w = hn::LoadU(d, y + c);
    for (int r = 0; r < count; ++r) {
      const auto element = hn::LoadU(d, rows[r] + c);
      sum[r] = hn::MulAdd(element, v, sum[r]);
      w = hn::MulAdd(element, by[r], w);
    }
    hn::StoreU(w, d, y + c);
  }
  for (int r = 0; r < count; ++r) y[i + r] += rows[r][i + r] * x[i + r] + hn::GetLane(hn::SumOfLanes(d, sum[r]));
}

// The matrix, its reflections and its tridiagonal form.
template <class T>
struct Tridiagonal {
  using View = gemm::View<T>;
  static constexpr T kTiny = sizeof(T) == 8 ? static_cast<T>(1e-280) : static_cast<T>(1e-30);  // a square, beside 1

  Job& job;
  int64_t n, pitch;
  reflect::Memory<T>& memory;
  T* a = nullptr;  // n rows; once reduced, row j holds the j-th reflection's vector from j + 1 on, zeros before
  double *d = nullptr, *e = nullptr;
  T* tau = nullptr;
  T *first = nullptr, *second = nullptr;  // of a panel: v0 w0 v1 w1 …, and w0 v0 w1 v1 …
  T *parts = nullptr, *sums = nullptr;    // what pieces of the product add up; as many numbers as a panel has rows

  static HWY_INLINE int64_t Pieces(int64_t left) {
    const int64_t few = left / 128 < 1 ? 1 : left / 128 < 8 ? left / 128 : 8, many = left * left / 2 / kPieceArea + 1;
    return few > many ? few : many;
  }

  bool Reserve() {
    const int64_t pieces = Pieces(n), few = 4 * kPanel;
    a = job.Scratch<T>((n + 4 * kPanel + pieces + 1) * pitch + few);
    d = job.Scratch<double>(2 * n);
    if (a == nullptr || d == nullptr) return false;
    e = d + n;
    first = a + n * pitch;
    parts = first + 4 * kPanel * pitch;
    tau = parts + pieces * pitch;
    sums = tau + pitch;
    second = first + 2 * kPanel * pitch;
    return true;
  }

  HWY_INLINE T* V(int64_t p) const { return first + 2 * p * pitch; }
  HWY_INLINE T* W(int64_t p) const { return first + (2 * p + 1) * pitch; }

  // Brings row j up to date, and makes a reflection of what is right of the diagonal.
  HWY_NOINLINE void Begin(int64_t j, int64_t p) const {
    T* row = a + j * pitch;
    if (p > 0) {
      for (int64_t r = 0; r < 2 * p; ++r) sums[r] = second[r * pitch + j];
      Subtract(first, pitch, 2 * p, sums, T{1}, j, pitch, row);
    }
    d[j] = static_cast<double>(row[j]);
    T* v = V(p);
    __builtin_memset(v, 0, static_cast<size_t>(2 * pitch) * sizeof(T));
    tau[j] = 0;
    if (j + 1 < n) {
      const T alpha = row[j + 1];
      __builtin_memset(row, 0, static_cast<size_t>(j + 2) * sizeof(T));
      T rest = 0, by = 0;
      Dots(row, pitch, 1, row, j + 1, pitch, &rest);
      e[j] = static_cast<double>(alpha);
      if (rest > kTiny) {
        const double whole = static_cast<double>(alpha) * static_cast<double>(alpha) + static_cast<double>(rest);
        const double norm = Sqrt(whole), beta = alpha < 0 ? norm : -norm;
        e[j] = beta;
        tau[j] = static_cast<T>((beta - static_cast<double>(alpha)) / beta);
        by = static_cast<T>(1 / (static_cast<double>(alpha) - beta));
      }
      Subtract(row, pitch, 0, sums, by, j + 1, pitch, row);
      row[j + 1] = 1;
      if (tau[j] != 0) __builtin_memcpy(v + j + 1, row + j + 1, static_cast<size_t>(n - j - 1) * sizeof(T));
    } else {
      __builtin_memset(row, 0, static_cast<size_t>(n) * sizeof(T));
    }
    __builtin_memcpy(second + (2 * p + 1) * pitch, v, static_cast<size_t>(pitch) * sizeof(T));
  }

  // The first row of a piece: all of about the same area.
  HWY_INLINE int64_t Row(int64_t left, int64_t piece, int64_t pieces) const {
    if (piece == 0) return n - left;
    const double share = 1 - static_cast<double>(piece) / static_cast<double>(pieces);
    const int64_t row = n - static_cast<int64_t>(static_cast<double>(left) * Sqrt(share));
    return piece == pieces ? n : row - row % 4;
  }

  HWY_NOINLINE void Multiply(int64_t j, int64_t p, int64_t piece) const {
    const int64_t left = n - j - 1, pieces = Pieces(left);
    int64_t i = Row(left, piece, pieces);
    const int64_t end = Row(left, piece + 1, pieces);
    T* y = parts + piece * pitch;
    const int64_t from = i - i % kLanes<T>;
    __builtin_memset(y + from, 0, static_cast<size_t>(pitch - from) * sizeof(T));
    while (i < end) {
      if (i % 4 == 0 && i + 4 <= end) {
        SymmetricRows<4>(a, pitch, i, pitch, V(p), y);
        i += 4;
      } else {
        SymmetricRows<1>(a, pitch, i, pitch, V(p), y);
        ++i;
      }
    }
  }

  // The product's pieces to w, such that the rest of the matrix becomes A - v·wᵀ - w·vᵀ.
  HWY_NOINLINE void End(int64_t j, int64_t p) const {
    if (tau[j] == 0) {
      __builtin_memset(second + 2 * p * pitch, 0, static_cast<size_t>(pitch) * sizeof(T));
      return;
    }
    T *v = V(p), *w = W(p);
    const int64_t left = n - j - 1, pieces = Pieces(left);
    for (int64_t r = 0; r < 2 * kPanel; ++r) sums[r] = -1;
    for (int64_t piece = 0; piece < pieces; ++piece) {
      const int64_t i = Row(left, piece, pieces);
      Subtract(parts + piece * pitch, pitch, 1, sums, T{1}, i, pitch, w);
    }
    Dots(first, pitch, 2 * p, v, j + 1, pitch, sums);
    for (int64_t r = 0; r < 2 * p; r += 2) {
      const T other = sums[r];
      sums[r] = sums[r + 1];
      sums[r + 1] = other;
    }
    Subtract(first, pitch, 2 * p, sums, tau[j], j + 1, pitch, w);
    Dots(w, pitch, 1, v, j + 1, pitch, sums);
    sums[0] *= tau[j] / 2;
    Subtract(v, pitch, 1, sums, T{1}, j + 1, pitch, w);
    __builtin_memset(w, 0, static_cast<size_t>(j + 1) * sizeof(T));
    __builtin_memcpy(second + 2 * p * pitch, w, static_cast<size_t>(pitch) * sizeof(T));
  }

  // False if the job stopped or has no memory.
  HWY_NOINLINE bool Reduce() const {
    for (int64_t k0 = 0; k0 < n; k0 += kPanel) {
      const int64_t k1 = k0 + kPanel < n ? k0 + kPanel : n;
      bool open = false;
      for (int64_t j = k0; j < k1;) {
        const int64_t left = n - j - 1;
        if (left >= kAlone) {
          const auto serial = [&] {
            if (open) End(j - 1, j - 1 - k0);
            Begin(j, j - k0);
          };
          const auto multiply = [&](int64_t begin, int64_t end) {
            for (int64_t piece = begin; piece < end; ++piece) Multiply(j, j - k0, piece);
          };
          const int64_t pieces = Pieces(left);

          if (!job.Serial(serial) || !job.For(pieces, 1, multiply)) return false;
          open = true;
          ++j;
          continue;
        }
        const auto serial = [&] {
          if (open) End(j - 1, j - 1 - k0);
          open = false;
          for (double work = 0; j < k1 && work < kSerial; ++j) {
            const int64_t rest = n - j - 1;
            Begin(j, j - k0);
            for (int64_t piece = 0; tau[j] != 0 && piece < Pieces(rest); ++piece) Multiply(j, j - k0, piece);
            End(j, j - k0);
            work += static_cast<double>(rest) * static_cast<double>(rest / 2 + 8 * (j - k0) + 16);
          }
        };
        if (!job.Serial(serial)) return false;
      }
      if (open && !job.Serial([&] { End(k1 - 1, k1 - 1 - k0); })) return false;
      const View left{first + k1, 1, pitch}, right{second + k1, pitch, 1};
      if (!reflect::Product<T>(job, memory, n - k1, n - k1, 2 * (k1 - k0), -1, left, right, 1, a + k1 * pitch + k1,
                               pitch, true))
        return false;
    }
    return true;
  }

  // Vectors of the tridiagonal matrix, in `count` rows of x, to those of A.
  HWY_NOINLINE bool Back(T* x, int64_t x_pitch, int64_t count) const {
    if (n < 3 || count == 0) return true;
    reflect::Blocks<T> blocks{job, memory};
    return blocks.Allocate(n) && blocks.FromRight({a, tau, pitch, n, n - 2, 1}, x, count, x_pitch);
  }
};

}  // namespace eigh
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
