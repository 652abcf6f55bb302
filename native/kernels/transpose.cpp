// The transpose of a matrix, in memory: squares of it that fit the first cache, by blocks of registers.
//
// Levels: avx2 sse4
#include "core/job.h"
#include "core/kernel.h"
#include "kernels/transpose-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace transpose_kernel {

constexpr int64_t kSquare = 64;  // bytes of a row of a square: a cache line on both sides

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
        transpose::Block(from + i * row_stride + j * col_stride, row_stride, col_stride, to + j * rows + i, rows,
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
