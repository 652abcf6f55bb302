// exp and expm1 on vectors of doubles, for every level the same bits; twin: src/kernels/exp.twin.ts.
//
// Sources: reduction, rational approximations and their coefficients are those of e_exp.c and s_expm1.c of
// fdlibm (Sun Microsystems, 1993). The last steps are put together anew, by error-free additions: they need no cases
// and err less.
#pragma once

#include "kernels/math-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace math {

constexpr double kLn2High = 6.93147180369123816490e-01;  // 33 bits: k * kLn2High is exact
constexpr double kLn2Low = 1.90821492927058770002e-10;
constexpr double kLog2E = 1.44269504088896338700e+00;

// e^x; any x.
template <class D, class V>
OFFLOOP_INLINE V ExpExact(D d, V x) {
  x = AtLeast(d, AtMost(d, x, Of(d, 720)), Of(d, -750));
  const V k = x * Of(d, kLog2E) + Of(d, kMagic) - Of(d, kMagic);
  const V high = x - k * Of(d, kLn2High);
  const V low = k * Of(d, kLn2Low);
  const V r = high - low;
  const V t = r * r;
  V p = Of(d, -1.65339022054652515390e-06) + t * Of(d, 4.13813679705723846039e-08);
  p = Of(d, 6.61375632143793436117e-05) + t * p;
  p = Of(d, -2.77777777770155933842e-03) + t * p;
  p = Of(d, 1.66666666666666019037e-01) + t * p;
  const V c = r - t * p;
  // 1 + high without loss, and then the small rest.
  const V one = Of(d, 1);
  const V sum = one + high;
  const V lost = (one - sum) + high;
  return Scale(d, sum + (lost + (r * c / (Of(d, 2) - c) - low)), k);
}

// e^x - 1; any x.
template <class D, class V>
OFFLOOP_INLINE V Expm1Exact(D d, V x) {
  const V one = Of(d, 1), magic = Of(d, kMagic);
  const V u = AtLeast(d, AtMost(d, x, Of(d, 720)), Of(d, -40));
  const V k = u * Of(d, kLog2E) + magic - magic;
  const V high = u - k * Of(d, kLn2High);
  const V low = k * Of(d, kLn2Low);
  const V r = high - low;
  const V c = (high - r) - low;
  const V half = Of(d, 0.5) * r;
  const V s = r * half;
  V q = Of(d, 4.00821782732936239552e-06) + s * Of(d, -2.01099218183624371326e-07);
  q = Of(d, -7.93650757867487942473e-05) + s * q;
  q = Of(d, 1.58730158725481460165e-03) + s * q;
  q = Of(d, -3.33333333333331316428e-02) + s * q;
  q = one + s * q;
  const V t = Of(d, 3) - q * half;
  V e = s * ((q - t) / (Of(d, 6) - r * t));
  e = (r * (e - c) - c) - s;
  // e^r - 1 is r - e, and the result 2^k (a + r - e) with a = 1 - 2^-k.
  const V power = Power(d, magic - AtMost(d, k, Of(d, 64)));
  const V a = one - power;
  const V rest = (one - a) - power;
  const V sum = a + r;
  const V part = sum - a;
  const V lost = (a - (sum - part)) + (r - part);
  const V y = Scale(d, sum + ((lost + rest) - e), k);
  // Tiny ones, and zero with its sign.
  return hn::IfThenElse(hn::Lt(hn::Abs(x), Of(d, 0x1p-54)), x, y);
}

}  // namespace math
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
