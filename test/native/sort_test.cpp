// sort against std::sort on keys: every dtype, direction, instruction set and pattern, in place
// and not; what a stopped sort leaves behind; and that nothing breaks when another thread writes
// into the array meanwhile.
//
// int SortTests() returns the number of failures and prints each.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <thread>
#include <type_traits>
#include <vector>

#include "check.h"
#include "core/control.h"
#include "core/cpu.h"
#include "core/isa.h"

namespace offloop {
namespace {

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREAD_SANITIZED 1
#endif
#endif
#if defined(THREAD_SANITIZED) || defined(__SANITIZE_THREAD__)
constexpr bool kTsan = true;
#else
constexpr bool kTsan = false;
#endif

int failures = 0;
uint64_t seed = 1;

uint64_t Draw() {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return seed;
}

template <class T>
const char* Name() {
  if constexpr (std::is_same_v<T, double>)
    return "f64";
  else if constexpr (std::is_same_v<T, float>)
    return "f32";
  else if constexpr (std::is_same_v<T, int32_t>)
    return "i32";
  else if constexpr (std::is_same_v<T, uint32_t>)
    return "u32";
  else if constexpr (std::is_same_v<T, int64_t>)
    return "i64";
  else
    return "u64";
}

// Ascends as the sorted result has to; equal for any two NaNs, different for -0 and +0.
template <class T>
uint64_t Key(T value, bool descending) {
  constexpr int kBits = sizeof(T) * 8;
  using U = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;
  constexpr U kTop = U{1} << (kBits - 1);
  U bits;
  std::memcpy(&bits, &value, sizeof(T));
  if constexpr (std::is_floating_point_v<T>) {
    if (value != value) return ~uint64_t{0};
    bits = bits & kTop ? static_cast<U>(~bits) : static_cast<U>(bits | kTop);
  } else if constexpr (std::is_signed_v<T>) {
    bits ^= kTop;
  }
  return descending ? static_cast<U>(~bits) : bits;
}

template <class T>
std::vector<uint64_t> Keys(const T* x, int64_t n, bool descending) {
  std::vector<uint64_t> keys(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) keys[static_cast<size_t>(i)] = Key(x[i], descending);
  return keys;
}

// By std::sort; large arrays by their bytes, which takes a fifth of the time.
template <class T>
std::vector<uint64_t> SortedKeys(const T* x, int64_t n, bool descending) {
  std::vector<uint64_t> keys = Keys(x, n, descending);
  if (n < 20'000) {
    std::sort(keys.begin(), keys.end());
    return keys;
  }
  std::vector<uint64_t> other(keys.size());
  for (int shift = 0; shift < 64; shift += 8) {
    size_t starts[257] = {};
    for (const uint64_t key : keys) ++starts[(key >> shift & 255) + 1];
    for (int i = 0; i < 256; ++i) starts[i + 1] += starts[i];
    for (const uint64_t key : keys) other[starts[key >> shift & 255]++] = key;
    keys.swap(other);
  }
  return keys;
}

template <class T>
T Bits(uint64_t bits) {
  T value;
  std::memcpy(&value, &bits, sizeof(T));
  return value;
}

// Any bits at all: for floats also NaNs of every kind, infinities, denormals.
template <class T>
T Any() {
  return Bits<T>(Draw() >> (64 - sizeof(T) * 8));
}

template <class T>
T Special() {
  if constexpr (std::is_floating_point_v<T>) {
    using Limits = std::numeric_limits<T>;
    const T values[] = {T(0),
                        -T(0),
                        Limits::infinity(),
                        -Limits::infinity(),
                        Limits::quiet_NaN(),
                        -Limits::quiet_NaN(),
                        Limits::max(),
                        Limits::lowest(),
                        Limits::denorm_min(),
                        -Limits::denorm_min(),
                        T(1),
                        T(-1)};
    return values[Draw() % 12];
  } else {
    const T values[] = {std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), T(0), T(1), T(-1)};
    return values[Draw() % 5];
  }
}

constexpr const char* kPatterns[] = {
    "random bits",       "all equal",    "two values",    "few values",        "sorted",
    "reversed",          "organ pipe",   "sawtooth",      "two sorted halves", "specials",
    "mostly NaN or max", "mostly zeros", "nearly sorted", "all NaN or max",    "one other"};
constexpr int kPatternCount = sizeof(kPatterns) / sizeof(*kPatterns);

template <class T>
void Fill(T* x, int64_t n, int pattern) {
  const auto at = [&](int64_t i) -> T {
    switch (pattern) {
      case 1:
        return T(7);
      case 2:
        return Draw() & 1 ? T(3) : T(100);
      case 3:
        return T(Draw() % 9);
      case 4:
        return T(i);
      case 5:
        return T(n - i);
      case 6:
        return T(i < n / 2 ? i : n - i);
      case 7:
        return T(i % 1000);
      case 8:
        return T(i % (n / 2 + 1));
      case 9:
        return Special<T>();
      case 10:
        return Draw() % 10 ? (std::is_floating_point_v<T> ? Bits<T>(~uint64_t{0}) : std::numeric_limits<T>::max())
                           : Any<T>();
      case 11:
        return Draw() % 10 ? (Draw() & 1 ? T(0) : -T(0)) : Special<T>();
      case 12:
        return Draw() % 50 ? T(i) : T(Draw() % 1000);
      case 13:
        return std::is_floating_point_v<T> ? Bits<T>(~uint64_t{0}) : std::numeric_limits<T>::max();
      case 14:
        return i == n / 3 ? T(1) : std::numeric_limits<T>::lowest();
      default:
        return Any<T>();
    }
  };
  for (int64_t i = 0; i < n; ++i) x[i] = at(i);
}

template <class T>
CallPointer Find(const IsaLevel& level) {
  for (int t = 0; t < level.count; ++t) {
    if (std::strcmp(level.tables[t]->name, "sort") != 0) continue;
    for (int i = 0; i < level.tables[t]->count; ++i)
      if (std::strcmp(level.tables[t]->instances[i].dtype, Name<T>()) == 0) return level.tables[t]->instances[i].call;
  }
  return nullptr;
}

template <class T>
void Prepare(JobControl& job, CallPointer call, const T* x, T* out, int64_t n, bool descending, int threads) {
  job.call = call;
  job.plan.threads = threads;
  job.slots[0].data = const_cast<T*>(x);
  job.slots[0].length = n;
  job.slots[1].data = out;
  job.slots[1].length = n;
  job.slots[2].number = descending;
}

template <class T>
void Fail(const char* what, const IsaLevel& level, int64_t n, int pattern, bool descending, int threads) {
  ++failures;
  ++g_failed;
  std::printf("sort: %s: %s %s, n %lld, %s, %s, %d threads\n", what, level.name, Name<T>(), static_cast<long long>(n),
              kPatterns[pattern], descending ? "descending" : "ascending", threads);
}

template <class T>
void Check(const IsaLevel& level, int64_t n, int pattern, bool descending, bool in_place, int threads) {
  const CallPointer call = Find<T>(level);
  if (call == nullptr) return Fail<T>("no instance", level, n, pattern, descending, threads);
  constexpr int64_t kGuard = 16;
  const int64_t offset = static_cast<int64_t>(Draw() % kGuard);  // odd alignments
  std::vector<T> x(static_cast<size_t>(n + 2 * kGuard)), out;
  Fill(x.data(), n + 2 * kGuard, 0);
  T* from = x.data() + offset;
  Fill(from, n, pattern);
  std::vector<T>& target = in_place ? x : out;
  if (!in_place) out = std::vector<T>(x.size(), T(42));
  const std::vector<T> before = x, guard = target;
  const std::vector<uint64_t> want = SortedKeys(from, n, descending);
  const int failed = failures;
  JobControl job;
  Prepare<T>(job, call, from, target.data() + offset, n, descending, threads);
  if (job.RunHere() != Status::kOk) Fail<T>("status", level, n, pattern, descending, threads);
  if (Keys(target.data() + offset, n, descending) != want)
    Fail<T>("wrong order", level, n, pattern, descending, threads);
  const auto same = [](const T* a, const T* b, int64_t count) {
    return count <= 0 || std::memcmp(a, b, static_cast<size_t>(count) * sizeof(T)) == 0;
  };
  const int64_t end = offset + n;
  if (!same(target.data(), guard.data(), offset) ||
      !same(target.data() + end, guard.data() + end, n + 2 * kGuard - end))
    Fail<T>("wrote outside", level, n, pattern, descending, threads);
  if (!in_place && !same(x.data(), before.data(), n + 2 * kGuard))
    Fail<T>("input changed", level, n, pattern, descending, threads);
  if (n > 200'000 && job.fraction() < 0.9) Fail<T>("progress", level, n, pattern, descending, threads);
  g_passed += failures == failed;
}

// Stopped after about `grains` grains, the array is a permutation of what it was.
template <class T>
void CheckStop(const IsaLevel& level, int64_t n, int pattern, bool descending, int64_t grains) {
  const CallPointer call = Find<T>(level);
  if (call == nullptr) return;
  std::vector<T> x(static_cast<size_t>(n));
  Fill(x.data(), n, pattern);
  const std::vector<uint64_t> want = SortedKeys(x.data(), n, descending);
  JobControl job;
  Prepare<T>(job, call, x.data(), x.data(), n, descending, 3);
  std::atomic<bool> done{false};
  std::thread stopper([&] {
    while (!done && job.grains() < grains) std::this_thread::yield();
    job.Stop(Status::kStopped);
  });
  const Status status = job.RunHere();
  done = true;
  stopper.join();
  if (status != Status::kOk && status != Status::kStopped)
    Fail<T>("status of a stop", level, n, pattern, descending, 3);
  if (SortedKeys(x.data(), n, descending) != want)
    Fail<T>("stopped, and no permutation", level, n, pattern, descending, 3);
  else
    ++g_passed;
}

// Unspecified result, but it ends, and nothing outside is touched (ASan looks on).
template <class T>
void CheckScribble(const IsaLevel& level, int64_t n, int pattern) {
  const CallPointer call = Find<T>(level);
  if (call == nullptr) return;
  std::vector<T> x(static_cast<size_t>(n));
  Fill(x.data(), n, pattern);
  std::atomic<bool> done{false};
  std::thread scribbler([&] {
    volatile T* at = x.data();
    uint64_t state = 88172645463325252u;
    while (!done) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      at[static_cast<int64_t>((state >> 33) % static_cast<uint64_t>(n))] = Bits<T>(state >> (64 - sizeof(T) * 8));
    }
  });
  for (int round = 0; round < 3; ++round) {
    JobControl job;
    Prepare<T>(job, call, x.data(), x.data(), n, round == 1, 2);
    if (job.RunHere() != Status::kOk) Fail<T>("status under scribbling", level, n, pattern, false, 2);
  }
  done = true;
  scribbler.join();
}

template <class T>
void TestDtype(const IsaLevel& level) {
  int turn = 0;
  if (kTsan && sizeof(T) == 8) return;  // the same code as 4 bytes, as far as threads go
  const auto all = [&](int64_t n, int pattern) {
    ++turn;
    Check<T>(level, n, pattern, turn & 1, turn & 2, turn % 3 + 1);
    Check<T>(level, n, pattern, !(turn & 1), turn & 4, 2);
  };
  for (int64_t n = 0; n <= 100; ++n) all(n, static_cast<int>(n) % 3 == 0 ? 9 : 0);
  if (kTsan) {
    for (const int64_t n : {16384, 32769, 65537}) all(n, turn % kPatternCount);
    return;
  }
  for (const int64_t n : {127, 128, 129, 255, 256, 257, 511, 512, 513, 1000, 4099})
    for (int pattern = 0; pattern < kPatternCount; ++pattern) all(n, pattern);
  // Around a leaf, and around what one thread partitions in a step.
  for (const int64_t n : {16383, 16384, 16385, 32767, 32768, 32769, 65535, 65536, 65537}) all(n, turn % kPatternCount);
  for (const int64_t n : {131072, 131073, 262144, 262145}) all(n, turn % kPatternCount);
  for (int pattern = 0; pattern < kPatternCount; ++pattern)
    Check<T>(level, 70'001, pattern, pattern & 1, pattern & 2, 2);
}

// Long enough for a partition by all threads.
template <class T>
void TestLarge(const IsaLevel& level, bool thorough) {
  const int64_t n = (int64_t{5} << 20) / static_cast<int64_t>(sizeof(T)) + 1;
  for (int pattern = 0; pattern < kPatternCount; pattern += kTsan ? 8 : thorough ? 1 : 5)
    Check<T>(level, n, pattern, pattern & 1, pattern & 2, pattern % 3 + 1);
  for (int64_t grains = 0; grains < 120; grains += 1 + (kTsan ? 30 : grains / (thorough ? 4 : 1)))
    CheckStop<T>(level, n, static_cast<int>(grains) % 3 == 0 ? 9 : 0, grains & 1, grains);
  if (!kTsan)
    for (const int pattern : {0, 3, 9}) CheckScribble<T>(level, n, pattern);
}

}  // namespace
}  // namespace offloop

int SortTests() {
  using namespace offloop;
  failures = 0;
  seed = g_seed * 2 + 1;
  bool best = true;
  for (int i = 0; i < kIsaLevelCount; ++i) {
    const IsaLevel& level = kIsaLevels[i];
    if (!CpuHas(level.name) || (kTsan && !best)) continue;
    TestDtype<double>(level);
    TestDtype<float>(level);
    TestDtype<int32_t>(level);
    TestDtype<uint32_t>(level);
    TestDtype<int64_t>(level);
    TestDtype<uint64_t>(level);
    TestLarge<double>(level, best);
    TestLarge<int32_t>(level, best);
    if (best && !kTsan) {
      TestLarge<float>(level, false);
      TestLarge<uint64_t>(level, false);
      Check<double>(level, 5'000'000, 0, false, false, 2);
      Check<float>(level, 5'000'000, 0, true, true, 3);
      Check<int64_t>(level, 5'000'000, 3, false, true, 7);
    }
    best = false;
  }
  return failures;
}
