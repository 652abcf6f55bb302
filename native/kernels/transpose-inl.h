// The transpose of a small matrix in memory, by blocks of registers.
#pragma once

#include "core/kernel.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace transpose {

// to[j][i] = from[i][j], for `rows` × `cols` elements of any strides.
template <class T>
OFFLOOP_INLINE void Part(const T* from, int64_t row_stride, int64_t col_stride, T* to, int64_t pitch, int64_t rows,
                         int64_t cols) {
  for (int64_t j = 0; j < cols; ++j)
    for (int64_t i = 0; i < rows; ++i) to[j * pitch + i] = from[i * row_stride + j * col_stride];
}

// The same for what is left beside whole squares: less than four rows, or columns.
template <class T>
OFFLOOP_INLINE void Rest(const T* from, int64_t row_stride, T* to, int64_t pitch, int64_t rows, int64_t cols) {
  for (int64_t j = 0; j < cols; ++j)
#pragma clang loop vectorize(disable) unroll(disable)
    for (int64_t i = 0; i < rows; ++i) to[j * pitch + i] = from[i * row_stride + j];
}

// 4 × 4 elements of 4 or 8 bytes through registers.
template <class T>
OFFLOOP_INLINE void Four(const T* from, int64_t row_stride, T* to, int64_t pitch) {
  typedef T Row __attribute__((vector_size(4 * sizeof(T))));
  Row a, b, c, d;
  __builtin_memcpy(&a, from, sizeof(Row));
  __builtin_memcpy(&b, from + row_stride, sizeof(Row));
  __builtin_memcpy(&c, from + 2 * row_stride, sizeof(Row));
  __builtin_memcpy(&d, from + 3 * row_stride, sizeof(Row));
  const Row ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const Row cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  const Row r0 = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
  const Row r1 = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
  const Row r2 = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
  const Row r3 = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
  __builtin_memcpy(to, &r0, sizeof(Row));
  __builtin_memcpy(to + pitch, &r1, sizeof(Row));
  __builtin_memcpy(to + 2 * pitch, &r2, sizeof(Row));
  __builtin_memcpy(to + 3 * pitch, &r3, sizeof(Row));
}

template <class T>
OFFLOOP_INLINE void Block(const T* from, int64_t row_stride, int64_t col_stride, T* to, int64_t pitch, int64_t rows,
                          int64_t cols) {
  if constexpr (sizeof(T) >= 4) {
    if (col_stride == 1) {
      int64_t i = 0;
      for (; i + 4 <= rows; i += 4) {
        int64_t j = 0;
        for (; j + 4 <= cols; j += 4) Four(from + i * row_stride + j, row_stride, to + j * pitch + i, pitch);
        Rest(from + i * row_stride + j, row_stride, to + j * pitch + i, pitch, 4, cols - j);
      }
      Rest(from + i * row_stride, row_stride, to + i, pitch, rows - i, cols);
      return;
    }
  }
  Part(from, row_stride, col_stride, to, pitch, rows, cols);
}

}  // namespace transpose
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
