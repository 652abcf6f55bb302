// What a body may ask of the frame: Reduce and its tree, Blocks, scratch, progress, the
// floating-point mode, inline jobs.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <thread>
#include <vector>

#include "check.h"
#include "jobs.h"

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace offloop {
namespace {

constexpr int kThreadCounts[] = {1, 2, 3, 7};

bool SameBits(double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0; }

// ---- Reduce ----

struct Sum {
  double value;
  int64_t begin, end;  // what it covers
};

// The tree as DESIGN.md words it: a binary counter over block indices. Two neighbours of one
// level are joined as soon as both are there; at the end what is left is joined from the right.
Sum CounterTree(const std::vector<double>& x, int64_t block) {
  const auto size = static_cast<int64_t>(x.size());
  std::vector<std::pair<int, Sum>> stack;
  for (int64_t begin = 0; begin < size; begin += block) {
    Sum sum{0, begin, std::min(begin + block, size)};
    for (int64_t i = sum.begin; i < sum.end; ++i) sum.value += x[static_cast<size_t>(i)];
    int level = 0;
    while (!stack.empty() && stack.back().first == level) {
      const Sum left = stack.back().second;
      stack.pop_back();
      sum = {left.value + sum.value, left.begin, sum.end};
      ++level;
    }
    stack.push_back({level, sum});
  }
  while (stack.size() > 1) {
    const Sum right = stack.back().second;
    stack.pop_back();
    Sum& left = stack.back().second;
    left = {left.value + right.value, left.begin, right.end};
  }
  return stack.back().second;
}

void ReduceIsOneTree() {
  Random random(3);
  constexpr int64_t kBlock = 16;
  for (const int64_t size : {1, 15, 16, 17, 31, 32, 33, 47, 48, 49, 80, 113, 127, 128, 129, 1000, 1023, 1025, 4099}) {
    std::vector<double> x(static_cast<size_t>(size));
    for (double& value : x) value = std::ldexp(random.Unit() - 0.5, static_cast<int>(random.Below(60)));
    const Sum expected = CounterTree(x, kBlock);
    for (const int threads : kThreadCounts)
      for (const double work_ns : {0.0, 1e5, 1e7, 1e12})
        for (const int way : {0, 1, 2}) {  // on the caller, led, inline
          Sum sum{-1, -1, -1};
          std::atomic<int> gaps{0};
          TestJob job(
              [&](Job& j) {
                return j.Reduce(
                    size, kBlock, sum,
                    [&](int64_t begin, int64_t end) {
                      Sum part{0, begin, end};
                      for (int64_t i = begin; i < end; ++i) part.value += x[static_cast<size_t>(i)];
                      return part;
                    },
                    [&](const Sum& a, const Sum& b) {
                      if (a.end != b.begin) ++gaps;
                      return Sum{a.value + b.value, a.begin, b.end};
                    });
              },
              threads);
          job.control.plan.work_ns = work_ns;
          job.control.plan.inline_only = way == 2;
          CHECK(job.Run(way != 1, "reduce") == Status::kOk);
          CHECK(SameBits(sum.value, expected.value) && sum.begin == 0 && sum.end == size && gaps == 0);
        }
  }
}

void ReduceEdges() {
  const auto leaf = [](int64_t, int64_t) { return 1.0; };
  const auto join = [](double a, double b) { return a + b; };
  double state = 42;
  TestJob empty([&](Job& j) { return j.Reduce(0, 8, state, leaf, join); });
  CHECK(empty.Here() == Status::kOk && state == 42);
  TestJob negative([&](Job& j) { return j.Reduce(-5, 8, state, leaf, join); });
  CHECK(negative.Here() == Status::kOk && state == 42);
  // Partial results that cannot be had.
  TestJob large([&](Job& j) { return j.Reduce(int64_t{1} << 50, 1, state, leaf, join); });
  CHECK(large.Here() == Status::kNoMemory && state == 42);
  // Stopped on the way: the state stays.
  TestJob* self = nullptr;
  TestJob stopped([&](Job& j) {
    return j.Reduce(
        1000, 1, state,
        [&](int64_t begin, int64_t) {
          if (begin == 5) self->control.Stop(Status::kStopped);
          return 1.0;
        },
        join);
  });
  self = &stopped;
  CHECK(stopped.Here() == Status::kStopped && state == 42);
}

void BlocksAreWhole() {
  Random random(4);
  for (const double work_ns : {0.0, 1e6, 1e9, HUGE_VAL})
    for (const int threads : kThreadCounts) {
      const int64_t size = 1 + random.Below(3000), block = 1 + random.Below(64);
      std::vector<std::atomic<int>> seen(static_cast<size_t>(size));
      std::atomic<int> odd{0};
      TestJob job(
          [&](Job& j) {
            j.Blocks(size, block, [&](int64_t begin, int64_t end) {
              if (begin % block != 0 || (end % block != 0 && end != size)) ++odd;
              for (int64_t i = begin; i < end; ++i) ++seen[static_cast<size_t>(i)];
            });
            return j.status();
          },
          threads);
      job.control.plan.work_ns = work_ns;
      bool once = job.Here() == Status::kOk;
      for (const auto& count : seen) once = once && count == 1;
      CHECK(once && odd == 0);
    }
  // The plan cuts: neither one grain nor one per block.
  TestJob planned([](Job& j) { return j.Blocks(100000, 10, [](int64_t, int64_t) {}) ? Status::kOk : j.status(); }, 2);
  planned.control.plan.work_ns = 10e6;
  CHECK(planned.Here() == Status::kOk);
  CHECK(planned.control.grains() >= 8 && planned.control.grains() <= 500);
}

// ---- Status ----

void StatusIsKept() {
  TestJob* self = nullptr;
  TestJob careless([&](Job& j) {
    j.For(100, 1, [&](int64_t begin, int64_t) {
      if (begin == 3) self->control.Stop(Status::kTimeout);
    });
    return Status::kOk;  // forgot to look
  });
  self = &careless;
  CHECK(careless.Here() == Status::kTimeout);
  TestJob own([](Job&) { return Status::kNoMemory; });
  CHECK(own.Here() == Status::kNoMemory);
  TestJob serial([](Job& j) {
    bool ran = false;
    return j.Serial([&] { ran = true; }) && ran ? Status::kOk : Status::kStopped;
  });
  CHECK(serial.Here() == Status::kOk && serial.control.grains() == 1);
}

// ---- Inline jobs ----

void InlineLeavesThePoolAlone() {
  const PoolStats before = Pool::Get().Stats();
  const auto caller = std::this_thread::get_id();
  int elsewhere = 0, lanes = 0;
  TestJob job(
      [&](Job& j) {
        const auto look = [&] {
          if (std::this_thread::get_id() != caller) ++elsewhere;
          if (j.lane() != 0 || j.threads() != 1) ++lanes;
        };
        if (!j.For(1000, 3, [&](int64_t, int64_t) { look(); })) return j.status();
        const Task root{10, 0, 0, 0};
        if (!j.Fork(&root, 1, [&](const Task& task, Forks& forks) {
              look();
              if (task.a > 0) forks.Push({task.a - 1, 0, 0, 0}), forks.Push({task.a - 2, 0, 0, 0});
            }))
          return j.status();
        double sum = 0;
        const auto leaf = [&](int64_t, int64_t) { return look(), 1.0; };
        return j.Reduce(999, 2, sum, leaf, [](double a, double b) { return a + b; });
      },
      7);
  job.control.plan.inline_only = true;
  CHECK(job.Here() == Status::kOk);
  CHECK(elsewhere == 0 && lanes == 0);
  CHECK(job.control.peak_threads() == 1 && job.control.grains() > 334 + 100);
  const PoolStats after = Pool::Get().Stats();
  CHECK(after.grains == before.grains && after.bodies == before.bodies && after.started <= before.started);
}

// ---- Progress ----

void Progress() {
  static std::atomic<int> reports, bad, ticks, elsewhere;
  static std::thread::id caller;
  for (const bool here : {true, false}) {
    reports = bad = ticks = elsewhere = 0;
    caller = std::this_thread::get_id();
    TestJob job([](Job& j) {
      j.Total(2000);
      if (!j.For(1000, 1, [](int64_t, int64_t) { Burn(50); })) return j.status();
      const Task roots[10] = {};
      if (!j.Fork(roots, 10, [&](const Task&, Forks&) { j.Advance(100); })) return j.status();
      return j.status();
    });
    job.control.progress = [](JobControl* control, double fraction) {
      ++reports;
      if (!(fraction > 0 && fraction <= 1) || fraction > control->fraction()) ++bad;
    };
    if (here)
      job.control.tick = [](JobControl* control) {
        ++ticks;
        if (std::this_thread::get_id() != caller) ++elsewhere;
        if (!(control->fraction() >= 0 && control->fraction() <= 1)) ++bad;
      };
    const int64_t start = NowNs();
    CHECK(job.Run(here, "progress") == Status::kOk);
    const int64_t most = (NowNs() - start) / 16'666'667 + 1;
    CHECK(bad == 0 && elsewhere == 0);
    CHECK(reports >= 1 && reports <= most);
    CHECK(here ? ticks >= 1 && ticks <= most : ticks == 0);
    CHECK(job.control.fraction() == 1);
  }
  // A blocked caller is called while it only waits, and what it asks for then is done.
  static std::atomic<int> inside;
  static Gate* release;
  Gate gate;
  release = &gate;
  inside = ticks = 0;
  TestJob waits(
      [](Job& j) {
        const auto owner = std::this_thread::get_id();
        return j.For(2, 1,
                     [&](int64_t, int64_t) {
                       ++inside;
                       if (std::this_thread::get_id() != owner)
                         release->Pass("tick while waiting");
                       else
                         Until([] { return inside == 2; }, "second thread");
                     })
                   ? Status::kOk
                   : j.status();
      },
      2);
  waits.control.tick = [](JobControl* control) {
    if (++ticks == 3) control->Stop(Status::kStopped), release->Open();
  };
  CHECK(waits.Here() == Status::kStopped);
  CHECK(ticks >= 3);
  // No total, no fraction.
  reports = 0;
  TestJob silent([](Job& j) { return j.For(100, 1, [](int64_t, int64_t) {}) ? Status::kOk : j.status(); });
  silent.control.progress = [](JobControl*, double) { ++reports; };
  CHECK(silent.Here() == Status::kOk && reports == 0 && silent.control.fraction() == 0);
}

// ---- Scratch ----

bool Overcommits() {
  int mode = 0;
  if (FILE* file = std::fopen("/proc/sys/vm/overcommit_memory", "r")) {
    if (std::fscanf(file, "%d", &mode) != 1) mode = 0;
    std::fclose(file);
  }
  return mode == 1;
}

void Scratch() {
  int bad = 0;
  TestJob job([&](Job& j) {
    for (const int64_t bytes : {0, 1, 63, 64, 65, 4096, 100'000, (2 << 20) - 1, 2 << 20, (2 << 20) + 1, 10'000'001}) {
      auto* data = j.Scratch<unsigned char>(bytes);
      if (data == nullptr || reinterpret_cast<uintptr_t>(data) % 64 != 0) {
        ++bad;
        continue;
      }
      std::memset(data, 0xA5, static_cast<size_t>(bytes));
#if defined(__linux__)
      if (bytes >= 2 << 20 && reinterpret_cast<uintptr_t>(data) % (2 << 20) != 0) ++bad;
#endif
    }
    struct Wide {
      double lanes[100];
    };
    Wide* wide = j.Scratch<Wide>(3000);
    if (wide == nullptr) return ++bad, Status::kNoMemory;
    wide[0].lanes[0] = wide[2999].lanes[99] = 1;
    for (const int64_t count : {int64_t{-1}, INT64_MIN, INT64_MAX, INT64_MAX / 8, int64_t{1} << 60, int64_t{1} << 46})
      if (j.Scratch<double>(count) != nullptr) ++bad;
    return Status::kOk;
  });
  CHECK(job.Here() == Status::kOk);
  CHECK(bad == 0);
  if (SANITIZED || Overcommits()) return;  // their allocators have their own limits
  // More than any machine has, less than the address space.
  TestJob large(
      [&](Job& j) { return j.Scratch<double>(int64_t{1} << 42) != nullptr ? Status::kOk : Status::kNoMemory; });
  CHECK(large.Here() == Status::kNoMemory);
  // Freed with the job: a hundred times 64 MB, touched, fit.
  for (int i = 0; i < 100; ++i) {
    TestJob fleeting([&](Job& j) {
      auto* data = j.Scratch<unsigned char>(64 << 20);
      if (data == nullptr) return Status::kNoMemory;
      data[0] = data[(64 << 20) - 1] = 1;
      return Status::kOk;
    });
    if (!CHECK(fleeting.Here() == Status::kOk)) break;
  }
}

// ---- Floating-point mode ----

void FloatingPoint() {
#if defined(__x86_64__)
  constexpr unsigned kHost = 0x1F80 | 0x8000 | 0x40 | 0x4000;  // flush to zero, denormals are zero, round up
  const unsigned before = _mm_getcsr();
  for (const int way : {0, 1, 2}) {  // on the caller, led, inline
    std::atomic<int> seen{0}, body{0};
    TestJob job(
        [&](Job& j) {
          const auto look = [](std::atomic<int>& count) {
            volatile double tiny = 1e-310, one = 1, third = 3;
            const bool denormals = tiny * one != 0 && tiny / 2 != 0;
            const bool nearest = one / third == 0x1.5555555555555p-2;
            if ((_mm_getcsr() & ~0x3Fu) == 0x1F80 && denormals && nearest) ++count;
          };
          look(body);
          j.For(64, 1, [&](int64_t begin, int64_t) {
            look(seen);
            if (way != 2 && begin % 2 != 0) _mm_setcsr(kHost);  // what a grain leaves behind disturbs no other
          });
          return j.status();
        },
        3);
    job.control.plan.inline_only = way == 2;
    _mm_setcsr(kHost);
    const Status status = job.Run(way != 1, "floating-point mode");
    const unsigned after = _mm_getcsr();
    _mm_setcsr(before);
    CHECK(status == Status::kOk);
    CHECK((after & ~0x3Fu) == kHost);
    CHECK(body == 1);
    CHECK(seen == 64);
  }
#endif
}

}  // namespace
}  // namespace offloop

int JobTests() {
  using namespace offloop;
  const int failed = g_failed;
  ReduceIsOneTree();
  ReduceEdges();
  BlocksAreWhole();
  StatusIsKept();
  InlineLeavesThePoolAlone();
  Progress();
  Scratch();
  FloatingPoint();
  return g_failed - failed;
}
