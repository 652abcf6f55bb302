// Σ f(i) in virtual lanes: what sum, dot and norm add in, the same bits on every CPU.
//
// 16 virtual lanes; lane l of a run of 256 elements adds elements l, l+16, …, l+240 in order; runs are joined lane by
// lane, pairwise by run index; the lanes of a block of 16,384 are joined as l + (l+8), then 4, 2, 1; blocks pairwise by
// block index (Job::Reduce). The error is at most (16 + log2(n/16)) u Σ|x|, NumPy's pairwise bound, without its
// dependence on strides. 16 lanes because 8 leave AVX2 adds waiting on their latency (2 of 8 chains in flight) and 32
// no longer fit SSE4's registers. Joining runs lane by lane, rather than folding each to a scalar, costs four adds per
// 256 elements instead of fifteen.
#pragma once

#include "core/job.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace lanes {

constexpr int64_t kLanes = 16, kRun = 256, kBlock = 16384;
constexpr int kLevels = 7;  // log2(kBlock / kRun) + 1

// The compiler cuts a 16-lane vector into whatever registers the instruction set has: the
// lanes, and so the bits, stay the same, and there is one source.
typedef double Lanes __attribute__((vector_size(kLanes * sizeof(double))));
typedef float NarrowLanes __attribute__((vector_size(kLanes * sizeof(float))));

OFFLOOP_INLINE void Load(Lanes& row, const double* x) { __builtin_memcpy(&row, x, sizeof row); }
OFFLOOP_INLINE void Load(Lanes& row, const float* x) {
  NarrowLanes narrow;
  __builtin_memcpy(&narrow, x, sizeof narrow);
  row = __builtin_convertvector(narrow, Lanes);
}
// The n < 16 elements at x, then zeros. Adding +0 changes no sum: an accumulator that starts at +0 is never -0.
template <class T>
OFFLOOP_INLINE void LoadSome(Lanes& row, const T* x, int64_t n) {
  T padded[kLanes] = {};
  for (int64_t i = 0; i < n; ++i) padded[i] = x[i];
  Load(row, padded);
}

// l + (l+8), then 4, 2, 1.
OFFLOOP_INLINE double Fold(Lanes& lanes) {
  for (int64_t half = kLanes / 2; half > 0; half /= 2)
    for (int64_t i = 0; i < half; ++i) lanes[i] = lanes[i] + lanes[i + half];
  return lanes[0];
}

// A number in two parts, the second what rounding took from the first, plus `value`.
OFFLOOP_INLINE void AddTo(double* parts, double value) {
  const double high = parts[0], low = parts[1] + value;
  const double sum = high + low, back = sum - high;
  parts[0] = sum;
  parts[1] = sum - sum == 0 ? (high - (sum - back)) + (low - back) : 0;
}

// Runs of one block, joined like a binary counter.
struct Counter {
  Lanes level[kLevels];  // level[l] holds 2^l runs if bit l of `runs` is set
  unsigned runs;

  // `row` is a copy: a sum whose address is known outside would live in memory, not in registers.
  OFFLOOP_INLINE void Push(const Lanes& row) {
    Lanes copy = row;
    Keep(copy);
  }
  __attribute__((noinline)) void Keep(Lanes& acc) {
    int l = 0;
    for (; runs >> l & 1; ++l) acc = level[l] + acc;
    level[l] = acc;
    ++runs;
  }
  // What is left in the counter, smallest first, then the lanes.
  __attribute__((noinline)) double Total() const {
    Lanes total = {};
    if (runs == 1) {  // a short row of a matrix
      total = level[0];
      return Fold(total);
    }
    bool any = false;
    for (int l = 0; l < kLevels; ++l) {
      if (!(runs >> l & 1)) continue;
      total = any ? level[l] + total : level[l];
      any = true;
    }
    return Fold(total);
  }
};

// Rows: what is added. Get(row, i) loads elements i .. i + 15, GetSome(row, i, n) fewer, then zeros.
template <class Rows>
OFFLOOP_INLINE void AddRuns(Counter& counter, const Rows& rows, int64_t at, int64_t end) {
  while (at < end) {
    const int64_t stop = at + kRun < end ? at + kRun : end;
    Lanes acc = {}, row;
    for (; at + kLanes <= stop; at += kLanes) {
      rows.Get(row, at);
      acc += row;
    }
    if (at < stop) {
      rows.GetSome(row, at, stop - at);
      acc += row;
    }
    at = stop;
    counter.Push(acc);
  }
}

// Whole blocks that one thread reads side by side, row by row in turn. The processor's prefetcher follows
// each of them, so that eight draw more from memory than one: 256 MB on two threads take 11.5 ms
// instead of 13.1 (one thread: 22.4 instead of 25.1); four take 13. Asking ahead in software as well
// gained nothing that could be told from noise.

// partial[s * part] = the sum of the block at `begin` + s * part blocks.
template <int kStreams, class Rows>
OFFLOOP_INLINE void AddAbreast(const Rows& rows, int64_t begin, int64_t part, double* partial) {
  Counter counter[kStreams];
  for (int s = 0; s < kStreams; ++s) counter[s].runs = 0;
  for (int64_t at = begin; at < begin + kBlock; at += kRun) {
    Lanes acc[kStreams] = {};
    for (int64_t i = at; i < at + kRun; i += kLanes)
      for (int s = 0; s < kStreams; ++s) {
        Lanes row;
        rows.Get(row, i + s * part * kBlock);
        acc[s] += row;
      }
    for (int s = 0; s < kStreams; ++s) counter[s].Push(acc[s]);
  }
  for (int s = 0; s < kStreams; ++s) partial[s * part] = counter[s].Total();
}

// The sum over [0, size). `rows` is for any thread.
template <int kStreams, class Rows>
Status Add(Job& job, const Rows& rows, int64_t size, double& sum) {
  job.Total((size + kBlock - 1) / kBlock);
  sum = 0;
  return job.ReduceRuns(
      size, kBlock, sum,
      [&](int64_t begin, int64_t end, double* partial) {
        const int64_t part = (end - begin) / (kStreams * kBlock);
        for (int64_t i = 0; i < part; ++i) AddAbreast<kStreams>(rows, begin + i * kBlock, part, partial + i);
        partial += part * kStreams;
        for (begin += part * kStreams * kBlock; begin < end; begin += kBlock) {
          Counter counter;
          counter.runs = 0;
          AddRuns(counter, rows, begin, end - begin < kBlock ? end : begin + kBlock);
          *partial++ = counter.Total();
        }
      },
      [](double a, double b) { return a + b; }, kStreams);
}

}  // namespace lanes
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
