// A matrix times a vector: rows as dot products, four at a time (four streams draw more from memory than one); columns
// that lie side by side as sums of multiples of them.
//
// Levels: avx2 sse4
#include "core/job.h"
#include "core/kernel.h"
#include "kernels/simd-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace matvec_kernel {

namespace hn = hwy::HWY_NAMESPACE;

constexpr int64_t kChunk = 4096;  // terms added up at once; the sums of a row's chunks are joined in order
constexpr int64_t kRows = 64;     // of a block
constexpr int kAbreast = 4;

// to[r * pitch] = Σ rows[r][·]·x over `count` terms, for kAbreast rows.
template <class T>
HWY_INLINE void Dots(const T* const* rows, const T* x, int64_t count, T* to, int64_t pitch, int64_t height) {
  const hn::ScalableTag<T> d;
  constexpr int64_t lanes = HWY_LANES(T);
  hn::Vec<decltype(d)> s[kAbreast], t[kAbreast];
  for (int r = 0; r < kAbreast; ++r) s[r] = t[r] = hn::Zero(d);
  int64_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    const auto a = hn::LoadU(d, x + i), b = hn::LoadU(d, x + i + lanes);
    for (int r = 0; r < kAbreast; ++r) {
      s[r] = hn::MulAdd(hn::LoadU(d, rows[r] + i), a, s[r]);
      t[r] = hn::MulAdd(hn::LoadU(d, rows[r] + i + lanes), b, t[r]);
    }
  }
  for (int64_t r = 0; r < height; ++r) {
    T sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(s[r], t[r])));
    for (int64_t at = i; at < count; ++at) sum += rows[r][at] * x[at];
    to[r * pitch] = sum;
  }
}

// to[i * pitch] = Σ_j a[i + j * step]·x[j] for `height` <= kRows rows and `count` terms.
template <class T>
HWY_INLINE void Columns(const T* a, int64_t row_stride, int64_t step, const T* x, int64_t count, T* to, int64_t pitch,
                        int64_t height) {
  const hn::ScalableTag<T> d;
  constexpr int64_t lanes = HWY_LANES(T);
  alignas(64) T sums[kRows] = {};
  const int64_t whole = row_stride == 1 ? height / lanes * lanes : 0;
  for (int64_t j = 0; j < count; ++j) {
    const T* column = a + j * step;
    const auto by = hn::Set(d, x[j]);
    for (int64_t i = 0; i < whole; i += lanes)
      hn::Store(hn::MulAdd(hn::LoadU(d, column + i), by, hn::Load(d, sums + i)), d, sums + i);
    for (int64_t i = whole; i < height; ++i) sums[i] += column[i * row_stride] * x[j];
  }
  for (int64_t i = 0; i < height; ++i) to[i * pitch] = sums[i];
}

template <class T>
Status Matvec(Job& job, Matrix<T> a, In<T> x, Out<T> out) {
  const int64_t m = a.rows, k = a.cols, chunks = k > kChunk ? (k + kChunk - 1) / kChunk : 1;
  T* parts = chunks > 1 ? job.Scratch<T>(m * chunks) : out.data;
  if (parts == nullptr && m > 0) return Status::kNoMemory;
  const int64_t blocks = (m + kRows - 1) / kRows;
  job.Total(blocks * chunks);
  // At 8 GB/s: what one of several busy threads draws.
  const double block_ns = static_cast<double>(kRows * (k < kChunk ? k : kChunk)) * sizeof(T) / 8 + 200;
  const double grain = 250e3 / block_ns, fair = static_cast<double>(blocks * chunks) / (4.0 * job.threads());
  const double chosen = grain < fair ? grain : fair;
  const bool ran =
      job.For(blocks * chunks, chosen < 1 ? 1 : static_cast<int64_t>(chosen), [&](int64_t begin, int64_t end) {
        for (int64_t at = begin; at < end; ++at) {
          const int64_t chunk = at % chunks, first = chunk * kChunk, count = first + kChunk < k ? kChunk : k - first;
          const int64_t row = at / chunks * kRows, height = m - row < kRows ? m - row : kRows;
          const T* from = a.data + row * a.row_stride + first * a.col_stride;
          T* to = parts + row * chunks + chunk;
          if (a.col_stride != 1) {
            Columns(from, a.row_stride, a.col_stride, x.data + first, count, to, chunks, height);
            continue;
          }
          for (int64_t r = 0; r < height; r += kAbreast) {
            const int64_t high = height - r < kAbreast ? height - r : kAbreast;
            const T* rows[kAbreast];
            for (int64_t i = 0; i < kAbreast; ++i) rows[i] = from + (r + (i < high ? i : 0)) * a.row_stride;
            Dots(rows, x.data + first, count, to + r * chunks, chunks, high);
          }
        }
      });
  if (!ran || chunks == 1) return job.status();
  for (int64_t row = 0; row < m; ++row) {
    T sum = parts[row * chunks];
    for (int64_t chunk = 1; chunk < chunks; ++chunk) sum += parts[row * chunks + chunk];
    out.data[row] = sum;
    if (row % 4096 == 4095 && job.stopped()) break;
  }
  return job.status();
}

}  // namespace matvec_kernel
}  // namespace

OFFLOOP_KERNEL(matvec, OFFLOOP_INSTANCE("f64", matvec_kernel::Matvec<double>),
               OFFLOOP_INSTANCE("f32", matvec_kernel::Matvec<float>))

}  // namespace offloop::OFFLOOP_ISA
