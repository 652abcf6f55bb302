// Xᵀ·X of a tall X with few columns: shared out along its rows, where gemm-inl.h would meet at a barrier after every
// kDepth of them.
//
// Rows are cut into slices, as many as the shape says, each with sums of its own, which are added up in order: the same
// bits on any number of threads. Elements of Xᵀ are broadcast from where they lie, rows of X packed into panels by
// whoever multiplies them. Above the diagonal only.
#pragma once

#include "kernels/gemm-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace tall {

namespace hn = hwy::HWY_NAMESPACE;
using gemm::kRows;

constexpr int64_t kSlices = 64, kLeast = 4096;  // rows of a slice, at least
constexpr int64_t kMostColumns = 256;
template <class T>
constexpr int64_t kDepth = 2048 / static_cast<int64_t>(sizeof(T));  // rows packed at once, by each thread
constexpr double kGrainTerms = 6e6;                                 // of doubles in a grain

// sums[r][·] += Σ_k x[k · step + r]·panel[k][·]; the last of `height` columns is read for those that are not there.
template <class T, int vectors>
HWY_NOINLINE void Multiply(const T* x, int64_t step, int64_t height, const T* HWY_RESTRICT panel, int64_t depth,
                           T* HWY_RESTRICT sums, int64_t pitch) {
  const hn::ScalableTag<T> d;
  constexpr int lanes = HWY_LANES(T);
  int64_t offset[kRows];
  for (int r = 0; r < kRows; ++r) offset[r] = r < height ? r : height - 1;
  hn::Vec<decltype(d)> sum[kRows][vectors];
  for (int r = 0; r < kRows; ++r)
    for (int v = 0; v < vectors; ++v) sum[r][v] = hn::Load(d, sums + r * pitch + v * lanes);
  for (int64_t k = 0; k < depth; ++k, x += step, panel += vectors * lanes) {
    hn::Vec<decltype(d)> b[vectors];
    for (int v = 0; v < vectors; ++v) b[v] = hn::Load(d, panel + v * lanes);
    for (int r = 0; r < kRows; ++r) {
      const auto a = hn::Set(d, x[offset[r]]);
      for (int v = 0; v < vectors; ++v) sum[r][v] = hn::MulAdd(a, b[v], sum[r][v]);
    }
  }
  for (int r = 0; r < kRows; ++r)
    for (int v = 0; v < vectors; ++v) hn::Store(sum[r][v], d, sums + r * pitch + v * lanes);
}

// How the rows are cut: into slices, and these into steps that take less than a grain.
template <class T>
struct Cut {
  int64_t slices, slice, step, steps, pitch, height;
  HWY_INLINE Cut(int64_t rows, int64_t n) {
    slices = rows / kLeast < kSlices ? rows / kLeast : kSlices;
    slice = (rows + slices - 1) / slices;
    const double wide = static_cast<double>(n) * static_cast<double>(n) * sizeof(T) / 8;
    step = static_cast<int64_t>(kGrainTerms / wide) / 8 * 8;
    if (step > slice) step = slice;
    steps = (slice + step - 1) / step;
    pitch = gemm::Panels<gemm::Real<T>>(n).vectors * HWY_LANES(T);
    height = (n + kRows - 1) / kRows * kRows;
  }
};

template <class T>
HWY_INLINE bool Fits(int64_t rows, int64_t n) {
  return n >= 8 && n <= kMostColumns && rows >= 4 * kLeast;
}

// For job.Total: what Gram() counts.
template <class T>
HWY_INLINE int64_t Items(int64_t rows, int64_t n) {
  const Cut<T> cut(rows, n);
  return cut.slices * cut.steps + n;
}

// What is right of the diagonal of alpha·xᵀ·x, whose rows of n elements lie `stride` apart, for shapes that Fits().
// False if the job stopped, or has no memory.
template <class T>
HWY_NOINLINE bool Gram(Job& job, const T* x, int64_t stride, int64_t rows, int64_t n, T alpha, T* out) {
  using K = gemm::Real<T>;
  const Cut<T> cut(rows, n);
  const gemm::Panels<K> split(n);
  const int64_t size = cut.height * cut.pitch;
  constexpr int64_t depth = kDepth<T>;
  T *const sums = job.Scratch<T>(cut.slices * size), *const packed = job.Scratch<T>(job.threads() * depth * cut.pitch);
  if (sums == nullptr || packed == nullptr) return false;
  for (int64_t step = 0; step < cut.steps; ++step) {
    const auto adding = [&](int64_t begin, int64_t end) {
      T* const panels = packed + job.lane() * depth * cut.pitch;
      for (int64_t s = begin; s < end; ++s) {
        T* const own = sums + s * size;
        if (step == 0) __builtin_memset(own, 0, static_cast<size_t>(size) * sizeof(T));
        int64_t last = s * cut.slice + (step + 1 < cut.steps ? (step + 1) * cut.step : cut.slice);
        if (last > rows) last = rows;
        for (int64_t from = s * cut.slice + step * cut.step; from < last; from += depth) {
          const int64_t length = last - from < depth ? last - from : depth;
          const T* first = x + from * stride;
          gemm::PackPanels<K>(gemm::View<T>{first, stride, 1}, split, 0, split.count, 0, length, length, n, length,
                              panels);
          for (int64_t p = 0; p < split.count; ++p) {
            const int64_t at = split.First(p), vectors = split.Vectors(p), right = at + vectors * HWY_LANES(T);
            auto* multiply = vectors == 1 ? &Multiply<T, 1> : &Multiply<T, 2>;
            if constexpr (gemm::kVectors == 3) {
              if (vectors == 3) multiply = &Multiply<T, 3>;
            }
            for (int64_t i = 0; i < n && i < right; i += kRows)
              multiply(first + i, stride, n - i, panels + at * length, length, own + i * cut.pitch + at, cut.pitch);
          }
        }
      }
    };
    if (!job.For(cut.slices, 1, adding)) return false;
  }
  return job.For(n, (n + 15) / 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      for (int64_t j = i; j < n; ++j) {
        T sum = 0;
        for (int64_t s = 0; s < cut.slices; ++s) sum += sums[s * size + i * cut.pitch + j];
        out[i * n + j] = alpha * sum;
      }
  });
}

}  // namespace tall
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
