// log, log1p, log2 and log10 on vectors of doubles, for every level the same bits; twin: src/kernels/log.twin.ts.
//
// Sources: the reduction to [sqrt(1/2), sqrt(2)), the approximation of log and its coefficients are those of
// fdlibm's e_log.c (Sun Microsystems, 1993), added up without loss; the constants in two parts of log2 and log10 are
// those of FreeBSD's msun (e_log2.c, e_log10.c).
#pragma once

#include "kernels/math-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace math {

constexpr double kLogLn2High = 6.93147180369123816490e-01;
constexpr double kLogLn2Low = 1.90821492927058770002e-10;

// x = 2^k (1 + f), and log(1 + f) = f - half + tail.
template <class V>
struct LogParts {
  V k, f, half, tail;
};

// x positive, normal and finite; `offset` is what a double of 2^52 and the biased exponent has too much.
template <class D, class V>
OFFLOOP_INLINE LogParts<V> SplitNormal(D d, V x, V offset) {
  const auto bits = Bits(d, x) + Word64(d, 0x3ff0000000000000u - 0x3fe6a09e00000000u);
  // The exponent, below the exponent of 2^52: a double at once.
  const V biased = hn::BitCast(d, hn::ShiftRight<52>(bits) | Word64(d, 0x4330000000000000u));
  const V k = biased - offset;
  const auto mantissa = (bits & Word64(d, 0x000fffffffffffffu)) + Word64(d, 0x3fe6a09e00000000u);
  const V f = hn::BitCast(d, mantissa) - Of(d, 1);
  const V half = Of(d, 0.5) * f * f;
  const V s = f / (Of(d, 2) + f);
  const V z = s * s;
  const V w = z * z;
  V even = Of(d, 2.222219843214978396e-01) + w * Of(d, 1.531383769920937332e-01);
  even = w * (Of(d, 3.999999999940941908e-01) + w * even);
  V odd = Of(d, 1.818357216161805012e-01) + w * Of(d, 1.479819860511658591e-01);
  odd = Of(d, 2.857142874366239149e-01) + w * odd;
  odd = z * (Of(d, 6.666666666666735130e-01) + w * odd);
  return {k, f, half, s * (half + (odd + even))};
}

// x positive and finite, denormal or not.
template <class D, class V>
OFFLOOP_INLINE LogParts<V> SplitLog(D d, V x) {
  const auto tiny = hn::Lt(x, Of(d, 0x1p-1022));
  x = hn::IfThenElse(tiny, x * Of(d, 0x1p54), x);
  return SplitNormal(d, x, hn::IfThenElse(tiny, Of(d, 0x1p52 + 1023 + 54), Of(d, 0x1p52 + 1023)));
}

// log(0) = -inf, log of less is NaN, log(inf) = inf.
template <class D, class V>
OFFLOOP_INLINE V FixLog(D d, V x, V y) {
  const auto usual = hn::And(hn::Gt(x, hn::Zero(d)), hn::Lt(x, hn::Inf(d)));
  if (__builtin_expect(hn::AllTrue(d, usual), 1)) return y;
  const V less = hn::IfThenElse(hn::Eq(x, hn::Zero(d)), hn::Neg(hn::Inf(d)), hn::NaN(d));
  return hn::IfThenElse(usual, y, hn::IfThenElse(hn::Gt(x, hn::Zero(d)), x, less));
}

// k log(2) + f without loss, and then the small rest.
template <class D, class V>
OFFLOOP_INLINE V JoinLog(D d, const LogParts<V>& p, V low) {
  const V whole = p.k * Of(d, kLogLn2High);
  const V sum = whole + p.f;
  const V lost = (whole - sum) + p.f;
  return sum + (lost + (p.tail + low - p.half));
}

template <class D, class V>
OFFLOOP_INLINE V LogExact(D d, V x) {
  const LogParts<V> p = SplitLog(d, x);
  return FixLog(d, x, JoinLog(d, p, p.k * Of(d, kLogLn2Low)));
}

// The logarithm of x / 2^scale, x positive, normal and finite.
template <class D, class V>
OFFLOOP_INLINE V LogNormal(D d, V x, int scale) {
  const LogParts<V> p = SplitNormal(d, x, Of(d, 0x1p52 + 1023 + scale));
  return JoinLog(d, p, p.k * Of(d, kLogLn2Low));
}

// log(1 + x)
template <class D, class V>
OFFLOOP_INLINE V Log1pExact(D d, V x) {
  const V one = Of(d, 1);
  const V u = one + x;
  const V part = u - one;
  const V lost = (one - (u - part)) + (x - part);  // 1 + x = u + lost
  const LogParts<V> p = SplitLog(d, u);
  V y = JoinLog(d, p, p.k * Of(d, kLogLn2Low) + lost / u);
  y = hn::IfThenElse(hn::Lt(hn::Abs(x), Of(d, 0x1p-54)), x, y);  // zero with its sign
  return FixLog(d, u, y);
}

// log(1 + f) as the sum of two parts, the upper one of 21 bits.
template <class D, class V>
OFFLOOP_INLINE void LogInTwo(D d, const LogParts<V>& p, V& high, V& low) {
  high = Upper(d, p.f - p.half, 0x1p32 + 1);
  low = p.f - high - p.half + p.tail;
}

template <class D, class V>
OFFLOOP_INLINE V Log2Exact(D d, V x) {
  const LogParts<V> p = SplitLog(d, x);
  V high, low;
  LogInTwo(d, p, high, low);
  const V value = high * Of(d, 1.44269504072144627571e+00);
  const V rest = (low + high) * Of(d, 1.67517131648865118353e-10) + low * Of(d, 1.44269504072144627571e+00);
  const V sum = p.k + value;
  return FixLog(d, x, rest + ((p.k - sum) + value) + sum);
}

template <class D, class V>
OFFLOOP_INLINE V Log10Exact(D d, V x) {
  const LogParts<V> p = SplitLog(d, x);
  V high, low;
  LogInTwo(d, p, high, low);
  const V value = high * Of(d, 4.34294481878168880939e-01);
  const V k10 = p.k * Of(d, 3.01029995663611771306e-01);
  const V rest = p.k * Of(d, 3.69423907715893078616e-13) + (low + high) * Of(d, 2.50829467116452752298e-11) +
                 low * Of(d, 4.34294481878168880939e-01);
  const V sum = k10 + value;
  return FixLog(d, x, rest + ((k10 - sum) + value) + sum);
}

}  // namespace math
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
