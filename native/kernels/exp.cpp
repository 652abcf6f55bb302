// exp: e^x, element by element.

#include "kernels/math-exp-inl.h"
#include "kernels/math-fast-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace exp_kernel {

struct Op {
  static constexpr bool kFastDoubles = true;
  template <class D, class V>
  static OFFLOOP_INLINE V Exact(D d, V x) {
    return math::ExpExact(d, x);
  }
  template <class D, class V>
  static OFFLOOP_INLINE V Fast(D d, V x) {
    return math::ExpFast(d, x);
  }
};

}  // namespace exp_kernel
}  // namespace

OFFLOOP_KERNEL(exp, OFFLOOP_INSTANCE("f64", math::Math1<double, exp_kernel::Op>),
               OFFLOOP_INSTANCE("f32", math::Math1<float, exp_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
