// add: a + b, element by element.
// Levels: avx2 sse4

#include "kernels/map-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace add_kernel {

struct Op {
  template <class D, class V>
  static OFFLOOP_INLINE V Run(D, V a, V b) {
    return hn::Add(a, b);
  }
};

}  // namespace add_kernel
}  // namespace

OFFLOOP_KERNEL(add, OFFLOOP_INSTANCE("f64", Map2<double, add_kernel::Op>),
               OFFLOOP_INSTANCE("f32", Map2<float, add_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
