// sum (and mean): pairwise in blocks, the same bits on every CPU and any number of threads.
//
// Floating point: lanes-inl.h has the order. f32 is added in f64. src/kernels/sum.twin.ts does the same, step by step.
//
// Integers are exact: 8 to 32 bits in a 64-bit total (enough for 2^31 elements), 64 bits as the
// sums of high and low halves. Order does not matter there.

#include "core/kernel.h"
#include "kernels/lanes-inl.h"
#include "kernels/reduction-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace sum_kernel {

using lanes::Lanes;

template <class T>
struct Rows {
  const T* x;
  OFFLOOP_INLINE void Get(Lanes& row, int64_t i) const { lanes::Load(row, x + i); }
  OFFLOOP_INLINE void GetSome(Lanes& row, int64_t i, int64_t n) const { lanes::LoadSome(row, x + i, n); }
};

constexpr double kSplit = 4294967296.0;

// high * 2^32 + low, low in [0, 2^32).
struct Halves {
  int64_t high;
  uint64_t low;
};

OFFLOOP_INLINE Halves Split(int64_t total) { return {total >> 32, static_cast<uint64_t>(total) & 0xFFFFFFFFu}; }

// State: the sum and the number of elements; of integers the sum's two halves, then the number.
template <bool kInteger>
struct Total {
  static constexpr int kSlots = kInteger ? 3 : 2;
  lanes::Counter counter;
  double count;

  void Begin() { counter.runs = 0, count = 0; }
  void Unit(const double* x, int64_t n, int64_t) {
    count += static_cast<double>(n);
    lanes::AddRuns(counter, Rows<double>{x}, 0, n);
  }
  void End(double* state) {
    const double total = counter.Total();  // integers: below 2^46, so exact
    state[0] = total;
    if constexpr (kInteger) {
      const Halves halves = Split(static_cast<int64_t>(total));
      state[0] = static_cast<double>(halves.high);
      state[1] = static_cast<double>(halves.low);
    }
    state[kSlots - 1] = count;
  }
  static void Join(double* left, const double* right) {
    for (int i = 0; i < kSlots; ++i) left[i] += right[i];
    if constexpr (kInteger) {
      const double carry = left[1] >= kSplit ? 1 : 0;
      left[0] += carry;
      left[1] -= carry * kSplit;
    }
  }
  // parameter: 0 for the sum, 1 for the mean.
  static double Finish(const double* state, double parameter) {
    const double total = kInteger ? state[0] * kSplit + state[1] : state[0];  // rounded once, to nearest even
    return parameter == 0 ? total : total / state[kSlots - 1];
  }
};

template <class T>
Status SumFloat(Job& job, In<T> x, bool omit, int64_t, Result<double> state) {
  if (omit)
    return RunReduce(job, reduction::Table<Total<false>>::kReducer, {x.data, DtypeOf<T>(), x.size}, omit, state.data);
  state.data[1] = static_cast<double>(x.size);
  return lanes::Add<8>(job, Rows<T>{x.data}, x.size, state.data[0]);
}

// 8- and 16-bit elements in 32-bit partial sums: a quarter of the widening work.
template <class T, class Narrow>
Halves SumChunks(const void* data, int64_t begin, int64_t end) {
  constexpr int64_t kChunk = 4096;
  const T* x = static_cast<const T*>(data);
  int64_t total = 0;
  for (int64_t at = begin; at < end; at += kChunk) {
    const int64_t stop = at + kChunk < end ? at + kChunk : end;
    Narrow partial = 0;
    for (int64_t i = at; i < stop; ++i) partial += static_cast<Narrow>(x[i]);
    total += static_cast<int64_t>(partial);
  }
  return Split(total);
}

template <class T>
Halves SumLongs(const void* data, int64_t begin, int64_t end) {
  const T* x = static_cast<const T*>(data);
  int64_t high = 0;
  uint64_t low = 0;
  for (int64_t i = begin; i < end; ++i) {
    high += static_cast<int64_t>(x[i] >> 32);
    low += static_cast<uint64_t>(x[i]) & 0xFFFFFFFFu;
  }
  return {high + static_cast<int64_t>(low >> 32), low & 0xFFFFFFFFu};
}

// One for all integers.
Status SumExactly(Job& job, const void* data, int64_t size, Halves (*leaf)(const void*, int64_t, int64_t),
                  Halves& sum) {
  job.Total((size + kReduceBlock - 1) / kReduceBlock);
  sum = {0, 0};
  return job.Reduce(
      size, kReduceBlock, sum, [&](int64_t begin, int64_t end) { return leaf(data, begin, end); },
      [](Halves a, Halves b) {
        const uint64_t low = a.low + b.low;
        return Halves{a.high + b.high + static_cast<int64_t>(low >> 32), low & 0xFFFFFFFFu};
      });
}

template <class T, class Narrow>
Status SumInteger(Job& job, In<T> x, bool, int64_t, Result<double> state) {
  Halves sum;
  const Status status = SumExactly(job, x.data, x.size, &SumChunks<T, Narrow>, sum);
  state.data[0] = static_cast<double>(sum.high);
  state.data[1] = static_cast<double>(sum.low);
  state.data[2] = static_cast<double>(x.size);
  return status;
}

template <class T>
Status SumLong(Job& job, In<T> x, bool, int64_t, Result<int64_t> state) {
  Halves sum;
  const Status status = SumExactly(job, x.data, x.size, &SumLongs<T>, sum);
  state.data[0] = sum.high;
  state.data[1] = static_cast<int64_t>(sum.low);
  return status;
}

Status Along(Job& job, AnyMatrix m, Enum<Axis> axis, bool omit, int64_t, double parameter, Out<double> out) {
  const bool real = m.dtype == Dtype::kF64 || m.dtype == Dtype::kF32;
  const Reducer& reducer = real ? reduction::Table<Total<false>>::kReducer : reduction::Table<Total<true>>::kReducer;
  return RunReduceAxis(job, reducer, m, axis.value, omit, parameter, out);
}

}  // namespace sum_kernel
}  // namespace

OFFLOOP_KERNEL(sum, OFFLOOP_INSTANCE("f64", sum_kernel::SumFloat<double>),
               OFFLOOP_INSTANCE("f32", sum_kernel::SumFloat<float>),
               OFFLOOP_INSTANCE("i8", sum_kernel::SumInteger<int8_t, int32_t>),
               OFFLOOP_INSTANCE("u8", sum_kernel::SumInteger<uint8_t, uint32_t>),
               OFFLOOP_INSTANCE("i16", sum_kernel::SumInteger<int16_t, int32_t>),
               OFFLOOP_INSTANCE("u16", sum_kernel::SumInteger<uint16_t, uint32_t>),
               OFFLOOP_INSTANCE("i32", sum_kernel::SumInteger<int32_t, int64_t>),
               OFFLOOP_INSTANCE("u32", sum_kernel::SumInteger<uint32_t, int64_t>),
               OFFLOOP_INSTANCE("i64", sum_kernel::SumLong<int64_t>),
               OFFLOOP_INSTANCE("u64", sum_kernel::SumLong<uint64_t>), OFFLOOP_INSTANCE("axis", sum_kernel::Along))

}  // namespace offloop::OFFLOOP_ISA
