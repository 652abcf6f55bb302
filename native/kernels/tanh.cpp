// tanh: the hyperbolic tangent, element by element.

#include "kernels/math-hyperbolic-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace tanh_kernel {

using Op = math::TanhOp;

}  // namespace tanh_kernel
}  // namespace

OFFLOOP_KERNEL(tanh, OFFLOOP_INSTANCE("f64", math::Math1<double, tanh_kernel::Op>),
               OFFLOOP_INSTANCE("f32", math::Math1<float, tanh_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
