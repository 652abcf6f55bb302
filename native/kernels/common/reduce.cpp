#include "kernels/common/reduce.h"

#include <cstring>

namespace offloop {
namespace {

// 2/pi in pieces of 24 bits, after 36 zeros.
constexpr uint32_t kTwoOverPi[] = {
    0,        2607,     9975524,  14958930, 10470005, 8200019,  5102605,  11938137, 9684025,  270309,   1456829,
    15449174, 1798726,  14918692, 14495232, 6591214,  10525977, 2215905,  14594507, 1219187,  15632419, 6247147,
    11814990, 10077954, 7030263,  14947225, 1926040,  3486623,  4835397,  16301023, 9601969,  16746879, 16638041,
    8453874,  15800501, 10528465, 16175975, 15528572, 11574132, 16016374, 6940158,  10671954, 8105086,  12476183,
    11784307, 10451109, 2698918,  12563963, 1177813,  13665632, 3343471};
constexpr int kPieces = 8;  // of the product: 192 bits
constexpr uint32_t kMask = 0xffffff;

constexpr double kHalfPi = 1.5707963267948966, kHalfPiLow = 6.123233995736766e-17;
constexpr double kHalfPiTop = 1.5707963109016418, kHalfPiRest = 1.5893254712295857e-08;  // their sum is kHalfPi
constexpr double kStep = 1.0 / 16777216;

struct Reduced {
  double high, low;
  uint64_t quadrant;
};

Reduced Reduce(double x) {
  if (!(x - x == 0)) return {x - x, 0, 0};
  uint64_t bits;
  std::memcpy(&bits, &x, 8);
  const int exponent = static_cast<int>(bits >> 52 & 2047) - 1023;
  const uint64_t mantissa = (bits & 0xfffffffffffff) | uint64_t{1} << 52;
  const uint64_t m[3] = {mantissa & kMask, mantissa >> 24 & kMask, mantissa >> 48};

  // The bits of 2/pi from where they stop to make multiples of 4.
  const int first = exponent - 54 + 36;
  const int at = first / 24, shift = first % 24;
  uint64_t f[kPieces];
  for (int i = 0; i < kPieces; ++i)
    f[i] = ((kTwoOverPi[at + i] << shift) | (kTwoOverPi[at + i + 1] >> (24 - shift))) & kMask;

  // p = mantissa * f modulo 2^192, p[0] on top: x * 2/pi modulo 4, in units of 2^-190.
  uint32_t p[kPieces];
  uint64_t carry = 0;
  for (int i = kPieces - 1; i >= 0; --i) {
    for (int j = 0; j < 3 && i + j < kPieces; ++j) carry += m[j] * f[i + j];
    p[i] = static_cast<uint32_t>(carry & kMask);
    carry >>= 24;
  }

  const uint32_t quadrant = (p[0] + 0x200000) >> 22;
  const bool below = (p[0] & 0x200000) != 0;  // of the nearest multiple
  p[0] &= 0x3fffff;
  if (below) {
    for (uint32_t& piece : p) piece ^= kMask;
    p[0] &= 0x3fffff;
  }
  // The leading 49 to 96 bits, times pi/2: more than 60 zeros never lead (the nearest double is 2^-60.9 away).
  int lead = 0;
  double unit = 1.0 / (1 << 22);
  while (lead < 3 && p[lead] == 0) {
    ++lead;
    unit *= kStep;
  }
  const double a = p[lead], b = p[lead + 1] * kStep, rest = (p[lead + 2] + p[lead + 3] * kStep) * (kStep * kStep);
  const double whole = a + b;
  const double product = whole * kHalfPi;
  const double error = ((a * kHalfPiTop - product) + a * kHalfPiRest + b * kHalfPiTop) + b * kHalfPiRest;
  const double tail = error + (whole * kHalfPiLow + rest * kHalfPi);
  const double high = product + tail;
  const double low = (product - high) + tail;
  const double scale = below ? -unit : unit;
  return {high * scale, low * scale, uint64_t{quadrant & 3}};
}

}  // namespace

void ReduceHuge(const double* x, int64_t count, double from, double* high, double* low, uint64_t* quadrant) {
  for (int64_t i = 0; i < count; ++i) {
    if (x[i] < from) continue;
    const Reduced reduced = Reduce(x[i]);
    high[i] = reduced.high;
    low[i] = reduced.low;
    quadrant[i] = reduced.quadrant;
  }
}

}  // namespace offloop
