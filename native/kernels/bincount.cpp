// bincount: how often each whole number occurs. One pass finds the greatest, a second counts; of 8 and 16 bits one
// does. Levels: avx2 sse4

#include "core/tally.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace bincount_kernel {

// Why there are no counts; src/kernels/bincount.ts says it to the caller.
enum Failure { kNone, kNegative, kTooLarge };

struct Numbers {
  Any x;
  uint32_t bins;
};

// Negative ones, which are there only if another thread wrote them meanwhile, become the largest.
template <class T>
void Clamp(const Numbers& numbers, int64_t at, int64_t n, uint32_t* to) {
  const T* x = static_cast<const T*>(numbers.x.data) + at;
  for (int64_t i = 0; i < n; ++i) {
    const auto k = static_cast<uint32_t>(x[i]);
    to[i] = k < numbers.bins ? k : numbers.bins;
  }
}

void Find(const void* context, int64_t at, int64_t n, uint32_t* to) {
  const Numbers& numbers = *static_cast<const Numbers*>(context);
  switch (numbers.x.dtype) {
    case Dtype::kI8:
      return Clamp<int8_t>(numbers, at, n, to);
    case Dtype::kI16:
      return Clamp<int16_t>(numbers, at, n, to);
    case Dtype::kU16:
      return Clamp<uint16_t>(numbers, at, n, to);
    case Dtype::kI32:
    case Dtype::kU32:
      return Clamp<uint32_t>(numbers, at, n, to);
    default:
      return Clamp<uint8_t>(numbers, at, n, to);
  }
}

// The first negative element, when there is one.
int64_t FindNegative(Job& job, const Any& x) {
  double buffer[kTallyChunk];
  for (int64_t at = 0; at < x.size; at += kTallyChunk) {
    if (at % (1 << 18) == 0 && job.stopped()) break;
    const int64_t n = x.size - at < kTallyChunk ? x.size - at : kTallyChunk;
    const double* const v = AsDoubles({x.data, x.dtype, x.size}, at, n, buffer);
    for (int64_t i = 0; i < n; ++i)
      if (v[i] < 0) return at + i;
  }
  return 0;
}

template <class T>
Extent Bounds(const void* x, int64_t begin, int64_t end) {
  const T* data = static_cast<const T*>(x);
  T lo = data[begin], hi = lo;
#if defined(__clang__)
#pragma clang loop interleave_count(4)
#endif
  for (int64_t i = begin; i < end; ++i) {
    lo = data[i] < lo ? data[i] : lo;
    hi = data[i] > hi ? data[i] : hi;
  }
  return {static_cast<double>(lo), static_cast<double>(hi), true};
}

Status Measure(Job& job, const Any& x, Extent& extent) {
  if (x.dtype != Dtype::kI32 && x.dtype != Dtype::kU32) return RunExtent(job, x, extent);
  const auto leaf = x.dtype == Dtype::kI32 ? &Bounds<int32_t> : &Bounds<uint32_t>;
  return job.Reduce(
      x.size, 16384, extent, [&](int64_t begin, int64_t end) { return leaf(x.data, begin, end); },
      [](Extent a, Extent b) { return Extent{b.lo < a.lo ? b.lo : a.lo, b.hi > a.hi ? b.hi : a.hi, true}; });
}

Status Bincount(Job& job, Any x, Opt<Any> weights, int64_t least, Grow<double> counts, Result<double> result) {
  const Any* const by = weights.present ? &weights.value : nullptr;
  const auto tally = [&](int64_t bins, double* to) {
    const Numbers numbers{x, static_cast<uint32_t>(bins)};
    return RunTally(job, x.size, bins, by, to, &Find, &numbers);
  };
  result.data[0] = kNone;
  const int64_t range = x.dtype == Dtype::kU16 ? 65536 : x.dtype == Dtype::kU8 || x.dtype == Dtype::kU8C ? 256 : 0;
  if (range > 0 && by == nullptr && x.size >= 4 * range) {
    double* const all = job.Scratch<double>(range);
    if (all == nullptr) return Status::kNoMemory;
    const Status status = tally(range, all);
    if (status != Status::kOk) return status;
    int64_t length = range;
    while (length > least && all[length - 1] == 0) --length;
    if (length < least) length = least;
    double* const to = counts.Allocate(length);
    if (to == nullptr) return Status::kNoMemory;
    job.Blocks(length, 16384, [&](int64_t begin, int64_t end) {
      for (int64_t k = begin; k < end; ++k) to[k] = k < range ? all[k] : 0;
    });
    return job.status();
  }
  Extent extent{0, -1, true};  // of no elements
  Status status = Measure(job, x, extent);
  if (status != Status::kOk) return status;
  int64_t length = extent.hi < static_cast<double>(least) ? least : static_cast<int64_t>(extent.hi) + 1;
  if (extent.lo < 0) {
    const int64_t at = FindNegative(job, x);
    double value = 0;
    result.data[0] = kNegative;
    result.data[1] = static_cast<double>(at);
    result.data[2] = *AsDoubles({x.data, x.dtype, x.size}, at, 1, &value);
    length = 0;
  } else if (length > kMostBins) {
    result.data[0] = kTooLarge;
    result.data[1] = extent.hi;
    length = 0;
  }
  double* const to = counts.Allocate(length);
  if (to == nullptr) return job.status() != Status::kOk ? job.status() : Status::kNoMemory;
  return length > 0 ? tally(length, to) : job.status();
}

}  // namespace bincount_kernel
}  // namespace

OFFLOOP_KERNEL(bincount, OFFLOOP_INSTANCE("i32", bincount_kernel::Bincount),
               OFFLOOP_INSTANCE("u32", bincount_kernel::Bincount), OFFLOOP_INSTANCE("i16", bincount_kernel::Bincount),
               OFFLOOP_INSTANCE("u16", bincount_kernel::Bincount), OFFLOOP_INSTANCE("i8", bincount_kernel::Bincount),
               OFFLOOP_INSTANCE("u8", bincount_kernel::Bincount))

}  // namespace offloop::OFFLOOP_ISA
