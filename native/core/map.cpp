#include "core/map.h"

#include <cstring>

#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>
#endif

namespace offloop {
namespace {

constexpr int64_t kBlock = 16384;
// Results larger than this are written past the caches: reading a line before it is overwritten would
// cost a third of the bandwidth. Smaller ones stay, since whoever asked will read them.
constexpr int64_t kStreamBytes = int64_t{4} << 20;
constexpr int64_t kLine = 64;
constexpr int64_t kHugePage = int64_t{2} << 20;

// How a thread goes through memory: four parts of a grain in turn, a kilobyte of result at a time, computed in L1 and
// written out from there while the operands of the part's next turn are asked for. Stores past the caches and reads
// share the few lines that a core can have under way; so mixed, 32M f64 additions on two threads move 35 GB/s. One part
// without asking ahead: 26; larger pieces: 32; storing each vector past the caches as it is computed, in four
// parts: 34.
constexpr int64_t kTurnBytes = 1024;
constexpr int64_t kParts = 4;

#if defined(__x86_64__) || defined(_M_X64)
OFFLOOP_INLINE void StoreLine(char* to, const char* from) {
  for (int64_t at = 0; at < kLine; at += 16)
    _mm_stream_ps(reinterpret_cast<float*>(to + at), _mm_load_ps(reinterpret_cast<const float*>(from + at)));
}
// Weakly ordered stores, before the job says that it is done.
OFFLOOP_INLINE void Fence() { _mm_sfence(); }
#else
typedef float Quarter __attribute__((vector_size(16)));
OFFLOOP_INLINE void StoreLine(char* to, const char* from) {
  for (int64_t at = 0; at < kLine; at += 16) {
    const Quarter value = *reinterpret_cast<const Quarter*>(from + at);
#if defined(__clang__)
    __builtin_nontemporal_store(value, reinterpret_cast<Quarter*>(to + at));
#else
    *reinterpret_cast<Quarter*>(to + at) = value;
#endif
  }
}
OFFLOOP_INLINE void Fence() {}
#endif

struct Map {
  const char* in[kMapOperands];  // first elements
  int64_t step[kMapOperands];    // bytes to the next element; 0: the operand is a chunk of copies
  int count;
  char* out;
  int64_t out_bytes;
  MapChunk chunk;

  OFFLOOP_INLINE void Compute(int64_t at, char* to, int64_t n) const {
    const void* x[kMapOperands];
    for (int k = 0; k < count; ++k) x[k] = in[k] + at * step[k];
    chunk(x, to, n);
  }

  void Run(int64_t begin, int64_t end) const {
    for (int64_t at = begin; at < end; at += kMapChunk)
      Compute(at, out + at * out_bytes, end - at < kMapChunk ? end - at : kMapChunk);
  }

  // The same for more than the caches hold. In place every line has been read when it is written.
  void RunLarge(int64_t begin, int64_t end, bool in_place) const {
    alignas(kLine) char result[kTurnBytes];
    const int64_t over = static_cast<int64_t>(reinterpret_cast<uintptr_t>(out + begin * out_bytes) % kLine);
    int64_t first = begin + (over == 0 ? 0 : (kLine - over) / out_bytes);  // on a line of its own
    first = first < end ? first : end;
    Run(begin, first);
    const int64_t turn = kTurnBytes / out_bytes < kMapChunk ? kTurnBytes / out_bytes : kMapChunk;
    const int64_t part = (end - first) / (kParts * turn) * turn;
    for (int64_t i = first; i < first + part; i += turn) {
      for (int64_t at = i; at < i + kParts * part; at += part) {
        char* const to = out + at * out_bytes;
        Compute(at, in_place ? to : result, turn);
        const char* next[kMapOperands];
        for (int k = 0; k < count; ++k) next[k] = in[k] + (at + turn) * step[k];
        for (int64_t line = 0; line < turn * out_bytes; line += kLine) {
          for (int k = 0; k < count; ++k) {
            __builtin_prefetch(next[k]);
            next[k] += step[k] * (kLine / out_bytes);
          }
          if (!in_place) StoreLine(to + line, result + line);
        }
      }
    }
    Run(first + kParts * part, end);
    Fence();
  }
};

// `n` copies of an element.
void Repeat(const MapOperand& operand, char* to, int64_t n) {
  const int64_t bytes = n * operand.bytes;
  std::memcpy(to, operand.data, static_cast<size_t>(operand.bytes));
  for (int64_t have = operand.bytes; have < bytes; have *= 2)
    std::memcpy(to + have, to, static_cast<size_t>(have < bytes - have ? have : bytes - have));
}

}  // namespace

Status RunMap(Job& job, const MapOperand* operands, int count, void* out, int out_bytes, int64_t size, MapChunk chunk) {
  if (size <= 0) return job.status();
  alignas(kLine) char repeated[kMapOperands][kMapChunk * 8];
  Map map;
  map.count = count;
  map.out = static_cast<char*>(out);
  map.out_bytes = out_bytes;
  map.chunk = chunk;
  bool in_place = false;
  for (int k = 0; k < count; ++k) {
    const bool once = operands[k].size == 1 && size > 1;
    map.in[k] = once ? repeated[k] : static_cast<const char*>(operands[k].data);
    map.step[k] = once ? 0 : operands[k].bytes;
    if (once) Repeat(operands[k], repeated[k], size < kMapChunk ? size : kMapChunk);
    in_place = in_place || operands[k].data == out;
  }
  // Grains that end with huge pages of the result, where the plan's are near that size and the jobs long: a fresh
  // page that two threads meet first is cleared by both. A fresh f64 result of 256 MB took 95 ms, and takes 67 so.
  const bool large = size * out_bytes >= kStreamBytes;
  const int64_t blocks = (size + kBlock - 1) / kBlock;
  int64_t unit = kBlock, grain = job.GrainBlocks(blocks), before = 0;
  if (large && grain * 3 * kBlock * out_bytes >= kHugePage && size * out_bytes >= 8 * job.threads() * kHugePage) {
    unit = kHugePage / out_bytes;
    grain = grain * kBlock / unit > 1 ? grain * kBlock / unit : 1;
    before = static_cast<int64_t>(reinterpret_cast<uintptr_t>(out) % kHugePage) / out_bytes;
  }
  const int64_t units = (before + size + unit - 1) / unit;
  job.Total(units);
  job.For(units, grain, [&](int64_t b, int64_t e) {
    const int64_t begin = b > 0 ? b * unit - before : 0;
    const int64_t end = e < units ? e * unit - before : size;
    if (large)
      map.RunLarge(begin, end, in_place);
    else
      map.Run(begin, end);
  });
  return job.status();
}

}  // namespace offloop
