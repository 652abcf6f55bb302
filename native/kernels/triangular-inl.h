// Triangular systems of equations on all threads of a job, and copies of matrices: what the factorisations stand on.
#pragma once

#include "kernels/gemm-inl.h"
#include "kernels/transpose-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace triangular {

namespace hn = hwy::HWY_NAMESPACE;
using gemm::View;

constexpr int64_t kLine = 64;         // bytes
constexpr int64_t kSplit = 16;        // halves are a multiple of this: whole vectors
constexpr int64_t kRows = 4;          // solved together, in registers
constexpr int64_t kDepth = 256;       // rows of a system that a thread solves by itself
constexpr int64_t kChunk = 64;        // columns of a system that stay together
constexpr int64_t kCopied = 64;       // rows of a matrix that are copied at once, at most
constexpr int64_t kElements = 65536;  // copied in a grain
constexpr double kGrain = 2e6;        // multiplications in a grain of doubles

// Rows whose distance is a large power of two share the sets of the caches.
template <class T>
HWY_INLINE bool Spread(int64_t pitch) {
  const int64_t bytes = pitch * static_cast<int64_t>(sizeof(T));
  return bytes < 1024 || bytes % 1024 != 0;
}

// For matrices in scratch: an odd number of cache lines.
template <class T>
HWY_INLINE int64_t Pitch(int64_t columns) {
  const int64_t lines = (columns * static_cast<int64_t>(sizeof(T)) + kLine - 1) / kLine;
  return (lines + 1 - lines % 2) * kLine / static_cast<int64_t>(sizeof(T));
}

// The loops of a job, run or only counted: a body that goes through its steps twice knows its progress.
template <class T>
struct Steps {
  using K = gemm::Real<T>;
  Job& job;
  bool counting = true;
  int64_t items = 0;
  gemm::Memory<K> memory{};

  template <class F>
  HWY_INLINE bool For(int64_t count, int64_t grain, F&& fn) {
    if (!counting) return job.For(count, grain, fn);
    items += count;
    return true;
  }
  template <class F>
  HWY_INLINE bool Serial(F&& fn) {
    if (!counting) return job.Serial(fn);
    ++items;
    return true;
  }
  // C = alpha·A·B + beta·C
  HWY_NOINLINE bool Product(int64_t m, int64_t n, int64_t k, T alpha, const View<T>& a, const View<T>& b, T beta, T* c,
                            int64_t pitch, bool upper = false) {
    if (!counting) return gemm::Gemm<K>(job, m, n, k, alpha, a, b, beta, c, pitch, upper, gemm::Nothing(), &memory);
    items += gemm::Items<K>(job, m, n, k, a);
    return true;
  }
  // Whether the job is over already, or memory was refused.
  HWY_INLINE Status Failure() const {
    const Status status = job.status();
    return status == Status::kOk ? Status::kNoMemory : status;
  }
};

// L·X = B in place of B, for a lower triangle of `k` rows and `vectors` vectors of columns.
template <class T, int vectors>
HWY_NOINLINE void Substitute(const View<T>& l, bool unit, int64_t k, T* HWY_RESTRICT b, int64_t pitch) {
  const hn::ScalableTag<T> d;
  constexpr int64_t lanes = HWY_LANES(T);
  for (int64_t i = 0; i < k; i += kRows) {
    const int64_t rows = k - i < kRows ? k - i : kRows;
    // Rows beyond the last stand for the last.
    const T* from[kRows];
    T* to[kRows];
    hn::Vec<decltype(d)> sum[kRows][vectors];
    for (int64_t r = 0; r < kRows; ++r) {
      const int64_t row = i + (r < rows ? r : rows - 1);
      from[r] = l.data + row * l.row_stride;
      to[r] = b + row * pitch;
      for (int v = 0; v < vectors; ++v) sum[r][v] = hn::LoadU(d, to[r] + v * lanes);
    }
    const T* x = b;
    for (int64_t j = 0; j < i; ++j, x += pitch) {
      hn::Vec<decltype(d)> known[vectors];
      for (int v = 0; v < vectors; ++v) known[v] = hn::LoadU(d, x + v * lanes);
      for (int64_t r = 0; r < kRows; ++r) {
        const auto by = hn::Set(d, from[r][j * l.col_stride]);
        for (int v = 0; v < vectors; ++v) sum[r][v] = hn::NegMulAdd(by, known[v], sum[r][v]);
      }
    }
    for (int64_t r = 0; r < kRows && r < rows; ++r) {
      for (int64_t q = 0; q < r; ++q) {
        const auto by = hn::Set(d, from[r][(i + q) * l.col_stride]);
        for (int v = 0; v < vectors; ++v) sum[r][v] = hn::NegMulAdd(by, sum[q][v], sum[r][v]);
      }
      const auto by = hn::Set(d, from[r][(i + r) * l.col_stride]);
      for (int v = 0; v < vectors; ++v) {
        if (!unit) sum[r][v] = hn::Div(sum[r][v], by);
        hn::StoreU(sum[r][v], d, to[r] + v * lanes);
      }
    }
  }
}

// The same for any number of columns and k <= kDepth; or U·X = B.
template <class T>
HWY_NOINLINE void SubstituteLeaf(View<T> a, bool upper, bool unit, int64_t k, T* b, int64_t pitch, int64_t columns) {
  constexpr int wide = gemm::kVectors > 2 ? 4 : 2;
  constexpr int64_t lanes = HWY_LANES(T);
  if (upper) {  // from the last row up
    a = {a.data + (k - 1) * (a.row_stride + a.col_stride), -a.row_stride, -a.col_stride};
    b += (k - 1) * pitch;
    pitch = -pitch;
  }
  int64_t j = 0;
  for (; j + wide * lanes <= columns; j += wide * lanes) Substitute<T, wide>(a, unit, k, b + j, pitch);
  for (; j + lanes <= columns; j += lanes) Substitute<T, 1>(a, unit, k, b + j, pitch);
  if (j == columns) return;
  alignas(64) T whole[kDepth * lanes];  // of vectors that would jut out
  const size_t bytes = static_cast<size_t>(columns - j) * sizeof(T);
  for (int64_t i = 0; i < k; ++i) {
    hn::Store(hn::Zero(hn::ScalableTag<T>()), hn::ScalableTag<T>(), whole + i * lanes);
    __builtin_memcpy(whole + i * lanes, b + i * pitch + j, bytes);
  }
  Substitute<T, 1>(a, unit, k, whole, lanes);
  for (int64_t i = 0; i < k; ++i) __builtin_memcpy(b + i * pitch + j, whole + i * lanes, bytes);
}

// A·X = B in place of B for a lower or upper triangle of `k` rows, on all threads. False if the job stopped or has no
// memory.
template <class T>
HWY_NOINLINE bool Solve(Steps<T>& steps, const View<T>& a, bool upper, bool unit, int64_t k, T* b, int64_t pitch,
                        int64_t columns) {
  if (k <= 0 || columns <= 0) return true;
  if (k <= kDepth) {
    const int64_t chunks = (columns + kChunk - 1) / kChunk;
    const double each = static_cast<double>(k * (k + 8) / 2 * (columns < kChunk ? columns : kChunk)) * sizeof(T) / 8;
    const int64_t grain = each < kGrain ? static_cast<int64_t>(kGrain / each) : 1;
    return steps.For(chunks, grain, [&](int64_t begin, int64_t end) {
      for (int64_t chunk = begin; chunk < end; ++chunk) {
        const int64_t j = chunk * kChunk;
        SubstituteLeaf(a, upper, unit, k, b + j, pitch, columns - j < kChunk ? columns - j : kChunk);
      }
    });
  }
  const int64_t h = (k / 2 + kSplit - 1) / kSplit * kSplit;
  T* const below = b + h * pitch;
  if (upper)
    return Solve(steps, a.At(h, h), true, unit, k - h, below, pitch, columns) &&
           steps.Product(h, columns, k - h, -1, a.At(0, h), {below, pitch, 1}, 1, b, pitch) &&
           Solve(steps, a, true, unit, h, b, pitch, columns);
  return Solve(steps, a, false, unit, h, b, pitch, columns) &&
         steps.Product(k - h, columns, h, -1, a.At(h, 0), {b, pitch, 1}, 1, below, pitch) &&
         Solve(steps, a.At(h, h), false, unit, k - h, below, pitch, columns);
}

// fn(row, end) for bands of the rows of a matrix that is copied: at most kCopied of them.
template <class T, class F>
HWY_INLINE bool Bands(Steps<T>& steps, int64_t rows, int64_t columns, F&& fn) {
  int64_t height = kCopied;
  while (height > 8 && height * columns > kElements) height /= 2;
  const int64_t grain = kElements / (height * columns + 1) + 1;
  return steps.For((rows + height - 1) / height, grain, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin * height; row < end * height && row < rows; row += height)
      fn(row, row + height < rows ? row + height : rows);
  });
}

// to[j][i] = from[i][j], for so few elements that they stay in the first cache.
template <class T>
HWY_NOINLINE void Turn(const T* from, int64_t from_pitch, int64_t rows, int64_t columns, T* to, int64_t pitch) {
  transpose::Block(from, from_pitch, 1, to, pitch, rows, columns);
}

// to[i][j] = from(i, j) for at most kCopied rows.
template <class T>
HWY_NOINLINE void Copy(const View<T>& from, int64_t rows, int64_t columns, T* to, int64_t pitch) {
  if (from.col_stride == 1) return gemm::CopyDense(from, rows, columns, to, pitch);
  if (from.row_stride != 1) return gemm::CopyStrided(from, rows, columns, to, pitch);
  for (int64_t j = 0; j < columns; j += kCopied)
    Turn(from.data + j * from.col_stride, from.col_stride, columns - j < kCopied ? columns - j : kCopied, rows, to + j,
         pitch);
}

}  // namespace triangular
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
