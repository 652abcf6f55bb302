// expm1: e^x - 1, element by element.

#include "kernels/math-exp-inl.h"
#include "kernels/math-fast-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace expm1_kernel {

struct Op {
  static constexpr bool kFastDoubles = false;
  template <class D, class V>
  static OFFLOOP_INLINE V Exact(D d, V x) {
    return math::Expm1Exact(d, x);
  }
  template <class D, class V>
  static OFFLOOP_INLINE V Fast(D d, V x) {
    return math::Expm1Fast(d, x);
  }
};

}  // namespace expm1_kernel
}  // namespace

OFFLOOP_KERNEL(expm1, OFFLOOP_INSTANCE("f64", math::Math1<double, expm1_kernel::Op>),
               OFFLOOP_INSTANCE("f32", math::Math1<float, expm1_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
