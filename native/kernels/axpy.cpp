// axpy: alpha * x + y, the product rounded before it is added.
// Levels: avx2 sse4

#include "kernels/map-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace axpy_kernel {

struct Op {
  template <class D, class V>
  static OFFLOOP_INLINE V Run(D, V alpha, V x, V y) {
    return hn::Add(hn::Mul(alpha, x), y);
  }
};

}  // namespace axpy_kernel
}  // namespace

OFFLOOP_KERNEL(axpy, OFFLOOP_INSTANCE("f64", Map3<double, axpy_kernel::Op>),
               OFFLOOP_INSTANCE("f32", Map3<float, axpy_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
