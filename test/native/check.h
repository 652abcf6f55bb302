// The C++ tests' whole framework: CHECK counts, a failure prints its line, main() adds up.
#pragma once

#include <cstdint>
#include <cstdio>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

inline int g_passed = 0;
inline int g_failed = 0;
inline uint64_t g_seed = 0;  // printed by main(); OFFLOOP_SEED sets it

inline bool CountCheck(bool ok, const char* text, const char* file, int line) {
  if (ok) return ++g_passed, true;
  ++g_failed;
  std::printf("%s:%d: failed: %s\n", file, line, text);
  return false;
}

// On the test's main thread only: grains note what they see in atomics, which are checked afterwards.
#define CHECK(condition) CountCheck(static_cast<bool>(condition), #condition, __FILE__, __LINE__)

// splitmix64: the same numbers on every platform.
class Random {
 public:
  explicit Random(uint64_t salt) : state_(g_seed + salt * 0x9E3779B97F4A7C15u) {}
  uint64_t Next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
  }
  int64_t Below(int64_t limit) { return static_cast<int64_t>(Next() % static_cast<uint64_t>(limit)); }
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1p-53; }

 private:
  uint64_t state_;
};
