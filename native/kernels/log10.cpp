// log10: logarithms to base 10, element by element.

#include "kernels/math-log-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace log10_kernel {

struct Op {
  static constexpr bool kFastDoubles = false;
  template <class D, class V>
  static OFFLOOP_INLINE V Exact(D d, V x) {
    return math::Log10Exact(d, x);
  }
  template <class D, class V>
  static OFFLOOP_INLINE V Fast(D, V x) {
    return x;
  }
};

}  // namespace log10_kernel
}  // namespace

OFFLOOP_KERNEL(log10, OFFLOOP_INSTANCE("f64", math::Math1<double, log10_kernel::Op>),
               OFFLOOP_INSTANCE("f32", math::Math1<float, log10_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
