// atan: the arc tangent, element by element.

#include "kernels/math-atan-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace atan_kernel {

using Op = math::AtanOp;

}  // namespace atan_kernel
}  // namespace

OFFLOOP_KERNEL(atan, OFFLOOP_INSTANCE("f64", math::Math1<double, atan_kernel::Op>),
               OFFLOOP_INSTANCE("f32", math::Math1<float, atan_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
