// where: a where the mask is not 0, else b.
// Levels: avx2 sse4

#include "kernels/map-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace where_kernel {

struct Op {
  template <class D, class M, class V>
  static OFFLOOP_INLINE V Run(D d, M mask, V a, V b) {
    const hn::RebindToUnsigned<D> words;
    return hn::IfThenElse(hn::RebindMask(d, hn::Ne(mask, hn::Zero(words))), a, b);
  }
};

}  // namespace where_kernel
}  // namespace

OFFLOOP_KERNEL(where, OFFLOOP_INSTANCE("f64", MapMasked<double, where_kernel::Op>),
               OFFLOOP_INSTANCE("f32", MapMasked<float, where_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
