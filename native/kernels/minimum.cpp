// minimum: the smaller of two, NaN if either is.
// Levels: avx2 sse4

#include "kernels/map-inl.h"
#include "kernels/pick-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace minimum_kernel {

struct Op {
  template <class D, class V>
  static OFFLOOP_INLINE V Run(D, V a, V b) {
    return pick::Smaller(a, b);
  }
};

}  // namespace minimum_kernel
}  // namespace

OFFLOOP_KERNEL(minimum, OFFLOOP_INSTANCE("f64", Map2<double, minimum_kernel::Op>),
               OFFLOOP_INSTANCE("f32", Map2<float, minimum_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
