// cos: the cosine, element by element.

#include "kernels/math-trig-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace cos_kernel {

using Op = math::SinOp<1>;

}  // namespace cos_kernel
}  // namespace

OFFLOOP_KERNEL(cos, OFFLOOP_INSTANCE("f64", math::Math1<double, cos_kernel::Op>),
               OFFLOOP_INSTANCE("f32", math::Math1<float, cos_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
