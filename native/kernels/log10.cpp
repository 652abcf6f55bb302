// log10: logarithms to base 10, element by element.

#include "kernels/math-fast-inl.h"
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
  static OFFLOOP_INLINE V Fast(D d, V x) {
    return math::LogFast(d, x, 0.4342944819032518, 3.01029995663611771306e-01, 3.69423907715893078616e-13);
  }
};

}  // namespace log10_kernel
}  // namespace

OFFLOOP_KERNEL(log10, OFFLOOP_INSTANCE("f64", math::Math1<double, log10_kernel::Op>),
               OFFLOOP_INSTANCE("f32", math::Math1<float, log10_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
