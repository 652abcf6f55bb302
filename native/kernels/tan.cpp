// tan: the tangent, element by element.

#include "kernels/math-trig-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace tan_kernel {

using Op = math::TanOp;

}  // namespace tan_kernel
}  // namespace

OFFLOOP_KERNEL(tan, OFFLOOP_INSTANCE("f64", math::Math1<double, tan_kernel::Op>),
               OFFLOOP_INSTANCE("f32", math::Math1<float, tan_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
