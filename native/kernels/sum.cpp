// sum: pairwise in blocks, the same bits on every CPU and any number of threads.
//
// Floating point. 16 virtual lanes; lane l of a run of 256 elements adds elements l, l+16, …,
// l+240 in order; runs are joined lane by lane, pairwise by run index; the lanes of a block of
// 16,384 are joined as l + (l+8), then 4, 2, 1; blocks pairwise by block index (Job::Reduce).
// The error is at most (16 + log2(n/16)) u sum|x|, NumPy's pairwise bound, without its
// dependence on strides. 16 lanes because 8 leave AVX2 adds waiting on their latency (2 of 8
// chains in flight) and 32 no longer fit SSE4's registers. Joining runs lane by lane, rather than
// folding each to a scalar, costs four adds per 256 elements instead of fifteen.
// f32 is added in f64. src/kernels/sum.ts does the same, step by step.
//
// Integers are exact: 8 to 32 bits in a 64-bit total (enough for 2^31 elements), 64 bits as the
// sums of high and low halves. Order does not matter there.

#include "core/job.h"
#include "core/kernel.h"

namespace offloop::OFFLOOP_ISA {
namespace {

constexpr int64_t kLanes = 16, kRows = 16, kRun = kLanes * kRows, kBlock = 16384;
constexpr int kLevels = 7;  // log2(kBlock / kRun) + 1

// The compiler cuts a 16-lane vector into whatever registers the instruction set has: the
// lanes, and so the bits, stay the same, and there is one source.
typedef double Lanes __attribute__((vector_size(kLanes * sizeof(double))));
typedef float NarrowLanes __attribute__((vector_size(kLanes * sizeof(float))));

OFFLOOP_INLINE void AddRow(Lanes& acc, const double* x) {
  Lanes row;
  __builtin_memcpy(&row, x, sizeof row);
  acc += row;
}
OFFLOOP_INLINE void AddRow(Lanes& acc, const float* x) {
  NarrowLanes row;
  __builtin_memcpy(&row, x, sizeof row);
  acc += __builtin_convertvector(row, Lanes);
}

// Runs of one block, joined like a binary counter.
struct Counter {
  Lanes level[kLevels];  // level[l] holds 2^l runs if bit l of `runs` is set
  unsigned runs = 0;

  OFFLOOP_INLINE void Push(Lanes& acc) {
    int l = 0;
    for (; runs >> l & 1; ++l) acc = level[l] + acc;
    level[l] = acc;
    ++runs;
  }
  // What is left in the counter, smallest first, then the lanes.
  OFFLOOP_INLINE double Total() const {
    Lanes total = {};
    bool any = false;
    for (int l = 0; l < kLevels; ++l) {
      if (!(runs >> l & 1)) continue;
      total = any ? level[l] + total : level[l];
      any = true;
    }
    for (int64_t half = kLanes / 2; half > 0; half /= 2)
      for (int64_t i = 0; i < half; ++i) total[i] = total[i] + total[i + half];
    return total[0];
  }
};

template <class T>
double SumBlock(const T* x, int64_t n) {
  Counter counter;
  int64_t at = 0;
  for (; at + kRun <= n; at += kRun) {
    Lanes acc = {};
    for (int64_t row = 0; row < kRows; ++row) AddRow(acc, x + at + row * kLanes);
    counter.Push(acc);
  }
  if (at < n) {
    Lanes acc = {};
    for (; at + kLanes <= n; at += kLanes) AddRow(acc, x + at);
    if (at < n) {
      T padded[kLanes] = {};  // adding +0 changes no sum: an accumulator that starts at +0 is never -0
      for (int64_t i = 0; at + i < n; ++i) padded[i] = x[at + i];
      AddRow(acc, padded);
    }
    counter.Push(acc);
  }
  return counter.Total();
}

// Whole blocks that one thread reads side by side, row by row in turn. The processor's prefetcher follows
// each of them, so that eight draw more from memory than one: 256 MB on two threads take 11.5 ms
// instead of 13.1 (one thread: 22.4 instead of 25.1); four take 13. Asking ahead in software as well
// gained nothing that could be told from noise.
constexpr int kStreams = 8;

// partial[s * part] = the sum of the block at x + s * part blocks.
template <class T>
void SumAbreast(const T* x, int64_t part, double* partial) {
  Counter counter[kStreams];
  for (int64_t at = 0; at < kBlock; at += kRun) {
    Lanes acc[kStreams] = {};
    for (int64_t row = at; row < at + kRun; row += kLanes)
      for (int s = 0; s < kStreams; ++s) AddRow(acc[s], x + s * part * kBlock + row);
    for (int s = 0; s < kStreams; ++s) counter[s].Push(acc[s]);
  }
  for (int s = 0; s < kStreams; ++s) partial[s * part] = counter[s].Total();
}

template <class T>
Status SumFloat(Job& job, In<T> x, Result<double> total) {
  job.Total((x.size + kBlock - 1) / kBlock);
  double sum = 0;
  const Status status = job.ReduceRuns(
      x.size, kBlock, sum,
      [&](int64_t begin, int64_t end, double* partial) {
        const int64_t part = (end - begin) / (kStreams * kBlock);
        for (int64_t i = 0; i < part; ++i) SumAbreast(x.data + begin + i * kBlock, part, partial + i);
        partial += part * kStreams;
        for (begin += part * kStreams * kBlock; begin < end; begin += kBlock)
          *partial++ = SumBlock(x.data + begin, end - begin < kBlock ? end - begin : kBlock);
      },
      [](double a, double b) { return a + b; }, kStreams);
  *total.data = sum;
  return status;
}

// 8- and 16-bit elements in 32-bit partial sums: a quarter of the widening work.
template <class T, class Narrow, class Wide>
Wide SumChunks(const T* x, int64_t n) {
  constexpr int64_t kChunk = 4096;
  Wide total = 0;
  for (int64_t at = 0; at < n; at += kChunk) {
    const int64_t end = at + kChunk < n ? at + kChunk : n;
    Narrow partial = 0;
    for (int64_t i = at; i < end; ++i) partial += static_cast<Narrow>(x[i]);
    total += static_cast<Wide>(partial);
  }
  return total;
}

template <class T, class Narrow, class Wide>
Status SumInteger(Job& job, In<T> x, Result<double> total) {
  job.Total((x.size + kBlock - 1) / kBlock);
  Wide sum = 0;
  const Status status = job.Reduce(
      x.size, kBlock, sum, [&](int64_t b, int64_t e) { return SumChunks<T, Narrow, Wide>(x.data + b, e - b); },
      [](Wide a, Wide b) { return static_cast<Wide>(a + b); });
  *total.data = static_cast<double>(sum);  // rounded once, to nearest even
  return status;
}

// high * 2^32 + low, low in [0, 2^32).
struct Halves {
  int64_t high;
  uint64_t low;
};

template <class T>
Status SumLong(Job& job, In<T> x, Result<int64_t> total) {
  job.Total((x.size + kBlock - 1) / kBlock);
  Halves sum{0, 0};
  const Status status = job.Reduce(
      x.size, kBlock, sum,
      [&](int64_t b, int64_t e) {
        int64_t high = 0;
        uint64_t low = 0;
        for (int64_t i = b; i < e; ++i) {
          high += static_cast<int64_t>(x.data[i] >> 32);
          low += static_cast<uint64_t>(x.data[i]) & 0xFFFFFFFFu;
        }
        return Halves{high + static_cast<int64_t>(low >> 32), low & 0xFFFFFFFFu};
      },
      [](Halves a, Halves b) {
        const uint64_t low = a.low + b.low;
        return Halves{a.high + b.high + static_cast<int64_t>(low >> 32), low & 0xFFFFFFFFu};
      });
  total.data[0] = sum.high;
  total.data[1] = static_cast<int64_t>(sum.low);
  return status;
}

}  // namespace

OFFLOOP_KERNEL(sum, OFFLOOP_INSTANCE("f64", SumFloat<double>), OFFLOOP_INSTANCE("f32", SumFloat<float>),
               OFFLOOP_INSTANCE("i8", SumInteger<int8_t, int32_t, int64_t>),
               OFFLOOP_INSTANCE("u8", SumInteger<uint8_t, uint32_t, uint64_t>),
               OFFLOOP_INSTANCE("i16", SumInteger<int16_t, int32_t, int64_t>),
               OFFLOOP_INSTANCE("u16", SumInteger<uint16_t, uint32_t, uint64_t>),
               OFFLOOP_INSTANCE("i32", SumInteger<int32_t, int64_t, int64_t>),
               OFFLOOP_INSTANCE("u32", SumInteger<uint32_t, uint64_t, uint64_t>),
               OFFLOOP_INSTANCE("i64", SumLong<int64_t>), OFFLOOP_INSTANCE("u64", SumLong<uint64_t>))

}  // namespace offloop::OFFLOOP_ISA
