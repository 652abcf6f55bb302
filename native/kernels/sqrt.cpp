// sqrt: correctly rounded.
// Levels: avx2 sse4

#include "kernels/map-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace sqrt_kernel {

struct Op {
  template <class D, class V>
  static OFFLOOP_INLINE V Run(D, V x) {
    return hn::Sqrt(x);
  }
};

}  // namespace sqrt_kernel
}  // namespace

OFFLOOP_KERNEL(sqrt, OFFLOOP_INSTANCE("f64", Map1<double, sqrt_kernel::Op>),
               OFFLOOP_INSTANCE("f32", Map1<float, sqrt_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
