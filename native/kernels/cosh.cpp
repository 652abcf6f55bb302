// cosh: the hyperbolic cosine, element by element.

#include "kernels/math-hyperbolic-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace cosh_kernel {

using Op = math::SinhOp<false>;

}  // namespace cosh_kernel
}  // namespace

OFFLOOP_KERNEL(cosh, OFFLOOP_INSTANCE("f64", math::Math1<double, cosh_kernel::Op>),
               OFFLOOP_INSTANCE("f32", math::Math1<float, cosh_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
