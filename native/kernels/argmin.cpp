// argmin and argmax: where the first of the least (greatest) elements is; the first NaN, if there is one.
// form: 1 for the greatest, 2 to leave NaN out, 3 for both.
// Levels: avx2 sse4

#include "kernels/lanes-inl.h"
#include "kernels/reduction-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace argmin_kernel {

using lanes::kLanes;
using lanes::Lanes;

typedef int64_t Bits __attribute__((vector_size(kLanes * sizeof(int64_t))));

constexpr int64_t kMaxForm = 1, kOmitForm = 2;

// State: the index from the first element of this part on (-1: of none), how many elements there are, the value; of
// 64-bit integers that is their upper and lower half. The value of `max` is as it is.
constexpr int kIndex = 0, kCount = 1, kValue = 2, kLow = 3;

// Signs turned, the greatest is the least: one loop serves both.
constexpr int64_t kTurned = INT64_MIN;

OFFLOOP_INLINE double Turn(double value, int64_t turn) {
  return __builtin_bit_cast(double, __builtin_bit_cast(int64_t, value) ^ turn);
}

struct Search {
  double best;  // turned
  int64_t index, count;
};

void Take(Search& search, const double* x, int64_t n, int64_t turn, bool omit) {
  const int64_t before = search.count;
  search.count += n;
  if (n == 0 || search.best != search.best) return;
  Lanes least = Lanes{} + __builtin_inf();
  Bits odd = {};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    Lanes row;
    lanes::Load(row, x + i);
    row = (Lanes)((Bits)row ^ turn);
    least = row < least ? row : least;
    odd |= (Bits)(row != row);
  }
  double found = least[0];
  bool any = odd[0] != 0;
  for (int64_t l = 1; l < kLanes; ++l) {
    found = least[l] < found ? least[l] : found;
    any = any || odd[l] != 0;
  }
  for (; i < n; ++i) {
    const double value = Turn(x[i], turn);
    found = value < found ? value : found;
    any = any || value != value;
  }
  const bool none = any && !omit;
  if (!none && !(found < search.best) && search.index >= 0) return;
  search.best = none ? __builtin_nan("") : found;
  const double wanted = Turn(found, turn);
  for (i = 0; i < n; ++i) {
    if (none ? x[i] == x[i] : x[i] != wanted) continue;
    search.index = before + i;
    return;
  }
}

template <bool kMax, bool kOmit>
struct First {
  static constexpr int kSlots = 4;
  static constexpr int64_t kTurn = kMax ? kTurned : 0;
  Search search;

  static OFFLOOP_INLINE bool Better(double a, double b) { return kMax ? a > b : a < b; }

  void Begin() { search = {__builtin_inf(), -1, 0}; }
  void Unit(const double* x, int64_t n, int64_t) { Take(search, x, n, kTurn, kOmit); }
  void End(double* state) {
    state[kIndex] = static_cast<double>(search.index);
    state[kCount] = static_cast<double>(search.count);
    state[kValue] = Turn(search.best, kTurn);
    state[kLow] = 0;
  }
  static void Join(double* left, const double* right) {
    const bool better = Better(right[kValue], left[kValue]) ||
                        (right[kValue] == left[kValue] && Better(right[kLow], left[kLow])) ||
                        right[kValue] != right[kValue];
    if (right[kIndex] >= 0 && (left[kIndex] < 0 || (better && left[kValue] == left[kValue]))) {
      left[kIndex] = left[kCount] + right[kIndex];
      left[kValue] = right[kValue];
      left[kLow] = right[kLow];
    }
    left[kCount] += right[kCount];
  }
  static double Finish(const double* state, double) { return state[kIndex]; }
};

const Reducer& ReducerOf(int64_t form) {
  if (form == kMaxForm) return reduction::Table<First<true, false>>::kReducer;
  if (form == kOmitForm) return reduction::Table<First<false, true>>::kReducer;
  if (form == (kMaxForm | kOmitForm)) return reduction::Table<First<true, true>>::kReducer;
  return reduction::Table<First<false, false>>::kReducer;
}

template <class T>
Status Whole(Job& job, In<T> x, bool, int64_t form, Result<double> state) {
  return RunReduce(job, ReducerOf(form), {x.data, DtypeOf<T>(), x.size}, false, state.data);
}

Status Along(Job& job, AnyMatrix m, Enum<Axis> axis, bool, int64_t form, double, Out<double> out) {
  return RunReduceAxis(job, ReducerOf(form), m, axis.value, false, 0, out);
}

// Doubles where they lie, eight blocks side by side (see lanes-inl.h): the least of each block; then, within the first
// block that has the least of all, the place. Signs are turned for the greatest.
constexpr int64_t kStreams = 8;

struct Candidate {
  double value;  // NaN if the block has one
  int64_t block;
};

// As in minmax.cpp: NaN stays.
OFFLOOP_INLINE void Lower(Lanes& a, const Lanes& b) {
  const Lanes one = b < a ? b : a, other = a < b ? a : b;
  a = (Lanes)((Bits)one | (Bits)other);
}

double Fold(const Lanes& a) {
  double least = a[0];
  for (int64_t l = 1; l < kLanes; ++l)
    if (least == least && !(a[l] >= least)) least = a[l];
  return least;
}

void Abreast(const double* x, int64_t part, int64_t turn, double* least) {
  Lanes acc[kStreams], row;
  for (int64_t s = 0; s < kStreams; ++s) acc[s] = Lanes{} + __builtin_inf();
  for (int64_t i = 0; i < kReduceBlock; i += kLanes) {
    for (int64_t s = 0; s < kStreams; ++s) {
      lanes::Load(row, x + s * part * kReduceBlock + i);
      Lower(acc[s], (Lanes)((Bits)row ^ turn));
    }
  }
  for (int64_t s = 0; s < kStreams; ++s) least[s] = Fold(acc[s]);
}

double Alone(const double* x, int64_t n, int64_t turn) {
  Search search{__builtin_inf(), 0, 0};
  for (int64_t at = 0; at < n; at += kReduceUnit)
    Take(search, x + at, n - at < kReduceUnit ? n - at : kReduceUnit, turn, false);
  return search.best;
}

Status OfDoubles(Job& job, In<double> x, bool, int64_t form, Result<double> state) {
  if ((form & kOmitForm) != 0 || x.size <= kReduceBlock) return Whole<double>(job, x, false, form, state);
  const bool max = form == kMaxForm;
  const int64_t turn = max ? kTurned : 0;
  job.Total((x.size + kReduceBlock - 1) / kReduceBlock);
  Candidate best{};
  const Status status = job.ReduceRuns(
      x.size, kReduceBlock, best,
      [&](int64_t begin, int64_t end, Candidate* partial) {
        const int64_t part = (end - begin) / (kStreams * kReduceBlock), first = begin / kReduceBlock;
        for (int64_t i = 0; i < part; ++i) {
          double least[kStreams];
          Abreast(x.data + begin + i * kReduceBlock, part, turn, least);
          for (int64_t s = 0; s < kStreams; ++s) partial[i + s * part] = {least[s], first + i + s * part};
        }
        for (int64_t at = begin + part * kStreams * kReduceBlock; at < end; at += kReduceBlock) {
          const int64_t n = end - at < kReduceBlock ? end - at : kReduceBlock;
          partial[(at - begin) / kReduceBlock] = {Alone(x.data + at, n, turn), at / kReduceBlock};
        }
      },
      [](Candidate a, Candidate b) { return a.value == a.value && !(b.value >= a.value) ? b : a; }, kStreams);
  if (status != Status::kOk) return status;
  const double value = max ? -best.value : best.value;
  int64_t at = best.block * kReduceBlock;
  const int64_t end = at + kReduceBlock < x.size ? at + kReduceBlock : x.size;
  while (at + 1 < end && !(x.data[at] == value || (value != value && x.data[at] != x.data[at]))) ++at;
  state.data[kIndex] = static_cast<double>(at);
  state.data[kCount] = static_cast<double>(x.size);
  state.data[kValue] = value;
  state.data[kLow] = 0;
  return status;
}

// 64-bit integers themselves. All bits turned, their order is turned.
template <class T>
Status OfLongs(Job& job, In<T> x, bool, int64_t form, Result<double> state) {
  struct Found {
    T value;
    int64_t index;
  };
  const T turn = (form & kMaxForm) != 0 ? static_cast<T>(~T{0}) : T{0};
  job.Total((x.size + kReduceBlock - 1) / kReduceBlock);
  Found best{0, -1};
  const Status status = job.Reduce(
      x.size, kReduceBlock, best,
      [&](int64_t begin, int64_t end) {
        Found found{static_cast<T>(x.data[begin] ^ turn), begin};
        for (int64_t i = begin + 1; i < end; ++i) {
          const T value = x.data[i] ^ turn;
          if (value < found.value) found = {value, i};
        }
        return found;
      },
      [](Found a, Found b) { return b.value < a.value ? b : a; });
  const T value = best.value ^ turn;
  state.data[kIndex] = static_cast<double>(best.index);
  state.data[kCount] = static_cast<double>(x.size);
  state.data[kValue] = static_cast<double>(value >> 32);
  state.data[kLow] = static_cast<double>(static_cast<uint64_t>(value) & 0xFFFFFFFFu);
  return status;
}

}  // namespace argmin_kernel
}  // namespace

OFFLOOP_KERNEL(
    argmin, OFFLOOP_INSTANCE("f64", argmin_kernel::OfDoubles), OFFLOOP_INSTANCE("f32", argmin_kernel::Whole<float>),
    OFFLOOP_INSTANCE("i8", argmin_kernel::Whole<int8_t>), OFFLOOP_INSTANCE("u8", argmin_kernel::Whole<uint8_t>),
    OFFLOOP_INSTANCE("i16", argmin_kernel::Whole<int16_t>), OFFLOOP_INSTANCE("u16", argmin_kernel::Whole<uint16_t>),
    OFFLOOP_INSTANCE("i32", argmin_kernel::Whole<int32_t>), OFFLOOP_INSTANCE("u32", argmin_kernel::Whole<uint32_t>),
    OFFLOOP_INSTANCE("i64", argmin_kernel::OfLongs<int64_t>), OFFLOOP_INSTANCE("u64", argmin_kernel::OfLongs<uint64_t>),
    OFFLOOP_INSTANCE("axis", argmin_kernel::Along))

}  // namespace offloop::OFFLOOP_ISA
