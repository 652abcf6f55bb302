// moments: the number of elements, their mean, the sums of the second, third and fourth powers about it, the least and
// the greatest. As variance: units of 1024 elements in two passes, joined pairwise (P. Pébay, Formulas for robust,
// one-pass parallel computation of covariances and arbitrary-order statistical moments, SAND2008-6212).

#include "core/kernel.h"
#include "kernels/lanes-inl.h"
#include "kernels/reduction-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace moments_kernel {

constexpr int64_t kStretch = 2 * kReduceUnit / kAsksPerUnit;  // elements of each pass to one call of ask
constexpr int kLevels = 5;                                    // log2(kReduceBlock / kReduceUnit) + 1
typedef double Eight __attribute__((vector_size(64)));

// The mean is in two parts, as in variance.cpp.
enum Slot { kCount, kMean, kRest, kSecond, kThird, kFourth, kLeast, kMost, kAll };

// Sums of the first four powers of the deviations, in 8 lanes.
struct Powers {
  Eight first = {}, second = {}, third = {}, fourth = {};

  OFFLOOP_INLINE void Add(const double* x, double mean) {
    Eight d;
    __builtin_memcpy(&d, x, sizeof d);
    d -= mean;
    const Eight square = d * d;
    first += d;
    second += square;
    third += square * d;
    fourth += square * square;
  }
  static OFFLOOP_INLINE double Fold(Eight& lanes) {
    for (int64_t half = 4; half > 0; half /= 2)
      for (int64_t i = 0; i < half; ++i) lanes[i] = lanes[i] + lanes[i + half];
    return lanes[0];
  }
};

struct Moments {
  static constexpr int kSlots = kAll;
  double level[kLevels][kSlots];
  unsigned units;

  void Begin() { units = 0; }

  void Unit(const double* x, int64_t n, int64_t at) { Unit(x, n, at, Ask{}); }
  void Unit(const double* x, int64_t n, int64_t, Ask ask) {
    double state[kSlots];
    Clear(state);
    if (n > 0) Measure(x, n, state, ask);
    int l = 0;
    for (; units >> l & 1; ++l) {
      Join(level[l], state);
      Copy(state, level[l]);
    }
    Copy(level[l], state);
    ++units;
  }

  void End(double* state) {
    Clear(state);
    for (int l = 0; l < kLevels; ++l) {
      if (!(units >> l & 1)) continue;
      Join(level[l], state);
      Copy(state, level[l]);
    }
  }

  static void Clear(double* state) {
    for (int i = 0; i < kSlots; ++i) state[i] = 0;
    state[kLeast] = __builtin_inf();
    state[kMost] = -__builtin_inf();
  }
  static OFFLOOP_INLINE void Copy(double* to, const double* from) {
    for (int i = 0; i < kSlots; ++i) to[i] = from[i];
  }

  static void Measure(const double* x, int64_t n, double* state, Ask ask) {
    const double count = static_cast<double>(n);
    lanes::Lanes sums = {}, row;
    lanes::Lanes least = sums + __builtin_inf(), most = sums - __builtin_inf();
    int64_t at = 0;
    for (; at + lanes::kLanes <= n; at += lanes::kLanes) {
      if (at % kStretch == 0) ask();
      lanes::Load(row, x + at);
      sums += row;
      least = row < least ? row : least;
      most = row > most ? row : most;
    }
    double low = __builtin_inf(), high = -__builtin_inf();
    for (int64_t i = at; i < n; ++i) {
      low = x[i] < low ? x[i] : low;
      high = x[i] > high ? x[i] : high;
    }
    for (int64_t i = 0; i < lanes::kLanes; ++i) {
      low = least[i] < low ? least[i] : low;
      high = most[i] > high ? most[i] : high;
    }
    if (at < n) {
      lanes::LoadSome(row, x + at, n - at);
      sums += row;
    }
    const double mean = lanes::Fold(sums) / count;
    state[kCount] = count;
    state[kMean] = mean;
    state[kLeast] = low;
    state[kMost] = high;
    if (mean - mean != 0) {  // not finite: then neither are the powers
      for (int i = kSecond; i <= kFourth; ++i) state[i] = mean - mean;
      for (int64_t i = 0; i < n; ++i)
        if (x[i] != x[i]) state[kLeast] = state[kMost] = x[i];
      return;
    }
    Powers powers;
    for (at = 0; at + 8 <= n; at += 8) {
      if (at % kStretch == 0) ask();
      powers.Add(x + at, mean);
    }
    if (at < n) {
      double padded[8];
      for (int64_t i = 0; i < 8; ++i) padded[i] = at + i < n ? x[at + i] : mean;
      powers.Add(padded, mean);
    }
    // About the mean plus `shift`: what rounding left of it.
    const double first = Powers::Fold(powers.first), second = Powers::Fold(powers.second);
    const double third = Powers::Fold(powers.third), fourth = Powers::Fold(powers.fourth);
    const double shift = first / count;
    state[kRest] = shift;
    state[kSecond] = second - first * shift;
    state[kThird] = third - shift * (3 * second - 2 * (first * shift));
    state[kFourth] = fourth - shift * (4 * third - shift * (6 * second - 3 * (first * shift)));
  }

  static __attribute__((noinline)) void Join(double* left, const double* right) {
    if (right[kCount] == 0) return;
    if (left[kCount] == 0) return Copy(left, right);
    const double a = left[kCount], b = right[kCount], count = a + b;
    const double apart = right[kMean] == left[kMean] ? 0 : right[kMean] - left[kMean];  // also of two infinities
    const double delta = apart + (right[kRest] - left[kRest]);
    const double p = a / count, q = b / count;
    const double square = delta * delta;
    const double l2 = left[kSecond], l3 = left[kThird], r2 = right[kSecond], r3 = right[kThird];
    left[kFourth] = (left[kFourth] + right[kFourth]) + square * square * (a * q) * (p * p - p * q + q * q) +
                    6 * square * (p * p * r2 + q * q * l2) + 4 * delta * (p * r3 - q * l3);
    left[kThird] = (l3 + r3) + square * delta * (a * q) * (p - q) + 3 * delta * (p * r2 - q * l2);
    left[kSecond] = (l2 + r2) + square * (a * q);
    lanes::AddTo(left + kMean, delta * q);
    left[kCount] = count;
    if (right[kLeast] < left[kLeast] || right[kLeast] != right[kLeast]) left[kLeast] = right[kLeast];
    if (right[kMost] > left[kMost] || right[kMost] != right[kMost]) left[kMost] = right[kMost];
  }

  static double Finish(const double*, double) { return 0; }  // several values: moments.ts makes them
};

}  // namespace moments_kernel
}  // namespace

#define OFFLOOP_WHOLE(T) reduction::Whole<T, moments_kernel::Moments>
OFFLOOP_KERNEL(moments, OFFLOOP_INSTANCE("f64", OFFLOOP_WHOLE(double)), OFFLOOP_INSTANCE("f32", OFFLOOP_WHOLE(float)),
               OFFLOOP_INSTANCE("i8", OFFLOOP_WHOLE(int8_t)), OFFLOOP_INSTANCE("u8", OFFLOOP_WHOLE(uint8_t)),
               OFFLOOP_INSTANCE("i16", OFFLOOP_WHOLE(int16_t)), OFFLOOP_INSTANCE("u16", OFFLOOP_WHOLE(uint16_t)),
               OFFLOOP_INSTANCE("i32", OFFLOOP_WHOLE(int32_t)), OFFLOOP_INSTANCE("u32", OFFLOOP_WHOLE(uint32_t)))
#undef OFFLOOP_WHOLE

}  // namespace offloop::OFFLOOP_ISA
