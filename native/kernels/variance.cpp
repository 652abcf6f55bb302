// variance (and std): the mean and the centred squares of units of 1024 elements, which stay in the first cache for
// the second pass; units, then blocks, joined pairwise (Chan, Golub, LeVeque 1979). variance.twin.ts does the same.
//
// The second pass also adds the deviations themselves: their sum is what rounding left of the mean, and taking it out
// gives 0 for equal elements, exactly.
// Levels: avx2 sse4

#include "core/kernel.h"
#include "kernels/lanes-inl.h"
#include "kernels/reduction-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace variance_kernel {

constexpr int64_t kStretch = 2 * kReduceUnit / kAsksPerUnit;  // elements of each pass to one call of ask
constexpr int kLevels = 5;                                    // log2(kReduceBlock / kReduceUnit) + 1
typedef double Eight __attribute__((vector_size(64)));

// State: the number of elements, the sum of squares about their mean, and the mean in two parts: far from 0, the first
// alone would not tell how far two means are apart.
struct Spread {
  static constexpr int kSlots = 4;
  double level[kLevels][kSlots];
  unsigned units;

  void Begin() { units = 0; }

  void Unit(const double* x, int64_t n, int64_t at) { Unit(x, n, at, Ask{}); }
  void Unit(const double* x, int64_t n, int64_t, Ask ask) {
    double state[kSlots] = {static_cast<double>(n), 0, 0, 0};
    if (n > 0) Measure(x, n, state, ask);
    int l = 0;
    for (; units >> l & 1; ++l) {
      Join(level[l], state);
      for (int i = 0; i < kSlots; ++i) state[i] = level[l][i];
    }
    for (int i = 0; i < kSlots; ++i) level[l][i] = state[i];
    ++units;
  }

  void End(double* state) {
    for (int i = 0; i < kSlots; ++i) state[i] = 0;
    for (int l = 0; l < kLevels; ++l) {
      if (!(units >> l & 1)) continue;
      Join(level[l], state);
      for (int i = 0; i < kSlots; ++i) state[i] = level[l][i];
    }
  }

  static void Measure(const double* x, int64_t n, double* state, Ask ask) {
    const double count = static_cast<double>(n);
    lanes::Lanes sums = {}, row;
    int64_t at = 0;
    for (; at + lanes::kLanes <= n; at += lanes::kLanes) {
      if (at % kStretch == 0) ask();
      lanes::Load(row, x + at);
      sums += row;
    }
    if (at < n) {
      lanes::LoadSome(row, x + at, n - at);
      sums += row;
    }
    const double mean = lanes::Fold(sums) / count;
    state[1] = mean - mean;
    state[2] = mean;
    if (mean - mean != 0) return;  // not finite: then neither is the spread

    Eight first = {}, second = {};
    for (at = 0; at + 8 <= n; at += 8) {
      if (at % kStretch == 0) ask();
      Eight deviation;
      __builtin_memcpy(&deviation, x + at, sizeof deviation);
      deviation -= mean;
      first += deviation;
      second += deviation * deviation;
    }
    if (at < n) {
      double padded[8];
      for (int64_t i = 0; i < 8; ++i) padded[i] = at + i < n ? x[at + i] : mean;
      Eight deviation;
      __builtin_memcpy(&deviation, padded, sizeof deviation);
      deviation -= mean;
      first += deviation;
      second += deviation * deviation;
    }
    const double rest = Fold(first);
    const double shift = rest / count;
    state[1] = Fold(second) - rest * shift;
    state[2] = mean;
    state[3] = shift;
  }

  static double Fold(Eight& lanes) {
    for (int64_t half = 4; half > 0; half /= 2)
      for (int64_t i = 0; i < half; ++i) lanes[i] = lanes[i] + lanes[i + half];
    return lanes[0];
  }

  static void Join(double* left, const double* right) {
    if (right[0] == 0) return;
    if (left[0] == 0) {
      for (int i = 0; i < kSlots; ++i) left[i] = right[i];
      return;
    }
    const double count = left[0] + right[0];
    const double apart = right[2] == left[2] ? 0 : right[2] - left[2];  // also of two infinities
    const double delta = apart + (right[3] - left[3]);
    const double share = right[0] / count;
    left[1] = (left[1] + right[1]) + delta * delta * (left[0] * share);
    lanes::AddTo(left + 2, delta * share);
    left[0] = count;
  }

  static double Finish(const double* state, double ddof) {
    const double freedom = state[0] - ddof;
    return state[1] / (freedom > 0 ? freedom : 0);
  }
};

struct Root : Spread {
  static double Finish(const double* state, double ddof) { return __builtin_sqrt(Spread::Finish(state, ddof)); }
};

// form: 1 for the root.
Status Along(Job& job, AnyMatrix m, Enum<Axis> axis, bool omit, int64_t form, double ddof, Out<double> out) {
  const Reducer& reducer = form == 0 ? reduction::Table<Spread>::kReducer : reduction::Table<Root>::kReducer;
  return RunReduceAxis(job, reducer, m, axis.value, omit, ddof, out);
}

}  // namespace variance_kernel
}  // namespace

#define OFFLOOP_WHOLE(T) reduction::Whole<T, variance_kernel::Spread>
OFFLOOP_KERNEL(variance, OFFLOOP_INSTANCE("f64", OFFLOOP_WHOLE(double)), OFFLOOP_INSTANCE("f32", OFFLOOP_WHOLE(float)),
               OFFLOOP_INSTANCE("i8", OFFLOOP_WHOLE(int8_t)), OFFLOOP_INSTANCE("u8", OFFLOOP_WHOLE(uint8_t)),
               OFFLOOP_INSTANCE("i16", OFFLOOP_WHOLE(int16_t)), OFFLOOP_INSTANCE("u16", OFFLOOP_WHOLE(uint16_t)),
               OFFLOOP_INSTANCE("i32", OFFLOOP_WHOLE(int32_t)), OFFLOOP_INSTANCE("u32", OFFLOOP_WHOLE(uint32_t)),
               OFFLOOP_INSTANCE("axis", variance_kernel::Along))
#undef OFFLOOP_WHOLE

}  // namespace offloop::OFFLOOP_ISA
