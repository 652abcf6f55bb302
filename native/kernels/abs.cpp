// abs: without the sign bit.
// Levels: avx2 sse4

#include "kernels/map-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace abs_kernel {

struct Op {
  template <class D, class V>
  static OFFLOOP_INLINE V Run(D, V x) {
    return hn::Abs(x);
  }
};

}  // namespace abs_kernel
}  // namespace

OFFLOOP_KERNEL(abs, OFFLOOP_INSTANCE("f64", Map1<double, abs_kernel::Op>),
               OFFLOOP_INSTANCE("f32", Map1<float, abs_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
