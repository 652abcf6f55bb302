// square: x * x.
// Levels: avx2 sse4

#include "kernels/map-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace square_kernel {

struct Op {
  template <class D, class V>
  static OFFLOOP_INLINE V Run(D, V x) {
    return hn::Mul(x, x);
  }
};

}  // namespace square_kernel
}  // namespace

OFFLOOP_KERNEL(square, OFFLOOP_INSTANCE("f64", Map1<double, square_kernel::Op>),
               OFFLOOP_INSTANCE("f32", Map1<float, square_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
