// log1p: log(1 + x), element by element.

#include "kernels/math-fast-inl.h"
#include "kernels/math-log-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace log1p_kernel {

struct Op {
  static constexpr bool kFastDoubles = false;
  template <class D, class V>
  static OFFLOOP_INLINE V Exact(D d, V x) {
    return math::Log1pExact(d, x);
  }
  template <class D, class V>
  static OFFLOOP_INLINE V Fast(D d, V x) {
    return math::Log1pFast(d, x);
  }
};

}  // namespace log1p_kernel
}  // namespace

OFFLOOP_KERNEL(log1p, OFFLOOP_INSTANCE("f64", math::Math1<double, log1p_kernel::Op>),
               OFFLOOP_INSTANCE("f32", math::Math1<float, log1p_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
