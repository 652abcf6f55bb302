// pow: a^b, element by element.
//
// Source: the scheme and the coefficients are those of fdlibm's e_pow.c (Sun Microsystems, 1993): log2(a) and
// b * log2(a) in two doubles each, then 2^z. Halves of doubles come from Veltkamp's splitting here, which the
// twin can follow without access to bits.

#include "kernels/math-fast-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace pow_kernel {

namespace hn = hwy::HWY_NAMESPACE;

using math::AtLeast;
using math::AtMost;
using math::Bits;
using math::Of;
using math::Word64;

constexpr double kSplit = 0x1p27 + 1;
constexpr double kMostPower = 1100;  // of 2: far beyond overflow and underflow

template <class D, class V>
OFFLOOP_INLINE auto IsWhole(D, V y) {
  return hn::Eq(hn::Round(y), y);
}

// What C99 and IEEE 754 ask where logarithms do not say it; `y` is |a|^b where both are finite and a is not 0.
template <class D, class V>
__attribute__((noinline)) V Fix(D d, V a, V b, V y) {
  const V zero = hn::Zero(d), one = Of(d, 1), inf = hn::Inf(d);
  const V magnitude = hn::Abs(a);
  const auto rises = hn::Gt(b, zero);
  y = hn::IfThenElse(hn::Eq(magnitude, zero), hn::IfThenElse(rises, zero, inf), y);
  y = hn::IfThenElse(hn::Eq(magnitude, inf), hn::IfThenElse(rises, inf, zero), y);
  const V limit = hn::IfThenElse(hn::Xor(hn::Gt(magnitude, one), rises), zero, inf);
  y = hn::IfThenElse(hn::Eq(hn::Abs(b), inf), hn::IfThenElse(hn::Eq(magnitude, one), one, limit), y);
  // Odd powers of negative numbers are negative; all but whole ones are undefined.
  const auto whole = IsWhole(d, b);
  const auto odd = hn::And(whole, hn::Not(IsWhole(d, b * Of(d, 0.5))));
  y = hn::IfThenElse(odd, hn::CopySign(y, a), y);
  const auto undefined = hn::And(hn::And(hn::Lt(a, zero), hn::Lt(magnitude, inf)), hn::Not(whole));
  y = hn::IfThenElse(undefined, hn::NaN(d), y);
  y = hn::IfThenElse(hn::Or(hn::IsNaN(a), hn::IsNaN(b)), hn::NaN(d), y);
  return hn::IfThenElse(hn::Or(hn::Eq(a, one), hn::Eq(b, zero)), one, y);
}

// |a|^b of floats, in doubles as accurate as that takes.
template <class D, class V>
__attribute__((noinline)) V Core(D d, V a, V b) {
  // As in math-fast-inl.h, to 2^-37 and 2^-28.
  constexpr double kLog[] = {-0.4999999999883053,  0.33333333366870366, -0.25000000854622706, 0.1999999321956394,
                             -0.1666656227870221,  0.14286047739585878, -0.1250475681410033,  0.11106873335263091,
                             -0.09901969265143175, 0.09040110492302338, -0.0922497500273486,  0.09068095456193818,
                             -0.04859616129090471};
  constexpr double kExp2[] = {0.6931471880262288,   0.24022650760568126,   0.05550357114219078,
                              0.009618082557277852, 0.0013390863364671234, 0.0001545316294512069};
  V n;
  const V f = math::FastReduce(d, hn::Abs(a), n);
  const V part = hn::MulAdd(f * f, math::Polynomial(d, f, kLog), f);
  const V z = math::Within(d, b * hn::MulAdd(part, Of(d, 1.4426950408889634), n), -200, 200);
  const V magic = Of(d, math::kMagic);
  const V t = z + magic;
  const V r = z - (t - magic);
  return hn::MulAdd(r, math::Polynomial(d, r, kExp2), Of(d, 1)) * math::Power(d, t);
}

struct Op {
  static constexpr bool kFastDoubles = false;

  template <class D, class V>
  static OFFLOOP_INLINE V Exact(D d, V a, V b) {
    const V one = Of(d, 1), inf = hn::Inf(d), magic = Of(d, math::kMagic);
    const V magnitude = hn::Abs(a);
    const auto tiny = hn::Lt(magnitude, Of(d, 0x1p-1022));
    const auto bits = Bits(d, hn::IfThenElse(tiny, magnitude * Of(d, 0x1p54), magnitude));
    const V biased = hn::BitCast(d, hn::ShiftRight<52>(bits) | Word64(d, 0x4330000000000000u));
    V n = biased - hn::IfThenElse(tiny, Of(d, 0x1p52 + 1023 + 54), Of(d, 0x1p52 + 1023));
    V m = hn::BitCast(d, (bits & Word64(d, 0x000fffffffffffffu)) | Word64(d, 0x3ff0000000000000u));

    // |a| = 2^n m with m near the base, 1 or 1.5.
    const auto upper = hn::Gt(m, Of(d, 1.7320508));
    const auto middle = hn::And(hn::Gt(m, Of(d, 1.2247448)), hn::Not(upper));
    m = hn::IfThenElse(upper, m * Of(d, 0.5), m);
    n = hn::IfThenElse(upper, n + one, n);
    const V base = hn::IfThenElse(middle, Of(d, 1.5), one);
    const V dp_high = hn::IfThenElse(middle, Of(d, 5.84962487220764160156e-01), hn::Zero(d));
    const V dp_low = hn::IfThenElse(middle, Of(d, 1.35003920212974897128e-08), hn::Zero(d));

    // s = (m - base) / (m + base) in two parts, and log(m / base) = 2s + 2/3 s^3 + …
    const V difference = m - base;
    const V inverse = one / (m + base);
    const V s = difference * inverse;
    const V s_high = math::Upper(d, s, kSplit);
    const V t_high = math::Upper(d, m + base, kSplit);
    const V t_low = m - (t_high - base);
    const V s_low = inverse * ((difference - s_high * t_high) - s_high * t_low);
    const V s2 = s * s;
    V r = Of(d, 2.30660745775561754067e-01) + s2 * Of(d, 2.06975017800338417784e-01);
    r = Of(d, 2.72728123808534006489e-01) + s2 * r;
    r = Of(d, 3.33333329818377432918e-01) + s2 * r;
    r = Of(d, 4.28571428578550184252e-01) + s2 * r;
    r = Of(d, 5.99999999999994648725e-01) + s2 * r;
    r = s2 * s2 * r + s_low * (s_high + s);
    const V square = s_high * s_high;
    const V three = Of(d, 3);
    const V u_high = math::Upper(d, three + square + r, kSplit);
    const V u_low = r - ((u_high - three) - square);
    const V u = s_high * u_high;
    const V v = s_low * u_high + u_low * s;
    const V p_high = math::Upper(d, u + v, kSplit);
    const V p_low = v - (p_high - u);
    const V z_high = p_high * Of(d, 9.61796700954437255859e-01);  // 2 / (3 log 2), in two parts
    const V z_low = p_high * Of(d, -7.02846165095275826516e-09) + p_low * Of(d, 9.61796693925975554329e-01) + dp_low;
    const V l_high = math::Upper(d, ((z_high + z_low) + dp_high) + n, kSplit);
    const V l_low = z_low - (((l_high - n) - dp_high) - z_high);

    // b log2(|a|) in two parts. A larger b gives the same result, if |a| is not 1.
    const V exponent = AtLeast(d, AtMost(d, b, Of(d, 0x1p66)), Of(d, -0x1p66));
    const V e_high = math::Upper(d, exponent, kSplit);
    V y_low = (exponent - e_high) * l_high + exponent * l_low;
    V y_high = e_high * l_high;
    const V whole = y_high + y_low;
    const auto outside = hn::Gt(hn::Abs(whole), Of(d, kMostPower));
    y_high = hn::IfThenElse(outside, hn::CopySign(Of(d, kMostPower), whole), y_high);
    y_low = hn::IfThenElse(outside, hn::Zero(d), y_low);

    // 2^k 2^y
    const V k = (y_high + y_low) + magic - magic;
    y_high = y_high - k;
    const V y = math::Upper(d, y_high + y_low, kSplit);
    const V w_high = y * Of(d, 6.93147182464599609375e-01);
    const V w_low = (y_low - (y - y_high)) * Of(d, 6.93147180559945286227e-01) + y * Of(d, -1.90465429995776804525e-09);
    const V z = w_high + w_low;
    const V rest = w_low - (z - w_high);
    const V t = z * z;
    V p = Of(d, -1.65339022054652515390e-06) + t * Of(d, 4.13813679705723846039e-08);
    p = Of(d, 6.61375632143793436117e-05) + t * p;
    p = Of(d, -2.77777777770155933842e-03) + t * p;
    p = Of(d, 1.66666666666666019037e-01) + t * p;
    p = z - t * p;
    const V sum = one + z;
    const V lost = (one - sum) + z;
    const V result = math::Scale(d, sum + (lost + (z * p / (Of(d, 2) - p) + (rest + z * rest))), k);

    const auto usual = hn::And(hn::And(hn::Gt(a, hn::Zero(d)), hn::Lt(a, inf)), hn::Lt(hn::Abs(b), inf));
    if (__builtin_expect(hn::AllTrue(d, usual), 1)) return result;
    return Fix(d, a, b, result);
  }
  template <class D, class V>
  static OFFLOOP_INLINE V Fast(D d, V a, V b) {
    const hn::RepartitionToWide<D> wide;
    const hn::Half<D> half;
    const auto low =
        Core(wide, hn::PromoteTo(wide, hn::LowerHalf(half, a)), hn::PromoteTo(wide, hn::LowerHalf(half, b)));
    const auto high =
        Core(wide, hn::PromoteTo(wide, hn::UpperHalf(half, a)), hn::PromoteTo(wide, hn::UpperHalf(half, b)));
    const V y = hn::Combine(d, hn::DemoteTo(half, high), hn::DemoteTo(half, low));
    const auto usual = hn::And(hn::And(hn::Gt(a, hn::Zero(d)), hn::Lt(a, hn::Inf(d))), hn::Lt(hn::Abs(b), hn::Inf(d)));
    if (__builtin_expect(hn::AllTrue(d, usual), 1)) return y;
    return Fix(d, a, b, y);
  }
};

}  // namespace pow_kernel
}  // namespace

OFFLOOP_KERNEL(pow, OFFLOOP_INSTANCE("f64", math::Math2<double, pow_kernel::Op>),
               OFFLOOP_INSTANCE("f32", math::Math2<float, pow_kernel::Op>))

}  // namespace offloop::OFFLOOP_ISA
