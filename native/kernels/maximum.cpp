// maximum: the larger of two, NaN if either is.
// Levels: avx2 sse4

#include "kernels/map-inl.h"
#include "kernels/pick-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace maximum_kernel {

struct Op {
  template <class D, class V>
  static OFFLOOP_INLINE V Run(D d, V a, V b) {
    return pick::Larger(d, a, b);
  }
};

}  // namespace maximum_kernel
}  // namespace

OFFLOOP_KERNEL(maximum, OFFLOOP_INSTANCE("f64", Map2<double, maximum_kernel::Op>),
               OFFLOOP_INSTANCE("f32", Map2<float, maximum_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
