// dot: Σ a·b. Each product is rounded, then added as lanes-inl.h tells; f32 and integers are multiplied in f64.
// Levels: avx2 sse4

#include "core/kernel.h"
#include "core/reduction.h"
#include "kernels/lanes-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace dot_kernel {

using lanes::Lanes;

template <class T>
struct Products {
  const T* a;
  const T* b;
  OFFLOOP_INLINE void Get(Lanes& row, int64_t i) const {
    Lanes other;
    lanes::Load(row, a + i);
    lanes::Load(other, b + i);
    row *= other;
  }
  OFFLOOP_INLINE void GetSome(Lanes& row, int64_t i, int64_t n) const {
    Lanes other;
    lanes::LoadSome(row, a + i, n);
    lanes::LoadSome(other, b + i, n);
    row *= other;
  }
};

// Four blocks of each operand side by side: eight streams of memory.
template <class T>
Status DotFloat(Job& job, In<T> a, In<T> b, Result<double> sum) {
  const int64_t size = a.size < b.size ? a.size : b.size;
  return lanes::Add<4>(job, Products<T>{a.data, b.data}, size, sum.data[0]);
}

// One for all integers.
Status DotConverted(Job& job, const Elements& a, const Elements& b, double& sum) {
  job.Total((a.size + kReduceBlock - 1) / kReduceBlock);
  sum = 0;
  return job.Reduce(
      a.size < b.size ? a.size : b.size, kReduceBlock, sum,
      [&](int64_t begin, int64_t end) {
        alignas(64) double first[kReduceUnit], second[kReduceUnit];
        lanes::Counter counter;
        counter.runs = 0;
        for (int64_t at = begin; at < end; at += kReduceUnit) {
          const int64_t n = end - at < kReduceUnit ? end - at : kReduceUnit;
          lanes::AddRuns(counter, Products<double>{AsDoubles(a, at, n, first), AsDoubles(b, at, n, second)}, 0, n);
        }
        return counter.Total();
      },
      [](double left, double right) { return left + right; });
}

template <class T>
Status DotInteger(Job& job, In<T> a, In<T> b, Result<double> sum) {
  return DotConverted(job, {a.data, DtypeOf<T>(), a.size}, {b.data, DtypeOf<T>(), b.size}, sum.data[0]);
}

}  // namespace dot_kernel
}  // namespace

OFFLOOP_KERNEL(
    dot, OFFLOOP_INSTANCE("f64", dot_kernel::DotFloat<double>), OFFLOOP_INSTANCE("f32", dot_kernel::DotFloat<float>),
    OFFLOOP_INSTANCE("i8", dot_kernel::DotInteger<int8_t>), OFFLOOP_INSTANCE("u8", dot_kernel::DotInteger<uint8_t>),
    OFFLOOP_INSTANCE("i16", dot_kernel::DotInteger<int16_t>), OFFLOOP_INSTANCE("u16", dot_kernel::DotInteger<uint16_t>),
    OFFLOOP_INSTANCE("i32", dot_kernel::DotInteger<int32_t>), OFFLOOP_INSTANCE("u32", dot_kernel::DotInteger<uint32_t>))

}  // namespace offloop::OFFLOOP_ISA
