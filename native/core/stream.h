// Elements on their way in, as doubles, and out: to where the caller reads them next, or past the caches.
#pragma once

#include "core/kernel.h"

namespace offloop {

// Results larger than this go past the caches: reading a line before it is overwritten would cost a third
// of the bandwidth. Smaller ones stay, since whoever asked will read them.
constexpr int64_t kStreamBytes = int64_t{4} << 20;

// What is read next, line by line while results are written: kStreamAhead operands at most.
constexpr int kStreamAhead = 4;
struct StreamAhead {
  const char* next[kStreamAhead];
  int64_t step[kStreamAhead];  // bytes for every line written
  int count = 0;
};
// Copies whole lines from a buffer that lies in the first cache, past the caches. `to` begins a line.
void StreamLines(char* to, const char* from, int64_t lines, const StreamAhead& ahead = {});
// Asks alone.
void StreamAsk(int64_t lines, StreamAhead ahead);

// Copies a buffer that lies in the first cache. `past`: whole lines go past the caches, and a grain that wrote such
// lines calls StreamFence before it ends.
void StreamPut(void* out, const void* buffer, int64_t bytes, bool past, const StreamAhead& ahead = {});
void StreamFence();

// Elements [at, end) of x as doubles, `wanted` of them (at most kStreamTile): where they lie, or converted into
// `buffer`; what is not there is zero. 64-bit integers stay what they are.
constexpr int64_t kStreamTile = 1024;
const double* StreamLoad(const void* x, Dtype dtype, int64_t at, int64_t end, int64_t wanted, double* buffer);
// n such elements to out + at, rounded to its type.
void StreamStore(void* out, Dtype dtype, int64_t at, int64_t n, const double* buffer, bool past);

}  // namespace offloop
