#include "core/stream.h"

#include <cstring>

namespace offloop {
namespace {

constexpr int64_t kLine = 64;

typedef float Quarter __attribute__((vector_size(16)));

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

void StreamPut(void* out, const void* buffer, int64_t bytes, bool past) {
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
  for (; at + kLine <= bytes; at += kLine) {
    Quarter line[4];
    std::memcpy(line, from + at, sizeof line);
    for (int part = 0; part < 4; ++part) {
      auto* target = reinterpret_cast<Quarter*>(to + at) + part;
#if defined(__clang__)
      __builtin_nontemporal_store(line[part], target);
#else
      *target = line[part];
#endif
    }
  }
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
