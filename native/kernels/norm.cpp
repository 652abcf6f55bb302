// norm: Σ |x|, √Σ x², max |x|.
//
// Squares leave the range of doubles long before the norm does. So a unit of 1024 elements whose squares add up to less
// than 2^-900 or more than 2^980 is squared again, times 2^600 or 2^-600, and the three kinds of units have sums of
// their own (J. Blue, A portable Fortran program to find the Euclidean norm of a vector, ACM TOMS 4 (1978), by units
// instead of elements). What such a sum leaves out is below 2^-900 / 2^-1074 of it: nothing.
// Levels: avx2 sse4

#include "core/kernel.h"
#include "kernels/lanes-inl.h"
#include "kernels/reduction-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace norm_kernel {

using lanes::Lanes;
typedef int64_t Words __attribute__((vector_size(lanes::kLanes * sizeof(int64_t))));

constexpr double kLeast = 0x1p-900, kMost = 0x1p980, kUp = 0x1p600, kDown = 0x1p-600;
constexpr int64_t kMagnitude = 0x7FFFFFFFFFFFFFFF;

struct Squares {
  const double* x;
  double scale;
  OFFLOOP_INLINE void Get(Lanes& row, int64_t i) const {
    lanes::Load(row, x + i);
    row *= scale;
    row *= row;
  }
  OFFLOOP_INLINE void GetSome(Lanes& row, int64_t i, int64_t n) const {
    lanes::LoadSome(row, x + i, n);
    row *= scale;
    row *= row;
  }
};

OFFLOOP_INLINE void Magnitude(Lanes& row) {
  Words words;
  __builtin_memcpy(&words, &row, sizeof row);
  words &= kMagnitude;
  __builtin_memcpy(&row, &words, sizeof row);
}

struct Magnitudes {
  const double* x;
  OFFLOOP_INLINE void Get(Lanes& row, int64_t i) const {
    lanes::Load(row, x + i);
    Magnitude(row);
  }
  OFFLOOP_INLINE void GetSome(Lanes& row, int64_t i, int64_t n) const {
    lanes::LoadSome(row, x + i, n);
    Magnitude(row);
  }
};

// State: the sums of squares of large units, times 2^-1200, of others, and of small ones, times 2^1200.
struct Euclidean {
  static constexpr int kSlots = 3;
  double sums[kSlots];

  void Begin() { sums[0] = sums[1] = sums[2] = 0; }
  void Unit(const double* x, int64_t n, int64_t) {
    const double plain = Add(x, n, 1);
    if (plain > kMost)
      sums[0] += Add(x, n, kDown);
    else if (plain < kLeast)
      sums[2] += Add(x, n, kUp);
    else
      sums[1] += plain;  // also NaN
  }
  void End(double* state) {
    for (int i = 0; i < kSlots; ++i) state[i] = sums[i];
  }
  static void Join(double* left, const double* right) {
    for (int i = 0; i < kSlots; ++i) left[i] += right[i];
  }
  static double Finish(const double* state, double) {
    if (state[1] != state[1]) return state[1];
    if (state[0] > 0) return __builtin_sqrt(state[0] + state[1] * kDown * kDown) * kUp;
    if (state[1] > 0) return __builtin_sqrt(state[1] + state[2] * kDown * kDown);
    return __builtin_sqrt(state[2]) * kDown;
  }
  static __attribute__((noinline)) double Add(const double* x, int64_t n, double scale) {
    lanes::Counter counter;
    counter.runs = 0;
    lanes::AddRuns(counter, Squares{x, scale}, 0, n);
    return counter.Total();
  }
};

struct Manhattan {
  static constexpr int kSlots = 1;
  lanes::Counter counter;

  void Begin() { counter.runs = 0; }
  void Unit(const double* x, int64_t n, int64_t) { lanes::AddRuns(counter, Magnitudes{x}, 0, n); }
  void End(double* state) { state[0] = counter.Total(); }
  static void Join(double* left, const double* right) { left[0] += right[0]; }
  static double Finish(const double* state, double) { return state[0]; }
};

// Magnitudes are ordered as their bits are, NaN above all: an integer maximum keeps it.
struct Greatest {
  static constexpr int kSlots = 1;
  Words words;

  void Begin() { words = Words{}; }
  void Unit(const double* x, int64_t n, int64_t) {
    int64_t at = 0;
    Lanes row;
    for (; at + lanes::kLanes <= n; at += lanes::kLanes) {
      lanes::Load(row, x + at);
      Take(row);
    }
    if (at < n) {
      lanes::LoadSome(row, x + at, n - at);
      Take(row);
    }
  }
  void End(double* state) {
    int64_t most = 0;
    for (int64_t i = 0; i < lanes::kLanes; ++i) most = words[i] > most ? words[i] : most;
    __builtin_memcpy(state, &most, sizeof most);
  }
  static void Join(double* left, const double* right) {
    if (right[0] > left[0] || right[0] != right[0]) left[0] = right[0];
  }
  static double Finish(const double* state, double) { return state[0]; }

 private:
  OFFLOOP_INLINE void Take(Lanes& row) {
    Words next;
    __builtin_memcpy(&next, &row, sizeof row);
    next &= kMagnitude;
    words = next > words ? next : words;
  }
};

// form: the order, 0 for infinity.
OFFLOOP_INLINE const Reducer& Of(int64_t form) {
  return form == 1   ? reduction::Table<Manhattan>::kReducer
         : form == 0 ? reduction::Table<Greatest>::kReducer
                     : reduction::Table<Euclidean>::kReducer;
}

template <class T>
Status Whole(Job& job, In<T> x, bool omit, int64_t form, Result<double> state) {
  return RunReduce(job, Of(form), {x.data, DtypeOf<T>(), x.size}, omit, state.data);
}

Status Along(Job& job, AnyMatrix m, Enum<Axis> axis, bool omit, int64_t form, double parameter, Out<double> out) {
  return RunReduceAxis(job, Of(form), m, axis.value, omit, parameter, out);
}

}  // namespace norm_kernel
}  // namespace

OFFLOOP_KERNEL(norm, OFFLOOP_INSTANCE("f64", norm_kernel::Whole<double>),
               OFFLOOP_INSTANCE("f32", norm_kernel::Whole<float>), OFFLOOP_INSTANCE("i8", norm_kernel::Whole<int8_t>),
               OFFLOOP_INSTANCE("u8", norm_kernel::Whole<uint8_t>),
               OFFLOOP_INSTANCE("i16", norm_kernel::Whole<int16_t>),
               OFFLOOP_INSTANCE("u16", norm_kernel::Whole<uint16_t>),
               OFFLOOP_INSTANCE("i32", norm_kernel::Whole<int32_t>),
               OFFLOOP_INSTANCE("u32", norm_kernel::Whole<uint32_t>), OFFLOOP_INSTANCE("axis", norm_kernel::Along))

}  // namespace offloop::OFFLOOP_ISA
