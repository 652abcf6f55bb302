// atan and atan2 on vectors; twin: src/kernels/atan.twin.ts.
//
// Sources: polynomial and points of s_atan.c of fdlibm (Sun Microsystems, 1993), that for floats of atanf.c of Cephes
// (S. L. Moshier, 1992). atan2 keeps the rounding error of its quotient (T. J. Dekker, "A floating-point technique for
// extending the available precision", 1971) and adds it where it counts.
#pragma once

#include "kernels/math-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace math {

// (t - atan t) / t for |t| <= 7/16, z = t * t.
template <class D, class V>
OFFLOOP_INLINE V AtanExact(D d, V z) {
  const V w = z * z;
  V a = Of(d, 4.97687799461593236017e-02) + w * Of(d, 1.62858201153657823623e-02);
  a = Of(d, 6.66107313738753120669e-02) + w * a;
  a = Of(d, 9.09088713343650656196e-02) + w * a;
  a = Of(d, 1.42857142725034663711e-01) + w * a;
  a = Of(d, 3.33333333333329318027e-01) + w * a;
  V b = Of(d, -5.83357013379057348645e-02) + w * Of(d, -3.65315727442169155270e-02);
  b = Of(d, -7.69187620504482999495e-02) + w * b;
  b = Of(d, -1.11111104054623557880e-01) + w * b;
  b = Of(d, -1.99999999998764832476e-01) + w * b;
  return z * a + w * b;
}

// atan(v / u) for 0 <= v <= u, floats.
template <class D, class V>
OFFLOOP_INLINE V AtanFast(D d, V v, V u) {
  const auto most = hn::Ge(v, u * Of(d, 0.41421356));
  const V base = hn::IfThenElseZero(most, Of(d, 0.7853981633974483));
  const V t = hn::IfThenElse(most, v - u, v) / hn::IfThenElse(most, u + v, u);
  const V z = t * t;
  V p = Of(d, 8.05374449538e-2);
  for (const double term : {-1.38776856032e-1, 1.99777106478e-1, -3.33329491539e-1}) p = hn::MulAdd(p, z, Of(d, term));
  return base + hn::MulAdd(t * z, p, t);
}

struct AtanOp {
  static constexpr bool kFastDoubles = false;

  template <class D, class V>
  static OFFLOOP_INLINE V Exact(D d, V x) {
    const V a = hn::Abs(x);
    const auto one = hn::Ge(a, Of(d, 0.4375)), two = hn::Ge(a, Of(d, 0.6875)), three = hn::Ge(a, Of(d, 1.1875));
    const auto far = hn::Not(hn::Lt(a, Of(d, 2.4375)));
    // The point c that is nearest, and atan c in two parts.
    const auto pick = [&](double at_one, double at_two, double at_three) __attribute__((always_inline)) {
      const V low = hn::IfThenElseZero(one, Of(d, at_one));
      return hn::IfThenElse(three, Of(d, at_three), hn::IfThenElse(two, Of(d, at_two), low));
    };
    const V c = pick(0.5, 1, 1.5);
    const V high =
        hn::IfThenElse(far, Of(d, 1.57079632679489655800e+00),
                       pick(4.63647609000806093515e-01, 7.85398163397448278999e-01, 9.82793723247329054082e-01));
    const V low =
        hn::IfThenElse(far, Of(d, 6.12323399573676603587e-17),
                       pick(2.26987774529616870924e-17, 3.06161699786838301793e-17, 1.39033110312309984516e-17));
    const V t = hn::IfThenElse(far, Of(d, -1), a - c) / hn::IfThenElse(far, a, Of(d, 1) + c * a);
    const V y = high - ((t * AtanExact(d, t * t) - low) - t);
    return hn::Xor(y, hn::And(x, Of(d, -0.0)));
  }
  // Floats only.
  template <class D, class V>
  static OFFLOOP_INLINE V Fast(D d, V x) {
    const V a = AtMost(d, hn::Abs(x), Of(d, 1e30)), one = Of(d, 1);
    const auto steep = hn::Gt(a, one);
    const V y = AtanFast(d, hn::IfThenElse(steep, one, a), hn::IfThenElse(steep, a, one));
    const V turned = Of(d, 1.5707963267948966) - y;
    return hn::Xor(hn::IfThenElse(steep, turned, y), hn::And(x, Of(d, -0.0)));
  }
};

// atan2(y, x)
struct Atan2Op {
  static constexpr bool kFastDoubles = false;

  template <class D, class V>
  static OFFLOOP_INLINE V Exact(D d, V y, V x) {
    const V zero = hn::Zero(d), one = Of(d, 1);
    V v = hn::Abs(y), u = hn::Abs(x);
    const V sum = v + u;  // a NaN if one is
    const auto steep = hn::Gt(v, u);
    const V greater = hn::IfThenElse(steep, v, u);
    v = hn::IfThenElse(steep, u, v);
    u = greater;
    // Two infinities are like two ones, one like a one and a zero.
    const auto infinite = hn::Eq(u, Of(d, __builtin_inf()));
    v = hn::IfThenElse(infinite, hn::IfThenElseZero(hn::Eq(v, u), one), v);
    u = hn::IfThenElse(hn::Or(infinite, hn::Eq(u, zero)), one, u);
    // Room for what follows, without rounding where it counts.
    const V scale = hn::IfThenElse(hn::Ge(u, Of(d, 0x1p900)), Of(d, 0x1p-200),
                                   hn::IfThenElse(hn::Lt(u, Of(d, 0x1p-800)), Of(d, 0x1p600), one));
    v = v * scale;
    u = u * scale;

    const auto some = hn::Ge(v, u * Of(d, 0.4375)), most = hn::Ge(v, u * Of(d, 0.6875));
    const V c = hn::IfThenElse(most, one, hn::IfThenElseZero(some, Of(d, 0.5)));
    const V numerator = v - c * u;  // exact
    const V part = c * v;
    const V denominator = u + part;
    const V t = numerator / denominator;
    // t + error is the quotient to more than a double.
    const V product = t * denominator;
    const V top = Upper(d, t, 134217729), bottom = t - top;
    const V large = Upper(d, denominator, 134217729), little = denominator - large;
    const V lost = ((top * large - product) + top * little + bottom * large) + bottom * little;
    const V rest = ((numerator - product) - lost) - t * ((u - denominator) + part);
    const V z = t * t;
    const V error = hn::IfThenElseZero(hn::Ge(hn::Abs(t), Of(d, 0x1p-60)), (rest / denominator) * (one - z));

    // base + low -/+ atan c, and the same for t.
    const V point = hn::IfThenElse(most, Of(d, 7.85398163397448278999e-01),
                                   hn::IfThenElseZero(some, Of(d, 4.63647609000806093515e-01)));
    const V point_low = hn::IfThenElse(most, Of(d, 3.06161699786838301793e-17),
                                       hn::IfThenElseZero(some, Of(d, 2.26987774529616870924e-17)));
    const auto behind = hn::MaskFromVec(hn::BitCast(d, hn::BroadcastSignBit(hn::BitCast(hn::RebindToSigned<D>(), x))));
    const V turn = hn::IfThenElse(steep, one, hn::IfThenElseZero(behind, Of(d, 2)));
    const V base = turn * Of(d, 1.57079632679489655800e+00);
    const V base_low = turn * Of(d, 6.12323399573676603587e-17);
    const V sign = hn::IfThenElseZero(hn::Xor(steep, behind), Of(d, -0.0));
    const V added = hn::Xor(point, sign);
    const V high = base + added;
    const V low = (base_low + hn::Xor(point_low, sign)) + ((base - high) + added);
    const V tail = low + hn::Xor(error - t * AtanExact(d, z), sign);
    const V angle = high + (hn::Xor(t, sign) + tail);
    return hn::IfThenElse(hn::Eq(sum, sum), hn::Xor(angle, hn::And(y, Of(d, -0.0))), sum);
  }
  // Floats only.
  template <class D, class V>
  static OFFLOOP_INLINE V Fast(D d, V y, V x) {
    using T = hn::TFromD<D>;
    V v = hn::Abs(y), u = hn::Abs(x);
    const auto steep = hn::Gt(v, u);
    const V greater = hn::IfThenElse(steep, v, u);
    v = hn::IfThenElse(steep, u, v);
    const auto fits = hn::And(hn::Lt(greater, Of(d, 0x1p100)), hn::Gt(greater, Of(d, 0x1p-100)));
    if (HWY_UNLIKELY(!hn::AllTrue(d, hn::And(fits, hn::Eq(v, v))))) {
      alignas(64) T a[hn::MaxLanes(d)], b[hn::MaxLanes(d)], to[hn::MaxLanes(d)];
      hn::Store(y, d, a);
      hn::Store(x, d, b);
      const void* in[] = {a, b};
      Choose<T, Atan2Op, 2>(false)(in, to, static_cast<int64_t>(hn::Lanes(d)), false);
      return hn::Load(d, to);
    }
    const V t = AtanFast(d, v, greater);
    const V first = hn::IfThenElse(steep, Of(d, 1.5707963267948966) - t, t);
    const auto behind = hn::Lt(x, hn::Zero(d));
    return hn::Xor(hn::IfThenElse(behind, Of(d, 3.141592653589793) - first, first), hn::And(y, Of(d, -0.0)));
  }
};

}  // namespace math
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
