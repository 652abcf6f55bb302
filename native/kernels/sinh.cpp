// sinh: the hyperbolic sine, element by element.

#include "kernels/math-hyperbolic-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace sinh_kernel {

using Op = math::SinhOp<true>;

}  // namespace sinh_kernel
}  // namespace

OFFLOOP_KERNEL(sinh, OFFLOOP_INSTANCE("f64", math::Math1<double, sinh_kernel::Op>),
               OFFLOOP_INSTANCE("f32", math::Math1<float, sinh_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
