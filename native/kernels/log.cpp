// log: natural logarithms, element by element.

#include "kernels/math-fast-inl.h"
#include "kernels/math-log-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace log_kernel {

namespace hn = hwy::HWY_NAMESPACE;

struct Op {
  static constexpr bool kFastDoubles = true;
  template <class D, class V>
  static OFFLOOP_INLINE V Exact(D d, V x) {
    return math::LogExact(d, x);
  }
  template <class D, class V>
  static OFFLOOP_INLINE V Fast(D d, V x) {
    using F = math::Fast<hn::TFromD<D>>;
    return math::LogFast(d, x, 1, F::kLn2High, F::kLn2Low);
  }
};

}  // namespace log_kernel
}  // namespace

OFFLOOP_KERNEL(log, OFFLOOP_INSTANCE("f64", math::Math1<double, log_kernel::Op>),
               OFFLOOP_INSTANCE("f32", math::Math1<float, log_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
