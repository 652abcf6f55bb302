// x modulo pi/2, and sin and cos of what is left; twin: src/kernels/sin.twin.ts.
//
// Sources: W. J. Cody and W. Waite, "Software Manual for the Elementary Functions", 1980 (reduction by parts of pi/2);
// the cut of pi/2 into 33 bits and the coefficients are those of e_rem_pio2.c, k_sin.c, k_cos.c and k_tan.c of fdlibm
// (Sun Microsystems, 1993). The reduction always takes all parts, so that it has no branches.
#pragma once

#include "kernels/common/reduce.h"
#include "kernels/math-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace math {

constexpr double kTwoOverPi = 0.6366197723675814;
constexpr double kMediumLimit = 1647099.0;  // below: n = x * 2/pi has at most 20 bits, and n * 33 bits are exact

template <class D>
struct Angle {
  hn::VFromD<D> high, low;
  hn::VFromD<Word<D>> quadrant;  // its low bits
};

// The lanes that are too large for Reduce, or not finite.
template <class D, class V>
HWY_NOINLINE void ReduceRare(D d, const V& x, Angle<D>& angle) {
  alignas(64) double from[hn::MaxLanes(d)], high[hn::MaxLanes(d)], low[hn::MaxLanes(d)];
  alignas(64) uint64_t quadrant[hn::MaxLanes(d)];
  hn::Store(x, d, from);
  hn::Store(angle.high, d, high);
  hn::Store(angle.low, d, low);
  hn::Store(angle.quadrant, Word<D>(), quadrant);
  ReduceHuge(from, static_cast<int64_t>(hn::Lanes(d)), kMediumLimit, high, low, quadrant);
  angle = {hn::Load(d, high), hn::Load(d, low), hn::Load(Word<D>(), quadrant)};
}

// x >= 0 or NaN.
template <class D, class V>
OFFLOOP_INLINE Angle<D> Reduce(D d, V x) {
  const V rounded = x * Of(d, kTwoOverPi) + Of(d, kMagic);
  const V n = rounded - Of(d, kMagic);
  const V a = x - n * Of(d, 1.5707963267341256);
  const V second = n * Of(d, 6.077100506303966e-11);
  const V b = a - second;
  const V third = n * Of(d, 2.0222662487111665e-21);
  const V c = b - third;
  const V tail = (((a - b) - second) + ((b - c) - third)) - n * Of(d, 8.4784276603689e-32);
  const V high = c + tail;
  Angle<D> angle{high, (c - high) + tail, Bits(d, rounded)};
  if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Lt(x, Of(d, kMediumLimit))))) ReduceRare(d, x, angle);
  return angle;
}

// sin(x + y) and cos(x + y) for |x| <= pi/4, y a tail of x.
template <class D, class V>
OFFLOOP_INLINE V SinExact(D d, V x, V y) {
  const V z = x * x, w = z * z, v = z * x;
  const V r = Of(d, 8.33333333332248946124e-03) +
              z * (Of(d, -1.98412698298579493134e-04) + z * Of(d, 2.75573137070700676789e-06)) +
              z * w * (Of(d, -2.50507602534068634195e-08) + z * Of(d, 1.58969099521155010221e-10));
  return x - ((z * (Of(d, 0.5) * y - v * r) - y) - v * Of(d, -1.66666666666666324348e-01));
}
template <class D, class V>
OFFLOOP_INLINE V CosExact(D d, V x, V y) {
  const V z = x * x, w = z * z, one = Of(d, 1);
  const V r = z * (Of(d, 4.16666666666666019037e-02) +
                   z * (Of(d, -1.38888888888741095749e-03) + z * Of(d, 2.48015872894767294178e-05))) +
              w * w *
                  (Of(d, -2.75573143513906633035e-07) +
                   z * (Of(d, 2.08757232129817482790e-09) + z * Of(d, -1.13596475577881948265e-11)));
  const V half = Of(d, 0.5) * z;
  const V rest = one - half;
  return rest + (((one - rest) - half) + (z * r - x * y));
}

// The sign of a quadrant's bit 1, as a double's.
template <class D, class W>
OFFLOOP_INLINE hn::VFromD<D> SignOfHalf(D d, W quadrant) {
  constexpr int kUp = 8 * sizeof(hn::TFromD<D>) - 2;
  return hn::And(hn::BitCast(d, hn::ShiftLeft<kUp>(quadrant)), Of(d, -0.0));
}
template <class D, class W>
OFFLOOP_INLINE hn::Mask<D> IsOdd(D d, W quadrant) {
  const Word<D> words;
  return hn::RebindMask(d, hn::TestBit(quadrant, hn::Set(words, 1)));
}

// ---- Fast: FMA, one part of the angle ----

// Below it the rounded quotient is right and n * pi/2 in three parts good enough; the exact function takes the rest.
template <class T>
constexpr double kFastLimit = sizeof(T) == 8 ? kMediumLimit : 32768.0;

// r = x - n pi/2 and n's low bits.
template <class D, class V>
OFFLOOP_INLINE V ReduceFast(D d, V x, hn::VFromD<Word<D>>& quadrant) {
  constexpr bool kDouble = sizeof(hn::TFromD<D>) == 8;
  const V magic = Of(d, kDouble ? kMagic : 12582912.0);
  const V rounded = hn::MulAdd(x, Of(d, kTwoOverPi), magic);
  const V n = rounded - magic;
  quadrant = Bits(d, rounded);
  V r = hn::NegMulAdd(n, Of(d, kDouble ? 1.5707963267948966 : 1.5707963705062866), x);
  r = hn::NegMulAdd(n, Of(d, kDouble ? 6.123233995736766e-17 : -4.371138828673793e-08), r);
  return hn::NegMulAdd(n, Of(d, kDouble ? -1.4973849048591698e-33 : -1.7151245100058819e-15), r);
}

// c[0] + x (c[1] + x (...)), by fused steps.
template <class D, class V, int kCount>
OFFLOOP_INLINE V Horner(D d, V x, const double (&c)[kCount]) {
  V sum = Of(d, c[kCount - 1]);
  for (int i = kCount - 2; i >= 0; --i) sum = hn::MulAdd(sum, x, Of(d, c[i]));
  return sum;
}

// The polynomials for floats are those of sinf.c and cosf.c of Cephes (S. L. Moshier, 1992).
template <class D, class V>
OFFLOOP_INLINE V SinFast(D d, V r, V z) {
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    return hn::MulAdd(r * z,
                      Horner(d, z,
                             {-1.66666666666666324348e-01, 8.33333333332248946124e-03, -1.98412698298579493134e-04,
                              2.75573137070700676789e-06, -2.50507602534068634195e-08, 1.58969099521155010221e-10}),
                      r);
  } else {
    return hn::MulAdd(r * z, Horner(d, z, {-1.6666654611e-1, 8.3321608736e-3, -1.9515295891e-4}), r);
  }
}
template <class D, class V>
OFFLOOP_INLINE V CosFast(D d, V z) {
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    return hn::MulAdd(z,
                      Horner(d, z,
                             {-0.5, 4.16666666666666019037e-02, -1.38888888888741095749e-03, 2.48015872894767294178e-05,
                              -2.75573143513906633035e-07, 2.08757232129817482790e-09, -1.13596475577881948265e-11}),
                      Of(d, 1));
  } else {
    return hn::MulAdd(z, Horner(d, z, {-0.5, 4.166664568298827e-2, -1.388731625493765e-3, 2.443315711809948e-5}),
                      Of(d, 1));
  }
}

// A vector with elements that a fast function does not hold for, by the exact one.
template <class Op, class D, class V>
HWY_NOINLINE V ByExact(D d, V x) {
  using T = hn::TFromD<D>;
  alignas(64) T from[hn::MaxLanes(d)], to[hn::MaxLanes(d)];
  hn::Store(x, d, from);
  const void* in[] = {from};
  Choose<T, Op, 1>(false)(in, to, static_cast<int64_t>(hn::Lanes(d)), false);
  return hn::Load(d, to);
}

// sin(x) for kShift 0, cos(x) = sin(x + pi/2) for kShift 1.
template <int kShift>
struct SinOp {
  static constexpr bool kFastDoubles = true;

  template <class D, class V>
  static OFFLOOP_INLINE V Exact(D d, V x) {
    const Angle<D> angle = Reduce(d, hn::Abs(x));
    return Pick(d, x, angle.quadrant, SinExact(d, angle.high, angle.low), CosExact(d, angle.high, angle.low));
  }
  template <class D, class V>
  static OFFLOOP_INLINE V Fast(D d, V x) {
    const V size = hn::Abs(x);
    if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Lt(size, Of(d, kFastLimit<hn::TFromD<D>>))))) return ByExact<SinOp>(d, x);
    hn::VFromD<Word<D>> quadrant;
    const V r = ReduceFast(d, size, quadrant);
    const V z = r * r;
    return Pick(d, x, quadrant, SinFast(d, r, z), CosFast(d, z));
  }

 private:
  template <class D, class V, class W>
  static OFFLOOP_INLINE V Pick(D d, V x, W quadrant, V sin, V cos) {
    if constexpr (kShift == 0) {
      const V y = hn::IfThenElse(IsOdd(d, quadrant), cos, sin);
      return hn::Xor(y, hn::Xor(SignOfHalf(d, quadrant), hn::And(x, Of(d, -0.0))));
    } else {
      const V y = hn::IfThenElse(IsOdd(d, quadrant), sin, cos);
      return hn::Xor(y, SignOfHalf(d, quadrant + hn::Set(Word<D>(), 1)));
    }
  }
};

// tan(x + y) for |x| <= pi/4, or -1 / tan(x + y) where `odd`.
template <class D, class V>
OFFLOOP_INLINE V TanExact(D d, V high, V low, hn::Mask<D> odd) {
  const V one = Of(d, 1);
  const V sign = hn::And(high, Of(d, -0.0));
  const V size = hn::Abs(high), rest = hn::Xor(low, sign);
  // Near pi/4 by way of tan(pi/4 - x).
  const auto near = hn::Ge(size, Of(d, 0.67434));
  const V x = hn::IfThenElse(
      near, (Of(d, 7.85398163397448278999e-01) - size) + (Of(d, 3.06161699786838301793e-17) - rest), size);
  const V y = hn::IfThenElse(near, hn::Zero(d), rest);
  const V z = x * x, w = z * z;
  V r = Of(d, 7.81794442939557092300e-05) + w * Of(d, -1.85586374855275456654e-05);
  r = Of(d, 5.88041240820264096874e-04) + w * r;
  r = Of(d, 3.59207910759131235356e-03) + w * r;
  r = Of(d, 2.18694882948595424599e-02) + w * r;
  r = Of(d, 1.33333333333201242699e-01) + w * r;
  V v = Of(d, 7.14072491382608190305e-05) + w * Of(d, 2.59073051863633712884e-05);
  v = Of(d, 2.46463134818469906812e-04) + w * v;
  v = Of(d, 1.45620945432529025516e-03) + w * v;
  v = Of(d, 8.86323982359930005737e-03) + w * v;
  v = Of(d, 5.39682539762260521377e-02) + w * v;
  const V cube = z * x;
  r = (y + z * (cube * (r + z * v) + y)) + Of(d, 3.33333333333334091986e-01) * cube;
  const V t = x + r;
  const V side = hn::IfThenElse(odd, Of(d, -1), one);
  const V quotient = hn::IfThenElse(near, t * t, Of(d, -1)) / hn::IfThenElse(near, t + side, t);
  const V by_near = side - Of(d, 2) * (x - (quotient - r));
  // -1 / t to more than a double: t = top + (r - (top - x)).
  const V top = Upper(d, t, 134217729), guess = Upper(d, quotient, 134217729);
  const V by_inverse = guess + quotient * ((one + guess * top) + guess * (r - (top - x)));
  return hn::Xor(hn::IfThenElse(near, by_near, hn::IfThenElse(odd, by_inverse, t)), sign);
}

struct TanOp {
  static constexpr bool kFastDoubles = true;

  template <class D, class V>
  static OFFLOOP_INLINE V Exact(D d, V x) {
    const Angle<D> angle = Reduce(d, hn::Abs(x));
    return hn::Xor(TanExact(d, angle.high, angle.low, IsOdd(d, angle.quadrant)), hn::And(x, Of(d, -0.0)));
  }
  template <class D, class V>
  static OFFLOOP_INLINE V Fast(D d, V x) {
    const V size = hn::Abs(x);
    if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Lt(size, Of(d, kFastLimit<hn::TFromD<D>>))))) return ByExact<TanOp>(d, x);
    hn::VFromD<Word<D>> quadrant;
    const V r = ReduceFast(d, size, quadrant);
    const V z = r * r;
    const V sin = SinFast(d, r, z), cos = CosFast(d, z);
    const auto odd = IsOdd(d, quadrant);
    const V y = hn::IfThenElse(odd, cos, sin) / hn::IfThenElse(odd, sin, cos);
    const V sign = hn::Xor(hn::IfThenElseZero(odd, Of(d, -0.0)), hn::And(x, Of(d, -0.0)));
    return hn::Xor(y, sign);
  }
};

}  // namespace math
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
