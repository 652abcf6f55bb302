// cbrt: cube roots, element by element.
//
// Source: the estimate from the exponent, the polynomial that refines it and the closing Newton step are those of
// FreeBSD's s_cbrt.c (Sun Microsystems, 1993; B. Evans, 2003).

#include "kernels/math-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace cbrt_kernel {

namespace hn = hwy::HWY_NAMESPACE;

using math::Bits;
using math::Of;
using math::Word64;

struct Op {
  static constexpr bool kFastDoubles = false;

  template <class D, class V>
  static OFFLOOP_INLINE V Exact(D d, V x) {
    const V magnitude = hn::Abs(x);
    const auto tiny = hn::Lt(magnitude, Of(d, 0x1p-1022));
    const V a = hn::IfThenElse(tiny, magnitude * Of(d, 0x1p54), magnitude);
    // A third of the upper word has a third of the exponent: 5 bits of the root.
    const V word = hn::BitCast(d, hn::ShiftRight<32>(Bits(d, a)) | Word64(d, 0x4330000000000000u)) - Of(d, 0x1p52);
    const V third =
        word * Of(d, 1.0 / 3) + hn::IfThenElse(tiny, Of(d, math::kMagic + 696219795), Of(d, math::kMagic + 715094163));
    V t = hn::BitCast(d, hn::ShiftLeft<32>(Bits(d, third)));
    // 23 bits, no more: so that t * t is exact.
    const V r = (t * t) * (t / magnitude);
    const V low =
        Of(d, 1.87595182427177009643) + r * (Of(d, -1.88497979543377169875) + r * Of(d, 1.621429720105354466140));
    const V high = (r * r) * r * (Of(d, -0.758397934778766047437) + r * Of(d, 0.145996192886612446982));
    t = math::Upper(d, t * (low + high), 0x1p30 + 1);
    const V q = magnitude / (t * t);
    const V root = t + t * ((q - t) / (t + t + q));
    // 0, inf and NaN are their own roots.
    const auto usual = hn::And(hn::Gt(magnitude, hn::Zero(d)), hn::Lt(magnitude, hn::Inf(d)));
    return hn::IfThenElse(usual, hn::CopySign(root, x), x);
  }
  template <class D, class V>
  static OFFLOOP_INLINE V Fast(D d, V x) {
    const hn::RebindToSigned<D> di;
    const V magnitude = hn::Abs(x);
    const auto tiny = hn::Lt(magnitude, Of(d, 0x1p-126));
    const V a = hn::IfThenElse(tiny, magnitude * Of(d, 0x1p24), magnitude);
    const V inverse = Of(d, 1) / a;
    const V third = hn::ConvertTo(d, hn::BitCast(di, a)) * Of(d, 1.0 / 3);
    V t = hn::BitCast(d, hn::ConvertTo(di, third) + hn::Set(di, 709958130));
    const V r = (t * t) * (t * inverse);
    V p = hn::MulAdd(r, Of(d, 0.145996192886612446982), Of(d, -0.758397934778766047437));
    p = hn::MulAdd(r, p, Of(d, 1.621429720105354466140));
    p = hn::MulAdd(r, p, Of(d, -1.88497979543377169875));
    t = t * hn::MulAdd(r, p, Of(d, 1.87595182427177009643));
    const V error = hn::MulSub(t * t, t, a) * inverse;
    V root = hn::NegMulAdd(t * error, Of(d, 1.0 / 3), t);
    root = hn::IfThenElse(tiny, root * Of(d, 0x1p-8), root);
    const auto usual = hn::And(hn::Gt(magnitude, hn::Zero(d)), hn::Lt(magnitude, hn::Inf(d)));
    return hn::IfThenElse(usual, hn::CopySign(root, x), x);
  }
};

}  // namespace cbrt_kernel
}  // namespace

OFFLOOP_KERNEL(cbrt, OFFLOOP_INSTANCE("f64", math::Math1<double, cbrt_kernel::Op>),
               OFFLOOP_INSTANCE("f32", math::Math1<float, cbrt_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
