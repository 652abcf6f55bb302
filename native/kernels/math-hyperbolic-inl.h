// sinh, cosh and tanh on vectors; twin: src/kernels/tanh.twin.ts.
//
// e^x is 2^k 2^(j/32) e^r, to more than a double (P. T. P. Tang, "Table-driven implementation of the exponential
// function in IEEE floating-point arithmetic", 1989). Near zero sinh is its series and tanh a rational function, that
// of tanh.c of Cephes (S. L. Moshier, 1992); the polynomials for floats are those of expf.c, sinhf.c and tanhf.c.
#pragma once

#include "kernels/common/powers.h"
#include "kernels/math-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace math {

template <class D>
struct Exponential {
  hn::VFromD<D> high, low;    // of e^x / 2^k
  hn::VFromD<Word<D>> power;  // its last 12 bits: k
};

// table[n % 32], n in the low bits. No gather: many processors are slow at it since their makers closed a leak.
template <class D, class W>
OFFLOOP_INLINE hn::VFromD<D> Lookup(D d, const double* table, W bits) {
#if HWY_TARGET == HWY_AVX3
  // Two permutations of 16 numbers.
  const auto half = [&](const double* from) __attribute__((always_inline)) {
    return hn::VFromD<D>{_mm512_permutex2var_pd(hn::LoadU(d, from).raw, bits.raw, hn::LoadU(d, from + 8).raw)};
  };
  const auto upper = hn::RebindMask(d, hn::TestBit(bits, Word64(d, 16)));
  return hn::IfThenElse(upper, half(table + 16), half(table));
#else
  alignas(64) uint64_t at[hn::MaxLanes(d)];
  alignas(64) double found[hn::MaxLanes(d)];
  hn::Store(hn::And(bits, Word64(d, 31)), Word<D>(), at);
  for (size_t i = 0; i < hn::MaxLanes(d); ++i) found[i] = table[at[i]];
  return hn::Load(d, found);
#endif
}

// e^x for x in [0, 720] or NaN.
template <class D, class V>
OFFLOOP_INLINE Exponential<D> ExpParts(D d, V x) {
  const V rounded = x * Of(d, 46.16624130844683) + Of(d, kMagic);
  const V n = rounded - Of(d, kMagic);
  const V r = (x - n * Of(d, 0.021660849392446835)) - n * Of(d, 5.145609244655338e-14);
  const auto bits = Bits(d, rounded);
  const V table = Lookup(d, kPowers, bits);
  const V table_low = Lookup(d, kPowers + 32, bits);
  V p = Of(d, 1.0 / 120) + r * Of(d, 1.0 / 720);
  p = Of(d, 1.0 / 24) + r * p;
  p = Of(d, 1.0 / 6) + r * p;
  p = Of(d, 0.5) + r * p;
  p = r + (r * r) * p;
  const V rest = table_low + table * p;
  const V high = table + rest;
  return {high, (table - high) + rest, hn::ShiftRight<5>(bits)};
}
// 2^(k + shift)
template <class D, class W>
OFFLOOP_INLINE hn::VFromD<D> PowerOf(D d, W k, int shift) {
  return hn::BitCast(d, hn::ShiftLeft<52>(k + Word64(d, static_cast<uint64_t>(1023 + shift))));
}

// e^x in f32, as 4 times the result, for x in [0, 90]; infinite from 129.5 ln 2 on.
template <class D, class V>
OFFLOOP_INLINE V QuarterExpFast(D d, V x) {
  const V magic = Of(d, 12582912);
  const V rounded = hn::MulAdd(x, Of(d, 1.44269504), magic);
  const V n = rounded - magic;
  const V r = hn::NegMulAdd(n, Of(d, -2.12194440e-4), hn::NegMulAdd(n, Of(d, 0.693359375), x));
  V p = Of(d, 1.9875691500e-4);
  for (const double term : {1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1})
    p = hn::MulAdd(p, r, Of(d, term));
  p = hn::MulAdd(r * r, p, r) + Of(d, 1);
  return p * hn::BitCast(d, hn::ShiftLeft<23>(Bits(d, rounded) + hn::Set(Word<D>(), 125)));
}

// sinh for kSinh, else cosh.
template <bool kSinh>
struct SinhOp {
  static constexpr bool kFastDoubles = false;

  template <class D, class V>
  static OFFLOOP_INLINE V Exact(D d, V x) {
    const V a = AtMost(d, hn::Abs(x), Of(d, 711)), one = Of(d, 1);
    const Exponential<D> e = ExpParts(d, a);
    // Halves of e^a and e^-a, both over 2: what overflows is the last step.
    const V scale = PowerOf(d, e.power, -2);
    const V inverse_scale =
        hn::IfThenElseZero(hn::Lt(a, Of(d, 40)), hn::BitCast(d, hn::ShiftLeft<52>(Word64(d, 1021) - e.power)));
    const V first = one / e.high;
    const V inverse = inverse_scale * (first - first * (first * e.low));
    const V high = scale * e.high, low = scale * e.low;
    if constexpr (kSinh) {
      const V y = Of(d, 2) * (high + (low - inverse));
      const V z = a * a;
      V p = Of(d, 1.0 / 6227020800) + z * (Of(d, 1.0 / 1307674368000) + z * Of(d, 1.0 / 355687428096000));
      p = Of(d, 1.0 / 39916800) + z * p;
      p = Of(d, 1.0 / 362880) + z * p;
      p = Of(d, 1.0 / 5040) + z * p;
      p = Of(d, 1.0 / 120) + z * p;
      p = Of(d, 1.0 / 6) + z * p;
      const V near = a + (a * z) * p;
      return hn::Xor(hn::IfThenElse(hn::Lt(a, one), near, y), hn::And(x, Of(d, -0.0)));
    } else {
      return Of(d, 2) * (high + (low + inverse));
    }
  }
  template <class D, class V>
  static OFFLOOP_INLINE V Fast(D d, V x) {
    const V a = AtMost(d, hn::Abs(x), Of(d, 90));
    const V quarter = QuarterExpFast(d, a);
    const V inverse = Of(d, 0.125) / quarter;
    if constexpr (kSinh) {
      const V z = a * a;
      V p = hn::MulAdd(z, Of(d, 2.03721912945e-4), Of(d, 8.33028376239e-3));
      p = hn::MulAdd(z, p, Of(d, 1.66667160211e-1));
      const V near = hn::MulAdd(a * z, p, a), y = hn::MulSub(quarter, Of(d, 2), inverse);
      return hn::Xor(hn::IfThenElse(hn::Lt(a, Of(d, 1)), near, y), hn::And(x, Of(d, -0.0)));
    } else {
      return hn::MulAdd(quarter, Of(d, 2), inverse);
    }
  }
};

struct TanhOp {
  static constexpr bool kFastDoubles = false;

  template <class D, class V>
  static OFFLOOP_INLINE V Exact(D d, V x) {
    const V a = AtMost(d, hn::Abs(x), Of(d, 20)), one = Of(d, 1), two = Of(d, 2);
    const auto near = hn::Lt(a, Of(d, 0.625));
    const V z = a * a;
    const V p = Of(d, -1.61468768441708447952e3) +
                z * (Of(d, -9.92877231001918586564e1) + z * Of(d, -9.64399179425052238628e-1));
    const V q = Of(d, 4.84406305325125486048e3) +
                z * (Of(d, 2.23548839060100448583e3) + z * (Of(d, 1.12811678491632931402e2) + z));
    const Exponential<D> e = ExpParts(d, a + a);
    const V scale = PowerOf(d, e.power, 0);
    // e^2a + 1 in two parts, and 1 - 2 / that.
    const V high = scale * e.high;
    const V sum = high + one;
    const V low = ((high - sum) + one) + scale * e.low;
    const V t = hn::IfThenElse(near, z * p, two) / hn::IfThenElse(near, q, sum);
    const V top = one - t;
    const V y = top + (((one - top) - t) + t * (low * (t * Of(d, 0.5))));
    return hn::Xor(hn::IfThenElse(near, a + a * t, y), hn::And(x, Of(d, -0.0)));
  }
  template <class D, class V>
  static OFFLOOP_INLINE V Fast(D d, V x) {
    const V a = AtMost(d, hn::Abs(x), Of(d, 10));
    const V z = a * a;
    V p = Of(d, -5.70498872745e-3);
    for (const double term : {2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1})
      p = hn::MulAdd(p, z, Of(d, term));
    const V near = hn::MulAdd(a * z, p, a);
    const V t = Of(d, 0.5) / (QuarterExpFast(d, a + a) + Of(d, 0.25));
    return hn::Xor(hn::IfThenElse(hn::Lt(a, Of(d, 0.625)), near, Of(d, 1) - t), hn::And(x, Of(d, -0.0)));
  }
};

}  // namespace math
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
