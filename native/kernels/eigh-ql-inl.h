// Eigenvalues of a symmetric tridiagonal matrix T by implicit QL steps (Dubrulle, Martin & Wilkinson, Numer. Math. 12,
// 1968): of a leaf of eigh-merge-inl.h with its vectors, or of all of T where only values are asked for.
//
// T is about 1 in size: smaller than kTiny is nothing.
#pragma once

#include "kernels/eigh-reduce-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace eigh {

constexpr double kEps = 0x1p-53;
constexpr double kTiny = 1e-140;
constexpr double kNothing = 1e-290;  // a square, beside 1, that may be lost
constexpr int64_t kQlSteps = 30000;  // half a millisecond
constexpr int kMostSweeps = 64;

HWY_INLINE double Abs(double x) { return x < 0 ? -x : x; }
HWY_INLINE double Larger(double x, double y) { return x > y ? x : y; }

HWY_INLINE double Hypot(double x, double y) {
  const double square = x * x + y * y;
  if (HWY_LIKELY(square > kTiny * kTiny)) return Sqrt(square);
  x *= 0x1p600;
  y *= 0x1p600;
  return Sqrt(x * x + y * y) * 0x1p-600;
}

// (x, y) = (c·x + s·y, c·y - s·x)
HWY_NOINLINE void Rotate(double* HWY_RESTRICT x, double* HWY_RESTRICT y, int64_t count, double c, double s) {
  const Lanes<double> lanes;
  const auto cosine = hn::Set(lanes, c), sine = hn::Set(lanes, s);
  int64_t i = 0;
  for (; i + kLanes<double> <= count; i += kLanes<double>) {
    const auto a = hn::LoadU(lanes, x + i), b = hn::LoadU(lanes, y + i);
    hn::StoreU(hn::MulAdd(cosine, a, hn::Mul(sine, b)), lanes, x + i);
    hn::StoreU(hn::MulSub(cosine, b, hn::Mul(sine, a)), lanes, y + i);
  }
  for (; i < count; ++i) {
    const double a = x[i], b = y[i];
    x[i] = c * a + s * b;
    y[i] = c * b - s * a;
  }
}

// QL steps on rows [at, end) of T; can be left and entered again. With rows of vectors, these turn along.
struct Ql {
  double *d, *e;  // e[i] beside d[i] and d[i + 1]; without vectors, its square from Begin() on
  double* q;      // or null: its row i belongs to d[i], and has elements from `lo` on
  int64_t pitch, lo, at, end;
  int sweeps = 0;
  double noise = 0;  // what rounding errors leave of an off-diagonal element, however small its neighbours are

  HWY_INLINE void Begin() {
    for (int64_t i = at; i < end; ++i) noise = Larger(noise, kEps * Abs(d[i]) + (i + 1 < end ? kEps * Abs(e[i]) : 0));
    noise += kTiny;
    if (q != nullptr) return;
    noise *= noise;
    for (int64_t i = at; i + 1 < end; ++i) e[i] *= e[i];
  }
  // False once a value did not come out in kMostSweeps; done if at == end.
  HWY_NOINLINE bool Run(int64_t steps) {
    while (at < end) {
      int64_t m = at;
      while (m + 1 < end && Abs(e[m]) > noise) ++m;
      if (m == at) {
        ++at;
        sweeps = 0;
        continue;
      }
      if (++sweeps > kMostSweeps) return false;
      if (q == nullptr)
        Squares(m);
      else
        Sweep(m);
      if ((steps -= m - at + 8) < 0) return true;
    }
    return true;
  }

 private:
  HWY_NOINLINE void Sweep(int64_t m) {
    const double half = (d[at + 1] - d[at]) / (2 * e[at]), root = Hypot(half, 1);
    double g = d[m] - d[at] + e[at] / (half < 0 ? half - root : half + root);
    double s = 1, c = 1, p = 0;
    for (int64_t i = m - 1; i >= at; --i) {
      const double f = s * e[i], b = c * e[i], r = Hypot(f, g);
      e[i + 1] = r;
      if (r == 0) {
        d[i + 1] -= p;
        e[m] = 0;
        return;
      }
      s = f / r;
      c = g / r;
      g = d[i + 1] - p;
      const double t = (d[i] - g) * s + 2 * c * b;
      p = s * t;
      d[i + 1] = g + p;
      g = c * t - b;
      Rotate(q + (i + 1) * pitch + lo, q + i * pitch + lo, end - lo, c, s);
    }
    d[at] -= p;
    e[at] = g;
    e[m] = 0;
  }

  // The same without roots (Pal, Walker & Kahan: Parlett, The Symmetric Eigenvalue Problem, 1980, section 8.15). Each
  // step waits for one division: that by c is a product with r / p, which is there as soon as c = p / r.
  HWY_NOINLINE void Squares(int64_t m) {
    const double off = Sqrt(e[at]), half = (d[at + 1] - d[at]) / (2 * off), root = Hypot(half, 1);
    const double shift = d[at] - off / (half < 0 ? half - root : half + root);
    double s = 0, c = 1, g = d[m] - shift, p = g * g;
    for (int64_t i = m - 1; i >= at; --i) {
      const double b = e[i], r = p + b, before = g, inverse = r / p, old = c * b;
      const bool some = p > kNothing;
      if (i + 1 < m) e[i + 1] = s * r;
      c = p / r;
      s = b / r;
      g = c * (d[i] - shift) - s * before;
      d[i + 1] = before + (d[i] - g);
      p = HWY_LIKELY(some) ? g * g * inverse : old;
    }
    e[at] = s * p;
    d[at] = shift + g;
  }
};

// order[lo, hi): these rows by rising d. `spare`: as much memory.
HWY_NOINLINE void Sort(const double* d, int64_t lo, int64_t hi, int32_t* order, int32_t* spare) {
  int32_t *from = order, *to = spare;
  for (int64_t i = lo; i < hi; ++i) from[i] = static_cast<int32_t>(i);
  for (int64_t run = 1; run < hi - lo; run *= 2) {
    for (int64_t begin = lo; begin < hi; begin += 2 * run) {
      const int64_t mid = begin + run < hi ? begin + run : hi, end = mid + run < hi ? mid + run : hi;
      int64_t l = begin, r = mid;
      for (int64_t i = begin; i < end; ++i)
        to[i] = r >= end || (l < mid && d[from[l]] <= d[from[r]]) ? from[l++] : from[r++];
    }
    int32_t* other = from;
    from = to;
    to = other;
  }
  for (int64_t i = lo; from != order && i < hi; ++i) order[i] = from[i];
}

}  // namespace eigh
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
