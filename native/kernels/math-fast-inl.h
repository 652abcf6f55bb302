// Fast forms (a few ULP) of exp and log for floats and doubles, with FMA. The coefficients: native/tools/minimax.py.
#pragma once

#include "kernels/math-log-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace math {

// Constants that differ between the two types.
template <class T>
struct Fast;
template <>
struct Fast<float> {
  static constexpr int kShift = 23;
  static constexpr uint32_t kBias = 127, kMantissa = 0x7fffff, kRoot = 0x3f3504f3;  // sqrt(1/2)
  static constexpr float kRound = 12582912, kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;
  static constexpr float kLeastNormal = 0x1p-126f, kUp = 0x1p24f, kUpPower = 24;
  static constexpr float kMost = 89, kLeast = -105, kLeastMinus = -18;  // of exp; of expm1
  // e^x = 1 + x + x^2 g(x)
  static constexpr float kExp[] = {0.5f, 0.1666657702559799f, 0.041666554662050534f, 0.008363173074513711f,
                                   0.001392617611993558f};
  static constexpr float kLn2 = 0.6931471805599453f;
  // log by table: r, -log(r), and h for f in [-0.057, 0.0625].
  static constexpr float kInverse[16] = {1.0f,
                                         0.8958740234375f,
                                         0.839752197265625f,
                                         0.839752197265625f,
                                         0.7548980712890625f,
                                         0.7548980712890625f,
                                         0.7111358642578125f,
                                         0.6631011962890625f,
                                         1.30224609375f,
                                         1.24725341796875f,
                                         1.2133941650390625f,
                                         1.1401824951171875f,
                                         1.1276092529296875f,
                                         1.0991668701171875f,
                                         1.0317840576171875f,
                                         1.0f};
  static constexpr float kLogs[16] = {0.0f,
                                      0.10995547473422622f,
                                      0.17464843392200602f,
                                      0.17464843392200602f,
                                      0.2811725437622452f,
                                      0.2811725437622452f,
                                      0.3408917784638675f,
                                      0.41082766652349156f,
                                      -0.26409053802261584f,
                                      -0.22094386815914335f,
                                      -0.19342152774497665f,
                                      -0.13118833303054753f,
                                      -0.1200996860858832f,
                                      -0.0945525020364484f,
                                      -0.03128939866929544f,
                                      0.0f};
  static constexpr float kNear[] = {-0.49999974745456516f, 0.3333366748930202f, -0.25057778798354563f,
                                    0.19847031714399654f};
  // log(1 + x) = x + x^2 h(x)
  static constexpr float kLog[] = {-0.4999999764977098f, 0.33333330028354796f,  -0.25000781239812697f,
                                   0.20001234461093456f, -0.16626645629127462f, 0.14204855952571013f,
                                   -0.1312755565128765f, 0.1272267278801096f,   -0.07673641501674025f};
};
template <>
struct Fast<double> {
  static constexpr int kShift = 52;
  static constexpr uint64_t kBias = 1023, kMantissa = 0xfffffffffffff, kRoot = 0x3fe6a09e667f3bcd;
  static constexpr double kRound = kMagic, kLn2High = 6.93147180369123816490e-01, kLn2Low = 1.90821492927058770002e-10;
  static constexpr double kLeastNormal = 0x1p-1022, kUp = 0x1p54, kUpPower = 54;
  static constexpr double kMost = 710, kLeast = -750, kLeastMinus = -40;
  static constexpr double kExp[] = {0.5000000000000001,     0.16666666666666669,    0.041666666666624164,
                                    0.008333333333330065,   0.0013888888917196719,  0.00019841269863040545,
                                    2.4801521322368692e-05, 2.7557268480310024e-06, 2.7620075879983367e-07,
                                    2.5100375832561234e-08};
  static constexpr double kLn2 = 0.6931471805599453;
  static constexpr double kInverse[16] = {1.0,
                                          0.9132957458496094,
                                          0.8641643524169922,
                                          0.8214321136474609,
                                          0.7787399291992188,
                                          0.7443990707397461,
                                          0.7118139266967773,
                                          0.6806173324584961,
                                          1.307969093322754,
                                          1.254654884338379,
                                          1.208378791809082,
                                          1.1627607345581055,
                                          1.1236820220947266,
                                          1.084425926208496,
                                          1.0504426956176758,
                                          1.0};
  static constexpr double kLogs[16] = {0.0,
                                       0.09069552329424711,
                                       0.14599230556327403,
                                       0.19670598198887784,
                                       0.25007814097151704,
                                       0.29517800254939053,
                                       0.33993874063414536,
                                       0.3847550508004304,
                                       -0.2684756237976995,
                                       -0.22686054220729965,
                                       -0.18927961973839974,
                                       -0.1507971211225465,
                                       -0.11661081295593619,
                                       -0.08105074670081557,
                                       -0.04921169018883202,
                                       0.0};
  static constexpr double kNear[] = {-0.49999999999999994, 0.33333333333340287,  -0.2500000000009317,
                                     0.1999999995328674,   -0.16666665870721806, 0.1428579138027727,
                                     -0.12501839998216407, 0.11081912861679763,  -0.088437987998088};
  static constexpr double kLog[] = {-0.5,
                                    0.3333333333333326,
                                    -0.24999999999992914,
                                    0.2000000000003205,
                                    -0.16666666668629757,
                                    0.1428571428268799,
                                    -0.1249999978954668,
                                    0.11111111107647632,
                                    -0.10000011277649974,
                                    0.09090921328672855,
                                    -0.0833299913609137,
                                    0.076916546465268,
                                    -0.07148420480023412,
                                    0.06682375886233116,
                                    -0.062025600107261776,
                                    0.05686585537339873,
                                    -0.05669643772565927,
                                    0.06444421108963665,
                                    -0.0594377125876568,
                                    0.026259864395059444};
};

// c[0] + c[1] x + …, odd and even powers side by side.
template <class D, class V, int kTerms>
OFFLOOP_INLINE V Polynomial(D d, V x, const hn::TFromD<D> (&c)[kTerms]) {
  const V square = x * x;
  V last = hn::Set(d, c[kTerms - 1]), other = hn::Set(d, c[kTerms - 2]);
#pragma GCC unroll 32
  for (int i = kTerms - 3; i >= 0; i -= 2) {
    last = hn::MulAdd(last, square, hn::Set(d, c[i]));
    if (i > 0) other = hn::MulAdd(other, square, hn::Set(d, c[i - 1]));
  }
  return kTerms % 2 == 0 ? hn::MulAdd(last, x, other) : hn::MulAdd(other, x, last);
}

// In [least, most], or NaN.
template <class D, class V>
OFFLOOP_INLINE V Within(D d, V x, hn::TFromD<D> least, hn::TFromD<D> most) {
#if HWY_TARGET == HWY_AVX3
  // x86 gives the second operand where one is NaN.
  return hn::Max(hn::Set(d, least), hn::Min(hn::Set(d, most), x));
#endif
  return AtLeast(d, AtMost(d, x, hn::Set(d, most)), hn::Set(d, least));
}

// 2^k of t = k + kRound, in the range of normal numbers.
template <class D, class V>
OFFLOOP_INLINE V FastPower(D d, V t) {
  using F = Fast<hn::TFromD<D>>;
  return hn::BitCast(d, hn::ShiftLeft<F::kShift>(Bits(d, t) + hn::Set(Word<D>(), F::kBias)));
}
// y * 2^k for whole k, rounded once.
template <class D, class V>
OFFLOOP_INLINE V FastScale(D d, V y, V k) {
#if HWY_TARGET == HWY_AVX3
  (void)d;
  if constexpr (sizeof(hn::TFromD<D>) == 4)
    return V{_mm512_scalef_ps(y.raw, k.raw)};
  else
    return V{_mm512_scalef_pd(y.raw, k.raw)};
#else
  const V round = hn::Set(d, Fast<hn::TFromD<D>>::kRound);
  const V half = hn::MulAdd(k, Of(d, 0.5), round);
  return y * FastPower(d, half) * FastPower(d, k - (half - round) + round);
#endif
}

// x = k log(2) + r, and e^r - 1.
template <class D, class V>
OFFLOOP_INLINE V FastExpPart(D d, V x, V& k) {
  using F = Fast<hn::TFromD<D>>;
  const V round = hn::Set(d, F::kRound);
  k = hn::MulAdd(x, Of(d, 1.4426950408889634), round) - round;
  const V r = hn::NegMulAdd(k, hn::Set(d, F::kLn2Low), hn::NegMulAdd(k, hn::Set(d, F::kLn2High), x));
  return hn::MulAdd(r * r, Polynomial(d, r, F::kExp), r);
}

template <class D, class V>
OFFLOOP_INLINE V ExpFast(D d, V x) {
  using F = Fast<hn::TFromD<D>>;
  V k;
  const V part = FastExpPart(d, Within(d, x, F::kLeast, F::kMost), k);
  return FastScale(d, Of(d, 1) + part, k);
}

template <class D, class V>
OFFLOOP_INLINE V Expm1Fast(D d, V x) {
  using F = Fast<hn::TFromD<D>>;
  V k;
  const V part = FastExpPart(d, Within(d, x, F::kLeastMinus, F::kMost), k);
  // Half of the result, since 2^k may be too large by itself; then zero with its sign.
  const V half = FastPower(d, k + hn::Set(d, F::kRound - 1));
  const V y = hn::MulAdd(half, part, half - Of(d, 0.5));
  return hn::CopySign(y + y, x);
}

// x = 2^k (1 + f) for positive finite x.
template <class D, class V>
OFFLOOP_INLINE V FastReduce(D d, V x, V& k) {
#if HWY_TARGET == HWY_AVX3
  // Two instructions know all there is: denormal numbers; k is infinite for 0 and infinity, and f is NaN for x < 0.
  V mantissa;
  if constexpr (sizeof(hn::TFromD<D>) == 4) {
    mantissa = V{_mm512_getmant_ps(x.raw, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_nan)};
    k = V{_mm512_getexp_ps(x.raw)};
  } else {
    mantissa = V{_mm512_getmant_pd(x.raw, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_nan)};
    k = V{_mm512_getexp_pd(x.raw)};
  }
  const auto large = hn::Gt(mantissa, Of(d, 1.4142135623730951));
  k = hn::IfThenElse(large, k + Of(d, 1), k);
  return hn::IfThenElse(large, mantissa * Of(d, 0.5), mantissa) - Of(d, 1);
#else
  using F = Fast<hn::TFromD<D>>;
  const auto tiny = hn::Lt(x, hn::Set(d, F::kLeastNormal));
  const V u = hn::IfThenElse(tiny, x * hn::Set(d, F::kUp), x);
  const Word<D> du;
  const auto offset = Bits(d, u) - hn::Set(du, F::kRoot);
  const auto mantissa = (offset & hn::Set(du, F::kMantissa)) + hn::Set(du, F::kRoot);
  // k is an arithmetic shift, which doubles lack on AVX2: by way of the low bits of a float.
  const auto biased = hn::ShiftRight<F::kShift>(offset + hn::Set(du, F::kBias << F::kShift));
  const V round = hn::Set(d, F::kRound);
  k = hn::BitCast(d, biased | Bits(d, round)) - round - hn::Set(d, static_cast<hn::TFromD<D>>(F::kBias));
  k = hn::IfThenElse(tiny, k - hn::Set(d, F::kUpPower), k);
  return hn::BitCast(d, mantissa) - Of(d, 1);
#endif
}
// log(1 + f)
template <class D, class V>
OFFLOOP_INLINE V FastLogPart(D d, V f) {
  return hn::MulAdd(f * f, Polynomial(d, f, Fast<hn::TFromD<D>>::kLog), f);
}

#if HWY_TARGET == HWY_AVX3
// x = 2^k m, m in [3/4, 3/2), and m r = 1 + f with an r of a table that fits into two registers: half the arithmetic of
// one polynomial for all m. k is infinite for 0 and infinity, and m NaN for x < 0.
template <class D, class V>
OFFLOOP_INLINE V LogFast(D d, V x, double scale, double high, double) {
  using T = hn::TFromD<D>;
  using F = Fast<T>;
  V m, k, inverse, log;
  if constexpr (sizeof(T) == 4) {
    m = V{_mm512_getmant_ps(x.raw, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_nan)};
    k = V{_mm512_sub_ps(_mm512_getexp_ps(x.raw), _mm512_getexp_ps(m.raw))};
    const __m512i index = _mm512_srli_epi32(_mm512_castps_si512(m.raw), 19);
    inverse = V{_mm512_permutexvar_ps(index, _mm512_loadu_ps(F::kInverse))};
    log = V{_mm512_permutexvar_ps(index, _mm512_loadu_ps(F::kLogs))};
  } else {
    m = V{_mm512_getmant_pd(x.raw, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_nan)};
    k = V{_mm512_sub_pd(_mm512_getexp_pd(x.raw), _mm512_getexp_pd(m.raw))};
    const __m512i index = _mm512_srli_epi64(_mm512_castpd_si512(m.raw), 48);
    const auto find = [&](const double* table) {
      return V{_mm512_permutex2var_pd(_mm512_loadu_pd(table), index, _mm512_loadu_pd(table + 8))};
    };
    inverse = find(F::kInverse);
    log = find(F::kLogs);
  }
  const V f = hn::MulSub(m, inverse, Of(d, 1));
  const V part = hn::MulAdd(f * f, Polynomial(d, f, F::kNear), f);
  V y;
  if (scale == 1)
    y = hn::MulAdd(k, Of(d, F::kLn2), log) + part;
  else
    y = hn::MulAdd(part, Of(d, scale), hn::MulAdd(log, Of(d, scale), k * Of(d, high)));
  return hn::IfThenElse(hn::IsInf(k), k, y);
}
#else
// `scale` log(x), where k times `high` + `low` is the part of the exponent.
template <class D, class V>
OFFLOOP_INLINE V LogFast(D d, V x, double scale, double high, double low) {
  V k;
  const V part = FastLogPart(d, FastReduce(d, x, k));
  const V rest = scale == 1 ? hn::MulAdd(k, Of(d, low), part) : hn::MulAdd(k, Of(d, low), part * Of(d, scale));
  const V y = hn::MulAdd(k, Of(d, high), rest);
  return FixLog(d, x, y);
}
#endif

template <class D, class V>
OFFLOOP_INLINE V Log1pFast(D d, V x) {
  using F = Fast<hn::TFromD<D>>;
  const V one = Of(d, 1);
  const V u = one + x;
  const V lost = (one - (u - (u - one))) + (x - (u - one));  // 1 + x = u + lost
  V k;
  V f = FastReduce(d, u, k);
  f = hn::MulAdd(lost, FastPower(d, hn::Set(d, F::kRound) - hn::Min(k, Of(d, 100))), f);
  const V part = FastLogPart(d, f);
  const V y = hn::MulAdd(k, hn::Set(d, F::kLn2High), hn::MulAdd(k, hn::Set(d, F::kLn2Low), part));
  return hn::IfThenElse(hn::Eq(x, hn::Zero(d)), x, FixLog(d, u, y));
}

}  // namespace math
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
