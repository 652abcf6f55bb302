// log: natural logarithms, element by element.

#include "kernels/math-log-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace log_kernel {

struct Op {
  static constexpr bool kFastDoubles = false;
  template <class D, class V>
  static OFFLOOP_INLINE V Exact(D d, V x) {
    return math::LogExact(d, x);
  }
  template <class D, class V>
  static OFFLOOP_INLINE V Fast(D, V x) {
    return x;
  }
};

}  // namespace log_kernel
}  // namespace

OFFLOOP_KERNEL(log, OFFLOOP_INSTANCE("f64", math::Math1<double, log_kernel::Op>),
               OFFLOOP_INSTANCE("f32", math::Math1<float, log_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
