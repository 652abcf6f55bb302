// Reductions, as the frame sees them: many elements -> a state of a few doubles -> a value.
//
// sum(x), variance along an axis, the minimum of a stream: the same work whatever is reduced. Cut [0, n) into blocks,
// read them once as doubles, join the blocks' states pairwise by block index; along an axis, do so for every row or
// column, with the bits that it would have alone. That is here, compiled once; a kernel brings the five functions of a
// Reducer, made by kernels/reduction-inl.h.
#pragma once

#include "core/job.h"

namespace offloop {

constexpr int64_t kReduceBlock = 16384;  // elements of one leaf of the tree
constexpr int64_t kReduceUnit = 1024;    // elements that a reducer is given at once
constexpr int kReduceSlots = kMaxResults;
constexpr int64_t kAccumulatorBytes = 2048, kAccumulatorAlign = 128;

struct ReduceState {
  double slot[kReduceSlots];
};

// Memory that will be needed soon, asked for bit by bit while there is other work: eight streams, a line of each a
// call.
constexpr int64_t kAskStreams = 8, kAsksPerUnit = 16;
struct Ask {
  const char* next = nullptr;
  int64_t apart = 0, advance = 0;  // from stream to stream, and from call to call, in bytes

  OFFLOOP_INLINE void operator()() {
    if (advance == 0) return;  // Ask{}: nothing
    for (int64_t s = 0; s < kAskStreams; ++s) __builtin_prefetch(next + s * apart);
    next += advance;
  }
};

struct Reducer {
  int slots;  // of the state that it uses
  void (*begin)(void* accumulator);
  // Takes x[0 .. n), n <= kReduceUnit, of which x[0] is element `at` of its row, column or array. Without NaN where
  // the caller omits them; then n may be 0 and the positions of the others are no longer known.
  void (*unit)(void* accumulator, const double* x, int64_t n, int64_t at);
  // Null, or the same with kAsksPerUnit calls of `ask` spread over it. For reducers that take their time.
  void (*unit_asking)(void* accumulator, const double* x, int64_t n, int64_t at, Ask ask);
  // The state of the block whose units were taken; also of no unit at all.
  void (*end)(void* accumulator, double* state);
  void (*join)(double* left, const double* right);  // left = left, right
  double (*finish)(const double* state, double parameter);
};

// Elements one after another.
struct Elements {
  const void* data;
  Dtype dtype;
  int64_t size;
};

// x[0 .. n) as doubles, from element `at` on: where they are if they are doubles already, else in `buffer`.
const double* AsDoubles(const Elements& x, int64_t at, int64_t n, double* buffer);

// The state of one block [begin, end).
void ReduceBlock(const Reducer& reducer, const Elements& x, int64_t begin, int64_t end, bool omit, double* state);

// The state of all elements: state[0 .. reducer.slots). `omit` leaves NaN out.
Status RunReduce(Job& job, const Reducer& reducer, const Elements& x, bool omit, double* state);

enum class Axis { kColumns, kRows, kAll, kCount };

// out[i] = the value of column i (kColumns), of row i (kRows), or of all elements in row-major order.
Status RunReduceAxis(Job& job, const Reducer& reducer, const AnyMatrix& m, Axis axis, bool omit, double parameter,
                     Out<double> out);

}  // namespace offloop
