// atan2: the angle of (x, y), element by element.

#include "kernels/math-atan-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace atan2_kernel {

using Op = math::Atan2Op;

}  // namespace atan2_kernel
}  // namespace

OFFLOOP_KERNEL(atan2, OFFLOOP_INSTANCE("f64", math::Math2<double, atan2_kernel::Op>),
               OFFLOOP_INSTANCE("f32", math::Math2<float, atan2_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
