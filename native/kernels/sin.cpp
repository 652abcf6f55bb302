// sin: the sine, element by element.

#include "kernels/math-trig-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace sin_kernel {

using Op = math::SinOp<0>;

}  // namespace sin_kernel
}  // namespace

OFFLOOP_KERNEL(sin, OFFLOOP_INSTANCE("f64", math::Math1<double, sin_kernel::Op>),
               OFFLOOP_INSTANCE("f32", math::Math1<float, sin_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
