#include "core/stream.h"

#include <cstring>

#include "core/isa.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace offloop {
namespace {

constexpr int64_t kLine = 64;

OFFLOOP_INLINE void AskFor(StreamAhead& ahead) {
  for (int k = 0; k < ahead.count; ++k) {
    __builtin_prefetch(ahead.next[k]);
    ahead.next[k] += ahead.step[k];
  }
}

using Lines = void (*)(char* to, const char* from, int64_t lines, StreamAhead ahead);

#if defined(__x86_64__) || defined(_M_X64)
void Lines16(char* to, const char* from, int64_t lines, StreamAhead ahead) {
  for (; lines > 0; --lines, to += kLine, from += kLine) {
    AskFor(ahead);
    for (int64_t at = 0; at < kLine; at += 16)
      _mm_stream_ps(reinterpret_cast<float*>(to + at), _mm_loadu_ps(reinterpret_cast<const float*>(from + at)));
  }
}
// Fewer, larger stores: the processor's queue of them holds 56 to 72.
__attribute__((target("avx"))) void Lines32(char* to, const char* from, int64_t lines, StreamAhead ahead) {
  for (; lines > 0; --lines, to += kLine, from += kLine) {
    AskFor(ahead);
    _mm256_stream_ps(reinterpret_cast<float*>(to), _mm256_loadu_ps(reinterpret_cast<const float*>(from)));
    _mm256_stream_ps(reinterpret_cast<float*>(to) + 8, _mm256_loadu_ps(reinterpret_cast<const float*>(from) + 8));
  }
}
Lines Widest() {
  const IsaLevel* level = ChooseIsa();
  return level != nullptr && std::strncmp(level->name, "avx", 3) == 0 ? &Lines32 : &Lines16;
}
#else
typedef float Quarter __attribute__((vector_size(16)));
void LinesOf(char* to, const char* from, int64_t lines, StreamAhead ahead) {
  for (; lines > 0; --lines, to += kLine, from += kLine) {
    AskFor(ahead);
    Quarter line[4];
    std::memcpy(line, from, sizeof line);
    for (int part = 0; part < 4; ++part) {
      auto* target = reinterpret_cast<Quarter*>(to) + part;
#if defined(__clang__)
      __builtin_nontemporal_store(line[part], target);
#else
      *target = line[part];
#endif
    }
  }
}
Lines Widest() { return &LinesOf; }
#endif

const Lines lines_past = Widest();

template <class T>
void Widen(const void* x, int64_t at, int64_t n, double* to) {
  const T* from = static_cast<const T*>(x) + at;
  for (int64_t i = 0; i < n; ++i) to[i] = from[i];
}

template <class T>
void Narrow(void* out, int64_t at, int64_t n, const double* from, bool past) {
  T narrow[kStreamTile];
  for (int64_t i = 0; i < n; ++i) narrow[i] = static_cast<T>(from[i]);
  StreamPut(static_cast<T*>(out) + at, narrow, n * static_cast<int64_t>(sizeof(T)), past);
}

}  // namespace

void StreamLines(char* to, const char* from, int64_t lines, const StreamAhead& ahead) {
  lines_past(to, from, lines, ahead);
}

void StreamAsk(int64_t lines, StreamAhead ahead) {
  for (; lines > 0; --lines) AskFor(ahead);
}

void StreamPut(void* out, const void* buffer, int64_t bytes, bool past, const StreamAhead& ahead) {
  auto* to = static_cast<char*>(out);
  const auto* from = static_cast<const char*>(buffer);
  if (!past) {
    std::memcpy(to, from, static_cast<size_t>(bytes));
    return;
  }
  const int64_t over = static_cast<int64_t>(reinterpret_cast<uintptr_t>(to) % kLine);
  int64_t at = over == 0 ? 0 : kLine - over;
  if (at > bytes) at = bytes;
  std::memcpy(to, from, static_cast<size_t>(at));
  const int64_t lines = (bytes - at) / kLine;
  StreamLines(to + at, from + at, lines, ahead);
  at += lines * kLine;
  std::memcpy(to + at, from + at, static_cast<size_t>(bytes - at));
}

const double* StreamLoad(const void* x, Dtype dtype, int64_t at, int64_t end, int64_t wanted, double* buffer) {
  const int64_t n = end - at < wanted ? end - at : wanted;
  if (dtype == Dtype::kF32) {
    Widen<float>(x, at, n, buffer);
  } else if (dtype == Dtype::kI32) {
    Widen<int32_t>(x, at, n, buffer);
  } else if (dtype == Dtype::kU32) {
    Widen<uint32_t>(x, at, n, buffer);
  } else {
    const double* from = static_cast<const double*>(x) + at;
    if (n == wanted) return from;
    std::memcpy(buffer, from, static_cast<size_t>(n) * sizeof(double));
  }
  for (int64_t i = n; i < wanted; ++i) buffer[i] = 0;
  return buffer;
}

void StreamStore(void* out, Dtype dtype, int64_t at, int64_t n, const double* buffer, bool past) {
  if (dtype == Dtype::kF32)
    Narrow<float>(out, at, n, buffer, past);
  else if (dtype == Dtype::kI32)
    Narrow<int32_t>(out, at, n, buffer, past);
  else if (dtype == Dtype::kU32)
    Narrow<uint32_t>(out, at, n, buffer, past);
  else
    StreamPut(static_cast<double*>(out) + at, buffer, n * static_cast<int64_t>(sizeof(double)), past);
}

// Such stores are weakly ordered.
void StreamFence() {
#if defined(__x86_64__) || defined(_M_X64)
  __asm__ volatile("sfence" ::: "memory");
#endif
}

}  // namespace offloop
