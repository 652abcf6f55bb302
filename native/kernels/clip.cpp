// clip: the smaller of (the larger of x and low) and high.
// Levels: avx2 sse4

#include "kernels/map-inl.h"
#include "kernels/pick-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace clip_kernel {

struct Op {
  template <class D, class V>
  static OFFLOOP_INLINE V Run(D d, V x, V low, V high) {
    return pick::Smaller(pick::Larger(d, x, low), high);
  }
};

}  // namespace clip_kernel
}  // namespace

OFFLOOP_KERNEL(clip, OFFLOOP_INSTANCE("f64", Map3<double, clip_kernel::Op>),
               OFFLOOP_INSTANCE("f32", Map3<float, clip_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
