// minmax (and min, max): the least and the greatest element in one pass. NaN wins over everything, -0 is below +0.
//
// Both are exact whatever the order of the elements, so that blocks read side by side may share their lanes.
// Levels: avx2 sse4

#include "kernels/lanes-inl.h"
#include "kernels/reduction-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace minmax_kernel {

using lanes::kLanes;
using lanes::Lanes;

typedef int64_t Bits __attribute__((vector_size(kLanes * sizeof(int64_t))));

// The machine's minimum gives its second operand for zeros of both signs, and where one is NaN. Both ways round,
// the two bit patterns differ only then: OR keeps the sign of -0 and makes a NaN of a NaN and anything.
OFFLOOP_INLINE void Lower(Lanes& a, const Lanes& b) {
  const Lanes one = b < a ? b : a, other = a < b ? a : b;
  a = (Lanes)((Bits)one | (Bits)other);
}
// AND keeps +0; NaN is looked for on the other side.
OFFLOOP_INLINE void Raise(Lanes& a, const Lanes& b) {
  const Lanes one = b > a ? b : a, other = a > b ? a : b;
  a = (Lanes)((Bits)one & (Bits)other);
}

// State: the least, the greatest. Both NaN if there is one; of no elements infinity and -infinity.
struct Extremes {
  static constexpr int kSlots = 2;
  Lanes lo, hi;

  void Begin() {
    lo = Lanes{} + __builtin_inf();
    hi = Lanes{} - __builtin_inf();
  }
  OFFLOOP_INLINE void Take(const Lanes& row) {
    Lower(lo, row);
    Raise(hi, row);
  }
  void Unit(const double* x, int64_t n, int64_t) {
    Lanes row;
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
      lanes::Load(row, x + i);
      Take(row);
    }
    if (i == n) return;
    for (int64_t l = 0; l < kLanes; ++l) row[l] = x[i + l < n ? i + l : i];
    Take(row);
  }
  void End(double* state) {
    state[0] = lo[0];
    state[1] = hi[0];
    for (int64_t l = 1; l < kLanes; ++l) {
      const double lane[kSlots] = {lo[l], hi[l]};
      Join(state, lane);
    }
    if (state[0] != state[0]) state[1] = state[0];
  }
  static void Join(double* left, const double* right) {
    if (left[0] != left[0]) return;
    if (right[0] < left[0] || right[0] != right[0] || (right[0] == left[0] && __builtin_signbit(right[0])))
      left[0] = right[0];
    if (right[1] > left[1] || right[0] != right[0] || (right[1] == left[1] && __builtin_signbit(left[1])))
      left[1] = right[1];
  }
  // parameter: 0 for the least, 1 for the greatest.
  static double Finish(const double* state, double parameter) {
    if (!(state[0] <= state[1])) return __builtin_nan("");
    return parameter == 0 ? state[0] : state[1];
  }
};

// Doubles where they lie, eight blocks side by side: see lanes-inl.h.
constexpr int64_t kStreams = 8;

Status OfDoubles(Job& job, In<double> x, bool omit, int64_t, Result<double> state) {
  using Table = reduction::Table<Extremes>;
  if (omit || x.size <= kReduceBlock)
    return RunReduce(job, Table::kReducer, {x.data, Dtype::kF64, x.size}, omit, state.data);
  struct Pair {
    double slot[Extremes::kSlots];
  };
  job.Total((x.size + kReduceBlock - 1) / kReduceBlock);
  Pair total{};
  const Status status = job.ReduceRuns(
      x.size, kReduceBlock, total,
      [&](int64_t begin, int64_t end, Pair* partial) {
        const int64_t blocks = (end - begin + kReduceBlock - 1) / kReduceBlock;
        const int64_t part = (end - begin) / (kStreams * kReduceBlock) * kReduceBlock;
        Extremes all;
        all.Begin();
        for (int64_t b = 0; b < blocks; ++b) all.End(partial[b].slot);
        for (int64_t at = begin; at < begin + part; at += kLanes) {
          for (int64_t s = 0; s < kStreams; ++s) {
            Lanes row;
            lanes::Load(row, x.data + at + s * part);
            all.Take(row);
          }
        }
        for (int64_t at = begin + kStreams * part; at < end; at += kReduceUnit)
          all.Unit(x.data + at, end - at < kReduceUnit ? end - at : kReduceUnit, at);
        all.End(partial->slot);  // the first block's state is that of all; the others add nothing
      },
      [](Pair left, const Pair& right) {
        Extremes::Join(left.slot, right.slot);
        return left;
      },
      kStreams);
  for (int i = 0; i < Extremes::kSlots; ++i) state.data[i] = total.slot[i];
  return status;
}

// 64-bit integers themselves; the third number says how to read the first two.
template <class T>
Status OfLongs(Job& job, In<T> x, bool, int64_t, Result<int64_t> state) {
  struct Pair {
    T lo, hi;
  };
  job.Total((x.size + kReduceBlock - 1) / kReduceBlock);
  Pair total{};
  const Status status = job.Reduce(
      x.size, kReduceBlock, total,
      [&](int64_t begin, int64_t end) {
        Pair pair{x.data[begin], x.data[begin]};
        for (int64_t i = begin; i < end; ++i) {
          pair.lo = x.data[i] < pair.lo ? x.data[i] : pair.lo;
          pair.hi = x.data[i] > pair.hi ? x.data[i] : pair.hi;
        }
        return pair;
      },
      [](Pair a, Pair b) { return Pair{b.lo < a.lo ? b.lo : a.lo, b.hi > a.hi ? b.hi : a.hi}; });
  state.data[0] = static_cast<int64_t>(total.lo);
  state.data[1] = static_cast<int64_t>(total.hi);
  state.data[2] = std::is_unsigned_v<T>;
  return status;
}

}  // namespace minmax_kernel
}  // namespace

#define OFFLOOP_WHOLE(T) reduction::Whole<T, minmax_kernel::Extremes>
OFFLOOP_KERNEL(minmax, OFFLOOP_INSTANCE("f64", minmax_kernel::OfDoubles), OFFLOOP_INSTANCE("f32", OFFLOOP_WHOLE(float)),
               OFFLOOP_INSTANCE("i8", OFFLOOP_WHOLE(int8_t)), OFFLOOP_INSTANCE("u8", OFFLOOP_WHOLE(uint8_t)),
               OFFLOOP_INSTANCE("i16", OFFLOOP_WHOLE(int16_t)), OFFLOOP_INSTANCE("u16", OFFLOOP_WHOLE(uint16_t)),
               OFFLOOP_INSTANCE("i32", OFFLOOP_WHOLE(int32_t)), OFFLOOP_INSTANCE("u32", OFFLOOP_WHOLE(uint32_t)),
               OFFLOOP_INSTANCE("i64", minmax_kernel::OfLongs<int64_t>),
               OFFLOOP_INSTANCE("u64", minmax_kernel::OfLongs<uint64_t>),
               OFFLOOP_INSTANCE("axis", reduction::Along<minmax_kernel::Extremes>))
#undef OFFLOOP_WHOLE

}  // namespace offloop::OFFLOOP_ISA
