// The secular equation of svd-merge-inl.h: the roots of 1 + Σ z² / ((d − ω)(d + ω)), between its poles. That of
// eigh-merge-inl.h has other poles: with squares in their place, small roots would lose their digits.
#pragma once

#include "kernels/simd-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace svd_merge {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<double>;
using V = hn::Vec<D>;
constexpr int64_t kLanes = HWY_LANES(double);

HWY_INLINE double Magnitude(double x) { return x < 0 ? -x : x; }
HWY_INLINE double Larger(double a, double b) { return a > b ? a : b; }

struct Sums {
  double value = 0, slope = 0;  // the slope by ω²
};

HWY_INLINE V LoadSome(const double* from, int64_t count, double rest) {
  const D d;
  if (HWY_LIKELY(count >= kLanes)) return hn::LoadU(d, from);
  alignas(64) double some[kLanes];
  for (int64_t l = 0; l < kLanes; ++l) some[l] = l < count ? from[l] : rest;
  return hn::Load(d, some);
}
constexpr double kFar = 1e100;  // a pole that adds nothing

HWY_INLINE double Total(V v) { return hn::GetLane(hn::SumOfLanes(D(), v)); }

// (d − ω)(d + ω) for ω = base + tau
HWY_INLINE V Gap(V d, V base, V tau) { return hn::Mul(hn::Sub(hn::Sub(d, base), tau), hn::Add(hn::Add(d, base), tau)); }
HWY_INLINE double Gap(double d, double base, double tau) { return ((d - base) - tau) * ((d + base) + tau); }

HWY_NOINLINE Sums Side(const double* d, const double* z, int64_t from, int64_t to, double base, double tau) {
  const D tag;
  const V b = hn::Set(tag, base), t = hn::Set(tag, tau);
  V value = hn::Zero(tag), slope = hn::Zero(tag);
  for (int64_t j = from; j < to; j += kLanes) {
    const V zj = LoadSome(z + j, to - j, 0);
    const V ratio = hn::Div(zj, Gap(LoadSome(d + j, to - j, kFar), b, t));
    value = hn::MulAdd(zj, ratio, value);
    slope = hn::MulAdd(ratio, ratio, slope);
  }
  return {Total(value), Total(slope)};
}

// Root i of `count`, between d[i] and d[i + 1] (the last one beyond all): its nearer pole, and the distance from there.
// Each step interpolates both sides of the root by one pole each (the "middle way": R.-C. Li, LAPACK Working Note 89),
// and halves the bracket where that leads outside or goes slowly.
__attribute__((cold)) HWY_NOINLINE void Solve(const double* d, const double* z, int64_t count, int64_t i, double norm2,
                                              double& pole, double& distance) {
  constexpr double eps = 0x1p-52;
  const bool last = i == count - 1;
  const int64_t p = last ? i - 1 : i;
  double base = d[i], tau, low, high;
  if (count == 1) {
    pole = 0, distance = Magnitude(z[0]);
    return;
  }
  if (last) {
    low = 0, high = norm2 / (base + __builtin_sqrt(base * base + norm2)) * (1 + 4 * eps);
    tau = high / 2;
  } else {
    const double half = (d[i + 1] - d[i]) / 2, zl = z[i] * z[i], zr = z[i + 1] * z[i + 1];
    const double value = 1 + Side(d, z, 0, i + 1, base, half).value + Side(d, z, i + 1, count, base, half).value;
    const double gap = (d[i + 1] - d[i]) * (d[i + 1] + d[i]);
    const double rest = value - zl / Gap(d[i], base, half) - zr / Gap(d[i + 1], base, half);
    double eta;
    if (value >= 0) {
      low = 0, high = half;
      const double a = rest * gap + zl + zr, b = zl * gap, root = __builtin_sqrt(Magnitude(a * a - 4 * b * rest));
      eta = a > 0 ? 2 * b / (a + root) : (a - root) / (2 * rest);
    } else {
      base = d[i + 1], low = -half, high = 0;
      const double a = rest * gap - zl - zr, b = zr * gap, root = __builtin_sqrt(Magnitude(a * a + 4 * b * rest));
      eta = a < 0 ? 2 * b / (a - root) : -(a + root) / (2 * rest);
    }
    tau = eta / (base + __builtin_sqrt(Magnitude(base * base + eta)));
  }
  if (!(tau > low && tau < high)) tau = (low + high) / 2;
  double before = 0;
  int slow = 0;
  for (int step = 0; step < 100; ++step) {
    const Sums left = Side(d, z, 0, p + 1, base, tau), right = Side(d, z, p + 1, count, base, tau);
    const double value = 1 + left.value + right.value;
    if (!(Magnitude(value) > 8 * eps * (1 + Magnitude(left.value) + Magnitude(right.value)))) break;
    if (value < 0)
      low = tau;
    else
      high = tau;
    const double g = Gap(d[p], base, tau), h = Gap(d[p + 1], base, tau), omega = base + tau;
    const double a = (g + h) * value - g * h * (left.slope + right.slope), b = g * h * value;
    double c = value - g * left.slope - h * right.slope, eta;
    if (last) {
      c = Magnitude(c);
      const double root = __builtin_sqrt(Magnitude(a * a - 4 * b * c));
      eta = a >= 0 ? (a + root) / (2 * c) : 2 * b / (a - root);
    } else {
      const double root = __builtin_sqrt(Magnitude(a * a - 4 * b * c));
      eta = a <= 0 ? (a - root) / (2 * c) : 2 * b / (a + root);
    }
    if (!(value * eta < 0)) eta = -value / (left.slope + right.slope);
    double next = tau + eta / (omega + __builtin_sqrt(Magnitude(omega * omega + eta)));
    slow = step > 0 && Magnitude(value) > before / 4 ? slow + 1 : 0;
    before = Magnitude(value);
    if (!(next > low && next < high) || slow >= 3) next = (low + high) / 2, slow = 0;
    if (!(Magnitude(next - tau) > 2 * eps * Magnitude(tau))) break;
    tau = next;
  }
  pole = base, distance = tau;
}

}  // namespace svd_merge
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
