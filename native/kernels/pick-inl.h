// The smaller and the larger of two floats as Math.min and Math.max say: NaN if either is, and -0 below +0.
#pragma once

#include "kernels/map-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace pick {

// Both ways of choosing give the same unless the two are zeros of unlike sign (then either has the sign) or one is NaN
// (then one way gives that NaN, and `or` with any bits leaves it one).
template <class V>
OFFLOOP_INLINE V Smaller(V a, V b) {
#if HWY_ARCH_X86
  return hn::Or(hn::Min(a, b), hn::Min(b, a));  // the processor's: the second where neither is smaller
#else
  return hn::Or(hn::IfThenElse(hn::Lt(a, b), a, b), hn::IfThenElse(hn::Lt(b, a), b, a));
#endif
}
template <class D, class V>
OFFLOOP_INLINE V Larger(D d, V a, V b) {
  const V sign = hn::SignBit(d);
  return hn::Xor(Smaller(hn::Xor(a, sign), hn::Xor(b, sign)), sign);
}

}  // namespace pick
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
