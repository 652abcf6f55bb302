// Least squares of minimal norm, through a complete orthogonal decomposition.
//
// A (its transpose, if it is wide) is factored without pivoting, in blocks. What remains is a square triangle S, whose
// condition is estimated as it goes (Bischof, SIAM J. Matrix Anal. Appl. 11, 1990). Far from singular, it is solved.
// Otherwise columns are chosen by their norms, until the next one would make the condition worse than 1 / rcond, and
// the rows that are left are factored once more, transposed: what LAPACK's gelsy does, of a triangle.
#pragma once

#include "kernels/householder-narrow-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace lstsq {

namespace hh = householder;

constexpr double kSafe = 1000;  // by which an estimate without pivoting may be wrong

// The largest and smallest singular value of a growing triangle, estimated: each with a vector that nearly attains it.
struct Condition {
  double *large, *small;  // one element a column
  double most = 0, least = 0;

  // Of [[a, b], [b, d]]: the unit vector that belongs to the larger eigenvalue, which is returned.
  static HWY_INLINE double Dominant(double a, double b, double d, double& s, double& c) {
    const double half = (a - d) / 2, root = __builtin_sqrt(half * half + b * b);
    s = half >= 0 ? half + root : b;
    c = half >= 0 ? b : root - half;
    const double norm = __builtin_sqrt(s * s + c * c);
    if (norm > 0) {
      s /= norm;
      c /= norm;
    } else {
      s = 1;
      c = 0;
    }
    return d + half + root;
  }

  // What the two would be with column j of r, whose elements are `pitch` apart; kept if small >= rcond · large.
  template <class T>
  HWY_NOINLINE bool Add(const T* column, int64_t pitch, int64_t j, double rcond) {
    const double corner = hh::Abs(static_cast<double>(column[j * pitch]));
    double x = 0, y = 0;
    for (int64_t i = 0; i < j; ++i) {
      x += large[i] * static_cast<double>(column[i * pitch]);
      y += small[i] * static_cast<double>(column[i * pitch]);
    }
    const double sign = static_cast<double>(column[j * pitch]);
    double s = 0, c = 1, s2 = 0, c2 = 1, top = corner, low = corner;
    if (j > 0) {
      top = __builtin_sqrt(Dominant(most * most + x * x, x * sign, sign * sign, s, c));
      // The smallest of [[least, y], [0, sign]]: the product of both over the larger.
      double u, v;
      const double larger = __builtin_sqrt(Dominant(least * least + y * y, y * sign, sign * sign, u, v));
      low = larger > 0 ? least * corner / larger : 0;
      Dominant(sign * sign, -y * sign, least * least + y * y, s2, c2);
    }
    if (!(low >= rcond * top) || !(low > 0)) return false;
    for (int64_t i = 0; i < j; ++i) {
      large[i] *= s;
      small[i] *= s2;
    }
    large[j] = c;
    small[j] = c2;
    most = top;
    least = low;
    return true;
  }
};

using hh::Failed;
constexpr int64_t kTile = 64;  // columns of right-hand sides that one thread solves

// R·X = C, or Rᵀ·X = C, in place: R upper triangular in rows of `pitch`, C of padded rows.
template <class T>
HWY_NOINLINE bool Substitute(Job& job, const T* r, int64_t pitch, int64_t n, bool transposed, T* c, int64_t c_pitch,
                             T* sums) {
  const int64_t tiles = (c_pitch + kTile - 1) / kTile, wide = c_pitch < kTile ? c_pitch : kTile;
  const int64_t slice = 2 * hh::kPassed / (n * wide + 1) + 1;
  for (int64_t from = 0; from < n; from += slice) {
    const int64_t end = from + slice < n ? from + slice : n;
    const bool ran = job.For(tiles, 1, [&](int64_t begin, int64_t to) {
      for (int64_t step = from; step < end; ++step) {
        const int64_t i = transposed ? step : n - 1 - step, c0 = begin * kTile;
        const int64_t c1 = to * kTile < c_pitch ? to * kTile : c_pitch;
        if (transposed)
          hh::Sums(r + i, pitch, c + c0, c_pitch, i, 0, c1 - c0, sums + c0);
        else
          hh::Sums(r + i * pitch + i + 1, 1, c + (i + 1) * c_pitch + c0, c_pitch, n - 1 - i, 0, c1 - c0, sums + c0);
        T* row = c + i * c_pitch;
        const T by = r[i * pitch + i];
        for (int64_t k = c0; k < c1; ++k) row[k] = (row[k] - sums[k]) / by;
      }
    });
    if (!ran) return false;
  }
  return true;
}

// The triangle S = R, or Rᵀ, with its right-hand sides, by pivoting: solutions of minimal norm in the rows of c.
template <class T>
__attribute__((cold)) HWY_NOINLINE Status Pivot(Job& job, const T* r, int64_t r_pitch, int64_t n, bool transposed,
                                                double rcond, T* c, int64_t c_pitch, int64_t sides,
                                                Condition& condition, int64_t& rank) {
  const int64_t pitch = hh::Padded<T>(n + sides), runs = hh::Columns<T>::Runs(n);
  T* const p = job.Scratch<T>((n + runs + 2) * pitch);
  auto* const norms = job.Scratch<double>(2 * n);
  auto* const order = job.Scratch<int64_t>(n);
  if (p == nullptr || norms == nullptr || order == nullptr) return Status::kNoMemory;
  double* const exact = norms + n;
  hh::Columns<T> work{p, pitch, n, n + sides, p + n * pitch, p + (n + 1) * pitch, p + (n + 2) * pitch, true, 0};
  const bool copied = job.For(n, hh::CopyRows(pitch), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      T* row = p + i * pitch;
      for (int64_t j = 0; j < n; ++j) {
        const bool inside = transposed ? j <= i : i <= j;
        row[j] = inside ? r[transposed ? j * r_pitch + i : i * r_pitch + j] : T{0};
      }
      __builtin_memcpy(row + n, c + i * c_pitch, static_cast<size_t>(sides) * sizeof(T));
      for (int64_t j = n + sides; j < pitch; ++j) row[j] = 0;
    }
  });
  if (!copied) return Failed(job);
  for (int64_t j = 0; j < n; ++j) order[j] = j;

  condition.most = condition.least = 0;
  const double trust = sizeof(T) == 8 ? 0x1p-26 : 0x1p-12;
  bool stale = true;
  for (rank = 0; rank < n; ++rank) {
    const int64_t j = rank;
    if (stale) {
      const bool ran = work.Each(job, j, [&](int64_t i0, int64_t i1, T* to) __attribute__((cold)) {
        for (int64_t k = j; k < n; ++k) to[k] = 0;
        for (int64_t i = i0; i < i1; ++i)
          for (int64_t k = j; k < n; ++k) to[k] += p[i * pitch + k] * p[i * pitch + k];
      });
      if (!ran) return Failed(job);
      work.Join(j);
      for (int64_t k = j; k < n; ++k) norms[k] = exact[k] = __builtin_sqrt(static_cast<double>(work.sums[k]));
      stale = false;
    }
    int64_t best = j;
    for (int64_t k = j + 1; k < n; ++k)
      if (norms[k] > norms[best]) best = k;
    if (best != j) {
      for (int64_t i = 0; i < n; ++i) {
        const T x = p[i * pitch + j];
        p[i * pitch + j] = p[i * pitch + best];
        p[i * pitch + best] = x;
      }
      const int64_t name = order[j];
      order[j] = order[best];
      order[best] = name;
      norms[best] = norms[j];
      exact[best] = exact[j];
    }
    if (!work.Sum(job, j) || !work.Step(job, j, false)) return Failed(job);
    if (!condition.Add(p + j, pitch, j, rcond)) break;
    for (int64_t k = j + 1; k < n; ++k) {
      if (norms[k] == 0) continue;
      const double part = static_cast<double>(p[j * pitch + k]) / norms[k], rest = 1 - part * part;
      const double left = rest > 0 ? rest : 0, share = norms[k] / exact[k];
      if (left * share * share <= trust) stale = true;
      norms[k] *= __builtin_sqrt(left);
    }
  }

  // The solution is in the right-hand sides' columns: z of R₁₁ᵀ.. or of the triangle of the transposed rows.
  const int64_t kept = rank;
  hh::Reflections<T> turned;
  T* wide = nullptr;
  if (kept > 0 && kept < n) {
    wide = job.Scratch<T>(n * kept);
    if (wide == nullptr || !turned.Reserve(job, n, kept, true, c_pitch)) return Status::kNoMemory;
    const bool ran = job.For(n, hh::CopyRows(kept), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        for (int64_t k = 0; k < kept; ++k) wide[i * kept + k] = k <= i ? p[k * pitch + i] : T{0};
    });
    if (!ran || !turned.Factor(job, wide, kept)) return Failed(job);
  }
  T* const sums = job.Scratch<T>(c_pitch);
  T* const z = job.Scratch<T>(n * c_pitch);
  if (sums == nullptr || z == nullptr) return Status::kNoMemory;
  const bool taken = job.For(n, hh::CopyRows(c_pitch), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      for (int64_t k = 0; k < c_pitch; ++k) z[i * c_pitch + k] = i < kept && k < sides ? p[i * pitch + n + k] : T{0};
  });
  if (!taken) return Failed(job);
  if (kept == n) {
    if (!Substitute(job, p, pitch, n, false, z, c_pitch, sums)) return Failed(job);
  } else if (kept > 0) {
    if (!Substitute(job, wide, kept, kept, true, z, c_pitch, sums) || !turned.ApplyAll(job, false, z, c_pitch, c_pitch))
      return Failed(job);
  }
  job.For(n, hh::CopyRows(c_pitch), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      __builtin_memcpy(c + order[i] * c_pitch, z + i * c_pitch, static_cast<size_t>(c_pitch) * sizeof(T));
  });
  return job.status();
}

// The same of a few columns, or rows, that are far from dependent. `fits`: false if nothing was done.
template <class T>
__attribute__((cold)) HWY_NOINLINE Status Few(Job& job, const Matrix<T>& a, const Matrix<T>& b, double rcond, T* x,
                                              T* residuals, bool& fits) {
  using Narrow = hh::Narrow<T>;
  const bool wide = a.rows < a.cols;
  const int64_t n = wide ? a.rows : a.cols, sides = b.cols;
  const gemm::View<T> upright =
      wide ? gemm::View<T>{a.data, a.col_stride, a.row_stride} : gemm::View<T>{a.data, a.row_stride, a.col_stride};
  Narrow work{job, wide ? a.cols : a.rows, n, wide ? n : n + sides};
  job.Total(work.Items() + (wide ? 1 : 0));
  if (!work.Factor(upright, {b.data, b.row_stride, b.col_stride}, fits)) return Failed(job);
  double vectors[2 * Narrow::kMost];
  Condition condition{vectors, vectors + Narrow::kMost};
  // Of so few columns the condition is known to a factor of about n.
  for (int64_t j = 0; fits && j < n; ++j) fits = condition.Add(work.top[j], 1, j, rcond * 4 * static_cast<double>(n));
  if (!fits) return Status::kOk;
  T y[Narrow::kMost * Narrow::kMost];
  for (int64_t k = 0; k < sides; ++k) {
    for (int64_t step = 0; step < n; ++step) {
      const int64_t i = wide ? step : n - 1 - step;
      T left = wide ? b.data[i * b.row_stride + k * b.col_stride] : work.top[n + k][i];
      for (int64_t j = wide ? 0 : i + 1; j < (wide ? i : n); ++j)
        left -= (wide ? work.top[i][j] : work.top[j][i]) * y[j * sides + k];
      y[i * sides + k] = left / work.top[i][i];
    }
    residuals[k] = wide ? T{0} : static_cast<T>(work.sums[n + k]);
  }
  if (wide) return work.Apply(y, sides, x) ? Status::kOk : Failed(job);
  __builtin_memcpy(x, y, static_cast<size_t>(n * sides) * sizeof(T));
  return Status::kOk;
}

template <class T>
__attribute__((cold)) HWY_NOINLINE Status Solve(Job& job, const Matrix<T>& a, const Matrix<T>& b, double rcond,
                                                Out<T> x, Out<T> residuals, double* result) {
  const int64_t m = a.rows, n = a.cols, sides = b.cols, c_pitch = hh::Padded<T>(sides);
  const bool wide = m < n;
  const int64_t rows = wide ? n : m, cols = wide ? m : n, c_rows = rows;
  result[0] = 0;
  __builtin_memset(x.data, 0, static_cast<size_t>(x.size) * sizeof(T));
  if (cols == 0) {
    for (int64_t k = 0; k < residuals.size; ++k) {
      residuals.data[k] = 0;
      for (int64_t i = 0; i < m; ++i) {
        const T left = b.data[i * b.row_stride + k * b.col_stride];
        residuals.data[k] += left * left;
      }
    }
    return job.status();
  }
  if (sides <= hh::Narrow<T>::kMost && hh::Narrow<T>::Fits(rows, cols, wide ? cols : cols + sides)) {
    bool fits = true;
    const Status status = Few(job, a, b, rcond, x.data, residuals.data, fits);
    result[0] = static_cast<double>(cols);
    if (status != Status::kOk || fits) return status;
  }
  hh::Reflections<T> reflections;
  auto* const partial = job.Scratch<double>(hh::CopyItems(rows, cols));
  auto* const vectors = job.Scratch<double>(2 * cols);
  T* const work = job.Scratch<T>(rows * cols);
  T* const c = job.Scratch<T>(c_rows * c_pitch);
  T* const sums = job.Scratch<T>(c_pitch);
  if (partial == nullptr || vectors == nullptr || work == nullptr || c == nullptr || sums == nullptr ||
      !reflections.Reserve(job, rows, cols, true, c_pitch))
    return Status::kNoMemory;
  job.Total(hh::CopyItems(rows, cols) + reflections.FactorItems(job) + reflections.ApplyAllItems(job, c_pitch) + m);
  double scale = 1, largest = 0;
  const gemm::View<T> upright =
      wide ? gemm::View<T>{a.data, a.col_stride, a.row_stride} : gemm::View<T>{a.data, a.row_stride, a.col_stride};
  if (!hh::Load(job, upright, rows, cols, work, cols, partial, scale, largest)) return Failed(job);
  if (!hh::Finite(largest)) {
    result[0] = -1;
    return job.status();
  }
  const bool copied = job.For(c_rows, hh::CopyRows(c_pitch), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      for (int64_t k = 0; k < c_pitch; ++k)
        c[i * c_pitch + k] = i < m && k < sides ? b.data[i * b.row_stride + k * b.col_stride] : T{0};
  });
  if (!copied || !reflections.Factor(job, work, cols)) return Failed(job);
  if (!wide && !reflections.ApplyAll(job, true, c, c_pitch, c_pitch)) return Failed(job);

  Condition condition{vectors, vectors + cols};
  int64_t rank = 0;
  bool safe = true;
  for (int64_t from = 0; safe && from < cols; from += 64) {
    const bool ran = job.Serial([&] {
      for (int64_t j = from; safe && j < from + 64 && j < cols; ++j)
        safe = condition.Add(work + j, cols, j, rcond * kSafe);
    });
    if (!ran) return Failed(job);
  }
  if (safe) {
    rank = cols;
    if (!Substitute(job, work, cols, cols, wide, c, c_pitch, sums)) return Failed(job);
  } else {
    const Status status = Pivot(job, work, cols, cols, wide, rcond, c, c_pitch, sides, condition, rank);
    if (status != Status::kOk) return status;
  }
  result[0] = static_cast<double>(rank);
  const int64_t slice = 65536 / (sides + 1) + 1;
  for (int64_t k = 0; k < residuals.size; ++k) residuals.data[k] = 0;
  if (!wide && rank == n) {
    for (int64_t i0 = n; i0 < m; i0 += slice) {
      const bool ran = job.Serial([&] {
        for (int64_t i = i0; i < i0 + slice && i < m; ++i)
          for (int64_t k = 0; k < sides; ++k) residuals.data[k] += c[i * c_pitch + k] * c[i * c_pitch + k];
      });
      if (!ran) return Failed(job);
    }
  }
  if (wide && !reflections.ApplyAll(job, false, c, c_pitch, c_pitch)) return Failed(job);
  const T by = static_cast<T>(scale);
  job.For(n, hh::CopyRows(sides), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      for (int64_t k = 0; k < sides; ++k) x.data[i * sides + k] = c[i * c_pitch + k] * by;
  });
  return job.status();
}

}  // namespace lstsq
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
