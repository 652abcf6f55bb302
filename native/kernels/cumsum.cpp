// cumsum: running sums, as scan-inl.h has them. f32, i32 and u32 are added in f64, 64-bit integers modulo 2^64.
// Levels: avx2 sse4

#include "kernels/scan-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace cumsum_kernel {

template <class X, class Y>
Status Sum(Job& job, In<X> x, Out<Y> out) {
  return scan::Run<runs::Add, double>(job, x, out);
}
template <class X>
Status Long(Job& job, In<X> x, Out<X> out) {
  return scan::Run<runs::Add, uint64_t>(job, x, out);  // signed and unsigned sums wrap to the same bits
}

}  // namespace cumsum_kernel
}  // namespace

OFFLOOP_KERNEL(cumsum, OFFLOOP_INSTANCE("f64", cumsum_kernel::Sum<double, double>),
               OFFLOOP_INSTANCE("f32", cumsum_kernel::Sum<float, float>),
               OFFLOOP_INSTANCE("i32", cumsum_kernel::Sum<int32_t, double>),
               OFFLOOP_INSTANCE("u32", cumsum_kernel::Sum<uint32_t, double>),
               OFFLOOP_INSTANCE("i64", cumsum_kernel::Long<int64_t>),
               OFFLOOP_INSTANCE("u64", cumsum_kernel::Long<uint64_t>))

}  // namespace offloop::OFFLOOP_ISA
