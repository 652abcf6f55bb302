#include "core/map.h"

#include <cstring>

namespace offloop {
namespace {

constexpr int64_t kBlock = 16384;
// Results larger than this are written past the caches: reading a line before it is overwritten would
// cost a third of the bandwidth. Smaller ones stay, since whoever asked will read them.
constexpr int64_t kStreamBytes = int64_t{4} << 20;
constexpr int64_t kLine = 64;

typedef float Quarter __attribute__((vector_size(16)));

// Whole lines from a buffer to `to`, both 16-byte aligned, past the caches.
void StreamLines(char* to, const char* from, int64_t bytes) {
  for (int64_t at = 0; at < bytes; at += kLine) {
    for (int64_t part = 0; part < kLine; part += 16) {
      const Quarter value = *reinterpret_cast<const Quarter*>(from + at + part);
#if defined(__clang__)
      __builtin_nontemporal_store(value, reinterpret_cast<Quarter*>(to + at + part));
#else
      *reinterpret_cast<Quarter*>(to + at + part) = value;
#endif
    }
  }
}

void Fence() {
#if defined(__x86_64__) || defined(_M_X64)
  __asm__ volatile("sfence" ::: "memory");  // weakly ordered stores, before the job says that it is done
#endif
}

struct Map {
  const MapOperand* operands;
  int count;
  char* out;
  int out_bytes;
  MapChunk chunk;

  // One operand repeated: a chunk of copies.
  void Repeat(const MapOperand& operand, char* to) const {
    const auto* from = static_cast<const char*>(operand.data);
    for (int64_t i = 0; i < kMapChunk; ++i)
      std::memcpy(to + i * operand.bytes, from, static_cast<size_t>(operand.bytes));
  }

  void Run(int64_t begin, int64_t end, bool stream) const {
    alignas(kLine) char repeated[kMapOperands][kMapChunk * 8];
    alignas(kLine) char result[kMapChunk * 8];
    const void* in[kMapOperands];
    for (int k = 0; k < count; ++k) {
      if (operands[k].size != 1) continue;
      Repeat(operands[k], repeated[k]);
      in[k] = repeated[k];
    }
    int64_t at = begin;
    while (at < end) {
      int64_t n = end - at < kMapChunk ? end - at : kMapChunk;
      char* const to = out + at * out_bytes;
      bool past = stream;
      if (stream) {
        // Up to the next line by itself; then whole lines; what is left at the end by itself.
        const int64_t over = static_cast<int64_t>(reinterpret_cast<uintptr_t>(to) % kLine);
        if (over != 0 || n * out_bytes < kLine) {
          const int64_t head = (kLine - over) / out_bytes;
          n = head < n && over != 0 ? head : n;
          past = false;
        } else {
          n -= n % (kLine / out_bytes);
        }
      }
      for (int k = 0; k < count; ++k) {
        if (operands[k].size != 1) in[k] = static_cast<const char*>(operands[k].data) + at * operands[k].bytes;
      }
      chunk(in, past ? result : to, n);
      if (past) StreamLines(to, result, n * out_bytes);
      at += n;
    }
    if (stream) Fence();
  }
};

}  // namespace

Status RunMap(Job& job, const MapOperand* operands, int count, void* out, int out_bytes, int64_t size, MapChunk chunk) {
  if (size <= 0) return job.status();
  const Map map{operands, count, static_cast<char*>(out), out_bytes, chunk};
  bool stream = size * out_bytes >= kStreamBytes;
  // In place every line is in the cache already.
  for (int k = 0; k < count; ++k) stream = stream && operands[k].data != out;
  job.Total((size + kBlock - 1) / kBlock);
  job.Blocks(size, kBlock, [&](int64_t begin, int64_t end) { map.Run(begin, end, stream); });
  return job.status();
}

}  // namespace offloop
