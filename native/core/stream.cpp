#include "core/stream.h"

#include <cstring>

namespace offloop {
namespace {

constexpr int64_t kLine = 64;

typedef float Quarter __attribute__((vector_size(16)));

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

// Such stores are weakly ordered.
void StreamFence() {
#if defined(__x86_64__) || defined(_M_X64)
  __asm__ volatile("sfence" ::: "memory");
#endif
}

}  // namespace offloop
