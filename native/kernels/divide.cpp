// divide: a / b, element by element.
// Levels: avx2 sse4

#include "kernels/map-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace divide_kernel {

struct Op {
  template <class D, class V>
  static OFFLOOP_INLINE V Run(D, V a, V b) {
    return hn::Div(a, b);
  }
};

}  // namespace divide_kernel
}  // namespace

OFFLOOP_KERNEL(divide, OFFLOOP_INSTANCE("f64", Map2<double, divide_kernel::Op>),
               OFFLOOP_INSTANCE("f32", Map2<float, divide_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
