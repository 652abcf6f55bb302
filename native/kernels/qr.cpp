#include "kernels/householder-narrow-inl.h"
#include "kernels/lstsq-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace qr_kernel {

namespace hh = householder;

// So few elements that products would cost more than they save: one grain.
template <class T>
bool Few(int64_t m, int64_t count, int64_t wide) {
  return count <= hh::kPanel && wide <= 2048 && m <= 8192 && m * hh::Padded<T>(wide) * count <= 65536;
}

template <class T>
Status Small(Job& job, Matrix<T> a, int64_t columns, Out<T> q, Out<T> r) {
  const int64_t m = a.rows, n = a.cols, count = m < n ? m : n, height = columns > count ? m : count;
  const int64_t pitch = hh::Padded<T>(n > columns ? n : columns), runs = hh::Columns<T>::Runs(m);
  T* const p = job.Scratch<T>((2 * m + runs + 2) * pitch);
  if (p == nullptr) return Status::kNoMemory;
  T* const square = p + m * pitch;
  hh::Columns<T> work{p, pitch, m, n, square + m * pitch, square + (m + 1) * pitch, square + (m + 2) * pitch, false, 0};
  job.Serial([&] {
    __builtin_memset(p, 0, static_cast<size_t>(2 * m * pitch) * sizeof(T));
    auto most = hh::MostBits(p, 0);
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) p[i * pitch + j] = a.data[i * a.row_stride + j * a.col_stride];
      const auto bits = hh::MostBits(p + i * pitch, n);
      most = bits > most ? bits : most;
    }
    const double largest = hh::FromBits<T>(most);
    const double scale = largest > hh::kLargest<T> && hh::Finite(largest) ? hh::Near1<T>(largest) : 1;
    const T by = static_cast<T>(scale), back = static_cast<T>(1 / scale);
    for (int64_t e = 0; scale != 1 && e < m * pitch; ++e) p[e] *= by;
    T tau[hh::kPanel];
    if (count > 0) work.Sum(job, 0);
    for (int64_t j = 0; j < count; ++j) {
      work.Step(job, j, j + 1 < count);
      tau[j] = static_cast<T>(work.tau);
    }
    for (int64_t i = 0; i < height; ++i)
      for (int64_t j = 0; j < n; ++j) r.data[i * n + j] = j < i ? T{0} : p[i * pitch + j] * back;
    if (columns == 0) return;
    for (int64_t i = 0; i < columns; ++i) square[i * pitch + i] = 1;
    for (int64_t j = count; j-- > 0;) {
      hh::Sums(p + (j + 1) * pitch + j, pitch, square + (j + 1) * pitch, pitch, m - j - 1, j, columns, work.sums);
      for (int64_t c = 0; c < pitch; ++c) {
        work.y[c] = c < j || c >= columns ? T{0} : tau[j] * (square[j * pitch + c] + work.sums[c]);
        square[j * pitch + c] -= work.y[c];
      }
      for (int64_t i0 = j + 1; i0 < m; i0 += hh::kRun) {
        const int64_t rows = i0 + hh::kRun < m ? hh::kRun : m - i0;
        T v[hh::kRun];
        for (int64_t i = 0; i < rows; ++i) v[i] = p[(i0 + i) * pitch + j];
        hh::Reflect(square + i0 * pitch, pitch, rows, v, work.y, j, columns);
      }
    }
    for (int64_t i = 0; i < m; ++i)
      __builtin_memcpy(q.data + i * columns, square + i * pitch, static_cast<size_t>(columns) * sizeof(T));
  });
  return job.status();
}

// QR of a few columns. `fits`: false if nothing was done, for want of such columns.
template <class T>
__attribute__((cold)) HWY_NOINLINE Status Narrow(Job& job, const Matrix<T>& a, int64_t columns, Out<T> q, Out<T> r,
                                                 bool& fits) {
  const int64_t m = a.rows, n = a.cols;
  hh::Narrow<T> work{job, m, n, n};
  job.Total(work.Items() + (columns > 0 ? 1 : 0));
  if (!work.Factor({a.data, a.row_stride, a.col_stride}, {}, fits)) return hh::Failed(job);
  if (!fits) return Status::kOk;
  T one[hh::Narrow<T>::kMost * hh::Narrow<T>::kMost] = {};
  for (int64_t i = 0; i < n; ++i) {
    one[i * n + i] = 1;
    for (int64_t j = 0; j < n; ++j) r.data[i * n + j] = j < i ? T{0} : work.top[j][i];
  }
  return columns == 0 || work.Apply(one, n, q.data) ? Status::kOk : hh::Failed(job);
}

// `columns`: of Q, 0 for none; where they are more than R's smaller side, Q is square.
template <class T>
Status Run(Job& job, Matrix<T> a, int64_t columns, Out<T> q, Out<T> r) {
  const int64_t m = a.rows, n = a.cols, count = m < n ? m : n, height = columns > count ? m : count;
  if (hh::Narrow<T>::Fits(m, n, n) && columns <= n) {
    bool fits = true;
    const Status status = Narrow(job, a, columns, q, r, fits);
    if (status != Status::kOk || fits) return status;
  }
  if (Few<T>(m, count, n > columns ? n : columns)) return Small(job, a, columns, q, r);
  hh::Reflections<T> reflections;
  double scale = 1, largest = 0;
  auto* partial = job.Scratch<double>(hh::CopyItems(m, n));
  if (partial == nullptr || !reflections.Reserve(job, m, n, columns > 0, columns)) return Status::kNoMemory;
  // R is worked out where it goes if there is room, else where Q will go.
  T* const work = height == m ? r.data : columns > 0 ? q.data : job.Scratch<T>(m * n);
  if (work == nullptr) return Status::kNoMemory;
  job.Total(hh::CopyItems(m, n) + reflections.FactorItems(job) + hh::CopyItems(height, n) +
            (columns > 0 ? reflections.FormItems(job, columns) : 0));
  const int64_t high = hh::CopyRows(n);
  bool ran = hh::Load(job, {a.data, a.row_stride, a.col_stride}, m, n, work, n, partial, scale, largest) &&
             reflections.Factor(job, work, n);
  const T back = static_cast<T>(1 / scale);
  ran = ran && job.For(hh::CopyItems(height, n), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin * high; i < end * high && i < height; ++i) {
      const int64_t zeros = i < n ? i : n;
      T* row = r.data + i * n;
      if (row != work + i * n) __builtin_memcpy(row, work + i * n, static_cast<size_t>(n) * sizeof(T));
      __builtin_memset(row, 0, static_cast<size_t>(zeros) * sizeof(T));
      for (int64_t j = zeros; scale != 1 && j < n; ++j) row[j] *= back;
    }
  });
  ran = ran && (columns == 0 || reflections.Form(job, q.data, columns));
  return ran ? job.status() : hh::Failed(job);
}

// QR of a; or with `b`, the least squares of a·x = b, in `q`, with what remains of each column in `r`.
template <class T>
Status Either(Job& job, Matrix<T> a, int64_t columns, Opt<Matrix<T>> b, double rcond, Out<T> q, Out<T> r,
              Result<double> result) {
  return b.present ? lstsq::Solve(job, a, b.value, rcond, q, r, result.data) : Run(job, a, columns, q, r);
}

}  // namespace qr_kernel
}  // namespace

OFFLOOP_KERNEL(qr, OFFLOOP_INSTANCE("f64", qr_kernel::Either<double>),
               OFFLOOP_INSTANCE("f32", qr_kernel::Either<float>))

}  // namespace offloop::OFFLOOP_ISA
