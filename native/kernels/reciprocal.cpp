// reciprocal: 1 / x, correctly rounded.
// Levels: avx2 sse4

#include "kernels/map-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace reciprocal_kernel {

struct Op {
  template <class D, class V>
  static OFFLOOP_INLINE V Run(D d, V x) {
    return hn::Div(hn::Set(d, 1), x);
  }
};

}  // namespace reciprocal_kernel
}  // namespace

OFFLOOP_KERNEL(reciprocal, OFFLOOP_INSTANCE("f64", Map1<double, reciprocal_kernel::Op>),
               OFFLOOP_INSTANCE("f32", Map1<float, reciprocal_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
