// The smaller and the larger of two floats as Math.min and Math.max say: NaN if either is, and -0 below +0.
#pragma once

#include "kernels/map-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace pick {

// Both ways of choosing give the same unless the two are zeros of unlike sign (then either has the sign) or one is NaN
// (then one way gives that NaN, and `or` with any bits leaves it one). Min of Highway, which is the processor's own,
// differs in just these cases from one to the other.
template <class V>
OFFLOOP_INLINE V Smaller(V a, V b) {
  return hn::Or(hn::IfThenElse(hn::Lt(a, b), a, b), hn::IfThenElse(hn::Lt(b, a), b, a));
}
template <class D, class V>
OFFLOOP_INLINE V Larger(D d, V a, V b) {
  const V sign = hn::SignBit(d);
  return hn::Xor(Smaller(hn::Xor(a, sign), hn::Xor(b, sign)), sign);
}

}  // namespace pick
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
