// cummax and cummin: running extremes, as scan-inl.h has them: NaN from the first NaN on, -0 below +0. Order does
// not matter.
// Levels: avx2 sse4

#include "kernels/scan-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace cummax_kernel {

template <class X>
Status Run(Job& job, In<X> x, bool least, Out<X> out) {
  return least ? scan::Run<runs::Min, double>(job, x, out) : scan::Run<runs::Max, double>(job, x, out);
}

}  // namespace cummax_kernel
}  // namespace

OFFLOOP_KERNEL(cummax, OFFLOOP_INSTANCE("f64", cummax_kernel::Run<double>),
               OFFLOOP_INSTANCE("f32", cummax_kernel::Run<float>), OFFLOOP_INSTANCE("i32", cummax_kernel::Run<int32_t>),
               OFFLOOP_INSTANCE("u32", cummax_kernel::Run<uint32_t>))

}  // namespace offloop::OFFLOOP_ISA
