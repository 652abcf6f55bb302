// log2: logarithms to base 2, element by element.

#include "kernels/math-fast-inl.h"
#include "kernels/math-log-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace log2_kernel {

struct Op {
  static constexpr bool kFastDoubles = false;
  template <class D, class V>
  static OFFLOOP_INLINE V Exact(D d, V x) {
    return math::Log2Exact(d, x);
  }
  template <class D, class V>
  static OFFLOOP_INLINE V Fast(D d, V x) {
    return math::LogFast(d, x, 1.4426950408889634, 1, 0);
  }
};

}  // namespace log2_kernel
}  // namespace

OFFLOOP_KERNEL(log2, OFFLOOP_INSTANCE("f64", math::Math1<double, log2_kernel::Op>),
               OFFLOOP_INSTANCE("f32", math::Math1<float, log2_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
