// multiply: a * b, element by element; also scale.
// Levels: avx2 sse4

#include "kernels/map-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace multiply_kernel {

struct Op {
  template <class D, class V>
  static OFFLOOP_INLINE V Run(D, V a, V b) {
    return hn::Mul(a, b);
  }
};

}  // namespace multiply_kernel
}  // namespace

OFFLOOP_KERNEL(multiply, OFFLOOP_INSTANCE("f64", Map2<double, multiply_kernel::Op>),
               OFFLOOP_INSTANCE("f32", Map2<float, multiply_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
