// The transpose of a matrix, in memory: squares of it that fit the first cache, by blocks of registers.
//
// Levels: avx2 sse4
#include "core/job.h"
#include "core/kernel.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace transpose_kernel {

constexpr int64_t kSquare = 64;  // bytes of a row of a square: a cache line on both sides

// to[j][i] = from[i][j], for `rows` × `cols` elements of any strides.
template <class T>
OFFLOOP_INLINE void Part(const T* from, int64_t row_stride, int64_t col_stride, T* to, int64_t pitch, int64_t rows,
                         int64_t cols) {
  for (int64_t j = 0; j < cols; ++j)
    for (int64_t i = 0; i < rows; ++i) to[j * pitch + i] = from[i * row_stride + j * col_stride];
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
        Part(from + i * row_stride + j, row_stride, 1, to + j * pitch + i, pitch, 4, cols - j);
      }
      Part(from + i * row_stride, row_stride, 1, to + i, pitch, rows - i, cols);
      return;
    }
  }
  Part(from, row_stride, col_stride, to, pitch, rows, cols);
}

// `to` is cols × rows. A grain: a band of lines of the result, a cache line of it at a time.
template <class T>
__attribute__((noinline)) Status Run(Job& job, const T* from, int64_t rows, int64_t cols, int64_t row_stride,
                                     int64_t col_stride, T* to) {
  constexpr int64_t square = kSquare / static_cast<int64_t>(sizeof(T)), tall = 4 * square;
  const int64_t across = (cols + square - 1) / square, down = (rows + tall - 1) / tall, count = across * down;
  job.Total(count);
  job.For(count, job.GrainBlocks(count), [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; ++at) {
      const int64_t j = at % across * square, high = cols - j < square ? cols - j : square;
      for (int64_t i = at / across * tall, last = i + tall < rows ? i + tall : rows; i < last; i += square)
        Block(from + i * row_stride + j * col_stride, row_stride, col_stride, to + j * rows + i, rows,
              last - i < square ? last - i : square, high);
    }
  });
  return job.status();
}

template <class T, class Bits>
Status Transpose(Job& job, Matrix<T> x, Out<T> out) {
  static_assert(sizeof(T) == sizeof(Bits));
  return Run(job, reinterpret_cast<const Bits*>(x.data), x.rows, x.cols, x.row_stride, x.col_stride,
             reinterpret_cast<Bits*>(out.data));
}

}  // namespace transpose_kernel
}  // namespace

OFFLOOP_KERNEL(transpose, OFFLOOP_INSTANCE("f64", transpose_kernel::Transpose<double, uint64_t>),
               OFFLOOP_INSTANCE("f32", transpose_kernel::Transpose<float, uint32_t>),
               OFFLOOP_INSTANCE("i8", transpose_kernel::Transpose<int8_t, uint8_t>),
               OFFLOOP_INSTANCE("u8", transpose_kernel::Transpose<uint8_t, uint8_t>),
               OFFLOOP_INSTANCE("i16", transpose_kernel::Transpose<int16_t, uint16_t>),
               OFFLOOP_INSTANCE("u16", transpose_kernel::Transpose<uint16_t, uint16_t>),
               OFFLOOP_INSTANCE("i32", transpose_kernel::Transpose<int32_t, uint32_t>),
               OFFLOOP_INSTANCE("u32", transpose_kernel::Transpose<uint32_t, uint32_t>),
               OFFLOOP_INSTANCE("i64", transpose_kernel::Transpose<int64_t, uint64_t>),
               OFFLOOP_INSTANCE("u64", transpose_kernel::Transpose<uint64_t, uint64_t>))

}  // namespace offloop::OFFLOOP_ISA
