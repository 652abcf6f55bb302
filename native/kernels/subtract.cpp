// subtract: a - b, element by element.
// Levels: avx2 sse4

#include "kernels/map-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace subtract_kernel {

struct Op {
  template <class D, class V>
  static OFFLOOP_INLINE V Run(D, V a, V b) {
    return hn::Sub(a, b);
  }
};

}  // namespace subtract_kernel
}  // namespace

OFFLOOP_KERNEL(subtract, OFFLOOP_INSTANCE("f64", Map2<double, subtract_kernel::Op>),
               OFFLOOP_INSTANCE("f32", Map2<float, subtract_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
